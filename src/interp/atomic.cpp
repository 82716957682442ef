// Handlers of atomic operations. They are sequentially consistent, and trap when they are not aligned.
#include "interp/plain.hpp"

namespace tenon::interp {

namespace {

// Bounds first, then alignment, as the proposal's order of checks is for all but the address itself.
template <unsigned width>
Trap check(const Access& access) noexcept {
  if (access.bytes == nullptr) return Trap::out_of_bounds_memory_access;
  return semantics::is_aligned(access.address, width) ? Trap::none : Trap::unaligned_atomic;
}

template <class T>
std::atomic_ref<T> reference_to(const Access& access) noexcept {
  return std::atomic_ref<T>(*reinterpret_cast<T*>(access.bytes));
}

template <Op op>
struct AtomicLoad {
  static Step run(Registers& r) noexcept {
    const Access access = access_at<info(op).width>(r, memory_at(r, 4), plain_operand<std::uint64_t>(r, 0), 8);
    if (const Trap trap = check<info(op).width>(access); trap != Trap::none) return r.trap(trap);
    return finish_plain(r, Operation<op>::apply(reference_to<Stored<op>>(access).load()), 16);
  }
};

template <Op op>
struct AtomicStore {
  static Step run(Registers& r) noexcept {
    const Access access = access_at<info(op).width>(r, memory_at(r, 8), plain_operand<std::uint64_t>(r, 0), 12);
    if (const Trap trap = check<info(op).width>(access); trap != Trap::none) return r.trap(trap);
    reference_to<Stored<op>>(access).store(Operation<op>::apply(operand_of<op, 1>(r)));
    r.ip += cells_of(20);
    return Step::next;
  }
};

// Replaces what is stored by a function of it; the result is what was stored.
template <Op op, class Replace>
Step read_modify_write(Registers& r, unsigned memory_field, Replace replace) noexcept {
  const Access access =
      access_at<info(op).width>(r, memory_at(r, memory_field), plain_operand<std::uint64_t>(r, 0), memory_field + 4);
  if (const Trap trap = check<info(op).width>(access); trap != Trap::none) return r.trap(trap);
  auto target = reference_to<Stored<op>>(access);
  Stored<op> stored = target.load();
  while (!target.compare_exchange_weak(stored, replace(stored))) {
  }
  return finish_plain(r, static_cast<Result1<op>>(stored), memory_field + 12);
}

// Fields: address, operand, memory, offset.
template <Op op>
struct AtomicModify {
  static Step run(Registers& r) noexcept {
    const auto operand = operand_of<op, 1>(r);
    return read_modify_write<op>(r, 8, [&](Stored<op> stored) { return Operation<op>::apply(stored, operand); });
  }
};

// Fields: address, expected value, replacement, memory, offset.
template <Op op>
struct AtomicCompareExchange {
  static Step run(Registers& r) noexcept {
    const auto expected = operand_of<op, 1>(r);
    const auto replacement = operand_of<op, 2>(r);
    return read_modify_write<op>(
        r, 12, [&](Stored<op> stored) { return Operation<op>::apply(stored, expected, replacement); });
  }
};

// The effective address of a wait or notify, checked; its memory's field is at `at`.
template <unsigned width>
Access checked_access(Registers& r, unsigned at, Trap& trap) noexcept {
  const Access access = access_at<width>(r, memory_at(r, at), plain_operand<std::uint64_t>(r, 0), at + 4);
  trap = check<width>(access);
  return access;
}

Step finish_wait(Registers& r, runtime::WaitResult result, unsigned at) noexcept {
  if (result.trap != Trap::none) return r.trap(result.trap);
  return finish_plain(r, result.value, at);
}

// Fields: address, expected value, timeout, memory, offset.
struct Wait32 {
  static Step run(Registers& r) {
    Trap trap = Trap::none;
    const Access access = checked_access<4>(r, 12, trap);
    if (trap != Trap::none) return r.trap(trap);
    return finish_wait(r,
                       runtime::atomic_wait32(*r.thread, memory_at(r, 12), access.address,
                                              plain_operand<std::uint32_t>(r, 4), plain_operand<std::int64_t>(r, 8)),
                       24);
  }
};
struct Wait64 {
  static Step run(Registers& r) {
    Trap trap = Trap::none;
    const Access access = checked_access<8>(r, 12, trap);
    if (trap != Trap::none) return r.trap(trap);
    return finish_wait(r,
                       runtime::atomic_wait64(*r.thread, memory_at(r, 12), access.address,
                                              plain_operand<std::uint64_t>(r, 4), plain_operand<std::int64_t>(r, 8)),
                       24);
  }
};
// Fields: address, count, memory, offset.
struct Notify {
  static Step run(Registers& r) {
    Trap trap = Trap::none;
    const Access access = checked_access<4>(r, 8, trap);
    if (trap != Trap::none) return r.trap(trap);
    return finish_wait(r, runtime::atomic_notify(memory_at(r, 8), access.address, plain_operand<std::uint32_t>(r, 4)),
                       20);
  }
};

struct Fence {
  static Step run(Registers& r) noexcept {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    r.ip += cells_of(0);
    return Step::next;
  }
};

constexpr bool is_access(Op op) noexcept { return op >= Op::i32_atomic_load && info(op).prefix == atomic_prefix; }
struct Loads {
  constexpr bool operator()(Op op) const noexcept { return is_access(op) && op <= Op::i64_atomic_load32_u; }
};
struct Stores {
  constexpr bool operator()(Op op) const noexcept { return is_access(op) && results_of(op).empty(); }
};
struct Modifies {
  constexpr bool operator()(Op op) const noexcept {
    return is_access(op) && params_of(op).size() == 2 && !results_of(op).empty();
  }
};
struct Exchanges {
  constexpr bool operator()(Op op) const noexcept { return is_access(op) && params_of(op).size() == 3; }
};

template <class D>
constexpr PlainTable make_atomics() {
  PlainTable table{};
  add_plain<D, Loads, AtomicLoad>(table);
  add_plain<D, Stores, AtomicStore>(table);
  add_plain<D, Modifies, AtomicModify>(table);
  add_plain<D, Exchanges, AtomicCompareExchange>(table);
  table[static_cast<std::size_t>(Op::memory_atomic_wait32)] = D::template handler<OutOfLine<Wait32>>();
  table[static_cast<std::size_t>(Op::memory_atomic_wait64)] = D::template handler<OutOfLine<Wait64>>();
  table[static_cast<std::size_t>(Op::memory_atomic_notify)] = D::template handler<OutOfLine<Notify>>();
  table[static_cast<std::size_t>(Op::atomic_fence)] = D::template handler<OutOfLine<Fence>>();
  return table;
}
constexpr PlainTable tail = make_atomics<TailDispatch>();
constexpr PlainTable loop = make_atomics<LoopDispatch>();

}  // namespace

const PlainTable atomic_handlers[2] = {tail, loop};

}  // namespace tenon::interp
