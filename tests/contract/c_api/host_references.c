/* Objects of the host in the hands of a guest: foreign objects, and any other reference. */
#include "support.h"

static wasm_trap_t* identity(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  wasm_val_copy(&results->data[0], &args->data[0]);
  return NULL;
}

/* Sends a reference through a function and back, and through a global and a table. */
static void round_trip(const wasm_extern_vec_t* exports, wasm_ref_t* ref) {
  wasm_val_t value = WASM_REF_VAL(ref), result = WASM_INIT_VAL;
  call(wasm_extern_as_func(exports->data[4]), 1, &value, 1, &result);
  CHECK(result.kind == WASM_EXTERNREF && wasm_ref_same(result.of.ref, ref));
  CHECK(ref == NULL || wasm_ref_get_host_info(result.of.ref) == wasm_ref_get_host_info(ref));
  wasm_val_delete(&result);
  call(wasm_extern_as_func(exports->data[2]), 1, &value, 0, NULL);
  call(wasm_extern_as_func(exports->data[3]), 0, NULL, 1, &result);
  CHECK(wasm_ref_same(result.of.ref, ref));
  wasm_val_delete(&result);
  wasm_global_get(wasm_extern_as_global(exports->data[0]), &result);
  CHECK(wasm_ref_same(result.of.ref, ref));
  wasm_val_delete(&result);
  wasm_ref_t* element = wasm_table_get(wasm_extern_as_table(exports->data[1]), 1);
  CHECK(wasm_ref_same(element, ref));
  wasm_ref_delete(element);
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_functype_t* type = wasm_functype_new_1_1(wasm_valtype_new_externref(), wasm_valtype_new_externref());
  wasm_func_t* func = wasm_func_new(store, type, identity);
  wasm_functype_delete(type);
  wasm_extern_t* imports[] = {wasm_func_as_extern(func)};
  wasm_instance_t* instance = instantiate(store, argv[1], 1, imports);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);

  int content = 1;
  wasm_foreign_t* foreign = wasm_foreign_new(store);
  wasm_foreign_t* other = wasm_foreign_new(store);
  CHECK(!wasm_foreign_same(foreign, other));
  wasm_foreign_set_host_info(foreign, &content);
  CHECK(wasm_foreign_get_host_info(foreign) == &content && wasm_foreign_get_host_info(other) == NULL);
  round_trip(&exports, wasm_foreign_as_ref(foreign));
  round_trip(&exports, wasm_foreign_as_ref(other));
  round_trip(&exports, wasm_func_as_ref(func));
  wasm_instance_set_host_info(instance, &content);
  round_trip(&exports, wasm_instance_as_ref(instance));
  round_trip(&exports, NULL);

  /* What the guest made is a reference of no particular kind. */
  wasm_val_t made = WASM_INIT_VAL, again = WASM_INIT_VAL;
  call(wasm_extern_as_func(exports.data[5]), 0, NULL, 1, &made);
  call(wasm_extern_as_func(exports.data[5]), 0, NULL, 1, &again);
  CHECK(made.of.ref != NULL && wasm_ref_as_foreign(made.of.ref) == NULL && wasm_ref_same(made.of.ref, again.of.ref));
  wasm_val_t copy = WASM_INIT_VAL;
  wasm_val_copy(&copy, &made);
  CHECK(wasm_ref_same(copy.of.ref, made.of.ref));
  wasm_val_delete(&copy);
  wasm_val_delete(&made);
  wasm_val_delete(&again);

  /* A reference of another store is refused. */
  wasm_store_t* second = wasm_store_new(engine);
  wasm_foreign_t* stranger = wasm_foreign_new(second);
  wasm_val_t strange = WASM_REF_VAL(wasm_foreign_as_ref(stranger));
  call_traps(wasm_extern_as_func(exports.data[2]), 1, &strange, "a reference belongs to another store");
  wasm_foreign_delete(stranger);
  wasm_store_delete(second);

  wasm_foreign_delete(foreign);
  wasm_foreign_delete(other);
  wasm_func_delete(func);
  wasm_instance_delete(instance);
  wasm_extern_vec_delete(&exports);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
