// What the canonical ABI asks of a value type, computed once, when a node is made; internal to validate/component.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#alignment
#pragma once

#include "model/component/signatures.hpp"
#include "tenon/result.hpp"

namespace tenon::component {

// Fills in the facts of `type` from those of its members. Errors: invalid (beyond the size of a value in memory, or
// nested too deeply).
Result<void> compute_facts(ValueType& type);

// Whether a type is a resource or speaks of one.
bool refers_to_resources(const TypeEntity& type) noexcept;

}  // namespace tenon::component
