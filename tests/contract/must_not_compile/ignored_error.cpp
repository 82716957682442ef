// error: ignoring return value of function declared with 'nodiscard' attribute
#include "tenon/result.hpp"

tenon::Error describe();

void caller() {
#ifdef CONTROL
  (void)describe();
#else
  describe();
#endif
}
