// Configurations, engines and stores of the C interface.
#include <bit>

#include "engine/c_api.hpp"

static_assert(sizeof(float32_t) == 4 && sizeof(float64_t) == 8, "float and double are the types of IEEE 754");
static_assert(sizeof(void*) == 4 || sizeof(void*) == 8, "a pointer fits an i32 or an i64");

wasm_config_t* wasm_config_new() { return new wasm_config_t{}; }
void wasm_config_delete(wasm_config_t* config) { delete config; }

wasm_engine_t* wasm_engine_new() { return new wasm_engine_t{}; }

wasm_engine_t* wasm_engine_new_with_config(wasm_config_t* config) {
  wasm_config_delete(config);
  return wasm_engine_new();
}

void wasm_engine_delete(wasm_engine_t* engine) { delete engine; }

wasm_store_t* wasm_store_new(wasm_engine_t* engine) {
  if (engine == nullptr) return nullptr;
  return new wasm_store_t{std::make_shared<tenon::c_api::StoreState>(engine->engine)};
}

void wasm_store_delete(wasm_store_t* store) {
  const std::unique_ptr<wasm_store_t> owned(store);
  if (store == nullptr) return;
  // The store ends first, so that finalizers which use their handles find it gone.
  tenon::c_api::StoreState& state = *store->state;
  state.store.reset();
  state.pending_trap.reset();
  std::exchange(state.host_infos, {}).clear();
  std::exchange(state.ref_infos, {}).clear();
}
