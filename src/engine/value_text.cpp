// Core values as text, in the notation of WAVE where it has one.
// https://github.com/bytecodealliance/wasm-tools/tree/main/crates/wasm-wave
#include <algorithm>

#include "base/float_text.hpp"
#include "engine/state.hpp"

namespace tenon {

namespace {

std::string_view trim(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\n'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

Error not_a_value(ValType type, std::string_view text, NumberFault fault) {
  const std::string name = type.to_string();
  return detail::usage("expected a value of type ", std::string_view(name), ", found \"", text, "\"",
                       fault == NumberFault::out_of_range ? ", which is out of its range" : "");
}

Result<Val> parse_number(ValType type, std::string_view text) {
  constexpr ValType numbers[] = {ValType::i32(), ValType::i64(), ValType::f32(), ValType::f64()};
  if (std::ranges::find(numbers, type) == std::end(numbers)) return not_a_value(type, text, NumberFault::malformed);
  const auto parse = [&] {
    if (type == ValType::i32()) return parse_integer(text, 32);
    if (type == ValType::i64()) return parse_integer(text, 64);
    return type == ValType::f32() ? parse_f32(text) : parse_f64(text);
  };
  const ParsedNumber number = parse();
  if (number.fault != NumberFault::none) return not_a_value(type, text, number.fault);
  return Val::from_bits(type, number.bits);
}

Result<Val> parse_vector(std::string_view text) {
  if (!text.starts_with('(') || !text.ends_with(')')) return not_a_value(ValType::v128(), text, NumberFault::malformed);
  auto lanes = parse_values(std::vector<ValType>(4, ValType::i32()), text.substr(1, text.size() - 2));
  if (!lanes) return not_a_value(ValType::v128(), text, NumberFault::malformed);
  const auto pair = [&](std::size_t i) { return (*lanes)[i].low_bits() | (*lanes)[i + 1].low_bits() << 32; };
  return Val::from_bits(ValType::v128(), pair(0), pair(2));
}

// The text up to the next comma that stands in no parentheses.
std::size_t end_of_value(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')') --depth;
    if (text[i] == ',' && depth == 0) return i;
  }
  return text.size();
}

}  // namespace

Result<Val> parse_value(ValType type, std::string_view text) {
  text = trim(text);
  if (type.is_vector()) return parse_vector(text);
  if (!type.is_ref()) return parse_number(type, text);
  if (text != "null") return not_a_value(type, text, NumberFault::malformed);
  return Val(type, Ref());
}

Result<std::vector<Val>> parse_values(const std::vector<ValType>& types, std::string_view text) {
  std::vector<Val> values;
  text = trim(text);
  while (!text.empty()) {
    const std::size_t end = end_of_value(text);
    if (values.size() == types.size()) break;
    auto value = parse_value(types[values.size()], text.substr(0, end));
    if (!value) return std::move(value).error();
    values.push_back(std::move(*value));
    text = trim(text.substr(std::min(text.size(), end + 1)));
  }
  if (values.size() == types.size() && text.empty()) return values;
  return detail::usage("expected ", types.size(), " values, found ", text.empty() ? "fewer" : "more");
}

std::string to_string(const Val& value) {
  const ValType type = value.type();
  if (type == ValType::i32()) return std::to_string(value.i32());
  if (type == ValType::i64()) return std::to_string(value.i64());
  if (type == ValType::f32()) return std::string(print_f32(static_cast<std::uint32_t>(value.low_bits())).view());
  if (type == ValType::f64()) return std::string(print_f64(value.low_bits()).view());
  if (type.is_vector()) {
    const auto lane = [](std::uint64_t bits) { return std::to_string(static_cast<std::uint32_t>(bits)); };
    return "(" + lane(value.low_bits()) + ", " + lane(value.low_bits() >> 32) + ", " + lane(value.high_bits()) + ", " +
           lane(value.high_bits() >> 32) + ")";
  }
  switch (value.ref().kind()) {
    case Ref::Kind::null: return "null";
    case Ref::Kind::func: return "<func>";
    case Ref::Kind::i31: return "<i31 " + std::to_string(value.ref().i31_s()) + ">";
    case Ref::Kind::struct_: return "<struct>";
    case Ref::Kind::array: return "<array>";
    case Ref::Kind::exception: return "<exception>";
    case Ref::Kind::host: return "<host value>";
  }
  return {};
}

}  // namespace tenon
