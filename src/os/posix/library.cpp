#include "os/library.hpp"

#include <climits>
#include <dlfcn.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace tenon::os {

namespace {

// The folder of the running program, with its last slash; empty when it is not known.
std::string program_folder() {
  char path[PATH_MAX];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
  if (size <= 0) return {};
  const std::string program(path, static_cast<std::size_t>(size));
  return program.substr(0, program.rfind('/') + 1);
}

}  // namespace

void* find_in_library(const char* file, const char* symbol) noexcept {
  const std::string folder = program_folder();
  for (const std::string& path : {folder + file, folder + "../lib/" + file, std::string(file)}) {
    if (void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
      if (void* found = ::dlsym(library, symbol)) return found;
      ::dlclose(library);
    }
  }
  return nullptr;
}

std::uint64_t stamp_of_library(const char* file) noexcept {
  const std::string folder = program_folder();
  for (const std::string& path : {folder + file, folder + "../lib/" + file}) {
    struct stat about = {};
    if (::stat(path.c_str(), &about) != 0) continue;
    const auto time = static_cast<std::uint64_t>(about.st_mtim.tv_sec) * 1'000'000'000 +
                      static_cast<std::uint64_t>(about.st_mtim.tv_nsec);
    return time ^ (static_cast<std::uint64_t>(about.st_size) << 20);
  }
  return 0;
}

}  // namespace tenon::os
