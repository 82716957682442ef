/* Globals of the host and of the guest, seen and changed from both sides. */
#include "support.h"

static wasm_global_t* new_global(wasm_store_t* store, wasm_valtype_t* content, wasm_mutability_t mutability,
                                 const wasm_val_t* value) {
  wasm_globaltype_t* type = wasm_globaltype_new(content, mutability);
  wasm_global_t* global = wasm_global_new(store, type, value);
  wasm_globaltype_delete(type);
  return global;
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_val_t f32 = WASM_F32_VAL(1.5F), i64 = WASM_I64_VAL(-2), value = WASM_INIT_VAL;
  wasm_global_t* constant = new_global(store, wasm_valtype_new_f32(), WASM_CONST, &f32);
  wasm_global_t* variable = new_global(store, wasm_valtype_new_i64(), WASM_VAR, &i64);
  CHECK(constant != NULL && variable != NULL);
  CHECK(new_global(store, wasm_valtype_new_f32(), WASM_CONST, &i64) == NULL);

  wasm_extern_t* imports[] = {wasm_global_as_extern(constant), wasm_global_as_extern(variable)};
  wasm_instance_t* instance = instantiate(store, argv[1], 2, imports);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  CHECK(exports.size == 4);
  call(wasm_extern_as_func(exports.data[1]), 0, NULL, 1, &value);
  CHECK(value.kind == WASM_F32 && value.of.f32 == 1.5F);
  call(wasm_extern_as_func(exports.data[2]), 0, NULL, 1, &value);
  CHECK(value.of.i64 == -2);

  wasm_val_t changed = WASM_I64_VAL(37);
  wasm_global_set(variable, &changed);
  call(wasm_extern_as_func(exports.data[2]), 0, NULL, 1, &value);
  CHECK(value.of.i64 == 37);
  wasm_val_t from_guest = WASM_I64_VAL(73);
  call(wasm_extern_as_func(exports.data[3]), 1, &from_guest, 0, NULL);
  wasm_global_get(variable, &value);
  CHECK(value.kind == WASM_I64 && value.of.i64 == 73);

  /* An immutable global stays, and so does one that is set to a value of another type. */
  wasm_val_t other = WASM_F32_VAL(9);
  wasm_global_set(constant, &other);
  wasm_global_get(constant, &value);
  CHECK(value.of.f32 == 1.5F);
  wasm_global_set(variable, &other);
  wasm_global_get(variable, &value);
  CHECK(value.kind == WASM_I64 && value.of.i64 == 73);

  wasm_global_t* own = wasm_extern_as_global(exports.data[0]);
  wasm_global_get(own, &value);
  CHECK(value.kind == WASM_F64 && value.of.f64 == 5);
  wasm_globaltype_t* type = wasm_global_type(own);
  CHECK(wasm_globaltype_mutability(type) == WASM_VAR);
  CHECK(wasm_valtype_kind(wasm_globaltype_content(type)) == WASM_F64);
  wasm_globaltype_delete(type);
  wasm_global_t* copy = wasm_global_copy(own);
  CHECK(wasm_global_same(copy, own) && !wasm_global_same(own, variable));
  wasm_global_delete(copy);

  wasm_global_delete(constant);
  wasm_global_delete(variable);
  wasm_instance_delete(instance);
  wasm_extern_vec_delete(&exports);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
