#include "jit/baseline/code_regions.hpp"

#include <algorithm>
#include <cstring>

#include "os/faults.hpp"
#include "os/pages.hpp"

namespace tenon::jit::baseline {

namespace {

// --- Read by the signal's handler, so without locks.

struct PlacedFunction {
  const std::uint8_t* begin = nullptr;
  const std::uint8_t* end = nullptr;
  std::vector<Emitted::Access> accesses;
  const PlacedFunction* next = nullptr;
};

// Rows are reused, never freed: the handler may look at any time.
struct Row {
  std::atomic<const std::uint8_t*> begin = nullptr;
  std::atomic<const std::uint8_t*> end = nullptr;
  std::atomic<const PlacedFunction*> functions = nullptr;  // of this region, the latest first
  Row* next = nullptr;
};
std::atomic<Row*> rows;

Row* add_row(const std::uint8_t* begin, const std::uint8_t* end) {
  for (Row* row = rows.load(std::memory_order_acquire); row != nullptr; row = row->next) {
    const std::uint8_t* unused = nullptr;
    if (row->begin.compare_exchange_strong(unused, begin, std::memory_order_acq_rel)) {
      row->end.store(end, std::memory_order_release);
      return row;
    }
  }
  auto* row = new Row;
  row->begin = begin;
  row->end = end;
  row->next = rows.load(std::memory_order_relaxed);
  while (!rows.compare_exchange_weak(row->next, row, std::memory_order_acq_rel)) {
  }
  return row;
}

void* on_fault(const os::FaultPlace& place) noexcept {
  const auto* at = reinterpret_cast<const std::uint8_t*>(place.program_counter);
  for (const Row* row = rows.load(std::memory_order_acquire); row != nullptr; row = row->next) {
    if (at < row->begin.load(std::memory_order_acquire) || at >= row->end.load(std::memory_order_acquire)) continue;
    const PlacedFunction* function = row->functions.load(std::memory_order_acquire);
    while (function != nullptr && (at < function->begin || at >= function->end)) function = function->next;
    if (function == nullptr) return nullptr;
    const auto position = static_cast<std::uint32_t>(at - function->begin);
    const auto found = std::ranges::lower_bound(function->accesses, position, {}, &Emitted::Access::position);
    if (found == function->accesses.end() || found->position != position) return nullptr;
    return const_cast<std::uint8_t*>(function->begin + found->exit);
  }
  return nullptr;
}

}  // namespace

struct CodeRegions::Region {
  os::CodeMemory memory;
  std::size_t used = 0;
  Row* row = nullptr;
  std::vector<std::unique_ptr<PlacedFunction>> functions;
};

CodeRegions::CodeRegions() = default;

CodeRegions::~CodeRegions() {
  for (const auto& region : regions_) {
    region->row->end.store(nullptr, std::memory_order_release);
    region->row->functions.store(nullptr, std::memory_order_release);
    region->row->begin.store(nullptr, std::memory_order_release);
    os::release_code_memory(region->memory);
  }
}

bool CodeRegions::add_region(std::size_t least) {
  constexpr std::size_t first = std::size_t{64} << 10;
  constexpr std::size_t largest = std::size_t{4} << 20;
  constexpr std::size_t front = 64;  // a sanitizer looks in front of what is called
  least += front;
  std::size_t size = first;
  if (!regions_.empty()) size = std::min(largest, 2 * regions_.back()->memory.size);
  size = (std::max(size, least) + os::page_size() - 1) & ~(os::page_size() - 1);
  const os::CodeMemory memory = os::make_code_memory(size);
  if (memory.executable == nullptr) return false;
  auto region = std::make_unique<Region>();
  region->memory = memory;
  region->used = front;
  region->row = add_row(memory.executable, memory.executable + size);
  regions_.push_back(std::move(region));
  os::handle_faults_in_place(&on_fault);
  return true;
}

const std::uint8_t* CodeRegions::place(const Emitted& emitted) {
  constexpr std::size_t alignment = 32;
  const std::size_t size = (emitted.bytes.size() + alignment - 1) & ~(alignment - 1);
  if (regions_.empty() || regions_.back()->memory.size - regions_.back()->used < size) {
    if (!add_region(size)) return nullptr;
  }
  Region& region = *regions_.back();
  std::memcpy(region.memory.writable + region.used, emitted.bytes.data(), emitted.bytes.size());
  const std::uint8_t* begin = region.memory.executable + region.used;
  os::publish_code(begin, emitted.bytes.size());
  region.used += size;
  size_ += size;
  auto function = std::make_unique<PlacedFunction>();
  function->begin = begin;
  function->end = begin + emitted.bytes.size();
  function->accesses = emitted.accesses;
  function->next = region.row->functions.load(std::memory_order_relaxed);
  region.row->functions.store(function.get(), std::memory_order_release);
  region.functions.push_back(std::move(function));
  return begin;
}

}  // namespace tenon::jit::baseline
