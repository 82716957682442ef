// Message building without an allocator of its own, locale or exceptions: `fail(kind, place, "expected ", type, ...)`.
//
// A piece is a string, a character, an integer, `Hex{n}`, or any type with a `append_text(TextBuffer&, T)` found by
// argument-dependent look-up. A message longer than the buffer is cut and ends with "...".
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "tenon/result.hpp"

namespace tenon {

class TextBuffer {
 public:
  static constexpr std::size_t capacity = 1024;
  void append(std::string_view text) noexcept {
    if (text.empty()) return;  // it may have no address
    const std::size_t room = capacity - size_;
    if (text.size() > room) {
      std::memcpy(data_ + size_, text.data(), room);
      std::memcpy(data_ + capacity - 3, "...", 3);
      size_ = capacity;
      return;
    }
    std::memcpy(data_ + size_, text.data(), text.size());
    size_ += text.size();
  }
  void append(char c) noexcept { append(std::string_view(&c, 1)); }
  template <std::integral I>
  void append_number(I value, int base = 10) noexcept {
    char digits[72];
    const auto end = std::to_chars(digits, digits + sizeof digits, value, base);
    append(std::string_view(digits, static_cast<std::size_t>(end.ptr - digits)));
  }
  std::string_view view() const noexcept { return {data_, size_}; }

 private:
  char data_[capacity];
  std::size_t size_ = 0;
};

// Prints as 0x and hexadecimal digits.
struct Hex {
  std::uint64_t value;
};

inline void append_text(TextBuffer& out, std::string_view text) noexcept { out.append(text); }
inline void append_text(TextBuffer& out, const char* text) noexcept { out.append(std::string_view(text)); }
inline void append_text(TextBuffer& out, char c) noexcept { out.append(c); }
template <std::integral I>
  requires(!std::same_as<I, char> && !std::same_as<I, bool>)
inline void append_text(TextBuffer& out, I value) noexcept {
  out.append_number(value);
}
inline void append_text(TextBuffer& out, Hex hex) noexcept {
  out.append("0x");
  out.append_number(hex.value, 16);
}

template <class... Pieces>
Error fail(ErrorKind kind, ErrorPlace place, const Pieces&... pieces) noexcept {
  TextBuffer text;
  (append_text(text, pieces), ...);
  return Error(kind, text.view(), place);
}

inline ErrorPlace at_offset(std::uint64_t offset) noexcept { return {.offset = offset}; }

}  // namespace tenon
