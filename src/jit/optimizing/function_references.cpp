// References, tables and objects in compiled code. What is a matter of a few instructions is done here: fields and
// elements of objects, tests for the very type that is asked for, tables' elements. The rest is the runtime's.
#include <llvm/IR/Constants.h>

#include "jit/optimizing/function_builder.hpp"
#include "runtime/executor.hpp"
#include "runtime/store.hpp"

namespace tenon::jit {

using runtime::NativeHelper;

llvm::Value* FunctionBuilder::in_slots(llvm::ArrayRef<llvm::Value*> values) {
  if (values.empty()) return llvm::ConstantPointerNull::get(ir_.getPtrTy());
  unsigned slots = 0;
  for (const llvm::Value* value : values) slots += value->getType()->isVectorTy() ? 2 : 1;
  llvm::Value* place = llvm::IRBuilder<>(entry_, entry_->begin()).CreateAlloca(ir_.getInt64Ty(), ir_.getInt32(slots));
  module_.store_slots(ir_, place, values);
  return place;
}

// The canonical type's number, which is known when the module is loaded.
llvm::Value* FunctionBuilder::canonical_type(std::uint32_t type) {
  llvm::Type* ptr = ir_.getPtrTy();
  llvm::Value* module =
      module_.load_invariant(ir_, ptr, instance_, offsetof(runtime::Instance, module), sizeof(runtime::CodeModule));
  llvm::Value* native =
      module_.load_invariant(ir_, ptr, module, offsetof(runtime::CodeModule, native), sizeof(runtime::NativeModule));
  llvm::Value* ids = module_.load_invariant(ir_, ptr, native, offsetof(runtime::NativeModule, type_ids),
                                            source_.canonical_types.size() * sizeof(std::uint32_t));
  return module_.load_invariant(ir_, ir_.getInt32Ty(), ids, type * sizeof(std::uint32_t));
}

bool FunctionBuilder::reference(const core::Instruction& in) {
  switch (in.op) {
    case Op::ref_null: push(ir_.getInt64(runtime::null_ref)); return true;
    case Op::ref_is_null: push(ir_.CreateZExt(ir_.CreateIsNull(pop()), ir_.getInt32Ty())); return true;
    case Op::any_convert_extern:
    case Op::extern_convert_any: return true;
    case Op::ref_eq: {
      llvm::Value* right = pop();
      push(ir_.CreateZExt(ir_.CreateICmpEQ(pop(), right), ir_.getInt32Ty()));
      return true;
    }
    case Op::ref_func: {
      llvm::Value* func =
          module_.call_helper(ir_, instance_, NativeHelper::own_func, ir_.getPtrTy(), {ir_.getInt32(in.index)});
      push(ir_.CreatePtrToInt(func, ir_.getInt64Ty()));
      return true;
    }
    case Op::ref_as_non_null: trap_unless(ir_.CreateIsNotNull(stack_.back()), Trap::null_reference); return true;
    case Op::ref_i31: {
      llvm::Value* wide = ir_.CreateZExt(pop(), ir_.getInt64Ty());
      push(ir_.CreateOr(ir_.CreateAnd(ir_.CreateShl(wide, 1), 0xFFFF'FFFF), 1));
      return true;
    }
    case Op::i31_get_s:
    case Op::i31_get_u: {
      llvm::Value* value = pop();
      trap_unless(ir_.CreateIsNotNull(value), Trap::null_i31_reference);
      value = ir_.CreateTrunc(value, ir_.getInt32Ty());
      push(in.op == Op::i31_get_s ? ir_.CreateAShr(value, 1) : ir_.CreateLShr(value, 1));
      return true;
    }
    case Op::ref_test:
    case Op::ref_test_null:
    case Op::ref_cast:
    case Op::ref_cast_null: return cast(in), true;
    case Op::struct_new:
    case Op::struct_new_default:
    case Op::array_new:
    case Op::array_new_default:
    case Op::array_new_fixed:
    case Op::array_new_data:
    case Op::array_new_elem: return make_object(in), true;
    case Op::struct_get:
    case Op::struct_get_s:
    case Op::struct_get_u:
    case Op::array_get:
    case Op::array_get_s:
    case Op::array_get_u: return object_get(in), true;
    case Op::struct_set:
    case Op::array_set: return object_set(in), true;
    case Op::array_len: {
      llvm::Value* array = pop();
      trap_unless(ir_.CreateIsNotNull(array), Trap::null_array_reference);
      push(module_.load_invariant(ir_, ir_.getInt32Ty(), pointer(array), runtime::array_length_at));
      return true;
    }
    case Op::array_fill:
    case Op::array_copy:
    case Op::array_init_data:
    case Op::array_init_elem: return array_bulk(in), true;
    default: return false;
  }
}

// --- Tables

bool FunctionBuilder::table(const core::Instruction& in) {
  llvm::Type* i64 = ir_.getInt64Ty();
  const auto wide = [&](llvm::Value* value) { return ir_.CreateZExt(value, i64); };
  const auto is_64 = [&](std::uint32_t index) { return model_.tables[core::TableIdx(index)].type.limits.is_64; };
  const auto narrow = [&](llvm::Value* value, std::uint32_t index) {
    return is_64(index) ? value : ir_.CreateTrunc(value, ir_.getInt32Ty());
  };
  const auto number = [&](std::uint32_t value) { return ir_.getInt32(value); };
  const auto call = [&](NativeHelper which, llvm::ArrayRef<llvm::Value*> arguments) {
    module_.call_helper(ir_, instance_, which, ir_.getVoidTy(), arguments);
  };
  switch (in.op) {
    case Op::elem_drop: return call(NativeHelper::elem_drop, {number(in.index)}), true;
    case Op::table_copy: {
      const Values at = pop(3);
      call(NativeHelper::table_copy, {number(in.index), number(in.second), wide(at[0]), wide(at[1]), wide(at[2])});
      return true;
    }
    case Op::table_init: {
      const Values at = pop(3);
      call(NativeHelper::table_init, {number(in.second), number(in.index), wide(at[0]), wide(at[1]), wide(at[2])});
      return true;
    }
    case Op::table_fill: {
      const Values at = pop(3);
      call(NativeHelper::table_fill, {number(in.index), wide(at[0]), at[1], wide(at[2])});
      return true;
    }
    case Op::table_grow: {
      const Values at = pop(2);
      llvm::Value* old =
          module_.call_helper(ir_, instance_, NativeHelper::table_grow, i64, {number(in.index), wide(at[1]), at[0]});
      return push(narrow(old, in.index)), true;
    }
    default: break;
  }
  llvm::Value* value = in.op == Op::table_set ? pop() : nullptr;
  llvm::Value* table =
      entity(offsetof(runtime::Instance, tables), model_.tables.size(), in.index, sizeof(runtime::Table));
  llvm::Value* size = load_field(i64, table, offsetof(runtime::Table, size));
  if (in.op == Op::table_size) return push(narrow(size, in.index)), true;
  llvm::Value* index = wide(pop());
  trap_unless(ir_.CreateICmpULT(index, size), Trap::out_of_bounds_table_access);
  llvm::Value* elements = load_field(ir_.getPtrTy(), table, offsetof(runtime::Table, elements));
  llvm::Value* place = ir_.CreateGEP(i64, elements, index);
  if (value != nullptr) {
    ir_.CreateStore(value, place)->setMetadata(llvm::LLVMContext::MD_tbaa, module_.alias_runtime_);
  } else {
    llvm::LoadInst* load = ir_.CreateLoad(i64, place);
    load->setMetadata(llvm::LLVMContext::MD_tbaa, module_.alias_runtime_);
    push(load);
  }
  return true;
}

// --- Types

// An object or function of the very type that is asked for is found at once: both begin with their type. Whether it is
// another the runtime says.
llvm::Value* FunctionBuilder::has_type(llvm::Value* reference, core::HeapType type, bool is_nullable) {
  llvm::BasicBlock* present = new_block("present");
  llvm::BasicBlock* ask = new_block("ask");
  llvm::BasicBlock* known = new_block("known");
  llvm::BasicBlock* from_null = ir_.GetInsertBlock();
  ir_.CreateCondBr(ir_.CreateIsNull(reference), known, present);
  ir_.SetInsertPoint(present);
  llvm::BasicBlock* from_present = nullptr;
  if (type.is_concrete()) {
    llvm::BasicBlock* object = new_block("object");
    ir_.CreateCondBr(ir_.CreateIsNull(ir_.CreateAnd(reference, 1)), object, ask);  // else it is a small number
    ir_.SetInsertPoint(object);
    llvm::Value* found = module_.load_invariant(ir_, ir_.getInt32Ty(), pointer(reference), 0);
    ir_.CreateCondBr(ir_.CreateICmpEQ(found, canonical_type(type.index().value)), known, ask);
    from_present = ir_.GetInsertBlock();
  } else {
    ir_.CreateBr(ask);
  }
  ir_.SetInsertPoint(ask);
  const std::uint32_t bits = type.is_concrete() ? runtime::native_type_index | type.index().value
                                                : static_cast<std::uint32_t>(type.abstract());
  llvm::Value* answer =
      module_.call_helper(ir_, instance_, NativeHelper::ref_test, ir_.getInt32Ty(), {reference, ir_.getInt32(bits)});
  llvm::BasicBlock* from_ask = ir_.GetInsertBlock();
  ir_.CreateBr(known);
  ir_.SetInsertPoint(known);
  llvm::PHINode* result = ir_.CreatePHI(ir_.getInt32Ty(), 3);
  result->addIncoming(ir_.getInt32(is_nullable ? 1 : 0), from_null);
  if (from_present != nullptr) result->addIncoming(ir_.getInt32(1), from_present);
  result->addIncoming(answer, from_ask);
  return result;
}

void FunctionBuilder::cast(const core::Instruction& in) {
  const bool is_nullable = in.op == Op::ref_test_null || in.op == Op::ref_cast_null;
  llvm::Value* reference = pop();
  llvm::Value* fits = has_type(reference, in.heap, is_nullable);
  if (in.op == Op::ref_test || in.op == Op::ref_test_null) return push(fits);
  trap_unless(ir_.CreateIsNotNull(fits), Trap::cast_failure);
  push(reference);
}

// The reference stays on the stack either way.
void FunctionBuilder::branch_on_cast(const core::Instruction& in) {
  llvm::Value* fits = has_type(stack_.back(), in.heap, (in.cast_flags & 2) != 0);
  push(in.op == Op::br_on_cast ? fits : ir_.CreateXor(fits, 1));
  branch_if(in.index);
}

// The reference stays on the stack where it is not null.
void FunctionBuilder::branch_on_null(const core::Instruction& in) {
  const bool on_null = in.op == Op::br_on_null;
  llvm::Value* reference = stack_.back();
  llvm::Value* is_null = ir_.CreateIsNull(reference);
  if (on_null) pop();
  push(ir_.CreateZExt(on_null ? is_null : ir_.CreateNot(is_null), ir_.getInt32Ty()));
  branch_if(in.index);
  if (on_null) {
    push(reference);
  } else {
    pop();
  }
}

bool FunctionBuilder::call_ref(const core::Instruction& in, bool tail) {
  const core::TypeIdx type_index(in.index);
  const core::FuncType& type = *source_.signatures[type_index];
  if (tail && !can_tail_call(type)) return false;
  llvm::Value* reference = pop();
  const Values arguments = pop(type.params.size());
  trap_unless(ir_.CreateIsNotNull(reference), Trap::null_function_reference);
  finish_call(module_.call_func(ir_, instance_, pointer(reference), type_index, arguments, tail && loop_ == nullptr,
                                tail ? nullptr : pad_here()),
              type, tail);
  return true;
}

// --- Objects

void FunctionBuilder::make_object(const core::Instruction& in) {
  const core::SubType& type = model_.types[core::TypeIdx(in.index)];
  llvm::Value* of_type = ir_.getInt32(in.index);
  llvm::Value* none = llvm::ConstantPointerNull::get(ir_.getPtrTy());
  const auto make = [&](NativeHelper which, llvm::ArrayRef<llvm::Value*> arguments) {
    push(module_.call_helper(ir_, instance_, which, ir_.getInt64Ty(), arguments));
  };
  switch (in.op) {
    case Op::struct_new: return make(NativeHelper::struct_new, {of_type, in_slots(pop(type.fields.size()))});
    case Op::struct_new_default: return make(NativeHelper::struct_new, {of_type, none});
    case Op::array_new_default: return make(NativeHelper::array_new, {of_type, none, pop()});
    case Op::array_new: {
      llvm::Value* length = pop();
      return make(NativeHelper::array_new, {of_type, in_slots({pop()}), length});
    }
    case Op::array_new_fixed:
      return make(NativeHelper::array_new_fixed, {of_type, in_slots(pop(in.second)), ir_.getInt32(in.second)});
    default: {
      const Values from = pop(2);
      const bool is_data = in.op == Op::array_new_data;
      return make(is_data ? NativeHelper::array_new_data : NativeHelper::array_new_elem,
                  {of_type, ir_.getInt32(in.second), from[0], from[1]});
    }
  }
}

namespace {

unsigned packed_bits(core::ValType storage) noexcept {
  if (storage == core::ValType(core::ValType::Kind::i8)) return 8;
  if (storage == core::ValType(core::ValType::Kind::i16)) return 16;
  return 0;
}

unsigned element_bytes(core::ValType storage) noexcept {
  if (const unsigned bits = packed_bits(storage)) return bits / 8;
  if (storage == core::i32 || storage == core::f32) return 4;
  return storage.is_vector() ? 16 : 8;
}

}  // namespace

llvm::Value* FunctionBuilder::field_of(llvm::Value* object, const core::SubType& type, std::uint32_t field) {
  trap_unless(ir_.CreateIsNotNull(object), Trap::null_structure_reference);
  std::uint64_t slots = 0;
  for (const core::FieldType& before : type.fields.first(field)) slots += runtime::slots_of(before.storage);
  return at(pointer(object), sizeof(runtime::Object) + slots * sizeof(runtime::Slot));
}

llvm::Value* FunctionBuilder::element_of(llvm::Value* array, llvm::Value* index, core::ValType storage) {
  trap_unless(ir_.CreateIsNotNull(array), Trap::null_array_reference);
  llvm::Value* length = module_.load_invariant(ir_, ir_.getInt32Ty(), pointer(array), runtime::array_length_at);
  trap_unless(ir_.CreateICmpULT(index, length), Trap::out_of_bounds_array_access);
  llvm::Value* distance = ir_.CreateMul(ir_.CreateZExt(index, ir_.getInt64Ty()), ir_.getInt64(element_bytes(storage)));
  return ir_.CreateGEP(ir_.getInt8Ty(), at(pointer(array), sizeof(runtime::Array)), distance);
}

void FunctionBuilder::load_member(llvm::Value* place, core::ValType storage, Op op) {
  const unsigned bits = packed_bits(storage);
  llvm::Type* type = bits != 0 ? ir_.getIntNTy(bits) : module_.type_of(storage);
  llvm::LoadInst* load = ir_.CreateAlignedLoad(type, place, llvm::Align(1));
  load->setMetadata(llvm::LLVMContext::MD_tbaa, module_.alias_objects_);
  if (bits == 0) return push(load);
  const bool is_signed = op == Op::struct_get_s || op == Op::array_get_s;
  push(is_signed ? ir_.CreateSExt(load, ir_.getInt32Ty()) : ir_.CreateZExt(load, ir_.getInt32Ty()));
}

void FunctionBuilder::store_member(llvm::Value* place, llvm::Value* value, core::ValType storage) {
  if (const unsigned bits = packed_bits(storage)) value = ir_.CreateTrunc(value, ir_.getIntNTy(bits));
  ir_.CreateAlignedStore(value, place, llvm::Align(1))->setMetadata(llvm::LLVMContext::MD_tbaa, module_.alias_objects_);
}

void FunctionBuilder::object_get(const core::Instruction& in) {
  const core::SubType& type = model_.types[core::TypeIdx(in.index)];
  if (type.kind == core::CompositeKind::struct_) {
    llvm::Value* place = field_of(pop(), type, in.second);
    return load_member(place, type.fields[in.second].storage, in.op);
  }
  const core::ValType storage = type.fields[0].storage;
  llvm::Value* index = pop();
  llvm::Value* place = element_of(pop(), index, storage);
  load_member(place, storage, in.op);
}

// A field has a slot of its own, all of which is written.
void FunctionBuilder::object_set(const core::Instruction& in) {
  const core::SubType& type = model_.types[core::TypeIdx(in.index)];
  llvm::Value* value = pop();
  if (type.kind == core::CompositeKind::struct_) {
    llvm::Value* place = field_of(pop(), type, in.second);
    if (const unsigned bits = packed_bits(type.fields[in.second].storage)) {
      value = ir_.CreateAnd(value, (std::uint64_t{1} << bits) - 1);
    }
    if (value->getType()->isFloatTy()) value = ir_.CreateBitCast(value, ir_.getInt32Ty());
    if (value->getType()->isIntegerTy(32)) value = ir_.CreateZExt(value, ir_.getInt64Ty());
    return store_member(place, value, core::i64);
  }
  const core::ValType storage = type.fields[0].storage;
  llvm::Value* index = pop();
  llvm::Value* place = element_of(pop(), index, storage);
  store_member(place, value, storage);
}

void FunctionBuilder::array_bulk(const core::Instruction& in) {
  const auto call = [&](NativeHelper which, llvm::ArrayRef<llvm::Value*> arguments) {
    module_.call_helper(ir_, instance_, which, ir_.getVoidTy(), arguments);
  };
  if (in.op == Op::array_copy) {
    const Values at = pop(5);
    return call(NativeHelper::array_copy, {at[0], at[1], at[2], at[3], at[4]});
  }
  const Values at = pop(4);
  if (in.op == Op::array_fill) return call(NativeHelper::array_fill, {at[0], at[1], in_slots({at[2]}), at[3]});
  call(in.op == Op::array_init_data ? NativeHelper::array_init_data : NativeHelper::array_init_elem,
       {at[0], at[1], ir_.getInt32(in.second), at[2], at[3]});
}

}  // namespace tenon::jit
