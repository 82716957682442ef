// Validation for those who only ask whether.
#pragma once

#include "model/component/component.hpp"
#include "spec/features.hpp"
#include "tenon/result.hpp"

namespace tenon::compose {

// Validates the component; of its core modules the declarations, and the bodies on request.
Result<void> check_component(const component::Component& component, Features features, bool with_bodies);

}  // namespace tenon::compose
