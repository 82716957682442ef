#include "binary/core/expressions.hpp"

#include "binary/core/immediates.hpp"
#include "spec/limits.hpp"

namespace tenon::core {

namespace {

bool names_data(Op op) {
  const Immediates shape = info(op).immediates;
  return shape == Immediates::data_memory || shape == Immediates::data || shape == Immediates::type_data;
}

void skip_immediates(Cursor& in, Op op, ImmediateLists& lists, Features features) {
  with_shape(info(op).immediates, [&]<Immediates shape>() {
    Instruction unused;
    read_immediates<shape>(in, unused, lists, features);
  });
}

}  // namespace

bool ExpressionScanner::scan(Cursor& in, bool may_name_data) {
  open_.clear();
  while (in.ok()) {
    if (in.at_end()) return false;
    const std::uint64_t start = in.offset();
    const Op op = read_op(in);
    if (op == Op::invalid) return true;
    if (!features_.has(info(op).feature)) return fault_op_is_off(in, start, op), true;
    if (op == Op::end) {
      if (open_.empty()) return true;
      open_.pop_back();
      continue;
    }
    if (info(op).signature == "*") note_structure(op, in, start);
    if (!may_name_data && names_data(op)) {
      in.fault(ErrorKind::malformed, start, "data count section required: ", info(op).mnemonic,
               " names a data segment");
    }
    skip_immediates(in, op, lists_, features_);
  }
  return true;
}

Expr ExpressionScanner::read(Cursor& in) {
  const std::uint8_t* begin = in.position();
  const std::uint64_t offset = in.offset();
  if (!scan(in, true)) in.u8();
  if (!in.ok()) return {};
  return {Bytes(begin, in.position()), offset};
}

void ExpressionScanner::note_structure(Op op, Cursor& in, std::uint64_t start) {
  switch (op) {
    case Op::block:
    case Op::loop:
    case Op::if_:
    case Op::try_:
    case Op::try_table: return open(op, in, start);
    case Op::else_: return replace(op, Op::if_, Op::if_, in, start);
    case Op::catch_: return replace(op, Op::try_, Op::catch_, in, start);
    case Op::catch_all: return replace(op, Op::try_, Op::catch_, in, start);
    case Op::delegate:
      replace(op, Op::try_, Op::try_, in, start);
      if (in.ok()) open_.pop_back();
      return;
    default: return;
  }
}

void ExpressionScanner::open(Op op, Cursor& in, std::uint64_t start) {
  if (open_.size() == limits::max_block_nesting) {
    in.fault(ErrorKind::exhausted, start, "blocks nested too deep: the limit is ", limits::max_block_nesting);
    return;
  }
  open_.push_back(op);
}

void ExpressionScanner::replace(Op op, Op first, Op second, Cursor& in, std::uint64_t start) {
  if (open_.empty() || (open_.back() != first && open_.back() != second)) {
    in.fault(ErrorKind::malformed, start, "END opcode expected, found ", info(op).mnemonic);
    return;
  }
  open_.back() = op;
}

}  // namespace tenon::core
