// Numeric operations whose first operand is an f32.
#include "interp/numeric.hpp"

namespace tenon::interp {

TENON_NUMERIC_FAMILY(numeric_f32, 2)

}  // namespace tenon::interp
