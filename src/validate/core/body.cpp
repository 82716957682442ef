#include "validate/core/body.hpp"

#include <algorithm>
#include <cassert>

#include "binary/core/immediates.hpp"
#include "binary/core/module.hpp"
#include "spec/limits.hpp"
#include "spec/needs_feature.hpp"

namespace tenon::core {

namespace {

// Operands beyond those that `reserve_operands` was asked for: what one instruction may push before it popped.
constexpr std::size_t operand_slack = 16;

constexpr ValType ref_i31 = ValType::ref(AbstractHeapType::i31, false);
constexpr ValType arrayref = ValType::ref(AbstractHeapType::array, true);

}  // namespace

Body::Body(const ValidatedModule& validated, std::pmr::memory_resource& memory)
    : module(&validated),
      source(validated.module),
      registry(validated.registry),
      features(validated.features),
      fast(make_fast_handlers(validated.features)),
      lists(memory),
      operands(&memory),
      frames(&memory),
      runs(&memory),
      run_ends(&memory),
      uninitialized(&memory),
      initialized(&memory) {
  frames.reserve(64);
}

// --- starting and ending -------------------------------------------------------------------------------------------

void Body::start(Bytes code, std::uint64_t offset) {
  begin = at = code.data();
  end = begin + code.size();
  base = offset;
  cursor = Cursor(code, offset);
  is_done = false;
  frames.clear();
  runs.clear();
  run_ends.clear();
  initialized.clear();
  local_count = 0;
  tracks_locals = false;
  first_memory_address = source->memories.empty() ? no_memory : address_type(source->memories[MemoryIdx(0U)].limits);
  const auto& tables = module->table_types;
  first_table_is_plain =
      !tables.empty() && !tables[TableIdx(0U)].limits.is_64 && registry->matches(tables[TableIdx(0U)].element, funcref);
  top = operands.data();
  reserve_operands(0);
  push(floor_marker);
}

Result<void> Body::validate_function(FuncIdx index) {
  assert(!source->is_imported(index));
  const Func& function = source->funcs[index];
  func = index;
  is_constant = false;
  start(function.body, function.offset);
  const FuncType& type = *module->func_signatures[index];
  if (!set_up_locals(type)) return take_error();
  frames.push_back({.type = &type,
                    .single = {},
                    .label_arity = static_cast<std::uint32_t>(type.results.size()),
                    .opened_at = begin});
  return run(cursor.position());
}

Result<void> Body::validate_constant(const Expr& expr, ValType expected, std::uint32_t globals,
                                     std::span<bool> functions) {
  func = FuncIdx::none();
  is_constant = true;
  visible_globals = globals;
  declared = functions;
  start(expr.bytes, expr.offset);
  frames.push_back({.single = expected, .label_arity = 1, .opened_at = begin});
  const std::uint8_t* next = begin;
  while (next != end && !is_done) {
    next = step(next);
    if (next == nullptr) return take_error();
  }
  at = next;
  if (!is_done)
    reject_as(ErrorKind::malformed, "unexpected end of section or function: a constant expression has no `end`");
  if (is_done && next == end) return {};
  if (is_done) reject_as(ErrorKind::malformed, "END opcode expected: a constant expression goes on after its `end`");
  return take_error();
}

Result<void> Body::run(const std::uint8_t* first) {
  at = first;
  if (first == end) return reject_end_of_code(), take_error();
  const std::uint8_t* last = run_fast(*this, first);
  if (last == nullptr) return take_error();
  at = last;
  if (!is_done) return reject_end_of_code(), take_error();
  if (last == end) return {};
  reject_as(ErrorKind::malformed, "section size mismatch: ", end - last,
            " bytes stand after the function's last `end`");
  return take_error();
}

// Why the code has no more bytes is known from what stands around it in its section.
bool Body::reject_end_of_code() {
  error = early_end(*source, func, features);
  return false;
}

// What the cursor found malformed.
bool Body::reject_fault() {
  error = cursor.take_error();
  const bool is_at_end = error.place().offset == base + static_cast<std::uint64_t>(end - begin);
  return is_at_end && !is_constant && reject_end_of_code();
}

Error Body::take_error() {
  if (func.is_none()) return std::move(error);
  TextBuffer context;
  append_text(context, "function ");
  append_text(context, func.value);
  return std::move(error).with_context(context.view());
}

bool Body::set_up_locals(const FuncType& type) {
  const auto params = static_cast<std::uint32_t>(type.params.size());
  std::ranges::copy(type.params, flat.begin());
  flat_count = local_count = params;
  read_locals(cursor, runs, params, features);
  if (!cursor.ok()) return reject_fault();
  for (LocalRun& run : runs) {
    if (!resolve(run.type)) return false;
    local_count += run.count;
    run_ends.push_back(local_count);
    for (const std::uint32_t stop = std::min(local_count, flat_locals); flat_count < stop; ++flat_count) {
      flat[flat_count] = run.type;
    }
    tracks_locals = tracks_locals || (!run.type.is_defaultable() && run.count != 0);
  }
  if (!tracks_locals) return true;
  uninitialized.assign(local_count / 64 + 1, 0);
  std::uint32_t local = params;
  for (const LocalRun& run : runs) {
    for (std::uint32_t i = 0; i < run.count && !run.type.is_defaultable(); ++i) {
      uninitialized[(local + i) / 64] |= std::uint64_t{1} << ((local + i) % 64);
    }
    local += run.count;
  }
  return true;
}

// --- one instruction -----------------------------------------------------------------------------------------------

const std::uint8_t* Body::step(const std::uint8_t* instruction_at) {
  at = instruction_at;
  cursor.set_position(at);
  instruction.op = read_op(cursor);
  if (cursor.ok()) {
    const InstructionInfo& operation = info(instruction.op);
    if (!check_features(operation)) return nullptr;
    read_immediates(cursor, instruction, lists, features);
    if (cursor.ok()) {
      if (is_constant && !check_constant(operation)) return nullptr;
      const bool is_valid = operation.signature == "*" ? check_special() : check_signature(operation);
      return is_valid ? cursor.position() : nullptr;
    }
  }
  reject_fault();
  return nullptr;
}

bool Body::check_features(const InstructionInfo& operation) {
  if (features.has(operation.feature)) return true;
  // `throw` and tags came with the first form of exceptions already.
  if (instruction.op == Op::throw_ && features.has(Feature::legacy_exceptions)) return true;
  return reject_as(ErrorKind::malformed, "illegal opcode ", Hex{*at}, ": ",
                   NeedsFeature{operation.mnemonic, operation.feature});
}

bool Body::check_constant(const InstructionInfo& operation) {
  if (operation.constant == Constant::yes || instruction.op == Op::end) return true;
  if (operation.constant == Constant::no) {
    return reject("constant expression required, `", operation.mnemonic, "` is not constant");
  }
  if (features.has(Feature::extended_const)) return true;
  return reject("constant expression required: ", NeedsFeature{operation.mnemonic, Feature::extended_const});
}

bool Body::check_special() {
  switch (instruction.op) {
    case Op::unreachable: return set_unreachable(), true;
    case Op::block: return enter_block(FrameKind::block);
    case Op::loop: return enter_block(FrameKind::loop);
    case Op::if_: return enter_block(FrameKind::if_);
    case Op::else_: return check_else();
    case Op::end: return check_end();
    case Op::try_: return enter_block(FrameKind::try_);
    case Op::catch_: return check_catch();
    case Op::catch_all: return check_catch_all();
    case Op::delegate: return check_delegate();
    case Op::throw_: return check_throw();
    case Op::rethrow: return check_rethrow();
    case Op::throw_ref: return pop(exnref) && (set_unreachable(), true);
    case Op::try_table: return check_try_table();
    case Op::br: {
      Frame* label = nullptr;
      return find_label(instruction.index, label) && pop(label->label_types()) && (set_unreachable(), true);
    }
    case Op::br_if: {
      Frame* label = nullptr;
      if (!find_label(instruction.index, label) || !pop(i32) || !pop(label->label_types())) return false;
      return push(label->label_types()), true;
    }
    case Op::br_table: return check_br_table();
    case Op::br_on_null: return check_branch_on_null(false);
    case Op::br_on_non_null: return check_branch_on_null(true);
    case Op::br_on_cast: return check_branch_on_cast(true);
    case Op::br_on_cast_fail: return check_branch_on_cast(false);
    case Op::return_: return pop(frames.front().results()) && (set_unreachable(), true);
    case Op::call:
    case Op::return_call: {
      const FuncIdx callee(instruction.index);
      if (!module->func_signatures.contains(callee)) return reject("unknown function ", callee.value);
      const FuncType& type = *module->func_signatures[callee];
      return instruction.op == Op::call ? check_call(type) : check_return_call(type);
    }
    case Op::call_indirect: return check_call_indirect(false);
    case Op::return_call_indirect: return check_call_indirect(true);
    case Op::call_ref: return check_call_ref(false);
    case Op::return_call_ref: return check_call_ref(true);
    case Op::drop: {
      ValType dropped;
      return pop_any(dropped, "any type");
    }
    case Op::select: return check_select();
    case Op::select_typed: return check_select_typed();
    case Op::local_get:
    case Op::local_set:
    case Op::local_tee: return check_local();
    case Op::global_get: return check_global_get();
    case Op::global_set: return check_global_set();
    case Op::ref_null: {
      HeapType heap = instruction.heap;
      return resolve(heap) && (push(ValType::ref(heap, true)), true);
    }
    case Op::ref_is_null: {
      ValType found;
      return pop_reference(found) && (push(i32), true);
    }
    case Op::ref_as_non_null: {
      ValType found;
      return pop_reference(found) && (push(found.as_non_null()), true);
    }
    case Op::ref_func: return check_ref_func();
    case Op::ref_test:
    case Op::ref_test_null: return check_ref_test();
    case Op::ref_cast: return check_ref_cast(false);
    case Op::ref_cast_null: return check_ref_cast(true);
    case Op::struct_new: return check_struct_new(false);
    case Op::struct_new_default: return check_struct_new(true);
    case Op::struct_get: return check_struct_get(false);
    case Op::struct_get_s:
    case Op::struct_get_u: return check_struct_get(true);
    case Op::struct_set: return check_struct_set();
    case Op::array_new: return check_array_new(false);
    case Op::array_new_default: return check_array_new(true);
    case Op::array_new_fixed: return check_array_new_fixed();
    case Op::array_new_data: return check_array_segment(true, true);
    case Op::array_new_elem: return check_array_segment(true, false);
    case Op::array_init_data: return check_array_segment(false, true);
    case Op::array_init_elem: return check_array_segment(false, false);
    case Op::array_get: return check_array_get(false);
    case Op::array_get_s:
    case Op::array_get_u: return check_array_get(true);
    case Op::array_set: return check_array_set();
    case Op::array_fill: return check_array_fill();
    case Op::array_copy: return check_array_copy();
    case Op::any_convert_extern: return check_convert(AbstractHeapType::extern_, AbstractHeapType::any);
    case Op::extern_convert_any: return check_convert(AbstractHeapType::any, AbstractHeapType::extern_);
    default: break;
  }
  // Every row of instructions.def with the signature "*" has its case above.
  return reject_as(ErrorKind::usage, "`", mnemonic(), "` has no validation rule");
}

// Everything whose types are written in instructions.def.
bool Body::check_signature(const InstructionInfo& operation) {
  Addressing addressing;
  if (operation.immediates != Immediates::none && !resolve_addressing(addressing)) return false;
  const auto type_of = [&](char letter) -> ValType {
    switch (letter) {
      case 'i': return i32;
      case 'l': return i64;
      case 'f': return f32;
      case 'd': return f64;
      case 'v': return v128;
      case 'q': return eqref;
      case 'j': return i31ref;
      case 'J': return ref_i31;
      case 'y': return arrayref;
      case 'a': return addressing.first;
      case 'b': return addressing.second;
      case 'n': return addressing.first == i32 ? i32 : addressing.second;
      default: assert(letter == 'T'); return addressing.element;
    }
  };
  ValType types[8];
  std::size_t count = 0;
  const std::size_t colon = operation.signature.find(':');
  for (const char letter : operation.signature.substr(0, colon)) types[count++] = type_of(letter);
  if (!pop(std::span<const ValType>(types, count))) return false;
  for (const char letter : operation.signature.substr(colon + 1)) push(type_of(letter));
  return true;
}

// --- operands ------------------------------------------------------------------------------------------------------

void Body::reserve_operands(std::size_t count) {
  const auto used = static_cast<std::size_t>(top - operands.data());
  const std::size_t needed = used + count + static_cast<std::size_t>(end - at) + operand_slack;
  if (needed <= operands.size()) return;
  operands.resize(std::max(needed, operands.size() + operands.size() / 2));
  top = operands.data() + used;
}

void Body::push(std::span<const ValType> types) {
  reserve_operands(types.size());
  top = std::ranges::copy(types, top).out;
}

bool Body::match(std::span<const ValType> expected, ValType*& rest) {
  ValType* operand = top;
  for (std::size_t i = expected.size(); i-- > 0;) {
    const ValType found = operand[-1];
    if (found == floor_marker) {
      if (!frame().is_unreachable) return reject_operands(expected);
      break;
    }
    if (found != expected[i] && !registry->matches(found, expected[i])) return reject_operands(expected);
    --operand;
  }
  rest = operand;
  return true;
}

bool Body::pop_any(ValType& found, std::string_view expected) {
  if (top[-1] != floor_marker) {
    found = *--top;
    return true;
  }
  found = ValType();
  return frame().is_unreachable || reject_operand(expected, floor_marker);
}

bool Body::pop_reference(ValType& found) {
  if (!pop_any(found, "reference type")) return false;
  if (found.is_bottom()) {
    found = ValType::ref(bottom_heap, false);
    return true;
  }
  return found.is_ref() || reject_operand("reference type", found);
}

bool Body::reject_operands(std::span<const ValType> expected) {
  const std::span<const ValType> available = frame_operands();
  const std::size_t shown = std::min(available.size(), expected.size());
  return reject("type mismatch: instruction requires ", text(expected), " but stack has ", text(available.last(shown)),
                ", in `", mnemonic(), "`");
}

bool Body::reject_operand(std::string_view expected, ValType found) {
  if (found == floor_marker) {
    return reject("type mismatch: instruction requires ", expected, " but stack has [], in `", mnemonic(), "`");
  }
  return reject("type mismatch: instruction requires ", expected, " but stack has [", text(found), "], in `",
                mnemonic(), "`");
}

void Body::set_unreachable() noexcept {
  top = operands.data() + frame().floor + 1;
  frame().is_unreachable = true;
}

// --- variables -----------------------------------------------------------------------------------------------------

ValType Body::local_type(std::uint32_t index) const noexcept {
  if (index < flat_count) return flat[index];
  const auto run = std::ranges::upper_bound(run_ends, index);
  return runs[static_cast<std::size_t>(run - run_ends.begin())].type;
}

void Body::initialize(std::uint32_t local) {
  uninitialized[local / 64] &= ~(std::uint64_t{1} << (local % 64));
  initialized.push_back(local);
}

bool Body::check_local() {
  const std::uint32_t local = instruction.index;
  if (local >= local_count) return reject("unknown local ", local, ": the function has ", local_count, " locals");
  const ValType type = local_type(local);
  if (instruction.op == Op::local_get) {
    if (is_uninitialized(local)) {
      return reject("uninitialized local ", local, ": it is of type ", text(type), " and not set before on every path");
    }
    return push(type), true;
  }
  if (!pop(type)) return false;
  if (is_uninitialized(local)) initialize(local);
  if (instruction.op == Op::local_tee) push(type);
  return true;
}

bool Body::check_global_get() {
  const GlobalIdx global(instruction.index);
  const auto& types = module->global_types;
  if (!types.contains(global) || (is_constant && global.value >= visible_globals)) {
    return reject("unknown global ", global.value, ": ", is_constant ? visible_globals : types.size(),
                  " globals can be read here");
  }
  if (is_constant && types[global].is_mutable) {
    return reject("constant expression required, global ", global.value, " is mutable");
  }
  if (is_constant && !source->is_imported(global) && !features.has(Feature::gc)) {
    return reject("constant expression required, global ", global.value, " is not imported, and the feature gc is off");
  }
  return push(types[global].value), true;
}

bool Body::check_global_set() {
  const GlobalIdx global(instruction.index);
  const auto& types = module->global_types;
  if (!types.contains(global))
    return reject("unknown global ", global.value, ": the module has ", types.size(), " globals");
  if (!types[global].is_mutable) return reject("immutable global: global ", global.value, " cannot be set");
  return pop(types[global].value);
}

// --- the public face -----------------------------------------------------------------------------------------------

struct BodyValidator::State {
  Body body;
  std::pmr::memory_resource* memory;
};

BodyValidator::BodyValidator(const ValidatedModule& module, std::pmr::memory_resource& memory)
    : state_(::new(memory.allocate(sizeof(State), alignof(State))) State{Body(module, memory), &memory}) {}

BodyValidator::~BodyValidator() {
  std::pmr::memory_resource& memory = *state_->memory;
  std::destroy_at(state_);
  memory.deallocate(state_, sizeof(State), alignof(State));
}

Result<void> BodyValidator::validate(FuncIdx func) { return state_->body.validate_function(func); }

}  // namespace tenon::core
