// What guests hold of the host, by numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace tenon::wasi::inline bindings {

// What one guest may have of the host at a time, in all tables together: streams, fields, sockets and the like.
inline constexpr std::size_t most_objects = 100'000;

// Objects by number; 0 is none. Numbers are used again. An object stays where it is until it is dropped.
template <class T>
class Table {
 public:
  // `count` is how many objects there are in all tables that share it.
  explicit Table(std::size_t& count) : count_(count) {}
  std::uint64_t insert(T object) {
    if (unused_.empty()) {
      objects_.emplace_back();
      unused_.push_back(static_cast<std::uint32_t>(objects_.size() - 1));
    }
    const std::uint32_t at = unused_.back();
    unused_.pop_back();
    objects_[at] = std::make_unique<T>(std::move(object));
    ++count_;
    return at + 1;
  }
  // The runtime gives numbers only that were made here and not dropped.
  T& operator[](std::uint64_t number) { return *objects_[static_cast<std::size_t>(number - 1)]; }
  void drop(std::uint64_t number) {
    objects_[static_cast<std::size_t>(number - 1)].reset();
    unused_.push_back(static_cast<std::uint32_t>(number - 1));
    --count_;
  }

 private:
  std::size_t& count_;
  std::vector<std::unique_ptr<T>> objects_;
  std::vector<std::uint32_t> unused_;
};

}  // namespace tenon::wasi::inline bindings
