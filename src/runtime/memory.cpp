// Linear memories.
//
// A memory's base never moves: its whole address space is reserved when it is made, and growing only makes more of it
// accessible. Where address space is free, a 32-bit memory of 64 KiB pages reserves all that an access can reach (4 GiB
// of address and 4 GiB of static offset), so that compiled code needs no check. Every other memory reserves what it may
// grow to; where there is no virtual memory, what its type says, or else just its first pages.
#include <algorithm>
#include <bit>
#include <cstring>

#include "base/concat.hpp"
#include "os/pages.hpp"
#include "os/parking.hpp"
#include "runtime/store.hpp"

namespace tenon::runtime {

namespace {

constexpr std::uint64_t four_gib = std::uint64_t{1} << 32;
constexpr std::uint64_t guarded_reservation = 2 * four_gib + 65'536;
constexpr std::uint64_t largest_unbounded_reservation = std::uint64_t{1} << 37;

std::uint64_t round_to_page(std::uint64_t size) noexcept {
  const std::uint64_t page = os::page_size();
  return (size + page - 1) & ~(page - 1);
}

// pages << log2, or the largest value.
std::uint64_t bytes_of(std::uint64_t pages, std::uint32_t page_size_log2) noexcept {
  return pages > (~std::uint64_t{0} >> page_size_log2) ? ~std::uint64_t{0} : pages << page_size_log2;
}

// The bytes that the type lets the memory grow to.
std::uint64_t declared_max(const core::MemoryType& type) noexcept {
  const std::uint64_t of_addresses = type.limits.is_64 ? ~std::uint64_t{0} : four_gib;
  if (!type.limits.max) return of_addresses;
  return std::min(of_addresses, bytes_of(*type.limits.max, type.page_size_log2));
}

bool is_guarded(const core::MemoryType& type) noexcept {
  return os::has_virtual_memory() && !type.limits.is_64 && type.page_size_log2 == limits::default_page_size_log2;
}

std::uint64_t wanted_reservation(const core::MemoryType& type, std::uint64_t size, std::uint64_t max) noexcept {
  if (is_guarded(type)) return guarded_reservation;
  if (!os::has_virtual_memory() && !type.limits.max) return size;
  return std::min(max, std::max(size, largest_unbounded_reservation));
}

// Reserves address space for at least `min` bytes, and as much of `wanted` as the system gives.
void* reserve_space(std::uint64_t min, std::uint64_t wanted, std::uint64_t& reserved) noexcept {
  for (std::uint64_t size = round_to_page(std::max<std::uint64_t>(wanted, 1)); size >= min;
       size = round_to_page(size / 2)) {
    if (void* address = os::reserve(size)) {
      reserved = size;
      return address;
    }
    if (size <= os::page_size()) break;
  }
  return nullptr;
}

// A reservation with its first `size` bytes accessible and zero; from the store's pool, if it has such a one.
Span make_span(Store& store, std::uint64_t size, std::uint64_t wanted, bool is_shared) noexcept {
  const std::uint64_t accessible = round_to_page(size);
  if (store.pool != nullptr && !is_shared) {
    if (const Span kept = store.pool->take(round_to_page(wanted), accessible); kept.address != nullptr) return kept;
  }
  Span span{.reserved = round_to_page(std::max<std::uint64_t>(wanted, 1)), .accessible = accessible};
  span.address = static_cast<std::uint8_t*>(os::reserve(span.reserved));
  if (span.address == nullptr) {
    if (store.pool != nullptr) store.pool->clear();
    span.address = static_cast<std::uint8_t*>(reserve_space(size, wanted, span.reserved));
  }
  if (span.address == nullptr || os::commit(span.address, accessible)) return span;
  os::release(span.address, span.reserved);
  return {};
}

}  // namespace

Result<Memory*> make_memory(Store& store, const core::MemoryType& type) {
  const std::uint64_t size = bytes_of(type.limits.min, type.page_size_log2);
  const std::uint64_t allowed =
      store.limits.memory_bytes - std::min(store.limits.memory_bytes, store.memory_bytes_used);
  if (size > allowed) {
    return fail(ErrorKind::exhausted, {}, "a memory of ", type.limits.min, " pages needs ", size,
                " bytes, and the store's limit leaves ", allowed);
  }
  const std::uint64_t max = std::min(declared_max(type), std::max(allowed, size));
  const std::uint64_t wanted = wanted_reservation(type, size, max);
  if (store.memories.size() == store.memories.capacity()) store.memories.reserve(2 * store.memories.size() + 4);
  // A shared memory may outlive the store: it lies in a page in front of its bytes, and belongs to all who use it.
  const bool is_shared = type.limits.is_shared;
  const std::uint64_t front = is_shared ? os::page_size() : 0;
  auto* memory = is_shared ? nullptr : store.arena.make<Memory>();
  const Span span = make_span(store, front + size, front + wanted, is_shared);
  std::uint8_t* address = span.address;
  if (address == nullptr) {
    return fail(ErrorKind::exhausted, {}, "the system has no room for a memory of ", size, " bytes");
  }
  if (is_shared) memory = ::new (address) Memory{};
  memory->type = type;
  memory->store = is_shared ? nullptr : &store;
  memory->base = address + front;
  memory->reserved = span.reserved - front;
  memory->is_resident = span.is_resident;
  memory->size = size;
  memory->max_size = std::min(max, memory->reserved);
  store.memory_bytes_used += size;
  store.memories.push_back(memory);
  return memory;
}

void adopt_memory(Store& store, Memory& shared) {
  store.memories.push_back(&shared);
  retain_memory(shared);
}

void retain_memory(Memory& shared) noexcept { shared.users.fetch_add(1, std::memory_order_relaxed); }

void release_memory(Memory& memory) noexcept {
  const bool is_shared = memory.type.limits.is_shared;
  if (is_shared && memory.users.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  const std::uint64_t size = memory.size.load(std::memory_order_relaxed);
  if (is_shared) {
    os::release(memory.base - os::page_size(), memory.reserved + os::page_size());
  } else if (Pool* pool = memory.store->pool) {
    // Whoever takes its space next wants as much as this one did at first, and, perhaps, grows by as much: then the
    // pages are there.
    const std::uint64_t first = bytes_of(memory.type.limits.min, memory.type.page_size_log2);
    pool->give({memory.base, memory.reserved, round_to_page(size), memory.is_resident}, size, round_to_page(first));
  } else {
    os::release(memory.base, memory.reserved);
  }
}

std::int64_t grow(Memory& memory, std::uint64_t delta) noexcept {
  const std::uint32_t shift = memory.type.page_size_log2;
  std::uint64_t old_size = memory.size.load(std::memory_order_acquire);
  for (;;) {
    const std::uint64_t added = bytes_of(delta, shift);
    if (added > memory.max_size - old_size) return -1;
    // A 64-bit memory of one-byte pages could have more pages than the result can say; the reservation never allows
    // that.
    Store* store = memory.store;
    if (store != nullptr &&
        added > store->limits.memory_bytes - std::min(store->limits.memory_bytes, store->memory_bytes_used)) {
      return -1;
    }
    const std::uint64_t from = round_to_page(old_size);
    const std::uint64_t to = round_to_page(old_size + added);
    if (to > from && !os::commit(memory.base + from, to - from)) return -1;
    // Several threads may grow a shared memory: the pages are accessible whoever wins, the size is taken by one at a
    // time.
    if (memory.size.compare_exchange_strong(old_size, old_size + added, std::memory_order_acq_rel)) {
      if (store != nullptr) store->memory_bytes_used += added;
      return static_cast<std::int64_t>(old_size >> shift);
    }
  }
}

namespace {

bool in_bounds(const Memory& memory, std::uint64_t address, std::uint64_t size) noexcept {
  const std::uint64_t limit = memory.size.load(std::memory_order_relaxed);
  return size <= limit && address <= limit - size;
}

}  // namespace

Trap memory_init(Instance& instance, Memory& memory, core::DataIdx data, std::uint64_t to, std::uint64_t from,
                 std::uint64_t size) noexcept {
  const Bytes bytes = instance.dropped_datas[data.value] ? Bytes{} : instance.model().datas[data].bytes;
  if (size > bytes.size() || from > bytes.size() - size || !in_bounds(memory, to, size)) {
    return Trap::out_of_bounds_memory_access;
  }
  if (size != 0) std::memcpy(memory.base + to, bytes.data() + from, size);
  return Trap::none;
}

Trap memory_copy(Memory& to_memory, Memory& from_memory, std::uint64_t to, std::uint64_t from,
                 std::uint64_t size) noexcept {
  if (!in_bounds(to_memory, to, size) || !in_bounds(from_memory, from, size)) return Trap::out_of_bounds_memory_access;
  if (size != 0) std::memmove(to_memory.base + to, from_memory.base + from, size);
  return Trap::none;
}

Trap memory_fill(Memory& memory, std::uint64_t to, std::uint8_t value, std::uint64_t size) noexcept {
  if (!in_bounds(memory, to, size)) return Trap::out_of_bounds_memory_access;
  if (size != 0) std::memset(memory.base + to, value, size);
  return Trap::none;
}

namespace {

template <class T>
struct Expectation {
  const std::uint8_t* address;
  T expected;
  static bool holds(const void* context) {
    const auto* self = static_cast<const Expectation*>(context);
    return __atomic_load_n(reinterpret_cast<const T*>(self->address), __ATOMIC_SEQ_CST) == self->expected;
  }
};

template <class T>
WaitResult wait(Memory& memory, std::uint64_t address, T expected, std::int64_t timeout) noexcept {
  if (address % sizeof(T) != 0) return {Trap::unaligned_atomic};
  if (!in_bounds(memory, address, sizeof(T))) return {Trap::out_of_bounds_memory_access};
  if (!memory.type.limits.is_shared) return {Trap::expected_shared_memory};
  const Expectation<T> expectation{memory.base + address, expected};
  const os::ParkResult result = os::park(expectation.address, Expectation<T>::holds, &expectation, timeout);
  return {Trap::none, static_cast<std::uint32_t>(result)};
}

}  // namespace

WaitResult atomic_wait32(Thread&, Memory& memory, std::uint64_t address, std::uint32_t expected, std::int64_t timeout) {
  return wait(memory, address, expected, timeout);
}

WaitResult atomic_wait64(Thread&, Memory& memory, std::uint64_t address, std::uint64_t expected, std::int64_t timeout) {
  return wait(memory, address, expected, timeout);
}

WaitResult atomic_notify(Memory& memory, std::uint64_t address, std::uint32_t count) {
  if (address % 4 != 0) return {Trap::unaligned_atomic};
  if (!in_bounds(memory, address, 4)) return {Trap::out_of_bounds_memory_access};
  if (!memory.type.limits.is_shared) return {};  // nobody can wait there
  return {Trap::none, os::unpark(memory.base + address, count)};
}

}  // namespace tenon::runtime
