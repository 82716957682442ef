// Numeric operations whose first operand is an i64.
#include "interp/numeric.hpp"

namespace tenon::interp {

TENON_NUMERIC_FAMILY(numeric_i64, 1)

}  // namespace tenon::interp
