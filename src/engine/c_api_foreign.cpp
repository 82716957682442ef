// Foreign objects: host values in the store's garbage-collected heap, whose content is their host information.
#include "engine/c_api.hpp"

TENON_C_REF(foreign)

tenon::c_api::HostInfo* wasm_foreign_t::host_info(bool) const {
  const auto* foreign = handle.get<tenon::c_api::Foreign>();
  return foreign == nullptr ? nullptr : foreign->info.get();
}

wasm_foreign_t* wasm_foreign_new(wasm_store_t* store) {
  if (store == nullptr) return nullptr;
  auto ref = tenon::Ref::host(*store->state->store, tenon::c_api::Foreign{});
  return ref ? new wasm_foreign_t(store->state, *std::move(ref)) : nullptr;
}
