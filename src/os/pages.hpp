// Address space and pages from the system. One definition per system (`posix/`, `region/` for programs without one) is
// linked; there is no switch in the code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tenon::os {

// Bytes of a page; a power of two.
std::size_t page_size() noexcept;

// Reserves `size` bytes of address space that no access may touch yet, or nullptr. `size` is a multiple of the page
// size.
void* reserve(std::size_t size) noexcept;
// Makes [address, address + size) readable and writable; fresh pages are zero. False when the system refuses.
bool commit(void* address, std::size_t size) noexcept;
// Gives the pages back: they read as zero when touched again. They stay accessible.
bool discard(void* address, std::size_t size) noexcept;
// Makes the range inaccessible again, until it is committed; its pages, and what is in them, stay.
bool hide(void* address, std::size_t size) noexcept;
// A part of a range: whole pages, from `begin` to `end` bytes behind its start.
struct PageRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};
// Where in [address, address + size), which begins with a page, something else than zeros may be: the pages that were
// written to since they were reserved or given back. Nobody writes there meanwhile. Gives how many parts it wrote to
// `parts`, in order; nullopt if the system does not say, or they are more. Takes about a microsecond.
std::optional<std::size_t> find_touched(const void* address, std::size_t size, std::span<PageRange> parts) noexcept;
// Ends a reservation; `address` and `size` are those of `reserve`.
void release(void* address, std::size_t size) noexcept;

// Asks for large pages behind any memory [address, address + size) that is about to be filled: touching new pages one
// by one can cost more than what is written to them. Nothing but speed depends on it.
void prefer_large_pages(void* address, std::size_t size) noexcept;

// True where large reservations cost nothing, so that 32-bit memories can have guard regions.
bool has_virtual_memory() noexcept;

}  // namespace tenon::os
