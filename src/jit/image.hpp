// Machine code for a module as plain bytes: position independent, without symbols, so that it can be mapped anywhere
// and kept in files.
//
// Instructions come first, then, from a page on, what is only read: constants, and tables that say where functions
// begin, and for any place in the code how to leave its frame, what it was compiled from, and who catches exceptions
// there. All places are counted from the image's begin.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "jit/target.hpp"

namespace tenon::jit {

inline constexpr std::uint32_t not_compiled = 0xFFFF'FFFF;

// How to get from a frame to its caller's, from `begin` on: the caller's stack pointer is a register of this frame plus
// an offset, and below it lie the return address and the registers that the function saved.
inline constexpr unsigned saved_registers = this_machine.saved_registers;
inline constexpr unsigned frame_pointer = this_machine.frame_pointer;
inline constexpr unsigned link_register = frame_pointer + 1;  // on AArch64

struct UnwindRow {
  std::uint32_t begin = 0;
  // The offset; the highest bit: from the frame pointer instead of the stack pointer.
  std::uint32_t frame = unknown;
  static constexpr std::uint32_t unknown = 0x7FFF'FFFF;
  std::uint32_t saved[words_of_saved(this_machine)] = {};

  // The words that a register's place lies below the caller's stack pointer; 0: it is still in the register.
  std::uint32_t distance(unsigned i) const noexcept {
    constexpr unsigned bits = this_machine.saved_bits;
    return saved[i / saved_in_word(this_machine)] >> saved_shift(this_machine, i) & ((1U << bits) - 1);
  }
};
inline constexpr std::uint32_t from_frame_pointer = 0x8000'0000;

// What the code from `begin` on was compiled from: a site.
struct CodePlace {
  std::uint32_t begin = 0;
  std::uint32_t site = 0;
};
struct CodeSite {
  std::uint32_t module = 0;             // 0: the image's own; else one that is linked to it (linkage.hpp)
  std::uint32_t function = 0;           // by index; `not_compiled`: code that no function stands for
  std::uint32_t offset = 0;             // of the instruction, in the module
  std::uint32_t caller = not_compiled;  // the site at which it was inlined
};

// Calls in [begin, end) whose exceptions go to `pad`, which finds `arguments` bytes less on the stack than the call.
struct LandingPad {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::uint32_t pad = 0;
  std::uint32_t arguments = 0;
};

// Where the tables are.
struct ImageLayout {
  std::uint64_t constants = 0;  // where what is only read begins
  std::uint32_t functions = 0;  // their number
  std::uint32_t entries = 0;    // by function index: where its code begins, or `not_compiled`
  std::uint32_t thunks = 0;  // by function index: its entry from slots, or `not_compiled`: only compiled code enters it
  std::uint32_t unwind = 0;
  std::uint32_t unwind_count = 0;
  std::uint32_t places = 0;
  std::uint32_t place_count = 0;
  std::uint32_t sites = 0;
  std::uint32_t site_count = 0;
  std::uint32_t pads = 0;
  std::uint32_t pad_count = 0;
  std::uint32_t is_metered = 0;  // it pays with fuel
  // One loop of a function, for who is in it already: takes all that a bytecode frame has there, and runs the function
  // to its end. Where its code is, and its entry, which has the form of a thunk; `not_compiled`: there is none.
  std::uint32_t loop = not_compiled;
  std::uint32_t loop_entry = not_compiled;
  std::uint32_t loop_function = 0;
  std::uint32_t loop_offset = 0;  // of the `loop` in the body
};

struct Image {
  ImageLayout layout;
  Bytes bytes;                       // empty: nothing was compiled
  std::shared_ptr<const void> keep;  // what the bytes belong to
  // Where the bytes are a part of a file that can be mapped: its descriptor, or -1, and their place in it, at a page.
  int file = -1;
  std::uint64_t file_offset = 0;

  template <class T>
  std::span<const T> table(std::uint32_t at, std::uint32_t count) const noexcept {
    return {reinterpret_cast<const T*>(bytes.data() + at), count};
  }
  std::span<const std::uint32_t> entries() const noexcept {
    return table<std::uint32_t>(layout.entries, layout.functions);
  }
  std::span<const std::uint32_t> thunks() const noexcept {
    return table<std::uint32_t>(layout.thunks, layout.functions);
  }
};

}  // namespace tenon::jit
