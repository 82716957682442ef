// Computations with vectors on x86-64: for each operation a row, which says by which instructions of AVX.
//
// AVX is what makes this simple: three operands, so that a result may be where an operand is, and operands in memory at
// any alignment. Machines without it, which are older than 2011, leave vectors to the interpreter. Nothing newer than
// AVX is used: AVX2 adds little for vectors of 16 bytes, AVX-512 would, and few machines have it.
//
// Most operations are one instruction. The others are sequences that V8's compilers use too; they follow from what the
// machine lacks: comparisons of unsigned numbers, shifts of bytes, products of 64 bits, minima that know of NaN and of
// zeroes' signs, conversions that saturate. Each writes its result last, and until then only scratch registers, so that
// the result may share a register with any operand.
#pragma once

#include "jit/baseline/assembler.hpp"
#include "jit/baseline/emitter.hpp"

namespace tenon::jit::baseline::x86_64 {

class VectorCode {
 public:
  struct Row;
  // Computes from up to three operands, vectors in registers or in the frame.
  using Sequence = void (VectorCode::*)(FloatReg to, const Row& row, const Value* in);
  struct Row {
    Sequence sequence = nullptr;
    Op op = Op::invalid;
    std::uint8_t immediate = 0;
    Vex code = {};
    Vex then = {};
  };
  // nullptr: not a computation of a vector from vectors alone.
  static const Row* find(Op op) noexcept;

  explicit VectorCode(Assembler& assembler) : a_(assembler) {}

  // left op right, wherever that is; the right one may be sixteen constant bytes.
  void op(Vex code, FloatReg to, FloatReg left, const Value& right);
  void op(Vex code, FloatReg to, FloatReg left, const V128& right);
  // In a register: `through`, if it is in memory.
  FloatReg in_register(const Value& value, FloatReg through);
  void constant(FloatReg to, const V128& value);
  void zero(FloatReg to) { a_.float_zero(to); }
  void ones(FloatReg to);

  // Shifts of lanes of 8 << log bits, by a constant in range or by what `put_count` took from the scratch register to
  // the second one for vectors. Of bytes to the right with sign, that is 8 more than the count.
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
  void prepare_load(Op op);
  void load(Op op, FloatReg to, const Address& from);
  void load_lane(unsigned log, FloatReg to, FloatReg vector, const Address& from, unsigned lane);
  static FloatReg prepare_store_lane(unsigned /*log*/, FloatReg vector, unsigned /*lane*/) noexcept { return vector; }
  void store_lane(unsigned log, const Address& to, FloatReg vector, unsigned lane);

  // The sequences, in the order of the table.
  void binary(FloatReg to, const Row& row, const Value* in);
  void commutative(FloatReg to, const Row& row, const Value* in);
  void swapped(FloatReg to, const Row& row, const Value* in);
  void comparison(FloatReg to, const Row& row, const Value* in);
  void not_binary(FloatReg to, const Row& row, const Value* in);
  void not_swapped(FloatReg to, const Row& row, const Value* in);
  void is_extreme(FloatReg to, const Row& row, const Value* in);
  void is_not_extreme(FloatReg to, const Row& row, const Value* in);
  void unary(FloatReg to, const Row& row, const Value* in);
  void unary_immediate(FloatReg to, const Row& row, const Value* in);
  void complement(FloatReg to, const Row& row, const Value* in);
  void of_high(FloatReg to, const Row& row, const Value* in);
  void from_zero(FloatReg to, const Row& row, const Value* in);
  void abs_i64(FloatReg to, const Row& row, const Value* in);
  void multiply_i64(FloatReg to, const Row& row, const Value* in);
  void popcnt(FloatReg to, const Row& row, const Value* in);
  void bitselect(FloatReg to, const Row& row, const Value* in);
  void swizzle(FloatReg to, const Row& row, const Value* in);
  void extmul_low_i8(FloatReg to, const Row& row, const Value* in);
  void extmul_high_i8(FloatReg to, const Row& row, const Value* in);
  void extmul_i16(FloatReg to, const Row& row, const Value* in);
  void extmul_i32(FloatReg to, const Row& row, const Value* in);
  void extadd_i8_s(FloatReg to, const Row& row, const Value* in);
  void extadd_i8_u(FloatReg to, const Row& row, const Value* in);
  void extadd_i16_s(FloatReg to, const Row& row, const Value* in);
  void extadd_i16_u(FloatReg to, const Row& row, const Value* in);
  void q15mulr(FloatReg to, const Row& row, const Value* in);
  void dot_i8(FloatReg to, const Row& row, const Value* in);
  void dot_i8_add(FloatReg to, const Row& row, const Value* in);
  void sign_bits_f32(FloatReg to, const Row& row, const Value* in);
  void sign_bits_f64(FloatReg to, const Row& row, const Value* in);
  void min_float(FloatReg to, const Row& row, const Value* in);
  void max_float(FloatReg to, const Row& row, const Value* in);
  void multiply_add(FloatReg to, const Row& row, const Value* in);
  void multiply_subtract(FloatReg to, const Row& row, const Value* in);
  void trunc_f32_s(FloatReg to, const Row& row, const Value* in);
  void trunc_f32_u(FloatReg to, const Row& row, const Value* in);
  void trunc_f64_s(FloatReg to, const Row& row, const Value* in);
  void trunc_f64_u(FloatReg to, const Row& row, const Value* in);
  void convert_f32_u(FloatReg to, const Row& row, const Value* in);
  void convert_f64_u(FloatReg to, const Row& row, const Value* in);

 private:
  static constexpr FloatReg none = FloatReg::x0;  // where an instruction has no first operand
  static constexpr FloatReg first = scratch_float;
  static constexpr FloatReg second = other_float;
  static constexpr FloatReg third = third_float;

  void invert(FloatReg value);
  void fix_nan(bool wide, FloatReg to, FloatReg value, FloatReg mask);
  void dot_bytes(FloatReg to, const Value& left, const Value& right);
  void shuffle_one(FloatReg to, const Value& from, const V128& lanes);
  bool shuffle_at_once(FloatReg to, const Value& left, const Value& right, const V128& lanes);

  Assembler& a_;
};

}  // namespace tenon::jit::baseline::x86_64
