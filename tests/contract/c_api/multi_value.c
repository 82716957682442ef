/* Several results, of all number types, from the host and from the guest. */
#include "support.h"

static wasm_trap_t* reverse(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  CHECK(args->size == 4 && results->size == 4);
  for (size_t i = 0; i < 4; ++i) wasm_val_copy(&results->data[i], &args->data[3 - i]);
  return NULL;
}

static wasm_trap_t* wrong(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  for (size_t i = 0; i < 4; ++i) wasm_val_copy(&results->data[i], &args->data[i]);
  return NULL;
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_valtype_t* param_types[] = {wasm_valtype_new_i32(), wasm_valtype_new_i64(), wasm_valtype_new_f32(),
                                   wasm_valtype_new_f64()};
  wasm_valtype_t* result_types[] = {wasm_valtype_new_f64(), wasm_valtype_new_f32(), wasm_valtype_new_i64(),
                                    wasm_valtype_new_i32()};
  wasm_valtype_vec_t params, results;
  wasm_valtype_vec_new(&params, 4, param_types);
  wasm_valtype_vec_new(&results, 4, result_types);
  wasm_functype_t* type = wasm_functype_new(&params, &results);
  wasm_func_t* funcs[] = {wasm_func_new(store, type, reverse), wasm_func_new(store, type, wrong)};
  wasm_functype_delete(type);

  wasm_val_t args[] = {WASM_I32_VAL(1), WASM_I64_VAL(2), WASM_F32_VAL(3), WASM_F64_VAL(4)};
  for (int i = 0; i < 2; ++i) {
    wasm_extern_t* imports[] = {wasm_func_as_extern(funcs[i])};
    wasm_instance_t* instance = instantiate(store, argv[1], 1, imports);
    wasm_extern_vec_t exports;
    wasm_instance_exports(instance, &exports);
    const wasm_func_t* run = wasm_extern_as_func(exports.data[0]);
    if (i == 0) {
      wasm_val_t values[4];
      call(run, 4, args, 4, values);
      CHECK(values[0].kind == WASM_F64 && values[0].of.f64 == 4);
      CHECK(values[1].kind == WASM_F32 && values[1].of.f32 == 3);
      CHECK(values[2].kind == WASM_I64 && values[2].of.i64 == 2);
      CHECK(values[3].kind == WASM_I32 && values[3].of.i32 == 1);
      wasm_val_t many[10];
      call(wasm_extern_as_func(exports.data[1]), 1, args, 10, many);
      CHECK(many[0].of.i32 == 1 && many[9].of.i32 == 1);
    } else {
      /* The host gives values of other types than it promised. */
      call_traps(run, 4, args, "expected a value of type f64");
    }
    wasm_extern_vec_delete(&exports);
    wasm_instance_delete(instance);
    wasm_func_delete(funcs[i]);
  }
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
