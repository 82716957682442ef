// Core constants become bits; those of components are read by component_constants.cpp.
#include "text/wast/constants.hpp"

#include <algorithm>
#include <optional>

#include "base/bytes.hpp"
#include "base/float_text.hpp"
#include "spec/limits.hpp"
#include "text/wast/component_constants.hpp"

namespace tenon::wast {

namespace {

enum class LaneType : std::uint8_t { i8, i16, i32, i64, f32, f64 };

struct ShapeInfo {
  std::string_view text;
  LaneShape shape;
  LaneType type;
  unsigned width;  // bits
};
constexpr ShapeInfo shapes[] = {
    {"i8x16", LaneShape::i8x16, LaneType::i8, 8},   {"i16x8", LaneShape::i16x8, LaneType::i16, 16},
    {"i32x4", LaneShape::i32x4, LaneType::i32, 32}, {"i64x2", LaneShape::i64x2, LaneType::i64, 64},
    {"f32x4", LaneShape::f32x4, LaneType::f32, 32}, {"f64x2", LaneShape::f64x2, LaneType::f64, 64},
};

struct HeapName {
  std::string_view text;
  core::AbstractHeapType type;
};
constexpr HeapName heap_names[] = {
#define TENON_NUMBER_TYPE(name, code, text, feature)
#define TENON_PACKED_TYPE(name, code, text)
#define TENON_HEAP_TYPE(name, code, text, ref_text, top, bottom, feature) {text, core::AbstractHeapType::name},
#include "spec/valtypes.def"
#undef TENON_NUMBER_TYPE
#undef TENON_PACKED_TYPE
#undef TENON_HEAP_TYPE
};

std::optional<core::AbstractHeapType> find_heap_type(std::string_view text) {
  const auto* const found = std::ranges::find(heap_names, text, &HeapName::text);
  if (found == std::ranges::end(heap_names)) return std::nullopt;
  return found->type;
}

Number checked(TokenCursor& in, const Token& token, const ParsedNumber& parsed, std::string_view type, unsigned width) {
  if (parsed.fault == NumberFault::malformed) in.unexpected(token, "a number");
  if (parsed.fault == NumberFault::out_of_range) {
    in.fault_at(token.offset, type, width, " constant out of range: found ", in.text(token).substr(0, 64));
  }
  return {.bits = parsed.bits};
}

class ConstantParser {
 public:
  ConstantParser(TokenCursor& in, ConstantRole role) : in_(in), role_(role) {}

  std::span<const Constant> parse_list() {
    ArenaVector<Constant> constants;
    while (in_.at(TokenKind::left_paren)) constants.push_back(in_.arena(), parse_one());
    return constants;
  }

 private:
  Constant parse_one() {
    const std::uint32_t begin = in_.peek().offset;
    in_.expect_open();
    const Token keyword = in_.next();
    Constant constant = parse_body(keyword, in_.text(keyword));
    in_.expect_close();
    constant.source = in_.source().substr(begin, in_.last_end() - begin);
    return constant;
  }

  Constant parse_body(const Token& keyword, std::string_view text) {
    if (text == "i32.const") return number(ConstantKind::i32, LaneType::i32, 32);
    if (text == "i64.const") return number(ConstantKind::i64, LaneType::i64, 64);
    if (text == "f32.const") return number(ConstantKind::f32, LaneType::f32, 32);
    if (text == "f64.const") return number(ConstantKind::f64, LaneType::f64, 64);
    if (text == "v128.const") return vector();
    if (text == "ref.null") return null_reference();
    if (text == "ref.host") return numbered_reference(ConstantKind::ref_host);
    if (text == "ref.extern" && !in_.at_close()) return numbered_reference(ConstantKind::ref_extern);
    if (text == "either" && role_ == ConstantRole::result) return either();
    if (text.starts_with("ref") && role_ == ConstantRole::result) return reference_type(keyword, text);
    if (const auto component = parse_component_constant(in_, text, role_)) {
      return {.kind = ConstantKind::component, .component = in_.arena().make<ComponentConstant>(*component)};
    }
    in_.unexpected(keyword, "a constant");
    return {};
  }

  Constant number(ConstantKind kind, LaneType type, unsigned width) {
    const Number value = parse_number(type, width);
    Constant constant{.kind = kind, .bits = value.bits};
    constant.nan[0] = value.nan;
    return constant;
  }

  Number parse_number(LaneType type, unsigned width) {
    if (type == LaneType::f32 || type == LaneType::f64) return parse_float_constant(in_, width, role_);
    return parse_integer_constant(in_, width);
  }

  Constant vector() {
    Constant constant{.kind = ConstantKind::v128};
    const Token name = in_.next();
    const auto* const shape = std::ranges::find(shapes, in_.text(name), &ShapeInfo::text);
    if (shape == std::ranges::end(shapes)) {
      in_.unexpected(name, "a vector shape");
      return constant;
    }
    constant.shape = shape->shape;
    const std::size_t lane_size = shape->width / 8;
    for (std::size_t lane = 0; lane < sizeof constant.vector.bytes / lane_size; ++lane) {
      if (in_.at_close()) in_.fault_at(in_.peek().offset, "wrong number of lane literals: found ", lane);
      const Number value = parse_number(shape->type, shape->width);
      std::uint8_t raw[sizeof value.bits];
      store_le(raw, value.bits);
      std::copy_n(raw, lane_size, constant.vector.bytes + lane * lane_size);
      if (value.nan != NanPattern::none) constant.nan[lane] = value.nan;
    }
    return constant;
  }

  Constant null_reference() {
    Constant constant{.kind = ConstantKind::ref_null};
    if (in_.at_close() && role_ == ConstantRole::result) {
      constant.is_any_heap = true;
      return constant;
    }
    if (in_.at(TokenKind::natural)) {
      constant.heap = core::TypeIdx(in_.expect_u32());
      return constant;
    }
    const Token token = in_.next();
    const auto heap = find_heap_type(in_.text(token));
    if (!heap) in_.unexpected(token, "a heap type");
    if (heap) constant.heap = *heap;
    return constant;
  }

  Constant numbered_reference(ConstantKind kind) {
    const std::uint32_t number = in_.expect_u32();
    return {.kind = kind, .bits = number};
  }

  // (ref), (ref.func), (ref.i31), ...
  Constant reference_type(const Token& keyword, std::string_view text) {
    Constant constant{.kind = ConstantKind::ref_type};
    const auto heap =
        text == "ref" ? core::AbstractHeapType::any : find_heap_type(text.substr(std::string_view("ref.").size()));
    if (!heap) in_.unexpected(keyword, "a reference pattern");
    if (heap) constant.heap = *heap;
    return constant;
  }

  Constant either() {
    if (++nesting_ > limits::max_script_nesting) {
      in_.fail_with(fail(ErrorKind::exhausted, in_.place(in_.peek().offset),
                         "nesting too deep: the limit of patterns is ", limits::max_script_nesting));
      return {};
    }
    Constant constant{.kind = ConstantKind::either, .alternatives = parse_list()};
    --nesting_;
    return constant;
  }

  TokenCursor& in_;
  ConstantRole role_;
  std::uint32_t nesting_ = 0;
};

}  // namespace

Number parse_integer_constant(TokenCursor& in, unsigned width) {
  const Token token = in.next();
  const std::string_view text = in.text(token);
  return checked(in, token, parse_integer(text, width), "i", width);
}

Number parse_float_constant(TokenCursor& in, unsigned width, ConstantRole role) {
  const Token token = in.next();
  const std::string_view text = in.text(token);
  if (role == ConstantRole::result) {
    if (text == "nan:canonical") return {.nan = NanPattern::canonical};
    if (text == "nan:arithmetic") return {.nan = NanPattern::arithmetic};
  }
  constexpr unsigned f32_width = 32;
  return checked(in, token, width == f32_width ? parse_f32(text) : parse_f64(text), "f", width);
}

std::span<const Constant> parse_constants(TokenCursor& in, ConstantRole role) {
  return ConstantParser(in, role).parse_list();
}

}  // namespace tenon::wast
