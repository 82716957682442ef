// Handlers of operations without variants: what they share.
#pragma once

#include <utility>

#include "interp/access.hpp"
#include "interp/registers.hpp"
#include "interp/tables.hpp"
#include "runtime/store.hpp"

namespace tenon::interp {

template <class T>
TENON_INLINE T plain_operand(const Registers& r, unsigned at) noexcept {
  return load_le<T>(slot_at(r, at));
}

// Operands of the operation as its signature says, from the slots named by its first fields.
template <Op op, std::size_t i>
TENON_INLINE Param<op, i> operand_of(const Registers& r) noexcept {
  return plain_operand<Param<op, i>>(r, 4 * i);
}
template <Op op>
inline constexpr unsigned operand_fields = 4 * params_of(op).size();

// Ends an instruction: the result goes to its accumulator, or a vector to the slot that the field at `at` names.
template <class T>
TENON_INLINE Step finish_plain(Registers& r, T value, unsigned at) noexcept {
  if constexpr (std::is_same_v<T, V128>) {
    store_le(slot_at(r, at), value);
    r.ip += cells_of(at + 4);
  } else {
    write_accumulator(r, value);
    r.ip += cells_of(at);
  }
  return Step::next;
}

// Where an access of `width` bytes lies. Fields at `at`: memory, offset (64 bits). nullptr: out of bounds.
struct Access {
  std::uint8_t* bytes = nullptr;
  std::uint64_t address = 0;
};
template <unsigned width>
TENON_INLINE Access access_at(const Registers& r, runtime::Memory& memory, std::uint64_t address,
                              unsigned offset_at) noexcept {
  if (!memory.type.limits.is_64) address = static_cast<std::uint32_t>(address);
  const auto first = semantics::effective_address(address, field<std::uint64_t>(r, offset_at), width,
                                                  memory.size.load(std::memory_order_relaxed));
  if (first.trap != Trap::none) return {};
  return {memory.base + first.value, first.value};
}
TENON_INLINE runtime::Memory& memory_at(const Registers& r, unsigned at) noexcept {
  return *r.instance->memories[field<std::uint32_t>(r, at)];
}

// Loads as a function of the bytes in memory. Fields: address, memory, offset, slot of the result if it is a vector.
template <Op op>
struct PlainLoad {
  TENON_INLINE static Step run(Registers& r) noexcept {
    const Access access = access_at<info(op).width>(r, memory_at(r, 4), plain_operand<std::uint64_t>(r, 0), 8);
    if (access.bytes == nullptr) return r.trap(Trap::out_of_bounds_memory_access);
    return finish_plain(r, Operation<op>::apply(load_le<Stored<op>>(access.bytes)), 16);
  }
};
// Fields: address, value, memory, offset.
template <Op op>
struct PlainStore {
  TENON_INLINE static Step run(Registers& r) noexcept {
    const Access access = access_at<info(op).width>(r, memory_at(r, 8), plain_operand<std::uint64_t>(r, 0), 12);
    if (access.bytes == nullptr) return r.trap(Trap::out_of_bounds_memory_access);
    store_le<Stored<op>>(access.bytes, Operation<op>::apply(operand_of<op, 1>(r)));
    r.ip += cells_of(20);
    return Step::next;
  }
};

// The operations that satisfy `Has`.
template <class Has>
constexpr std::size_t count_ops() {
  std::size_t count = 0;
  for (std::size_t i = 0; i < op_count; ++i) count += Has{}(static_cast<Op>(i)) ? 1 : 0;
  return count;
}
template <class Has>
constexpr std::array<Op, count_ops<Has>()> ops_with() {
  std::array<Op, count_ops<Has>()> ops{};
  std::size_t count = 0;
  for (std::size_t i = 0; i < op_count; ++i) {
    if (Has{}(static_cast<Op>(i))) ops[count++] = static_cast<Op>(i);
  }
  return ops;
}

// For bodies that may be hot.
template <class Body>
using InLine = Body;

// Adds the handlers of `Body<op>` for those operations.
template <class D, class Has, template <Op> class Body, template <class> class Where = OutOfLine>
constexpr void add_plain(PlainTable& table) {
  constexpr auto ops = ops_with<Has>();
  const auto handlers = [&]<std::size_t... i>(std::index_sequence<i...>) {
    return std::array<Handler, ops.size()>{D::template handler<Where<Body<ops[i]>>>()...};
  }(std::make_index_sequence<ops.size()>());
  for (std::size_t i = 0; i < ops.size(); ++i) table[static_cast<std::size_t>(ops[i])] = handlers[i];
}

}  // namespace tenon::interp
