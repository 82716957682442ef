#include "base/give_way.hpp"

namespace tenon {

// There is one thread, and nobody to wait for.
void give_way(unsigned) noexcept {}

}  // namespace tenon
