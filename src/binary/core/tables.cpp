// Table types, limits, and the table section.
//
// The flags byte of limits is shared by tables and memories, but they may set different bits of it.
#include "binary/core/sections.hpp"
#include "spec/limits.hpp"
#include "spec/needs_feature.hpp"

namespace tenon::core {

namespace {

constexpr std::uint8_t table_with_init_code = 0x40;

Table read_table(Cursor& in, SectionReader& reader) {
  Table table;
  if (in.peek() != table_with_init_code) {
    table.type = read_table_type(in, reader.features);
    return table;
  }
  const std::uint64_t start = in.offset();
  if (!reader.features.has(Feature::function_references)) {
    in.fault(ErrorKind::malformed, start,
             "malformed reference type: ", NeedsFeature{"a table's initializer", Feature::function_references});
  }
  in.u8();
  if (in.peek() != 0) in.fault(ErrorKind::malformed, in.offset(), "zero byte expected, found ", Hex{in.peek()});
  in.u8();
  table.type = read_table_type(in, reader.features);
  table.init = reader.expressions.read(in);
  return table;
}

}  // namespace

TableType read_table_type(Cursor& in, Features features) {
  TableType type;
  type.element = read_ref_type(in, features);
  const std::uint64_t start = in.offset();
  const std::uint8_t flags = in.u8();
  type.limits = read_limits(in, flags, LimitFlags::of_tables, start, features);
  return type;
}

Limits read_limits(Cursor& in, std::uint8_t flags, LimitFlags allowed, std::uint64_t flags_offset, Features features) {
  if ((flags & ~static_cast<unsigned>(allowed)) != 0) {
    in.fault(ErrorKind::malformed, flags_offset, "malformed limits flags: ", Hex{flags}, " has unknown bits");
  }
  const auto require = [&](std::uint8_t flag, Feature feature, std::string_view what) {
    if ((flags & flag) == 0 || features.has(feature)) return;
    in.fault(ErrorKind::malformed, flags_offset, "malformed limits flags: ", NeedsFeature{what, feature});
  };
  require(limit_is_shared, Feature::threads, "a shared memory");
  require(limit_is_64, Feature::memory64, "a 64-bit address type");
  require(limit_has_page_size, Feature::custom_page_sizes, "a page size");
  Limits limits;
  limits.is_shared = (flags & limit_is_shared) != 0;
  limits.is_64 = (flags & limit_is_64) != 0;
  limits.min = in.u64();
  if ((flags & limit_has_max) != 0) limits.max = in.u64();
  return limits;
}

std::uint8_t limit_flags(const Limits& limits) {
  return static_cast<std::uint8_t>((limits.max ? limit_has_max : 0) | (limits.is_shared ? limit_is_shared : 0) |
                                   (limits.is_64 ? limit_is_64 : 0));
}

void write_limits(ByteWriter& out, const Limits& limits, std::uint8_t flags) {
  out.u8(flags);
  out.u64(limits.min);
  if (limits.max) out.u64(*limits.max);
}

void write_table_type(ByteWriter& out, const TableType& type) {
  write_val_type(out, type.element);
  write_limits(out, type.limits, limit_flags(type.limits));
}

template <>
void read_payload<SectionId::table>(Cursor& in, SectionReader& reader) {
  Module& module = reader.module;
  const std::uint32_t count = in.count(limits::max_tables, "tables");
  module.tables.reserve(module.arena, module.tables.size() + count);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) module.tables.push_back(module.arena, read_table(in, reader));
}

template <>
void write_payload<SectionId::table>(const SectionWriter& writer) {
  const Module& module = writer.module;
  if (module.tables.size() == module.imported_tables) return;
  writer.out.u32(static_cast<std::uint32_t>(module.tables.size() - module.imported_tables));
  for (const Table& table : module.tables.span().subspan(module.imported_tables)) {
    if (table.init) {
      writer.out.u8(table_with_init_code);
      writer.out.u8(0);
    }
    write_table_type(writer.out, table.type);
    if (table.init) writer.out.bytes(table.init->bytes);
  }
}

}  // namespace tenon::core
