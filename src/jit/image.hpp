// Machine code for a module as plain bytes: position independent, without symbols, so that it can be mapped anywhere
// and kept in files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tenon::jit {

inline constexpr std::uint32_t not_compiled = 0xFFFF'FFFF;

struct Image {
  std::vector<std::uint8_t> bytes;       // instructions, then constants, which begin at a page
  std::uint64_t constants = 0;           // where those begin
  std::vector<std::uint32_t> functions;  // by function index: where its code begins, or `not_compiled`
  std::vector<std::uint32_t> thunks;     // by function index: its entry from slots, or `not_compiled`
};

inline constexpr std::size_t image_page = 4096;

}  // namespace tenon::jit
