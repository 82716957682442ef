// The import section. Imports come first in every index space, so that reading one also adds to its space.
#include "binary/core/sections.hpp"
#include "spec/limits.hpp"
#include "spec/needs_feature.hpp"

namespace tenon::core {

ExternType read_extern_type(Cursor& in, Features features) {
  const std::uint64_t start = in.offset();
  const std::uint8_t kind = in.u8();
  ExternType type;
  type.kind = static_cast<ExternKind>(kind);
  switch (type.kind) {
    case ExternKind::func: type.func = TypeIdx(in.u32()); return type;
    case ExternKind::table: type.table = read_table_type(in, features); return type;
    case ExternKind::memory: type.memory = read_memory_type(in, features); return type;
    case ExternKind::global: type.global = read_global_type(in, features); break;
    case ExternKind::tag: type.tag = read_tag_type(in); return type;
    default: in.fault(ErrorKind::malformed, start, "malformed import kind: ", Hex{kind}, " is none"); return type;
  }
  if (type.global.is_mutable && !features.has(Feature::mutable_global)) {
    in.fault(ErrorKind::malformed, start, NeedsFeature{"import of a mutable global", Feature::mutable_global});
  }
  return type;
}

void write_extern_type(ByteWriter& out, const ExternType& type) {
  out.u8(static_cast<std::uint8_t>(type.kind));
  switch (type.kind) {
    case ExternKind::func: return out.u32(type.func.value);
    case ExternKind::table: return write_table_type(out, type.table);
    case ExternKind::memory: return write_memory_type(out, type.memory);
    case ExternKind::global: return write_global_type(out, type.global);
    case ExternKind::tag: return write_tag_type(out, type.tag);
  }
}

namespace {

void add_to_index_space(Module& module, const ExternType& type) {
  switch (type.kind) {
    case ExternKind::func:
      module.funcs.push_back(module.arena, Func{.type = type.func, .body = {}, .offset = 0});
      ++module.imported_funcs;
      return;
    case ExternKind::table:
      module.tables.push_back(module.arena, Table{.type = type.table, .init = {}});
      ++module.imported_tables;
      return;
    case ExternKind::memory:
      module.memories.push_back(module.arena, type.memory);
      ++module.imported_memories;
      return;
    case ExternKind::global:
      module.globals.push_back(module.arena, Global{.type = type.global, .init = {}});
      ++module.imported_globals;
      return;
    case ExternKind::tag:
      module.tags.push_back(module.arena, type.tag);
      ++module.imported_tags;
      return;
  }
}

}  // namespace

template <>
void read_payload<SectionId::import>(Cursor& in, SectionReader& reader) {
  Module& module = reader.module;
  const std::uint32_t count = in.count(limits::max_imports, "imports", 3);
  module.imports.reserve(module.arena, count);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    Import import;
    import.offset = in.offset();
    import.module = read_bounded_name(in);
    import.name = read_bounded_name(in);
    import.type = read_extern_type(in, reader.features);
    if (!in.ok()) return;
    module.imports.push_back(module.arena, import);
    add_to_index_space(module, import.type);
  }
}

template <>
void write_payload<SectionId::import>(const SectionWriter& writer) {
  if (writer.module.imports.empty()) return;
  writer.out.u32(static_cast<std::uint32_t>(writer.module.imports.size()));
  for (const Import& import : writer.module.imports) {
    writer.out.name(import.module);
    writer.out.name(import.name);
    write_extern_type(writer.out, import.type);
  }
}

}  // namespace tenon::core
