// Modules of the C interface.
//
// A serialized module is the binary behind a header that names the form. Translated code is not in it: translation
// happens at a function's first call and is fast, and what is read back is validated like any other input, so that
// bytes from anywhere are safe. The header keeps one engine's form from being taken for another's.
#include <cstring>

#include "base/bytes.hpp"
#include "engine/c_api.hpp"
#include "tenon/tools.hpp"

namespace tenon::c_api {

namespace {

constexpr std::string_view serial_header("\0tenon module 1\n", 16);

wasm_module_t* new_module(const StatePtr& state, std::string_view binary) {
  if (!tools::is_binary(binary)) return nullptr;
  auto module = Module::compile(state->engine, binary);
  if (!module) return nullptr;
  return new wasm_module_t(state, std::make_shared<StoreModule>(*std::move(module)));
}

}  // namespace

}  // namespace tenon::c_api

using tenon::c_api::view_of;

TENON_C_REF(module)

wasm_module_t* wasm_module_new(wasm_store_t* store, const wasm_byte_vec_t* binary) {
  if (store == nullptr || binary == nullptr) return nullptr;
  return tenon::c_api::new_module(store->state, view_of(*binary));
}

bool wasm_module_validate(wasm_store_t* store, const wasm_byte_vec_t* binary) {
  if (store == nullptr || binary == nullptr || !tenon::tools::is_binary(view_of(*binary))) return false;
  const std::uint64_t features = store->state->block().engine->features.bits();
  return tenon::tools::validate(view_of(*binary), {.features = {features}, .threads = 1}).has_value();
}

void wasm_module_imports(const wasm_module_t* module, wasm_importtype_vec_t* out) {
  if (out == nullptr) return;
  *out = {};
  if (module == nullptr) return;
  const tenon::Module& handle = module->shared->module;
  const auto imports = handle.imports();
  tenon::c_api::new_zeroed(out, imports.size());
  for (std::size_t i = 0; i < out->size; ++i) {
    out->data[i] = new wasm_importtype_t{tenon::c_api::Name(imports[i].module), tenon::c_api::Name(imports[i].name),
                                         std::unique_ptr<wasm_externtype_t>(tenon::c_api::new_extern_type(
                                             imports[i].type, tenon::detail::ModuleState::of(handle)->engine->types))};
  }
}

void wasm_module_exports(const wasm_module_t* module, wasm_exporttype_vec_t* out) {
  if (out == nullptr) return;
  *out = {};
  if (module == nullptr) return;
  const tenon::Module& handle = module->shared->module;
  const auto exports = handle.exports();
  tenon::c_api::new_zeroed(out, exports.size());
  for (std::size_t i = 0; i < out->size; ++i) {
    out->data[i] = new wasm_exporttype_t{tenon::c_api::Name(exports[i].name),
                                         std::unique_ptr<wasm_externtype_t>(tenon::c_api::new_extern_type(
                                             exports[i].type, tenon::detail::ModuleState::of(handle)->engine->types))};
  }
}

// --- Serialized and shared ------------------------------------------------------------------------------------------

void wasm_module_serialize(const wasm_module_t* module, wasm_byte_vec_t* out) {
  if (out == nullptr) return;
  *out = {};
  if (module == nullptr) return;
  const std::string_view header = tenon::c_api::serial_header;
  const std::string_view binary = tenon::detail::ModuleState::of(module->shared->module)->bytes;
  tenon::c_api::new_zeroed(out, header.size() + binary.size());
  if (out->size == 0) return;
  std::memcpy(out->data, header.data(), header.size());
  std::memcpy(out->data + header.size(), binary.data(), binary.size());
}

wasm_module_t* wasm_module_deserialize(wasm_store_t* store, const wasm_byte_vec_t* bytes) {
  if (store == nullptr || bytes == nullptr) return nullptr;
  std::string_view binary = view_of(*bytes);
  if (!binary.starts_with(tenon::c_api::serial_header)) return nullptr;
  binary.remove_prefix(tenon::c_api::serial_header.size());
  return tenon::c_api::new_module(store->state, binary);
}

wasm_shared_module_t* wasm_module_share(const wasm_module_t* module) {
  return module == nullptr ? nullptr : new wasm_shared_module_t{module->shared->module};
}

wasm_module_t* wasm_module_obtain(wasm_store_t* store, const wasm_shared_module_t* shared) {
  if (store == nullptr || shared == nullptr) return nullptr;
  if (tenon::detail::ModuleState::of(shared->module)->engine != store->state->block().engine) return nullptr;
  return new wasm_module_t(store->state, std::make_shared<tenon::c_api::StoreModule>(shared->module));
}

void wasm_shared_module_delete(wasm_shared_module_t* shared) { delete shared; }
