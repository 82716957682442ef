#include "wasi/host/library.hpp"

#include <climits>
#include <dlfcn.h>
#include <string>
#include <unistd.h>

namespace tenon::wasi::host {

void* find_in_library(const char* file, const char* symbol) noexcept {
  char path[PATH_MAX];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
  const std::string program(path, size > 0 ? static_cast<std::size_t>(size) : 0);
  const std::string folder = program.substr(0, program.rfind('/') + 1);
  for (const std::string& place : {folder + file, folder + "../lib/" + file, std::string(file)}) {
    void* library = ::dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) continue;
    if (void* found = ::dlsym(library, symbol)) return found;
    ::dlclose(library);
  }
  return nullptr;
}

}  // namespace tenon::wasi::host
