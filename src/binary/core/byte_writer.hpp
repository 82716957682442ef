// Growing output bytes in an arena, with canonical LEB128 numbers.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "base/arena.hpp"
#include "base/bytes.hpp"
#include "base/leb128.hpp"

namespace tenon {

class ByteWriter {
 public:
  explicit ByteWriter(Arena& arena) noexcept : arena_(&arena) {}
  void u8(std::uint8_t value) { out_.push_back(*arena_, value); }
  void u32(std::uint32_t value) { leb(value); }
  void u64(std::uint64_t value) { leb(value); }
  void s32(std::int32_t value) { leb(value); }
  void s33(std::int64_t value) { leb(value); }
  void s64(std::int64_t value) { leb(value); }
  template <class T>
  void fixed(T value) {
    std::uint8_t raw[sizeof(T)];
    store_le(raw, value);
    bytes(raw);
  }
  void bytes(Bytes data) { out_.append(*arena_, data); }
  // Size, then bytes.
  void sized(Bytes data) {
    u32(static_cast<std::uint32_t>(data.size()));
    bytes(data);
  }
  void name(std::string_view text) { sized(as_bytes(text)); }
  Bytes view() const noexcept { return out_.span(); }
  std::size_t size() const noexcept { return out_.size(); }
  void clear() noexcept { out_.clear(); }
  // Keeps the first `size` bytes.
  void truncate(std::size_t size) { out_.resize(*arena_, size); }
  Arena& arena() const noexcept { return *arena_; }

 private:
  template <class T>
  void leb(T value) {
    // Nearly all numbers in code take one byte.
    if (static_cast<std::make_unsigned_t<T>>(value) < 0x40) return u8(static_cast<std::uint8_t>(value));
    std::uint8_t raw[max_leb64_size];
    bytes({raw, encode_leb(value, raw)});
  }
  Arena* arena_;
  ArenaVector<std::uint8_t> out_;
};

}  // namespace tenon
