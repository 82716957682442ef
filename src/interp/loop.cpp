// Handlers of loops' ends: a local is incremented, compared, and a branch goes back.
#include "interp/numeric.hpp"
#include "interp/tables.hpp"

namespace tenon::interp {

namespace {

// Fields: what is added to, addend, slot of the sum, what the sum is compared with, distance; metered: the prices of
// what follows and of the loop.
template <Op comparison, Place addend, Place limit, bool metered>
struct AddBranch {
  TENON_INLINE static Step run(Registers& r) noexcept {
    using u32 = std::uint32_t;
    const u32 sum = Operation<Op::i32_add>::apply(operand<u32, Place::slot, 0>(r), operand<u32, addend, 4>(r));
    result<u32, true, 8>(r, sum);
    if (Operation<comparison>::apply(sum, operand<u32, limit, 12>(r)) != 0) {
      if constexpr (metered) {
        if (!pay(r, 24)) [[unlikely]]
          return r.trap(Trap::fuel_exhausted);
      }
      r.ip = target_at(r, 16);
      // The addition is done: whoever stops the guest here stops it at the loop's beginning.
      if (interrupted(r)) [[unlikely]]
        return Step::interrupted;
      return Step::taken;
    }
    if constexpr (metered) {
      if (!pay(r, 20)) [[unlikely]]
        return r.trap(Trap::fuel_exhausted);
    }
    r.ip += cells_of(metered ? 28 : 20);
    return Step::next;
  }
};

template <class D, bool metered, std::size_t... i>
constexpr LoopTable make_loop(std::index_sequence<i...>) {
  LoopTable table;
  ((table.add_branch[i / 4][i / 2 % 2][i % 2] = D::template handler<
        AddBranch<static_cast<Op>(static_cast<std::size_t>(Op::i32_eq) + i / 4),
                  i / 2 % 2 != 0 ? Place::slot : Place::imm, i % 2 != 0 ? Place::slot : Place::imm, metered>>()),
   ...);
  return table;
}
template <class D, bool metered>
constexpr LoopTable table = make_loop<D, metered>(std::make_index_sequence<i32_comparison_count * 4>());

}  // namespace

const LoopTable loop_handlers[2] = {table<TailDispatch, false>, table<LoopDispatch, false>};
const LoopTable metered_loop_handlers[2] = {table<TailDispatch, true>, table<LoopDispatch, true>};

}  // namespace tenon::interp
