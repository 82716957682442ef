#include "base/arena.hpp"

namespace tenon {

namespace {
constexpr std::size_t block_alignment = 64;
constexpr std::size_t first_block_size = 512;
constexpr std::size_t largest_ordinary_block = std::size_t{1} << 20;
}  // namespace

void* Arena::allocate_in_new_block(std::size_t size, [[maybe_unused]] std::size_t alignment) {
  assert(alignment <= block_alignment);
  constexpr std::size_t header = (sizeof(Block) + block_alignment - 1) & ~(block_alignment - 1);
  const std::size_t ordinary =
      blocks_ == nullptr ? first_block_size : std::min(largest_ordinary_block, std::max(first_block_size, used_));
  const std::size_t block_size = std::max(ordinary, header + size);
  auto* memory = static_cast<std::byte*>(upstream_->allocate(block_size, block_alignment));
  auto* block = ::new (memory) Block{blocks_, block_size};
  blocks_ = block;
  used_ += block_size;
  std::byte* result = memory + header;
  // A large object gets a block of its own; the block in use goes on serving small ones when it has more room left.
  const auto room_after = static_cast<std::size_t>(memory + block_size - (result + size));
  if (room_after >= static_cast<std::size_t>(end_ - next_)) {
    next_ = result + size;
    end_ = memory + block_size;
  }
  return result;
}

void Arena::adopt(Arena&& other) noexcept {
  assert(upstream_ == other.upstream_);
  Block** last = &blocks_;
  while (*last != nullptr) last = &(*last)->previous;
  *last = std::exchange(other.blocks_, nullptr);
  used_ += std::exchange(other.used_, 0);
  other.next_ = other.end_ = nullptr;
}

void Arena::clear() noexcept {
  while (blocks_ != nullptr) {
    Block* block = blocks_;
    blocks_ = block->previous;
    upstream_->deallocate(block, block->size, block_alignment);
  }
  next_ = end_ = nullptr;
  used_ = 0;
}

}  // namespace tenon
