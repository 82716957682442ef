// Handle tables as compiled code reads them: what a handle stands for is looked up where the call is, without asking
// the runtime (decision 31). Everything that is not as expected is left to the function of the host whose data this is.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tenon::runtime {

// The rows of a handle table (component/handles.hpp), which move when it grows.
struct HandleRows {
  const void* rows = nullptr;
  std::uint64_t count = 0;

  // A row begins with its resource type, which no row has that is free or of something else, and what the handle stands
  // for. Of machines with compiled code, so with pointers of 64 bits.
  static constexpr std::size_t row_size = 40;
  static constexpr std::size_t type_at = 0;
  static constexpr std::size_t rep_at = 8;
};

// The beginning of a host function's data that gives what a handle stands for: (i32) -> (i32 or i64). A handle of
// another type than `type`, or none, is the function's own to refuse.
struct HandleLookup {
  const HandleRows* table = nullptr;  // never nullptr when the function is called; empty: the function sees to it all
  const void* type = nullptr;         // not nullptr where the table is not empty
};

inline constexpr HandleRows no_handle_rows;

}  // namespace tenon::runtime
