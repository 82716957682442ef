#include "jit/optimizing/fuel_calls.hpp"

#include <llvm/ADT/DenseMap.h>
#include <llvm/IR/Dominators.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/Transforms/Utils/PromoteMemToReg.h>
#include <vector>

#include "jit/optimizing/builder.hpp"
#include "jit/optimizing/fuel.hpp"

namespace tenon::jit {

namespace {

using Paid = llvm::DenseMap<llvm::Function*, llvm::Function*>;  // their code, by function

unsigned results_of(const llvm::Function& function) {
  const llvm::Type* type = function.getReturnType();
  if (type->isVoidTy()) return 0;
  return type->isStructTy() ? type->getStructNumElements() : 1;
}

class Caller {
 public:
  Caller(ModuleBuilder& module, const Paid& paid, llvm::Function& function)
      : module_(module), paid_(paid), function_(function), ir_(function.getContext()) {}

  // `is_paid`: it is the code of one that was split, and gets and gives fuel itself.
  void keep(bool is_paid) {
    std::vector<llvm::Instruction*> given;
    for (llvm::Instruction& instruction : llvm::instructions(function_)) given.push_back(&instruction);
    ir_.SetInsertPoint(&function_.getEntryBlock(), function_.getEntryBlock().begin());
    fuel_.local = ir_.CreateAlloca(ir_.getInt64Ty());
    fuel_.place = module_.fuel_place(ir_, function_.getArg(0));
    fuel_.alias = module_.alias_of_fuel();
    if (is_paid) {
      ir_.CreateStore(function_.getArg(1), fuel_.local);
    } else {
      fuel_.read(ir_);
    }
    for (llvm::Instruction* instruction : given) visit(*instruction, is_paid);
    llvm::DominatorTree dominators(function_);
    llvm::PromoteMemToReg({fuel_.local}, dominators);
  }

 private:
  void visit(llvm::Instruction& instruction, bool is_paid) {
    if (instruction.getMetadata(llvm::LLVMContext::MD_tbaa) == module_.alias_of_fuel())
      return visit_access(instruction);
    if (auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction)) return visit_call(*call);
    if (auto* end = llvm::dyn_cast<llvm::ReturnInst>(&instruction)) {
      return is_paid ? give_back(*end) : fuel_.write_at(*end);
    }
    if (llvm::isa<llvm::LandingPadInst>(instruction)) {
      ir_.SetInsertPoint(instruction.getNextNode());
      fuel_.read(ir_);
    }
  }

  void visit_access(llvm::Instruction& access) {
    ir_.SetInsertPoint(&access);
    if (auto* store = llvm::dyn_cast<llvm::StoreInst>(&access)) {
      ir_.CreateStore(store->getValueOperand(), fuel_.local);
    } else {
      access.replaceAllUsesWith(ir_.CreateLoad(ir_.getInt64Ty(), fuel_.local));
    }
    access.eraseFromParent();
  }

  void visit_call(llvm::CallBase& call) {
    if (!may_look_at_fuel(call)) return;
    llvm::Function* callee = call.getCalledFunction();
    const auto code = callee == nullptr ? paid_.end() : paid_.find(callee);
    if (code == paid_.end() || call.isMustTailCall()) return fuel_.keep_around(call);
    pass(call, *code->second);
  }

  void give_back(llvm::ReturnInst& end) {
    ir_.SetInsertPoint(&end);
    llvm::Value* left = ir_.CreateLoad(ir_.getInt64Ty(), fuel_.local);
    llvm::Value* old = end.getReturnValue();
    llvm::Value* all = llvm::PoisonValue::get(function_.getReturnType());
    const unsigned count = function_.getReturnType()->getStructNumElements() - 1;
    for (unsigned i = 0; i < count; ++i) {
      all = ir_.CreateInsertValue(all, old->getType()->isStructTy() ? ir_.CreateExtractValue(old, i) : old, i);
    }
    ir_.CreateRet(ir_.CreateInsertValue(all, left, count));
    end.eraseFromParent();
  }

  // Calls the code itself.
  void pass(llvm::CallBase& call, llvm::Function& code) {
    ir_.SetInsertPoint(&call);
    std::vector<llvm::Value*> arguments{call.getArgOperand(0), ir_.CreateLoad(ir_.getInt64Ty(), fuel_.local)};
    arguments.insert(arguments.end(), call.arg_begin() + 1, call.arg_end());
    llvm::CallBase* made = nullptr;
    if (auto* invoke = llvm::dyn_cast<llvm::InvokeInst>(&call)) {
      made = ir_.CreateInvoke(&code, invoke->getNormalDest(), invoke->getUnwindDest(), arguments);
    } else {
      made = ir_.CreateCall(&code, arguments);
    }
    made->setCallingConv(call.getCallingConv());
    made->setDebugLoc(call.getDebugLoc());
    go_behind(ir_, *made);
    const unsigned count = code.getReturnType()->getStructNumElements() - 1;
    llvm::Value* result = nullptr;
    if (call.getType()->isStructTy()) {
      result = llvm::PoisonValue::get(call.getType());
      for (unsigned i = 0; i < count; ++i) result = ir_.CreateInsertValue(result, ir_.CreateExtractValue(made, i), i);
    } else if (count == 1) {
      result = ir_.CreateExtractValue(made, 0);
    }
    ir_.CreateStore(ir_.CreateExtractValue(made, count), fuel_.local);
    if (result != nullptr) call.replaceAllUsesWith(result);
    call.eraseFromParent();
  }

  ModuleBuilder& module_;
  const Paid& paid_;
  llvm::Function& function_;
  llvm::IRBuilder<> ir_;
  FuelOfFunction fuel_;
};

// --- Which functions are split, and how

bool has_tail_calls(llvm::Function& function) {
  return llvm::any_of(llvm::instructions(function), [](const llvm::Instruction& instruction) {
    const auto* call = llvm::dyn_cast<llvm::CallInst>(&instruction);
    return call != nullptr && call->isMustTailCall();
  });
}

class Splitter {
 public:
  explicit Splitter(ModuleBuilder& module) : module_(module) {}

  void split(llvm::Module& target) {
    std::vector<llvm::Function*> functions;
    for (llvm::Function& function : target) {
      if (!function.isDeclaration() && ModuleBuilder::is_guest_code(function) && pays(function)) {
        functions.push_back(&function);
      }
    }
    for (llvm::Function* function : functions) {
      if (is_called(*function) && results_of(*function) <= most_results && !has_tail_calls(*function)) {
        paid_[function] = move_code(*function);
      }
    }
    if (paid_.empty()) return;
    for (llvm::Function* function : functions) {
      const auto code = paid_.find(function);
      if (code == paid_.end()) {
        if (calls_paid(*function)) Caller(module_, paid_, *function).keep(false);
        continue;
      }
      Caller(module_, paid_, *code->second).keep(true);
      call_code(*function, *code->second);
    }
  }

 private:
  static constexpr unsigned most_results = 2;  // with fuel, as many as there are registers for results

  bool pays(llvm::Function& function) const {
    return llvm::any_of(llvm::instructions(function), [&](const llvm::Instruction& instruction) {
      return instruction.getMetadata(llvm::LLVMContext::MD_tbaa) == module_.alias_of_fuel();
    });
  }

  static bool is_called(const llvm::Function& function) {
    return llvm::any_of(function.users(), [&](const llvm::User* user) {
      const auto* call = llvm::dyn_cast<llvm::CallBase>(user);
      return call != nullptr && call->getCalledFunction() == &function && !call->isMustTailCall() &&
             ModuleBuilder::is_guest_code(*call->getFunction());
    });
  }

  bool calls_paid(llvm::Function& function) const {
    return llvm::any_of(llvm::instructions(function), [&](const llvm::Instruction& instruction) {
      const auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction);
      return call != nullptr && call->getCalledFunction() != nullptr && paid_.contains(call->getCalledFunction());
    });
  }

  static llvm::FunctionType* paid_type(const llvm::Function& function) {
    llvm::Type* i64 = llvm::Type::getInt64Ty(function.getContext());
    std::vector<llvm::Type*> params(function.getFunctionType()->params());
    params.insert(params.begin() + 1, i64);
    std::vector<llvm::Type*> results;
    if (auto* several = llvm::dyn_cast<llvm::StructType>(function.getReturnType())) {
      results.assign(several->element_begin(), several->element_end());
    } else if (!function.getReturnType()->isVoidTy()) {
      results.push_back(function.getReturnType());
    }
    results.push_back(i64);
    return llvm::FunctionType::get(llvm::StructType::get(function.getContext(), results), params, false);
  }

  // To a function of its own; the other one is left without.
  llvm::Function* move_code(llvm::Function& function) {
    llvm::Function* code = llvm::Function::Create(paid_type(function), llvm::GlobalValue::ExternalLinkage,
                                                  function.getName() + paid_suffix, *function.getParent());
    code->setCallingConv(function.getCallingConv());
    code->setDSOLocal(true);
    code->setAttributes(llvm::AttributeList().addFnAttributes(
        function.getContext(), llvm::AttrBuilder(function.getContext(), function.getAttributes().getFnAttrs())));
    code->removeFnAttr(llvm::Attribute::Memory);
    code->addParamAttrs(0, llvm::AttrBuilder(function.getContext(), function.getAttributes().getParamAttrs(0)));
    code->splice(code->begin(), &function);
    code->setSubprogram(function.getSubprogram());
    function.setSubprogram(nullptr);
    for (llvm::Argument& argument : function.args()) {
      argument.replaceAllUsesWith(code->getArg(argument.getArgNo() + (argument.getArgNo() == 0 ? 0 : 1)));
    }
    return code;
  }

  // What all others call.
  void call_code(llvm::Function& function, llvm::Function& code) {
    function.removeFnAttr(llvm::Attribute::Memory);
    llvm::IRBuilder<> ir(llvm::BasicBlock::Create(function.getContext(), "", &function));
    llvm::Value* place = module_.fuel_place(ir, function.getArg(0));
    llvm::LoadInst* before = ir.CreateAlignedLoad(ir.getInt64Ty(), place, llvm::Align(8));
    before->setMetadata(llvm::LLVMContext::MD_tbaa, module_.alias_of_fuel());
    std::vector<llvm::Value*> arguments{function.getArg(0), before};
    for (unsigned i = 1; i < function.arg_size(); ++i) arguments.push_back(function.getArg(i));
    llvm::CallInst* call = ir.CreateCall(&code, arguments);
    call->setCallingConv(code.getCallingConv());
    const unsigned count = results_of(function);
    ir.CreateAlignedStore(ir.CreateExtractValue(call, count), place, llvm::Align(8))
        ->setMetadata(llvm::LLVMContext::MD_tbaa, module_.alias_of_fuel());
    if (count == 0) {
      ir.CreateRetVoid();
    } else if (!function.getReturnType()->isStructTy()) {
      ir.CreateRet(ir.CreateExtractValue(call, 0));
    } else {
      llvm::Value* all = llvm::PoisonValue::get(function.getReturnType());
      for (unsigned i = 0; i < count; ++i) all = ir.CreateInsertValue(all, ir.CreateExtractValue(call, i), i);
      ir.CreateRet(all);
    }
  }

  ModuleBuilder& module_;
  Paid paid_;
};

}  // namespace

llvm::PreservedAnalyses PassFuel::run(llvm::Module& target, llvm::ModuleAnalysisManager& /*analyses*/) {
  Splitter(*module).split(target);
  return llvm::PreservedAnalyses::none();
}

}  // namespace tenon::jit
