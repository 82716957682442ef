#include "binary/core/expressions.hpp"

#include <array>

#include "binary/core/immediates.hpp"
#include "spec/limits.hpp"

namespace tenon::core {

namespace {

constexpr bool names_data(Op op) {
  const Immediates shape = info(op).immediates;
  return shape == Immediates::data_memory || shape == Immediates::data || shape == Immediates::type_data;
}

constexpr bool is_structure(Op op) {
  switch (op) {
    case Op::block:
    case Op::loop:
    case Op::if_:
    case Op::else_:
    case Op::try_:
    case Op::try_table:
    case Op::catch_:
    case Op::catch_all:
    case Op::delegate:
    case Op::end: return true;
    default: return false;
  }
}

// What the scanner has to know of an operation, closer together than in the table of the instruction set.
struct Row {
  Immediates shape;
  Feature feature;
  bool is_special;  // opens, continues or closes a block, or names a data segment
};
constexpr std::array<Row, op_count> rows = [] {
  std::array<Row, op_count> table{};
  for (std::size_t i = 0; i < op_count; ++i) {
    const Op op = static_cast<Op>(i);
    table[i] = {info(op).immediates, info(op).feature, is_structure(op) || names_data(op)};
  }
  return table;
}();

[[gnu::always_inline]] inline void skip_immediates(Cursor& in, Immediates shape, ImmediateLists& lists,
                                                   Features features) {
  with_shape(shape, [&]<Immediates known>() {
    Instruction unused;
    read_immediates<known>(in, unused, lists, features);
  });
}

}  // namespace

bool ExpressionScanner::scan(Cursor& in, bool may_name_data) {
  open_.clear();
  Cursor at = in.detour();  // of our own, so that it stays in registers
  const Features features = features_;
  bool is_closed = false;
  while (!is_closed && !at.at_end()) {
    const std::uint64_t start = at.offset();
    const Op op = read_op(at);
    if (op == Op::invalid) break;
    const Row row = rows[static_cast<std::size_t>(op)];
    if (row.is_special || !features.has(row.feature)) [[unlikely]] {
      is_closed =
          detail::out_of_line(at, [&](Cursor& detour) { return note_special(op, detour, start, may_name_data); });
    }
    skip_immediates(at, row.shape, lists_, features);
  }
  const bool is_found = is_closed || !at.ok();
  in.rejoin(std::move(at));
  return is_found;
}

Expr ExpressionScanner::read(Cursor& in) {
  const std::uint8_t* begin = in.position();
  const std::uint64_t offset = in.offset();
  if (!scan(in, true)) in.u8();
  if (!in.ok()) return {};
  return {Bytes(begin, in.position()), offset};
}

bool ExpressionScanner::note_special(Op op, Cursor& in, std::uint64_t start, bool may_name_data) {
  if (!features_.has(info(op).feature)) return fault_op_is_off(in, start, op), false;
  if (!may_name_data && names_data(op)) {
    in.fault(ErrorKind::malformed, start, "data count section required: ", info(op).mnemonic, " names a data segment");
  }
  switch (op) {
    case Op::end:
      if (open_.empty()) return true;
      open_.pop_back();
      return false;
    case Op::block:
    case Op::loop:
    case Op::if_:
    case Op::try_:
    case Op::try_table: return open(op, in, start), false;
    case Op::else_: return replace(op, Op::if_, Op::if_, in, start), false;
    case Op::catch_:
    case Op::catch_all: return replace(op, Op::try_, Op::catch_, in, start), false;
    case Op::delegate:
      replace(op, Op::try_, Op::try_, in, start);
      if (in.ok()) open_.pop_back();
      return false;
    default: return false;
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
