#include "engine/owned_memory.hpp"

#include <cassert>
#include <cstdint>
#include <new>
#include <utility>

namespace tenon::detail {

namespace {

// What lies in front of every block: its header at the end of so many bytes.
constexpr std::size_t plain_front = 16;
constexpr std::size_t aligned_front = 64;

}  // namespace

OwnedMemory::~OwnedMemory() {
  while (plain_ != nullptr) release(std::exchange(plain_, plain_->next), true);
  while (aligned_ != nullptr) release(std::exchange(aligned_, aligned_->next), false);
}

void* OwnedMemory::do_allocate(std::size_t bytes, std::size_t alignment) {
  static_assert(sizeof(Block) == plain_front && alignof(std::max_align_t) >= plain_front);
  assert(alignment <= aligned_front);
  const bool is_plain = alignment <= plain_front;
  const std::size_t front = is_plain ? plain_front : aligned_front;
  if (bytes > SIZE_MAX / 2) throw std::bad_alloc();
  void* start = is_plain ? ::operator new(front + bytes, std::nothrow)
                         : ::operator new(front + bytes, std::align_val_t(aligned_front), std::nothrow);
  if (start == nullptr) throw std::bad_alloc();
  auto* block = ::new (static_cast<std::byte*>(start) + front - sizeof(Block)) Block{};
  const std::lock_guard lock(mutex_);
  Block*& first = is_plain ? plain_ : aligned_;
  block->next = first;
  if (first != nullptr) first->previous = block;
  first = block;
  return block + 1;
}

void OwnedMemory::do_deallocate(void* address, std::size_t, std::size_t alignment) {
  if (address == nullptr) return;
  const bool is_plain = alignment <= plain_front;
  Block* block = static_cast<Block*>(address) - 1;
  {
    const std::lock_guard lock(mutex_);
    (block->previous != nullptr ? block->previous->next : is_plain ? plain_ : aligned_) = block->next;
    if (block->next != nullptr) block->next->previous = block->previous;
  }
  release(block, is_plain);
}

void OwnedMemory::release(Block* block, bool is_plain) noexcept {
  std::byte* start = reinterpret_cast<std::byte*>(block + 1) - (is_plain ? plain_front : aligned_front);
  if (is_plain) {
    ::operator delete(start);
  } else {
    ::operator delete(start, std::align_val_t(aligned_front));
  }
}

}  // namespace tenon::detail
