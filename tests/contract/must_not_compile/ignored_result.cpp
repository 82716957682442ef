// error: ignoring return value of function declared with 'nodiscard' attribute
#include "tenon/result.hpp"

tenon::Result<int> parse();

void caller() {
#ifdef CONTROL
  auto result = parse();
  (void)result;
#else
  parse();
#endif
}
