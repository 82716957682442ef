// Numeric operations whose first operand is an i32.
#include "interp/numeric.hpp"

namespace tenon::interp {

TENON_NUMERIC_FAMILY(numeric_i32, 0)

}  // namespace tenon::interp
