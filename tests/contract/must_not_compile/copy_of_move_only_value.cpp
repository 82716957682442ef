// error: call to deleted constructor of 'std::unique_ptr<int>'
#include <memory>

#include "tenon/result.hpp"

std::unique_ptr<int> take(tenon::Result<std::unique_ptr<int>>& result) {
#ifdef CONTROL
  return *std::move(result);
#else
  return *result;
#endif
}
