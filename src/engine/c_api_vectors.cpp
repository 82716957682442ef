// Vectors of the C interface. Elements are plain values (bytes, values) or owned pointers; `copy_element` and
// `delete_element` are what makes the difference.
#include <algorithm>

#include "engine/c_api.hpp"

namespace tenon::c_api {

namespace {

wasm_byte_t copy_element(wasm_byte_t byte) { return byte; }
void delete_element(wasm_byte_t) {}

wasm_val_t copy_element(const wasm_val_t& value) {
  wasm_val_t copy{};
  wasm_val_copy(&copy, &value);
  return copy;
}
void delete_element(wasm_val_t& value) { wasm_val_delete(&value); }

// One overload each, by the name of the type's own functions.
#define TENON_C_ELEMENT(name)                                                                     \
  wasm_##name##_t* copy_element(const wasm_##name##_t* item) { return wasm_##name##_copy(item); } \
  void delete_element(wasm_##name##_t* item) { wasm_##name##_delete(item); }
TENON_C_ELEMENT(valtype)
TENON_C_ELEMENT(functype)
TENON_C_ELEMENT(globaltype)
TENON_C_ELEMENT(tabletype)
TENON_C_ELEMENT(memorytype)
TENON_C_ELEMENT(externtype)
TENON_C_ELEMENT(importtype)
TENON_C_ELEMENT(exporttype)
TENON_C_ELEMENT(frame)
TENON_C_ELEMENT(extern)
#undef TENON_C_ELEMENT

template <class Vector, class Element>
void take(Vector* out, std::size_t size, const Element* elements) {
  new_zeroed(out, size);
  if (out != nullptr && elements != nullptr) std::copy_n(elements, out->size, out->data);
}

template <class Vector>
void copy(Vector* out, const Vector* from) {
  if (out == nullptr) return;
  Vector result{};
  if (from != nullptr && from->data != nullptr) new_zeroed(&result, from->size);
  for (std::size_t i = 0; i < result.size; ++i) result.data[i] = copy_element(from->data[i]);
  *out = result;
}

template <class Vector>
void destroy(Vector* vector) {
  if (vector == nullptr) return;
  if (vector->data != nullptr) {
    for (std::size_t i = 0; i < vector->size; ++i) delete_element(vector->data[i]);
  }
  delete[] vector->data;
  *vector = {};
}

}  // namespace

}  // namespace tenon::c_api

#define TENON_C_VECTOR(name, star)                                                                           \
  void wasm_##name##_vec_new_empty(wasm_##name##_vec_t* out) { tenon::c_api::new_zeroed(out, 0); }           \
  void wasm_##name##_vec_new_uninitialized(wasm_##name##_vec_t* out, size_t size) {                          \
    tenon::c_api::new_zeroed(out, size);                                                                     \
  }                                                                                                          \
  void wasm_##name##_vec_new(wasm_##name##_vec_t* out, size_t size, wasm_##name##_t star const elements[]) { \
    tenon::c_api::take(out, size, elements);                                                                 \
  }                                                                                                          \
  void wasm_##name##_vec_copy(wasm_##name##_vec_t* out, const wasm_##name##_vec_t* from) {                   \
    tenon::c_api::copy(out, from);                                                                           \
  }                                                                                                          \
  void wasm_##name##_vec_delete(wasm_##name##_vec_t* vector) { tenon::c_api::destroy(vector); }

TENON_C_VECTOR(byte, )
TENON_C_VECTOR(val, )
TENON_C_VECTOR(valtype, *)
TENON_C_VECTOR(functype, *)
TENON_C_VECTOR(globaltype, *)
TENON_C_VECTOR(tabletype, *)
TENON_C_VECTOR(memorytype, *)
TENON_C_VECTOR(externtype, *)
TENON_C_VECTOR(importtype, *)
TENON_C_VECTOR(exporttype, *)
TENON_C_VECTOR(frame, *)
TENON_C_VECTOR(extern, *)
