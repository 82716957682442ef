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
template <Op op, AddressForm address, bool to_slot_too>
struct Load {
  static constexpr unsigned offset_at = address_bytes(address);
  TENON_INLINE static Step run(Registers& r) noexcept {
    const std::uint64_t end = std::uint64_t{address_of<address>(r)} + field<std::uint32_t>(r, offset_at);
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
template <Op op, AddressForm address, Place value>
struct Store {
  using T = Param<op, 1>;
  static constexpr unsigned value_at = address_bytes(address);
  static constexpr unsigned offset_at = value_at + field_bytes<T>(value);
  TENON_INLINE static Step run(Registers& r) noexcept {
    const std::uint64_t end = std::uint64_t{address_of<address>(r)} + field<std::uint32_t>(r, offset_at);
    if (end > r.memory_size) [[unlikely]]
      return Step::slow;
    store_le<Stored<op>>(r.memory + end - info(op).width, Operation<op>::apply(operand<T, value, value_at>(r)));
    r.ip += cells_of(offset_at + 4);
    return Step::next;
  }
  static Step slow(Registers& r) noexcept { return look_again(r); }
};

using forms = std::make_index_sequence<address_form_count>;

template <class D, Op op, std::size_t... form>
constexpr void add_load(MemoryTable& table, std::index_sequence<form...>) {
  auto& row = table.load[load_index(op)];
  ((row[form][0] = D::template handler<Load<op, static_cast<AddressForm>(form), false>>()), ...);
  ((row[form][1] = D::template handler<Load<op, static_cast<AddressForm>(form), true>>()), ...);
}
template <class D, Op op, std::size_t... form>
constexpr void add_store(MemoryTable& table, std::index_sequence<form...>) {
  auto& row = table.store[store_index(op)];
  // An integer in the accumulator leaves no room for an address there.
  constexpr auto from_acc = []<AddressForm address>() {
    if constexpr (std::is_integral_v<Param<op, 1>> && uses_acc(address)) {
      return Handler{};
    } else {
      return D::template handler<Store<op, address, Place::acc>>();
    }
  };
  ((row[form][0] = from_acc.template operator()<static_cast<AddressForm>(form)>()), ...);
  ((row[form][1] = D::template handler<Store<op, static_cast<AddressForm>(form), Place::slot>>()), ...);
  ((row[form][2] = D::template handler<Store<op, static_cast<AddressForm>(form), Place::imm>>()), ...);
}

template <class D>
constexpr MemoryTable make_memory() {
  MemoryTable table;
  [&]<std::size_t... i>(std::index_sequence<i...>) {
    (add_load<D, static_cast<Op>(static_cast<std::size_t>(Op::i32_load) + i)>(table, forms()), ...);
  }(std::make_index_sequence<load_count>());
  [&]<std::size_t... i>(std::index_sequence<i...>) {
    (add_store<D, static_cast<Op>(static_cast<std::size_t>(Op::i32_store) + i)>(table, forms()), ...);
  }(std::make_index_sequence<store_count>());
  return table;
}

constexpr MemoryTable tail = make_memory<TailDispatch>();
constexpr MemoryTable loop = make_memory<LoopDispatch>();

}  // namespace

const MemoryTable memory_handlers[2] = {tail, loop};

}  // namespace tenon::interp
