// A sticky cursor over binary input. After the first fault every read returns zero and the cursor stands at the end, so
// a decoder reads a whole structure and asks once. Messages are those of the official suite; offsets are absolute, and
// those of the first byte of the wrong item.
//
// Made for registers: everything that the fast path calls is inlined, and what it does not inline gets and returns
// plain values, never the cursor's address. A cursor that lives in a decoder's own frame, and is only passed to inlined
// functions, is therefore kept in registers. Functions that are not inlined read from a `detour()` instead.
#pragma once

#include <cassert>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "base/bytes.hpp"
#include "base/concat.hpp"
#include "base/leb128.hpp"
#include "tenon/result.hpp"

namespace tenon {

class Cursor {
 public:
  // `base` is the offset of `bytes` in the outermost input. Of the bytes right behind them, `lookahead` may be read to
  // name a fault: a number that the end cuts off may be a wrong number, whatever its section.
  Cursor(Bytes bytes, std::uint64_t base, std::size_t lookahead = 0) noexcept
      : begin_(bytes.data()),
        p_(bytes.data()),
        end_(bytes.data() + bytes.size()),
        base_(base),
        lookahead_(lookahead < max_lookahead ? lookahead : max_lookahead) {}
  static constexpr std::size_t max_lookahead = max_leb64_size - 1;

  bool ok() const noexcept { return !failed_; }
  bool at_end() const noexcept { return p_ == end_; }
  std::size_t remaining() const noexcept { return static_cast<std::size_t>(end_ - p_); }
  std::uint64_t offset() const noexcept { return base_ + static_cast<std::uint64_t>(p_ - begin_); }
  const std::uint8_t* position() const noexcept { return p_; }
  const std::uint8_t* end() const noexcept { return end_; }
  void set_position(const std::uint8_t* p) noexcept { p_ = p; }

  std::uint8_t u8() noexcept {
    if (p_ == end_) [[unlikely]]
      return fail_with(end_error(offset())), std::uint8_t{0};
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
    if (remaining() < sizeof(T)) [[unlikely]]
      return fail_with(end_error(base_ + size())), T{};
    const T value = load_le<T>(p_);
    p_ += sizeof(T);
    return value;
  }
  Bytes bytes(std::uint64_t size) noexcept {
    if (size > remaining()) [[unlikely]]
      return fail_with(end_error(base_ + this->size())), Bytes{};
    const Bytes result(p_, static_cast<std::size_t>(size));
    p_ += size;
    return result;
  }
  // A count of things that take at least `least_bytes` each: a count that the input cannot hold is a fault, before
  // anything is reserved for it. More than `limit` is the fault "too many <what>" of kind exhausted.
  std::uint32_t count(std::uint32_t limit, std::string_view what, std::size_t least_bytes = 1) noexcept;
  // A size in front of so many bytes; more than are left is a fault.
  std::uint32_t length(std::string_view what) noexcept;
  // A size-prefixed UTF-8 name.
  std::string_view name() noexcept;

  // Records the first fault; later ones are ignored.
  template <class... Pieces>
  void fault(ErrorKind kind, std::uint64_t offset, const Pieces&... pieces) noexcept {
    if (!failed_) fail_with(make_error(kind, offset, pieces...));
  }
  void fault(Error error) noexcept { fail_with(std::move(error)); }
  Error take_error() noexcept { return assert(failed_), std::move(error_); }

  // A cursor over what is left, for a reader that is not inlined; `rejoin` goes on where it stopped, with its fault.
  Cursor detour() const noexcept { return {Bytes(p_, remaining()), offset(), lookahead_}; }
  void rejoin(Cursor&& detour) noexcept {
    p_ = detour.p_;
    if (detour.failed_) [[unlikely]]
      fail_with(std::move(detour.error_));
  }

 private:
  // The position after a number, or nullptr, and its value: two registers.
  template <class T>
  struct Leb {
    const std::uint8_t* next;
    T value;
  };
  template <class T, unsigned bits>
  [[gnu::noinline]] static Leb<T> read_long_leb(const std::uint8_t* p, const std::uint8_t* end) noexcept {
    if (end - p >= 3 && (p[1] & p[2]) < 0x80) return read_short_leb<T>(p);
    T value = 0;
    LebFault reason = LebFault::none;
    const std::uint8_t* next = decode_leb<T, bits>(p, end, value, reason);
    return {next, value};
  }
  // Two or three bytes, which are all there: most numbers that take more than one.
  template <class T>
  static Leb<T> read_short_leb(const std::uint8_t* p) noexcept {
    const bool has_three = p[1] >= 0x80;
    const std::uint32_t low = (p[0] & 0x7FU) | (p[1] & 0x7FU) << 7 | (has_three ? (p[2] & 0x7FU) << 14 : 0);
    const unsigned unused = has_three ? 32 - 21 : 32 - 14;
    const std::uint8_t* next = p + (has_three ? 3 : 2);
    if constexpr (std::is_signed_v<T>) {
      return {next, static_cast<std::int32_t>(low << unused) >> unused};
    } else {
      return {next, low};
    }
  }
  template <class T, unsigned bits>
  [[gnu::cold, gnu::noinline]] static Error leb_error(const std::uint8_t* p, const std::uint8_t* end,
                                                      std::size_t lookahead, std::uint64_t offset) noexcept {
    T value = 0;
    LebFault reason = LebFault::none;
    decode_leb<T, bits>(p, end + lookahead, value, reason);
    const bool is_cut = reason == LebFault::none || reason == LebFault::unexpected_end;
    return is_cut ? end_error(offset + static_cast<std::uint64_t>(end - p)) : leb_fault_error(reason, bits, offset);
  }
  template <class T, unsigned bits = sizeof(T) * 8>
  T leb() noexcept {
    if (p_ != end_ && *p_ < 0x80) [[likely]] {
      const std::uint8_t byte = *p_++;
      if constexpr (std::is_signed_v<T>) {
        return static_cast<T>(static_cast<std::int8_t>(static_cast<std::uint8_t>(byte << 1)) >> 1);
      } else {
        return byte;
      }
    }
    const Leb<T> number = read_long_leb<T, bits>(p_, end_);
    if (number.next == nullptr) [[unlikely]]
      return fail_with(leb_error<T, bits>(p_, end_, lookahead_, offset())), T{0};
    p_ = number.next;
    return number.value;
  }
  std::uint64_t size() const noexcept { return static_cast<std::uint64_t>(end_ - begin_); }

  template <class... Pieces>
  [[gnu::cold, gnu::noinline]] static Error make_error(ErrorKind kind, std::uint64_t offset,
                                                       const Pieces&... pieces) noexcept {
    return fail(kind, at_offset(offset), pieces...);
  }
  [[gnu::cold]] static Error end_error(std::uint64_t offset) noexcept;
  [[gnu::cold]] static Error leb_fault_error(LebFault reason, unsigned bits, std::uint64_t offset) noexcept;
  void fail_with(Error&& error) noexcept {
    if (failed_) return;
    error_ = std::move(error);
    failed_ = true;
    p_ = end_;
  }

  const std::uint8_t* begin_;
  const std::uint8_t* p_;
  const std::uint8_t* end_;
  std::uint64_t base_;
  std::size_t lookahead_;
  bool failed_ = false;
  Error error_;
};

}  // namespace tenon
