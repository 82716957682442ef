// Structured control, branches, calls and exceptions, the legacy form included.
// https://webassembly.github.io/spec/core/valid/instructions.html#control-instructions
#include <algorithm>

#include "spec/limits.hpp"
#include "validate/core/body.hpp"

namespace tenon::core {

// --- finding what an immediate names -------------------------------------------------------------------------------

bool Body::find_label(std::uint32_t label, Frame*& found) {
  if (label >= frames.size()) return reject("unknown label ", label, ": ", frames.size(), " labels are in scope");
  found = &frames[frames.size() - 1 - label];
  return true;
}

bool Body::find_tag(std::uint32_t tag, const FuncType*& type) {
  if (!module->tag_types.contains(TagIdx(tag))) {
    return reject("unknown tag ", tag, ": the module has ", module->tag_types.size(), " tags");
  }
  type = &(*registry)[module->tag_types[TagIdx(tag)]].type.func;
  return true;
}

bool Body::find_func_type(std::uint32_t type, const FuncType*& found) {
  if (!module->canonical_types.contains(TypeIdx(type))) {
    return reject("unknown type ", type, ": the module has ", module->canonical_types.size(), " types");
  }
  const SubType& defined = (*registry)[module->canonical_types[TypeIdx(type)]].type;
  if (defined.kind != CompositeKind::func)
    return reject("non-function type ", type, ": `", mnemonic(), "` needs a function type");
  found = &defined.func;
  return true;
}

// --- blocks --------------------------------------------------------------------------------------------------------

bool Body::open(FrameKind kind, const FuncType* type, ValType single) {
  if (frames.size() >= limits::max_block_nesting) {
    return reject_as(ErrorKind::exhausted, "blocks are nested too deeply: the limit is ", limits::max_block_nesting);
  }
  Frame opened{.type = type, .single = single, .opened_at = at, .kind = kind};
  if (kind == FrameKind::if_ && !pop(i32)) return false;
  if (!pop(opened.params())) return false;
  opened.floor = static_cast<std::uint32_t>(top - operands.data());
  opened.initialized = static_cast<std::uint32_t>(initialized.size());
  opened.label_arity = static_cast<std::uint32_t>(opened.label_types().size());
  frames.push_back(opened);
  push(floor_marker);
  push(opened.params());
  return true;
}

bool Body::enter_block(FrameKind kind) {
  const BlockType& block = instruction.block;
  switch (block.kind) {
    case BlockType::Kind::empty: return open(kind, nullptr, ValType());
    case BlockType::Kind::value: {
      ValType result = block.value;
      return resolve(result) && open(kind, nullptr, result);
    }
    case BlockType::Kind::type: break;
  }
  const FuncType* type = nullptr;
  if (!find_func_type(block.type.value, type)) return false;
  return open(kind, type, ValType());
}

bool Body::close() {
  ValType* rest = nullptr;
  const Frame& closing = frame();
  if (!match(closing.results(), rest)) return false;
  if (rest == operands.data() + closing.floor + 1) return true;
  return reject("type mismatch: block requires ", text(closing.results()), " but stack has ", text(frame_operands()),
                ", at `", mnemonic(), "` of the block at offset ",
                base + static_cast<std::uint64_t>(closing.opened_at - begin));
}

void Body::undo_initializations() {
  const std::size_t height = frame().initialized;
  for (std::size_t i = height; i < initialized.size(); ++i) {
    uninitialized[initialized[i] / 64] |= std::uint64_t{1} << (initialized[i] % 64);
  }
  initialized.resize(height);
}

void Body::leave() {
  undo_initializations();
  top = operands.data() + frame().floor;
  push(frame().results());
  frames.pop_back();
}

bool Body::check_else() {
  if (frame().kind != FrameKind::if_) {
    return reject_as(ErrorKind::malformed, "END opcode expected: `else` stands in no `if`");
  }
  if (!close()) return false;
  undo_initializations();
  frame().kind = FrameKind::else_;
  frame().is_unreachable = false;
  top = operands.data() + frame().floor + 1;
  push(frame().params());
  return true;
}

bool Body::check_end() {
  if (!close()) return false;
  const Frame& closing = frame();
  if (closing.kind == FrameKind::if_) {
    // The missing `else` passes the parameters on.
    const auto params = closing.params();
    const auto results = closing.results();
    const auto passes = [&](ValType param, ValType result) { return registry->matches(param, result); };
    if (!std::ranges::equal(params, results, passes)) {
      return reject("type mismatch: instruction requires ", text(results), " but stack has ", text(params),
                    ", in an `if` without `else`");
    }
  }
  leave();
  is_done = frames.empty();
  return true;
}

bool Body::check_select() {
  ValType second;
  ValType first;
  if (!pop(i32) || !pop_any(second, "numeric or vector type") || !pop_any(first, "numeric or vector type"))
    return false;
  for (const ValType operand : {first, second}) {
    if (operand.is_ref()) return reject_operand("numeric or vector type (without a type annotation)", operand);
  }
  if (first != second && !first.is_bottom() && !second.is_bottom()) {
    return reject("type mismatch: instruction requires [", text(first), ' ', text(first), " i32] but stack has [",
                  text(first), ' ', text(second), " i32], in `select`");
  }
  push(first.is_bottom() ? second : first);
  return true;
}

bool Body::check_select_typed() {
  if (instruction.value_types.size() != 1) {
    return reject("invalid result arity: `select` has ", instruction.value_types.size(), " types, only 1 is allowed");
  }
  ValType type = instruction.value_types[0];
  if (!resolve(type) || !pop({type, type, i32})) return false;
  push(type);
  return true;
}

// --- branches ------------------------------------------------------------------------------------------------------

bool Body::check_br_table() {
  if (!pop(i32)) return false;
  Frame* last = nullptr;
  if (!find_label(instruction.labels.back(), last)) return false;
  const std::span<const ValType> expected = last->label_types();
  const FuncType* checked_type = nullptr;
  for (const std::uint32_t index : instruction.labels) {
    Frame* label = nullptr;
    if (!find_label(index, label)) return false;
    if (label->seen_by == at) continue;
    label->seen_by = at;
    if (label->label_arity != last->label_arity) {
      return reject("type mismatch: `br_table` has the default label ", instruction.labels.back(), " of ",
                    text(expected), " but label ", index, " of ", text(label->label_types()));
    }
    // Many labels of one type need one look.
    if (label->type != nullptr && label->type == checked_type && label->kind != FrameKind::loop) continue;
    if (!match(label->label_types())) return false;
    if (label->kind != FrameKind::loop) checked_type = label->type;
  }
  set_unreachable();
  return true;
}

bool Body::check_call(const FuncType& callee) {
  if (!pop(callee.params)) return false;
  push(callee.results);
  return true;
}

bool Body::check_return_call(const FuncType& callee) {
  const auto results = frames.front().results();
  const auto matches = [&](ValType sub, ValType super) { return registry->matches(sub, super); };
  if (!std::ranges::equal(callee.results, results, matches)) {
    return reject("type mismatch: current function requires result type ", text(results), " but callee returns ",
                  text(callee.results), ", in `", mnemonic(), "`");
  }
  if (!pop(callee.params)) return false;
  set_unreachable();
  return true;
}

bool Body::check_call_indirect(bool returns) {
  ValType address;
  ValType element;
  const FuncType* callee = nullptr;
  if (!find_table(instruction.second, address, element)) return false;
  if (!find_func_type(instruction.index, callee)) return false;
  if (!registry->matches(element, funcref)) {
    return reject("type mismatch: instruction requires table of function type but table ", instruction.second,
                  " has element type ", text(element));
  }
  if (!pop(address)) return false;
  return returns ? check_return_call(*callee) : check_call(*callee);
}

bool Body::check_call_ref(bool returns) {
  const FuncType* callee = nullptr;
  if (!find_func_type(instruction.index, callee)) return false;
  if (!pop(ValType::ref(module->canonical_types[TypeIdx(instruction.index)], true))) return false;
  return returns ? check_return_call(*callee) : check_call(*callee);
}

// --- exceptions ----------------------------------------------------------------------------------------------------

bool Body::check_throw() {
  const FuncType* type = nullptr;
  if (!find_tag(instruction.index, type) || !pop(type->params)) return false;
  set_unreachable();
  return true;
}

bool Body::check_try_table() {
  // The clauses' labels do not count the block itself.
  for (const Catch& clause : instruction.catches) {
    if (!check_catch_clause(clause)) return false;
  }
  return enter_block(FrameKind::try_table);
}

bool Body::check_catch_clause(const Catch& clause) {
  Frame* label = nullptr;
  if (!find_label(clause.label.value, label)) return false;
  const bool has_tag = clause.kind == CatchKind::catch_ || clause.kind == CatchKind::catch_ref;
  const bool has_reference = clause.kind == CatchKind::catch_ref || clause.kind == CatchKind::catch_all_ref;
  const FuncType* tag = nullptr;
  if (has_tag && !find_tag(clause.tag.value, tag)) return false;
  const std::span<const ValType> caught = has_tag ? tag->params : std::span<const ValType>{};
  const std::span<const ValType> target = label->label_types();
  constexpr ValType exception = ValType::ref(AbstractHeapType::exn, false);

  bool matches = target.size() == caught.size() + (has_reference ? 1 : 0);
  for (std::size_t i = 0; matches && i < caught.size(); ++i) matches = registry->matches(caught[i], target[i]);
  if (matches && has_reference) matches = registry->matches(exception, target.back());
  return matches || reject("type mismatch: catch handler requires ", text(target), " but label has ", text(caught),
                           has_reference ? " and (ref exn)" : "", ", in `try_table`");
}

bool Body::check_catch() {
  const FuncType* type = nullptr;
  if (!check_catch_all() || !find_tag(instruction.index, type)) return false;
  frame().kind = FrameKind::catch_;
  push(type->params);
  return true;
}

bool Body::check_catch_all() {
  if (frame().kind != FrameKind::try_ && frame().kind != FrameKind::catch_) {
    return reject_as(ErrorKind::malformed, "END opcode expected: `", mnemonic(), "` stands in no `try`");
  }
  if (!close()) return false;
  undo_initializations();
  frame().kind = FrameKind::catch_all;
  frame().is_unreachable = false;
  top = operands.data() + frame().floor + 1;
  return true;
}

bool Body::check_delegate() {
  if (frame().kind != FrameKind::try_) {
    return reject_as(ErrorKind::malformed, "END opcode expected: `delegate` ends no `try`");
  }
  if (!close()) return false;
  leave();
  Frame* target = nullptr;
  return find_label(instruction.index, target);
}

bool Body::check_rethrow() {
  Frame* label = nullptr;
  if (!find_label(instruction.index, label)) return false;
  if (label->kind != FrameKind::catch_ && label->kind != FrameKind::catch_all) {
    return reject("invalid rethrow label ", instruction.index, ": it is not that of a `catch`");
  }
  set_unreachable();
  return true;
}

}  // namespace tenon::core
