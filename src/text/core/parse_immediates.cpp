// The immediates of instructions in the text format, by their shape.
// https://webassembly.github.io/spec/core/text/instructions.html
#include <bit>
#include <cstring>

#include "base/float_text.hpp"
#include "text/core/parse_body.hpp"
#include "text/core/parse_types.hpp"

namespace tenon::core {

namespace {

bool at_number(const TokenCursor& in) noexcept {
  return in.at(TokenKind::natural) || in.at(TokenKind::integer) || in.at(TokenKind::floating);
}

enum class NumberType : std::uint8_t { i8, i16, i32, i64, f32, f64 };
struct NumberForm {
  std::string_view name;
  unsigned bytes;
};
constexpr NumberForm number_forms[] = {{"i8", 1}, {"i16", 2}, {"i32", 4}, {"i64", 8}, {"f32", 4}, {"f64", 8}};

ParsedNumber parse_number(std::string_view text, NumberType type) noexcept {
  switch (type) {
    case NumberType::f32: return parse_f32(text);
    case NumberType::f64: return parse_f64(text);
    default: return parse_integer(text, number_forms[static_cast<std::size_t>(type)].bytes * 8);
  }
}

void fault_out_of_range(TokenCursor& in, const Token& token, NumberType type) {
  in.fault_at(token.offset, "constant out of range: ", in.text(token).substr(0, 64), " is no ",
              number_forms[static_cast<std::size_t>(type)].name);
}

// The bits of the literal at hand.
std::uint64_t parse_literal(TokenCursor& in, NumberType type) {
  if (!at_number(in)) {
    in.unexpected(type >= NumberType::f32 ? "a number" : "an integer");
    return 0;
  }
  const Token token = in.next();
  const ParsedNumber number = parse_number(in.text(token), type);
  if (number.fault != NumberFault::none) fault_out_of_range(in, token, type);
  return number.bits;
}

std::uint64_t sign_extended(std::uint64_t bits) noexcept {
  return static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(bits)});
}

struct VectorShape {
  Word word;
  NumberType lane;
};
constexpr VectorShape vector_shapes[] = {
    {Word::i8x16, NumberType::i8},  {Word::i16x8, NumberType::i16}, {Word::i32x4, NumberType::i32},
    {Word::i64x2, NumberType::i64}, {Word::f32x4, NumberType::f32}, {Word::f64x2, NumberType::f64},
};

// The literals of a vector's lanes. Their number is judged before their values.
struct Lanes {
  unsigned count = 0;
  std::optional<Token> out_of_range;
};

Lanes parse_lanes(ParseContext& context, NumberType type, unsigned wanted) {
  TokenCursor& in = context.in;
  Lanes lanes;
  for (; at_number(in); ++lanes.count) {
    const Token token = in.next();
    if (lanes.count >= wanted) continue;
    const ParsedNumber number = parse_number(in.text(token), type);
    if (number.fault != NumberFault::none && !lanes.out_of_range) lanes.out_of_range = token;
    const unsigned bytes = 16 / wanted;
    std::memcpy(context.instruction.vector.bytes + lanes.count * bytes, &number.bits, bytes);
  }
  if (in.at(TokenKind::reserved) || in.at(TokenKind::error)) in.unexpected("a number");
  return lanes;
}

void parse_v128(ParseContext& context) {
  TokenCursor& in = context.in;
  for (const VectorShape& shape : vector_shapes) {
    if (!in.accept(shape.word)) continue;
    const unsigned wanted = 16 / number_forms[static_cast<std::size_t>(shape.lane)].bytes;
    const Lanes lanes = parse_lanes(context, shape.lane, wanted);
    if (lanes.count != wanted) {
      in.fault_at(in.last_end(), "wrong number of lane literals: found ", lanes.count, ", ", to_string(shape.word),
                  " takes ", wanted);
    }
    if (lanes.out_of_range) fault_out_of_range(in, *lanes.out_of_range, shape.lane);
    return;
  }
  in.unexpected("the shape of a vector");
}

void parse_shuffle_lanes(ParseContext& context) {
  TokenCursor& in = context.in;
  std::optional<Token> wrong;
  unsigned count = 0;
  for (; at_number(in); ++count) {
    const Token token = in.next();
    const ParsedNumber lane = parse_unsigned(in.text(token), 8);
    if (lane.fault != NumberFault::none && !wrong) wrong = token;
    if (count < 16) context.instruction.vector.bytes[count] = static_cast<std::uint8_t>(lane.bits);
  }
  if (in.at(TokenKind::reserved) || in.at(TokenKind::error)) return in.unexpected("a lane index");
  if (count != 16) in.fault_at(in.last_end(), "invalid lane length: found ", count, " lane indices, expected 16");
  if (wrong) in.fault_at(wrong->offset, "i8 constant out of range: ", in.text(*wrong).substr(0, 64));
}

// offset= and align=, which are one token each.
void parse_offset_and_align(ParseContext& context) {
  TokenCursor& in = context.in;
  MemArg& mem = context.instruction.mem;
  const auto number = [&](Word key) {
    const Token token = in.next();
    const ParsedNumber parsed = parse_unsigned(in.text(token).substr(to_string(key).size()), 64);
    if (parsed.fault != NumberFault::none) in.fault_at(token.offset, "i64 constant out of range: ", in.text(token));
    return parsed.bits;
  };
  mem.offset = in.at(Word::offset_eq) ? number(Word::offset_eq) : 0;
  mem.align_log2 = static_cast<std::uint32_t>(std::countr_zero(info(context.instruction.op).width));
  if (in.at(Word::align_eq)) {
    const std::uint32_t offset = in.peek().offset;
    const std::uint64_t align = number(Word::align_eq);
    if (in.ok() && !std::has_single_bit(align)) {
      in.fault_at(offset, "alignment must be a power of two: found ", align);
    }
    mem.align_log2 = static_cast<std::uint32_t>(std::countr_zero(align));
  }
}

void parse_mem_arg(ParseContext& context) {
  context.instruction.mem.memory = MemoryIdx(parse_optional_index(context, context.memories).value_or(0));
  parse_offset_and_align(context);
}

// A number that comes first is the memory's index only when the lane still follows.
void parse_mem_arg_lane(ParseContext& context) {
  TokenCursor& in = context.in;
  const auto& following = in.peek_next();
  const bool has_memory =
      in.at(TokenKind::id) ||
      (in.at(TokenKind::natural) && (following.kind == TokenKind::natural ||
                                     (following.kind == TokenKind::keyword &&
                                      (following.word == Word::offset_eq || following.word == Word::align_eq))));
  context.instruction.mem.memory = MemoryIdx(has_memory ? parse_index(context, context.memories) : 0U);
  parse_offset_and_align(context);
  context.instruction.lane = in.expect_u8();
}

// [destination source], both or none.
void parse_two_optional(ParseContext& context, const IndexSpace& space) {
  const auto first = parse_optional_index(context, space);
  context.instruction.index = first.value_or(0);
  context.instruction.second = first ? parse_index(context, space) : 0;
}

// [where] segment: the first number is the segment's when it is the only one.
void parse_segment_use(ParseContext& context, const IndexSpace& segments, const IndexSpace& where) {
  TokenCursor& in = context.in;
  const TokenKind following = in.peek_next().kind;
  const bool has_both = at_index(context) && (following == TokenKind::natural || following == TokenKind::id);
  context.instruction.second = has_both ? parse_index(context, where) : 0;
  context.instruction.index = parse_index(context, segments);
}

void parse_select(ParseContext& context) {
  TokenCursor& in = context.in;
  if (!in.at_open(Word::result)) return;
  context.instruction.op = Op::select_typed;
  auto& types = context.lists.value_types;
  types.clear();
  while (in.accept_open(Word::result)) {
    while (!in.at_close() && in.ok()) types.push_back(parse_val_type(context));
    in.expect_close();
  }
  context.instruction.value_types = types;
}

void parse_label_table(ParseContext& context) {
  auto& labels = context.lists.labels;
  labels.clear();
  labels.push_back(parse_label(context));
  while (at_index(context) && context.in.ok()) labels.push_back(parse_label(context));
  context.instruction.labels = labels;
}

void parse_type_table(ParseContext& context) {
  context.instruction.second = parse_optional_index(context, context.tables).value_or(0);
  context.instruction.index = parse_type_use(context, nullptr).type.value;
}

// ref.null takes a heap type; ref.test and ref.cast a reference type, whose nullability selects the operation.
void parse_heap_type_immediate(ParseContext& context) {
  Instruction& instruction = context.instruction;
  if (instruction.op == Op::ref_null) {
    instruction.heap = parse_heap_type(context);
    return;
  }
  const ValType type = parse_ref_type(context);
  instruction.heap = type.heap();
  if (!type.is_nullable()) return;
  instruction.op = instruction.op == Op::ref_test ? Op::ref_test_null : Op::ref_cast_null;
}

void parse_cast_branch(ParseContext& context) {
  Instruction& instruction = context.instruction;
  instruction.index = parse_label(context);
  const ValType source = parse_ref_type(context);
  const ValType target = parse_ref_type(context);
  instruction.source_heap = source.heap();
  instruction.heap = target.heap();
  instruction.cast_flags = static_cast<std::uint8_t>((source.is_nullable() ? 1 : 0) | (target.is_nullable() ? 2 : 0));
}

void parse_two(ParseContext& context, const IndexSpace& first, const IndexSpace& second) {
  context.instruction.index = parse_index(context, first);
  context.instruction.second = parse_index(context, second);
}

void parse_type_field(ParseContext& context) {
  context.instruction.index = parse_index(context, context.types);
  context.instruction.second = parse_index(context, context.fields_of_types, context.instruction.index);
}

}  // namespace

std::uint32_t parse_label(ParseContext& context) {
  TokenCursor& in = context.in;
  if (!in.at(TokenKind::id)) return parse_index(context, context.locals);
  const Token token = in.next();
  const std::string_view id = in.id_value(token);
  const std::uint32_t position = context.label_ids.find(id);
  if (position != IdMap::none) return static_cast<std::uint32_t>(context.labels.size()) - 1 - position;
  in.fault_at(token.offset, "unknown label $", id);
  return 0;
}

void parse_immediates(ParseContext& context) {
  Instruction& out = context.instruction;
  TokenCursor& in = context.in;
  switch (info(out.op).immediates) {
    case Immediates::none:
      if (out.op == Op::select) parse_select(context);
      return;
    case Immediates::label: out.index = parse_label(context); return;
    case Immediates::label_table: return parse_label_table(context);
    case Immediates::func: out.index = parse_index(context, context.funcs); return;
    case Immediates::tag: out.index = parse_index(context, context.tags); return;
    case Immediates::type: out.index = parse_index(context, context.types); return;
    case Immediates::type_table: return parse_type_table(context);
    case Immediates::local: out.index = parse_index(context, context.locals); return;
    case Immediates::global: out.index = parse_index(context, context.globals); return;
    case Immediates::table: out.index = parse_optional_index(context, context.tables).value_or(0); return;
    case Immediates::elem: out.index = parse_index(context, context.elems); return;
    case Immediates::table_table: return parse_two_optional(context, context.tables);
    case Immediates::elem_table: return parse_segment_use(context, context.elems, context.tables);
    case Immediates::mem_arg: return parse_mem_arg(context);
    case Immediates::mem_arg_lane: return parse_mem_arg_lane(context);
    case Immediates::memory: out.index = parse_optional_index(context, context.memories).value_or(0); return;
    case Immediates::data:
      context.needs_data_count = true;
      out.index = parse_index(context, context.datas);
      return;
    case Immediates::memory_memory: return parse_two_optional(context, context.memories);
    case Immediates::data_memory:
      context.needs_data_count = true;
      return parse_segment_use(context, context.datas, context.memories);
    case Immediates::i32_const: out.bits = sign_extended(parse_literal(in, NumberType::i32)); return;
    case Immediates::i64_const: out.bits = parse_literal(in, NumberType::i64); return;
    case Immediates::f32_const: out.bits = parse_literal(in, NumberType::f32); return;
    case Immediates::f64_const: out.bits = parse_literal(in, NumberType::f64); return;
    case Immediates::v128_const: return parse_v128(context);
    case Immediates::lanes16: return parse_shuffle_lanes(context);
    case Immediates::lane: out.lane = in.expect_u8(); return;
    case Immediates::heap_type: return parse_heap_type_immediate(context);
    case Immediates::type_field: return parse_type_field(context);
    case Immediates::type_count:
      out.index = parse_index(context, context.types);
      out.second = in.expect_u32();
      return;
    case Immediates::type_data:
      context.needs_data_count = true;
      return parse_two(context, context.types, context.datas);
    case Immediates::type_elem: return parse_two(context, context.types, context.elems);
    case Immediates::type_type: return parse_two(context, context.types, context.types);
    case Immediates::cast_branch: return parse_cast_branch(context);
    case Immediates::zero_byte:
    case Immediates::value_types:  // only by way of `select`
    case Immediates::block_type:   // parse_body.cpp
    case Immediates::try_table: return;
  }
}

}  // namespace tenon::core
