// Arena memory: many small objects with one lifetime.
//
// The model, the text parser and the translator build structures that live and die together. They take memory from an
// `Arena`, never free a single object, and refer to one another by index or `std::span`. Only trivially destructible
// types may live in an arena; that is checked at compile time. An arena takes its blocks from a
// `std::pmr::memory_resource`, so a program without an operating system can give it one region.
#pragma once

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <memory_resource>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace tenon {

class Arena {
 public:
  explicit Arena(std::pmr::memory_resource& upstream) noexcept : upstream_(&upstream) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  Arena(Arena&& other) noexcept
      : upstream_(other.upstream_),
        blocks_(std::exchange(other.blocks_, nullptr)),
        next_(std::exchange(other.next_, nullptr)),
        end_(std::exchange(other.end_, nullptr)),
        used_(std::exchange(other.used_, 0)) {}
  Arena& operator=(Arena&& other) noexcept {
    if (this != &other) {
      clear();
      upstream_ = other.upstream_;
      blocks_ = std::exchange(other.blocks_, nullptr);
      next_ = std::exchange(other.next_, nullptr);
      end_ = std::exchange(other.end_, nullptr);
      used_ = std::exchange(other.used_, 0);
    }
    return *this;
  }
  ~Arena() { clear(); }

  // Uninitialized storage for `size` bytes; `alignment` is a power of two of at most 64.
  void* allocate(std::size_t size, std::size_t alignment) {
    const std::size_t padding = (std::size_t{0} - std::bit_cast<std::size_t>(next_)) & (alignment - 1);
    if (static_cast<std::size_t>(end_ - next_) < size + padding) return allocate_in_new_block(size, alignment);
    std::byte* result = next_ + padding;
    next_ = result + size;
    return result;
  }

  // `count` value-initialized objects.
  template <class T>
  std::span<T> make_array(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    if (count == 0) return {};
    T* first = static_cast<T*>(allocate(count * sizeof(T), alignof(T)));
    std::uninitialized_value_construct_n(first, count);
    return {first, count};
  }

  template <class T, class... Args>
  T* make(Args&&... args) {
    static_assert(std::is_trivially_destructible_v<T>);
    return ::new (allocate(sizeof(T), alignof(T))) T{std::forward<Args>(args)...};
  }

  template <class T>
  std::span<T> copy(std::span<const T> from) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (from.empty()) return {};
    T* first = static_cast<T*>(allocate(from.size() * sizeof(T), alignof(T)));
    std::memcpy(static_cast<void*>(first), from.data(), from.size() * sizeof(T));
    return {first, from.size()};
  }

  std::string_view copy(std::string_view from) {
    if (from.empty()) return {};
    char* first = static_cast<char*>(allocate(from.size(), 1));
    std::memcpy(first, from.data(), from.size());
    return {first, from.size()};
  }

  // Takes over the other arena's memory, so that what lies in it lives as long as this arena. Both take blocks from the
  // same resource.
  void adopt(Arena&& other) noexcept;
  // Frees everything at once.
  void clear() noexcept;
  // Bytes taken from the upstream resource.
  std::size_t bytes_reserved() const noexcept { return used_; }
  std::pmr::memory_resource& upstream() const noexcept { return *upstream_; }

 private:
  struct Block {
    Block* previous;
    std::size_t size;  // bytes, this header included
  };
  void* allocate_in_new_block(std::size_t size, std::size_t alignment);

  std::pmr::memory_resource* upstream_;
  Block* blocks_ = nullptr;
  std::byte* next_ = nullptr;
  std::byte* end_ = nullptr;
  std::size_t used_ = 0;
};

// A growable array in an arena; growing leaves the old storage behind in the arena. Copying the vector copies the view,
// not the elements, so a finished vector can be handed around by value; only one of the copies may go on growing.
template <class T>
class ArenaVector {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  using value_type = T;
  ArenaVector() noexcept = default;
  ArenaVector(std::span<T> storage) noexcept  // NOLINT(google-explicit-constructor)
      : data_(storage.data()), size_(storage.size()), capacity_(storage.size()) {}

  void push_back(Arena& arena, const T& value) {
    if (size_ == capacity_) {
      const T copy = value;
      reserve(arena, std::max<std::size_t>(8, capacity_ * 2));
      ::new (data_ + size_++) T(copy);
      return;
    }
    ::new (data_ + size_++) T(value);
  }
  void reserve(Arena& arena, std::size_t capacity) {
    if (capacity <= capacity_) return;
    T* grown = static_cast<T*>(arena.allocate(capacity * sizeof(T), alignof(T)));
    if (size_ != 0) std::memcpy(static_cast<void*>(grown), data_, size_ * sizeof(T));
    data_ = grown;
    capacity_ = capacity;
  }
  void append(Arena& arena, std::span<const T> values) {
    if (values.empty()) return;
    if (capacity_ - size_ < values.size()) reserve(arena, std::max(capacity_ * 2, size_ + values.size()));
    std::memcpy(static_cast<void*>(data_ + size_), values.data(), values.size() * sizeof(T));
    size_ += values.size();
  }
  void resize(Arena& arena, std::size_t size) {
    reserve(arena, size);
    if (size > size_) std::uninitialized_value_construct_n(data_ + size_, size - size_);
    size_ = size;
  }
  void pop_back() noexcept { --size_; }
  void clear() noexcept { size_ = 0; }

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  T* data() noexcept { return data_; }
  const T* data() const noexcept { return data_; }
  T* begin() noexcept { return data_; }
  T* end() noexcept { return data_ + size_; }
  const T* begin() const noexcept { return data_; }
  const T* end() const noexcept { return data_ + size_; }
  T& back() noexcept { return data_[size_ - 1]; }
  const T& back() const noexcept { return data_[size_ - 1]; }
  T& operator[](std::size_t i) noexcept { return assert(i < size_), data_[i]; }
  const T& operator[](std::size_t i) const noexcept { return assert(i < size_), data_[i]; }
  operator std::span<const T>() const noexcept { return {data_, size_}; }  // NOLINT(google-explicit-constructor)
  std::span<const T> span() const noexcept { return {data_, size_}; }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace tenon
