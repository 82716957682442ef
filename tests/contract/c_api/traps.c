/* Traps of the guest and of the host: messages, frames, and that a callback's trap comes out as the same trap. */
#include "support.h"

static wasm_trap_t* fail(void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  CHECK(args->size == 0 && results->size == 1);
  return wasm_trap_copy((wasm_trap_t*)env);
}

static int finalized = 0;
static void finalize(void* info) {
  (void)info;
  ++finalized;
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_message_t message;
  wasm_name_new_from_string_nt(&message, "the host says no");
  wasm_trap_t* own_trap = wasm_trap_new(store, &message);
  wasm_byte_vec_delete(&message);
  CHECK(wasm_trap_origin(own_trap) == NULL);
  wasm_trap_set_host_info_with_finalizer(own_trap, own_trap, finalize);

  wasm_functype_t* type = wasm_functype_new_0_1(wasm_valtype_new_i32());
  wasm_func_t* fail_func = wasm_func_new_with_env(store, type, fail, own_trap, NULL);
  wasm_functype_delete(type);
  wasm_extern_t* imports[] = {wasm_func_as_extern(fail_func)};
  wasm_instance_t* instance = instantiate(store, argv[1], 1, imports);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  CHECK(exports.size == 4);

  wasm_val_vec_t none = WASM_EMPTY_VEC;
  wasm_trap_t* trap = wasm_func_call(wasm_extern_as_func(exports.data[0]), &none, &none);
  CHECK(trap != NULL && wasm_trap_same(trap, own_trap) && wasm_trap_get_host_info(trap) == own_trap);
  wasm_frame_vec_t frames;
  wasm_trap_trace(trap, &frames);
  CHECK(frames.size == 1 && wasm_frame_func_index(frames.data[0]) == 1);
  CHECK(wasm_instance_same(wasm_frame_instance(frames.data[0]), instance));
  wasm_frame_vec_delete(&frames);
  wasm_trap_delete(trap);

  trap = wasm_func_call(wasm_extern_as_func(exports.data[1]), &none, &none);
  CHECK(trap != NULL && !wasm_trap_same(trap, own_trap));
  wasm_trap_message(trap, &message);
  CHECK(strcmp(message.data, "unreachable") == 0 && message.size == sizeof("unreachable"));
  wasm_byte_vec_delete(&message);
  wasm_frame_t* origin = wasm_trap_origin(trap);
  CHECK(wasm_frame_func_index(origin) == 2 && wasm_frame_func_offset(origin) == 1);
  CHECK(wasm_frame_module_offset(origin) > wasm_frame_func_offset(origin));
  wasm_trap_trace(trap, &frames);
  CHECK(frames.size == 2 && wasm_frame_func_index(frames.data[1]) == 3);
  CHECK(wasm_frame_module_offset(frames.data[0]) == wasm_frame_module_offset(origin));
  wasm_frame_vec_t copied;
  wasm_frame_vec_copy(&copied, &frames);
  wasm_frame_vec_delete(&frames);
  CHECK(copied.size == 2 && wasm_instance_same(wasm_frame_instance(copied.data[1]), instance));
  wasm_frame_vec_delete(&copied);
  wasm_frame_delete(origin);
  wasm_trap_delete(trap);

  call_traps(wasm_extern_as_func(exports.data[2]), 0, NULL, "call stack exhausted");
  wasm_val_t zero[] = {WASM_I32_VAL(0)};
  call_traps(wasm_extern_as_func(exports.data[3]), 1, zero, "integer divide by zero");
  wasm_val_t one[] = {WASM_I32_VAL(1)};
  wasm_val_t result[] = {WASM_INIT_VAL};
  call(wasm_extern_as_func(exports.data[3]), 1, one, 1, result);
  CHECK(result[0].of.i32 == 1);

  /* A link error is told by a trap too, and names both types. */
  wasm_module_t* module = load_module(store, argv[1]);
  wasm_extern_t* wrong[] = {exports.data[3]};
  const wasm_extern_vec_t wrong_imports = WASM_ARRAY_VEC(wrong);
  CHECK(wasm_instance_new(store, module, &wrong_imports, &trap) == NULL && trap != NULL);
  wasm_trap_message(trap, &message);
  CHECK(strstr(message.data, "[] -> [i32]") != NULL || strstr(message.data, "(result i32)") != NULL);
  wasm_byte_vec_delete(&message);
  wasm_trap_delete(trap);
  CHECK(wasm_instance_new(store, module, NULL, NULL) == NULL);
  wasm_module_delete(module);

  wasm_func_delete(fail_func);
  wasm_instance_delete(instance);
  wasm_extern_vec_delete(&exports);
  CHECK(finalized == 0);
  wasm_trap_delete(own_trap);
  CHECK(finalized == 1);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
