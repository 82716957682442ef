#include <llvm/IR/Constants.h>
#include <llvm/Support/Error.h>
#include <llvm/TargetParser/Triple.h>

#include "jit/optimizing/builder.hpp"
#include "jit/optimizing/function_builder.hpp"
#include "jit/optimizing/link.hpp"
#include "jit/optimizing/tables.hpp"
#include "runtime/executor.hpp"
#include "runtime/store.hpp"

namespace tenon::jit {

using runtime::NativeHelper;

ModuleBuilder::ModuleBuilder(llvm::Module& target, const core::ValidatedModule& source, std::span<const Place> places,
                             llvm::StringRef name, const CompileOptions& options)
    : root_(*this),
      target_(target),
      context_(target.getContext()),
      source_(source),
      model_(*source.module),
      places_(places),
      name_(name),
      loop_(options.loop),
      is_metered_(options.fuel),
      machine_(options.machine()),
      metadata_(target.getContext()),
      alias_root_(metadata_.createTBAARoot("tenon")) {
  if (options.linkage != nullptr && !options.linkage->is_empty()) {
    linkage_ = options.linkage;
    linked_modules_.resize(linkage_->modules.size());
  }
  name_aliases();
  append_operations(*target_.getNamedGlobal("tenon_operations")->getInitializer());
  functions_.resize(model_.funcs.size());
  thunks_.resize(model_.funcs.size());
  compiled_.resize(model_.funcs.size());
  if (options.emit == nullptr) begin_positions();
}

ModuleBuilder::ModuleBuilder(ModuleBuilder& root, std::uint32_t number)
    : root_(root),
      number_(number),
      target_(root.target_),
      context_(root.context_),
      source_(*root.linkage_->modules[number].source),
      model_(*source_.module),
      is_metered_(root.is_metered_),
      machine_(root.machine_),
      metadata_(root.context_),
      alias_root_(root.alias_root_) {
  name_aliases();
  functions_.resize(model_.funcs.size());
}

// Globals of modules that are linked are the same ones where one exports what the other imports, or where a module is
// there several times.
void ModuleBuilder::name_aliases() {
  llvm::MDNode* others = metadata_.createTBAAScalarTypeNode("others", alias_root_);
  llvm::MDNode* fuel = metadata_.createTBAAScalarTypeNode("fuel", alias_root_);
  alias_others_ = metadata_.createTBAAStructTagNode(others, others, 0);
  alias_fuel_ = metadata_.createTBAAStructTagNode(fuel, fuel, 0);
  const auto node = [&](const llvm::Twine& name) {
    llvm::MDNode* type = metadata_.createTBAAScalarTypeNode(name.str(), others);
    return metadata_.createTBAAStructTagNode(type, type, 0);
  };
  alias_memory_ = node("memory");
  alias_runtime_ = node("runtime");
  alias_objects_ = node("objects");
  alias_handles_ = node("handles");
  alias_imported_globals_ = node("imported globals");
  std::size_t module = 0;
  std::span<const std::uint8_t> uses;
  if (root_.linkage_ != nullptr) {
    while (root_.linkage_->modules[module].source != &source_) ++module;
    uses = root_.linkage_->modules[number_].globals;
  }
  for (std::size_t i = 0; i < model_.globals.size(); ++i) {
    llvm::MDNode* alias = alias_imported_globals_;
    if (i >= model_.imported_globals) alias = node("global " + llvm::Twine(module) + "." + llvm::Twine(i));
    if (i < uses.size() && uses[i] != 0) alias = node("global for " + llvm::Twine(unsigned{uses[i]}));
    alias_globals_.push_back(alias);
  }
  if (root_.linkage_ == nullptr) return;
  for (const core::Export& item : model_.exports) {
    if (item.kind == core::ExternKind::global) alias_globals_[item.index] = alias_imported_globals_;
  }
}

// What code was compiled from, as debug information: LLVM keeps it right through all that it does. A line is an
// instruction's offset in the module, and a function's name its index.
void ModuleBuilder::begin_positions() {
  target_.addModuleFlag(llvm::Module::Warning, "Debug Info Version", llvm::DEBUG_METADATA_VERSION);
  target_.addModuleFlag(llvm::Module::Warning, "Dwarf Version", 4);
  positions_ = std::make_unique<llvm::DIBuilder>(target_);
  positions_->createCompileUnit(llvm::dwarf::DW_LANG_C, positions_->createFile("m", ""), "", true, "", 0, "",
                                llvm::DICompileUnit::FullDebug);
}

llvm::DISubprogram* ModuleBuilder::subprogram(core::FuncIdx index) {
  return subprogram((llvm::Twine(number_) + llvm::Twine(module_separator) + llvm::Twine(index.value)).str());
}

llvm::DISubprogram* ModuleBuilder::subprogram(const std::string& name) {
  llvm::DIFile* file = positions()->createFile("m", "");
  llvm::DISubroutineType* type = positions()->createSubroutineType(positions()->getOrCreateTypeArray({}));
  return positions()->createFunction(file, name, "", file, 0, type, 0, llvm::DINode::FlagZero,
                                     llvm::DISubprogram::SPFlagDefinition | llvm::DISubprogram::SPFlagOptimized);
}

// The table's rows; where it ends in nulls it is not one array but a structure of two.
void ModuleBuilder::append_operations(const llvm::Constant& rows) {
  if (rows.getType()->isPointerTy()) {
    operations_.push_back(llvm::dyn_cast<llvm::Function>(const_cast<llvm::Constant*>(&rows)));
    return;
  }
  for (unsigned i = 0; const llvm::Constant* row = rows.getAggregateElement(i); ++i) append_operations(*row);
}

// The meaning of an instruction, read from the bitcode when it is first used.
llvm::Function* ModuleBuilder::operation(Op op) {
  llvm::Function* function = root_.operations_[static_cast<std::size_t>(op)];
  if (function != nullptr && function->isMaterializable()) llvm::cantFail(function->materialize());
  return function;
}

// What is used of the operations becomes part of the code that uses it; the rest goes.
void ModuleBuilder::take_operations() {
  target_.getNamedGlobal("tenon_operations")->eraseFromParent();
  // The table's rows outlive it, and would count as uses.
  for (llvm::Function& function : target_) function.removeDeadConstantUsers();
  for (bool found = true; found;) {
    found = false;
    for (llvm::Function& function : target_) {
      if (!function.isMaterializable() || function.use_empty()) continue;
      llvm::cantFail(function.materialize());
      found = true;
    }
  }
  for (llvm::Function& function : llvm::make_early_inc_range(target_)) {
    if (function.isMaterializable()) function.deleteBody();
    if (function.isDeclaration() && function.use_empty() && !function.isIntrinsic()) function.eraseFromParent();
  }
}

llvm::Type* ModuleBuilder::type_of(core::ValType type) {
  if (type == core::i32) return llvm::Type::getInt32Ty(context_);
  if (type == core::f32) return llvm::Type::getFloatTy(context_);
  if (type == core::f64) return llvm::Type::getDoubleTy(context_);
  if (type.is_vector()) return llvm::FixedVectorType::get(llvm::Type::getInt64Ty(context_), 2);
  return llvm::Type::getInt64Ty(context_);
}

llvm::Type* ModuleBuilder::result_type(const core::FuncType& type) {
  if (type.results.empty()) return llvm::Type::getVoidTy(context_);
  if (type.results.size() == 1) return type_of(type.results[0]);
  std::vector<llvm::Type*> fields;
  for (const core::ValType result : type.results) fields.push_back(type_of(result));
  return llvm::StructType::get(context_, fields);
}

llvm::FunctionType* ModuleBuilder::function_type(const core::FuncType& type) {
  std::vector<llvm::Type*> params{llvm::PointerType::get(context_, 0)};
  for (const core::ValType param : type.params) params.push_back(type_of(param));
  return llvm::FunctionType::get(result_type(type), params, false);
}

void ModuleBuilder::finish(llvm::Function& function) {
  root_.own_.insert(&function);
  function.setCallingConv(llvm::CallingConv::Tail);
  function.setDSOLocal(true);
  function.addFnAttr("no-builtins");  // nothing outside of the image may be called
  // Recursion stays recursion, and ends where the stack does; `return_call` is a tail call anyway.
  function.addFnAttr("disable-tail-calls", "true");
}

// A function whose first parameter is its instance.
void ModuleBuilder::finish_guest_code(llvm::Function& function) {
  finish(function);
  function.addDereferenceableParamAttr(0, sizeof(runtime::Instance));
  function.addParamAttr(0, llvm::Attribute::getWithAlignment(context_, llvm::Align(alignof(runtime::Instance))));
  function.addFnAttr(guest_code);
}

llvm::Value* ModuleBuilder::load_invariant(llvm::IRBuilder<>& ir, llvm::Type* type, llvm::Value* base,
                                           std::uint64_t offset, std::uint64_t bytes) {
  llvm::LoadInst* load = ir.CreateLoad(type, ir.CreateConstInBoundsGEP1_64(ir.getInt8Ty(), base, offset));
  load->setMetadata(llvm::LLVMContext::MD_invariant_load, llvm::MDNode::get(context_, {}));
  load->setMetadata(llvm::LLVMContext::MD_tbaa, alias_runtime_);
  if (!type->isPointerTy()) return load;
  load->setMetadata(llvm::LLVMContext::MD_nonnull, llvm::MDNode::get(context_, {}));
  if (bytes == 0) return load;
  const auto number = [&](std::uint64_t value) {
    return llvm::MDNode::get(context_, metadata_.createConstant(ir.getInt64(value)));
  };
  load->setMetadata(llvm::LLVMContext::MD_dereferenceable, number(bytes));
  load->setMetadata(llvm::LLVMContext::MD_align, number(alignof(void*)));
  return load;
}

llvm::Value* ModuleBuilder::helper(llvm::IRBuilder<>& ir, llvm::Value* instance, NativeHelper which) {
  llvm::Type* ptr = ir.getPtrTy();
  llvm::Value* module =
      load_invariant(ir, ptr, instance, offsetof(runtime::Instance, module), sizeof(runtime::CodeModule));
  llvm::Value* native =
      load_invariant(ir, ptr, module, offsetof(runtime::CodeModule, native), sizeof(runtime::NativeModule));
  llvm::Value* helpers = load_invariant(ir, ptr, native, offsetof(runtime::NativeModule, helpers),
                                        static_cast<std::uint64_t>(NativeHelper::count) * sizeof(void*));
  return load_invariant(ir, ptr, helpers, static_cast<std::uint64_t>(which) * sizeof(void*));
}

llvm::CallInst* ModuleBuilder::call_helper(llvm::IRBuilder<>& ir, llvm::Value* instance, NativeHelper which,
                                           llvm::Type* result, llvm::ArrayRef<llvm::Value*> arguments) {
  std::vector<llvm::Value*> values{instance};
  values.insert(values.end(), arguments.begin(), arguments.end());
  std::vector<llvm::Type*> types;
  for (const llvm::Value* value : values) types.push_back(value->getType());
  llvm::CallInst* call =
      ir.CreateCall(llvm::FunctionType::get(result, types, false), helper(ir, instance, which), values);
  call->setDoesNotThrow();
  return call;
}

bool ModuleBuilder::is_guest_access(const llvm::Instruction& access) const {
  return access.getMetadata(llvm::LLVMContext::MD_tbaa) == alias_memory_;
}

llvm::LoadInst* ModuleBuilder::load_control(llvm::IRBuilder<>& ir, llvm::Value* instance, llvm::Type* type,
                                            std::uint64_t offset) {
  llvm::Value* control =
      load_invariant(ir, ir.getPtrTy(), instance, offsetof(runtime::Instance, control), sizeof(runtime::StoreControl));
  llvm::LoadInst* value = ir.CreateLoad(type, ir.CreateConstInBoundsGEP1_64(ir.getInt8Ty(), control, offset));
  value->setMetadata(llvm::LLVMContext::MD_tbaa, alias_runtime_);
  return value;
}

// The store's current thread is the same whenever a function of the instance runs.
llvm::Value* ModuleBuilder::fuel_place(llvm::IRBuilder<>& ir, llvm::Value* instance) {
  const std::uint64_t fuel_at = runtime::place_of(&runtime::Thread::fuel);
  llvm::Value* control =
      load_invariant(ir, ir.getPtrTy(), instance, offsetof(runtime::Instance, control), sizeof(runtime::StoreControl));
  llvm::Value* thread = load_invariant(ir, ir.getPtrTy(), control, offsetof(runtime::StoreControl, current),
                                       fuel_at + sizeof(std::int64_t));
  return ir.CreateConstInBoundsGEP1_64(ir.getInt8Ty(), thread, fuel_at);
}

void ModuleBuilder::ask_to_go_on(llvm::IRBuilder<>& ir, llvm::Value* instance) {
  auto* type = llvm::FunctionType::get(ir.getVoidTy(), {ir.getPtrTy()}, false);
  if (interrupted_ == nullptr) {
    interrupted_ = llvm::Function::Create(type, llvm::GlobalValue::InternalLinkage, "interrupted", target_);
    interrupted_->setCallingConv(llvm::CallingConv::PreserveAll);
    interrupted_->setDSOLocal(true);
    for (const auto kind : {llvm::Attribute::NoUnwind, llvm::Attribute::NoInline, llvm::Attribute::Cold}) {
      interrupted_->addFnAttr(kind);
    }
    // Which registers there are to be kept depends on these. Their upper halves are kept too, so nobody may clear them.
    const llvm::Function* caller = ir.GetInsertBlock()->getParent();
    interrupted_->addFnAttr(caller->getFnAttribute("target-cpu"));
    const llvm::StringRef features = caller->getFnAttribute("target-features").getValueAsString();
    std::string kept = features.str();
    if (llvm::Triple(target_.getTargetTriple()).isX86()) kept += kept.empty() ? "-vzeroupper" : ",-vzeroupper";
    interrupted_->addFnAttr("target-features", kept);
    // Who asks where the guest is walks over its frame (see `prepare` in compiler.cpp).
    interrupted_->setUWTableKind(llvm::UWTableKind::Async);
    if (const llvm::Attribute pointer = caller->getFnAttribute("frame-pointer"); pointer.isValid()) {
      interrupted_->addFnAttr(pointer);
    }
    own_.insert(interrupted_);
    llvm::IRBuilder<> body(llvm::BasicBlock::Create(context_, "", interrupted_));
    llvm::Value* given = interrupted_->getArg(0);
    body.CreateCall(type, helper(body, given, NativeHelper::interrupted), {given});
    body.CreateRetVoid();
  }
  llvm::CallInst* call = ir.CreateCall(interrupted_, {instance});
  call->setCallingConv(llvm::CallingConv::PreserveAll);
}

void ModuleBuilder::trap(llvm::IRBuilder<>& ir, llvm::Value* instance, llvm::Value* reason) {
  auto* type = llvm::FunctionType::get(ir.getVoidTy(), {ir.getPtrTy(), ir.getInt32Ty()}, false);
  llvm::CallInst* call = ir.CreateCall(type, helper(ir, instance, NativeHelper::trap), {instance, reason});
  call->setDoesNotReturn();
  call->addFnAttr(llvm::Attribute::Cold);
  call->addFnAttr(llvm::Attribute::NoMerge);  // a trap says where it was
  ir.CreateUnreachable();
}

llvm::CallInst* ModuleBuilder::raise(llvm::IRBuilder<>& ir, llvm::Value* instance, llvm::Value* exception) {
  auto* type = llvm::FunctionType::get(ir.getVoidTy(), {ir.getPtrTy(), ir.getInt64Ty()}, false);
  llvm::CallInst* call = ir.CreateCall(type, helper(ir, instance, NativeHelper::raise), {instance, exception});
  call->setDoesNotReturn();
  call->addFnAttr(llvm::Attribute::Cold);
  ir.CreateUnreachable();
  return call;
}

llvm::CallBase* ModuleBuilder::call_guest(llvm::IRBuilder<>& ir, llvm::FunctionType* type, llvm::Value* callee,
                                          llvm::ArrayRef<llvm::Value*> arguments, llvm::BasicBlock* pad) {
  llvm::CallBase* call = nullptr;
  if (pad == nullptr) {
    call = ir.CreateCall(type, callee, arguments);
  } else {
    auto* next = llvm::BasicBlock::Create(context_, "returned", ir.GetInsertBlock()->getParent());
    call = ir.CreateInvoke(type, callee, next, pad, arguments);
    ir.SetInsertPoint(next);
  }
  call->setCallingConv(llvm::CallingConv::Tail);
  return call;
}

void ModuleBuilder::store_slots(llvm::IRBuilder<>& ir, llvm::Value* slots, llvm::ArrayRef<llvm::Value*> values) {
  std::uint64_t at = 0;
  for (llvm::Value* value : values) {
    llvm::Value* wide = value;
    if (value->getType()->isFloatTy()) wide = ir.CreateBitCast(value, ir.getInt32Ty());
    if (wide->getType()->isIntegerTy(32)) wide = ir.CreateZExt(wide, ir.getInt64Ty());
    llvm::StoreInst* store =
        ir.CreateAlignedStore(wide, ir.CreateConstGEP1_64(ir.getInt8Ty(), slots, at), llvm::Align(8));
    store->setMetadata(llvm::LLVMContext::MD_tbaa, alias_runtime_);
    at += value->getType()->isVectorTy() ? 16 : 8;
  }
}

std::vector<llvm::Value*> ModuleBuilder::load_slots(llvm::IRBuilder<>& ir, llvm::Value* slots,
                                                    std::span<const core::ValType> types) {
  std::vector<llvm::Value*> values;
  std::uint64_t at = 0;
  for (const core::ValType type : types) {
    llvm::LoadInst* load =
        ir.CreateAlignedLoad(type_of(type), ir.CreateConstGEP1_64(ir.getInt8Ty(), slots, at), llvm::Align(8));
    load->setMetadata(llvm::LLVMContext::MD_tbaa, alias_runtime_);
    values.push_back(load);
    at += 8 * runtime::slots_of(type);
  }
  return values;
}

llvm::Value* ModuleBuilder::pack(llvm::IRBuilder<>& ir, const core::FuncType& type,
                                 llvm::ArrayRef<llvm::Value*> values) {
  if (values.empty()) return nullptr;
  if (values.size() == 1) return values[0];
  llvm::Value* packed = llvm::PoisonValue::get(result_type(type));
  for (unsigned i = 0; i < values.size(); ++i) packed = ir.CreateInsertValue(packed, values[i], i);
  return packed;
}

// A function of the type's signature whose context is a `Func*`; calls it through slots.
llvm::Function* ModuleBuilder::bridge(core::TypeIdx index) {
  llvm::Function*& function = bridges_[index.value];
  if (function != nullptr) return function;
  const core::FuncType& type = *source_.signatures[index];
  function = llvm::Function::Create(function_type(type), llvm::GlobalValue::InternalLinkage,
                                    "bridge" + llvm::Twine(index.value), target_);
  finish(*function);
  function->addFnAttr(llvm::Attribute::NoInline);
  llvm::IRBuilder<> ir(llvm::BasicBlock::Create(context_, "", function));
  llvm::Value* slots = ir.CreateAlloca(ir.getInt64Ty(), ir.getInt64(runtime::value_slots(type)));
  std::vector<llvm::Value*> arguments;
  for (llvm::Argument& argument : function->args()) {
    if (argument.getArgNo() != 0) arguments.push_back(&argument);
  }
  store_slots(ir, slots, arguments);
  llvm::Value* func = function->getArg(0);
  // The caller of a function that may be the host's was noted in the store; its module has the helpers.
  llvm::Value* control = load_invariant(ir, ir.getPtrTy(), func, runtime::place_of(&runtime::Func::control),
                                        sizeof(runtime::StoreControl));
  llvm::LoadInst* instance = ir.CreateLoad(
      ir.getPtrTy(),
      ir.CreateConstInBoundsGEP1_64(ir.getInt8Ty(), control, offsetof(runtime::StoreControl, native_caller)));
  instance->setMetadata(llvm::LLVMContext::MD_tbaa, alias_runtime_);
  auto* callee_type = llvm::FunctionType::get(ir.getInt64Ty(), {ir.getPtrTy(), ir.getPtrTy()}, false);
  llvm::Value* exception = ir.CreateCall(callee_type, helper(ir, instance, NativeHelper::call_func), {func, slots});
  auto* thrown = llvm::BasicBlock::Create(context_, "thrown", function);
  auto* returned = llvm::BasicBlock::Create(context_, "returned", function);
  ir.CreateCondBr(ir.CreateIsNull(exception), returned, thrown, likely());
  ir.SetInsertPoint(thrown);
  raise(ir, instance, exception);
  ir.SetInsertPoint(returned);
  const auto results = load_slots(ir, slots, type.results);
  if (llvm::Value* result = pack(ir, type, results)) {
    ir.CreateRet(result);
  } else {
    ir.CreateRetVoid();
  }
  return function;
}

// From slots to registers and back: (context, entry, frame).
llvm::Function* ModuleBuilder::thunk(const core::FuncType& type) {
  llvm::Function*& function = thunk_of_[&type];
  if (function != nullptr) return function;
  llvm::Type* ptr = llvm::PointerType::get(context_, 0);
  auto* thunk_type = llvm::FunctionType::get(llvm::Type::getVoidTy(context_), {ptr, ptr, ptr}, false);
  function = llvm::Function::Create(thunk_type, llvm::GlobalValue::ExternalLinkage,
                                    "thunk" + llvm::Twine(thunk_of_.size()) + "." + name_, target_);
  own_.insert(function);
  function->setDSOLocal(true);
  llvm::IRBuilder<> ir(llvm::BasicBlock::Create(context_, "", function));
  std::vector<llvm::Value*> arguments{function->getArg(0)};
  for (llvm::Value* value : load_slots(ir, function->getArg(2), type.params)) arguments.push_back(value);
  llvm::CallInst* call = ir.CreateCall(function_type(type), function->getArg(1), arguments);
  call->setCallingConv(llvm::CallingConv::Tail);
  std::vector<llvm::Value*> results;
  if (type.results.size() == 1) results.push_back(call);
  if (type.results.size() > 1) {
    for (unsigned i = 0; i < type.results.size(); ++i) results.push_back(ir.CreateExtractValue(call, i));
  }
  store_slots(ir, function->getArg(2), results);
  ir.CreateRetVoid();
  return function;
}

llvm::Value* ModuleBuilder::call_func(llvm::IRBuilder<>& ir, llvm::Value* instance, llvm::Value* func,
                                      core::TypeIdx type, llvm::ArrayRef<llvm::Value*> arguments, bool tail,
                                      llvm::BasicBlock* pad) {
  llvm::Type* ptr = ir.getPtrTy();
  llvm::Function* function = ir.GetInsertBlock()->getParent();
  const auto field = [&](std::uint64_t offset) { return ir.CreateConstInBoundsGEP1_64(ir.getInt8Ty(), func, offset); };
  const auto load = [&](std::uint64_t offset) {
    llvm::LoadInst* value = ir.CreateLoad(ptr, field(offset));
    value->setMetadata(llvm::LLVMContext::MD_tbaa, alias_runtime_);
    return value;
  };
  llvm::Value* control =
      load_invariant(ir, ptr, instance, offsetof(runtime::Instance, control), sizeof(runtime::StoreControl));
  ir.CreateStore(instance,
                 ir.CreateConstInBoundsGEP1_64(ir.getInt8Ty(), control, offsetof(runtime::StoreControl, native_caller)))
      ->setMetadata(llvm::LLVMContext::MD_tbaa, alias_runtime_);
  auto* unprepared = llvm::BasicBlock::Create(context_, "unprepared", function);
  auto* prepared = llvm::BasicBlock::Create(context_, "prepared", function);
  llvm::Value* has_entry = ir.CreateIsNotNull(load(runtime::place_of(&runtime::Func::native_entry)));
  ir.CreateCondBr(has_entry, prepared, unprepared, metadata_.createLikelyBranchWeights());
  ir.SetInsertPoint(unprepared);
  auto* prepare_type = llvm::FunctionType::get(ir.getVoidTy(), {ptr, ptr}, false);
  ir.CreateCall(prepare_type, helper(ir, instance, NativeHelper::prepare_func), {func, bridge(type)});
  ir.CreateBr(prepared);
  ir.SetInsertPoint(prepared);
  std::vector<llvm::Value*> values{load(runtime::place_of(&runtime::Func::native_context))};
  values.insert(values.end(), arguments.begin(), arguments.end());
  llvm::CallBase* call = call_guest(ir, function_type(*source_.signatures[type]),
                                    load(runtime::place_of(&runtime::Func::native_entry)), values, pad);
  if (tail) llvm::cast<llvm::CallInst>(call)->setTailCallKind(llvm::CallInst::TCK_MustTail);
  return call;
}

llvm::Function* ModuleBuilder::function(core::FuncIdx index, std::size_t most_linked) {
  llvm::Function*& function = functions_[index.value];
  if (function != nullptr) return function;
  const auto linkage = is_shared(index) ? llvm::GlobalValue::ExternalLinkage : llvm::GlobalValue::InternalLinkage;
  std::string name = "f" + std::to_string(index.value);
  if (number_ != 0) name = "linked" + std::to_string(number_) + "." + name;
  function = llvm::Function::Create(function_type(*source_.func_signatures[index]), linkage, name, target_);
  finish_guest_code(*function);
  if (model_.is_imported(index)) {
    bridge_import(index);
  } else if (!is_shared(index) && !link(index, most_linked)) {
    bridge_own(index);
  }
  return function;
}

// --- Functions of other modules

ModuleBuilder& ModuleBuilder::linked_module(std::uint32_t number) {
  if (number == 0) return *this;
  std::unique_ptr<ModuleBuilder>& module = linked_modules_[number];
  if (module == nullptr) module.reset(new ModuleBuilder(*this, number));
  return *module;
}

const LinkedFunc& ModuleBuilder::given(core::FuncIdx import) const {
  static constexpr LinkedFunc nobody_knows;
  return root_.linkage_ == nullptr ? nobody_knows : root_.linkage_->modules[number_].imports[import.value];
}

llvm::Function* ModuleBuilder::linked_function(core::FuncIdx import) {
  const LinkedFunc& given = this->given(import);
  if (!given.is_guests()) return nullptr;
  ModuleBuilder& module = root_.linked_module(given.module);
  llvm::FunctionType* type = module.function_type(*module.source_.func_signatures[given.function]);
  if (type != functions_[import.value]->getFunctionType()) return nullptr;
  constexpr std::size_t most = 1 << 10;
  llvm::Function* function = module.function(given.function, most);
  const bool is_bridge = function->hasFnAttribute(llvm::Attribute::NoInline);
  return is_bridge ? nullptr : function;
}

// Declares a function of another module; it is built when those are that are under way. False: it is too large.
bool ModuleBuilder::link(core::FuncIdx index, std::size_t most) {
  constexpr std::size_t most_together = 16 << 10;
  const std::size_t size = model_.funcs[index].body.size();
  if (number_ == 0 || size > most || root_.linked_bytes_ + size > most_together) return false;
  root_.linked_bytes_ += size;
  root_.linked_functions_.emplace_back(this, index);
  return true;
}

void ModuleBuilder::build_linked() {
  while (!linked_functions_.empty()) {
    auto [module, index] = linked_functions_.back();
    linked_functions_.pop_back();
    if (FunctionBuilder(*module, index).build()) continue;
    llvm::Function& function = *module->functions_[index.value];
    function.deleteBody();
    function.setLinkage(llvm::GlobalValue::InternalLinkage);
    module->bridge_own(index);
  }
}

// The rest of a bridge: passes its arguments on.
void ModuleBuilder::call_through(llvm::IRBuilder<>& ir, llvm::Value* func, core::FuncIdx index) {
  llvm::Function* function = functions_[index.value];
  std::vector<llvm::Value*> arguments;
  for (llvm::Argument& argument : llvm::drop_begin(function->args())) arguments.push_back(&argument);
  return_result(ir, call_func(ir, function->getArg(0), func, model_.funcs[index].type, arguments, false));
}

void ModuleBuilder::return_result(llvm::IRBuilder<>& ir, llvm::Value* call) {
  if (call->getType()->isVoidTy()) {
    ir.CreateRetVoid();
  } else {
    ir.CreateRet(call);
  }
}

// A function of the module that is not compiled, or in another image, for callers that are.
void ModuleBuilder::bridge_own(core::FuncIdx index) {
  llvm::Function* function = functions_[index.value];
  function->addFnAttr(llvm::Attribute::NoInline);
  auto* begin = llvm::BasicBlock::Create(context_, "", function);
  auto* make = llvm::BasicBlock::Create(context_, "make", function);
  auto* go = llvm::BasicBlock::Create(context_, "go", function);
  llvm::IRBuilder<> ir(begin);
  llvm::Value* instance = function->getArg(0);
  llvm::Value* funcs = load_invariant(ir, ir.getPtrTy(), instance, offsetof(runtime::Instance, funcs),
                                      model_.funcs.size() * sizeof(void*));
  llvm::LoadInst* known =
      ir.CreateLoad(ir.getPtrTy(), ir.CreateConstInBoundsGEP1_64(ir.getInt8Ty(), funcs, index.value * sizeof(void*)));
  known->setMetadata(llvm::LLVMContext::MD_tbaa, alias_runtime_);
  ir.CreateCondBr(ir.CreateIsNotNull(known), go, make, likely());
  ir.SetInsertPoint(make);
  auto* own_type = llvm::FunctionType::get(ir.getPtrTy(), {ir.getPtrTy(), ir.getInt32Ty()}, false);
  llvm::Value* made =
      ir.CreateCall(own_type, helper(ir, instance, NativeHelper::own_func), {instance, ir.getInt32(index.value)});
  ir.CreateBr(go);
  ir.SetInsertPoint(go);
  llvm::PHINode* func = ir.CreatePHI(ir.getPtrTy(), 2);
  func->addIncoming(known, begin);
  func->addIncoming(made, make);
  call_through(ir, func, index);
}

void ModuleBuilder::bridge_import(core::FuncIdx index) {
  llvm::Function* function = functions_[index.value];
  llvm::IRBuilder<> ir(llvm::BasicBlock::Create(context_, "", function));
  llvm::Value* funcs = load_invariant(ir, ir.getPtrTy(), function->getArg(0), offsetof(runtime::Instance, funcs),
                                      model_.funcs.size() * sizeof(void*));
  llvm::Value* func = load_invariant(ir, ir.getPtrTy(), funcs, index.value * sizeof(void*));
  if (given(index).module == LinkedFunc::looks_up_handle) look_up_handle(ir, func, *function);
  if (llvm::Function* linked = linked_function(index)) call_linked(ir, func, *linked, *function);
  if (ir.GetInsertBlock()->getTerminator() == nullptr) call_through(ir, func, index);
}

// The handle's row says what it stands for. Where it is another one's, the function of the host is called.
void ModuleBuilder::look_up_handle(llvm::IRBuilder<>& ir, llvm::Value* func, llvm::Function& bridge) {
  using runtime::HandleRows;
  llvm::Type* ptr = ir.getPtrTy();
  const auto field = [&](llvm::Type* type, llvm::Value* base, std::uint64_t offset) {
    llvm::LoadInst* value = ir.CreateLoad(type, ir.CreateConstInBoundsGEP1_64(ir.getInt8Ty(), base, offset));
    value->setMetadata(llvm::LLVMContext::MD_tbaa, alias_handles_);
    return value;
  };
  const auto block = [&](const char* name) { return llvm::BasicBlock::Create(context_, name, &bridge); };
  llvm::BasicBlock* look = block("look");
  llvm::BasicBlock* found = block("found");
  llvm::BasicBlock* ask = block("ask");
  llvm::Value* lookup =
      load_invariant(ir, ptr, func, runtime::place_of(&runtime::Func::data), sizeof(runtime::HandleLookup));
  llvm::Value* table =
      load_invariant(ir, ptr, lookup, offsetof(runtime::HandleLookup, table), sizeof(runtime::HandleRows));
  llvm::Value* index = ir.CreateZExt(bridge.getArg(1), ir.getInt64Ty());
  llvm::Value* count = field(ir.getInt64Ty(), table, offsetof(HandleRows, count));
  ir.CreateCondBr(ir.CreateICmpULT(index, count), look, ask, likely());
  ir.SetInsertPoint(look);
  llvm::Value* rows = field(ptr, table, offsetof(HandleRows, rows));
  llvm::Value* row =
      ir.CreateGEP(ir.getInt8Ty(), rows, ir.CreateMul(index, ir.getInt64(HandleRows::row_size), "", true));
  llvm::Value* type = load_invariant(ir, ir.getInt64Ty(), lookup, offsetof(runtime::HandleLookup, type));
  llvm::Value* has_type = ir.CreateICmpEQ(field(ir.getInt64Ty(), row, HandleRows::type_at), type);
  ir.CreateCondBr(has_type, found, ask, likely());
  ir.SetInsertPoint(found);
  llvm::Value* rep = field(ir.getInt64Ty(), row, HandleRows::rep_at);
  ir.CreateRet(ir.CreateTruncOrBitCast(rep, bridge.getReturnType()));
  ir.SetInsertPoint(ask);
}

// Where the function's instance may run compiled code, it is called here. A lowered function gets its instance when it
// is called first; what adapters call is there before them.
void ModuleBuilder::call_linked(llvm::IRBuilder<>& ir, llvm::Value* func, llvm::Function& linked,
                                llvm::Function& caller) {
  // What becomes part of it has a position, so it needs one too.
  if (positions() != nullptr) {
    llvm::DISubprogram* position = subprogram("bridge");
    caller.setSubprogram(position);
    ir.SetCurrentDebugLocation(llvm::DILocation::get(context_, 0, 0, position));
  }
  const auto call = [&](llvm::Value* instance) {
    std::vector<llvm::Value*> arguments{instance};
    for (llvm::Argument& argument : llvm::drop_begin(caller.args())) arguments.push_back(&argument);
    return_result(ir, call_guest(ir, linked.getFunctionType(), &linked, arguments, nullptr));
  };
  const std::uint64_t place = runtime::place_of(&runtime::Func::native_instance);
  if (root_.linkage_->modules[number_].is_adapter) {
    return call(load_invariant(ir, ir.getPtrTy(), func, place, sizeof(runtime::Instance)));
  }
  llvm::LoadInst* instance = ir.CreateLoad(ir.getPtrTy(), ir.CreateConstInBoundsGEP1_64(ir.getInt8Ty(), func, place));
  instance->setMetadata(llvm::LLVMContext::MD_tbaa, alias_runtime_);
  auto* here = llvm::BasicBlock::Create(context_, "linked", &caller);
  auto* there = llvm::BasicBlock::Create(context_, "", &caller);
  ir.CreateCondBr(ir.CreateIsNotNull(instance), here, there, likely());
  ir.SetInsertPoint(here);
  call(instance);
  ir.SetInsertPoint(there);
}

void ModuleBuilder::build() {
  for (std::size_t i = model_.imported_funcs; i < model_.funcs.size(); ++i) {
    if (places_[i] != Place::here) continue;
    const core::FuncIdx index(i);
    compiled_[i] = FunctionBuilder(*this, index).build();
    if (compiled_[i]) {
      thunks_[i] = thunk(*source_.func_signatures[index]);
    } else {
      functions_[i]->deleteBody();
      bridge_own(index);
    }
  }
  if (loop_ != nullptr) build_loop(*loop_);
  build_linked();
  take_operations();
  if (positions_ != nullptr) positions_->finalize();
}

// The function from the loop on: (instance, frame), with the results to the frame.
void ModuleBuilder::build_loop(const LoopPlace& place) {
  llvm::Type* ptr = llvm::PointerType::get(context_, 0);
  auto* type = llvm::FunctionType::get(llvm::Type::getVoidTy(context_), {ptr, ptr}, false);
  llvm::Function* code = llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, "loop." + name_, target_);
  finish_guest_code(*code);
  code->addFnAttr(llvm::Attribute::NoInline);  // checks are added to it, and not to its entry
  if (FunctionBuilder(*this, place, *code).build()) {
    enter_loop(*code);
    loop_code_ = code;
  } else {
    own_.erase(code);
    code->eraseFromParent();
  }
}

// Its entry, which is called as a thunk is: (instance, nothing, frame).
void ModuleBuilder::enter_loop(llvm::Function& code) {
  llvm::Type* ptr = llvm::PointerType::get(context_, 0);
  auto* type = llvm::FunctionType::get(llvm::Type::getVoidTy(context_), {ptr, ptr, ptr}, false);
  llvm::Function* entry =
      llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, code.getName() + loop_entry_suffix, target_);
  own_.insert(entry);
  entry->setDSOLocal(true);
  llvm::IRBuilder<> ir(llvm::BasicBlock::Create(context_, "", entry));
  ir.CreateCall(&code, {entry->getArg(0), entry->getArg(2)})->setCallingConv(llvm::CallingConv::Tail);
  ir.CreateRetVoid();
}

llvm::StringRef ModuleBuilder::symbol(core::FuncIdx index) const {
  return compiled_[index.value] ? functions_[index.value]->getName() : "";
}
llvm::StringRef ModuleBuilder::thunk_symbol(core::FuncIdx index) const {
  return compiled_[index.value] ? thunks_[index.value]->getName() : "";
}
llvm::StringRef ModuleBuilder::loop_symbol() const { return loop_code_ == nullptr ? "" : loop_code_->getName(); }

}  // namespace tenon::jit
