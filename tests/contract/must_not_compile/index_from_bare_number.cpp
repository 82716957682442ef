// error: no viable conversion from returned value of type 'std::uint32_t'
#include <cstdint>

#include "model/core/module.hpp"

tenon::core::FuncIdx first(std::uint32_t number) {
#ifdef CONTROL
  return tenon::core::FuncIdx(number);
#else
  return number;
#endif
}
