// The one region of memory that a program without an operating system gives to Tenon: the embedded profile's pages, its
// errors' texts and its memory resource all come from it.
//
// Free blocks are kept in a list in the order of their addresses; a request takes the first that is large enough, and
// what is freed is joined with its neighbours. That is slow with many small blocks, and small and predictable: nearly
// all of what Tenon allocates are blocks of arenas, which are few.
//
// Memory that is not there leaves for the boundary that `attempt` set, past all that was under way
// (docs/decisions/0007-allocation-failure.md). There is one region for a program, and one thread that uses it.
#pragma once

#include <cstddef>
#include <memory_resource>

namespace tenon::os {

// Gives [begin, begin + size) to Tenon: once, before anything else, and for good.
void give_region(void* begin, std::size_t size) noexcept;
// Bytes that are free now; the largest free block may be smaller.
std::size_t region_bytes_free() noexcept;

// Memory from the region, or nullptr. `alignment` is a power of two.
void* take_from_region(std::size_t size, std::size_t alignment) noexcept;
// Gives back what was taken, with the same size.
void return_to_region(void* address, std::size_t size) noexcept;

// Calls `run(context)`; false if it was left because the region had too little memory. May be nested.
bool attempt(void (*run)(void* context), void* context);
// Leaves for the boundary of the innermost `attempt`; stops the program if there is none.
[[noreturn]] void leave() noexcept;

class RegionMemory final : public std::pmr::memory_resource {
 public:
  RegionMemory() noexcept = default;
  RegionMemory(const RegionMemory&) = delete;
  RegionMemory& operator=(const RegionMemory&) = delete;
  ~RegionMemory() override = default;
  // Nobody deletes one, but its table of virtual functions asks for this.
  static void operator delete(void*) noexcept {}

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override;
  void do_deallocate(void* address, std::size_t bytes, std::size_t alignment) override;
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
};

}  // namespace tenon::os
