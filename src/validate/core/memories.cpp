// Memories. https://webassembly.github.io/spec/core/valid/types.html#memory-types
#include <algorithm>

#include "validate/core/declarations.hpp"

namespace tenon::core {

namespace {

// Pages that addresses can reach; sizes are numbers of the address type themselves, so a page of one byte has one less.
constexpr std::uint64_t most_pages(bool is_64, std::uint32_t page_size_log2) noexcept {
  const std::uint32_t bits = (is_64 ? 64 : 32) - page_size_log2;
  if (page_size_log2 == 0) return is_64 ? ~std::uint64_t{0} : 0xFFFF'FFFF;
  return std::uint64_t{1} << bits;
}
static_assert(most_pages(false, limits::default_page_size_log2) == limits::max_memory32_pages);
static_assert(most_pages(true, limits::default_page_size_log2) == limits::max_memory64_pages);

constexpr std::string_view size_message(const MemoryType& type) noexcept {
  if (type.page_size_log2 != limits::default_page_size_log2) {
    return type.limits.is_64 ? "memory size must be at most 2^64-1 bytes" : "memory size must be at most 2^32-1 bytes";
  }
  return type.limits.is_64 ? "memory size must be at most 2^48 pages (256TiB)"
                           : "memory size must be at most 65536 pages (4GiB)";
}

Result<void> check_memory(const Declarations& in, const MemoryType& type, SectionId section) {
  const Features features = in.result.features;
  if (type.limits.is_64 && !features.has(Feature::memory64)) {
    return invalid_in(in, section, NeedsFeature{"a 64-bit memory", Feature::memory64});
  }
  if (type.limits.is_shared && !features.has(Feature::threads)) {
    return invalid_in(in, section, NeedsFeature{"a shared memory", Feature::threads});
  }
  if (type.has_page_size && !features.has(Feature::custom_page_sizes)) {
    return invalid_in(in, section, NeedsFeature{"a page size", Feature::custom_page_sizes});
  }
  if (type.page_size_log2 != 0 && type.page_size_log2 != limits::default_page_size_log2) {
    return invalid_in(in, section, "invalid custom page size: 1 and 65536 are allowed, found 2^", type.page_size_log2);
  }
  const std::uint64_t most = most_pages(type.limits.is_64, type.page_size_log2);
  if (auto checked = check_limits(in, type.limits, most, size_message(type), section); !checked) return checked;
  if (!type.limits.is_shared || type.limits.max) return {};
  return invalid_in(in, section, "shared memory must have maximum");
}

}  // namespace

Result<void> check_memories(Declarations& in) {
  const Module& module = in.module;
  if (module.memories.size() > 1 && !in.result.features.has(Feature::multi_memory)) {
    return invalid_in(in, SectionId::memory,
                      "multiple memories: ", NeedsFeature{"more than one", Feature::multi_memory});
  }
  for (std::uint32_t i = 0; i < module.memories.size(); ++i) {
    const SectionId section = i < module.imported_memories ? SectionId::import : SectionId::memory;
    if (Result<void> checked = check_memory(in, module.memories[MemoryIdx(i)], section); !checked) {
      return in_entry(in, std::move(checked.error()), SectionId::memory, i);
    }
  }
  return {};
}

}  // namespace tenon::core
