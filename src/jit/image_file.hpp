// Machine code in files: made ahead of time (`tenon compile`), and by the cache.
//
// A file holds the images of a module's, or of a component's, core modules, what they were made for, and, when it was
// made ahead of time, the module or component itself. It ends with a checksum of all before it. Code from a file is
// code that this process runs, so it is for whoever trusts where the file comes from; what is checked is that it is
// whole, and that it fits this machine, this build of Tenon and this processor. All numbers are little-endian. Images
// begin at pages of the file, so that they can be mapped from there.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "jit/image.hpp"
#include "tenon/result.hpp"

namespace tenon::jit {

inline constexpr std::string_view image_file_magic{"\0tnn", 4};

// A number that differs where code for the machine made by one build does not fit another: the layout of what compiled
// code reads, and the order of what it calls.
std::uint64_t layout_fingerprint(const Machine& machine) noexcept;

struct ImageFile {
  std::uint64_t features = 0;  // the proposals it was validated with
  std::string_view source;     // the module or component in the binary format; empty in a cache
  std::vector<Image> images;   // of its core modules, in order
};

bool is_image_file(std::string_view bytes) noexcept;
// The source in it, whatever else is wrong with the file; empty if there is none.
std::string_view source_of(std::string_view bytes) noexcept;
// `version` is that of Tenon. `target`: what the images were made for; nullptr: this processor.
std::string write_image_file(std::string_view version, std::uint64_t features, std::string_view source,
                             std::span<const Image> images, const Target* target = nullptr);
// `source` and the images in the result are parts of `bytes`. `file`: the descriptor of the file that has these bytes,
// for mapping; -1: there is none. Errors: usage, with what does not fit; malformed, when bytes are missing or were
// changed.
Result<ImageFile> read_image_file(std::string_view bytes, std::string_view version, int file = -1);

}  // namespace tenon::jit
