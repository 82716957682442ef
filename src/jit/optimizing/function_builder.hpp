// One function's body to IR; see builder.hpp.
//
// Exceptions. A call inside of a protected block is LLVM's invoke, with one landing pad for each block that protects;
// it leads to the block's dispatch, which compares tags one after the other, and passes what nobody catches on to the
// next block's dispatch, or out of the function. A throw inside of a protected block goes to the dispatch at once.
//
// Fuel (fuel.hpp). Each straight run of instructions is paid for where it begins, exactly as in metered bytecode
// (interp/translate_control.cpp), and its price is written there when it ends.
//
// Loops. The code for a frame that is in a loop already is the whole function, whose entry takes the locals from the
// frame and goes to a copy of the loop (peel.hpp); LLVM drops what nothing else leads to. Results go to the frame, and
// tail calls are calls.
#pragma once

#include "jit/optimizing/builder.hpp"
#include "jit/optimizing/fuel.hpp"

namespace tenon::jit {

class FunctionBuilder {
 public:
  FunctionBuilder(ModuleBuilder& module, core::FuncIdx index);
  // From the loop on, as `code`.
  FunctionBuilder(ModuleBuilder& module, const LoopPlace& place, llvm::Function& code);
  // False if the function has something that is not compiled here; its body is then incomplete and to be deleted.
  bool build();

 private:
  using Values = std::vector<llvm::Value*>;

  // An open block. Branches to it carry its label's values into `phis`.
  struct Block {
    Op op = Op::block;                      // block, loop, if_, or return_ for the function itself
    llvm::BasicBlock* label = nullptr;      // where branches go: the header of a loop, the end of others
    llvm::BasicBlock* otherwise = nullptr;  // of an `if` whose `else` has not come yet
    std::vector<llvm::PHINode*> phis;
    std::vector<llvm::Type*> results;
    Values params;  // of an `if`, for its `else`
    // Of a block that protects: where exceptions go. While `protects` is set, its own calls lead there.
    llvm::BasicBlock* pad = nullptr;
    llvm::BasicBlock* dispatch = nullptr;
    llvm::PHINode* exception = nullptr;
    bool protects = false;
    bool is_legacy = false;
    llvm::BasicBlock* uncaught = nullptr;  // of a legacy block with clauses: where none of those so far catches
    std::size_t height = 0;                // of the operand stack below its parameters
  };

  // Operands.
  void push(llvm::Value* value) { stack_.push_back(value); }
  void make_locals(std::span<const core::ValType> types);
  llvm::Value* pop();
  Values pop(std::size_t count);
  void push_results(llvm::Value* packed, std::size_t count);

  // Instructions. False: not supported.
  bool instruction(const core::Instruction& in);
  bool by_signature(const core::Instruction& in);
  bool shuffle(const core::Instruction& in);
  bool call_operation(const core::Instruction& in, Values arguments, unsigned results);
  llvm::Value* keep_rounding(llvm::Value* argument);
  bool load(const core::Instruction& in);
  bool store(const core::Instruction& in);
  bool atomic(const core::Instruction& in);
  bool constant(const core::Instruction& in);
  bool variable(const core::Instruction& in);
  bool select();
  bool memory_size(const core::Instruction& in);
  bool memory_grow(const core::Instruction& in);
  bool bulk(const core::Instruction& in);

  // Control.
  bool control(const core::Instruction& in);
  void begin(const core::Instruction& in);
  void else_();
  void end();
  void skip(const core::Instruction& in);
  void unreachable() { reachable_ = false; }
  Block& block_at(std::uint32_t depth) { return blocks_[blocks_.size() - 1 - depth]; }
  llvm::BasicBlock* edge(std::uint32_t depth);
  void branch_if(std::uint32_t depth);
  void branch_table(const core::Instruction& in);
  void add_incoming(Block& block, llvm::BasicBlock* from);

  // Exceptions (function_exceptions.cpp).
  void throw_(const core::Instruction& in);
  void begin_protected(Block& block);
  void dispatch_to(const core::Instruction& in, Block& block);
  void catch_(const core::Instruction& in);
  void end_legacy(Block& block);
  void delegate(const core::Instruction& in);
  // The innermost block from `depth` on outwards that protects; nullptr: none.
  Block* protecting(std::size_t depth = 0);
  llvm::BasicBlock* pad_here();
  // Goes on at who catches the exception beyond `depth` blocks.
  void pass_on(llvm::Value* exception, std::size_t depth);
  llvm::Value* is_tagged(llvm::Value* exception, std::uint32_t tag);
  void push_arguments(llvm::Value* exception, std::uint32_t tag);

  // References and objects (function_references.cpp). False: not supported.
  bool reference(const core::Instruction& in);
  bool table(const core::Instruction& in);
  void cast(const core::Instruction& in);
  void branch_on_cast(const core::Instruction& in);
  void branch_on_null(const core::Instruction& in);
  void make_object(const core::Instruction& in);
  void object_get(const core::Instruction& in);
  void object_set(const core::Instruction& in);
  void array_bulk(const core::Instruction& in);
  bool call_ref(const core::Instruction& in, bool tail);
  llvm::Value* has_type(llvm::Value* reference, core::HeapType type, bool is_nullable);
  llvm::Value* canonical_type(std::uint32_t type);
  llvm::Value* element_of(llvm::Value* array, llvm::Value* index, core::ValType storage);
  llvm::Value* field_of(llvm::Value* object, const core::SubType& type, std::uint32_t field);
  void store_member(llvm::Value* place, llvm::Value* value, core::ValType storage);
  void load_member(llvm::Value* place, core::ValType storage, Op op);
  llvm::Value* pointer(llvm::Value* reference) { return ir_.CreateIntToPtr(reference, ir_.getPtrTy()); }
  // The values in slots of the frame; nullptr if there are none.
  llvm::Value* in_slots(llvm::ArrayRef<llvm::Value*> values);

  // Fuel.
  void begin_run();
  void begin_fuel();
  void end_run();
  void return_(Values values);
  bool can_tail_call(const core::FuncType& callee) const;
  bool call(core::FuncIdx callee, bool tail);
  bool call_indirect(const core::Instruction& in, bool tail);
  void finish_call(llvm::Value* call, const core::FuncType& type, bool tail);

  // Checks and traps.
  void trap(Trap reason);
  void trap_unless(llvm::Value* fine, Trap reason);
  void trap_if_set(llvm::Value* reason);
  llvm::BasicBlock* new_block(const char* name);

  // Memory.
  llvm::Value* memory_pointer(std::uint32_t index);
  llvm::Value* memory_base(std::uint32_t index);
  llvm::Value* address(const core::Instruction& in, llvm::Value* operand, unsigned width);
  void trap_point(const core::Instruction& in, llvm::Value* operand, llvm::Value* place, unsigned width);
  llvm::Value* load_field(llvm::Type* type, llvm::Value* base, std::uint64_t offset);
  llvm::Value* at(llvm::Value* base, std::uint64_t offset);
  // The instance's memory, global or table: element `index` of the array of `count` pointers at `array` in the
  // instance, which leads to `bytes`. Loaded once, at the entry: when LLVM moves such a load out of a loop, it forgets
  // what it leads to, and leaves those behind it.
  llvm::Value* entity(std::uint64_t array, std::size_t count, std::uint32_t index, std::uint64_t bytes);

  ModuleBuilder& module_;
  const core::ValidatedModule& source_;
  const core::Module& model_;
  core::FuncIdx index_;
  const core::FuncType& type_;
  llvm::Function& function_;
  llvm::LLVMContext& context_;
  llvm::IRBuilder<> ir_;
  llvm::Value* instance_;
  Values stack_;
  std::vector<Block> blocks_;
  std::vector<llvm::AllocaInst*> locals_;
  std::map<std::uint32_t, llvm::Value*> bases_;  // of memories, loaded in the entry block
  std::map<std::pair<std::uint64_t, std::uint32_t>, llvm::Value*> entities_;
  const LoopPlace* loop_ = nullptr;  // what the code begins with; nullptr: the function
  llvm::BasicBlock* loop_header_ = nullptr;
  llvm::BasicBlock* before_loop_ = nullptr;  // the last block made before its header, and the last one made in it
  llvm::BasicBlock* last_of_loop_ = nullptr;
  std::uint64_t code_at_ = 0;  // where instructions begin, in the body
  llvm::BasicBlock* entry_ = nullptr;
  llvm::BasicBlock* body_ = nullptr;
  bool reachable_ = true;
  FuelOfFunction fuel_;
  llvm::Instruction* run_payment_ = nullptr;  // subtracts the price of the run under way
  llvm::CallInst* run_check_ = nullptr;       // looks whether there was enough
  std::uint32_t run_price_ = 0;
  unsigned skipped_ = 0;  // blocks opened in unreachable code
};

}  // namespace tenon::jit
