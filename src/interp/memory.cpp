// Handlers of loads and stores in memory 0, if its addresses have 32 bits.
//
// The instruction holds the constant offset plus the access's width, so that one addition gives the end of the access
// and one comparison with the memory's size decides; the sum of two 32-bit numbers can't overflow 64 bits. (Offsets so
// large that the field does not hold the sum are left to the handlers of other memories.) A shared memory may have
// grown under another thread since its size was last looked at: before an access traps, the size is read again.
#include "interp/access.hpp"
#include "interp/operands.hpp"
#include "interp/tables.hpp"

namespace tenon::interp {

namespace {

Step look_again(Registers& r) noexcept {
  const std::uint64_t size = r.memory_size;
  r.reload_memory();
  return r.memory_size != size ? Step::next : r.trap(Trap::out_of_bounds_memory_access);
}

// Fields: address, offset + width, slot of the result.
template <Op op, Place address, bool to_slot_too>
struct Load {
  static constexpr unsigned offset_at = field_bytes<std::uint32_t>(address);
  TENON_INLINE static Step run(Registers& r) noexcept {
    const std::uint64_t end = std::uint64_t{operand<std::uint32_t, address, 0>(r)} + field<std::uint32_t>(r, offset_at);
    if (end > r.memory_size) [[unlikely]]
      return Step::slow;
    const auto value = Operation<op>::apply(load_le<Stored<op>>(r.memory + end - info(op).width));
    result<std::remove_const_t<decltype(value)>, to_slot_too, offset_at + 4>(r, value);
    r.ip += cells_of(offset_at + 4 + (to_slot_too ? 4 : 0));
    return Step::next;
  }
  static Step slow(Registers& r) noexcept { return look_again(r); }
};

// Fields: address, value, offset + width.
template <Op op, Place address, Place value>
struct Store {
  using T = Param<op, 1>;
  static constexpr unsigned value_at = field_bytes<std::uint32_t>(address);
  static constexpr unsigned offset_at = value_at + field_bytes<T>(value);
  TENON_INLINE static Step run(Registers& r) noexcept {
    const std::uint64_t end = std::uint64_t{operand<std::uint32_t, address, 0>(r)} + field<std::uint32_t>(r, offset_at);
    if (end > r.memory_size) [[unlikely]]
      return Step::slow;
    store_le<Stored<op>>(r.memory + end - info(op).width, Operation<op>::apply(operand<T, value, value_at>(r)));
    r.ip += cells_of(offset_at + 4);
    return Step::next;
  }
  static Step slow(Registers& r) noexcept { return look_again(r); }
};

template <class D, Op op>
constexpr void add_load(MemoryTable& table) {
  auto& row = table.load[load_index(op)];
  row[0][0] = D::template handler<Load<op, Place::acc, false>>();
  row[0][1] = D::template handler<Load<op, Place::acc, true>>();
  row[1][0] = D::template handler<Load<op, Place::slot, false>>();
  row[1][1] = D::template handler<Load<op, Place::slot, true>>();
  row[2][0] = D::template handler<Load<op, Place::imm, false>>();
  row[2][1] = D::template handler<Load<op, Place::imm, true>>();
}
template <class D, Op op>
constexpr void add_store(MemoryTable& table) {
  auto& row = table.store[store_index(op)];
  if constexpr (std::is_floating_point_v<Param<op, 1>>) {
    row[0][0] = D::template handler<Store<op, Place::acc, Place::acc>>();
  }
  row[0][1] = D::template handler<Store<op, Place::acc, Place::slot>>();
  row[0][2] = D::template handler<Store<op, Place::acc, Place::imm>>();
  row[1][0] = D::template handler<Store<op, Place::slot, Place::acc>>();
  row[1][1] = D::template handler<Store<op, Place::slot, Place::slot>>();
  row[1][2] = D::template handler<Store<op, Place::slot, Place::imm>>();
  row[2][0] = D::template handler<Store<op, Place::imm, Place::acc>>();
  row[2][1] = D::template handler<Store<op, Place::imm, Place::slot>>();
  row[2][2] = D::template handler<Store<op, Place::imm, Place::imm>>();
}

template <class D>
constexpr MemoryTable make_memory() {
  MemoryTable table;
  [&]<std::size_t... i>(std::index_sequence<i...>) {
    (add_load<D, static_cast<Op>(static_cast<std::size_t>(Op::i32_load) + i)>(table), ...);
  }(std::make_index_sequence<load_count>());
  [&]<std::size_t... i>(std::index_sequence<i...>) {
    (add_store<D, static_cast<Op>(static_cast<std::size_t>(Op::i32_store) + i)>(table), ...);
  }(std::make_index_sequence<store_count>());
  return table;
}

constexpr MemoryTable tail = make_memory<TailDispatch>();
constexpr MemoryTable loop = make_memory<LoopDispatch>();

}  // namespace

const MemoryTable memory_handlers[2] = {tail, loop};

}  // namespace tenon::interp
