// Values that stand in a component (value definitions 🪙), as values of the host.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md#-value-definitions
#pragma once

#include "base/bytes.hpp"
#include "model/component/signatures.hpp"
#include "tenon/component_values.hpp"

namespace tenon::fuse {

// `bytes` were validated against the type.
component::Val read_value(Bytes bytes, const component::ValueType& type);

}  // namespace tenon::fuse
