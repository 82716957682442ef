#include "jit/optimizing/function_builder.hpp"

#include <algorithm>
#include <llvm/IR/Constants.h>
#include <llvm/IR/Intrinsics.h>

#include "jit/optimizing/peel.hpp"
#include "jit/optimizing/trap_points.hpp"
#include "runtime/executor.hpp"
#include "runtime/store.hpp"

namespace tenon::jit {

using runtime::NativeHelper;

FunctionBuilder::FunctionBuilder(ModuleBuilder& module, core::FuncIdx index)
    : module_(module),
      source_(module.source_),
      model_(module.model_),
      index_(index),
      type_(*module.source_.func_signatures[index]),
      function_(*module.function(index)),
      context_(module.context_),
      ir_(module.context_),
      instance_(function_.getArg(0)) {}

FunctionBuilder::FunctionBuilder(ModuleBuilder& module, const LoopPlace& place, llvm::Function& code)
    : module_(module),
      source_(module.source_),
      model_(module.model_),
      index_(place.function),
      type_(*module.source_.func_signatures[place.function]),
      function_(code),
      context_(module.context_),
      ir_(module.context_),
      instance_(code.getArg(0)),
      loop_(&place) {}

llvm::BasicBlock* FunctionBuilder::new_block(const char* name) {
  return llvm::BasicBlock::Create(context_, name, &function_);
}

bool FunctionBuilder::build() {
  entry_ = new_block("entry");
  body_ = new_block("body");
  ir_.SetInsertPoint(entry_);
  const core::Func& func = model_.funcs[index_];
  llvm::DISubprogram* position = nullptr;
  if (module_.positions() != nullptr) {
    position = module_.subprogram(index_);
    function_.setSubprogram(position);
    ir_.SetCurrentDebugLocation(llvm::DILocation::get(context_, static_cast<unsigned>(func.offset), 0, position));
  }
  Cursor cursor(func.body, func.offset);
  std::pmr::vector<core::LocalRun> runs;
  core::read_locals(cursor, runs, static_cast<std::uint32_t>(type_.params.size()), source_.features);
  std::vector<core::ValType> types(type_.params.begin(), type_.params.end());
  for (const core::LocalRun& run : runs) types.insert(types.end(), run.count, run.type);
  make_locals(types);
  Block outermost;
  outermost.op = Op::return_;
  for (const core::ValType result : type_.results) outermost.results.push_back(module_.type_of(result));
  outermost.label = new_block("return");
  ir_.SetInsertPoint(outermost.label);
  for (llvm::Type* result : outermost.results) outermost.phis.push_back(ir_.CreatePHI(result, 2));
  blocks_.push_back(std::move(outermost));

  ir_.SetInsertPoint(body_);
  code_at_ = cursor.offset() - func.offset;
  core::InstructionReader reader(func.body.subspan(code_at_), func.offset + code_at_, source_.features,
                                 *std::pmr::get_default_resource());
  core::Instruction in;
  begin_run();
  while (!blocks_.empty() && reader.next(in)) {
    if (position != nullptr) {
      ir_.SetCurrentDebugLocation(
          llvm::DILocation::get(context_, static_cast<unsigned>(func.offset + code_at_) + in.offset, 0, position));
    }
    if (!reachable_) {
      skip(in);
      continue;
    }
    ++run_price_;
    if (!instruction(in)) return false;
  }
  if (!reader.ok()) return false;
  end_run();
  if (fuel_.local != nullptr) keep_fuel(function_, fuel_);
  ir_.SetInsertPoint(entry_);
  if (loop_ == nullptr) {
    ir_.CreateBr(body_);
    return true;
  }
  if (last_of_loop_ == nullptr) return false;
  ir_.CreateBr(loop_header_);
  std::vector<llvm::BasicBlock*> blocks;
  for (auto block = std::next(before_loop_->getIterator()); &*std::prev(block) != last_of_loop_; ++block) {
    blocks.push_back(&*block);
  }
  peel(*entry_, blocks);
  return true;
}

// Parameters first. A frame has them, and all others, in its slots.
void FunctionBuilder::make_locals(std::span<const core::ValType> types) {
  Values values;
  if (loop_ != nullptr) {
    values = module_.load_slots(ir_, function_.getArg(1), types);
  } else {
    for (std::size_t i = 0; i < types.size(); ++i) {
      const bool is_param = i < type_.params.size();
      values.push_back(is_param ? static_cast<llvm::Value*>(function_.getArg(static_cast<unsigned>(i) + 1))
                                : llvm::Constant::getNullValue(module_.type_of(types[i])));
    }
  }
  for (llvm::Value* value : values) {
    llvm::AllocaInst* local = ir_.CreateAlloca(value->getType());
    ir_.CreateStore(value, local);
    locals_.push_back(local);
  }
}

llvm::Value* FunctionBuilder::pop() {
  llvm::Value* value = stack_.back();
  stack_.pop_back();
  return value;
}

FunctionBuilder::Values FunctionBuilder::pop(std::size_t count) {
  Values values(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
  stack_.resize(stack_.size() - count);
  return values;
}

void FunctionBuilder::push_results(llvm::Value* packed, std::size_t count) {
  if (count == 1) push(packed);
  if (count < 2) return;
  for (unsigned i = 0; i < count; ++i) push(ir_.CreateExtractValue(packed, i));
}

// Code that cannot be reached is not built; its blocks are counted.
void FunctionBuilder::skip(const core::Instruction& in) {
  switch (in.op) {
    case Op::block:
    case Op::loop:
    case Op::if_:
    case Op::try_:
    case Op::try_table: ++skipped_; break;
    case Op::delegate:
      if (skipped_ > 0) {
        --skipped_;
      } else {
        delegate(in);
      }
      break;
    case Op::catch_:
    case Op::catch_all:
      if (skipped_ == 0) catch_(in);
      break;
    case Op::else_:
      if (skipped_ == 0) else_();
      break;
    case Op::end:
      if (skipped_ > 0) {
        --skipped_;
      } else {
        end();
      }
      break;
    default: break;
  }
}

bool FunctionBuilder::instruction(const core::Instruction& in) {
  switch (in.op) {
    case Op::local_get:
    case Op::local_set:
    case Op::local_tee:
    case Op::global_get:
    case Op::global_set: return variable(in);
    case Op::i32_const:
    case Op::i64_const:
    case Op::f32_const:
    case Op::f64_const:
    case Op::v128_const: return constant(in);
    case Op::drop: return pop(), true;
    case Op::nop: return true;
    case Op::select:
    case Op::select_typed: return select();
    case Op::memory_size: return memory_size(in);
    case Op::memory_grow: return memory_grow(in);
    default: break;
  }
  return info(in.op).signature == "*" ? control(in) : by_signature(in);
}

bool FunctionBuilder::variable(const core::Instruction& in) {
  switch (in.op) {
    case Op::local_get: push(ir_.CreateLoad(locals_[in.index]->getAllocatedType(), locals_[in.index])); return true;
    case Op::local_set: ir_.CreateStore(pop(), locals_[in.index]); return true;
    case Op::local_tee: ir_.CreateStore(stack_.back(), locals_[in.index]); return true;
    default: break;
  }
  const core::GlobalType& type = source_.global_types[core::GlobalIdx(in.index)];
  llvm::Value* global =
      entity(offsetof(runtime::Instance, globals), model_.globals.size(), in.index, sizeof(runtime::Global));
  llvm::Value* value = at(global, offsetof(runtime::Global, value));
  llvm::MDNode* alias = module_.alias_globals_[in.index];
  if (in.op == Op::global_get) {
    llvm::LoadInst* load = ir_.CreateAlignedLoad(module_.type_of(type.value), value, llvm::Align(8));
    load->setMetadata(llvm::LLVMContext::MD_tbaa, alias);
    if (!type.is_mutable) load->setMetadata(llvm::LLVMContext::MD_invariant_load, llvm::MDNode::get(context_, {}));
    push(load);
    return true;
  }
  // The whole slot, as everybody else writes it.
  llvm::Value* operand = pop();
  if (operand->getType()->isFloatTy()) operand = ir_.CreateBitCast(operand, ir_.getInt32Ty());
  if (operand->getType()->isIntegerTy(32)) operand = ir_.CreateZExt(operand, ir_.getInt64Ty());
  ir_.CreateAlignedStore(operand, value, llvm::Align(8))->setMetadata(llvm::LLVMContext::MD_tbaa, alias);
  return true;
}

bool FunctionBuilder::constant(const core::Instruction& in) {
  switch (in.op) {
    case Op::i32_const: push(ir_.getInt32(static_cast<std::uint32_t>(in.bits))); break;
    case Op::i64_const: push(ir_.getInt64(in.bits)); break;
    case Op::f32_const:
      push(ir_.CreateBitCast(ir_.getInt32(static_cast<std::uint32_t>(in.bits)), ir_.getFloatTy()));
      break;
    case Op::f64_const: push(ir_.CreateBitCast(ir_.getInt64(in.bits), ir_.getDoubleTy())); break;
    default: {
      std::uint64_t halves[2];
      std::memcpy(halves, in.vector.bytes, 16);
      push(llvm::ConstantDataVector::get(context_, halves));
    }
  }
  return true;
}

bool FunctionBuilder::select() {
  llvm::Value* condition = pop();
  llvm::Value* otherwise = pop();
  llvm::Value* value = pop();
  push(ir_.CreateSelect(ir_.CreateIsNotNull(condition), value, otherwise));
  return true;
}

// --- Operations of operations.cpp

bool FunctionBuilder::call_operation(const core::Instruction& in, Values arguments, unsigned results) {
  llvm::Function* operation = module_.operation(in.op);
  if (operation == nullptr) return false;
  llvm::FunctionType* type = operation->getFunctionType();
  const bool can_trap = type->getNumParams() == arguments.size() + 1;
  llvm::AllocaInst* reason = nullptr;
  if (can_trap) {
    reason = llvm::IRBuilder<>(entry_, entry_->begin()).CreateAlloca(ir_.getInt8Ty());
    arguments.push_back(reason);
  }
  for (llvm::Value*& argument : arguments) argument = keep_rounding(argument);
  llvm::Value* result = ir_.CreateCall(type, operation, arguments);
  if (in.op == Op::f64_promote_f32) result = ir_.CreateArithmeticFence(result, result->getType());
  if (can_trap) trap_if_set(ir_.CreateLoad(ir_.getInt8Ty(), reason));
  push_results(result, results);
  return true;
}

// LLVM takes x * 1 or x - 0 for x, and leaves a signaling NaN signaling, which the standard's operators do not. It does
// not look behind a fence, which costs nothing. (For the same reason the result of a promotion is fenced: demoted again
// it would be what was promoted.)
llvm::Value* FunctionBuilder::keep_rounding(llvm::Value* argument) {
  const auto* constant = llvm::dyn_cast<llvm::ConstantFP>(argument);
  if (constant == nullptr) return argument;
  llvm::APFloat magnitude = constant->getValueAPF();
  magnitude.clearSign();
  if (!magnitude.isZero() && !magnitude.isExactlyValue(1.0)) return argument;
  return ir_.CreateArithmeticFence(argument, argument->getType());
}

bool FunctionBuilder::by_signature(const core::Instruction& in) {
  const InstructionInfo& row = info(in.op);
  if (row.prefix == atomic_prefix) return atomic(in);
  switch (row.immediates) {
    case Immediates::memory:
    case Immediates::memory_memory:
    case Immediates::data_memory:
    case Immediates::data: return bulk(in);
    case Immediates::table:
    case Immediates::table_table:
    case Immediates::elem_table:
    case Immediates::elem: return table(in);
    default: break;
  }
  if (row.prefix == gc_prefix || in.op == Op::ref_eq) return reference(in);
  const auto colon = row.signature.find(':');
  if (row.width != 0) return row.signature.ends_with(':') ? store(in) : load(in);
  if (row.immediates == Immediates::lanes16) return shuffle(in);
  if (module_.operation(in.op) == nullptr) return false;
  Values arguments = pop(colon);
  if (row.immediates == Immediates::lane) arguments.push_back(ir_.getInt32(in.lane));
  return call_operation(in, std::move(arguments), static_cast<unsigned>(row.signature.size() - colon - 1));
}

// LLVM's own instruction: what reads each lane from the bytes of the operands would stay bytes, one by one.
bool FunctionBuilder::shuffle(const core::Instruction& in) {
  llvm::Type* bytes = llvm::FixedVectorType::get(ir_.getInt8Ty(), 16);
  llvm::Value* second = ir_.CreateBitCast(pop(), bytes);
  llvm::Value* first = ir_.CreateBitCast(pop(), bytes);
  int lanes[16];
  std::ranges::copy(in.vector.bytes, lanes);
  push(ir_.CreateBitCast(ir_.CreateShuffleVector(first, second, lanes),
                         llvm::FixedVectorType::get(ir_.getInt64Ty(), 2)));
  return true;
}

namespace {

llvm::Type* stored_type(llvm::IRBuilder<>& ir, unsigned width) {
  return width == 16 ? llvm::FixedVectorType::get(ir.getInt64Ty(), 2)
                     : static_cast<llvm::Type*>(ir.getIntNTy(width * 8));
}

}  // namespace

bool FunctionBuilder::load(const core::Instruction& in) {
  const InstructionInfo& row = info(in.op);
  Values arguments;
  if (row.immediates == Immediates::mem_arg_lane) arguments = {pop(), ir_.getInt32(in.lane)};
  llvm::Value* place = address(in, pop(), row.width);
  llvm::LoadInst* load = ir_.CreateAlignedLoad(stored_type(ir_, row.width), place, llvm::Align(1));
  load->setMetadata(llvm::LLVMContext::MD_tbaa, module_.alias_memory_);
  arguments.insert(arguments.begin(), load);
  return call_operation(in, std::move(arguments), 1);
}

bool FunctionBuilder::store(const core::Instruction& in) {
  const InstructionInfo& row = info(in.op);
  Values arguments{pop()};
  if (row.immediates == Immediates::mem_arg_lane) arguments.push_back(ir_.getInt32(in.lane));
  llvm::Value* operand = pop();
  if (!call_operation(in, std::move(arguments), 1)) return false;
  llvm::Value* bytes = pop();
  llvm::Value* place = address(in, operand, row.width);
  llvm::StoreInst* store = ir_.CreateAlignedStore(bytes, place, llvm::Align(1));
  store->setMetadata(llvm::LLVMContext::MD_tbaa, module_.alias_memory_);
  return true;
}

// Bounds come first, then alignment, then the access. Waiting and waking stay with the interpreter.
bool FunctionBuilder::atomic(const core::Instruction& in) {
  if (in.op == Op::atomic_fence) {
    ir_.CreateFence(llvm::AtomicOrdering::SequentiallyConsistent);
    return true;
  }
  const InstructionInfo& row = info(in.op);
  if (module_.operation(in.op) == nullptr) return false;
  const auto colon = row.signature.find(':');
  Values arguments = pop(colon - 1);
  llvm::Value* place = address(in, pop(), row.width);
  arguments.insert(arguments.begin(), place);
  if (row.width > 1) {
    llvm::BasicBlock* bad = new_block("unaligned");
    llvm::BasicBlock* good = new_block("aligned");
    llvm::Value* low = ir_.CreateAnd(ir_.CreatePtrToInt(place, ir_.getInt64Ty()), ir_.getInt64(row.width - 1));
    ir_.CreateCondBr(ir_.CreateIsNull(low), good, bad, module_.likely());
    ir_.SetInsertPoint(bad);
    trap(Trap::unaligned_atomic);
    ir_.SetInsertPoint(good);
  }
  return call_operation(in, std::move(arguments), static_cast<unsigned>(row.signature.size() - colon - 1));
}

// --- Memory

llvm::Value* FunctionBuilder::at(llvm::Value* base, std::uint64_t offset) {
  return ir_.CreateConstInBoundsGEP1_64(ir_.getInt8Ty(), base, offset);
}

llvm::Value* FunctionBuilder::load_field(llvm::Type* type, llvm::Value* base, std::uint64_t offset) {
  llvm::LoadInst* load = ir_.CreateLoad(type, at(base, offset));
  load->setMetadata(llvm::LLVMContext::MD_tbaa, module_.alias_runtime_);
  return load;
}

llvm::Value* FunctionBuilder::entity(std::uint64_t array, std::size_t count, std::uint32_t index, std::uint64_t bytes) {
  llvm::Value*& pointer = entities_[{array, index}];
  if (pointer == nullptr) {
    const llvm::IRBuilder<>::InsertPointGuard guard(ir_);
    ir_.SetInsertPoint(entry_);
    llvm::Value* pointers = module_.load_invariant(ir_, ir_.getPtrTy(), instance_, array, count * sizeof(void*));
    pointer = module_.load_invariant(ir_, ir_.getPtrTy(), pointers, index * sizeof(void*), bytes);
  }
  return pointer;
}

llvm::Value* FunctionBuilder::memory_pointer(std::uint32_t index) {
  if (index == 0) {
    return module_.load_invariant(ir_, ir_.getPtrTy(), instance_, offsetof(runtime::Instance, memory0),
                                  sizeof(runtime::Memory));
  }
  return entity(offsetof(runtime::Instance, memories), model_.memories.size(), index, sizeof(runtime::Memory));
}

llvm::Value* FunctionBuilder::memory_base(std::uint32_t index) {
  llvm::Value*& base = bases_[index];
  if (base == nullptr) {
    const llvm::IRBuilder<>::InsertPointGuard guard(ir_);
    ir_.SetInsertPoint(entry_);
    base = module_.load_invariant(ir_, ir_.getPtrTy(), memory_pointer(index), offsetof(runtime::Memory, base));
  }
  return base;
}

llvm::Value* FunctionBuilder::address(const core::Instruction& in, llvm::Value* operand, unsigned width) {
  const std::uint32_t index = in.mem.memory.value;
  const core::MemoryType& type = model_.memories[in.mem.memory];
  llvm::Value* base = memory_base(index);
  llvm::Value* first = ir_.CreateZExt(operand, ir_.getInt64Ty());
  const bool guarded = !type.limits.is_64 && type.page_size_log2 == limits::default_page_size_log2;
  if (!guarded) {
    llvm::Value* size = load_field(ir_.getInt64Ty(), memory_pointer(index), offsetof(runtime::Memory, size));
    // offset + width <= size, and first <= size - (offset + width): neither can overflow.
    const bool impossible = in.mem.offset > ~std::uint64_t{0} - width;
    llvm::Value* end = ir_.getInt64(impossible ? ~std::uint64_t{0} : in.mem.offset + width);
    llvm::Value* room = ir_.CreateSub(size, end);
    llvm::Value* fine = ir_.CreateAnd(ir_.CreateICmpULE(end, size), ir_.CreateICmpULE(first, room));
    trap_unless(fine, Trap::out_of_bounds_memory_access);
  }
  llvm::Value* place = ir_.CreateGEP(ir_.getInt8Ty(), base, first);
  if (in.mem.offset != 0) place = ir_.CreateGEP(ir_.getInt8Ty(), place, ir_.getInt64(in.mem.offset));
  if (guarded) trap_point(in, operand, place, width);
  return place;
}

// In front of an access that is unchecked, unless it is always in bounds.
void FunctionBuilder::trap_point(const core::Instruction& in, llvm::Value* operand, llvm::Value* place,
                                 unsigned width) {
  const std::uint64_t least = model_.memories[in.mem.memory].limits.min << limits::default_page_size_log2;
  if (const auto* known = llvm::dyn_cast<llvm::ConstantInt>(operand);
      known != nullptr && known->getZExtValue() + in.mem.offset + width <= least) {
    return;
  }
  auto* base = llvm::cast<llvm::LoadInst>(bases_[in.mem.memory.value]);
  make_trap_point(ir_, {.place = place, .width = width, .least = least, .memory = base->getPointerOperand()});
}

bool FunctionBuilder::memory_size(const core::Instruction& in) {
  const core::MemoryType& type = model_.memories[core::MemoryIdx(in.index)];
  llvm::Value* size = load_field(ir_.getInt64Ty(), memory_pointer(in.index), offsetof(runtime::Memory, size));
  llvm::Value* pages = ir_.CreateLShr(size, type.page_size_log2);
  push(type.limits.is_64 ? pages : ir_.CreateTrunc(pages, ir_.getInt32Ty()));
  return true;
}

bool FunctionBuilder::memory_grow(const core::Instruction& in) {
  const bool is_64 = model_.memories[core::MemoryIdx(in.index)].limits.is_64;
  llvm::Type* i64 = ir_.getInt64Ty();
  llvm::Value* pages = ir_.CreateZExt(pop(), i64);
  auto* type = llvm::FunctionType::get(i64, {ir_.getPtrTy(), ir_.getInt32Ty(), i64}, false);
  llvm::Value* old = ir_.CreateCall(type, module_.helper(ir_, instance_, NativeHelper::memory_grow),
                                    {instance_, ir_.getInt32(in.index), pages});
  push(is_64 ? old : ir_.CreateTrunc(old, ir_.getInt32Ty()));
  return true;
}

bool FunctionBuilder::bulk(const core::Instruction& in) {
  llvm::Type* i64 = ir_.getInt64Ty();
  llvm::Type* i32 = ir_.getInt32Ty();
  llvm::Type* ptr = ir_.getPtrTy();
  const auto wide = [&](llvm::Value* value) { return ir_.CreateZExt(value, i64); };
  const Immediates immediates = info(in.op).immediates;
  if (immediates == Immediates::data) {
    auto* type = llvm::FunctionType::get(ir_.getVoidTy(), {ptr, i32}, false);
    ir_.CreateCall(type, module_.helper(ir_, instance_, NativeHelper::data_drop), {instance_, ir_.getInt32(in.index)});
    return true;
  }
  const Values operands = pop(3);
  if (immediates == Immediates::memory) {
    auto* type = llvm::FunctionType::get(ir_.getVoidTy(), {ptr, i32, i64, i32, i64}, false);
    ir_.CreateCall(type, module_.helper(ir_, instance_, NativeHelper::fill_bytes),
                   {instance_, ir_.getInt32(in.index), wide(operands[0]), operands[1], wide(operands[2])});
    return true;
  }
  // A copy names destination and source, an initialization its data segment and the memory.
  const bool is_copy = immediates == Immediates::memory_memory;
  auto* type = llvm::FunctionType::get(ir_.getVoidTy(), {ptr, i32, i32, i64, i64, i64}, false);
  ir_.CreateCall(type, module_.helper(ir_, instance_, is_copy ? NativeHelper::copy_bytes : NativeHelper::init_bytes),
                 {instance_, ir_.getInt32(is_copy ? in.index : in.second), ir_.getInt32(is_copy ? in.second : in.index),
                  wide(operands[0]), wide(operands[1]), wide(operands[2])});
  return true;
}

// --- Traps and checks

void FunctionBuilder::trap(Trap reason) {
  module_.trap(ir_, instance_, ir_.getInt32(static_cast<std::uint32_t>(reason)));
}

void FunctionBuilder::trap_unless(llvm::Value* fine, Trap reason) {
  llvm::BasicBlock* bad = new_block("trap");
  llvm::BasicBlock* good = new_block("fine");
  ir_.CreateCondBr(fine, good, bad, module_.metadata_.createLikelyBranchWeights());
  ir_.SetInsertPoint(bad);
  trap(reason);
  ir_.SetInsertPoint(good);
}

void FunctionBuilder::trap_if_set(llvm::Value* reason) {
  llvm::BasicBlock* bad = new_block("trap");
  llvm::BasicBlock* good = new_block("fine");
  ir_.CreateCondBr(ir_.CreateIsNull(reason), good, bad, module_.metadata_.createLikelyBranchWeights());
  ir_.SetInsertPoint(bad);
  module_.trap(ir_, instance_, ir_.CreateZExt(reason, ir_.getInt32Ty()));
  ir_.SetInsertPoint(good);
}

// --- Control

bool FunctionBuilder::control(const core::Instruction& in) {
  switch (in.op) {
    case Op::unreachable: trap(Trap::unreachable); return unreachable(), true;
    case Op::throw_:
    case Op::throw_ref:
    case Op::rethrow: return throw_(in), true;
    case Op::catch_:
    case Op::catch_all: return catch_(in), true;
    case Op::delegate: return delegate(in), true;
    case Op::block:
    case Op::loop:
    case Op::try_:
    case Op::try_table:
    case Op::if_: return begin(in), true;
    case Op::else_: return else_(), true;
    case Op::end: return end(), true;
    case Op::br: add_incoming(block_at(in.index), nullptr); return unreachable(), true;
    case Op::br_if: return branch_if(in.index), true;
    case Op::br_table: return branch_table(in), unreachable(), true;
    case Op::return_: return_(pop(type_.results.size())); return unreachable(), true;
    case Op::call: return call(core::FuncIdx(in.index), false);
    case Op::return_call: return call(core::FuncIdx(in.index), true);
    case Op::call_indirect: return call_indirect(in, false);
    case Op::return_call_indirect: return call_indirect(in, true);
    case Op::call_ref: return call_ref(in, false);
    case Op::return_call_ref: return call_ref(in, true);
    case Op::br_on_null:
    case Op::br_on_non_null: return branch_on_null(in), true;
    case Op::br_on_cast:
    case Op::br_on_cast_fail: return branch_on_cast(in), true;
    default: return reference(in);
  }
}

void FunctionBuilder::begin(const core::Instruction& in) {
  Block block;
  block.op = in.op;
  std::vector<llvm::Type*> params;
  if (in.block.kind == core::BlockType::Kind::value) {
    block.results.push_back(module_.type_of(in.block.value));
  } else if (in.block.kind == core::BlockType::Kind::type) {
    const core::FuncType& type = *source_.signatures[in.block.type];
    for (const core::ValType param : type.params) params.push_back(module_.type_of(param));
    for (const core::ValType result : type.results) block.results.push_back(module_.type_of(result));
  }
  llvm::Value* condition = in.op == Op::if_ ? pop() : nullptr;
  Values values = pop(params.size());
  block.height = stack_.size();
  block.label = new_block(in.op == Op::loop ? "loop" : "end");
  const std::vector<llvm::Type*>& carried = in.op == Op::loop ? params : block.results;
  {
    const llvm::IRBuilder<>::InsertPointGuard guard(ir_);
    ir_.SetInsertPoint(block.label);
    for (llvm::Type* type : carried) block.phis.push_back(ir_.CreatePHI(type, 2));
  }
  if (in.op == Op::loop) {
    const bool begins_here = loop_ != nullptr && code_at_ + in.offset == loop_->offset;
    if (begins_here && stack_.empty() && params.empty()) {
      loop_header_ = block.label;
      before_loop_ = &*std::prev(block.label->getIterator());
    }
    for (std::size_t i = 0; i < values.size(); ++i) block.phis[i]->addIncoming(values[i], ir_.GetInsertBlock());
    ir_.CreateBr(block.label);
    ir_.SetInsertPoint(block.label);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = block.phis[i];
  }
  if (in.op == Op::if_) {
    llvm::BasicBlock* then = new_block("then");
    block.otherwise = new_block("else");
    ir_.CreateCondBr(ir_.CreateIsNotNull(condition), then, block.otherwise);
    ir_.SetInsertPoint(then);
    block.params = values;
  }
  if (in.op == Op::try_table && !in.catches.empty()) {
    begin_protected(block);
    dispatch_to(in, block);
  }
  if (in.op == Op::try_) begin_protected(block);
  stack_.insert(stack_.end(), values.begin(), values.end());
  blocks_.push_back(std::move(block));
  if (in.op == Op::loop || in.op == Op::if_ || in.op == Op::try_table) begin_run();
}

// Notes that control goes from `from` (nullptr: here, with a jump) to the block's label, with the values on the stack.
void FunctionBuilder::add_incoming(Block& block, llvm::BasicBlock* from) {
  if (from == nullptr) {
    from = ir_.GetInsertBlock();
    ir_.CreateBr(block.label);
  }
  const std::size_t count = block.phis.size();
  for (std::size_t i = 0; i < count; ++i) block.phis[i]->addIncoming(stack_[stack_.size() - count + i], from);
}

// The block that a branch which may be taken goes to.
llvm::BasicBlock* FunctionBuilder::edge(std::uint32_t depth) {
  Block& block = block_at(depth);
  add_incoming(block, ir_.GetInsertBlock());
  return block.label;
}

void FunctionBuilder::branch_if(std::uint32_t depth) {
  llvm::Value* condition = ir_.CreateIsNotNull(pop());
  llvm::BasicBlock* taken = edge(depth);
  llvm::BasicBlock* next = new_block("next");
  ir_.CreateCondBr(condition, taken, next);
  ir_.SetInsertPoint(next);
  begin_run();
}

void FunctionBuilder::branch_table(const core::Instruction& in) {
  llvm::Value* index = pop();
  const std::size_t count = in.labels.size() - 1;
  llvm::SwitchInst* table = ir_.CreateSwitch(index, edge(in.labels[count]), static_cast<unsigned>(count));
  for (std::size_t i = 0; i < count; ++i) {
    table->addCase(ir_.getInt32(static_cast<std::uint32_t>(i)), edge(in.labels[i]));
  }
}

void FunctionBuilder::else_() {
  Block& block = blocks_.back();
  if (reachable_) add_incoming(block, nullptr);
  ir_.SetInsertPoint(block.otherwise);
  block.otherwise = nullptr;
  stack_.resize(block.height);
  stack_.insert(stack_.end(), block.params.begin(), block.params.end());
  reachable_ = true;
  begin_run();
}

void FunctionBuilder::end() {
  Block block = std::move(blocks_.back());
  if (block.op == Op::loop) {
    // Falling out of a loop is no branch: its results are what is on the stack.
    blocks_.pop_back();
    if (!reachable_) stack_.resize(block.height);
    if (block.label == loop_header_) last_of_loop_ = &function_.back();
    return;
  }
  blocks_.back() = block;
  // Where nothing else leads to the end, the run goes on.
  const bool joins = !block.label->use_empty() || block.otherwise != nullptr;
  if (reachable_) add_incoming(blocks_.back(), nullptr);
  if (block.is_legacy) end_legacy(blocks_.back());
  if (block.otherwise != nullptr) {
    ir_.SetInsertPoint(block.otherwise);
    stack_.resize(block.height);
    stack_.insert(stack_.end(), block.params.begin(), block.params.end());
    add_incoming(blocks_.back(), nullptr);
  }
  blocks_.pop_back();
  stack_.resize(block.height);
  ir_.SetInsertPoint(block.label);
  reachable_ = !block.label->use_empty();
  if (!reachable_) {
    ir_.CreateUnreachable();
    return;
  }
  for (llvm::PHINode* phi : block.phis) push(phi);
  if (block.op == Op::return_) return return_(pop(block.phis.size()));
  if (joins) begin_run();
}

void FunctionBuilder::return_(Values values) {
  if (loop_ != nullptr) {
    module_.store_slots(ir_, function_.getArg(1), values);
    ir_.CreateRetVoid();
    return;
  }
  if (llvm::Value* packed = module_.pack(ir_, type_, values)) {
    ir_.CreateRet(packed);
  } else {
    ir_.CreateRetVoid();
  }
}

void FunctionBuilder::finish_call(llvm::Value* call, const core::FuncType& type, bool tail) {
  if (!tail || loop_ != nullptr) push_results(call, type.results.size());
  if (!tail) return;
  if (loop_ != nullptr) {
    return_(pop(type.results.size()));
    return unreachable();
  }
  if (type.results.empty()) {
    ir_.CreateRetVoid();
  } else {
    ir_.CreateRet(call);
  }
  unreachable();
}

namespace {

// The bytes of arguments that a function gets on the stack, as the machine's C ABI passes them: the instance takes one
// of the registers for numbers and pointers, and there are eight for floats and vectors.
std::uint64_t stack_bytes(const core::FuncType& type, const Machine& machine) {
  unsigned numbers = machine.argument_registers - 1;
  unsigned floats = 8;
  std::uint64_t bytes = 0;
  for (const core::ValType param : type.params) {
    unsigned& left = param == core::f32 || param == core::f64 || param.is_vector() ? floats : numbers;
    if (left != 0) {
      --left;
      continue;
    }
    const std::uint64_t size = param.is_vector() ? 16 : 8;
    bytes = ((bytes + size - 1) & ~(size - 1)) + size;
  }
  return bytes;
}

}  // namespace

// Results beyond two are in memory of the caller's. Arguments on the stack are the callee's to remove, so where a tail
// call changes their size, a walk of the stack would not find the caller's frame where the caller left it.
bool FunctionBuilder::can_tail_call(const core::FuncType& callee) const {
  return loop_ != nullptr || (callee.results.size() <= 2 &&
                              stack_bytes(callee, module_.machine()) == stack_bytes(type_, module_.machine()));
}

bool FunctionBuilder::call(core::FuncIdx callee, bool tail) {
  const core::FuncType& type = *source_.func_signatures[callee];
  if (tail && !can_tail_call(type)) return false;
  Values arguments = pop(type.params.size());
  arguments.insert(arguments.begin(), instance_);
  llvm::Function* function = module_.function(callee);
  llvm::CallBase* call =
      module_.call_guest(ir_, function->getFunctionType(), function, arguments, tail ? nullptr : pad_here());
  if (tail && loop_ == nullptr) llvm::cast<llvm::CallInst>(call)->setTailCallKind(llvm::CallInst::TCK_MustTail);
  finish_call(call, type, tail);
  return true;
}

bool FunctionBuilder::call_indirect(const core::Instruction& in, bool tail) {
  const core::TypeIdx type_index(in.index);
  const core::FuncType& type = *source_.signatures[type_index];
  if (tail && !can_tail_call(type)) return false;
  llvm::Type* ptr = ir_.getPtrTy();
  llvm::Type* i64 = ir_.getInt64Ty();
  llvm::Type* i32 = ir_.getInt32Ty();
  llvm::Value* element = ir_.CreateZExt(pop(), i64);
  const Values arguments = pop(type.params.size());
  llvm::Value* table =
      entity(offsetof(runtime::Instance, tables), model_.tables.size(), in.second, sizeof(runtime::Table));
  llvm::Value* size = load_field(i64, table, offsetof(runtime::Table, size));
  trap_unless(ir_.CreateICmpULT(element, size), Trap::undefined_element);
  llvm::Value* elements = load_field(ptr, table, offsetof(runtime::Table, elements));
  llvm::LoadInst* func = ir_.CreateLoad(ptr, ir_.CreateGEP(i64, elements, element));
  func->setMetadata(llvm::LLVMContext::MD_tbaa, module_.alias_runtime_);

  // A null element, or one of another type, which may still be a subtype: the helper says.
  llvm::BasicBlock* typed = new_block("typed");
  llvm::BasicBlock* look = new_block("look");
  llvm::BasicBlock* go = new_block("go");
  ir_.CreateCondBr(ir_.CreateIsNotNull(func), typed, look, module_.metadata_.createLikelyBranchWeights());
  ir_.SetInsertPoint(typed);
  llvm::Value* expected = canonical_type(in.index);
  llvm::Value* given = module_.load_invariant(ir_, i32, func, runtime::place_of(&runtime::Func::type));
  ir_.CreateCondBr(ir_.CreateICmpEQ(expected, given), go, look, module_.metadata_.createLikelyBranchWeights());
  ir_.SetInsertPoint(look);
  auto* look_type = llvm::FunctionType::get(ir_.getVoidTy(), {ptr, ptr, i64, i32}, false);
  ir_.CreateCall(look_type, module_.helper(ir_, instance_, NativeHelper::resolve_callee),
                 {instance_, func, element, ir_.getInt32(in.index)});
  ir_.CreateBr(go);
  ir_.SetInsertPoint(go);
  finish_call(module_.call_func(ir_, instance_, func, type_index, arguments, tail && loop_ == nullptr,
                                tail ? nullptr : pad_here()),
              type, tail);
  return true;
}

// --- Fuel

void FunctionBuilder::begin_run() {
  if (!module_.is_metered_) return;
  end_run();
  if (fuel_.local == nullptr) begin_fuel();
  // Fuel below zero is hardly ever paid with, so the difference is never far below.
  run_payment_ = llvm::BinaryOperator::CreateNSWSub(ir_.CreateLoad(ir_.getInt64Ty(), fuel_.local), ir_.getInt64(0));
  ir_.Insert(run_payment_);
  ir_.CreateStore(run_payment_, fuel_.local);
  run_check_ = make_fuel_check(ir_, run_payment_);
  run_check_->setMetadata(llvm::LLVMContext::MD_tbaa, fuel_.alias_others);
}

void FunctionBuilder::begin_fuel() {
  const llvm::IRBuilder<>::InsertPointGuard guard(ir_);
  ir_.SetInsertPoint(entry_);
  fuel_.local = ir_.CreateAlloca(ir_.getInt64Ty());
  fuel_.place = module_.fuel_place(ir_, instance_);
  fuel_.alias = module_.alias_fuel_;
  fuel_.alias_others = module_.alias_others_;
}

void FunctionBuilder::end_run() {
  if (run_payment_ != nullptr && run_price_ == 0) {
    run_check_->eraseFromParent();
  } else if (run_payment_ != nullptr) {
    run_payment_->setOperand(1, ir_.getInt64(run_price_));
    set_price(*run_check_, run_price_);
  }
  run_payment_ = nullptr;
  run_price_ = 0;
}

}  // namespace tenon::jit
