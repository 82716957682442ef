#include "os/region/region.hpp"

#include <bit>
#include <cstdint>
#include <new>

namespace tenon::os {

namespace {

struct FreeBlock {
  FreeBlock* next;
  std::size_t size;
};
constexpr std::size_t granule = sizeof(FreeBlock);  // of all sizes and addresses

FreeBlock* free_blocks = nullptr;  // by address
std::size_t bytes_free = 0;
void** boundary = nullptr;  // of the innermost `attempt`

constexpr std::size_t round_up(std::size_t size, std::size_t alignment) noexcept {
  return (size + alignment - 1) & ~(alignment - 1);
}
std::byte* end_of(FreeBlock* block) noexcept { return reinterpret_cast<std::byte*>(block) + block->size; }

// Joins `block` with the one behind it if there is nothing in between.
void join(FreeBlock* block) noexcept {
  FreeBlock* next = block->next;
  if (next == nullptr || end_of(block) != reinterpret_cast<std::byte*>(next)) return;
  block->size += next->size;
  block->next = next->next;
}

}  // namespace

void give_region(void* begin, std::size_t size) noexcept {
  const auto address = std::bit_cast<std::uintptr_t>(begin);
  const std::size_t skipped = round_up(address, granule) - address;
  return_to_region(static_cast<std::byte*>(begin) + skipped, (size - skipped) & ~(granule - 1));
}

std::size_t region_bytes_free() noexcept { return bytes_free; }

void* take_from_region(std::size_t size, std::size_t alignment) noexcept {
  if (size > bytes_free) return nullptr;
  size = round_up(size == 0 ? 1 : size, granule);
  if (alignment < granule) alignment = granule;
  for (FreeBlock** link = &free_blocks; *link != nullptr; link = &(*link)->next) {
    FreeBlock* block = *link;
    auto* begin = reinterpret_cast<std::byte*>(block);
    const auto address = std::bit_cast<std::uintptr_t>(begin);
    const std::size_t front = round_up(address, alignment) - address;
    if (block->size < front || block->size - front < size) continue;
    const std::size_t behind = block->size - front - size;
    FreeBlock* next = block->next;
    if (behind != 0) next = ::new (begin + front + size) FreeBlock{next, behind};
    if (front != 0) {
      block->size = front;
      block->next = next;
    } else {
      *link = next;
    }
    bytes_free -= size;
    return begin + front;
  }
  return nullptr;
}

void return_to_region(void* address, std::size_t size) noexcept {
  if (address == nullptr) return;
  size = round_up(size == 0 ? 1 : size, granule);
  bytes_free += size;
  FreeBlock* before = nullptr;
  FreeBlock* after = free_blocks;
  while (after != nullptr && static_cast<void*>(after) < address) {
    before = after;
    after = after->next;
  }
  auto* block = ::new (address) FreeBlock{after, size};
  (before == nullptr ? free_blocks : before->next) = block;
  join(block);
  if (before != nullptr) join(before);
}

// The compiler's own jumps: they need no library, and save nothing but where to go on.
[[gnu::noinline]] bool attempt(void (*run)(void* context), void* context) {
  void* place[5];
  void** const outer = boundary;
  void** volatile kept = outer;  // registers are lost by a jump
  if (__builtin_setjmp(place) != 0) {
    boundary = kept;
    return false;
  }
  boundary = place;
  run(context);
  boundary = kept;
  return true;
}

void leave() noexcept {
  if (boundary == nullptr) __builtin_trap();
  __builtin_longjmp(boundary, 1);
}

void* RegionMemory::do_allocate(std::size_t bytes, std::size_t alignment) {
  void* memory = take_from_region(bytes, alignment);
  if (memory == nullptr) leave();
  return memory;
}

void RegionMemory::do_deallocate(void* address, std::size_t bytes, std::size_t) { return_to_region(address, bytes); }

}  // namespace tenon::os
