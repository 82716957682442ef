// Checks that lifting and lowering share, and their traps. The texts hold both those of the component model's suite and
// those of its first implementation, which name the same fault differently at the host's boundary and between guests.
#pragma once

#include <cstdint>
#include <string_view>

#include "abi/context.hpp"
#include "base/concat.hpp"

namespace tenon::component {

template <class... Pieces>
Error trapped(const Pieces&... pieces) noexcept {
  return fail(ErrorKind::trap, {}, pieces...);
}

// The same trap, with more in its text: where it was.
template <class... Pieces>
Error with_where(Error error, const Pieces&... pieces) noexcept {
  if (error.kind() != ErrorKind::trap) return error;
  Error named = fail(error.kind(), error.place(), error.message(), pieces...);
  return std::move(named).with_code(error.code()).with_context(error.context());
}

// Where a value stood that trapped: which parameter, or the result, of which function (that may have no name). `label`
// is empty for results; without `is_one`, all parameters are meant.
struct ValuePlace {
  std::string_view function{};
  std::string_view label{};
  bool is_one = true;
};

// The same trap, with the place in its text.
inline Error in_value(Error error, const ValuePlace& place) noexcept {
  const bool is_result = place.label.empty();
  const std::string_view before = is_result ? ", in the result" : place.is_one ? ", in the parameter `" : "";
  const std::string_view between = is_result ? "" : place.is_one ? "`" : ", in the parameters";
  const std::string_view label = place.is_one ? place.label : "";
  const bool is_named = !place.function.empty();
  return with_where(std::move(error), before, label, between, is_named ? " of `" : "", place.function,
                    is_named ? "`" : "");
}

// The same in two steps: values are lifted and lowered without knowing whose parameters or result they are ...
inline Error in_member(Error error, const Member& member, bool is_one = true) noexcept {
  return in_value(std::move(error), {.label = member.label, .is_one = is_one});
}
// ... which who called adds.
inline Error of_function(Error error, std::string_view function) noexcept {
  return function.empty() ? error : with_where(std::move(error), " of `", function, "`");
}

// That a string's or list's content lies in the memory.
inline Result<void> check_range(const LiftLowerContext& cx, std::uint64_t pointer, std::uint64_t size,
                                std::string_view what) noexcept {
  if (pointer <= cx.memory.size() && size <= cx.memory.size() - pointer) [[likely]]
    return {};
  return trapped(what, " content out-of-bounds: ", what, " pointer/length out of bounds of memory: ", size,
                 " bytes at address ", pointer, " of ", cx.memory.size());
}

// What a realloc gave for that many bytes of `what`, in a memory of `memory_size` bytes. Errors: trap.
inline Result<void> check_place(std::uint64_t pointer, std::uint32_t alignment, std::uint64_t size,
                                std::uint64_t memory_size, std::string_view what) {
  if ((pointer & (alignment - 1)) != 0) {
    return trapped("realloc return: result not aligned: unaligned pointer: a multiple of ", alignment,
                   " was expected, found ", pointer);
  }
  if (pointer > memory_size || size > memory_size - pointer) {
    return trapped("realloc return: beyond end of memory: ", what, " content out-of-bounds: ", size,
                   " bytes at address ", pointer, " of ", memory_size);
  }
  return {};
}

// Realloc, and that what it gave may be used.
inline Result<std::uint64_t> reallocate(LiftLowerContext& cx, std::uint64_t old_pointer, std::uint64_t old_size,
                                        std::uint32_t alignment, std::uint64_t new_size, std::string_view what) {
  // The worst case of a transcoded string may be more than a string may have.
  if (new_size > limits::max_string_bytes) {
    return trapped(what, " content out-of-bounds: at most ", limits::max_string_bytes, " bytes were expected, found ",
                   new_size);
  }
  auto pointer = cx.reallocate(old_pointer, old_size, alignment, new_size);
  if (!pointer) return pointer;
  if (auto checked = check_place(*pointer, alignment, new_size, cx.memory.size(), what); !checked) {
    return std::move(checked).error();
  }
  return pointer;
}

}  // namespace tenon::component
