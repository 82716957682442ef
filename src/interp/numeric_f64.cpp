// Numeric operations whose first operand is an f64.
#include "interp/numeric.hpp"

namespace tenon::interp {

TENON_NUMERIC_FAMILY(numeric_f64, 3)

}  // namespace tenon::interp
