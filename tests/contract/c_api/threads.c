/* One compiled module in the stores of several threads. */
#include <pthread.h>

#include "support.h"

enum { thread_count = 4, repetitions = 25 };

struct job {
  pthread_t thread;
  wasm_engine_t* engine;
  wasm_shared_module_t* module;
  int id;
  int sum;
};

static wasm_trap_t* report(void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  CHECK(results->size == 0);
  ((struct job*)env)->sum += args->data[0].of.i32;
  return NULL;
}

static void* run(void* argument) {
  struct job* job = argument;
  wasm_store_t* store = wasm_store_new(job->engine);
  wasm_module_t* module = wasm_module_obtain(store, job->module);
  CHECK(module != NULL);
  wasm_functype_t* func_type = wasm_functype_new_1_0(wasm_valtype_new_i32());
  wasm_globaltype_t* global_type = wasm_globaltype_new(wasm_valtype_new_i32(), WASM_CONST);
  for (int i = 0; i < repetitions; ++i) {
    wasm_func_t* func = wasm_func_new_with_env(store, func_type, report, job, NULL);
    const wasm_val_t id = WASM_I32_VAL(job->id);
    wasm_global_t* global = wasm_global_new(store, global_type, &id);
    wasm_extern_t* items[] = {wasm_global_as_extern(global), wasm_func_as_extern(func)};
    const wasm_extern_vec_t imports = WASM_ARRAY_VEC(items);
    wasm_instance_t* instance = wasm_instance_new(store, module, &imports, NULL);
    CHECK(instance != NULL);
    wasm_extern_vec_t exports;
    wasm_instance_exports(instance, &exports);
    call(wasm_extern_as_func(exports.data[0]), 0, NULL, 0, NULL);
    wasm_extern_vec_delete(&exports);
    wasm_instance_delete(instance);
    wasm_global_delete(global);
    wasm_func_delete(func);
  }
  wasm_functype_delete(func_type);
  wasm_globaltype_delete(global_type);
  wasm_module_delete(module);
  wasm_store_delete(store);
  return NULL;
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module = load_module(store, argv[1]);
  wasm_shared_module_t* shared = wasm_module_share(module);
  wasm_module_delete(module);
  wasm_store_delete(store);

  struct job jobs[thread_count];
  for (int i = 0; i < thread_count; ++i) {
    jobs[i] = (struct job){.engine = engine, .module = shared, .id = i + 1};
    CHECK(pthread_create(&jobs[i].thread, NULL, run, &jobs[i]) == 0);
  }
  for (int i = 0; i < thread_count; ++i) {
    CHECK(pthread_join(jobs[i].thread, NULL) == 0);
    CHECK(jobs[i].sum == 10 * jobs[i].id * repetitions);
  }

  /* Another engine cannot use it. */
  wasm_engine_t* stranger = wasm_engine_new();
  store = wasm_store_new(stranger);
  CHECK(wasm_module_obtain(store, shared) == NULL);
  wasm_store_delete(store);
  wasm_engine_delete(stranger);
  wasm_shared_module_delete(shared);
  wasm_engine_delete(engine);
  return 0;
}
