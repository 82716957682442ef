// Constants of component scripts: `(record.const (field "a" u8.const 1))`.
#pragma once

#include <string_view>

#include "model/component/signatures.hpp"
#include "tenon/component_values.hpp"
#include "tenon/result.hpp"

namespace tenon::tools {

// The constant's value as one of `type`, which says what labels and case names mean. A NaN of any pattern is the
// canonical one, which is all that components can see. Errors: usage.
Result<component::Val> parse_component_constant(std::string_view source, const component::ValueType& type);

}  // namespace tenon::tools
