#include "perf_map.hpp"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>
#include <unistd.h>

#include "tenon/native.hpp"

namespace tenon::program {

namespace {

struct PerfMap {
  explicit PerfMap(std::FILE* opened) : file(opened) {}
  PerfMap(const PerfMap&) = delete;
  PerfMap& operator=(const PerfMap&) = delete;
  ~PerfMap() { std::fclose(file); }
  std::FILE* file;
  std::mutex mutex;
};

}  // namespace

Result<void> keep_perf_map(const Engine& engine) {
  const std::string path = "/tmp/perf-" + std::to_string(::getpid()) + ".map";
  // One that is there is of a process that had this number before; a link that somebody laid out is not followed.
  std::remove(path.c_str());
  std::FILE* file = std::fopen(path.c_str(), "wxe");
  if (file == nullptr) return Error(ErrorKind::io, "cannot write " + path + ": " + std::strerror(errno));
  observe_native(engine, [map = std::make_shared<PerfMap>(file)](const NativeFunction& function) {
    const std::lock_guard lock(map->mutex);
    std::fprintf(map->file, "%zx %zx %s\n", reinterpret_cast<std::uintptr_t>(function.begin), function.size,
                 function.name.c_str());
    std::fflush(map->file);
  });
  return {};
}

}  // namespace tenon::program
