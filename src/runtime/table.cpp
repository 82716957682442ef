// Tables: growable arrays of references. Small ones lie in the store's memory, large ones in pages of their own, which
// the system may refuse and which cost nothing before they are used.
#include <algorithm>
#include <cstring>

#include "base/concat.hpp"
#include "os/pages.hpp"
#include "runtime/store.hpp"

namespace tenon::runtime {

namespace {

constexpr std::uint64_t largest_table = std::uint64_t{1} << 32;

bool in_bounds(std::uint64_t limit, std::uint64_t index, std::uint64_t size) noexcept {
  return size <= limit && index <= limit - size;
}

// The same items of an element segment, evaluated or straight from the model's function indices.
std::uint64_t elem_size(const Instance& instance, core::ElemIdx elem) noexcept {
  return instance.dropped_elems[elem.value] ? 0 : instance.model().elems[elem].size();
}

// Elements above which a table has pages of its own.
constexpr std::uint64_t most_in_store = 8192;

std::size_t bytes_in_pages(std::uint64_t capacity) noexcept {
  const std::size_t page = os::page_size();
  return (capacity * sizeof(Slot) + page - 1) & ~(page - 1);
}

// `capacity` elements, of which the first ones come from `old` and those up to `size` are `init`; nullptr if the
// system refuses.
Slot* make_elements(Store& store, std::uint64_t capacity, std::span<const Slot> old, std::uint64_t size, Slot init) {
  Slot* elements = nullptr;
  const bool in_store = capacity <= most_in_store;
  if (in_store) {
    elements = static_cast<Slot*>(store.resource->allocate(capacity * sizeof(Slot), alignof(Slot)));
  } else {
    elements = static_cast<Slot*>(os::reserve(bytes_in_pages(capacity)));
    if (elements == nullptr) return nullptr;
    if (!os::commit(elements, bytes_in_pages(capacity))) {
      os::release(elements, bytes_in_pages(capacity));
      return nullptr;
    }
  }
  if (!old.empty()) std::memcpy(elements, old.data(), old.size_bytes());
  // Pages are zero as they come.
  if (in_store || init != null_ref) std::fill_n(elements + old.size(), size - old.size(), init);
  return elements;
}

void release_elements(Store& store, Slot* elements, std::uint64_t capacity) noexcept {
  if (capacity == 0) return;
  if (capacity <= most_in_store) {
    store.resource->deallocate(elements, capacity * sizeof(Slot), alignof(Slot));
  } else {
    os::release(elements, bytes_in_pages(capacity));
  }
}

}  // namespace

Result<Table*> make_table(Store& store, const core::TableType& type, Slot init) {
  const std::uint64_t allowed =
      store.limits.table_elements - std::min(store.limits.table_elements, store.table_elements_used);
  const std::uint64_t size = type.limits.min;
  if (size > allowed) {
    return fail(ErrorKind::exhausted, {}, "a table of ", size, " elements is more than the store's limit leaves (",
                allowed, ")");
  }
  auto* table = store.arena.make<Table>();
  table->type = type;
  table->store = &store;
  table->max_size = std::min(type.limits.max.value_or(largest_table), largest_table);
  store.tables.push_back(table);
  if (size != 0) {
    table->elements = make_elements(store, size, {}, size, init);
    if (table->elements == nullptr) {
      return fail(ErrorKind::exhausted, {}, "the system has no room for a table of ", size, " elements");
    }
  }
  table->capacity = size;
  table->size = size;
  store.table_elements_used += size;
  return table;
}

void release_table(Table& table) noexcept {
  release_elements(*table.store, table.elements, table.capacity);
  table.capacity = table.size = 0;
}

std::int64_t grow(Table& table, std::uint64_t delta, Slot init) noexcept {
  Store& store = *table.store;
  const std::uint64_t old_size = table.size;
  if (delta > table.max_size - old_size) return -1;
  if (delta > store.limits.table_elements - std::min(store.limits.table_elements, store.table_elements_used)) return -1;
  const std::uint64_t size = old_size + delta;
  if (size > table.capacity) {
    const std::uint64_t capacity = std::min(table.max_size, std::max(size, table.capacity * 2));
    Slot* elements = make_elements(store, capacity, {table.elements, old_size}, size, init);
    if (elements == nullptr) return -1;
    release_elements(store, table.elements, table.capacity);
    table.elements = elements;
    table.capacity = capacity;
  } else {
    std::fill_n(table.elements + old_size, delta, init);
  }
  table.size = size;
  store.table_elements_used += delta;
  return static_cast<std::int64_t>(old_size);
}

Trap table_init(Instance& instance, Table& table, core::ElemIdx elem, std::uint64_t to, std::uint64_t from,
                std::uint64_t size) noexcept {
  if (!in_bounds(elem_size(instance, elem), from, size) || !in_bounds(table.size, to, size)) {
    return Trap::out_of_bounds_table_access;
  }
  for (std::uint64_t i = 0; i < size; ++i) table.elements[to + i] = elem_item(instance, elem, from + i);
  return Trap::none;
}

Trap table_copy(Table& to_table, Table& from_table, std::uint64_t to, std::uint64_t from, std::uint64_t size) noexcept {
  if (!in_bounds(to_table.size, to, size) || !in_bounds(from_table.size, from, size)) {
    return Trap::out_of_bounds_table_access;
  }
  if (size != 0) std::memmove(to_table.elements + to, from_table.elements + from, size * sizeof(Slot));
  return Trap::none;
}

Trap table_fill(Table& table, std::uint64_t to, Slot value, std::uint64_t size) noexcept {
  if (!in_bounds(table.size, to, size)) return Trap::out_of_bounds_table_access;
  std::fill_n(table.elements + to, size, value);
  return Trap::none;
}

Slot elem_item(Instance& instance, core::ElemIdx elem, std::uint64_t item) {
  const core::Elem& segment = instance.model().elems[elem];
  if ((segment.flags & 4) != 0) return instance.elem_values[elem.value][item];
  return std::bit_cast<Slot>(func_ref(instance, segment.functions[item]));
}

}  // namespace tenon::runtime
