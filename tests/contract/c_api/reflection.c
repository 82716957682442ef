/* Types of imports and exports, before and after instantiation. */
#include "support.h"

static void check_import(const wasm_importtype_t* import, const char* name, wasm_externkind_t kind) {
  CHECK(name_is(wasm_importtype_module(import), "env") && name_is(wasm_importtype_name(import), name));
  CHECK(wasm_externtype_kind(wasm_importtype_type(import)) == kind);
}

static wasm_valkind_t kind_at(const wasm_valtype_vec_t* types, size_t index) {
  CHECK(index < types->size);
  return wasm_valtype_kind(types->data[index]);
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module = load_module(store, argv[1]);

  wasm_importtype_vec_t imports;
  wasm_module_imports(module, &imports);
  CHECK(imports.size == 2);
  check_import(imports.data[0], "f", WASM_EXTERN_FUNC);
  check_import(imports.data[1], "g", WASM_EXTERN_GLOBAL);
  const wasm_functype_t* func = wasm_externtype_as_functype_const(wasm_importtype_type(imports.data[0]));
  CHECK(kind_at(wasm_functype_params(func), 0) == WASM_I32 && kind_at(wasm_functype_params(func), 1) == WASM_I64);
  CHECK(kind_at(wasm_functype_results(func), 0) == WASM_F32 && kind_at(wasm_functype_results(func), 1) == WASM_F64);
  const wasm_globaltype_t* global = wasm_externtype_as_globaltype_const(wasm_importtype_type(imports.data[1]));
  CHECK(wasm_globaltype_mutability(global) == WASM_VAR);
  CHECK(wasm_valtype_is_ref(wasm_globaltype_content(global)));
  CHECK(wasm_externtype_as_memorytype_const(wasm_importtype_type(imports.data[0])) == NULL);

  wasm_exporttype_vec_t exports;
  wasm_module_exports(module, &exports);
  static const char* const names[] = {"func", "global", "table", "memory"};
  static const wasm_externkind_t kinds[] = {WASM_EXTERN_FUNC, WASM_EXTERN_GLOBAL, WASM_EXTERN_TABLE,
                                            WASM_EXTERN_MEMORY};
  CHECK(exports.size == 4);
  for (size_t i = 0; i < 4; ++i) {
    CHECK(name_is(wasm_exporttype_name(exports.data[i]), names[i]));
    CHECK(wasm_externtype_kind(wasm_exporttype_type(exports.data[i])) == kinds[i]);
  }
  func = wasm_externtype_as_functype_const(wasm_exporttype_type(exports.data[0]));
  CHECK(kind_at(wasm_functype_params(func), 0) == WASM_FUNCREF &&
        kind_at(wasm_functype_params(func), 1) == WASM_FUNCREF);
  CHECK(kind_at(wasm_functype_params(func), 2) == WASM_EXTERNREF);
  const wasm_limits_t* limits =
      wasm_tabletype_limits(wasm_externtype_as_tabletype_const(wasm_exporttype_type(exports.data[2])));
  CHECK(limits->min == 2 && limits->max == 50);
  limits = wasm_memorytype_limits(wasm_externtype_as_memorytype_const(wasm_exporttype_type(exports.data[3])));
  CHECK(limits->min == 1 && limits->max == wasm_limits_max_default);

  /* Types are values: copies outlive what they were copied from, and vectors are copied deeply. */
  wasm_exporttype_vec_t copies;
  wasm_exporttype_vec_copy(&copies, &exports);
  wasm_exporttype_vec_delete(&exports);
  wasm_importtype_t* import = wasm_importtype_copy(imports.data[0]);
  wasm_importtype_vec_delete(&imports);
  wasm_module_delete(module);
  CHECK(name_is(wasm_exporttype_name(copies.data[3]), "memory"));
  check_import(import, "f", WASM_EXTERN_FUNC);
  wasm_importtype_delete(import);
  wasm_exporttype_vec_delete(&copies);

  /* Types made by the host, through every conversion. */
  const wasm_limits_t made_limits = {1, 7};
  wasm_tabletype_t* table = wasm_tabletype_new(wasm_valtype_new_funcref(), &made_limits);
  wasm_externtype_t* as_extern = wasm_tabletype_as_externtype(table);
  CHECK(wasm_externtype_as_tabletype(as_extern) == table && wasm_externtype_as_functype(as_extern) == NULL);
  wasm_name_t module_name, name;
  wasm_name_new_from_string(&module_name, "m");
  wasm_name_new_from_string(&name, "n");
  import = wasm_importtype_new(&module_name, &name, as_extern);
  CHECK(name_is(wasm_importtype_name(import), "n"));
  CHECK(wasm_tabletype_limits(wasm_externtype_as_tabletype_const(wasm_importtype_type(import)))->max == 7);
  wasm_importtype_delete(import);
  CHECK(wasm_valtype_new(77) == NULL);

  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
