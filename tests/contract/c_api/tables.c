/* Tables of functions, filled and called from both sides. */
#include "support.h"

static wasm_trap_t* negate(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  results->data[0].kind = WASM_I32;
  results->data[0].of.i32 = -args->data[0].of.i32;
  return NULL;
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_instance_t* instance = instantiate(store, argv[1], 0, NULL);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  wasm_table_t* table = wasm_extern_as_table(exports.data[0]);
  wasm_func_t* twice = wasm_extern_as_func(exports.data[1]);
  wasm_func_t* call_at = wasm_extern_as_func(exports.data[2]);
  wasm_functype_t* type = wasm_func_type(twice);
  wasm_func_t* negation = wasm_func_new(store, type, negate);
  wasm_functype_delete(type);

  CHECK(wasm_table_size(table) == 3 && wasm_table_get(table, 0) == NULL && wasm_table_get(table, 99) == NULL);
  wasm_ref_t* ref = wasm_table_get(table, 1);
  CHECK(ref != NULL && wasm_ref_as_func(ref) != NULL && wasm_ref_as_global(ref) == NULL);
  CHECK(wasm_ref_same(ref, wasm_func_as_ref(twice)));
  wasm_ref_delete(ref);

  wasm_val_t result = WASM_INIT_VAL;
  wasm_val_t at_1[] = {WASM_I32_VAL(7), WASM_I32_VAL(1)}, at_2[] = {WASM_I32_VAL(7), WASM_I32_VAL(2)};
  call(call_at, 2, at_1, 1, &result);
  CHECK(result.of.i32 == 14);
  call_traps(call_at, 2, at_2, "uninitialized element");
  CHECK(wasm_table_set(table, 2, wasm_func_as_ref(negation)));
  call(call_at, 2, at_2, 1, &result);
  CHECK(result.of.i32 == -7);
  CHECK(!wasm_table_set(table, 3, wasm_func_as_ref(negation)));
  CHECK(!wasm_table_set(table, 0, wasm_instance_as_ref(instance)));
  CHECK(wasm_table_set(table, 1, NULL));
  call_traps(call_at, 2, at_1, "uninitialized element");

  CHECK(wasm_table_grow(table, 2, wasm_func_as_ref(twice)) && wasm_table_size(table) == 5);
  CHECK(!wasm_table_grow(table, 1, NULL));
  wasm_val_t at_4[] = {WASM_I32_VAL(7), WASM_I32_VAL(4)};
  call(call_at, 2, at_4, 1, &result);
  CHECK(result.of.i32 == 14);

  const wasm_limits_t limits = {2, wasm_limits_max_default};
  wasm_tabletype_t* table_type = wasm_tabletype_new(wasm_valtype_new_externref(), &limits);
  wasm_table_t* own = wasm_table_new(store, table_type, wasm_instance_as_ref(instance));
  wasm_tabletype_delete(table_type);
  ref = wasm_table_get(own, 1);
  CHECK(ref != NULL && wasm_instance_same(wasm_ref_as_instance(ref), instance));
  wasm_ref_delete(ref);
  wasm_table_delete(own);

  wasm_func_delete(negation);
  wasm_instance_delete(instance);
  wasm_extern_vec_delete(&exports);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
