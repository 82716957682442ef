/* Host functions, with and without an environment, and a host function that calls a guest. */
#include "support.h"

static wasm_trap_t* add(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  CHECK(args->size == 2 && args->data[0].kind == WASM_I32 && results->size == 1);
  CHECK(results->data[0].kind == WASM_I32);
  results->data[0].of.i32 = args->data[0].of.i32 + args->data[1].of.i32;
  return NULL;
}

struct environment {
  int64_t factor;
  int finalized;
};

static wasm_trap_t* multiply(void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  results->data[0].kind = WASM_I64;
  results->data[0].of.i64 = args->data[0].of.i64 * ((struct environment*)env)->factor;
  return NULL;
}

static void finalize(void* env) { ++((struct environment*)env)->finalized; }

static wasm_trap_t* call_again(void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  wasm_val_t inner[] = {args->data[0], WASM_I32_VAL(1)};
  const wasm_val_vec_t in = WASM_ARRAY_VEC(inner);
  return wasm_func_call((const wasm_func_t*)env, &in, results);
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  struct environment env = {3, 0};
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_functype_t* add_type =
      wasm_functype_new_2_1(wasm_valtype_new_i32(), wasm_valtype_new_i32(), wasm_valtype_new_i32());
  wasm_func_t* add_func = wasm_func_new(store, add_type, add);
  wasm_functype_t* closure_type = wasm_functype_new_1_1(wasm_valtype_new_i64(), wasm_valtype_new_i64());
  wasm_func_t* closure = wasm_func_new_with_env(store, closure_type, multiply, &env, finalize);
  CHECK(wasm_func_param_arity(add_func) == 2 && wasm_func_result_arity(add_func) == 1);

  wasm_extern_t* imports[] = {wasm_func_as_extern(add_func), wasm_func_as_extern(closure)};
  wasm_instance_t* instance = instantiate(store, argv[1], 2, imports);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  wasm_func_t* run = wasm_extern_as_func(exports.data[0]);
  wasm_val_t args[] = {WASM_I32_VAL(4), WASM_I32_VAL(-6)};
  wasm_val_t results[] = {WASM_INIT_VAL};
  call(run, 2, args, 1, results);
  CHECK(results[0].kind == WASM_I64 && results[0].of.i64 == -6);

  /* The host calls a guest that calls the host, from a host function. */
  wasm_functype_t* again_type = wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i64());
  wasm_func_t* again = wasm_func_new_with_env(store, again_type, call_again, run, NULL);
  call(again, 1, args, 1, results);
  CHECK(results[0].of.i64 == 15);

  /* Arguments of other types or numbers are refused before anything runs. */
  wasm_val_t wrong[] = {WASM_I64_VAL(4), WASM_I32_VAL(-6)};
  call_traps(run, 2, wrong, "expected a value of type i32");
  call_traps(run, 1, args, "the function takes 2 arguments, found 1");

  wasm_functype_delete(add_type);
  wasm_functype_delete(closure_type);
  wasm_functype_delete(again_type);
  wasm_func_delete(add_func);
  wasm_func_delete(closure);
  wasm_func_delete(again);
  wasm_instance_delete(instance);
  wasm_extern_vec_delete(&exports);
  CHECK(env.finalized == 0);
  wasm_store_delete(store);
  CHECK(env.finalized == 1);
  wasm_engine_delete(engine);
  return 0;
}
