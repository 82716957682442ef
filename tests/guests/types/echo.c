// Gives back what it gets: what a parameter owns becomes the result's.
#include "echo.h"

#include <stdlib.h>
#include <string.h>

#define SAME(name, type) \
  void exports_demo_all_types_##name(type* x, type* ret) { *ret = *x; }
SAME(bytes, echo_tuple2_u8_s8_t)
SAME(words, echo_tuple2_u16_s16_t)
SAME(ints, echo_tuple2_u32_s32_t)
SAME(longs, echo_tuple2_u64_s64_t)
SAME(floats, echo_tuple2_f32_f64_t)
SAME(texts, echo_string_t)
SAME(lists, echo_list_u16_t)
SAME(lists_of_texts, echo_list_string_t)
SAME(points, exports_demo_all_types_point_t)
SAME(shapes, exports_demo_all_types_shape_t)
SAME(pairs, exports_demo_all_types_list_pair_t)

bool exports_demo_all_types_bools(bool x) { return x; }
uint32_t exports_demo_all_types_chars(uint32_t x) { return x; }
exports_demo_all_types_color_t exports_demo_all_types_colors(exports_demo_all_types_color_t x) { return x; }
exports_demo_all_types_rights_t exports_demo_all_types_rights_of(exports_demo_all_types_rights_t x) { return x; }

bool exports_demo_all_types_options(echo_option_u32_t* maybe_x, echo_option_u32_t* ret) {
  if (maybe_x == NULL) return false;
  *ret = *maybe_x;
  return true;
}
bool exports_demo_all_types_results(exports_demo_all_types_result_string_color_t* x, echo_string_t* ret,
                                    exports_demo_all_types_color_t* err) {
  if (x->is_err) {
    *err = x->val.err;
    return false;
  }
  *ret = x->val.ok;
  return true;
}
bool exports_demo_all_types_empty_results(exports_demo_all_types_result_void_void_t* x) { return !x->is_err; }

void exports_demo_all_types_many(uint8_t a, uint16_t b, uint32_t c, uint64_t d, float e, double f, echo_string_t* g,
                                 echo_string_t* h, echo_string_t* i, echo_string_t* j, echo_string_t* k,
                                 echo_string_t* l, echo_string_t* ret) {
  echo_string_t* all[] = {g, h, i, j, k, l};
  size_t size = a + b + c + d == 10 && e == 5 && f == 6 ? 0 : 1;
  for (int at = 0; at < 6; ++at) size += all[at]->len;
  ret->ptr = malloc(size + 1);
  ret->len = 0;
  for (int at = 0; at < 6; ++at) {
    if (all[at]->len != 0) memcpy(ret->ptr + ret->len, all[at]->ptr, all[at]->len);
    ret->len += all[at]->len;
    echo_string_free(all[at]);
  }
}

void exports_demo_all_types_counters(uint32_t start, echo_tuple2_u32_u32_t* ret) {
  ret->f0 = 2 * start + 11;
  ret->f1 = 2 * start + 12;
}

struct exports_demo_all_types_counter_t {
  uint32_t value;
};

static exports_demo_all_types_own_counter_t counter(uint32_t value) {
  exports_demo_all_types_counter_t* made = malloc(sizeof *made);
  made->value = value;
  return exports_demo_all_types_counter_new(made);
}
exports_demo_all_types_own_counter_t exports_demo_all_types_constructor_counter(uint32_t start) {
  return counter(start);
}
void exports_demo_all_types_counter_destructor(exports_demo_all_types_counter_t* rep) { free(rep); }
uint32_t exports_demo_all_types_method_counter_next(exports_demo_all_types_borrow_counter_t self) {
  return ++self->value;
}
uint32_t exports_demo_all_types_static_counter_sum(exports_demo_all_types_list_borrow_counter_t* of) {
  uint32_t sum = 0;
  for (size_t at = 0; at < of->len; ++at) sum += of->ptr[at]->value;
  exports_demo_all_types_list_borrow_counter_free(of);
  return sum;
}
exports_demo_all_types_own_counter_t exports_demo_all_types_static_counter_merge(
    exports_demo_all_types_own_counter_t a, exports_demo_all_types_own_counter_t b) {
  const uint32_t sum = exports_demo_all_types_counter_rep(a)->value + exports_demo_all_types_counter_rep(b)->value;
  exports_demo_all_types_counter_drop_own(a);
  exports_demo_all_types_counter_drop_own(b);
  return counter(sum);
}
