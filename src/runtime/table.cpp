// Tables: growable arrays of references.
#include <algorithm>
#include <cstring>

#include "base/concat.hpp"
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
  table->capacity = size;
  table->size = size;
  if (size != 0) {
    table->elements = static_cast<Slot*>(store.resource->allocate(size * sizeof(Slot), alignof(Slot)));
    std::fill_n(table->elements, size, init);
  }
  store.table_elements_used += size;
  store.tables.push_back(table);
  return table;
}

void release_table(Table& table) noexcept {
  if (table.capacity != 0)
    table.store->resource->deallocate(table.elements, table.capacity * sizeof(Slot), alignof(Slot));
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
    auto* elements = static_cast<Slot*>(store.resource->allocate(capacity * sizeof(Slot), alignof(Slot)));
    if (old_size != 0) std::memcpy(elements, table.elements, old_size * sizeof(Slot));
    if (table.capacity != 0) store.resource->deallocate(table.elements, table.capacity * sizeof(Slot), alignof(Slot));
    table.elements = elements;
    table.capacity = capacity;
  }
  std::fill_n(table.elements + old_size, delta, init);
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
