// The adapters of a component as text.
#pragma once

#include <string>

#include "model/component/component.hpp"
#include "spec/features.hpp"
#include "tenon/result.hpp"

namespace tenon::tools {

// The component as it was read from a binary. Errors: invalid, exhausted.
Result<std::string> list_adapters(const component::Component& component, Features features);

}  // namespace tenon::tools
