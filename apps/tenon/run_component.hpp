// tenon run, of components.
#pragma once

#include <string>
#include <string_view>

#include "tenon/component.hpp"

namespace tenon::program {

// Calls what `invoke` says, "ns:pkg/iface.func(1, \"x\")" in WAVE, and prints the result. An interface may be named
// without its version, and left out where only one has a function of that name. Errors: usage (names what there is),
// and those of the call.
Result<void> invoke_component(const Component& component, const ComponentInstance& instance, std::string_view invoke);

}  // namespace tenon::program
