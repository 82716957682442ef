// Handlers of an i32 operation whose right operand is shifted by a constant, as in hashes, ciphers and bit fields.
#include "interp/numeric.hpp"
#include "interp/tables.hpp"

namespace tenon::interp {

namespace {

// Fields: left operand, what is shifted, by how much, slot of the result.
template <Op op, Op shift, Place left, bool to_slot_too>
struct Shifted {
  static constexpr unsigned at = field_bytes<std::uint32_t>(left);
  TENON_INLINE static Step run(Registers& r) noexcept {
    using u32 = std::uint32_t;
    const u32 right = Operation<shift>::apply(operand<u32, Place::slot, at>(r), operand<u32, Place::imm, at + 4>(r));
    result<u32, to_slot_too, at + 8>(r, Operation<op>::apply(operand<u32, left, 0>(r), right));
    r.ip += cells_of(at + 8 + (to_slot_too ? 4 : 0));
    return Step::next;
  }
};

template <class D, std::size_t... i>
constexpr ShiftTable make_shifts(std::index_sequence<i...>) {
  ShiftTable table;
  ((table.handlers[i / 16][i / 4 % 4][i / 2 % 2][i % 2] = D::template handler<
        Shifted<shifted_ops[i / 16], shift_ops[i / 4 % 4], static_cast<Place>(i / 2 % 2), i % 2 != 0>>()),
   ...);
  return table;
}
constexpr ShiftTable tail = make_shifts<TailDispatch>(std::make_index_sequence<64>());
constexpr ShiftTable loop = make_shifts<LoopDispatch>(std::make_index_sequence<64>());

}  // namespace

const ShiftTable shift_handlers[2] = {tail, loop};

}  // namespace tenon::interp
