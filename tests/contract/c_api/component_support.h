/* What the programs that call components share. */
#ifndef TENON_TESTS_CONTRACT_C_API_COMPONENT_SUPPORT_H
#define TENON_TESTS_CONTRACT_C_API_COMPONENT_SUPPORT_H

#include <tenon/tenon.h>

#include "support.h"

/* Nothing went wrong. */
#define OK(call)                                                                              \
  do {                                                                                        \
    tenon_error_t* error_of_call = (call);                                                    \
    if (error_of_call != NULL) {                                                              \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, tenon_error_message(error_of_call)); \
      exit(1);                                                                                \
    }                                                                                         \
  } while (0)

/* This went wrong. */
#define FAILS(call, wanted)                             \
  do {                                                  \
    tenon_error_t* error_of_call = (call);              \
    CHECK(error_of_call != NULL);                       \
    CHECK(tenon_error_kind(error_of_call) == (wanted)); \
    tenon_error_delete(error_of_call);                  \
  } while (0)

static inline tenon_func_t* find(const tenon_instance_t* instance, const char* name) {
  tenon_func_t* func;
  OK(tenon_instance_func(instance, "", name, &func));
  return func;
}

#endif
