// From object files to an image: sections laid out, references between them resolved.
#pragma once

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/MemoryBufferRef.h>
#include <vector>

#include "jit/image.hpp"
#include "tenon/result.hpp"

namespace tenon::jit {

struct Linked {
  Image image;
  std::vector<std::uint64_t> frame_sizes;  // by function index, in bytes
  std::uint64_t loop_frame_size = 0;
  std::uint64_t other_frame_size = 0;  // the largest of all other code
};

// One image of several objects for the machine. `functions` and `thunks` name the symbols wanted, by function index,
// and `loop` the code for a loop, whose entry's name ends in `loop_entry_suffix`; an empty name gives `not_compiled`.
// Errors: usage (a reference to something outside of the objects, which is a fault of the compiler here).
inline constexpr const char* loop_entry_suffix = ".entry";
Result<Linked> link_image(const Machine& machine, llvm::ArrayRef<llvm::MemoryBufferRef> objects,
                          llvm::ArrayRef<std::string> functions, llvm::ArrayRef<std::string> thunks,
                          const std::string& loop);

}  // namespace tenon::jit
