#include "base/give_way.hpp"

#include <sched.h>

namespace tenon {

void give_way(unsigned turns) noexcept {
  constexpr unsigned worth_spinning = 100;
  if (turns > worth_spinning) ::sched_yield();
}

}  // namespace tenon
