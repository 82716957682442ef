// Which pages were written to. Linux says so since 6.7 (https://docs.kernel.org/admin-guide/mm/pagemap.html, "Pagemap
// Scan IOCTL"); its headers may be older than the system that this runs on, so what is asked is written down here.
//
// The answer is about the process that opened the file. A process that was forked would be told about its parent's
// pages, so the descriptor lies in memory that is zeros again after a fork: the child opens the file for itself.
#include <algorithm>
#include <array>
#include <atomic>
#include <new>

#include "os/pages.hpp"

#ifdef __linux__
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace tenon::os {

#ifdef __linux__

namespace {

struct Region {
  std::uint64_t begin;
  std::uint64_t end;
  std::uint64_t categories;
};
struct Scan {
  std::uint64_t size;
  std::uint64_t flags;
  std::uint64_t begin;
  std::uint64_t end;
  std::uint64_t walked_to;
  std::uint64_t regions;
  std::uint64_t region_count;
  std::uint64_t most_pages;
  std::uint64_t inverted;
  std::uint64_t all_of;
  std::uint64_t any_of;
  std::uint64_t told;
};
constexpr unsigned long scan_pages = _IOWR('f', 16, Scan);
constexpr std::uint64_t is_present = 1U << 3;
constexpr std::uint64_t is_swapped = 1U << 4;
constexpr std::uint64_t is_page_of_zeros = 1U << 5;  // the one that all share who have only read

// The descriptor and one; 0: the file is to be opened, -1: it cannot be.
using Descriptor = std::atomic<int>;

Descriptor* make_descriptor() noexcept {
  void* page = ::mmap(nullptr, page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return nullptr;
  if (::madvise(page, page_size(), MADV_WIPEONFORK) == 0) return ::new (page) Descriptor(0);
  ::munmap(page, page_size());
  return nullptr;
}

// The file, or -1.
int open_pagemap() noexcept {
  static Descriptor* const kept = make_descriptor();
  if (kept == nullptr) return -1;
  int known = kept->load(std::memory_order_relaxed);
  if (known != 0) return known == -1 ? -1 : known - 1;
  const int opened = ::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  if (kept->compare_exchange_strong(known, opened == -1 ? -1 : opened + 1)) return opened;
  if (opened != -1) ::close(opened);
  return known == -1 ? -1 : known - 1;
}

}  // namespace

std::optional<std::size_t> find_touched(const void* address, std::size_t size, std::span<PageRange> parts) noexcept {
  const int file = open_pagemap();
  if (file == -1) return std::nullopt;
  std::array<Region, 32> regions;
  const auto begin = reinterpret_cast<std::uintptr_t>(address);
  const std::uintptr_t end = begin + ((size + page_size() - 1) & ~(page_size() - 1));
  Scan scan{.size = sizeof(Scan),
            .flags = 0,
            .begin = begin,
            .end = end,
            .walked_to = 0,
            .regions = reinterpret_cast<std::uintptr_t>(regions.data()),
            .region_count = std::min(parts.size(), regions.size()),
            .most_pages = 0,
            .inverted = is_page_of_zeros,
            .all_of = is_page_of_zeros,
            .any_of = is_present | is_swapped,
            .told = is_present | is_swapped};
  const int found = ::ioctl(file, scan_pages, &scan);
  if (found < 0 || scan.walked_to != end) return std::nullopt;  // an older system, or more parts
  const auto count = static_cast<std::size_t>(found);
  for (std::size_t i = 0; i < count; ++i) parts[i] = {regions[i].begin - begin, regions[i].end - begin};
  return count;
}

#else

std::optional<std::size_t> find_touched(const void*, std::size_t, std::span<PageRange>) noexcept {
  return std::nullopt;
}

#endif

}  // namespace tenon::os
