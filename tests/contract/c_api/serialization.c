/* A module as bytes and back; bytes that are not a module are refused. */
#include "support.h"

int main(int argc, char** argv) {
  CHECK(argc == 2);
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_byte_vec_t binary = read_file(argv[1]);
  CHECK(wasm_module_validate(store, &binary));
  wasm_module_t* module = wasm_module_new(store, &binary);
  wasm_byte_vec_t serialized;
  wasm_module_serialize(module, &serialized);
  wasm_module_delete(module);
  CHECK(serialized.size > 0);
  CHECK(wasm_module_new(store, &serialized) == NULL);
  CHECK(wasm_module_deserialize(store, &binary) == NULL);

  module = wasm_module_deserialize(store, &serialized);
  CHECK(module != NULL);
  wasm_instance_t* instance = wasm_instance_new(store, module, NULL, NULL);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  wasm_val_t result = WASM_INIT_VAL;
  call(wasm_extern_as_func(exports.data[0]), 0, NULL, 1, &result);
  CHECK(result.kind == WASM_I32 && result.of.i32 == 42);
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_module_delete(module);

  /* Each truncation is refused, and so is a change that makes the module invalid. */
  for (size_t size = 0; size < serialized.size; ++size) {
    const wasm_byte_vec_t part = {size, serialized.data};
    module = wasm_module_deserialize(store, &part);
    CHECK(module == NULL || size >= serialized.size - binary.size + 8);
    wasm_module_delete(module);
  }
  binary.data[binary.size - 1] = 0x00;
  binary.data[4] = 9;
  CHECK(!wasm_module_validate(store, &binary) && wasm_module_new(store, &binary) == NULL);

  wasm_byte_vec_delete(&serialized);
  wasm_byte_vec_delete(&binary);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
