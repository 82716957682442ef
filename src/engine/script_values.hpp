// Values that scripts see, and whether they are what a script expects.
#pragma once

#include <cstdint>
#include <string>

#include "model/component/signatures.hpp"
#include "model/core/instruction.hpp"
#include "model/core/types.hpp"
#include "tenon/component_values.hpp"
#include "text/wast/script.hpp"

namespace tenon::tools {

// A result of an action. A reference says what it refers to, not its static type.
struct ScriptValue {
  enum class Kind : std::uint8_t { i32, i64, f32, f64, v128, null, reference, component };
  Kind kind = Kind::i32;
  std::uint64_t bits = 0;  // numbers; for references to something of the host, its number
  core::V128 vector{};
  // kind null: the bottom of its hierarchy. kind reference: the most precise abstract heap type: func, i31, struct_,
  // array, exn, extern_ for a host's external reference, any for a host's internal one.
  core::AbstractHeapType heap = core::AbstractHeapType::func;
  // kind component.
  component::Val value{};
  const component::ValueType* type = nullptr;
  std::string text{};
};

// Whether a value is the constant, or one of what the pattern allows.
bool matches(const ScriptValue& value, const wast::Constant& pattern) noexcept;

// As the text format writes it: "(i32.const 7)", "(f32.const nan:0x400001)", "(ref.extern 3)".
std::string to_text(const ScriptValue& value);

}  // namespace tenon::tools
