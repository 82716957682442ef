// Handlers of numeric operations: computations with one or two operands, and comparisons fused with a branch.
// One source file a type of operand (numeric_i32.cpp ...) makes its tables from `make_numeric`, so that they compile
// side by side.
#pragma once

#include <utility>

#include "interp/operands.hpp"
#include "interp/operation.hpp"
#include "interp/tables.hpp"

namespace tenon::interp {

template <class T>
struct Untrapped {
  using type = T;
};
template <class T>
struct Untrapped<semantics::Trapping<T>> {
  using type = T;
};

// Computes and stores the result, or traps.
template <class T, bool to_slot_too, unsigned at>
TENON_INLINE Step finish(Registers& r, T value) noexcept {
  result<T, to_slot_too, at>(r, value);
  return Step::next;
}
template <class T, bool to_slot_too, unsigned at>
TENON_INLINE Step finish(Registers& r, semantics::Trapping<T> value) noexcept {
  if (value.trap != Trap::none) [[unlikely]]
    return r.trap(value.trap);
  return finish<T, to_slot_too, at>(r, value.value);
}

template <Op op, Place left, Place right, bool to_slot_too>
struct Binary {
  using A = Param<op, 0>;
  using B = Param<op, 1>;
  static constexpr unsigned b_at = field_bytes<A>(left);
  static constexpr unsigned result_at = b_at + field_bytes<B>(right);
  TENON_INLINE static Step run(Registers& r) noexcept {
    const auto value = Operation<op>::apply(operand<A, left, 0>(r), operand<B, right, b_at>(r));
    using T = typename Untrapped<std::remove_const_t<decltype(value)>>::type;
    const Step step = finish<T, to_slot_too, result_at>(r, value);
    if (step == Step::next) r.ip += cells_of(result_at + (to_slot_too ? 4 : 0));
    return step;
  }
};

template <Op op, Place place, bool to_slot_too>
struct Unary {
  using A = Param<op, 0>;
  static constexpr unsigned result_at = field_bytes<A>(place);
  TENON_INLINE static Step run(Registers& r) noexcept {
    const auto value = Operation<op>::apply(operand<A, place, 0>(r));
    using T = typename Untrapped<std::remove_const_t<decltype(value)>>::type;
    const Step step = finish<T, to_slot_too, result_at>(r, value);
    if (step == Step::next) r.ip += cells_of(result_at + (to_slot_too ? 4 : 0));
    return step;
  }
};

// A backward branch looks whether somebody wants the guest to stop.
TENON_INLINE bool interrupted(const Registers& r) noexcept {
  return r.thread->interrupt->load(std::memory_order_relaxed) != 0;
}

// Metered code pays when it enters a straight run of instructions. False if there is not enough left.
TENON_INLINE bool pay(const Registers& r, unsigned at) noexcept {
  r.thread->fuel -= field<std::uint32_t>(r, at);
  return r.thread->fuel >= 0;
}

// Jumps if the comparison holds (or, negated, does not): operands, then the distance. Metered: then the price of what
// follows, and of a loop that it jumps back to.
template <Op op, Place left, Place right, bool negated, bool backward, bool metered>
struct CompareBranch {
  using T = Param<op, 0>;
  static constexpr unsigned b_at = field_bytes<T>(left);
  static constexpr unsigned target_field = b_at + field_bytes<T>(right);
  TENON_INLINE static Step run(Registers& r) noexcept {
    const bool holds = Operation<op>::apply(operand<T, left, 0>(r), operand<T, right, b_at>(r)) != 0;
    if (holds != negated) {
      if constexpr (backward) {
        if (interrupted(r)) [[unlikely]]
          return Step::interrupted;
        if constexpr (metered) {
          if (!pay(r, target_field + 8)) [[unlikely]]
            return r.trap(Trap::fuel_exhausted);
        }
      }
      r.ip = target_at(r, target_field);
      return Step::taken;
    }
    if constexpr (metered) {
      if (!pay(r, target_field + 4)) [[unlikely]]
        return r.trap(Trap::fuel_exhausted);
    }
    r.ip += cells_of(target_field + 4 + (metered ? (backward ? 8 : 4) : 0));
    return Step::next;
  }
};

template <class Dispatch, Op op, std::size_t... variant>
constexpr ValueHandlers make_value_handlers(std::index_sequence<variant...>) {
  ValueHandlers row{};
  if constexpr (params_of(op).size() == 2) {
    ((row.variants[variant / 2][variant % 2] = Dispatch::template handler<
          Binary<op, pairs[variant / 2].left, pairs[variant / 2].right, variant % 2 != 0>>()),
     ...);
  } else {
    row.variants[unary_acc][0] = Dispatch::template handler<Unary<op, Place::acc, false>>();
    row.variants[unary_acc][1] = Dispatch::template handler<Unary<op, Place::acc, true>>();
    row.variants[unary_slot][0] = Dispatch::template handler<Unary<op, Place::slot, false>>();
    row.variants[unary_slot][1] = Dispatch::template handler<Unary<op, Place::slot, true>>();
  }
  return row;
}

template <class Dispatch, bool metered, Op op, std::size_t... variant>
constexpr BranchHandlers make_branch_handlers(std::index_sequence<variant...>) {
  BranchHandlers row{};
  if constexpr (is_comparison(op)) {
    constexpr auto handler_of = []<std::size_t i>() {
      constexpr bool negated = i / 2 % 2 != 0;
      if constexpr (negated && std::is_integral_v<Param<op, 0>>) {
        return Handler{};
      } else {
        return Dispatch::template handler<
            CompareBranch<op, pairs[i / 4].left, pairs[i / 4].right, negated, i % 2 != 0, metered>>();
      }
    };
    ((row.variants[variant / 4][variant / 2 % 2][variant % 2] = handler_of.template operator()<variant>()), ...);
  }
  return row;
}

template <std::size_t family>
struct NumericRows {
  std::array<ValueHandlers, count_numeric<family>()> values;
  std::array<BranchHandlers, count_numeric<family>()> branches;
};

template <class Dispatch, std::size_t family>
constexpr NumericRows<family> make_numeric() {
  constexpr auto ops = numeric_ops<family>();
  return [&]<std::size_t... row>(std::index_sequence<row...>) {
    return NumericRows<family>{
        {make_value_handlers<Dispatch, ops[row]>(std::make_index_sequence<pair_count * 2>())...},
        {make_branch_handlers<Dispatch, false, ops[row]>(std::make_index_sequence<pair_count * 4>())...}};
  }(std::make_index_sequence<ops.size()>());
}

template <class Dispatch, std::size_t family>
constexpr std::array<BranchHandlers, count_numeric<family>()> make_metered() {
  constexpr auto ops = numeric_ops<family>();
  return [&]<std::size_t... row>(std::index_sequence<row...>) {
    return std::array<BranchHandlers, ops.size()>{
        make_branch_handlers<Dispatch, true, ops[row]>(std::make_index_sequence<pair_count * 4>())...};
  }(std::make_index_sequence<ops.size()>());
}

#define TENON_NUMERIC_FAMILY(name, family)                                                \
  namespace {                                                                             \
  constexpr auto name##_tail = make_numeric<TailDispatch, family>();                      \
  constexpr auto name##_loop = make_numeric<LoopDispatch, family>();                      \
  }                                                                                       \
  const NumericTable name[2] = {{name##_tail.values.data(), name##_tail.branches.data()}, \
                                {name##_loop.values.data(), name##_loop.branches.data()}};

}  // namespace tenon::interp
