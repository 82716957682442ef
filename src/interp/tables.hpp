// The handlers' tables, as the translator sees them: for each kind of dispatch the address of the handler of every
// instruction and variant. Everything is constant data; bytecode holds the addresses.
#pragma once

#include <array>
#include <cstddef>

#include "interp/operands.hpp"
#include "interp/operation.hpp"

namespace tenon::interp {

// Operations with a result: by operands, and whether the result also goes to a slot.
struct ValueHandlers {
  Handler variants[pair_count][2] = {};
};
// Operations with one operand use these rows.
inline constexpr std::size_t unary_acc = 0;
inline constexpr std::size_t unary_slot = 3;

// Comparisons fused with a branch: by operands, negated, backward. Integer comparisons have no negated form:
// the opposite comparison serves.
struct BranchHandlers {
  Handler variants[pair_count][2][2] = {};
};

// Commutative i32 operations with one operand shifted by a constant: by operation, shift, other operand (acc or slot),
// and whether the result also goes to a slot.
inline constexpr Op shifted_ops[] = {Op::i32_add, Op::i32_and, Op::i32_or, Op::i32_xor};
inline constexpr Op shift_ops[] = {Op::i32_shl, Op::i32_shr_s, Op::i32_shr_u, Op::i32_rotl};
struct ShiftTable {
  Handler handlers[std::size(shifted_ops)][std::size(shift_ops)][2][2] = {};
};
extern const ShiftTable shift_handlers[2];

// An addition of 32 bits into a local, fused with a comparison of the sum and a branch backwards: the end of most
// loops. By comparison, addend (immediate or slot), and what is compared with (immediate or slot).
inline constexpr std::size_t i32_comparison_count = 10;
struct LoopTable {
  Handler add_branch[i32_comparison_count][2][2] = {};
};
extern const LoopTable loop_handlers[2];
extern const LoopTable metered_loop_handlers[2];

struct NumericTable {
  const ValueHandlers* values;
  const BranchHandlers* branches;
};
extern const NumericTable numeric_i32[2];
extern const NumericTable numeric_i64[2];
extern const NumericTable numeric_f32[2];
extern const NumericTable numeric_f64[2];
// The branches of metered code, by family.
struct MeteredTable {
  const BranchHandlers* branches[4];
};
extern const MeteredTable metered_handlers[2];

inline constexpr std::size_t place_count = 3;

// How heap types stand in bytecode: an abstract type's code, or this bit and a canonical index.
inline constexpr std::uint32_t concrete_heap_type = 0x8000'0000;

// The three accumulators.
enum class Bank : std::uint8_t { integer, f32, f64 };
inline constexpr std::size_t bank_count = 3;

// Loads and stores of memory 0 with 32-bit addresses.
inline constexpr std::size_t load_count = 14;  // i32.load to i64.load32_u
inline constexpr std::size_t store_count = 9;  // i32.store to i64.store32
struct MemoryTable {
  Handler load[load_count][address_form_count][2] = {};              // address; to a slot too
  Handler store[store_count][address_form_count][place_count] = {};  // address; value
};
extern const MemoryTable memory_handlers[2];

// What has no operation of its own in the standard, or is not driven by a signature.
struct ControlTable {
  Handler enter[6][2] = {};  // by the number of locals to clear, the last for any number; metered
  Handler translate = {};    // the entry of a function that is not translated yet
  Handler call_import = {};  // the entry of an imported function
  Handler unreachable = {};
  Handler copy[4] = {};  // 1 to 4 slots
  Handler copy_many = {};
  Handler copy_v128 = {};
  Handler store_acc[bank_count] = {};  // accumulator to slot
  Handler constant32 = {};             // to a slot
  Handler constant64 = {};
  Handler constant_v128 = {};
  Handler jump[2] = {};       // forward, backward
  Handler jump_metered = {};  // backward
  Handler br_table[2] = {};   // index: acc or slot
  Handler return_void = {};   // no result, or results in place
  Handler return_acc[bank_count] = {};
  Handler return_slot = {};
  Handler return_constant = {};
  Handler call = {};
  Handler call_indirect[2] = {};  // index: acc or slot
  Handler call_ref[2] = {};
  Handler return_call = {};
  Handler return_call_indirect = {};
  Handler return_call_ref = {};
  Handler global_get[bank_count][2] = {};  // to a slot too
  Handler global_set[bank_count] = {};     // from the accumulator
  Handler global_set_slot = {};
  Handler global_set_constant = {};
  Handler global_get_v128 = {};
  Handler global_set_v128 = {};
  // Condition: acc or slot; first and second value: a `Place` each; to a slot too. At most one integer operand is in
  // the accumulator.
  Handler select[bank_count][2][place_count][place_count][2] = {};
  Handler select_v128 = {};
  Handler fuel = {};
};
extern const ControlTable control_handlers[2];

// Operations that are not worth variants: all operands in slots, results to slots.
using PlainTable = std::array<Handler, op_count>;
extern const PlainTable vector_handlers[2];
extern const PlainTable atomic_handlers[2];
extern const PlainTable reference_handlers[2];  // references, garbage collection, exceptions
extern const PlainTable bulk_handlers[2];  // tables, bulk memory, loads and stores of other memories, wide arithmetic

}  // namespace tenon::interp
