// The translation of operations without variants: all operands in slots; a single number or reference as result goes to
// its accumulator, vectors and several results to slots. Their fields are the operands' slots, the immediates in the
// order of the binary format, and the slot of the result where it has one.
#include <algorithm>
#include <cassert>

#include "binary/core/immediates.hpp"
#include "interp/access.hpp"
#include "interp/translator.hpp"

namespace tenon::interp {

namespace {
constexpr core::ValType type_of(char letter) noexcept {
  switch (letter) {
    case 'f': return core::f32;
    case 'd': return core::f64;
    case 'v': return core::v128;
    default: return core::i64;  // any one-slot value of the integer bank
  }
}
}  // namespace

void Translator::plain(Op op) {
  const InstructionInfo& i = info(op);
  if (op == Op::v128_const) return constant_vector();
  if (i.signature == "*") return reference(op);
  if (op == Op::ref_eq) return binary(Op::i64_eq);
  immediates(op);
  if (i.immediates == Immediates::mem_arg || i.immediates == Immediates::mem_arg_lane) {
    return plain_by_signature(op, i.prefix == atomic_prefix ? atomics_ : vectors_);
  }
  if (i.prefix == simd_prefix) return plain_by_signature(op, vectors_);
  if (i.prefix == atomic_prefix) return plain_by_signature(op, atomics_);
  plain_by_signature(op, i.prefix == gc_prefix ? references_ : bulk_);
}

void Translator::constant_vector() {
  const V128 value = immediates(Op::v128_const).vector;
  const std::uint32_t slot = next_home();
  code_.begin(control_.constant_v128);
  code_.field64(load_le<std::uint64_t>(value.bytes));
  code_.field64(load_le<std::uint64_t>(value.bytes + 8));
  end_in_slot(slot);
  push_temp(core::v128, slot);
}

void Translator::plain_immediates(Op op) {
  const core::Instruction& i = instruction_;
  switch (info(op).immediates) {
    case Immediates::none:
    case Immediates::zero_byte: return;
    case Immediates::mem_arg:
      code_.field32(i.mem.memory.value);
      code_.field64(i.mem.offset);
      return;
    case Immediates::mem_arg_lane:
      code_.field32(i.mem.memory.value);
      code_.field64(i.mem.offset);
      code_.field32(i.lane);
      return;
    case Immediates::lane: code_.field32(i.lane); return;
    case Immediates::lanes16:
      code_.field64(load_le<std::uint64_t>(i.vector.bytes));
      code_.field64(load_le<std::uint64_t>(i.vector.bytes + 8));
      return;
    case Immediates::table_table:
    case Immediates::elem_table:
    case Immediates::memory_memory:
    case Immediates::data_memory:
      code_.field32(i.index);
      code_.field32(i.second);
      return;
    default: code_.field32(i.index); return;
  }
}

// An operation, its immediates read, whose operands and results are those of its signature.
void Translator::plain_by_signature(Op op, const PlainTable& table) {
  const std::string_view params = params_of(op);
  const std::string_view results = results_of(op);
  std::array<Operand, 4> operands;
  for (std::size_t i = params.size(); i > 0; --i) operands[i - 1] = pop();
  for (std::size_t i = params.size(); i > 0; --i) slot_of(operands[i - 1]);
  if (!results.empty()) spill(bank_of(results[0]));
  code_.begin(table[static_cast<std::size_t>(op)]);
  for (std::size_t i = 0; i < params.size(); ++i) field_slot(operands[i].slot);
  plain_immediates(op);
  if (results.size() == 1 && results[0] != 'v') {
    code_.end();
    push_acc(bank_of(results[0]));
    return;
  }
  std::uint32_t slot = next_home();
  for (const char letter : results) {
    code_.last.slot_field = code_.position();
    field_slot(slot);
    forget(slot);
    push_temp(type_of(letter), slot);
    slot = next_home();
  }
  code_.end();
  if (results == "v") code_.last.kind = CodeBuffer::Last::Kind::in_slot;
}

void Translator::begin_plain(Op op, const PlainTable& table, Bank result_bank) {
  spill(result_bank);
  code_.begin(table[static_cast<std::size_t>(op)]);
}

void Translator::field_heap_type(core::HeapType type) {
  code_.field32(type.is_concrete() ? concrete_heap_type | module_.canonical_types[type.index()].value
                                   : static_cast<std::uint32_t>(type.abstract()));
}

void Translator::reference(Op op) {
  switch (op) {
    case Op::ref_null: immediates(op); return push_constant(Bank::integer, runtime::null_ref);
    case Op::ref_is_null: return eqz(Op::i64_eqz);
    case Op::any_convert_extern:
    case Op::extern_convert_any: return;
    case Op::ref_func:
      immediates(op);
      begin_plain(op, references_, Bank::integer);
      code_.field32(instruction_.index);
      code_.end();
      return push_acc(Bank::integer);
    case Op::ref_as_non_null: {
      const auto slots = pop_slots<1>();
      begin_plain(op, references_, Bank::integer);
      field_slot(slots[0]);
      code_.end();
      return push_acc(Bank::integer);
    }
    case Op::ref_test:
    case Op::ref_test_null:
    case Op::ref_cast:
    case Op::ref_cast_null: return cast(op);
    case Op::struct_get:
    case Op::struct_get_s:
    case Op::struct_get_u:
    case Op::array_get:
    case Op::array_get_s:
    case Op::array_get_u: return object_get(op);
    case Op::struct_set:
    case Op::array_set: return object_set(op);
    case Op::array_fill:
    case Op::array_copy:
    case Op::array_init_data:
    case Op::array_init_elem: return array_bulk(op);
    default: return object_new(op);
  }
}

// Fields: reference, heap type, whether null passes.
void Translator::cast(Op op) {
  const core::HeapType heap = immediates(op).heap;
  const auto slots = pop_slots<1>();
  const bool is_test = op == Op::ref_test || op == Op::ref_test_null;
  begin_plain(is_test ? Op::ref_test : Op::ref_cast, references_, Bank::integer);
  field_slot(slots[0]);
  field_heap_type(heap);
  code_.field32(op == Op::ref_test_null || op == Op::ref_cast_null ? 1 : 0);
  code_.end();
  push_acc(Bank::integer);
}

// The reference stays on the stack either way; a test of it decides.
void Translator::branch_on_cast(Op op) {
  const core::Instruction& i = immediates(op);
  const std::uint32_t depth = i.index;
  materialize(stack_.back());
  spill(Bank::integer);
  code_.begin(references_[static_cast<std::size_t>(Op::ref_test)]);
  field_slot(stack_.back().slot);
  field_heap_type(i.heap);
  code_.field32((i.cast_flags & 2) != 0 ? 1 : 0);
  code_.end();
  push_acc(Bank::integer);
  branch_if(depth, op == Op::br_on_cast);
}

// Objects are made from operands in adjacent slots. Fields: those operands' first slot, the type, the immediates'
// second index, the number of slots of the operands, the end of the frame for the collector.
void Translator::object_new(Op op) {
  const core::Instruction& i = immediates(op);
  const core::SubType& type = model_.types[core::TypeIdx(i.index)];
  std::uint32_t operands = 0;
  switch (op) {
    case Op::struct_new: operands = static_cast<std::uint32_t>(type.fields.size()); break;
    case Op::array_new_default: operands = 1; break;
    case Op::array_new:
    case Op::array_new_data:
    case Op::array_new_elem: operands = 2; break;
    case Op::array_new_fixed: operands = i.second; break;
    default: break;
  }
  std::uint32_t slots = 0;
  for (std::size_t k = stack_.size() - operands; k < stack_.size(); ++k) slots += stack_[k].width();
  const std::uint32_t first = place_contiguous(operands);
  begin_plain(op, references_, Bank::integer);
  field_slot(first);
  code_.field32(module_.canonical_types[core::TypeIdx(i.index)].value);
  code_.field32(i.second);
  code_.field32(slots);
  field_top();
  code_.end();
  push_acc(Bank::integer);
}

namespace {
std::uint32_t field_slot_of(std::span<const core::FieldType> fields, std::uint32_t index) noexcept {
  std::uint32_t slot = 0;
  for (const core::FieldType& field : fields.first(index)) slot += runtime::slots_of(field.storage);
  return slot;
}
constexpr std::uint32_t packed_bits(core::ValType storage) noexcept {
  if (storage == core::ValType(core::ValType::Kind::i8)) return 8;
  if (storage == core::ValType(core::ValType::Kind::i16)) return 16;
  return 0;
}
}  // namespace

// Fields: reference, index (arrays), field's slot (structs), slot of the result. The handlers of packed fields have a
// row each; a vector goes to the slot, anything else to its accumulator.
void Translator::object_get(Op op) {
  const core::Instruction& i = immediates(op);
  const core::SubType& type = model_.types[core::TypeIdx(i.index)];
  const bool is_struct = type.kind == core::CompositeKind::struct_;
  const core::ValType storage = type.fields[is_struct ? i.second : 0].storage;
  Operand at = is_struct ? Operand{} : pop();
  Operand reference = pop();
  if (!is_struct) slot_of(at);
  slot_of(reference);
  const std::uint32_t result = next_home();
  begin_plain(op, references_, bank_of(storage.unpacked()));
  field_slot(reference.slot);
  if (is_struct) {
    code_.field32(field_slot_of(type.fields, i.second));
  } else {
    field_slot(at.slot);
  }
  code_.field32(storage.is_vector() ? 128 : packed_bits(storage));
  field_slot(result);
  code_.end();
  if (storage.is_vector()) {
    forget(result);
    forget(result + 1);
    push_temp(storage, result);
  } else {
    push_acc(bank_of(storage.unpacked()));
  }
}

// Fields: reference, index (arrays) or field's slot (structs), value, width of the field in bits where it matters.
void Translator::object_set(Op op) {
  const core::Instruction& i = immediates(op);
  const core::SubType& type = model_.types[core::TypeIdx(i.index)];
  const bool is_struct = type.kind == core::CompositeKind::struct_;
  const core::ValType storage = type.fields[is_struct ? i.second : 0].storage;
  Operand value = pop();
  Operand at = is_struct ? Operand{} : pop();
  Operand reference = pop();
  slot_of(value);
  if (!is_struct) slot_of(at);
  slot_of(reference);
  code_.begin(references_[static_cast<std::size_t>(op)]);
  field_slot(reference.slot);
  if (is_struct) {
    code_.field32(field_slot_of(type.fields, i.second));
  } else {
    field_slot(at.slot);
  }
  field_slot(value.slot);
  code_.field32(storage.is_vector() ? 128 : packed_bits(storage));
  code_.end();
}

// Fields: operands, the immediates' second index.
void Translator::array_bulk(Op op) {
  const core::Instruction& i = immediates(op);
  std::array<Operand, 5> operands;
  const std::size_t count = op == Op::array_copy ? 5 : 4;
  for (std::size_t k = count; k > 0; --k) operands[k - 1] = pop();
  for (std::size_t k = count; k > 0; --k) slot_of(operands[k - 1]);
  code_.begin(references_[static_cast<std::size_t>(op)]);
  for (std::size_t k = 0; k < count; ++k) field_slot(operands[k].slot);
  code_.field32(i.second);
  code_.end();
}

}  // namespace tenon::interp
