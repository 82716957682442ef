#include "engine/owned_memory.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <functional>
#include <new>
#include <utility>

namespace tenon::detail {

namespace {

// What lies in front of every block: its header at the end of so many bytes.
constexpr std::size_t plain_front = 16;
constexpr std::size_t aligned_front = 64;

}  // namespace

OwnedMemory::OwnedMemory(std::size_t at_hand) noexcept
    : at_hand_(static_cast<std::byte*>(::operator new(at_hand, std::nothrow))),
      at_hand_size_(at_hand_ == nullptr ? 0 : at_hand) {}

OwnedMemory::~OwnedMemory() {
  ::operator delete(at_hand_);
  while (plain_ != nullptr) release(std::exchange(plain_, plain_->next), true);
  while (aligned_ != nullptr) release(std::exchange(aligned_, aligned_->next), false);
}

std::byte* OwnedMemory::take_at_hand(std::size_t bytes, std::size_t alignment) noexcept {
  const auto begin = reinterpret_cast<std::uintptr_t>(at_hand_);
  const std::size_t place = ((begin + at_hand_used_ + alignment - 1) & ~(alignment - 1)) - begin;
  if (place > at_hand_size_ || bytes > at_hand_size_ - place) return nullptr;
  at_hand_used_ = place + bytes;
  at_hand_most_ = std::max(at_hand_most_, at_hand_used_);
  return at_hand_ + place;
}

bool OwnedMemory::is_at_hand(const void* address) const noexcept {
  return std::greater_equal<>()(address, at_hand_) && std::less<>()(address, at_hand_ + at_hand_size_);
}

void* OwnedMemory::do_allocate(std::size_t bytes, std::size_t alignment) {
  static_assert(sizeof(Block) == plain_front && alignof(std::max_align_t) >= plain_front);
  assert(alignment <= aligned_front);
  if (at_hand_ != nullptr) {
    if (std::byte* place = take_at_hand(bytes, alignment)) return place;
    beyond_ += bytes + alignment;
  }
  const bool is_plain = alignment <= plain_front;
  const std::size_t front = is_plain ? plain_front : aligned_front;
  if (bytes > SIZE_MAX / 2) throw std::bad_alloc();
  void* start = is_plain ? ::operator new(front + bytes, std::nothrow)
                         : ::operator new(front + bytes, std::align_val_t(aligned_front), std::nothrow);
  if (start == nullptr) throw std::bad_alloc();
  auto* block = ::new (static_cast<std::byte*>(start) + front - sizeof(Block)) Block{};
  const BriefLock::Hold hold(lock_);
  Block*& first = is_plain ? plain_ : aligned_;
  block->next = first;
  if (first != nullptr) first->previous = block;
  first = block;
  return block + 1;
}

void OwnedMemory::do_deallocate(void* address, std::size_t bytes, std::size_t alignment) {
  if (address == nullptr) return;
  if (is_at_hand(address)) {
    const auto place = static_cast<std::size_t>(static_cast<std::byte*>(address) - at_hand_);
    if (place + bytes == at_hand_used_) at_hand_used_ = place;
    return;
  }
  const bool is_plain = alignment <= plain_front;
  Block* block = static_cast<Block*>(address) - 1;
  {
    const BriefLock::Hold hold(lock_);
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
