// Asks the one that it imports, and gives on what that says. A counter of it has one of the other's inside. What a
// parameter owns is freed when the other has had it; results are given on as they are. The standard library's memory
// would want a system for its last words: C's serves.
#include "pass.h"

#include <cstdlib>
#include <initializer_list>

namespace {

// Types of the import and of the export lie in memory in the same way.
template <class To, class From>
To& as(From& value) {
  static_assert(sizeof(To) == sizeof(From) && alignof(To) == alignof(From));
  return reinterpret_cast<To&>(value);
}

}  // namespace

struct exports_demo_all_types_counter_t {
  demo_all_types_own_counter_t inner;
};

namespace {

using Counter = exports_demo_all_types_counter_t;

exports_demo_all_types_own_counter_t hold(demo_all_types_own_counter_t inner) {
  auto* rep = static_cast<Counter*>(std::malloc(sizeof(Counter)));
  rep->inner = inner;
  return exports_demo_all_types_counter_new(rep);
}
demo_all_types_own_counter_t release(exports_demo_all_types_own_counter_t handle) {
  Counter* rep = exports_demo_all_types_counter_rep(handle);
  const demo_all_types_own_counter_t inner = rep->inner;
  rep->inner.__handle = 0;
  exports_demo_all_types_counter_drop_own(handle);
  return inner;
}

}  // namespace

#define PASS(name, type) \
  void exports_demo_all_types_##name(type* x, type* ret) { demo_all_types_##name(x, ret); }
PASS(bytes, pass_tuple2_u8_s8_t)
PASS(words, pass_tuple2_u16_s16_t)
PASS(ints, pass_tuple2_u32_s32_t)
PASS(longs, pass_tuple2_u64_s64_t)
PASS(floats, pass_tuple2_f32_f64_t)

bool exports_demo_all_types_bools(bool x) { return demo_all_types_bools(x); }
uint32_t exports_demo_all_types_chars(uint32_t x) { return demo_all_types_chars(x); }
exports_demo_all_types_color_t exports_demo_all_types_colors(exports_demo_all_types_color_t x) {
  return demo_all_types_colors(x);
}
exports_demo_all_types_rights_t exports_demo_all_types_rights_of(exports_demo_all_types_rights_t x) {
  return demo_all_types_rights_of(x);
}
bool exports_demo_all_types_options(pass_option_u32_t* maybe_x, pass_option_u32_t* ret) {
  return demo_all_types_options(maybe_x, ret);
}

#define PASS_AND_FREE(name, type, imported, free)                  \
  void exports_demo_all_types_##name(type* x, type* ret) {         \
    demo_all_types_##name(&as<imported>(*x), &as<imported>(*ret)); \
    free(x);                                                       \
  }
PASS_AND_FREE(texts, pass_string_t, pass_string_t, pass_string_free)
PASS_AND_FREE(lists, pass_list_u16_t, pass_list_u16_t, pass_list_u16_free)
PASS_AND_FREE(lists_of_texts, pass_list_string_t, pass_list_string_t, pass_list_string_free)
PASS_AND_FREE(points, exports_demo_all_types_point_t, demo_all_types_point_t, exports_demo_all_types_point_free)
PASS_AND_FREE(shapes, exports_demo_all_types_shape_t, demo_all_types_shape_t, exports_demo_all_types_shape_free)
PASS_AND_FREE(pairs, exports_demo_all_types_list_pair_t, demo_all_types_list_pair_t,
              exports_demo_all_types_list_pair_free)

bool exports_demo_all_types_results(exports_demo_all_types_result_string_color_t* x, pass_string_t* ret,
                                    exports_demo_all_types_color_t* err) {
  const bool is_ok = demo_all_types_results(&as<demo_all_types_result_string_color_t>(*x), ret, err);
  exports_demo_all_types_result_string_color_free(x);
  return is_ok;
}
bool exports_demo_all_types_empty_results(exports_demo_all_types_result_void_void_t* x) {
  return demo_all_types_empty_results(&as<demo_all_types_result_void_void_t>(*x));
}

void exports_demo_all_types_many(uint8_t a, uint16_t b, uint32_t c, uint64_t d, float e, double f, pass_string_t* g,
                                 pass_string_t* h, pass_string_t* i, pass_string_t* j, pass_string_t* k,
                                 pass_string_t* l, pass_string_t* ret) {
  demo_all_types_many(a, b, c, d, e, f, g, h, i, j, k, l, ret);
  for (pass_string_t* text : {g, h, i, j, k, l}) pass_string_free(text);
}

exports_demo_all_types_own_counter_t exports_demo_all_types_constructor_counter(uint32_t start) {
  return hold(demo_all_types_constructor_counter(start));
}
void exports_demo_all_types_counter_destructor(Counter* rep) {
  if (rep->inner.__handle != 0) demo_all_types_counter_drop_own(rep->inner);
  std::free(rep);
}
uint32_t exports_demo_all_types_method_counter_next(exports_demo_all_types_borrow_counter_t self) {
  return demo_all_types_method_counter_next(demo_all_types_borrow_counter(self->inner));
}
uint32_t exports_demo_all_types_static_counter_sum(exports_demo_all_types_list_borrow_counter_t* of) {
  using Borrow = demo_all_types_borrow_counter_t;
  demo_all_types_list_borrow_counter_t list{static_cast<Borrow*>(std::malloc(of->len * sizeof(Borrow))), of->len};
  for (size_t at = 0; at < of->len; ++at) list.ptr[at] = demo_all_types_borrow_counter(of->ptr[at]->inner);
  exports_demo_all_types_list_borrow_counter_free(of);
  const uint32_t sum = demo_all_types_static_counter_sum(&list);
  std::free(list.ptr);
  return sum;
}
exports_demo_all_types_own_counter_t exports_demo_all_types_static_counter_merge(
    exports_demo_all_types_own_counter_t a, exports_demo_all_types_own_counter_t b) {
  return hold(demo_all_types_static_counter_merge(release(a), release(b)));
}

void exports_demo_all_types_counters(uint32_t start, pass_tuple2_u32_u32_t* ret) {
  demo_all_types_own_counter_t a = demo_all_types_constructor_counter(start);
  demo_all_types_own_counter_t b = demo_all_types_constructor_counter(start + 10);
  demo_all_types_method_counter_next(demo_all_types_borrow_counter(a));
  demo_all_types_borrow_counter_t both[] = {demo_all_types_borrow_counter(a), demo_all_types_borrow_counter(b)};
  demo_all_types_list_borrow_counter_t list{both, 2};
  ret->f0 = demo_all_types_static_counter_sum(&list);
  demo_all_types_own_counter_t one = demo_all_types_static_counter_merge(a, b);
  ret->f1 = demo_all_types_method_counter_next(demo_all_types_borrow_counter(one));
  demo_all_types_counter_drop_own(one);
}
