// WAVE: values of the component model as text, given their type: `{name: "x", sizes: [1, 2]}`.
//
// Lenient where WAVE is: options may stand without `some`, results without `ok`, fields that are options may be left
// out. Handles have no text that could be read; printed they are `<own 5>`.
// https://github.com/bytecodealliance/wasm-tools/tree/main/crates/wasm-wave
#pragma once

#include <string>
#include <string_view>

#include "model/component/signatures.hpp"
#include "tenon/component_values.hpp"
#include "tenon/result.hpp"

namespace tenon::component {

// Appends the value, which is of the type.
void print_wave(std::string& out, const Val& value, const ValueType& type);

// A value of the type; the whole text. Errors: malformed, with line 1 and the column at which it was found.
Result<Val> parse_wave(std::string_view text, const ValueType& type);

}  // namespace tenon::component
