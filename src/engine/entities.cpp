// Memories, tables, globals and tags as handles.
#include <algorithm>

#include "engine/state.hpp"
#include "model/core/type_text.hpp"

namespace tenon {

using detail::StoreBlock;
using detail::usage;

namespace {

// Sizes as the validator demands them of a module's own memories and tables.
Result<void> check_limits(const LimitsType& limits, std::uint64_t most) {
  if (limits.min > most || limits.max.value_or(0) > most) {
    return usage("a size of at most ", most, " was expected, found ", std::max(limits.min, limits.max.value_or(0)));
  }
  if (limits.max && *limits.max < limits.min) {
    return usage("size minimum must not be greater than maximum: found ", limits.min, " and ", *limits.max);
  }
  return {};
}

Result<void> check_memory_type(const MemoryType& type) {
  if (type.page_size_log2 != 0 && type.page_size_log2 != limits::default_page_size_log2) {
    return usage("a page size of 1 or 65536 was expected, found 2^", type.page_size_log2);
  }
  if (type.limits.is_shared && !type.limits.max) return usage("a shared memory must have a maximum");
  const std::uint64_t most = ~std::uint64_t{0} >> ((type.limits.is_64 ? 0 : 32) + type.page_size_log2);
  return check_limits(type.limits, type.page_size_log2 == 0 ? most : most + 1);
}

}  // namespace

// --- Memory ---------------------------------------------------------------------------------------------------------

Result<Memory> Memory::make(Store& store, const MemoryType& type) {
  auto opened = StoreBlock::open(store);
  if (!opened) return std::move(opened).error();
  StoreBlock& block = **opened;
  if (auto checked = check_memory_type(type); !checked) return std::move(checked).error();
  const core::MemoryType core_type{.limits = detail::to_core(type.limits), .page_size_log2 = type.page_size_log2};
  return detail::guarded(block, [&]() -> Result<Memory> {
    auto memory = runtime::make_memory(*block.store, core_type);
    if (!memory) return std::move(memory).error();
    return block.handle(*memory);
  });
}

Result<Memory> Memory::make(Store& store, const SharedMemory& shared) {
  auto opened = StoreBlock::open(store);
  if (!opened) return std::move(opened).error();
  StoreBlock& block = **opened;
  return detail::guarded(block, [&]() -> Result<Memory> {
    runtime::adopt_memory(*block.store, *shared.memory_);
    return block.handle(shared.memory_.get());
  });
}

Result<SharedMemory> Memory::share() const {
  if (memory_ == nullptr) return usage("the memory handle is empty");
  if (!store_->is_alive()) return detail::dead_store();
  if (!memory_->type.limits.is_shared) return usage("the memory is not of a shared type");
  runtime::retain_memory(*memory_);
  // Should there be no room for the count of the handles, the deleter is called all the same.
  return detail::guarded([&]() -> Result<SharedMemory> {
    return SharedMemory({memory_, [](runtime::Memory* memory) { runtime::release_memory(*memory); }});
  });
}

std::span<std::uint8_t> SharedMemory::data() const noexcept {
  return {memory_->base, static_cast<std::size_t>(memory_->size.load())};
}

MemoryType Memory::type() const {
  return memory_ == nullptr || !store_->is_alive() ? MemoryType{} : detail::from_core(memory_->type);
}

std::span<std::uint8_t> Memory::data() const noexcept {
  if (memory_ == nullptr || !store_->is_alive()) return {};
  return {memory_->base, static_cast<std::size_t>(memory_->size.load())};
}

std::uint64_t Memory::pages() const noexcept {
  return memory_ == nullptr || !store_->is_alive() ? 0 : memory_->pages();
}

Result<std::uint64_t> Memory::grow(std::uint64_t pages) const {
  if (memory_ == nullptr) return usage("the memory handle is empty");
  if (!store_->is_alive()) return detail::dead_store();
  const std::int64_t old = runtime::grow(*memory_, pages);
  if (old < 0) return fail(ErrorKind::exhausted, {}, "the memory cannot grow by ", pages, " pages");
  return static_cast<std::uint64_t>(old);
}

// --- Table ----------------------------------------------------------------------------------------------------------

Result<Table> Table::make(Store& store, const TableType& type, const Ref& init) {
  auto opened = StoreBlock::open(store);
  if (!opened) return std::move(opened).error();
  StoreBlock& block = **opened;
  if (auto checked = detail::check_type(block.engine->types, type.element); !checked) {
    return std::move(checked).error();
  }
  if (!type.element.is_ref()) return usage("a table of references was expected, found ", detail::to_core(type.element));
  if (type.limits.is_shared) return usage("tables cannot be shared");
  const std::uint64_t most = type.limits.is_64 ? ~std::uint64_t{0} : 0xFFFF'FFFF;
  if (auto checked = check_limits(type.limits, most); !checked) return std::move(checked).error();
  const core::TableType core_type{.element = detail::to_core(type.element), .limits = detail::to_core(type.limits)};
  runtime::Slot slot = 0;
  if (auto stored = block.to_slots(Val(type.element, init), core_type.element, &slot); !stored) {
    return std::move(stored).error();
  }
  return detail::guarded(block, [&]() -> Result<Table> {
    auto table = runtime::make_table(*block.store, core_type, slot);
    if (!table) return std::move(table).error();
    return block.handle(*table);
  });
}

TableType Table::type() const {
  return table_ == nullptr || !store_->is_alive() ? TableType{} : detail::from_core(table_->type);
}

std::uint64_t Table::size() const noexcept { return table_ == nullptr || !store_->is_alive() ? 0 : table_->size; }

namespace {

Error out_of_range(std::uint64_t index, std::uint64_t size) {
  return usage("the table has ", size, " elements, none at ", index);
}

}  // namespace

Result<Val> Table::get(std::uint64_t index) const {
  if (index >= size()) return out_of_range(index, size());
  return store_->from_slots(table_->type.element, &table_->elements[index]);
}

Result<void> Table::set(std::uint64_t index, const Val& value) const {
  if (index >= size()) return out_of_range(index, size());
  return store_->to_slots(value, table_->type.element, &table_->elements[index]);
}

Result<std::uint64_t> Table::grow(std::uint64_t elements, const Val& init) const {
  if (table_ == nullptr) return usage("the table handle is empty");
  if (!store_->is_alive()) return detail::dead_store();
  runtime::Slot slot = 0;
  if (auto stored = store_->to_slots(init, table_->type.element, &slot); !stored) return std::move(stored).error();
  return detail::guarded(*store_, [&]() -> Result<std::uint64_t> {
    const std::int64_t old = runtime::grow(*table_, elements, slot);
    if (old < 0) return fail(ErrorKind::exhausted, {}, "the table cannot grow by ", elements, " elements");
    return static_cast<std::uint64_t>(old);
  });
}

// --- Global ---------------------------------------------------------------------------------------------------------

Result<Global> Global::make(Store& store, const GlobalType& type, const Val& value) {
  auto opened = StoreBlock::open(store);
  if (!opened) return std::move(opened).error();
  StoreBlock& block = **opened;
  if (auto checked = detail::check_type(block.engine->types, type.value); !checked) return std::move(checked).error();
  const core::GlobalType core_type{.value = detail::to_core(type.value), .is_mutable = type.is_mutable};
  runtime::Slot slots[2] = {};
  if (auto stored = block.to_slots(value, core_type.value, slots); !stored) return std::move(stored).error();
  return detail::guarded(
      block, [&]() -> Result<Global> { return block.handle(runtime::make_global(*block.store, core_type, slots)); });
}

GlobalType Global::type() const {
  return global_ == nullptr || !store_->is_alive() ? GlobalType{} : detail::from_core(global_->type);
}

Result<Val> Global::get() const {
  if (global_ == nullptr) return usage("the global handle is empty");
  if (!store_->is_alive()) return detail::dead_store();
  return store_->from_slots(global_->type.value, global_->value);
}

Result<void> Global::set(const Val& value) const {
  if (global_ == nullptr) return usage("the global handle is empty");
  if (!store_->is_alive()) return detail::dead_store();
  if (!global_->type.is_mutable) return usage("the global is immutable");
  return store_->to_slots(value, global_->type.value, global_->value);
}

// --- Tag ------------------------------------------------------------------------------------------------------------

Result<Tag> Tag::make(Store& store, const FuncType& type) {
  auto opened = StoreBlock::open(store);
  if (!opened) return std::move(opened).error();
  StoreBlock& block = **opened;
  return detail::guarded(block, [&]() -> Result<Tag> {
    auto index = detail::intern(block.engine->types, type.params, type.results);
    if (!index) return std::move(index).error();
    return block.handle(runtime::make_tag(*block.store, *index));
  });
}

FuncType Tag::type() const {
  if (tag_ == nullptr || !store_->is_alive()) return {};
  return detail::from_core(store_->engine->types[tag_->type].type.func);
}

}  // namespace tenon
