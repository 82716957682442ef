// Runs a fuzz target over files instead of under libFuzzer: each input once, in the order of their names.
//
// A sanitizer build links every target with this, so that a folder of bad inputs, or of what a fuzzer once found, is
// checked without a build for fuzzing. What must hold for each input, beside what the target itself demands: it ends in
// time, and it takes no more memory at once than its size explains. A leak is looked for every so often, for one search
// takes longer than most inputs. The first failure ends the run, and names the input.
//
// The bound on memory has a constant part because tables of limits do (50,000 locals are eight bytes of input), and
// because making text of code takes its hundred bytes for each byte.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sanitizer/allocator_interface.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>
#include <string>
#include <unistd.h>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "handle_abort=1:detect_leaks=1:allocator_may_return_null=0"; }

namespace {

constexpr unsigned seconds_per_input = 20;
constexpr std::size_t memory_for_any_input = std::size_t{8} << 20U;
constexpr std::size_t memory_per_byte = 256;
constexpr std::size_t inputs_between_leak_searches = 200;

std::string current;  // the input at hand
std::atomic<std::size_t> live = 0;
std::atomic<std::size_t> peak = 0;

void count_allocation(const volatile void*, std::size_t size) {
  const std::size_t now = live.fetch_add(size, std::memory_order_relaxed) + size;
  std::size_t most = peak.load(std::memory_order_relaxed);
  while (now > most && !peak.compare_exchange_weak(most, now, std::memory_order_relaxed)) {
  }
}

void count_release(const volatile void* begin) {
  if (begin != nullptr) live.fetch_sub(__sanitizer_get_allocated_size(begin), std::memory_order_relaxed);
}

void name_input() { std::fprintf(stderr, "the input was %s\n", current.c_str()); }

void run_out_of_time(int) {
  constexpr char text[] = "an input took too long: ";
  (void)!write(STDERR_FILENO, text, sizeof text - 1);
  (void)!write(STDERR_FILENO, current.data(), current.size());
  (void)!write(STDERR_FILENO, "\n", 1);
  _exit(1);
}

std::vector<std::string> files_in(int count, char** names) {
  std::vector<std::string> files;
  for (int i = 1; i < count; ++i) {
    if (!std::filesystem::is_directory(names[i])) {
      files.emplace_back(names[i]);
      continue;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(names[i])) {
      if (entry.is_regular_file()) files.push_back(entry.path().string());
    }
  }
  std::ranges::sort(files);
  return files;
}

std::string read_file(const std::string& name) {
  std::ifstream in(name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The memory that the target had at once for this input, in bytes.
std::size_t run_one(const std::string& content) {
  const std::size_t before = live;
  peak = before;
  alarm(seconds_per_input);
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(content.data()), content.size());
  alarm(0);
  return peak - before;
}

bool finds_leak() { return __lsan_do_recoverable_leak_check() != 0; }

}  // namespace

int main(int count, char** names) {
  __sanitizer_set_death_callback(name_input);
  __sanitizer_install_malloc_and_free_hooks(count_allocation, count_release);
  std::signal(SIGALRM, run_out_of_time);
  const std::vector<std::string> files = files_in(count, names);
  std::size_t most = 0;
  std::size_t most_for = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    current = files[i];
    const std::string content = read_file(current);
    const std::size_t taken = run_one(content);
    if (taken > most) most = taken, most_for = content.size();
    if (taken > memory_for_any_input + memory_per_byte * content.size()) {
      std::fprintf(stderr, "%zu bytes of memory for an input of %zu: %s\n", taken, content.size(), current.c_str());
      return 1;
    }
    const bool searches = (i + 1) % inputs_between_leak_searches == 0 || i + 1 == files.size();
    if (searches && finds_leak()) {
      std::fprintf(stderr, "a leak in this or one of the %zu inputs before it: %s\n", inputs_between_leak_searches,
                   current.c_str());
      return 1;
    }
  }
  std::printf("%zu inputs; at most %zu bytes of memory at once, for an input of %zu\n", files.size(), most, most_for);
  return files.empty() ? 1 : 0;
}
