// A sticky cursor over binary input. After the first fault every read returns zero and the cursor stays at the fault, so a
// decoder reads a whole structure and asks once. Messages are those of the official suite; offsets are absolute.
#pragma once

#include <cassert>
#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"
#include "base/concat.hpp"
#include "base/leb128.hpp"
#include "tenon/result.hpp"

namespace tenon {

class Cursor {
 public:
  // `base` is the offset of `bytes` in the outermost input.
  Cursor(Bytes bytes, std::uint64_t base) noexcept
      : begin_(bytes.data()), p_(bytes.data()), end_(bytes.data() + bytes.size()), base_(base) {}

  bool ok() const noexcept { return !failed_; }
  bool at_end() const noexcept { return p_ == end_; }
  std::size_t remaining() const noexcept { return static_cast<std::size_t>(end_ - p_); }
  std::uint64_t offset() const noexcept { return base_ + static_cast<std::uint64_t>(p_ - begin_); }
  const std::uint8_t* position() const noexcept { return p_; }
  const std::uint8_t* end() const noexcept { return end_; }
  void set_position(const std::uint8_t* p) noexcept { p_ = p; }

  std::uint8_t u8() noexcept {
    if (p_ == end_) [[unlikely]] return fault_end(), std::uint8_t{0};
    return *p_++;
  }
  std::uint8_t peek() const noexcept { return p_ == end_ ? std::uint8_t{0} : *p_; }
  std::uint32_t u32() noexcept { return leb<std::uint32_t>(); }
  std::uint64_t u64() noexcept { return leb<std::uint64_t>(); }
  std::int32_t s32() noexcept { return leb<std::int32_t>(); }
  std::int64_t s33() noexcept { return leb<std::int64_t, 33>(); }
  std::int64_t s64() noexcept { return leb<std::int64_t>(); }
  template <class T>
  T fixed() noexcept {
    if (remaining() < sizeof(T)) [[unlikely]] return fault_end(), T{};
    const T value = load_le<T>(p_);
    p_ += sizeof(T);
    return value;
  }
  Bytes bytes(std::uint64_t size) noexcept {
    if (size > remaining()) [[unlikely]] return fault_end(), Bytes{};
    const Bytes result(p_, static_cast<std::size_t>(size));
    p_ += size;
    return result;
  }
  // A count of things that take at least `least_bytes` each: a count that the input cannot hold is a fault, before anything
  // is reserved for it. More than `limit` is the fault "<what> ..." of kind exhausted.
  std::uint32_t count(std::uint32_t limit, std::string_view what, std::size_t least_bytes = 1) noexcept;
  // A size-prefixed UTF-8 name.
  std::string_view name() noexcept;

  // Records the first fault; later ones are ignored.
  template <class... Pieces>
  void fault(ErrorKind kind, std::uint64_t offset, const Pieces&... pieces) noexcept {
    if (failed_) return;
    error_ = fail(kind, at_offset(offset), pieces...);
    failed_ = true;
    p_ = end_;
  }
  void fault(Error error) noexcept {
    if (failed_) return;
    error_ = std::move(error);
    failed_ = true;
    p_ = end_;
  }
  Error take_error() noexcept { return assert(failed_), std::move(error_); }

 private:
  template <class T, unsigned bits = sizeof(T) * 8>
  T leb() noexcept {
    T value = 0;
    LebFault reason = LebFault::none;
    const std::uint8_t* next = decode_leb<T, bits>(p_, end_, value, reason);
    if (next == nullptr) [[unlikely]] return fault_leb(reason), T{0};
    p_ = next;
    return value;
  }
  void fault_end() noexcept;
  void fault_leb(LebFault reason) noexcept;

  const std::uint8_t* begin_;
  const std::uint8_t* p_;
  const std::uint8_t* end_;
  std::uint64_t base_;
  bool failed_ = false;
  Error error_;
};

}  // namespace tenon
