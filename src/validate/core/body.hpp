// The state of validating one body or constant expression; internal to validate/core.
//
// The algorithm is the one of the standard's appendix: a stack of operand types and a stack of control frames.
// https://webassembly.github.io/spec/core/appendix/algorithm.html
//
// Every instruction can be checked by `step`, which is driven by instructions.def and says exactly what is wrong. What
// real code consists of is checked by the handlers of body_fast.cpp: they accept only what needs no second look and
// leave everything else to `step`, errors included, so `step` alone defines what is valid.
//
// Under each frame's operands lies a marker, the floor, which equals no type: an operand that is compared with what is
// expected needs no comparison of heights before. The operand stack always has room for one more operand per byte of
// code that is left, so only instructions that push more than their own size look at its capacity.
//
// Not more than `flat_locals` locals have their types in an array; those after are found in their runs by binary
// search, so that a few bytes which declare 50,000 locals cost nothing.
#pragma once

#include <array>
#include <memory_resource>
#include <span>
#include <vector>

#include "binary/core/cursor.hpp"
#include "binary/core/instructions.hpp"
#include "spec/limits.hpp"
#include "validate/core/body_fast.hpp"
#include "validate/core/messages.hpp"
#include "validate/core/module.hpp"

namespace tenon::core {

// Lies under the operands of a frame.
inline constexpr ValType floor_marker = static_cast<ValType::Kind>(1);

// Stands for the address type of a memory that is not there; equals no operand.
inline constexpr ValType no_memory = static_cast<ValType::Kind>(2);

enum class FrameKind : std::uint8_t { function, block, loop, if_, else_, try_, catch_, catch_all, try_table };

// A structured control instruction that is open. Aligned so that counting them is a shift.
struct alignas(64) Frame {
  const FuncType* type = nullptr;  // canonical; nullptr: no parameters, and `single` as result
  ValType single;                  // bottom: no result
  std::uint32_t label_arity = 0;
  std::uint32_t floor = 0;        // place of the floor marker in the operand stack
  std::uint32_t initialized = 0;  // locals that had been initialized when it was opened
  const std::uint8_t* opened_at = nullptr;
  const std::uint8_t* seen_by = nullptr;  // the last br_table that checked this label
  FrameKind kind = FrameKind::function;
  bool is_unreachable = false;

  std::span<const ValType> params() const noexcept {
    return type == nullptr || kind == FrameKind::function ? std::span<const ValType>{} : type->params;
  }
  std::span<const ValType> results() const noexcept {
    if (type != nullptr) return type->results;
    return {&single, single.is_bottom() ? 0U : 1U};
  }
  std::span<const ValType> label_types() const noexcept { return kind == FrameKind::loop ? params() : results(); }
};

class Body {
 public:
  Body(const ValidatedModule& module, std::pmr::memory_resource& memory);
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;

  // Errors: malformed, invalid, exhausted.
  Result<void> validate_function(FuncIdx func);
  // `expected` is canonical. Globals before `visible_globals` may be read; functions that are referred to become
  // declared.
  Result<void> validate_constant(const Expr& expr, ValType expected, std::uint32_t visible_globals,
                                 std::span<bool> declared);

  // Checks the instruction at `at` against the operands below `top`; nullptr after an error, else where the next
  // begins.
  const std::uint8_t* step(const std::uint8_t* at);

  // Everything below is shared with the fast handlers and otherwise private to body*.cpp.

  static constexpr std::uint32_t flat_locals = 2048;
  static_assert(limits::max_params <= flat_locals);

  const ValidatedModule* module;
  const Module* source;
  const TypeRegistry* registry;
  Features features;
  FastHandlers fast;
  std::array<ValType, flat_locals> flat;  // types of the first locals

  // Code.
  const std::uint8_t* begin = nullptr;  // of the body
  const std::uint8_t* end = nullptr;
  const std::uint8_t* at = nullptr;  // the instruction that is being checked
  std::uint64_t base = 0;            // offset of `begin` in the outermost input
  Cursor cursor{{}, 0};
  Instruction instruction;
  ImmediateLists lists;

  // Operands: [operands.data(), top).
  std::pmr::vector<ValType> operands;
  ValType* top = nullptr;

  std::pmr::vector<Frame> frames;

  // Locals.
  std::pmr::vector<LocalRun> runs;           // all but the parameters, with canonical types
  std::pmr::vector<std::uint32_t> run_ends;  // index after the last local of each run
  std::uint32_t flat_count = 0;              // the locals that have their types in `flat`
  std::uint32_t local_count = 0;
  bool tracks_locals = false;                     // there are locals without a default value
  std::pmr::vector<std::uint64_t> uninitialized;  // a bit for each local, where tracks_locals
  std::pmr::vector<std::uint32_t> initialized;    // those that were set, in order, to undo it when their block ends

  // What is being validated.
  FuncIdx func;
  bool is_constant = false;
  std::uint32_t visible_globals = 0;
  std::span<bool> declared;
  ValType first_memory_address;       // address type of memory 0; no_memory when there is none
  bool first_table_is_plain = false;  // table 0 is there, 32-bit, and of functions

  bool is_done = false;
  bool takes_only_steps = false;  // no fast handlers, to compare the two
  Error error;

  // --- reporting ---

  template <class... Pieces>
  bool reject_as(ErrorKind kind, const Pieces&... pieces) {
    error = fail(kind, at_offset(base + static_cast<std::uint64_t>(at - begin)), pieces...);
    return false;
  }
  template <class... Pieces>
  bool reject(const Pieces&... pieces) {
    return reject_as(ErrorKind::invalid, pieces...);
  }
  bool reject_operands(std::span<const ValType> expected);
  bool reject_operand(std::string_view expected, ValType found);
  TypeText text(ValType type) const noexcept { return {type, *module}; }
  TypesText text(std::span<const ValType> types) const noexcept { return {types, *module}; }
  std::string_view mnemonic() const noexcept { return info(instruction.op).mnemonic; }

  // --- operands ---

  Frame& frame() noexcept { return frames.back(); }
  // Makes sure that `count` operands and one for each byte of code after `at` have room.
  void reserve_operands(std::size_t count);
  void push(ValType type) noexcept { *top++ = type; }
  void push(std::span<const ValType> types);
  // Whether the topmost operands are of these types; `rest` is where they begin.
  bool match(std::span<const ValType> expected, ValType*& rest);
  bool match(std::span<const ValType> expected) {
    ValType* rest;
    return match(expected, rest);
  }
  bool pop(std::span<const ValType> expected) { return match(expected, top); }
  bool pop(ValType expected) { return pop(std::span(&expected, 1)); }
  bool pop(std::initializer_list<ValType> expected) { return pop(std::span(expected.begin(), expected.size())); }
  // Any operand; bottom where the code is unreachable. `expected` goes into the message when there is none.
  bool pop_any(ValType& found, std::string_view expected);
  // A reference of any type; in unreachable code perhaps one to bottom_heap.
  bool pop_reference(ValType& found);
  // The operands of the innermost frame.
  std::span<const ValType> frame_operands() noexcept { return {operands.data() + frame().floor + 1, top}; }
  void set_unreachable() noexcept;

  // --- control ---

  bool open(FrameKind kind, const FuncType* type, ValType single);
  bool close();  // checks that the innermost frame's operands are its results and nothing else, and removes them
  void leave();  // removes the innermost frame and pushes its results
  void undo_initializations();
  bool enter_block(FrameKind kind);
  bool check_else();
  bool check_end();
  bool check_catch();
  bool check_catch_all();
  bool check_delegate();
  bool check_rethrow();
  bool check_throw();
  bool check_try_table();
  bool check_catch_clause(const Catch& clause);
  bool check_br_table();
  bool check_call(const FuncType& callee);
  bool check_return_call(const FuncType& callee);
  bool check_call_indirect(bool returns);
  bool check_call_ref(bool returns);
  bool check_select();
  bool check_select_typed();
  bool find_label(std::uint32_t label, Frame*& found);
  bool find_tag(std::uint32_t tag, const FuncType*& type);
  bool find_func_type(std::uint32_t type, const FuncType*& found);

  // --- variables ---

  ValType local_type(std::uint32_t index) const noexcept;
  bool is_uninitialized(std::uint32_t local) const noexcept {
    return tracks_locals && (uninitialized[local / 64] >> (local % 64) & 1) != 0;
  }
  void initialize(std::uint32_t local);
  bool check_local();
  bool check_global_get();
  bool check_global_set();

  // --- references and aggregates ---

  bool resolve(ValType& type);  // the module's type indices become canonical
  bool resolve(HeapType& type);
  bool check_ref_func();
  bool check_ref_cast(bool nullable);
  bool check_ref_test();
  bool check_branch_on_null(bool branches_with_reference);
  bool check_branch_on_cast(bool on_success);
  bool find_aggregate(std::uint32_t type, CompositeKind kind, const CanonicalType*& found);
  bool find_array(std::uint32_t type, bool for_writing, const CanonicalType*& found);
  bool check_struct_new(bool with_default);
  bool check_struct_get(bool extends);
  bool check_struct_set();
  bool check_array_new(bool with_default);
  bool check_array_new_fixed();
  bool check_array_segment(bool is_new, bool is_data);
  bool check_array_get(bool extends);
  bool check_array_set();
  bool check_array_fill();
  bool check_array_copy();
  bool check_convert(AbstractHeapType from, AbstractHeapType to);

  // --- memories, tables, and everything that a signature describes ---

  // What the letters a, b and T of a signature stand for.
  struct Addressing {
    ValType first;
    ValType second;
    ValType element;
  };
  bool find_memory(std::uint32_t memory, ValType& address);
  bool find_table(std::uint32_t table, ValType& address, ValType& element);
  bool find_data(std::uint32_t data);
  bool find_elem(std::uint32_t elem, ValType& type);
  bool resolve_addressing(Addressing& addressing);
  bool check_mem_arg(const InstructionInfo& operation);
  bool check_lanes(const InstructionInfo& operation);
  bool check_signature(const InstructionInfo& operation);
  bool check_special();
  bool check_features(const InstructionInfo& operation);
  bool check_constant(const InstructionInfo& operation);

 private:
  Result<void> run(const std::uint8_t* first);
  bool set_up_locals(const FuncType& type);
  void start(Bytes code, std::uint64_t offset);
  bool reject_end_of_code();
  bool reject_fault();
  Error take_error();
};

}  // namespace tenon::core
