// The one place for access to wire bytes and guest memory: little-endian loads and stores at any alignment.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

namespace tenon {

static_assert(std::endian::native == std::endian::little, "big-endian hosts need byte swaps in load_le and store_le");

using Bytes = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

template <class T>
  requires std::is_trivially_copyable_v<T>
inline T load_le(const void* from) noexcept {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

template <class T>
  requires std::is_trivially_copyable_v<T>
inline void store_le(void* to, T value) noexcept {
  std::memcpy(to, &value, sizeof(T));
}

// The same bytes, seen as characters or as bytes; nothing is checked or copied.
inline std::string_view as_chars(Bytes bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes as_bytes(std::string_view chars) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(chars.data()), chars.size()};
}
inline MutableBytes as_mutable_bytes(std::span<char> chars) noexcept {
  return {reinterpret_cast<std::uint8_t*>(chars.data()), chars.size()};
}

}  // namespace tenon
