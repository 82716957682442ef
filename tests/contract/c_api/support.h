/* What the programs of this folder share: a check that ends the program, and the module that stands beside it. */
#ifndef TENON_TESTS_CONTRACT_C_API_SUPPORT_H
#define TENON_TESTS_CONTRACT_C_API_SUPPORT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasm.h>

#define CHECK(condition)                                                            \
  do {                                                                              \
    if (!(condition)) {                                                             \
      fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                                      \
    }                                                                               \
  } while (0)

/* The bytes of a file; the caller deletes them. */
static inline wasm_byte_vec_t read_file(const char* path) {
  FILE* file = fopen(path, "rb");
  CHECK(file != NULL);
  CHECK(fseek(file, 0, SEEK_END) == 0);
  const long size = ftell(file);
  CHECK(size >= 0 && fseek(file, 0, SEEK_SET) == 0);
  wasm_byte_vec_t bytes;
  wasm_byte_vec_new_uninitialized(&bytes, (size_t)size);
  CHECK(fread(bytes.data, 1, bytes.size, file) == bytes.size);
  fclose(file);
  return bytes;
}

static inline wasm_module_t* load_module(wasm_store_t* store, const char* path) {
  wasm_byte_vec_t bytes = read_file(path);
  wasm_module_t* module = wasm_module_new(store, &bytes);
  CHECK(module != NULL);
  wasm_byte_vec_delete(&bytes);
  return module;
}

/* An instance of the module in the file; `imports` are in its order. The caller deletes it. */
static inline wasm_instance_t* instantiate(wasm_store_t* store, const char* path, size_t count,
                                           wasm_extern_t** imports) {
  wasm_module_t* module = load_module(store, path);
  const wasm_extern_vec_t vector = {count, imports};
  wasm_trap_t* trap = NULL;
  wasm_instance_t* instance = wasm_instance_new(store, module, &vector, &trap);
  CHECK(instance != NULL && trap == NULL);
  wasm_module_delete(module);
  return instance;
}

/* Calls with values, and checks that nothing trapped. */
static inline void call(const wasm_func_t* func, size_t arg_count, wasm_val_t* args, size_t result_count,
                        wasm_val_t* results) {
  const wasm_val_vec_t in = {arg_count, args};
  wasm_val_vec_t out = {result_count, results};
  wasm_trap_t* trap = wasm_func_call(func, &in, &out);
  CHECK(trap == NULL);
}

/* Calls, and checks that it trapped with a message that begins so. */
static inline void call_traps(const wasm_func_t* func, size_t arg_count, wasm_val_t* args, const char* expected) {
  wasm_val_t room[4] = {WASM_INIT_VAL, WASM_INIT_VAL, WASM_INIT_VAL, WASM_INIT_VAL};
  const wasm_val_vec_t in = {arg_count, args};
  wasm_val_vec_t out = WASM_ARRAY_VEC(room);
  wasm_trap_t* trap = wasm_func_call(func, &in, &out);
  CHECK(trap != NULL);
  wasm_message_t message;
  wasm_trap_message(trap, &message);
  CHECK(message.size > 0 && message.data[message.size - 1] == '\0');
  if (strncmp(message.data, expected, strlen(expected)) != 0) {
    fprintf(stderr, "expected \"%s\", found \"%s\"\n", expected, message.data);
    exit(1);
  }
  wasm_byte_vec_delete(&message);
  wasm_trap_delete(trap);
}

static inline bool name_is(const wasm_name_t* name, const char* text) {
  return name->size == strlen(text) && memcmp(name->data, text, name->size) == 0;
}

#endif
