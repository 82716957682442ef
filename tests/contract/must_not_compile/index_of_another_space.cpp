// error: no viable overloaded operator[]
#include "model/core/module.hpp"

const tenon::core::Func& function(const tenon::core::Module& module, tenon::core::FuncIdx func,
                                  [[maybe_unused]] tenon::core::TypeIdx type) {
#ifdef CONTROL
  return module.funcs[func];
#else
  return module.funcs[type];
#endif
}
