// Exceptions in compiled code: who catches what; function_builder.hpp says how.
#include "jit/optimizing/function_builder.hpp"
#include "runtime/executor.hpp"
#include "runtime/store.hpp"

namespace tenon::jit {

using runtime::NativeHelper;

// Makes the places that exceptions of the block go to. The dispatch is filled in by the clauses.
void FunctionBuilder::begin_protected(Block& block) {
  block.protects = true;
  block.is_legacy = block.op == Op::try_;
  block.dispatch = new_block("dispatch");
  const llvm::IRBuilder<>::InsertPointGuard guard(ir_);
  ir_.SetInsertPoint(block.dispatch);
  block.exception = ir_.CreatePHI(ir_.getInt64Ty(), 2);
}

FunctionBuilder::Block* FunctionBuilder::protecting(std::size_t depth) {
  for (std::size_t i = blocks_.size(); i-- > 0;) {
    if (blocks_.size() - 1 - i >= depth && blocks_[i].protects) return &blocks_[i];
  }
  return nullptr;
}

// The landing pad for a call here; nullptr if nothing protects it.
llvm::BasicBlock* FunctionBuilder::pad_here() {
  Block* block = protecting();
  if (block == nullptr) return nullptr;
  if (block->pad != nullptr) return block->pad;
  if (!function_.hasPersonalityFn()) {
    // Nobody calls it: its name says how the tables are to be written.
    auto* type = llvm::FunctionType::get(ir_.getInt32Ty(), true);
    function_.setPersonalityFn(llvm::cast<llvm::Constant>(
        function_.getParent()->getOrInsertFunction("__gxx_personality_v0", type).getCallee()));
  }
  block->pad = new_block("pad");
  const llvm::IRBuilder<>::InsertPointGuard guard(ir_);
  ir_.SetInsertPoint(block->pad);
  auto* type = llvm::StructType::get(context_, {ir_.getPtrTy(), ir_.getInt32Ty()});
  llvm::LandingPadInst* pad = ir_.CreateLandingPad(type, 1);
  pad->addClause(llvm::ConstantPointerNull::get(ir_.getPtrTy()));
  llvm::Value* exception = ir_.CreatePtrToInt(ir_.CreateExtractValue(pad, 0), ir_.getInt64Ty());
  ir_.CreateBr(block->dispatch);
  block->exception->addIncoming(exception, block->pad);
  return block->pad;
}

void FunctionBuilder::pass_on(llvm::Value* exception, std::size_t depth) {
  if (Block* block = protecting(depth)) {
    block->exception->addIncoming(exception, ir_.GetInsertBlock());
    ir_.CreateBr(block->dispatch);
  } else {
    module_.raise(ir_, instance_, exception);
  }
}

void FunctionBuilder::throw_(const core::Instruction& in) {
  if (in.op == Op::rethrow) {
    pass_on(block_at(in.index).exception, 0);
    return unreachable();
  }
  llvm::Value* exception = nullptr;
  if (in.op == Op::throw_ref) {
    exception = pop();
    // Outside of all blocks the helper looks.
    if (protecting() != nullptr) trap_unless(ir_.CreateIsNotNull(exception), Trap::null_exception_reference);
  } else {
    const core::FuncType& type = *source_.signatures[model_.tags[core::TagIdx(in.index)].type];
    const Values arguments = pop(type.params.size());
    std::uint32_t slots = 0;
    for (const core::ValType param : type.params) slots += runtime::slots_of(param);
    exception = module_.call_helper(ir_, instance_, NativeHelper::make_exception, ir_.getInt64Ty(),
                                    {ir_.getInt32(in.index), in_slots(arguments), ir_.getInt32(slots)});
  }
  pass_on(exception, 0);
  unreachable();
}

// Whether the exception has the tag: tags are the same where their addresses are.
llvm::Value* FunctionBuilder::is_tagged(llvm::Value* exception, std::uint32_t tag) {
  llvm::Value* tags = module_.load_invariant(ir_, ir_.getPtrTy(), instance_, offsetof(runtime::Instance, tags),
                                             model_.tags.size() * sizeof(void*));
  llvm::Value* expected = module_.load_invariant(ir_, ir_.getPtrTy(), tags, tag * sizeof(void*));
  llvm::LoadInst* found = ir_.CreateLoad(ir_.getPtrTy(), at(pointer(exception), runtime::exception_tag_at));
  found->setMetadata(llvm::LLVMContext::MD_tbaa, module_.alias_objects_);
  return ir_.CreateICmpEQ(found, expected);
}

void FunctionBuilder::push_arguments(llvm::Value* exception, std::uint32_t tag) {
  const core::FuncType& type = *source_.signatures[model_.tags[core::TagIdx(tag)].type];
  llvm::Value* slots = at(pointer(exception), sizeof(runtime::Exception));
  for (llvm::Value* value : module_.load_slots(ir_, slots, type.params)) push(value);
}

// The clauses of a try_table, whose labels count from outside of it.
void FunctionBuilder::dispatch_to(const core::Instruction& in, Block& block) {
  const llvm::IRBuilder<>::InsertPointGuard guard(ir_);
  ir_.SetInsertPoint(block.dispatch);
  bool catches_all = false;
  for (const core::Catch& clause : in.catches) {
    const bool any = clause.kind == core::CatchKind::catch_all || clause.kind == core::CatchKind::catch_all_ref;
    llvm::BasicBlock* next = nullptr;
    if (!any) {
      llvm::BasicBlock* caught = new_block("caught");
      next = new_block("next");
      ir_.CreateCondBr(is_tagged(block.exception, clause.tag.value), caught, next);
      ir_.SetInsertPoint(caught);
    }
    const std::size_t height = stack_.size();
    if (!any) push_arguments(block.exception, clause.tag.value);
    if (clause.kind == core::CatchKind::catch_ref || clause.kind == core::CatchKind::catch_all_ref) {
      push(block.exception);
    }
    add_incoming(block_at(clause.label.value), nullptr);
    stack_.resize(height);
    if (any) {
      catches_all = true;
      break;
    }
    ir_.SetInsertPoint(next);
  }
  if (!catches_all) pass_on(block.exception, 0);
}

// The next clause of a legacy block begins; what was under way ends.
void FunctionBuilder::catch_(const core::Instruction& in) {
  Block& block = blocks_.back();
  if (reachable_) add_incoming(block, nullptr);
  stack_.resize(block.height);
  block.protects = false;
  ir_.SetInsertPoint(block.uncaught == nullptr ? block.dispatch : block.uncaught);
  block.uncaught = new_block("uncaught");
  if (in.op == Op::catch_) {
    llvm::BasicBlock* caught = new_block("caught");
    ir_.CreateCondBr(is_tagged(block.exception, in.index), caught, block.uncaught);
    ir_.SetInsertPoint(caught);
    push_arguments(block.exception, in.index);
  }
  reachable_ = true;
  begin_run();
}

// What no clause of a legacy block caught goes on outside of it.
void FunctionBuilder::end_legacy(Block& block) {
  block.protects = false;
  ir_.SetInsertPoint(block.uncaught == nullptr ? block.dispatch : block.uncaught);
  pass_on(block.exception, 0);
}

// The label counts from outside of the block that ends here.
void FunctionBuilder::delegate(const core::Instruction& in) {
  Block& block = blocks_.back();
  block.protects = false;
  block.is_legacy = false;
  const llvm::IRBuilder<>::InsertPoint here = ir_.saveIP();
  ir_.SetInsertPoint(block.dispatch);
  pass_on(block.exception, std::size_t{in.index} + 1);
  ir_.restoreIP(here);
  end();
}

}  // namespace tenon::jit
