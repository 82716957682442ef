// The translation of calls. Arguments are put where the callee's frame begins; what is below them is spilled. What
// names the callee (an index, a reference) stays in the accumulator or its local; otherwise it is put behind the
// arguments.
#include <algorithm>

#include "binary/core/immediates.hpp"
#include "interp/translator.hpp"

namespace tenon::interp {

// What a call leaves: a single number or reference in its accumulator, anything else in the frame's slots.
void Translator::push_results(const core::FuncType& type, std::uint32_t slot) {
  touch(slot + std::max(slots_of(type.params), slots_of(type.results)));
  forget_accumulators();
  if (type.results.size() == 1 && !type.results[0].is_vector()) return push_acc(bank_of(type.results[0]));
  push_temps(type.results, slot);
}

void Translator::call() {
  const std::uint32_t callee = index();
  const core::FuncType& type = model_.type_of(core::FuncIdx(callee)).func;
  const std::uint32_t frame = place_arguments(static_cast<std::uint32_t>(type.params.size()));
  code_.begin(control_.call);
  code_.field64(std::bit_cast<std::uint64_t>(&entries_[callee]));
  field_slot(frame);
  code_.end();
  push_results(type, frame);
}

// Puts the arguments and what names the callee, the top entry, where the call finds them.
Translator::Arguments Translator::place_callee_and_arguments(const core::FuncType& type) {
  const auto count = static_cast<std::uint32_t>(type.params.size());
  Arguments result;
  const Operand& top = stack_.back();
  result.place = place_of(top);
  if (result.place == Place::acc || (result.place == Place::slot && top.kind == Operand::Kind::local)) {
    const Operand callee = pop();
    result.callee = callee.slot;
    result.frame = place_arguments(count);
  } else {
    result.place = Place::slot;
    result.frame = place_arguments(count + 1);
    result.callee = result.frame + slots_of(type.params);
  }
  return result;
}

void Translator::call_indirect() {
  const core::Instruction& call = immediates(Op::call_indirect);
  const core::FuncType& type = func_type(call.index);
  const Arguments arguments = place_callee_and_arguments(type);
  code_.begin(control_.call_indirect[arguments.place == Place::slot]);
  if (arguments.place == Place::slot) field_slot(arguments.callee);
  code_.field32(call.second);
  code_.field32(module_.canonical_types[core::TypeIdx(call.index)].value);
  field_slot(arguments.frame);
  code_.end();
  push_results(type, arguments.frame);
}

void Translator::call_ref() {
  const core::FuncType& type = func_type(index());
  const Arguments arguments = place_callee_and_arguments(type);
  code_.begin(control_.call_ref[arguments.place == Place::slot]);
  if (arguments.place == Place::slot) field_slot(arguments.callee);
  field_slot(arguments.frame);
  code_.end();
  push_results(type, arguments.frame);
}

// Tail calls: the arguments lie in adjacent slots, and are moved down over the frame when the call is made.
void Translator::finish_tail_call(const core::FuncType& type, std::uint32_t frame) {
  field_slot(frame);
  code_.field32(slots_of(type.params));
  code_.end();
  touch(slots_of(type.results));
  unreachable();
}

void Translator::return_call() {
  const std::uint32_t callee = index();
  const core::FuncType& type = model_.type_of(core::FuncIdx(callee)).func;
  const std::uint32_t frame = place_arguments(static_cast<std::uint32_t>(type.params.size()));
  code_.begin(control_.return_call);
  code_.field64(std::bit_cast<std::uint64_t>(&entries_[callee]));
  finish_tail_call(type, frame);
}

void Translator::return_call_indirect() {
  const core::Instruction& call = immediates(Op::return_call_indirect);
  const core::FuncType& type = func_type(call.index);
  const std::uint32_t frame = place_arguments(static_cast<std::uint32_t>(type.params.size()) + 1);
  code_.begin(control_.return_call_indirect);
  field_slot(frame + slots_of(type.params));
  code_.field32(call.second);
  code_.field32(module_.canonical_types[core::TypeIdx(call.index)].value);
  finish_tail_call(type, frame);
}

void Translator::return_call_ref() {
  const core::FuncType& type = func_type(index());
  const std::uint32_t frame = place_arguments(static_cast<std::uint32_t>(type.params.size()) + 1);
  code_.begin(control_.return_call_ref);
  field_slot(frame + slots_of(type.params));
  finish_tail_call(type, frame);
}

}  // namespace tenon::interp
