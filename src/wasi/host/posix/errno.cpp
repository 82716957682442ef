#include "wasi/host/errno.hpp"

#include <cerrno>
#include <system_error>

#include "wasi/host/describe.hpp"

namespace tenon::wasi::host {

std::string_view to_string(Errno error) noexcept {
  switch (error) {
#define TENON_ERRNO(name, posix) \
  case Errno::name: return #name;
#include "wasi/host/errno.def"
#undef TENON_ERRNO
  }
  return "unknown";
}

std::string describe(Errno error) {
  switch (error) {
#define TENON_ERRNO(name, posix) \
  case Errno::name: return std::generic_category().message(posix);
#include "wasi/host/errno.def"
#undef TENON_ERRNO
  }
  return "unknown error";
}

Errno from_posix(int error) noexcept {
  switch (error) {
#define TENON_ERRNO(name, posix) \
  case posix: return Errno::name;
#include "wasi/host/errno.def"
#undef TENON_ERRNO
  }
  return Errno::io;
}

std::unexpected<Errno> refuse_by_system() noexcept { return std::unexpected(from_posix(errno)); }

}  // namespace tenon::wasi::host
