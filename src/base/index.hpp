// Distinct index types. An index names one kind of thing in one index space; mixing two spaces does not compile.
#pragma once

#include <cassert>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "base/arena.hpp"

namespace tenon {

// `Tag` is an empty struct that names the index space.
template <class Tag>
struct Index {
  static constexpr std::uint32_t none_value = 0xFFFF'FFFF;
  std::uint32_t value = none_value;

  constexpr Index() noexcept = default;
  constexpr explicit Index(std::uint32_t v) noexcept : value(v) {}
  constexpr explicit Index(std::size_t v) noexcept : value(static_cast<std::uint32_t>(v)) {}
  static constexpr Index none() noexcept { return Index{}; }
  constexpr bool is_none() const noexcept { return value == none_value; }
  constexpr auto operator<=>(const Index&) const noexcept = default;
};

// A vector that only its own kind of index can subscript.
template <class Idx, class T>
class IndexVector : public ArenaVector<T> {
 public:
  using ArenaVector<T>::ArenaVector;
  T& operator[](Idx i) noexcept { return ArenaVector<T>::operator[](i.value); }
  const T& operator[](Idx i) const noexcept { return ArenaVector<T>::operator[](i.value); }
  bool contains(Idx i) const noexcept { return i.value < this->size(); }
  Idx next_index() const noexcept { return Idx(this->size()); }
};

}  // namespace tenon

template <class Tag>
struct std::hash<tenon::Index<Tag>> {
  std::size_t operator()(tenon::Index<Tag> index) const noexcept { return index.value; }
};
