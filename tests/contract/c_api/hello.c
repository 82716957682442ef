/* The smallest guest: it calls the host once. */
#include "support.h"

static int calls = 0;

static wasm_trap_t* hello(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  CHECK(args->size == 0 && results->size == 0);
  ++calls;
  return NULL;
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  wasm_engine_t* engine = wasm_engine_new_with_config(wasm_config_new());
  wasm_store_t* store = wasm_store_new(engine);
  wasm_functype_t* type = wasm_functype_new_0_0();
  wasm_func_t* func = wasm_func_new(store, type, hello);
  wasm_functype_delete(type);

  wasm_extern_t* imports[] = {wasm_func_as_extern(func)};
  wasm_instance_t* instance = instantiate(store, argv[1], 1, imports);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  CHECK(exports.size == 1);
  /* An export keeps what it needs: the other handles may go first. */
  wasm_func_delete(func);
  wasm_instance_delete(instance);
  call(wasm_extern_as_func(exports.data[0]), 0, NULL, 0, NULL);
  CHECK(calls == 1);

  wasm_extern_vec_delete(&exports);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
