// Types of imports and exports with no index left in them, for whoever has a component and wants to know what a name in
// it means: functions with named parameters, instances with all their exports, resources told apart.
//
// Validation makes these types (model/component/signatures.hpp), from inline exports, instantiated components, declared
// types and outer aliases alike; here they are found by name. The same signature is the same type (`same_type`, or one
// `structure`), wherever it came from.
#pragma once

#include <span>
#include <string_view>

#include "tenon/result.hpp"
#include "validate/component/component.hpp"

namespace tenon::transform {

enum class Direction : std::uint8_t { import, export_ };

// What the component imports or exports at the end of `path`: a name, and then names of exports of instances inside.
// Errors: usage (no such name, or a name inside of what is no instance), which say what there is.
Result<component::EntitySignature> concretize(const component::ValidatedComponent& component, Direction direction,
                                              std::span<const std::string_view> path);

// What stands at an index of a scope. Errors: usage (there is none, or a core definition other than a module).
Result<component::EntitySignature> concretize(const component::Spaces& scope, component::SortIdx item);

}  // namespace tenon::transform
