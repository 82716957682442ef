// Computations with vectors on AArch64: for each operation a row, which says by which instructions.
//
// The machine's vectors are nearly those of WebAssembly: most operations are one instruction of three registers. What
// is missing (products of 64 bits, masks of lanes' signs) is a short sequence. Instructions that read where they write
// (selections, second halves) are given a scratch register when the result shares one with an operand that is still
// needed; so a result may be where any operand is.
#pragma once

#include "jit/baseline/assembler.hpp"
#include "jit/baseline/emitter.hpp"

namespace tenon::jit::baseline::aarch64 {

class VectorCode {
 public:
  struct Row;
  // Computes from up to three operands, vectors in registers or in the frame.
  using Sequence = void (VectorCode::*)(FloatReg to, const Row& row, const Value* in);
  // The instructions without their registers.
  struct Row {
    Sequence sequence = nullptr;
    Op op = Op::invalid;
    std::uint32_t code = 0;
    std::uint32_t then = 0;
  };
  // nullptr: not a computation of a vector from vectors alone.
  static const Row* find(Op op) noexcept;

  explicit VectorCode(Assembler& assembler) : a_(assembler) {}

  // In a register: `through`, if it is in memory.
  FloatReg in_register(const Value& value, FloatReg through);
  void constant(FloatReg to, const V128& value);

  // Shifts of lanes of 8 << log bits, by a constant in range or by what `put_count` took from the scratch register to
  // the second one for vectors.
  void shift(Shift how, unsigned log, FloatReg to, FloatReg from, std::uint8_t by);
  void put_count(Shift how, unsigned log);
  void shift(Shift how, unsigned log, FloatReg to, FloatReg from);
  // Lanes of both operands by number, as i8x16.shuffle has them.
  void shuffle(FloatReg to, const Value& left, const Value& right, V128 lanes);

  // Lanes of 1 << log bytes (vector_lanes.cpp).
  void splat(unsigned log, FloatReg to, Reg number);
  void splat(unsigned log, FloatReg to, FloatReg number);
  void replace(unsigned log, FloatReg to, FloatReg vector, const Value& number, unsigned lane);
  void replace(unsigned log, FloatReg to, FloatReg vector, FloatReg number, unsigned lane);
  void extract(unsigned log, bool is_signed, Reg to, FloatReg vector, unsigned lane);
  void extract(bool wide, FloatReg to, FloatReg vector, unsigned lane);  // a float
  void bitmask(unsigned log, Reg to, const Value& value);
  void any_true(Reg to, const Value& value);
  void all_true(unsigned log, Reg to, const Value& value);
  // The first instruction of an access is the one that may fault; what can be done before it is prepared. A prepared
  // lane is given on to `store_lane`.
  void prepare_load(Op /*op*/) const noexcept {}
  void load(Op op, FloatReg to, const Address& from);
  void load_lane(unsigned log, FloatReg to, FloatReg vector, const Address& from, unsigned lane);
  FloatReg prepare_store_lane(unsigned log, FloatReg vector, unsigned lane);
  void store_lane(unsigned log, const Address& to, FloatReg vector, unsigned lane);

  // The sequences, in the order of the table.
  void unary(FloatReg to, const Row& row, const Value* in);
  void unary_then(FloatReg to, const Row& row, const Value* in);
  void binary(FloatReg to, const Row& row, const Value* in);
  void swapped(FloatReg to, const Row& row, const Value* in);
  void not_binary(FloatReg to, const Row& row, const Value* in);
  void bitselect(FloatReg to, const Row& row, const Value* in);
  void narrow(FloatReg to, const Row& row, const Value* in);
  void multiply_i64(FloatReg to, const Row& row, const Value* in);
  void dot_i16(FloatReg to, const Row& row, const Value* in);
  void dot_i8(FloatReg to, const Row& row, const Value* in);
  void dot_i8_add(FloatReg to, const Row& row, const Value* in);
  void select_right(FloatReg to, const Row& row, const Value* in);
  void select_right_swapped(FloatReg to, const Row& row, const Value* in);
  void multiply_then(FloatReg to, const Row& row, const Value* in);

 private:
  static constexpr FloatReg first = scratch_float;
  static constexpr FloatReg second = other_float;
  static constexpr FloatReg third = third_float;

  void select(FloatReg to, FloatReg mask, FloatReg if_set, FloatReg if_clear);
  void shuffle_one(FloatReg to, FloatReg from, const V128& lanes);
  bool shuffle_at_once(FloatReg to, FloatReg left, FloatReg right, const V128& lanes, unsigned mask);

  Assembler& a_;
};

}  // namespace tenon::jit::baseline::aarch64
