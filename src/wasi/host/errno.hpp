// Why a service refused, in WASI's numbers; all versions of WASI map theirs from these. And `Outcome`, a value or one
// of them: what a service gives instead of `Result`, for a refusal here is an answer to the guest, not an error of the
// host.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

namespace tenon::wasi::host {

enum class Errno : std::uint16_t {
#define TENON_ERRNO(name, posix) name,
#include "wasi/host/errno.def"
#undef TENON_ERRNO
};

// The standard's name: "noent".
std::string_view to_string(Errno error) noexcept;

// From a system's error number; what WASI has no number for is `io`.
Errno from_posix(int error) noexcept;

template <class T>
using Outcome = std::expected<T, Errno>;

inline std::unexpected<Errno> refuse(Errno error) { return std::unexpected(error); }
// With the reason of the system call that failed last.
std::unexpected<Errno> refuse_by_system() noexcept;

}  // namespace tenon::wasi::host
