// Handlers of tables, bulk memory, wide arithmetic, and loads and stores of memories other than a 32-bit memory 0.
#include "interp/plain.hpp"

namespace tenon::interp {

using runtime::Memory;
using runtime::Table;

namespace {

TENON_INLINE std::uint64_t word(const Registers& r, unsigned at) noexcept { return *slot_at(r, at); }
TENON_INLINE Table& table_at(const Registers& r, unsigned at) noexcept {
  return *r.instance->tables[field<std::uint32_t>(r, at)];
}

// Ends an operation that gives nothing but perhaps a trap.
Step finish_bulk(Registers& r, Trap trap, unsigned fields) noexcept {
  if (trap != Trap::none) return r.trap(trap);
  r.ip += cells_of(fields);
  return Step::next;
}

// Growing: the old size, or -1 in the width of the addresses.
std::uint64_t old_size(std::int64_t size, const core::Limits& limits) noexcept {
  return limits.is_64 ? static_cast<std::uint64_t>(size) : static_cast<std::uint32_t>(size);
}

struct MemorySize {
  static Step run(Registers& r) noexcept { return finish_plain(r, memory_at(r, 0).pages(), 4); }
};
struct MemoryGrow {
  static Step run(Registers& r) noexcept {
    Memory& memory = memory_at(r, 4);
    const std::uint64_t size = old_size(runtime::grow(memory, word(r, 0)), memory.type.limits);
    r.reload_memory();
    return finish_plain(r, size, 8);
  }
};
struct MemoryInit {
  static Step run(Registers& r) noexcept {
    return finish_bulk(r,
                       runtime::memory_init(*r.instance, memory_at(r, 16), core::DataIdx(field<std::uint32_t>(r, 12)),
                                            word(r, 0), word(r, 4), word(r, 8)),
                       20);
  }
};
struct MemoryCopy {
  static Step run(Registers& r) noexcept {
    return finish_bulk(r, runtime::memory_copy(memory_at(r, 12), memory_at(r, 16), word(r, 0), word(r, 4), word(r, 8)),
                       20);
  }
};
struct MemoryFill {
  static Step run(Registers& r) noexcept {
    return finish_bulk(
        r, runtime::memory_fill(memory_at(r, 12), word(r, 0), static_cast<std::uint8_t>(word(r, 4)), word(r, 8)), 16);
  }
};
struct DataDrop {
  static Step run(Registers& r) noexcept {
    r.instance->dropped_datas[field<std::uint32_t>(r, 0)] = true;
    return finish_bulk(r, Trap::none, 4);
  }
};

struct TableGet {
  static Step run(Registers& r) noexcept {
    const Table& table = table_at(r, 4);
    const std::uint64_t index = word(r, 0);
    if (index >= table.size) return r.trap(Trap::out_of_bounds_table_access);
    return finish_plain(r, table.elements[index], 8);
  }
};
struct TableSet {
  static Step run(Registers& r) noexcept {
    Table& table = table_at(r, 8);
    const std::uint64_t index = word(r, 0);
    if (index >= table.size) return r.trap(Trap::out_of_bounds_table_access);
    table.elements[index] = word(r, 4);
    return finish_bulk(r, Trap::none, 12);
  }
};
struct TableSize {
  static Step run(Registers& r) noexcept { return finish_plain(r, table_at(r, 0).size, 4); }
};
struct TableGrow {
  static Step run(Registers& r) noexcept {
    Table& table = table_at(r, 8);
    return finish_plain(r, old_size(runtime::grow(table, word(r, 4), word(r, 0)), table.type.limits), 12);
  }
};
struct TableFill {
  static Step run(Registers& r) noexcept {
    return finish_bulk(r, runtime::table_fill(table_at(r, 12), word(r, 0), word(r, 4), word(r, 8)), 16);
  }
};
struct TableCopy {
  static Step run(Registers& r) noexcept {
    return finish_bulk(r, runtime::table_copy(table_at(r, 12), table_at(r, 16), word(r, 0), word(r, 4), word(r, 8)),
                       20);
  }
};
struct TableInit {
  static Step run(Registers& r) noexcept {
    return finish_bulk(r,
                       runtime::table_init(*r.instance, table_at(r, 16), core::ElemIdx(field<std::uint32_t>(r, 12)),
                                           word(r, 0), word(r, 4), word(r, 8)),
                       20);
  }
};
struct ElemDrop {
  static Step run(Registers& r) noexcept {
    const auto index = field<std::uint32_t>(r, 0);
    r.instance->dropped_elems[index] = true;
    r.instance->elem_values[index] = {};
    return finish_bulk(r, Trap::none, 4);
  }
};

// Operands, slots of the low and the high word.
template <Op op>
struct WideOperation {
  static Step run(Registers& r) noexcept {
    constexpr unsigned at = operand_fields<op>;
    const semantics::Wide value = [&]<std::size_t... i>(std::index_sequence<i...>) {
      return Operation<op>::apply(operand_of<op, i>(r)...);
    }(std::make_index_sequence<params_of(op).size()>());
    *slot_at(r, at) = value.low;
    *slot_at(r, at + 4) = value.high;
    return finish_bulk(r, Trap::none, at + 8);
  }
};

struct Wide {
  constexpr bool operator()(Op op) const noexcept {
    return info(op).prefix == misc_prefix && info(op).signature.ends_with(":ll");
  }
};
struct Loads {
  constexpr bool operator()(Op op) const noexcept { return is_scalar_load(op); }
};
struct Stores {
  constexpr bool operator()(Op op) const noexcept { return is_scalar_store(op); }
};

template <class D>
constexpr PlainTable make_bulk() {
  PlainTable table{};
  const auto add = [&]<class Body>(Op op, Body) {
    table[static_cast<std::size_t>(op)] = D::template handler<OutOfLine<Body>>();
  };
  add_plain<D, Loads, PlainLoad>(table);
  add_plain<D, Stores, PlainStore>(table);
  add_plain<D, Wide, WideOperation>(table);
  add(Op::memory_size, MemorySize());
  add(Op::memory_grow, MemoryGrow());
  add(Op::memory_init, MemoryInit());
  add(Op::memory_copy, MemoryCopy());
  add(Op::memory_fill, MemoryFill());
  add(Op::data_drop, DataDrop());
  add(Op::table_get, TableGet());
  add(Op::table_set, TableSet());
  add(Op::table_size, TableSize());
  add(Op::table_grow, TableGrow());
  add(Op::table_fill, TableFill());
  add(Op::table_copy, TableCopy());
  add(Op::table_init, TableInit());
  add(Op::elem_drop, ElemDrop());
  return table;
}
constexpr PlainTable tail = make_bulk<TailDispatch>();
constexpr PlainTable loop = make_bulk<LoopDispatch>();

}  // namespace

const PlainTable bulk_handlers[2] = {tail, loop};

}  // namespace tenon::interp
