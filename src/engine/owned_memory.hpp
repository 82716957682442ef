// Memory with an owner: whatever is still allocated when the resource ends is freed with it.
//
// The folders below this one are compiled without exceptions, so when the system's allocator throws in the middle of
// their work, the exception passes through their frames without destructors being run. What they held is lost to them,
// and freed here, with the module, store or engine that it was for. See docs/decisions/0007-allocation-failure.md.
#pragma once

#include <cstddef>
#include <memory_resource>

#include "base/brief_lock.hpp"

namespace tenon::detail {

// What an owner allocates first may come from one block of a few kilobytes, taken at once: most stores need little
// more, and live for a moment. What of that is given back is not used again, unless it was the last. Such an owner
// serves one thread at a time.
class OwnedMemory final : public std::pmr::memory_resource {
 public:
  OwnedMemory() noexcept = default;
  // `at_hand`: bytes of the first block.
  explicit OwnedMemory(std::size_t at_hand) noexcept;
  OwnedMemory(const OwnedMemory&) = delete;
  OwnedMemory& operator=(const OwnedMemory&) = delete;
  ~OwnedMemory() override;
  // How large the first block would have to be to hold all that was allocated, or more: what it does not hold counts
  // even if it was given back.
  std::size_t wanted_at_hand() const noexcept { return at_hand_most_ + beyond_; }

 private:
  struct Block {
    Block* previous = nullptr;
    Block* next = nullptr;
  };
  static void release(Block* block, bool is_plain) noexcept;
  std::byte* take_at_hand(std::size_t bytes, std::size_t alignment) noexcept;
  bool is_at_hand(const void* address) const noexcept;
  void* do_allocate(std::size_t bytes, std::size_t alignment) override;
  void do_deallocate(void* address, std::size_t bytes, std::size_t alignment) override;
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

  BriefLock lock_;  // without a first block: code is made by whatever thread needs it
  std::byte* at_hand_ = nullptr;
  std::size_t at_hand_size_ = 0;
  std::size_t at_hand_used_ = 0;
  std::size_t at_hand_most_ = 0;  // that were in use at one time
  std::size_t beyond_ = 0;        // bytes that it did not hold
  Block* plain_ = nullptr;
  Block* aligned_ = nullptr;  // to 64 bytes, as the blocks of arenas are
};

}  // namespace tenon::detail
