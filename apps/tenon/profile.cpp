// The ways to see where a guest's time goes: by Linux's perf, which must be told of compiled functions, and by the
// library's own profiler.
#include "profile.hpp"

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <memory>
#include <mutex>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "files.hpp"
#include "tenon/native.hpp"

namespace tenon::program {

namespace {

// A file that functions are written to as they come.
struct Listing {
  explicit Listing(std::FILE* opened) : file(opened) {}
  Listing(const Listing&) = delete;
  Listing& operator=(const Listing&) = delete;
  ~Listing() { std::fclose(file); }
  std::FILE* file;
  std::mutex mutex;
  std::uint64_t count = 0;
};

Result<std::shared_ptr<Listing>> create(const std::string& path) {
  // One that is there is of a process that had this number before; a link that somebody laid out is not followed.
  std::remove(path.c_str());
  std::FILE* file = std::fopen(path.c_str(), "wx+e");
  if (file == nullptr) return Error(ErrorKind::io, "cannot write " + path + ": " + std::strerror(errno));
  return std::make_shared<Listing>(file);
}

// --- The format of perf's jitdump
// https://github.com/torvalds/linux/blob/master/tools/perf/Documentation/jitdump-specification.txt

struct JitDumpHeader {
  std::uint32_t magic = 0x4A69'5444;
  std::uint32_t version = 1;
  std::uint32_t size = sizeof(JitDumpHeader);
  std::uint32_t machine = 0;
  std::uint32_t padding = 0;
  std::uint32_t process = 0;
  std::uint64_t time = 0;
  std::uint64_t flags = 0;
};
struct JitDumpCode {
  std::uint32_t kind = 0;  // code that was loaded
  std::uint32_t size = 0;  // with name and code
  std::uint64_t time = 0;
  std::uint32_t process = 0;
  std::uint32_t thread = 0;
  std::uint64_t address = 0;
  std::uint64_t code_address = 0;
  std::uint64_t code_size = 0;
  std::uint64_t number = 0;
};

#if defined(__aarch64__)
constexpr std::uint32_t elf_machine = 183;
#else
constexpr std::uint32_t elf_machine = 62;
#endif

std::uint64_t monotonic_time() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

void write(std::FILE* file, const void* bytes, std::size_t size) {
  (void)!std::fwrite(bytes, 1, size, file);  // what is missing is seen by who reads it
}

}  // namespace

Result<ProfileKind> parse_profile_kind(std::string_view name) {
  if (name == "perf") return ProfileKind::perf;
  if (name == "jitdump") return ProfileKind::jitdump;
  if (name == "guest") return ProfileKind::guest;
  return Error(ErrorKind::usage, "expected perf, jitdump or guest as kind of profile, found " + std::string(name));
}

Result<void> keep_perf_map(const Engine& engine) {
  auto opened = create("/tmp/perf-" + std::to_string(::getpid()) + ".map");
  if (!opened) return std::move(opened).error();
  observe_native(engine, [map = std::move(*opened)](const NativeFunction& function) {
    const std::lock_guard lock(map->mutex);
    std::fprintf(map->file, "%zx %zx %s\n", reinterpret_cast<std::uintptr_t>(function.begin), function.size,
                 function.name.c_str());
    std::fflush(map->file);
  });
  return {};
}

Result<void> keep_jit_dump(const Engine& engine) {
  auto opened = create("jit-" + std::to_string(::getpid()) + ".dump");
  if (!opened) return std::move(opened).error();
  JitDumpHeader header;
  header.machine = elf_machine;
  header.process = static_cast<std::uint32_t>(::getpid());
  header.time = monotonic_time();
  write((*opened)->file, &header, sizeof header);
  std::fflush((*opened)->file);
  // perf finds the file by this mapping, which it sees in its record.
  const void* seen = ::mmap(nullptr, static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)), PROT_READ | PROT_EXEC,
                            MAP_PRIVATE, ::fileno((*opened)->file), 0);
  if (seen == MAP_FAILED) return Error(ErrorKind::io, std::string("cannot map the dump: ") + std::strerror(errno));
  observe_native(engine, [dump = std::move(*opened)](const NativeFunction& function) {
    const std::lock_guard lock(dump->mutex);
    JitDumpCode code;
    code.size = static_cast<std::uint32_t>(sizeof code + function.name.size() + 1 + function.size);
    code.time = monotonic_time();
    code.process = static_cast<std::uint32_t>(::getpid());
    code.thread = static_cast<std::uint32_t>(::syscall(SYS_gettid));
    code.address = code.code_address = reinterpret_cast<std::uintptr_t>(function.begin);
    code.code_size = function.size;
    code.number = dump->count++;
    write(dump->file, &code, sizeof code);
    write(dump->file, function.name.c_str(), function.name.size() + 1);
    write(dump->file, function.begin, function.size);
    std::fflush(dump->file);
  });
  return {};
}

GuestProfile::~GuestProfile() {
  profiler_.stop();
  for (const auto& [path, text] : {std::pair(prefix_ + ".svg", profiler_.flame_graph()),
                                   std::pair(prefix_ + ".json", profiler_.firefox_profile(title_))}) {
    if (const auto written = write_output(path, text); !written) {
      std::fprintf(stderr, "tenon: %s\n", std::string(written.error().message()).c_str());
    }
  }
  std::fprintf(stderr, "tenon: %llu samples, shown by %s.svg and %s.json\n",
               static_cast<unsigned long long>(profiler_.samples()), prefix_.c_str(), prefix_.c_str());
}

}  // namespace tenon::program
