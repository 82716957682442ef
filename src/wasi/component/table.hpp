// What guests hold of the host, by numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <vector>

namespace tenon::wasi::inline bindings {

// What one guest may have of the host at a time, in all tables together: streams, fields, sockets and the like.
inline constexpr std::size_t most_objects = 100'000;

// What a child of an object holds: the pollable of a stream, the stream of a socket. The standard lets a host trap when
// a parent is dropped before its children, and hosts do.
using Kinship = std::shared_ptr<const char>;

// Objects by number; 0 is none. Numbers are used again. An object stays where it is until it is dropped.
template <class T>
class Table {
 public:
  // `count` is how many objects there are in all tables that share it.
  explicit Table(std::size_t& count) : count_(count) {}
  std::uint64_t insert(T object, Kinship parent = {}) {
    if (unused_.empty()) {
      entries_.emplace_back();
      unused_.push_back(static_cast<std::uint32_t>(entries_.size() - 1));
    }
    const std::uint32_t at = unused_.back();
    unused_.pop_back();
    entries_[at] = {std::make_unique<T>(std::move(object)), std::move(parent)};
    ++count_;
    return at + 1;
  }
  // The runtime gives numbers only that were made here and not dropped.
  T& operator[](std::uint64_t number) { return *entry(number).object; }

  // For a child that is made of the object.
  Kinship kinship(std::uint64_t number) {
    Kinship& children = entry(number).children;
    if (children == nullptr) children = std::make_shared<const char>();
    return children;
  }
  bool has_children(std::uint64_t number) { return entry(number).children.use_count() > 1; }

  // With children it is a trap of the guest, which the runtime makes of the exception.
  void drop(std::uint64_t number) {
    if (has_children(number)) throw std::logic_error("a resource was dropped before what was made of it");
    entry(number) = {};
    unused_.push_back(static_cast<std::uint32_t>(number - 1));
    --count_;
  }

 private:
  struct Entry {
    std::unique_ptr<T> object{};
    Kinship parent{};
    Kinship children{};  // held by each of them, too
  };
  Entry& entry(std::uint64_t number) { return entries_[static_cast<std::size_t>(number - 1)]; }

  std::size_t& count_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> unused_;
};

}  // namespace tenon::wasi::inline bindings
