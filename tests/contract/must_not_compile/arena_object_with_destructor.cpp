// error: static assertion failed due to requirement 'std::is_trivially_destructible_v
#include <string>

#include "base/arena.hpp"

void fill(tenon::Arena& arena) {
#ifdef CONTROL
  arena.make<int>(1);
#else
  arena.make<std::string>("never destroyed");
#endif
}
