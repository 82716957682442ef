#include "engine/script_values.hpp"

#include <algorithm>
#include <cassert>

#include "base/bytes.hpp"
#include "base/float_text.hpp"
#include "engine/script_component_values.hpp"

namespace tenon::tools {

using core::AbstractHeapType;
using wast::ConstantKind;
using wast::LaneShape;
using wast::NanPattern;

namespace {

// A canonical NaN has only the top bit of its payload set, an arithmetic one has it set at least.
template <class Bits, Bits infinity, Bits quiet>
bool matches_float(Bits value, Bits expected, NanPattern pattern) noexcept {
  constexpr Bits magnitude = static_cast<Bits>(~Bits{0}) >> 1;
  switch (pattern) {
    case NanPattern::none: return value == expected;
    case NanPattern::canonical: return (value & magnitude) == (infinity | quiet);
    case NanPattern::arithmetic: return (value & (infinity | quiet)) == (infinity | quiet);
  }
  return false;
}

bool matches_f32(std::uint32_t value, std::uint32_t expected, NanPattern pattern) noexcept {
  return matches_float<std::uint32_t, 0x7F80'0000, 0x0040'0000>(value, expected, pattern);
}

bool matches_f64(std::uint64_t value, std::uint64_t expected, NanPattern pattern) noexcept {
  return matches_float<std::uint64_t, 0x7FF0'0000'0000'0000, 0x0008'0000'0000'0000>(value, expected, pattern);
}

bool matches_vector(const core::V128& value, const wast::Constant& pattern) noexcept {
  if (pattern.shape == LaneShape::f32x4) {
    for (std::size_t i = 0; i < 4; ++i) {
      const auto lane = load_le<std::uint32_t>(value.bytes + 4 * i);
      if (!matches_f32(lane, load_le<std::uint32_t>(pattern.vector.bytes + 4 * i), pattern.nan[i])) return false;
    }
    return true;
  }
  if (pattern.shape == LaneShape::f64x2) {
    for (std::size_t i = 0; i < 2; ++i) {
      const auto lane = load_le<std::uint64_t>(value.bytes + 8 * i);
      if (!matches_f64(lane, load_le<std::uint64_t>(pattern.vector.bytes + 8 * i), pattern.nan[i])) return false;
    }
    return true;
  }
  return value == pattern.vector;
}

bool is_of_heap_type(AbstractHeapType actual, AbstractHeapType wanted) noexcept {
  if (actual == wanted) return true;
  const bool is_eq = actual == AbstractHeapType::i31 || actual == AbstractHeapType::struct_ ||
                     actual == AbstractHeapType::array || actual == AbstractHeapType::eq;
  if (wanted == AbstractHeapType::eq) return is_eq;
  return wanted == AbstractHeapType::any && is_eq;
}

// The hierarchy of a heap type, by its top.
AbstractHeapType top_of(AbstractHeapType type) noexcept {
  switch (type) {
#define TENON_NUMBER_TYPE(name, code, text, feature)
#define TENON_PACKED_TYPE(name, code, text)
#define TENON_HEAP_TYPE(name, code, text, ref_text, top, bottom, feature) \
  case AbstractHeapType::name: return AbstractHeapType::top;
#include "spec/valtypes.def"
#undef TENON_NUMBER_TYPE
#undef TENON_PACKED_TYPE
#undef TENON_HEAP_TYPE
  }
  return type;
}

bool matches_null(const ScriptValue& value, const wast::Constant& pattern) noexcept {
  if (value.kind != ScriptValue::Kind::null) return false;
  if (pattern.is_any_heap || pattern.heap.is_concrete()) return true;
  return top_of(value.heap) == top_of(pattern.heap.abstract());
}

}  // namespace

bool matches(const ScriptValue& value, const wast::Constant& pattern) noexcept {
  if (value.kind == ScriptValue::Kind::component) {
    const auto expected = parse_component_constant(pattern.source, *value.type);
    return expected && *expected == value.value;
  }
  using Kind = ScriptValue::Kind;
  switch (pattern.kind) {
    case ConstantKind::i32:
      return value.kind == Kind::i32 &&
             static_cast<std::uint32_t>(value.bits) == static_cast<std::uint32_t>(pattern.bits);
    case ConstantKind::i64: return value.kind == Kind::i64 && value.bits == pattern.bits;
    case ConstantKind::f32:
      return value.kind == Kind::f32 && matches_f32(static_cast<std::uint32_t>(value.bits),
                                                    static_cast<std::uint32_t>(pattern.bits), pattern.nan[0]);
    case ConstantKind::f64: return value.kind == Kind::f64 && matches_f64(value.bits, pattern.bits, pattern.nan[0]);
    case ConstantKind::v128: return value.kind == Kind::v128 && matches_vector(value.vector, pattern);
    case ConstantKind::ref_null: return matches_null(value, pattern);
    case ConstantKind::ref_host:
      return value.kind == Kind::reference && value.heap == AbstractHeapType::any && value.bits == pattern.bits;
    case ConstantKind::ref_extern:
      return value.kind == Kind::reference && value.heap == AbstractHeapType::extern_ && value.bits == pattern.bits;
    case ConstantKind::ref_type:
      return value.kind == Kind::reference && is_of_heap_type(value.heap, pattern.heap.abstract());
    case ConstantKind::either:
      return std::ranges::any_of(pattern.alternatives, [&](const wast::Constant& one) { return matches(value, one); });
    case ConstantKind::component: return false;
  }
  return false;
}

std::string to_text(const ScriptValue& value) {
  const auto heap_text = [&]() -> std::string {
    switch (value.heap) {
#define TENON_NUMBER_TYPE(name, code, text, feature)
#define TENON_PACKED_TYPE(name, code, text)
#define TENON_HEAP_TYPE(name, code, text, ref_text, top, bottom, feature) \
  case AbstractHeapType::name: return text;
#include "spec/valtypes.def"
#undef TENON_NUMBER_TYPE
#undef TENON_PACKED_TYPE
#undef TENON_HEAP_TYPE
    }
    return {};
  };
  const auto constant = [](std::string_view type, std::string_view number) {
    return "(" + std::string(type) + ".const " + std::string(number) + ")";
  };
  switch (value.kind) {
    case ScriptValue::Kind::i32:
      return constant("i32", std::to_string(static_cast<std::int32_t>(static_cast<std::uint32_t>(value.bits))));
    case ScriptValue::Kind::i64: return constant("i64", std::to_string(static_cast<std::int64_t>(value.bits)));
    case ScriptValue::Kind::f32: return constant("f32", print_f32(static_cast<std::uint32_t>(value.bits)).view());
    case ScriptValue::Kind::f64: return constant("f64", print_f64(value.bits).view());
    case ScriptValue::Kind::v128: {
      constexpr std::string_view digits = "0123456789abcdef";
      std::string lanes = "i32x4";
      for (std::size_t lane = 0; lane < 4; ++lane) {
        lanes += " 0x";
        for (std::size_t byte = 4; byte-- > 0;) {
          const std::uint8_t bits = value.vector.bytes[lane * 4 + byte];
          lanes += digits[bits >> 4];
          lanes += digits[bits & 15];
        }
      }
      return constant("v128", lanes);
    }
    case ScriptValue::Kind::component: return value.text;
    case ScriptValue::Kind::null: return "(ref.null " + heap_text() + ")";
    case ScriptValue::Kind::reference: {
      const bool is_internal_host = value.heap == AbstractHeapType::any;
      const bool has_number = is_internal_host || value.heap == AbstractHeapType::extern_;
      return "(ref." + (is_internal_host ? std::string("host") : heap_text()) +
             (has_number ? " " + std::to_string(value.bits) : "") + ")";
    }
  }
  return {};
}

}  // namespace tenon::tools
