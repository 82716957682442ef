// What the POSIX files of the filesystem share.
#pragma once

#include <cstring>
#include <ctime>
#include <string_view>

#include "wasi/host/filesystem.hpp"

namespace tenon::wasi::host::posix {

FileType type_of_mode(unsigned mode) noexcept;
Outcome<FileStat> stat_descriptor(int descriptor);
timespec to_timespec(const TimeChange& change) noexcept;
int to_open_flags(const FileFlags& flags) noexcept;

// `rofs`, with a word to the observer: `attempt` is a verb and its object, as in "create x".
std::unexpected<Errno> refuse_write(const Grant& grant, std::string_view attempt);

}  // namespace tenon::wasi::host::posix
