// Appending text to a std::string at the speed of memcpy.
//
// `std::string::append` checks, counts and terminates with each call, and growing by `resize` clears memory that is
// about to be overwritten. `TextOutput` writes through a pointer into a string that it made larger ahead of time
// without clearing, and cuts the string to size at the end. Everything the printer writes is short, so a check for room
// before a few bytes is all that is left to do.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace tenon::core {

class TextOutput {
 public:
  // Appends to `target`, which nobody else touches until this object is gone.
  explicit TextOutput(std::string& target) noexcept : target_(target), begin_(target.size()) {
    target_.resize_and_overwrite(target_.capacity(), [](char*, std::size_t size) { return size; });
    p_ = target_.data() + begin_;
    end_ = target_.data() + target_.size();
    line_start_ = begin_;
  }
  TextOutput(const TextOutput&) = delete;
  TextOutput& operator=(const TextOutput&) = delete;
  ~TextOutput() { target_.resize(size()); }

  std::size_t size() const noexcept { return static_cast<std::size_t>(p_ - target_.data()); }
  // Bytes since the last line break.
  std::size_t column() const noexcept { return size() - line_start_; }
  // What was written from `from` on; valid until more is written.
  std::string_view view(std::size_t from) const noexcept { return {target_.data() + from, size() - from}; }
  // Forgets what was written, for scratch outputs.
  void rewind() noexcept { p_ = target_.data() + begin_; }

  void reserve(std::size_t bytes) {
    if (static_cast<std::size_t>(end_ - p_) < bytes) [[unlikely]]
      grow(bytes);
  }
  void put(char c) {
    reserve(1);
    *p_++ = c;
  }
  void put(std::string_view text) {
    if (text.empty()) return;  // it may have no address
    reserve(text.size());
    std::memcpy(p_, text.data(), text.size());
    p_ += text.size();
  }
  // The first `size` bytes of `storage`, a buffer of `capacity` bytes: a copy of fixed size is a few instructions.
  template <std::size_t capacity>
  void put_padded(const char (&storage)[capacity], std::size_t size) {
    reserve(capacity);
    std::memcpy(p_, storage, capacity);
    p_ += size;
  }
  template <class Number>
  void put_number(Number value, int base = 10) {
    reserve(66);
    if (value >= 0 && value < 10) {
      *p_++ = static_cast<char>('0' + value);
      return;
    }
    p_ = std::to_chars(p_, end_, value, base).ptr;
  }
  // Hexadecimal with exactly `digits` digits.
  void put_hex(std::uint64_t value, unsigned digits) {
    reserve(digits);
    for (unsigned i = digits; i-- > 0; value >>= 4) p_[i] = "0123456789abcdef"[value & 15];
    p_ += digits;
  }
  void put_repeated(char c, std::size_t count) {
    reserve(count);
    std::memset(p_, c, count);
    p_ += count;
  }
  // A line break and `spaces` blanks.
  void new_line(std::size_t spaces) {
    reserve(spaces + 64);
    *p_++ = '\n';
    line_start_ = size();
    std::memset(p_, ' ', 64);
    if (spaces > 64) [[unlikely]]
      std::memset(p_, ' ', spaces);
    p_ += spaces;
  }

 private:
  void grow(std::size_t bytes) {
    const std::size_t used = size();
    const std::size_t larger = std::max<std::size_t>(target_.capacity(), std::max(used * 2, used + bytes + 4096));
    target_.resize_and_overwrite(larger, [](char*, std::size_t size) { return size; });
    p_ = target_.data() + used;
    end_ = target_.data() + larger;
  }

  std::string& target_;
  std::size_t begin_;
  std::size_t line_start_;
  char* p_;
  char* end_;
};

}  // namespace tenon::core
