// What the immediates of loads, stores, table and lane operations name, and what they may say.
// https://webassembly.github.io/spec/core/valid/instructions.html#memory-instructions
#include <bit>

#include "validate/core/body.hpp"

namespace tenon::core {

namespace {

// Lanes of the shape that a vector operation's mnemonic begins with ("i8x16.extract_lane_s"): the number after the x.
constexpr std::uint32_t lanes_of(std::string_view mnemonic) noexcept {
  std::uint32_t lanes = 0;
  for (std::size_t i = mnemonic.find('x') + 1; i < mnemonic.size() && mnemonic[i] >= '0' && mnemonic[i] <= '9'; ++i) {
    lanes = lanes * 10 + static_cast<std::uint32_t>(mnemonic[i] - '0');
  }
  return lanes;
}
static_assert(lanes_of("i8x16.replace_lane") == 16 && lanes_of("f64x2.extract_lane") == 2);

}  // namespace

bool Body::find_memory(std::uint32_t memory, ValType& address) {
  if (!source->memories.contains(MemoryIdx(memory))) {
    return reject("unknown memory ", memory, ": the module has ", source->memories.size(), " memories");
  }
  address = address_type(source->memories[MemoryIdx(memory)].limits);
  return true;
}

bool Body::find_table(std::uint32_t table, ValType& address, ValType& element) {
  if (!module->table_types.contains(TableIdx(table))) {
    return reject("unknown table ", table, ": the module has ", module->table_types.size(), " tables");
  }
  const TableType& type = module->table_types[TableIdx(table)];
  address = address_type(type.limits);
  element = type.element;
  return true;
}

bool Body::find_data(std::uint32_t data) {
  if (!source->data_count.has_value()) {
    return reject_as(ErrorKind::malformed, "data count section required, for `", mnemonic(), "`");
  }
  if (data >= *source->data_count) {
    return reject("unknown data segment ", data, ": the module has ", *source->data_count, " data segments");
  }
  return true;
}

bool Body::find_elem(std::uint32_t elem, ValType& type) {
  if (!module->elem_types.contains(ElemIdx(elem))) {
    return reject("unknown elem segment ", elem, ": the module has ", module->elem_types.size(), " element segments");
  }
  type = module->elem_types[ElemIdx(elem)];
  return true;
}

bool Body::check_mem_arg(const InstructionInfo& operation) {
  const MemArg& mem = instruction.mem;
  const auto natural = static_cast<std::uint32_t>(std::countr_zero(operation.width));
  if (mem.align_log2 > natural) {
    return reject("alignment must not be larger than natural: `", operation.mnemonic, "` accesses ", operation.width,
                  " bytes, found 2^", mem.align_log2);
  }
  if (operation.prefix == atomic_prefix && mem.align_log2 != natural) {
    return reject("atomic alignment must be natural: `", operation.mnemonic, "` accesses ", operation.width,
                  " bytes, found 2^", mem.align_log2);
  }
  return true;
}

bool Body::check_lanes(const InstructionInfo& operation) {
  if (operation.immediates == Immediates::lanes16) {
    for (const std::uint8_t lane : instruction.vector.bytes) {
      if (lane >= 32) return reject("invalid lane index ", lane, ": `", operation.mnemonic, "` has 32 lanes");
    }
    return true;
  }
  const std::uint32_t lanes =
      operation.immediates == Immediates::mem_arg_lane ? 16U / operation.width : lanes_of(operation.mnemonic);
  return instruction.lane < lanes ||
         reject("invalid lane index ", instruction.lane, ": `", operation.mnemonic, "` has ", lanes, " lanes");
}

bool Body::resolve_addressing(Addressing& addressing) {
  const InstructionInfo& operation = info(instruction.op);
  const std::uint32_t index = instruction.index;
  const std::uint32_t second = instruction.second;
  switch (operation.immediates) {
    case Immediates::mem_arg:
    case Immediates::mem_arg_lane:
      if (!find_memory(instruction.mem.memory.value, addressing.first) || !check_mem_arg(operation)) return false;
      if (addressing.first == i32 && instruction.mem.offset > 0xFFFF'FFFF) {
        return reject("offset out of range: ", instruction.mem.offset, " is more than a 32-bit memory can have");
      }
      return operation.immediates == Immediates::mem_arg || check_lanes(operation);
    case Immediates::lane:
    case Immediates::lanes16: return check_lanes(operation);
    case Immediates::memory: return find_memory(index, addressing.first);
    case Immediates::memory_memory:
      return find_memory(index, addressing.first) && find_memory(second, addressing.second);
    case Immediates::data: return find_data(index);
    case Immediates::data_memory: return find_memory(second, addressing.first) && find_data(index);
    case Immediates::table: return find_table(index, addressing.first, addressing.element);
    case Immediates::elem: {
      ValType type;
      return find_elem(index, type);
    }
    case Immediates::table_table: {
      ValType from;
      if (!find_table(index, addressing.first, addressing.element) || !find_table(second, addressing.second, from))
        return false;
      return registry->matches(from, addressing.element) ||
             reject("type mismatch: source element type ", text(from), " does not match destination element type ",
                    text(addressing.element));
    }
    case Immediates::elem_table: {
      ValType from;
      if (!find_table(second, addressing.first, addressing.element) || !find_elem(index, from)) return false;
      return registry->matches(from, addressing.element) ||
             reject("type mismatch: element segment's type ", text(from), " does not match table's element type ",
                    text(addressing.element));
    }
    default: return true;
  }
}

}  // namespace tenon::core
