// Component types as core types: what lowered and lifted functions take and give.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#flattening
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "model/component/signatures.hpp"

namespace tenon::component {

inline constexpr std::uint32_t max_flat_params = 16;
inline constexpr std::uint32_t max_flat_async_params = 4;
inline constexpr std::uint32_t max_flat_results = 1;

// A few core types. What is added beyond `capacity` is counted, and not kept.
class FlatTypes {
 public:
  static constexpr std::uint32_t capacity = max_flat_params + 1;
  void push(core::ValType type) noexcept {
    if (size_ < capacity) types_[size_] = type;
    ++size_;
  }
  void clear() noexcept { size_ = 0; }
  std::uint32_t size() const noexcept { return size_; }
  std::span<const core::ValType> types() const noexcept { return {types_.data(), size_ < capacity ? size_ : capacity}; }
  core::ValType& operator[](std::uint32_t i) noexcept { return types_[i]; }

 private:
  std::array<core::ValType, capacity> types_;
  std::uint32_t size_ = 0;
};

// Appends the flat types of `type`, of which there are `type.flat`, if they have room; else only counts them. `pointer`
// is the address type of the memory.
void flatten(const ValueType& type, core::ValType pointer, FlatTypes& out);

}  // namespace tenon::component
