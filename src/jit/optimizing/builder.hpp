// From validated function bodies to LLVM IR.
//
// One pass over the body, with the operand stack as a stack of IR values. Locals are stack slots that LLVM's own passes
// turn into registers; the parameters of labels are phi nodes. What an instruction computes is a call of its function
// in operations.cpp, inlined afterwards; only control, calls and accesses are built here.
//
// Accesses. A 32-bit memory with the default page size has guard regions behind it (runtime/memory.cpp), so its loads
// and stores are unchecked: one that is out of bounds faults, and the fault becomes the trap. The memory's base is
// loaded once a function, as an invariant. Other memories are checked against their size.
//
// Aliasing. Guest memory, each global, and the runtime's own state have type-based alias marks of their own, so that a
// store to memory makes nobody read the base or a global again.
//
// References are numbers of 64 bits, and the collector looks for them wherever a frame may keep them.
//
// Other modules. Where it is known what an import is given (jit/linkage.hpp), a small function of another module is
// compiled here once more, behind a look whether its instance may run compiled code; LLVM makes it a part of its
// callers. It gets its own instance, like any other, so nothing in it depends on whose code it is in. What a function
// of the host does that looks a resource handle up is done here too (runtime/handle_rows.hpp).
//
// A function that waits for others' memory is not compiled here: `build` says no, and the function stays with the
// interpreter. Compiled callers reach it through a bridge.
#pragma once

#include <llvm/ADT/SmallPtrSet.h>
#include <llvm/IR/DIBuilder.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/MDBuilder.h>
#include <llvm/IR/Module.h>
#include <map>
#include <memory_resource>
#include <span>
#include <string>
#include <vector>

#include "binary/core/instructions.hpp"
#include "jit/optimizing/compiler.hpp"
#include "runtime/native.hpp"
#include "validate/core/module.hpp"

namespace tenon::jit {

// Where a function of the module's own is compiled, as one of several LLVM modules sees it that become one image.
enum class Place : std::uint8_t {
  nowhere,  // it stays with the interpreter
  here,
  elsewhere,  // in another of the modules
};

// What all functions of one Wasm module share that become part of one LLVM module.
class ModuleBuilder {
 public:
  // `name` tells the LLVM modules of one image apart.
  ModuleBuilder(llvm::Module& target, const core::ValidatedModule& source, std::span<const Place> places,
                llvm::StringRef name, const CompileOptions& options);

  // Defines the functions that are compiled here, bridges for others that they call, and thunks.
  void build();

  // After `build`: the symbols of a function that was compiled here, and of its thunk; empty for others.
  llvm::StringRef symbol(core::FuncIdx index) const;
  llvm::StringRef thunk_symbol(core::FuncIdx index) const;
  // Of the loop's code; empty if it could not be made.
  llvm::StringRef loop_symbol() const;

  // For passes over what was built.
  // A function whose first parameter is its instance: compiled, or one that calls something else for its callers.
  static bool is_guest_code(const llvm::Function& function) { return function.hasFnAttribute(guest_code); }
  // Made here, and not the meaning of an instruction.
  bool is_own(const llvm::Function& function) const { return own_.contains(&function); }
  // Whether the code pays with fuel.
  bool is_metered() const noexcept { return is_metered_; }
  bool is_guest_access(const llvm::Instruction& access) const;
  llvm::MDNode* likely() { return metadata_.createLikelyBranchWeights(); }
  llvm::MDNode* unlikely() { return metadata_.createUnlikelyBranchWeights(); }
  const Machine& machine() const { return machine_; }
  llvm::MDNode* alias_of_fuel() const { return alias_fuel_; }
  // Where the fuel of the thread is that runs the instance.
  llvm::Value* fuel_place(llvm::IRBuilder<>& ir, llvm::Value* instance);
  // A field of the store's control.
  llvm::LoadInst* load_control(llvm::IRBuilder<>& ir, llvm::Value* instance, llvm::Type* type, std::uint64_t offset);
  // Asks whether the guest may go on, and traps if not. All registers are as before, so that a loop which has the call
  // on a path that is hardly ever taken keeps its values in them.
  void ask_to_go_on(llvm::IRBuilder<>& ir, llvm::Value* instance);
  // Calls the trap, and ends the block.
  void trap(llvm::IRBuilder<>& ir, llvm::Value* instance, llvm::Value* reason);

 private:
  friend class FunctionBuilder;

  // For functions of a module that is linked to the root's.
  ModuleBuilder(ModuleBuilder& root, std::uint32_t number);

  // A mark on the functions, which come and go while LLVM optimizes: their addresses say nothing.
  static constexpr const char* guest_code = "tenon-guest-code";

  void name_aliases();
  void append_operations(const llvm::Constant& rows);
  void take_operations();
  void begin_positions();
  llvm::DIBuilder* positions() const noexcept { return root_.positions_.get(); }
  llvm::DISubprogram* subprogram(core::FuncIdx index);
  llvm::DISubprogram* subprogram(const std::string& name);
  // Goes on at who catches the exception.
  llvm::CallInst* raise(llvm::IRBuilder<>& ir, llvm::Value* instance, llvm::Value* exception);
  llvm::Function* operation(Op op);
  llvm::Type* type_of(core::ValType type);
  llvm::Type* result_type(const core::FuncType& type);
  llvm::FunctionType* function_type(const core::FuncType& type);
  llvm::Function* bridge(core::TypeIdx type);
  llvm::Function* thunk(const core::FuncType& type);
  // The function as code of this LLVM module calls it. Of a linked module, its body is compiled here if it has no more
  // bytes than that.
  llvm::Function* function(core::FuncIdx index, std::size_t most_linked = 256);
  bool is_shared(core::FuncIdx index) const noexcept {
    return number_ == 0 && !model_.is_imported(index) && places_[index.value] != Place::nowhere;
  }
  // Of other modules. What the import is given, as code of this LLVM module; nullptr: it stays where it is.
  const LinkedFunc& given(core::FuncIdx import) const;
  llvm::Function* linked_function(core::FuncIdx import);
  ModuleBuilder& linked_module(std::uint32_t number);
  bool link(core::FuncIdx index, std::size_t most);
  void build_linked();
  void build_loop(const LoopPlace& place);
  void enter_loop(llvm::Function& code);
  void bridge_own(core::FuncIdx index);
  void bridge_import(core::FuncIdx index);
  void call_through(llvm::IRBuilder<>& ir, llvm::Value* func, core::FuncIdx index);
  void look_up_handle(llvm::IRBuilder<>& ir, llvm::Value* func, llvm::Function& bridge);
  void call_linked(llvm::IRBuilder<>& ir, llvm::Value* func, llvm::Function& linked, llvm::Function& caller);
  // Returns what a call gave.
  void return_result(llvm::IRBuilder<>& ir, llvm::Value* call);
  void finish(llvm::Function& function);
  void finish_guest_code(llvm::Function& function);
  // What never changes while the function runs. A pointer leads to that many bytes at least, which may be read at any
  // time: so loads of them leave loops though an access before them may trap.
  llvm::Value* load_invariant(llvm::IRBuilder<>& ir, llvm::Type* type, llvm::Value* base, std::uint64_t offset,
                              std::uint64_t bytes = 0);
  llvm::Value* helper(llvm::IRBuilder<>& ir, llvm::Value* instance, runtime::NativeHelper which);
  // Calls it, with the instance in front of the arguments.
  llvm::CallInst* call_helper(llvm::IRBuilder<>& ir, llvm::Value* instance, runtime::NativeHelper which,
                              llvm::Type* result, llvm::ArrayRef<llvm::Value*> arguments);
  void store_slots(llvm::IRBuilder<>& ir, llvm::Value* slots, llvm::ArrayRef<llvm::Value*> values);
  std::vector<llvm::Value*> load_slots(llvm::IRBuilder<>& ir, llvm::Value* slots, std::span<const core::ValType> types);
  llvm::Value* pack(llvm::IRBuilder<>& ir, const core::FuncType& type, llvm::ArrayRef<llvm::Value*> values);
  // Calls the function that a `Func*` stands for. Exceptions go to `pad`, if there is one.
  llvm::Value* call_func(llvm::IRBuilder<>& ir, llvm::Value* instance, llvm::Value* func, core::TypeIdx type,
                         llvm::ArrayRef<llvm::Value*> arguments, bool tail, llvm::BasicBlock* pad = nullptr);
  // A call of guest code.
  llvm::CallBase* call_guest(llvm::IRBuilder<>& ir, llvm::FunctionType* type, llvm::Value* callee,
                             llvm::ArrayRef<llvm::Value*> arguments, llvm::BasicBlock* pad);

  ModuleBuilder& root_;       // of the module whose image it will be, maybe this one
  std::uint32_t number_ = 0;  // in the linkage
  llvm::Module& target_;
  llvm::LLVMContext& context_;
  const core::ValidatedModule& source_;
  const core::Module& model_;
  std::span<const Place> places_;  // of the root's functions
  std::string name_;
  const LoopPlace* loop_ = nullptr;
  llvm::Function* loop_code_ = nullptr;
  const Linkage* linkage_ = nullptr;  // nullptr: none
  bool is_metered_;
  const Machine& machine_;                      // that the code is for
  std::unique_ptr<llvm::DIBuilder> positions_;  // nullptr: nobody asks what code was compiled from
  llvm::MDBuilder metadata_;
  llvm::MDNode* alias_root_;
  llvm::MDNode* alias_others_ = nullptr;  // all that follow but fuel
  llvm::MDNode* alias_memory_ = nullptr;
  llvm::MDNode* alias_runtime_ = nullptr;
  llvm::MDNode* alias_fuel_ = nullptr;
  llvm::MDNode* alias_objects_ = nullptr;
  llvm::MDNode* alias_handles_ = nullptr;
  llvm::MDNode* alias_imported_globals_ = nullptr;
  std::vector<llvm::MDNode*> alias_globals_;
  std::vector<llvm::Function*> operations_;  // by Op; the root's
  std::vector<llvm::Function*> functions_;
  std::vector<llvm::Function*> thunks_;
  std::vector<bool> compiled_;
  llvm::SmallPtrSet<const llvm::Function*, 16> own_;           // with bridges and thunks; the root's
  std::map<std::uint32_t, llvm::Function*> bridges_;           // by type index
  std::map<const core::FuncType*, llvm::Function*> thunk_of_;  // by canonical type
  llvm::Function* interrupted_ = nullptr;                      // calls the helper of this name
  // Of other modules, by their number; and the functions of theirs that are declared. The root's.
  std::vector<std::unique_ptr<ModuleBuilder>> linked_modules_;
  std::vector<std::pair<ModuleBuilder*, core::FuncIdx>> linked_functions_;
  std::size_t linked_bytes_ = 0;
};

}  // namespace tenon::jit
