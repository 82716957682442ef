/* Finalizers run once each, and not before the thing ends. */
#include "support.h"

enum { count = 1000 };
static int live = 0;

static void finalize(void* info) {
  CHECK(info == &live);
  --live;
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module = load_module(store, argv[1]);

  /* Instances end with their store, whatever becomes of the handles. */
  for (int i = 0; i < count; ++i) {
    const wasm_extern_vec_t none = WASM_EMPTY_VEC;
    wasm_instance_t* instance = wasm_instance_new(store, module, &none, NULL);
    CHECK(instance != NULL);
    wasm_instance_set_host_info_with_finalizer(instance, &live, finalize);
    wasm_instance_delete(instance);
    ++live;
  }
  CHECK(live == count);

  /* Other information takes the place of the old, which is finalized. */
  wasm_extern_vec_t exports;
  wasm_instance_t* instance = wasm_instance_new(store, module, NULL, NULL);
  wasm_instance_exports(instance, &exports);
  wasm_func_t* func = wasm_extern_as_func(exports.data[1]);
  ++live;
  wasm_func_set_host_info_with_finalizer(func, &live, finalize);
  wasm_func_t* copy = wasm_func_copy(func);
  CHECK(wasm_func_get_host_info(copy) == &live);
  wasm_func_set_host_info(copy, NULL);
  CHECK(live == count && wasm_func_get_host_info(func) == NULL);
  wasm_func_delete(copy);

  /* A foreign object lives as long as the guest holds it. */
  wasm_foreign_t* foreign = wasm_foreign_new(store);
  wasm_foreign_set_host_info_with_finalizer(foreign, &live, finalize);
  ++live;
  wasm_val_t value = WASM_REF_VAL(wasm_foreign_as_ref(foreign));
  wasm_global_set(wasm_extern_as_global(exports.data[0]), &value);
  wasm_foreign_delete(foreign);
  CHECK(live == count + 1);

  /* A module's information ends with its last handle. */
  wasm_module_set_host_info_with_finalizer(module, &live, finalize);
  ++live;
  wasm_module_t* module_copy = wasm_module_copy(module);
  wasm_module_delete(module);
  CHECK(live == count + 2 && wasm_module_get_host_info(module_copy) == &live);
  wasm_module_delete(module_copy);
  CHECK(live == count + 1);

  wasm_instance_delete(instance);
  wasm_store_delete(store);
  CHECK(live == 0);
  /* Handles that outlive the store are dead, and information for what is gone is finalized at once. */
  CHECK(wasm_func_get_host_info(func) == NULL);
  ++live;
  wasm_func_set_host_info_with_finalizer(func, &live, finalize);
  CHECK(live == 0);
  wasm_extern_vec_delete(&exports);
  wasm_engine_delete(engine);
  return 0;
}
