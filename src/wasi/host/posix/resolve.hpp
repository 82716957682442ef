// Paths that cannot leave the directory they start from, whatever stands in them and whoever moves directories
// meanwhile.
//
// Linux resolves such paths itself (openat2 with RESOLVE_BENEATH): one call, no races. Where that is missing, because
// the kernel is old or a sandbox forbids the call, the path is walked here: each directory is opened by its name
// without following links, `..` goes back on our own stack of open directories and never asks the kernel, and links are
// read and their text is walked in turn. Both ways refuse absolute paths and links, and `..` above the start. Checking
// names first and opening them by name afterwards was rejected: what was checked may be another thing when it is
// opened.
#pragma once

#include <string>
#include <string_view>

#include "wasi/host/descriptor.hpp"
#include "wasi/host/errno.hpp"

namespace tenon::wasi::host::posix {

inline constexpr unsigned most_links_followed = 40;  // as Linux has it
inline constexpr std::size_t longest_path = 4095;

// What cannot be a path at all. Errors: noent (empty), xdev (absolute), inval (a NUL), ilseq (not UTF-8), nametoolong.
Outcome<void> check_path(std::string_view path);

// Opens with the system's `flags` and `mode`; the path was checked. Errors: xdev, when the path leads out.
Outcome<Descriptor> open_beneath(int base, std::string_view path, int flags, unsigned mode = 0);
// The second way, for systems without the first, and for the tests.
Outcome<Descriptor> open_by_walking(int base, std::string_view path, int flags, unsigned mode = 0);

// A directory and a name in it, for calls that make, rename or remove names.
struct Place {
  Descriptor opened;  // empty when the directory is the start itself
  int directory = -1;
  std::string name;  // the last component, with a slash behind it if the path had one
  bool has_slash = false;
};
Outcome<Place> find_place(int base, std::string_view path);

}  // namespace tenon::wasi::host::posix
