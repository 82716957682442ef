#include "wasi/host/reactor.hpp"

#include <climits>
#include <ctime>
#include <dlfcn.h>
#include <unistd.h>

#include "wasi/host/clocks.hpp"

namespace tenon::wasi::host {

namespace {

using Make = Reactor* (*)();

// The library is looked for beside the program, in the `lib` folder beside the program's own, and where the system
// looks; it stays open.
Make find_library() {
  constexpr const char* file = "libtenon_network.so";
  char path[PATH_MAX];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
  const std::string program(path, size > 0 ? static_cast<std::size_t>(size) : 0);
  const std::string folder = program.substr(0, program.rfind('/') + 1);
  for (const std::string& place : {folder + file, folder + "../lib/" + file, std::string(file)}) {
    void* library = ::dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) continue;
    if (void* found = ::dlsym(library, "tenon_network_make_reactor")) return reinterpret_cast<Make>(found);
    ::dlclose(library);
  }
  return nullptr;
}

}  // namespace

Result<std::unique_ptr<Reactor>> make_reactor() {
  static const Make make = find_library();
  if (make == nullptr) {
    return Error(ErrorKind::io,
                 "libtenon_network.so, which HTTP needs, is not beside the program or where libraries are");
  }
  return std::unique_ptr<Reactor>(make());
}

std::uint64_t monotonic_time() noexcept { return now(Clock::monotonic).value_or(0); }

}  // namespace tenon::wasi::host
