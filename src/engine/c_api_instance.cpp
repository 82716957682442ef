// Externs and instances of the C interface.
#include "engine/c_api.hpp"

namespace tenon::c_api {

wasm_extern_t* new_extern(const StatePtr& state, const Extern& item) {
  switch (item.kind) {
    case ExternKind::func: return new wasm_func_t(state, *item.func);
    case ExternKind::global: return new wasm_global_t(state, *item.global);
    case ExternKind::table: return new wasm_table_t(state, *item.table);
    case ExternKind::memory: return new wasm_memory_t(state, *item.memory);
    case ExternKind::tag: return new wasm_tag_t(state, *item.tag);
  }
  return nullptr;
}

namespace {

Result<Instance> instantiate(wasm_store_t& store, const wasm_module_t& module, const wasm_extern_vec_t* imports) {
  std::vector<Extern> items;
  for (std::size_t i = 0; imports != nullptr && imports->data != nullptr && i < imports->size; ++i) {
    if (imports->data[i] == nullptr) return detail::usage("import ", i, " is NULL");
    items.push_back(imports->data[i]->item());
  }
  begin_call(*store.state);
  return Instance::make(*store.state->store, module.shared->module, items);
}

ExternType type_of(const wasm_extern_t& item) {
  ExternType type;
  const Extern handle = item.item();
  type.kind = handle.kind;
  if (handle.func) type.func = handle.func->type();
  if (handle.global) type.global = handle.global->type();
  if (handle.table) type.table = handle.table->type();
  if (handle.memory) type.memory = handle.memory->type();
  if (handle.tag) type.func = handle.tag->type();
  return type;
}

}  // namespace

}  // namespace tenon::c_api

// --- Externs --------------------------------------------------------------------------------------------------------

TENON_C_REF(extern)

wasm_externkind_t wasm_extern_kind(const wasm_extern_t* item) {
  using tenon::c_api::RefKind;
  switch (item == nullptr ? RefKind::func : item->kind) {
    case RefKind::global: return WASM_EXTERN_GLOBAL;
    case RefKind::table: return WASM_EXTERN_TABLE;
    case RefKind::memory: return WASM_EXTERN_MEMORY;
    case RefKind::tag: return tenon::c_api::extern_kind_tag;
    default: return WASM_EXTERN_FUNC;
  }
}

wasm_externtype_t* wasm_extern_type(const wasm_extern_t* item) {
  if (item == nullptr || !item->is_alive()) return nullptr;
  return tenon::c_api::new_extern_type(tenon::c_api::type_of(*item), item->state->block().engine->types);
}

// --- Instances ------------------------------------------------------------------------------------------------------

TENON_C_REF(instance)

wasm_instance_t* wasm_instance_new(wasm_store_t* store, const wasm_module_t* module, const wasm_extern_vec_t* imports,
                                   wasm_trap_t** trap) {
  if (trap != nullptr) *trap = nullptr;
  if (store == nullptr || module == nullptr) return nullptr;
  const tenon::c_api::StatePtr state = store->state;
  auto instance = tenon::c_api::instantiate(*store, *module, imports);
  if (instance) return new wasm_instance_t(state, *std::move(instance));
  if (trap != nullptr) *trap = tenon::c_api::new_trap(state, std::move(instance).error());
  state->pending_trap.reset();
  return nullptr;
}

void wasm_instance_exports(const wasm_instance_t* instance, wasm_extern_vec_t* out) {
  if (out == nullptr) return;
  *out = {};
  if (instance == nullptr) return;
  const auto exports = instance->handle.exports();
  tenon::c_api::new_zeroed(out, exports.size());
  for (std::size_t i = 0; i < out->size; ++i) {
    out->data[i] = tenon::c_api::new_extern(instance->state, exports[i].second);
  }
}
