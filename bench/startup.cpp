// How long `tenon run` of a module that does nothing takes, over a native process that does nothing: pairs of processes
// in turn, the median of each, and their ratio.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <spawn.h>
#include <sys/wait.h>
#include <vector>

extern char** environ;

namespace {

double milliseconds(const std::vector<const char*>& arguments) {
  std::vector<char*> argv;
  for (const char* argument : arguments) argv.push_back(const_cast<char*>(argument));
  argv.push_back(nullptr);
  const auto start = std::chrono::steady_clock::now();
  pid_t child = 0;
  int status = 1;
  if (::posix_spawn(&child, argv[0], nullptr, nullptr, argv.data(), environ) != 0) std::abort();
  if (::waitpid(child, &status, 0) != child || status != 0) std::abort();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  // Started with an argument, this is the process that does nothing.
  if (argc > 1) return 0;
  const char* module = TENON_BENCH_EMPTY_MODULE;
  std::vector<double> native;
  std::vector<double> ours;
  for (int pair = 0; pair < 300; ++pair) {
    native.push_back(milliseconds({argv[0], "nothing"}));
    ours.push_back(milliseconds({TENON_PROGRAM, "run", module}));
  }
  std::printf("native %.2f ms, tenon run %.2f ms, ratio %.2f\n", median(native), median(ours),
              median(ours) / median(native));
}
