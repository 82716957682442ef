// Globals, tables and memories of the C interface.
#include <algorithm>
#include <limits>

#include "engine/c_api.hpp"

namespace tenon::c_api {

namespace {

std::uint32_t clamp(std::uint64_t value) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, std::numeric_limits<std::uint32_t>::max()));
}

const core::TypeRegistry& types_of(const wasm_ref_t& ref) { return ref.state->block().engine->types; }

}  // namespace

}  // namespace tenon::c_api

// --- Globals --------------------------------------------------------------------------------------------------------

TENON_C_EXTERN(global)

wasm_global_t* wasm_global_new(wasm_store_t* store, const wasm_globaltype_t* type, const wasm_val_t* value) {
  if (store == nullptr || type == nullptr || value == nullptr) return nullptr;
  auto init = tenon::c_api::to_val(store->state, *value, type->content.type);
  if (!init) return nullptr;
  auto global = tenon::Global::make(*store->state->store, {type->content.type, type->is_mutable}, *init);
  return global ? new wasm_global_t(store->state, *std::move(global)) : nullptr;
}

wasm_globaltype_t* wasm_global_type(const wasm_global_t* global) {
  if (global == nullptr || !global->is_alive()) return nullptr;
  const tenon::GlobalType type = global->handle.type();
  return new wasm_globaltype_t(tenon::c_api::show(type.value, tenon::c_api::types_of(*global)), type.is_mutable);
}

void wasm_global_get(const wasm_global_t* global, wasm_val_t* out) {
  if (out == nullptr) return;
  *out = WASM_INIT_VAL;
  if (global == nullptr || !global->is_alive()) return;
  if (auto value = global->handle.get()) *out = tenon::c_api::new_val(global->state, *value);
}

void wasm_global_set(wasm_global_t* global, const wasm_val_t* value) {
  if (global == nullptr || value == nullptr || !global->is_alive()) return;
  const auto converted = tenon::c_api::to_val(global->state, *value, global->handle.type().value);
  // The interface has no way to tell of a wrong value.
  if (converted) static_cast<void>(global->handle.set(*converted));
}

// --- Tables ---------------------------------------------------------------------------------------------------------

TENON_C_EXTERN(table)

wasm_table_t* wasm_table_new(wasm_store_t* store, const wasm_tabletype_t* type, wasm_ref_t* init) {
  if (store == nullptr || type == nullptr) return nullptr;
  auto value = tenon::c_api::to_val(store->state, init, type->element.type);
  if (!value) return nullptr;
  auto table = tenon::Table::make(*store->state->store, {type->element.type, type->exact_limits}, value->ref());
  return table ? new wasm_table_t(store->state, *std::move(table)) : nullptr;
}

wasm_tabletype_t* wasm_table_type(const wasm_table_t* table) {
  if (table == nullptr || !table->is_alive()) return nullptr;
  const tenon::TableType type = table->handle.type();
  return new wasm_tabletype_t(tenon::c_api::show(type.element, tenon::c_api::types_of(*table)), type.limits);
}

wasm_ref_t* wasm_table_get(const wasm_table_t* table, wasm_table_size_t index) {
  if (table == nullptr || !table->is_alive()) return nullptr;
  const auto value = table->handle.get(index);
  return value ? tenon::c_api::new_ref(table->state, value->ref()) : nullptr;
}

bool wasm_table_set(wasm_table_t* table, wasm_table_size_t index, wasm_ref_t* ref) {
  if (table == nullptr || !table->is_alive()) return false;
  const auto value = tenon::c_api::to_val(table->state, ref, table->handle.type().element);
  return value && table->handle.set(index, *value);
}

wasm_table_size_t wasm_table_size(const wasm_table_t* table) {
  return table == nullptr ? 0 : tenon::c_api::clamp(table->handle.size());
}

bool wasm_table_grow(wasm_table_t* table, wasm_table_size_t delta, wasm_ref_t* init) {
  if (table == nullptr || !table->is_alive()) return false;
  const auto value = tenon::c_api::to_val(table->state, init, table->handle.type().element);
  return value && table->handle.grow(delta, *value);
}

// --- Memories -------------------------------------------------------------------------------------------------------

TENON_C_EXTERN(memory)

wasm_memory_t* wasm_memory_new(wasm_store_t* store, const wasm_memorytype_t* type) {
  if (store == nullptr || type == nullptr) return nullptr;
  auto memory = tenon::Memory::make(*store->state->store, type->type);
  return memory ? new wasm_memory_t(store->state, *std::move(memory)) : nullptr;
}

wasm_memorytype_t* wasm_memory_type(const wasm_memory_t* memory) {
  return memory == nullptr || !memory->is_alive() ? nullptr : new wasm_memorytype_t(memory->handle.type());
}

byte_t* wasm_memory_data(wasm_memory_t* memory) {
  // The standard's bytes are chars.
  return memory == nullptr ? nullptr : reinterpret_cast<byte_t*>(memory->handle.data().data());
}
size_t wasm_memory_data_size(const wasm_memory_t* memory) {
  return memory == nullptr ? 0 : memory->handle.data().size();
}
wasm_memory_pages_t wasm_memory_size(const wasm_memory_t* memory) {
  return memory == nullptr ? 0 : tenon::c_api::clamp(memory->handle.pages());
}
bool wasm_memory_grow(wasm_memory_t* memory, wasm_memory_pages_t delta) {
  return memory != nullptr && memory->handle.grow(delta);
}
