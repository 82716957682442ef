/* NULL where a pointer is expected, handles of a store that has ended, and a callback that ends the store it is in. */
#include "support.h"

static wasm_store_t* store = NULL;

static wasm_trap_t* end(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  CHECK(args->size == 0 && results->size == 0);
  wasm_store_delete(store);
  return NULL;
}

static void null_is_accepted(void) {
  wasm_engine_delete(NULL);
  wasm_store_delete(NULL);
  wasm_ref_delete(NULL);
  wasm_val_delete(NULL);
  wasm_extern_vec_delete(NULL);
  CHECK(wasm_store_new(NULL) == NULL && wasm_module_new(NULL, NULL) == NULL && !wasm_module_validate(NULL, NULL));
  CHECK(wasm_func_copy(NULL) == NULL && wasm_func_type(NULL) == NULL && wasm_func_call(NULL, NULL, NULL) == NULL);
  CHECK(wasm_func_new(NULL, NULL, end) == NULL && wasm_foreign_new(NULL) == NULL);
  CHECK(wasm_instance_new(NULL, NULL, NULL, NULL) == NULL && wasm_memory_data(NULL) == NULL);
  CHECK(wasm_table_get(NULL, 0) == NULL && !wasm_table_set(NULL, 0, NULL) && !wasm_memory_grow(NULL, 1));
  CHECK(wasm_ref_same(NULL, NULL) && wasm_ref_get_host_info(NULL) == NULL && wasm_ref_as_func(NULL) == NULL);
  CHECK(wasm_extern_as_memory(NULL) == NULL && wasm_globaltype_new(NULL, WASM_VAR) == NULL);
  wasm_byte_vec_t empty, copy;
  wasm_byte_vec_new(&empty, 0, NULL);
  wasm_byte_vec_copy(&copy, &empty);
  CHECK(copy.size == 0 && copy.data == NULL);
  wasm_byte_vec_delete(&copy);
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  null_is_accepted();
  wasm_engine_t* engine = wasm_engine_new();
  store = wasm_store_new(engine);
  wasm_functype_t* type = wasm_functype_new_0_0();
  wasm_func_t* func = wasm_func_new(store, type, end);
  wasm_extern_t* imports[] = {wasm_func_as_extern(func)};
  wasm_instance_t* instance = instantiate(store, argv[1], 1, imports);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  wasm_foreign_t* foreign = wasm_foreign_new(store);

  /* The guest would run for ever; the call ends because its store does. */
  call_traps(wasm_extern_as_func(exports.data[1]), 0, NULL, "the store of this handle has ended");

  call_traps(wasm_extern_as_func(exports.data[1]), 0, NULL, "the store of this handle has ended");
  wasm_memory_t* memory = wasm_extern_as_memory(exports.data[0]);
  CHECK(wasm_memory_data(memory) == NULL && wasm_memory_size(memory) == 0 && !wasm_memory_grow(memory, 0));
  CHECK(wasm_memory_type(memory) == NULL && wasm_extern_type(exports.data[0]) == NULL);
  CHECK(wasm_table_size(wasm_extern_as_table(exports.data[2])) == 0);
  wasm_val_t value = WASM_I32_VAL(1);
  wasm_global_set(wasm_extern_as_global(exports.data[3]), &value);
  wasm_global_get(wasm_extern_as_global(exports.data[3]), &value);
  CHECK(value.kind == WASM_EXTERNREF && value.of.ref == NULL);
  CHECK(wasm_foreign_get_host_info(foreign) == NULL);
  wasm_extern_vec_t none;
  wasm_instance_exports(instance, &none);
  CHECK(none.size == 0);

  wasm_foreign_delete(foreign);
  wasm_functype_delete(type);
  wasm_func_delete(func);
  wasm_instance_delete(instance);
  wasm_extern_vec_delete(&exports);
  wasm_engine_delete(engine);
  return 0;
}
