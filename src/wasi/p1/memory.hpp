// A guest's memory: every access is checked, and little-endian whatever the host is. Nothing is read twice after it was
// checked, for a guest with threads may change it between.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

namespace tenon::wasi::p1 {

template <std::integral T>
constexpr T little_endian(T value) noexcept {
  if constexpr (std::endian::native == std::endian::little) {
    return value;
  } else {
    return std::byteswap(value);
  }
}

// A region that was checked to lie in memory, with fields at offsets from its start.
struct Region {
  std::span<std::uint8_t> bytes;

  template <std::integral T>
  T get(std::size_t offset) const noexcept {
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return little_endian(value);
  }
  template <std::integral T>
  void put(std::size_t offset, T value) const noexcept {
    value = little_endian(value);
    std::memcpy(bytes.data() + offset, &value, sizeof value);
  }
};

class GuestMemory {
 public:
  explicit GuestMemory(std::span<std::uint8_t> bytes) noexcept : bytes_(bytes) {}

  // An empty region lies anywhere. The count and the size of what is counted are multiplied here, where it cannot
  // overflow.
  std::optional<Region> region(std::uint32_t address, std::uint32_t count, std::uint32_t size = 1) const noexcept {
    const std::uint64_t length = std::uint64_t{count} * size;
    if (length == 0) return Region{};
    if (address > bytes_.size() || length > bytes_.size() - address) return std::nullopt;
    return Region{bytes_.subspan(address, static_cast<std::size_t>(length))};
  }

 private:
  std::span<std::uint8_t> bytes_;
};

}  // namespace tenon::wasi::p1
