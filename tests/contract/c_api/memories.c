/* Linear memory as bytes of the host. */
#include "support.h"

int main(int argc, char** argv) {
  CHECK(argc == 2);
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_instance_t* instance = instantiate(store, argv[1], 0, NULL);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  wasm_memory_t* memory = wasm_extern_as_memory(exports.data[0]);
  byte_t* bytes = wasm_memory_data(memory);
  CHECK(wasm_memory_size(memory) == 1 && wasm_memory_data_size(memory) == MEMORY_PAGE_SIZE);
  CHECK(memcmp(bytes + 16, "tenon", 5) == 0);

  wasm_val_t result = WASM_INIT_VAL;
  wasm_val_t address[] = {WASM_I32_VAL(100)};
  bytes[100] = 77;
  call(wasm_extern_as_func(exports.data[1]), 1, address, 1, &result);
  CHECK(result.of.i32 == 77);
  wasm_val_t stored[] = {WASM_I32_VAL(101), WASM_I32_VAL(0x1FF)};
  call(wasm_extern_as_func(exports.data[2]), 2, stored, 0, NULL);
  CHECK((unsigned char)bytes[101] == 0xFF);
  wasm_val_t outside[] = {WASM_I32_VAL(0x10000)};
  call_traps(wasm_extern_as_func(exports.data[1]), 1, outside, "out of bounds memory access");

  /* Both sides grow it; it stays where it is. */
  CHECK(wasm_memory_grow(memory, 1) && wasm_memory_data_size(memory) == 2 * MEMORY_PAGE_SIZE);
  call(wasm_extern_as_func(exports.data[1]), 1, outside, 1, &result);
  CHECK(result.of.i32 == 0);
  wasm_val_t one[] = {WASM_I32_VAL(1)};
  call(wasm_extern_as_func(exports.data[3]), 1, one, 1, &result);
  CHECK(result.of.i32 == 2 && wasm_memory_size(memory) == 3 && wasm_memory_data(memory) == bytes);
  CHECK(!wasm_memory_grow(memory, 1));
  CHECK(wasm_memory_grow(memory, 0));

  const wasm_limits_t limits = {5, 5}, impossible = {5, 4};
  wasm_memorytype_t* type = wasm_memorytype_new(&limits);
  wasm_memory_t* own = wasm_memory_new(store, type);
  CHECK(wasm_memory_size(own) == 5 && !wasm_memory_grow(own, 1));
  wasm_memorytype_t* found = wasm_memory_type(own);
  CHECK(wasm_memorytype_limits(found)->max == 5);
  wasm_memorytype_delete(found);
  wasm_memorytype_delete(type);
  wasm_memory_delete(own);
  type = wasm_memorytype_new(&impossible);
  CHECK(wasm_memory_new(store, type) == NULL);
  wasm_memorytype_delete(type);

  wasm_instance_delete(instance);
  wasm_extern_vec_delete(&exports);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
