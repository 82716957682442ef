// Handlers of control: entering, leaving and calling functions, jumps, copies, globals and select.
//
// A call writes the three header slots in front of the arguments, which are in place already, and goes on at the
// callee's entry: one load from the module's table of entries. The callee's first instruction checks the stack, looks
// whether the guest is to stop and clears the locals. A single result comes back in an accumulator, so that neither
// side touches the frame for it; only the way out to the host stores it.
#include "base/concat.hpp"
#include "interp/calls.hpp"
#include "interp/numeric.hpp"
#include "interp/tables.hpp"
#include "runtime/store.hpp"

namespace tenon::interp {

using runtime::Global;
using runtime::Table;

namespace {

// Fields: bytes of the frame, first slot to clear, number of slots to clear; metered: the price of what follows.
template <unsigned count, bool any_count, bool metered>
struct Enter {
  TENON_INLINE static Step run(Registers& r) noexcept {
    const Slot* frame_end = slot_at(r, 0);
    if (frame_end > r.thread->stack_limit) [[unlikely]]
      return Step::slow;
    if (interrupted(r)) [[unlikely]]
      return Step::interrupted;
    Slot* locals = slot_at(r, 4);
    if constexpr (any_count) {
      for (std::uint32_t i = 0, n = field<std::uint32_t>(r, 8); i < n; ++i) {
        locals[i] = 0;
        asm volatile("" : : : "memory");  // a call of memset would make the handler keep all its registers
      }
    } else {
      for (unsigned i = 0; i < count; ++i) locals[i] = 0;
    }
    if constexpr (metered) {
      if (!pay(r, 12)) [[unlikely]]
        return r.trap(Trap::fuel_exhausted);
    }
    r.ip += cells_of(metered ? 16 : 12);
    return Step::next;
  }
  static Step slow(Registers& r) noexcept {
    return r.thread->extend(slot_at(r, 0)) ? Step::next : r.trap(Trap::call_stack_exhausted);
  }
};

// Field: the function's index.
struct Translate {
  static Step run(Registers& r) {
    auto entry = code_of(*r.instance).translate(core::FuncIdx(field<std::uint32_t>(r, 0)));
    if (!entry) {
      r.thread->pending_error = std::move(entry).error();
      return r.trap(Trap::host_error);
    }
    r.ip = *entry;
    return Step::next;
  }
};

// Field: the function's index. Host functions are called right here: what is needed afterwards lies in registers that
// the callee keeps.
struct CallImport {
  TENON_INLINE static Step run(Registers& r) {
    const Func& func = *r.instance->funcs[field<std::uint32_t>(r, 0)];
    if (!func.is_host()) {
      enter_instance(r, func);
      return Step::taken;
    }
    const Slot* end = r.fp + func.value_slots;
    r.acc = static_cast<Slot>(Outcome::returned);
    if (end > r.thread->stack_limit) [[unlikely]]
      return Step::slow;
    const Outcome outcome = call_host(r, func);
    if (outcome == Outcome::returned) [[likely]]
      return return_with_results(r);
    r.acc = static_cast<Slot>(outcome);
    return Step::slow;
  }
  static Step slow(Registers& r) {
    const auto outcome = static_cast<Outcome>(r.acc);
    if (outcome != Outcome::returned) return leave_host(r, outcome);
    return enter_function(r, *r.instance->funcs[field<std::uint32_t>(r, 0)]);
  }
};

struct Unreachable {
  TENON_INLINE static Step run(Registers& r) noexcept { return r.trap(Trap::unreachable); }
};

// Fields: from and to, `count` times.
template <unsigned count>
struct Copy {
  TENON_INLINE static Step run(Registers& r) noexcept {
    for (unsigned i = 0; i < count; ++i) *slot_at(r, 8 * i + 4) = *slot_at(r, 8 * i);
    r.ip += cells_of(8 * count);
    return Step::next;
  }
};

// Fields: from, to, number of slots.
struct CopyMany {
  static Step run(Registers& r) noexcept {
    std::memmove(slot_at(r, 4), slot_at(r, 0), std::size_t{field<std::uint32_t>(r, 8)} * sizeof(Slot));
    r.ip += cells_of(12);
    return Step::next;
  }
};

// Fields: from, to, which may overlap.
struct CopyV128 {
  TENON_INLINE static Step run(Registers& r) noexcept {
    store_le(slot_at(r, 4), load_le<core::V128>(slot_at(r, 0)));
    r.ip += cells_of(8);
    return Step::next;
  }
};

template <class T>
struct StoreAcc {
  TENON_INLINE static Step run(Registers& r) noexcept {
    *slot_at(r, 0) = to_slot(read_accumulator<T>(r));
    r.ip += cells_of(4);
    return Step::next;
  }
};

// Fields: the value, the slot.
template <class T>
struct Constant {
  TENON_INLINE static Step run(Registers& r) noexcept {
    *slot_at(r, sizeof(T)) = field<T>(r, 0);
    r.ip += cells_of(sizeof(T) + 4);
    return Step::next;
  }
};

// Written at once: a read of the whole vector finds all bytes in one store.
struct ConstantV128 {
  TENON_INLINE static Step run(Registers& r) noexcept {
    store_le(slot_at(r, 16), field<core::V128>(r, 0));
    r.ip += cells_of(20);
    return Step::next;
  }
};

// Fields: distance; metered: the price of the loop.
template <bool backward, bool metered>
struct Jump {
  TENON_INLINE static Step run(Registers& r) noexcept {
    if constexpr (backward) {
      if (interrupted(r)) [[unlikely]]
        return Step::interrupted;
    }
    if constexpr (metered) {
      if (!pay(r, 4)) [[unlikely]]
        return r.trap(Trap::fuel_exhausted);
    }
    r.ip = target_at(r, 0);
    return Step::taken;
  }
};

// Fields: index, number of labels without the default, distances with that of the default last.
template <Place place>
struct BrTable {
  static constexpr unsigned count_at = field_bytes<std::uint32_t>(place);
  TENON_INLINE static Step run(Registers& r) noexcept {
    const auto index = operand<std::uint32_t, place, 0>(r);
    const auto count = field<std::uint32_t>(r, count_at);
    const auto distance = field<std::int32_t>(r, count_at + 4 + 4 * (index < count ? index : count));
    if (distance < 0 && interrupted(r)) [[unlikely]]
      return Step::interrupted;
    r.ip = reinterpret_cast<const Cell*>(reinterpret_cast<const std::uint8_t*>(r.ip) + distance);
    return Step::taken;
  }
};

// Back to the caller: guest code, or the host.
TENON_INLINE Step return_to_caller(Registers& r) noexcept {
  const auto* ip = std::bit_cast<const Cell*>(r.fp[header_return_ip]);
  if (ip == nullptr) [[unlikely]] {
    r.outcome = Outcome::returned;
    return Step::leave;
  }
  auto* instance = std::bit_cast<Instance*>(r.fp[header_caller_instance]);
  r.ip = ip;
  r.fp = std::bit_cast<Slot*>(r.fp[header_caller_frame]);
  if (instance != r.instance) [[unlikely]] {
    r.instance = instance;
    r.reload_memory();
  }
  return Step::taken;
}

struct ReturnVoid {
  TENON_INLINE static Step run(Registers& r) noexcept { return return_to_caller(r); }
};

// The same with the one result, which the host finds in its slot.
template <class T>
TENON_INLINE Step return_to_caller(Registers& r, T result) noexcept {
  const Step step = return_to_caller(r);
  if (step == Step::leave) [[unlikely]]
    r.fp[0] = to_slot(result);
  return step;
}

template <class T>
struct ReturnAcc {
  TENON_INLINE static Step run(Registers& r) noexcept { return return_to_caller(r, read_accumulator<T>(r)); }
};

struct ReturnSlot {
  TENON_INLINE static Step run(Registers& r) noexcept {
    accumulate_any(r, *slot_at(r, 0));
    return return_to_caller(r, r.acc);
  }
};

struct ReturnConstant {
  TENON_INLINE static Step run(Registers& r) noexcept {
    accumulate_any(r, field<Slot>(r, 0));
    return return_to_caller(r, r.acc);
  }
};

// The first field: an entry in the module's table.
TENON_INLINE const std::atomic<const Cell*>* entry_at(const Registers& r) noexcept {
  return std::bit_cast<const std::atomic<const Cell*>*>(field<std::uint64_t>(r, 0));
}

// Fields: address of the entry in the module's table, the callee's frame.
struct Call {
  TENON_INLINE static Step run(Registers& r) noexcept {
    const auto* entry = entry_at(r);
    push_frame(r, slot_at(r, 8), r.ip + cells_of(12));
    r.ip = entry->load(std::memory_order_acquire);
    return Step::taken;
  }
};

// Goes on in `func`, whose frame is in place.
TENON_INLINE Step go_to(Registers& r, const Func* func) noexcept {
  if (func->instance != r.instance) [[unlikely]] {
    r.acc = std::bit_cast<Slot>(func);
    return Step::slow;
  }
  r.ip = r.instance->code[func->index.value].load(std::memory_order_acquire);
  return Step::taken;
}

// The function that a call_indirect names, or the reason why there is none.
struct Callee {
  const Func* func = nullptr;
  Trap trap = Trap::none;
};
TENON_INLINE Callee find_callee(const Registers& r, const Table& table, std::uint64_t index,
                                std::uint32_t type) noexcept {
  if (index >= table.size) [[unlikely]]
    return {nullptr, Trap::undefined_element};
  const auto* func = std::bit_cast<const Func*>(table.elements[index]);
  if (func == nullptr) [[unlikely]]
    return {nullptr, Trap::uninitialized_element};
  if (func->type.value != type) [[unlikely]] {
    const auto& supertypes = (*r.thread->store->types)[func->type].display;
    const std::uint32_t depth = (*r.thread->store->types)[core::TypeIdx(type)].depth;
    if (depth >= supertypes.size() || supertypes[depth].value != type)
      return {nullptr, Trap::indirect_call_type_mismatch};
  }
  return {func};
}

// A null element is named by its index.
Step trap_of(Registers& r, const Callee& callee, std::uint64_t index) {
  if (callee.trap == Trap::uninitialized_element) {
    r.thread->pending_error =
        fail(ErrorKind::trap, {}, message(callee.trap), " ", index).with_code(static_cast<std::uint32_t>(callee.trap));
  }
  return r.trap(callee.trap);
}

// Fields: index, table, canonical type, the callee's frame. The index has the width of the table's addresses; 32-bit
// ones are zero-extended in slots and accumulator.
template <Place place>
struct CallIndirect {
  static constexpr unsigned at = place == Place::slot ? 4 : 0;
  TENON_INLINE static Step run(Registers& r) noexcept {
    const Table& table = *r.instance->tables[field<std::uint32_t>(r, at)];
    const auto index = operand<std::uint64_t, place, 0>(r);
    if (index >= table.size) [[unlikely]]
      return r.trap(Trap::undefined_element);
    const auto* func = std::bit_cast<const Func*>(table.elements[index]);
    if (func == nullptr || func->type.value != field<std::uint32_t>(r, at + 4) || func->instance != r.instance)
        [[unlikely]]
      return Step::slow;
    push_frame(r, slot_at(r, at + 8), r.ip + cells_of(at + 12));
    r.ip = r.instance->code[func->index.value].load(std::memory_order_acquire);
    return Step::taken;
  }
  static Step slow(Registers& r) {
    const Table& table = *r.instance->tables[field<std::uint32_t>(r, at)];
    const Callee callee = find_callee(r, table, operand<std::uint64_t, place, 0>(r), field<std::uint32_t>(r, at + 4));
    if (callee.func == nullptr) return trap_of(r, callee, operand<std::uint64_t, place, 0>(r));
    push_frame(r, slot_at(r, at + 8), r.ip + cells_of(at + 12));
    return enter_function(r, *callee.func);
  }
};

// Fields: function reference, the callee's frame.
template <Place place>
struct CallRef {
  static constexpr unsigned at = place == Place::slot ? 4 : 0;
  TENON_INLINE static Step run(Registers& r) noexcept {
    const auto* func = std::bit_cast<const Func*>(operand<Slot, place, 0>(r));
    if (func == nullptr) [[unlikely]]
      return r.trap(Trap::null_function_reference);
    push_frame(r, slot_at(r, at), r.ip + cells_of(at + 4));
    return go_to(r, func);
  }
  static Step slow(Registers& r) { return enter_function(r, *std::bit_cast<const Func*>(r.acc)); }
};

// A tail call moves its arguments over the frame it is in, whose header stays. Fields: first argument, number of slots.
TENON_INLINE void replace_frame(Registers& r, unsigned at) noexcept {
  const Slot* from = slot_at(r, at);
  const auto count = field<std::uint32_t>(r, at + 4);
  for (std::uint32_t i = 0; i < count; ++i) r.fp[i] = from[i];
}

// Fields: address of the entry, arguments.
struct ReturnCall {
  static Step run(Registers& r) {
    const auto* entry = entry_at(r);
    replace_frame(r, 8);
    r.ip = entry->load(std::memory_order_acquire);
    return Step::next;
  }
};

Step tail_call(Registers& r, const Func& func, unsigned arguments_at) {
  // The arguments of a host function, unlike those of a guest's, were not reserved by an `enter` of its own.
  replace_frame(r, arguments_at);
  return enter_function(r, func);
}

// Fields: index, table, canonical type, arguments.
struct ReturnCallIndirect {
  static Step run(Registers& r) {
    const Table& table = *r.instance->tables[field<std::uint32_t>(r, 4)];
    const Callee callee = find_callee(r, table, *slot_at(r, 0), field<std::uint32_t>(r, 8));
    if (callee.func == nullptr) return trap_of(r, callee, *slot_at(r, 0));
    return tail_call(r, *callee.func, 12);
  }
};

// Fields: function reference, arguments.
struct ReturnCallRef {
  static Step run(Registers& r) {
    const auto* func = std::bit_cast<const Func*>(*slot_at(r, 0));
    if (func == nullptr) return r.trap(Trap::null_function_reference);
    return tail_call(r, *func, 4);
  }
};

TENON_INLINE Global& global_at(const Registers& r, unsigned at) noexcept {
  return *r.instance->globals[field<std::uint32_t>(r, at)];
}

// Fields: global, slot.
template <class T, bool to_slot_too>
struct GlobalGet {
  TENON_INLINE static Step run(Registers& r) noexcept {
    result<T, to_slot_too, 4>(r, read_slot<T>(global_at(r, 0).value));
    r.ip += cells_of(to_slot_too ? 8 : 4);
    return Step::next;
  }
};
// Fields: global, value.
template <class T, Place place>
struct GlobalSet {
  TENON_INLINE static Step run(Registers& r) noexcept {
    global_at(r, 0).value[0] = to_slot(operand<T, place, 4>(r));
    r.ip += cells_of(4 + field_bytes<T>(place));
    return Step::next;
  }
};
struct GlobalGetV128 {
  TENON_INLINE static Step run(Registers& r) noexcept {
    store_le(slot_at(r, 4), load_le<core::V128>(global_at(r, 0).value));
    r.ip += cells_of(8);
    return Step::next;
  }
};
struct GlobalSetV128 {
  TENON_INLINE static Step run(Registers& r) noexcept {
    store_le(global_at(r, 0).value, load_le<core::V128>(slot_at(r, 4)));
    r.ip += cells_of(8);
    return Step::next;
  }
};

// Fields: condition, the value if it is not zero, the other one, slot of the result.
template <class T, Place condition, Place first, Place second, bool to_slot_too>
struct Select {
  static constexpr unsigned first_at = field_bytes<std::uint32_t>(condition);
  static constexpr unsigned second_at = first_at + field_bytes<T>(first);
  static constexpr unsigned result_at = second_at + field_bytes<T>(second);
  TENON_INLINE static Step run(Registers& r) noexcept {
    const T a = operand<T, first, first_at>(r);
    const T b = operand<T, second, second_at>(r);
    result<T, to_slot_too, result_at>(r, operand<std::uint32_t, condition, 0>(r) != 0 ? a : b);
    r.ip += cells_of(result_at + (to_slot_too ? 4 : 0));
    return Step::next;
  }
};
// All in slots.
struct SelectV128 {
  TENON_INLINE static Step run(Registers& r) noexcept {
    const Slot* from = read_slot<std::uint32_t>(slot_at(r, 0)) != 0 ? slot_at(r, 4) : slot_at(r, 8);
    store_le(slot_at(r, 12), load_le<core::V128>(from));
    r.ip += cells_of(16);
    return Step::next;
  }
};

// Field: units.
struct Fuel {
  TENON_INLINE static Step run(Registers& r) noexcept {
    if (!pay(r, 0)) [[unlikely]]
      return r.trap(Trap::fuel_exhausted);
    r.ip += cells_of(4);
    return Step::next;
  }
};

template <class D, class T, std::size_t... variant>
constexpr void add_selects(ControlTable& table, Bank bank, std::index_sequence<variant...>) {
  (
      [&] {
        constexpr auto condition = static_cast<Place>(variant / 18);
        constexpr auto first = static_cast<Place>(variant / 6 % 3);
        constexpr auto second = static_cast<Place>(variant / 2 % 3);
        constexpr bool to_slot_too = variant % 2 != 0;
        constexpr unsigned in_acc = (condition == Place::acc && std::is_integral_v<T> ? 1 : 0) +
                                    (first == Place::acc ? 1 : 0) + (second == Place::acc ? 1 : 0);
        if constexpr (in_acc <= 1) {
          table.select[static_cast<std::size_t>(bank)][variant / 18][variant / 6 % 3][variant / 2 % 3][to_slot_too] =
              D::template handler<Select<T, condition, first, second, to_slot_too>>();
        }
      }(),
      ...);
}

template <class D, class T>
constexpr void add_bank(ControlTable& table, Bank bank) {
  const auto i = static_cast<std::size_t>(bank);
  table.store_acc[i] = D::template handler<StoreAcc<T>>();
  table.return_acc[i] = D::template handler<ReturnAcc<T>>();
  table.global_get[i][0] = D::template handler<GlobalGet<T, false>>();
  table.global_get[i][1] = D::template handler<GlobalGet<T, true>>();
  table.global_set[i] = D::template handler<GlobalSet<T, Place::acc>>();
  add_selects<D, T>(table, bank, std::make_index_sequence<36>());
}

template <class D>
constexpr void add_calls(ControlTable& table) {
  table.return_void = D::template handler<ReturnVoid>();
  table.return_slot = D::template handler<ReturnSlot>();
  table.return_constant = D::template handler<ReturnConstant>();
  table.call = D::template handler<Call>();
  table.call_indirect[0] = D::template handler<CallIndirect<Place::acc>>();
  table.call_indirect[1] = D::template handler<CallIndirect<Place::slot>>();
  table.call_ref[0] = D::template handler<CallRef<Place::acc>>();
  table.call_ref[1] = D::template handler<CallRef<Place::slot>>();
  table.return_call = D::template handler<OutOfLine<ReturnCall>>();
  table.return_call_indirect = D::template handler<OutOfLine<ReturnCallIndirect>>();
  table.return_call_ref = D::template handler<OutOfLine<ReturnCallRef>>();
}

template <class D>
constexpr ControlTable make_control() {
  ControlTable table;
  table.enter[0][0] = D::template handler<Enter<0, false, false>>();
  table.enter[0][1] = D::template handler<Enter<0, false, true>>();
  table.enter[1][0] = D::template handler<Enter<1, false, false>>();
  table.enter[1][1] = D::template handler<Enter<1, false, true>>();
  table.enter[2][0] = D::template handler<Enter<2, false, false>>();
  table.enter[2][1] = D::template handler<Enter<2, false, true>>();
  table.enter[3][0] = D::template handler<Enter<3, false, false>>();
  table.enter[3][1] = D::template handler<Enter<3, false, true>>();
  table.enter[4][0] = D::template handler<Enter<4, false, false>>();
  table.enter[4][1] = D::template handler<Enter<4, false, true>>();
  table.enter[5][0] = D::template handler<Enter<0, true, false>>();
  table.enter[5][1] = D::template handler<Enter<0, true, true>>();
  table.translate = D::template handler<OutOfLine<Translate>>();
  table.call_import = D::template handler<CallImport>();
  table.unreachable = D::template handler<Unreachable>();
  table.copy[0] = D::template handler<Copy<1>>();
  table.copy[1] = D::template handler<Copy<2>>();
  table.copy[2] = D::template handler<Copy<3>>();
  table.copy[3] = D::template handler<Copy<4>>();
  table.copy_many = D::template handler<OutOfLine<CopyMany>>();
  table.copy_v128 = D::template handler<CopyV128>();
  table.constant32 = D::template handler<Constant<std::uint32_t>>();
  table.constant64 = D::template handler<Constant<std::uint64_t>>();
  table.constant_v128 = D::template handler<ConstantV128>();
  table.jump[0] = D::template handler<Jump<false, false>>();
  table.jump[1] = D::template handler<Jump<true, false>>();
  table.jump_metered = D::template handler<Jump<true, true>>();
  table.br_table[0] = D::template handler<BrTable<Place::acc>>();
  table.br_table[1] = D::template handler<BrTable<Place::slot>>();
  add_calls<D>(table);
  add_bank<D, std::uint64_t>(table, Bank::integer);
  add_bank<D, float>(table, Bank::f32);
  add_bank<D, double>(table, Bank::f64);
  table.global_set_slot = D::template handler<GlobalSet<std::uint64_t, Place::slot>>();
  table.global_set_constant = D::template handler<GlobalSet<std::uint64_t, Place::imm>>();
  table.global_get_v128 = D::template handler<GlobalGetV128>();
  table.global_set_v128 = D::template handler<GlobalSetV128>();
  table.select_v128 = D::template handler<SelectV128>();
  table.fuel = D::template handler<Fuel>();
  return table;
}

}  // namespace

constexpr ControlTable control_tail = make_control<TailDispatch>();
constexpr ControlTable control_loop = make_control<LoopDispatch>();
const ControlTable control_handlers[2] = {control_tail, control_loop};

}  // namespace tenon::interp
