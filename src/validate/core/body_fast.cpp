// Validation at the speed of dispatch.
//
// Each handler checks one instruction in the form in which code generators write it, and ends with a jump to the
// handler of the next: an indirect branch of its own, with the position, the top of the operands and the state in
// registers
// (`preserve_none` keeps them there across calls). Whatever is not as expected, including every error, goes to
// `Body::step`, which looks at the same instruction again from its beginning and without haste. So a handler may refuse
// anything, and must accept nothing that `step` does not: the tests and a fuzz target hold the two together.
//
// What keeps the handlers short:
// - The last byte of the code is `end` (otherwise all of it goes through `step`). No other opcode can be the last byte,
// so
//   the byte after an opcode is always there; a handler that consumed immediates compares once with the end of the
//   code.
// - The operands of a frame lie on a marker that equals no type, so comparing types also finds an empty stack.
// - There is room for one operand per byte of code that is left, so pushing needs no check.
// - Handlers of numeric operations are instances of one template for each signature in instructions.def.
//
// Rejected: one loop around a switch (one shared indirect branch, and the compiler spills for the rarest case).
#include "validate/core/body_fast.hpp"

#include <bit>
#include <utility>

#include "validate/core/body.hpp"

namespace tenon::core {

namespace {

// Goes on with the instruction at `position`, which must be before the end of the code.
#define TENON_DISPATCH(position, operands) \
  [[clang::musttail]] return body.fast.one_byte[*(position)]((position) + 1, operands, body)
// Leaves the instruction to `Body::step`. `next` and `top` must be as they came.
#define TENON_SLOW(slow_handler) [[clang::musttail]] return slow_handler(next, top, body)

[[clang::preserve_none]] const std::uint8_t* take_step(const std::uint8_t* instruction, ValType* top, Body& body) {
  body.top = top;
  const std::uint8_t* after = body.step(instruction);
  if (after == nullptr || body.is_done || after == body.end) return after;
  TENON_DISPATCH(after, body.top);
}

[[clang::preserve_none]] const std::uint8_t* slow(const std::uint8_t* next, ValType* top, Body& body) {
  [[clang::musttail]] return take_step(next - 1, top, body);
}

// For operations with a prefix: their handler left in `at` where they begin.
[[clang::preserve_none]] const std::uint8_t* slow_prefixed(const std::uint8_t*, ValType* top, Body& body) {
  [[clang::musttail]] return take_step(body.at, top, body);
}

// --- numbers in immediates -----------------------------------------------------------------------------------------

// An index of up to three bytes; nullptr for a longer one, or where it is not certain that it ends in the code. The
// first byte is in the code.
inline const std::uint8_t* read_index(const std::uint8_t* p, const std::uint8_t* end, std::uint32_t& index) {
  const std::uint32_t first = p[0];
  if (first < 0x80) [[likely]] {
    index = first;
    return p + 1;
  }
  if (end - p < 4) return nullptr;
  if (p[1] < 0x80) {
    index = (first & 0x7F) | static_cast<std::uint32_t>(p[1]) << 7;
    return p + 2;
  }
  if (p[2] >= 0x80) return nullptr;
  index = (first & 0x7F) | static_cast<std::uint32_t>(p[1] & 0x7F) << 7 | static_cast<std::uint32_t>(p[2]) << 14;
  return p + 3;
}

// The end of a number of up to `most` bytes that is valid whatever they are; nullptr otherwise.
template <int most>
inline const std::uint8_t* skip_number(const std::uint8_t* p, const std::uint8_t* end) {
  if (p[0] < 0x80) [[likely]]
    return p + 1;
  if (end - p < most) return nullptr;
  for (int i = 1; i < most; ++i) {
    if (p[i] < 0x80) return p + i + 1;
  }
  return nullptr;
}

// --- numeric operations, from their signatures ---------------------------------------------------------------------

struct Signature {
  char text[8] = {};
};

consteval Signature signature_of(Op op) {
  Signature signature;
  for (std::size_t i = 0; i < info(op).signature.size(); ++i) signature.text[i] = info(op).signature[i];
  return signature;
}

consteval ValType type_of(char letter) {
  switch (letter) {
    case 'i': return i32;
    case 'l': return i64;
    case 'f': return f32;
    case 'd': return f64;
    case 'v': return v128;
    default: return ValType();
  }
}

consteval bool is_plain(Op op) {
  for (const char letter : info(op).signature) {
    if (letter != ':' && type_of(letter).is_bottom()) return false;
  }
  return info(op).immediates == Immediates::none;
}

struct ParsedSignature {
  int operand_count = 0;
  int result_count = 0;
  ValType operands[8];
  ValType results[8];
};

consteval ParsedSignature parse(Signature signature) {
  ParsedSignature parsed;
  bool is_result = false;
  for (const char letter : signature.text) {
    if (letter == 0) break;
    if (letter == ':') {
      is_result = true;
    } else if (is_result) {
      parsed.results[parsed.result_count++] = type_of(letter);
    } else {
      parsed.operands[parsed.operand_count++] = type_of(letter);
    }
  }
  return parsed;
}

// Whether the topmost operands are the signature's; compares from the top, so that it stops at the floor.
template <Signature signature>
inline bool has_operands(const ValType* top) {
  constexpr ParsedSignature parsed = parse(signature);
  return [&]<int... i>(std::integer_sequence<int, i...>) {
    return ((top[-1 - i] == parsed.operands[parsed.operand_count - 1 - i]) && ...);
  }(std::make_integer_sequence<int, parsed.operand_count>());
}

// The operands become the results; a result of the type of the operand in its place is there already.
template <Signature signature>
inline ValType* replace_operands(ValType* top) {
  constexpr ParsedSignature parsed = parse(signature);
  top -= parsed.operand_count;
  [&]<int... i>(std::integer_sequence<int, i...>) {
    ((i < parsed.operand_count && parsed.operands[i] == parsed.results[i] ? void() : void(top[i] = parsed.results[i])),
     ...);
  }(std::make_integer_sequence<int, parsed.result_count>());
  return top + parsed.result_count;
}

template <Signature signature, FastHandler* slow_handler>
[[clang::preserve_none]] const std::uint8_t* plain(const std::uint8_t* next, ValType* top, Body& body) {
  if (!has_operands<signature>(top)) [[unlikely]]
    TENON_SLOW(slow_handler);
  ValType* results = replace_operands<signature>(top);
  TENON_DISPATCH(next, results);
}

// i32.const and i64.const: numbers of the largest size are left to `step`.
template <int most, ValType::Kind kind>
[[clang::preserve_none]] const std::uint8_t* integer_constant(const std::uint8_t* next, ValType* top, Body& body) {
  const std::uint8_t* after = skip_number<most>(next, body.end);
  if (after == nullptr || after == body.end) [[unlikely]]
    TENON_SLOW(slow);
  *top = kind;
  TENON_DISPATCH(after, top + 1);
}

template <int size, ValType::Kind kind>
[[clang::preserve_none]] const std::uint8_t* float_constant(const std::uint8_t* next, ValType* top, Body& body) {
  if (body.end - next <= size) [[unlikely]]
    TENON_SLOW(slow);
  *top = kind;
  TENON_DISPATCH(next + size, top + 1);
}

// --- memory --------------------------------------------------------------------------------------------------------

// The end of the immediates of an access to memory 0 with a proper alignment and an offset below 2^28; nullptr
// otherwise.
template <unsigned natural>
inline const std::uint8_t* skip_mem_arg(const std::uint8_t* next, const std::uint8_t* end) {
  if (end - next < 3 || next[0] > natural) [[unlikely]]
    return nullptr;
  const std::uint8_t* after = skip_number<4>(next + 1, end);
  return after == end ? nullptr : after;
}

template <unsigned natural, ValType::Kind kind, FastHandler* slow_handler>
[[clang::preserve_none]] const std::uint8_t* load(const std::uint8_t* next, ValType* top, Body& body) {
  const std::uint8_t* after = skip_mem_arg<natural>(next, body.end);
  if (after == nullptr || top[-1] != body.first_memory_address) [[unlikely]]
    TENON_SLOW(slow_handler);
  top[-1] = kind;
  TENON_DISPATCH(after, top);
}

template <unsigned natural, ValType::Kind kind, FastHandler* slow_handler>
[[clang::preserve_none]] const std::uint8_t* store(const std::uint8_t* next, ValType* top, Body& body) {
  const std::uint8_t* after = skip_mem_arg<natural>(next, body.end);
  if (after == nullptr || top[-1] != ValType(kind) || top[-2] != body.first_memory_address) [[unlikely]] {
    TENON_SLOW(slow_handler);
  }
  TENON_DISPATCH(after, top - 2);
}

// --- variables -----------------------------------------------------------------------------------------------------

// The local's type; a local that is not in the flat list or not initialized gets floor_marker, which no operand is.
template <bool tracked>
inline ValType find_local(const Body& body, std::uint32_t local) {
  if (local >= body.flat_count || (tracked && body.is_uninitialized(local))) [[unlikely]]
    return floor_marker;
  return body.flat[local];
}

template <bool tracked>
[[clang::preserve_none]] const std::uint8_t* local_get(const std::uint8_t* next, ValType* top, Body& body) {
  std::uint32_t local = 0;
  const std::uint8_t* after = read_index(next, body.end, local);
  if (after == nullptr || after == body.end) [[unlikely]]
    TENON_SLOW(slow);
  const ValType type = find_local<tracked>(body, local);
  if (type == floor_marker) [[unlikely]]
    TENON_SLOW(slow);
  *top = type;
  TENON_DISPATCH(after, top + 1);
}

template <bool tracked, bool keeps_operand>
[[clang::preserve_none]] const std::uint8_t* local_set(const std::uint8_t* next, ValType* top, Body& body) {
  std::uint32_t local = 0;
  const std::uint8_t* after = read_index(next, body.end, local);
  if (after == nullptr || after == body.end) [[unlikely]]
    TENON_SLOW(slow);
  const ValType type = find_local<tracked>(body, local);
  if (top[-1] != type || type == floor_marker) [[unlikely]]
    TENON_SLOW(slow);
  TENON_DISPATCH(after, keeps_operand ? top : top - 1);
}

[[clang::preserve_none]] const std::uint8_t* global_get(const std::uint8_t* next, ValType* top, Body& body) {
  std::uint32_t global = 0;
  const std::uint8_t* after = read_index(next, body.end, global);
  const auto& types = body.module->global_types;
  if (after == nullptr || after == body.end || global >= types.size()) [[unlikely]]
    TENON_SLOW(slow);
  *top = types[GlobalIdx(global)].value;
  TENON_DISPATCH(after, top + 1);
}

[[clang::preserve_none]] const std::uint8_t* global_set(const std::uint8_t* next, ValType* top, Body& body) {
  std::uint32_t global = 0;
  const std::uint8_t* after = read_index(next, body.end, global);
  const auto& types = body.module->global_types;
  if (after == nullptr || after == body.end || global >= types.size()) [[unlikely]]
    TENON_SLOW(slow);
  const GlobalType type = types[GlobalIdx(global)];
  if (!type.is_mutable || top[-1] != type.value) [[unlikely]]
    TENON_SLOW(slow);
  TENON_DISPATCH(after, top - 1);
}

// --- parametric ----------------------------------------------------------------------------------------------------

[[clang::preserve_none]] const std::uint8_t* drop(const std::uint8_t* next, ValType* top, Body& body) {
  if (top[-1] == floor_marker) [[unlikely]]
    TENON_SLOW(slow);
  TENON_DISPATCH(next, top - 1);
}

[[clang::preserve_none]] const std::uint8_t* select(const std::uint8_t* next, ValType* top, Body& body) {
  if (top[-1] != i32 || !top[-2].is_number() || top[-3] != top[-2]) [[unlikely]]
    TENON_SLOW(slow);
  TENON_DISPATCH(next, top - 2);
}

// --- control -------------------------------------------------------------------------------------------------------

inline ValType* make_unreachable(Body& body) {
  Frame& frame = body.frames.back();
  frame.is_unreachable = true;
  return body.operands.data() + frame.floor + 1;
}

// Blocks without parameters, with no result or one number.
template <FrameKind kind>
[[clang::preserve_none]] const std::uint8_t* block(const std::uint8_t* next, ValType* top, Body& body) {
  constexpr std::uint8_t no_result = 0x40;
  const auto result = static_cast<ValType::Kind>(*next);
  const bool has_result = *next != no_result;
  if ((has_result && !ValType(result).is_number()) || next + 1 == body.end) [[unlikely]]
    TENON_SLOW(slow);
  if (body.frames.size() >= limits::max_block_nesting) [[unlikely]]
    TENON_SLOW(slow);
  ValType* floor = top;
  if constexpr (kind == FrameKind::if_) {
    if (top[-1] != i32) [[unlikely]]
      TENON_SLOW(slow);
    floor = top - 1;
  }
  *floor = floor_marker;
  body.frames.push_back({.single = has_result ? ValType(result) : ValType(),
                         .label_arity = has_result && kind != FrameKind::loop ? 1U : 0U,
                         .floor = static_cast<std::uint32_t>(floor - body.operands.data()),
                         .initialized = static_cast<std::uint32_t>(body.initialized.size()),
                         .opened_at = next - 1,
                         .kind = kind});
  TENON_DISPATCH(next + 1, floor + 1);
}

// Whether locals were initialized in `frame`, which its end undoes.
inline bool has_initialized(const Body& body, const Frame& frame) {
  return frame.initialized != body.initialized.size();
}

// Whether `frame` has no type, as no function has, and its operands are its results.
inline bool has_results(const Frame& frame, const ValType* top) {
  if (frame.type != nullptr) return false;
  if (frame.single.is_bottom()) return top[-1] == floor_marker;
  return top[-1] == frame.single && top[-2] == floor_marker;
}

[[clang::preserve_none]] const std::uint8_t* else_(const std::uint8_t* next, ValType* top, Body& body) {
  Frame& frame = body.frames.back();
  if (frame.kind != FrameKind::if_ || !has_results(frame, top) || has_initialized(body, frame)) [[unlikely]]
    TENON_SLOW(slow);
  frame.kind = FrameKind::else_;
  frame.is_unreachable = false;
  ValType* operands = body.operands.data() + frame.floor + 1;
  TENON_DISPATCH(next, operands);
}

[[clang::preserve_none]] const std::uint8_t* end(const std::uint8_t* next, ValType* top, Body& body) {
  const Frame& frame = body.frames.back();
  if (next == body.end || !has_results(frame, top) || has_initialized(body, frame)) [[unlikely]]
    TENON_SLOW(slow);
  if (!frame.single.is_bottom()) {
    if (frame.kind == FrameKind::if_) [[unlikely]]
      TENON_SLOW(slow);
    top[-2] = frame.single;
  }
  body.frames.pop_back();
  TENON_DISPATCH(next, top - 1);
}

// Whether the operands below `top` are those of a label with at most one type; other labels are left to `step`.
inline bool has_label_types(const Frame& label, const ValType* top) {
  if (label.label_arity == 0) return true;
  return label.label_arity == 1 && label.kind != FrameKind::loop && top[-1] == label.results()[0];
}

[[clang::preserve_none]] const std::uint8_t* br(const std::uint8_t* next, ValType* top, Body& body) {
  const std::uint32_t label = *next;
  if (label >= 0x80 || label >= body.frames.size() || next + 1 == body.end) [[unlikely]]
    TENON_SLOW(slow);
  if (!has_label_types(*(body.frames.end() - 1 - label), top)) [[unlikely]]
    TENON_SLOW(slow);
  ValType* operands = make_unreachable(body);
  TENON_DISPATCH(next + 1, operands);
}

[[clang::preserve_none]] const std::uint8_t* br_if(const std::uint8_t* next, ValType* top, Body& body) {
  const std::uint32_t label = *next;
  if (label >= 0x80 || label >= body.frames.size() || next + 1 == body.end) [[unlikely]]
    TENON_SLOW(slow);
  if (top[-1] != i32 || !has_label_types(*(body.frames.end() - 1 - label), top - 1)) [[unlikely]]
    TENON_SLOW(slow);
  TENON_DISPATCH(next + 1, top - 1);
}

[[clang::preserve_none]] const std::uint8_t* return_(const std::uint8_t* next, ValType* top, Body& body) {
  if (!has_label_types(body.frames.front(), top)) [[unlikely]]
    TENON_SLOW(slow);
  ValType* operands = make_unreachable(body);
  TENON_DISPATCH(next, operands);
}

[[clang::preserve_none]] const std::uint8_t* unreachable(const std::uint8_t* next, ValType*, Body& body) {
  ValType* operands = make_unreachable(body);
  TENON_DISPATCH(next, operands);
}

// The operands after a call of a function with at most one result; nullptr when it is not certain that it is valid.
inline ValType* apply(const FuncType& callee, ValType* top) {
  if (callee.results.size() > 1) [[unlikely]]
    return nullptr;
  const ValType* param = callee.params.data() + callee.params.size();
  for (std::size_t i = callee.params.size(); i > 0; --i) {
    if (*--top != *--param) [[unlikely]]
      return nullptr;
  }
  if (!callee.results.empty()) *top++ = callee.results[0];
  return top;
}

[[clang::preserve_none]] const std::uint8_t* call(const std::uint8_t* next, ValType* top, Body& body) {
  std::uint32_t callee = 0;
  const std::uint8_t* after = read_index(next, body.end, callee);
  const auto& signatures = body.module->func_signatures;
  if (after == nullptr || after == body.end || callee >= signatures.size()) [[unlikely]]
    TENON_SLOW(slow);
  ValType* results = apply(*signatures[FuncIdx(callee)], top);
  if (results == nullptr) [[unlikely]]
    TENON_SLOW(slow);
  TENON_DISPATCH(after, results);
}

// Through table 0.
[[clang::preserve_none]] const std::uint8_t* call_indirect(const std::uint8_t* next, ValType* top, Body& body) {
  std::uint32_t type = 0;
  const std::uint8_t* after = read_index(next, body.end, type);
  const auto& signatures = body.module->signatures;
  if (after == nullptr || body.end - after < 2 || *after != 0 || !body.first_table_is_plain) [[unlikely]]
    TENON_SLOW(slow);
  if (type >= signatures.size() || signatures[TypeIdx(type)] == nullptr || top[-1] != i32) [[unlikely]]
    TENON_SLOW(slow);
  ValType* results = apply(*signatures[TypeIdx(type)], top - 1);
  if (results == nullptr) [[unlikely]]
    TENON_SLOW(slow);
  TENON_DISPATCH(after + 1, results);
}

// --- vectors -------------------------------------------------------------------------------------------------------

[[clang::preserve_none]] const std::uint8_t* simd(const std::uint8_t* next, ValType* top, Body& body) {
  const std::uint32_t first = next[0];
  std::uint32_t code = first;
  const std::uint8_t* after = next + 1;
  if (first >= 0x80) {
    if (next + 1 == body.end || next[1] != 1) [[unlikely]]
      TENON_SLOW(slow);
    after = next + 2;
  }
  if (after == body.end) [[unlikely]]
    TENON_SLOW(slow);
  body.at = next - 1;
  [[clang::musttail]] return body.fast.simd[code](after, top, body);
}

// --- the tables ----------------------------------------------------------------------------------------------------

// The handler of a memory access, whose signature is a load's ("a:i") or a store's ("ai:").
template <Op op, FastHandler* slow_handler>
consteval FastHandler* access_handler() {
  constexpr std::string_view signature = info(op).signature;
  constexpr unsigned natural = std::countr_zero(info(op).width);
  if constexpr (signature.size() == 3 && signature[1] == ':') {
    return load<natural, type_of(signature[2]).kind(), slow_handler>;
  } else if constexpr (signature.size() == 3 && signature[2] == ':') {
    return store<natural, type_of(signature[1]).kind(), slow_handler>;
  } else {
    return slow_handler;
  }
}

template <Op op>
consteval FastHandler* handler_of() {
  constexpr InstructionInfo operation = info(op);
  constexpr bool is_simd = operation.prefix == simd_prefix;
  constexpr FastHandler* slow_handler = is_simd ? slow_prefixed : slow;
  if constexpr (operation.prefix != 0 && !is_simd) {
    return slow_handler;
  } else if constexpr (is_plain(op)) {
    return plain<signature_of(op), slow_handler>;
  } else if constexpr (operation.immediates == Immediates::mem_arg) {
    return access_handler<op, slow_handler>();
  } else {
    switch (op) {
      case Op::i32_const: return integer_constant<4, ValType::Kind::i32>;
      case Op::i64_const: return integer_constant<9, ValType::Kind::i64>;
      case Op::f32_const: return float_constant<4, ValType::Kind::f32>;
      case Op::f64_const: return float_constant<8, ValType::Kind::f64>;
      case Op::local_get: return local_get<false>;
      case Op::local_set: return local_set<false, false>;
      case Op::local_tee: return local_set<false, true>;
      case Op::global_get: return global_get;
      case Op::global_set: return global_set;
      case Op::drop: return drop;
      case Op::select: return select;
      case Op::unreachable: return unreachable;
      case Op::block: return block<FrameKind::block>;
      case Op::loop: return block<FrameKind::loop>;
      case Op::if_: return block<FrameKind::if_>;
      case Op::else_: return else_;
      case Op::end: return end;
      case Op::br: return br;
      case Op::br_if: return br_if;
      case Op::return_: return return_;
      case Op::call: return call;
      case Op::call_indirect: return call_indirect;
      default: return slow_handler;
    }
  }
}

constexpr FastHandler* handlers[] = {
#define TENON_INSTRUCTION(name, mnemonic, prefix, code, immediates, signature, width, feature, constant) \
  handler_of<Op::name>(),
#include "spec/instructions.def"
#undef TENON_INSTRUCTION
};

}  // namespace

FastHandlers make_fast_handlers(Features features) noexcept {
  FastHandlers made;
  made.one_byte.fill(slow);
  made.simd.fill(slow_prefixed);
  for (std::size_t i = 0; i < op_count; ++i) {
    const InstructionInfo& operation = instruction_infos[i];
    if (!features.has(operation.feature)) continue;
    if (operation.prefix == 0) made.one_byte[operation.code] = handlers[i];
    if (operation.prefix == simd_prefix && operation.code < made.simd.size()) made.simd[operation.code] = handlers[i];
  }
  made.one_byte[simd_prefix] = simd;
  return made;
}

const std::uint8_t* run_fast(Body& body, const std::uint8_t* first) {
  const std::uint8_t end_code = static_cast<std::uint8_t>(info(Op::end).code);
  if (body.end[-1] != end_code || body.takes_only_steps) {
    // Where the code does not end as it should, whatever is wrong first is found step by step.
    while (first != nullptr && first != body.end && !body.is_done) first = body.step(first);
    return first;
  }
  auto& one_byte = body.fast.one_byte;
  one_byte[info(Op::local_get).code] = body.tracks_locals ? local_get<true> : local_get<false>;
  one_byte[info(Op::local_set).code] = body.tracks_locals ? local_set<true, false> : local_set<false, false>;
  one_byte[info(Op::local_tee).code] = body.tracks_locals ? local_set<true, true> : local_set<false, true>;
  return one_byte[*first](first + 1, body.top, body);
}

}  // namespace tenon::core
