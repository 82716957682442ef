// The core type section: core types as modules have them, and the types of modules.
//
// Both use the first byte 0x50, for a module type and for a sub type that is not final. Until the standard gives module
// types a byte of their own, such a sub type has a zero byte before it where both may stand, and none inside a
// recursive group.
#include "binary/component/sections.hpp"
#include "binary/core/sections.hpp"
#include "binary/core/types.hpp"

namespace tenon::component {

namespace {

constexpr std::uint8_t module_type_code = 0x50;
constexpr std::uint8_t sub_prefix = 0x00;
static_assert(module_type_code == core::sub_code);

enum class Declaration : std::uint8_t { import = 0x00, type = 0x01, alias = 0x02, export_ = 0x03 };
constexpr std::uint8_t outer_code = 0x01;

core::Import read_core_import(Cursor& in, Reader& reader) {
  core::Import import;
  import.offset = in.offset();
  import.module = core::read_bounded_name(in);
  import.name = core::read_bounded_name(in);
  import.type = core::read_extern_type(in, reader.features);
  return import;
}

CoreExportDecl read_core_export(Cursor& in, Reader& reader) {
  CoreExportDecl item;
  item.name = core::read_bounded_name(in);
  item.type = core::read_extern_type(in, reader.features);
  return item;
}

// Only types of enclosing scopes.
Alias read_outer_alias(Cursor& in, Reader&) {
  Alias alias;
  alias.kind = AliasKind::outer;
  alias.sort = Sort::core_type;
  std::uint64_t start = in.offset();
  const std::uint8_t sort = in.u8();
  if (in.ok() && sort_of(0, sort) != Sort::core_type) fault_leading_byte(in, start, sort, "outer alias kind");
  start = in.offset();
  const std::uint8_t target = in.u8();
  if (in.ok() && target != outer_code) fault_leading_byte(in, start, target, "outer alias target");
  alias.count = in.u32();
  alias.index = in.u32();
  return alias;
}

Definition read_declaration(Cursor& in, Reader& reader) {
  const std::uint64_t start = in.offset();
  const std::uint8_t code = in.u8();
  switch (static_cast<Declaration>(code)) {
    case Declaration::import:
      return read_definition(in, reader, DefinitionKind::core_import, &Definition::core_import, read_core_import);
    case Declaration::type:
      return read_definition(in, reader, DefinitionKind::core_type, &Definition::core_type, read_core_type);
    case Declaration::alias:
      return read_definition(in, reader, DefinitionKind::alias, &Definition::alias, read_outer_alias);
    case Declaration::export_:
      return read_definition(in, reader, DefinitionKind::core_export, &Definition::core_export, read_core_export);
  }
  return fault_leading_byte(in, start, code, "type definition"), Definition{};
}

void write_declaration(ByteWriter& out, const Definition& declaration) {
  const auto begin = [&](Declaration code) { out.u8(static_cast<std::uint8_t>(code)); };
  switch (declaration.kind) {
    case DefinitionKind::core_import:
      begin(Declaration::import);
      out.name(declaration.core_import->module);
      out.name(declaration.core_import->name);
      return core::write_extern_type(out, declaration.core_import->type);
    case DefinitionKind::core_type: return begin(Declaration::type), write_core_type(out, *declaration.core_type);
    case DefinitionKind::alias:
      begin(Declaration::alias);
      write_core_sort(out, declaration.alias->sort);
      out.u8(outer_code);
      out.u32(declaration.alias->count);
      return out.u32(declaration.alias->index);
    case DefinitionKind::core_export:
      begin(Declaration::export_);
      out.name(declaration.core_export->name);
      return core::write_extern_type(out, declaration.core_export->type);
    default: assert(false && "only what a module type may declare stands in one");
  }
}

core::SubType read_member(Cursor& in, Reader& reader) { return core::read_sub_type(in, reader.arena, reader.features); }

void read_group(Cursor& in, Reader& reader, CoreType& type) {
  const std::uint64_t start = in.offset();
  type.group = {.first = core::TypeIdx(0U), .size = 1, .is_explicit = in.peek() == core::rec_code};
  if (type.group.is_explicit) {
    require(in, reader, start, "rec", Feature::gc);
    in.u8();
    type.types =
        read_list<core::SubType>(in, reader, limits::max_rec_group_size, "types in a recursive group", 2, read_member);
    type.group.size = static_cast<std::uint32_t>(type.types.size());
    return;
  }
  if (in.peek() == sub_prefix) {
    in.u8();
    if (in.ok() && in.peek() != core::sub_code) fault_leading_byte(in, in.offset(), in.peek(), "non-final sub type");
  }
  const std::span<core::SubType> types = reader.arena.make_array<core::SubType>(1);
  types[0] = read_member(in, reader);
  type.types = types;
}

}  // namespace

CoreType read_core_type(Cursor& in, Reader& reader) {
  CoreType type;
  type.offset = in.offset();
  if (in.peek() != module_type_code) return read_group(in, reader, type), type;
  in.u8();
  const Nesting nesting(in, reader);
  type.is_module = true;
  type.declarations =
      read_list<Definition>(in, reader, limits::max_component_items, "declarations", 3, read_declaration);
  return type;
}

void write_core_type(ByteWriter& out, const CoreType& type) {
  if (type.is_module) {
    out.u8(module_type_code);
    return write_list(out, type.declarations, write_declaration);
  }
  if (type.group.is_explicit || type.types.size() != 1) {
    out.u8(core::rec_code);
    return write_list(out, type.types, core::write_sub_type);
  }
  if (!type.types[0].is_final) out.u8(sub_prefix);
  core::write_sub_type(out, type.types[0]);
}

template <>
void read_payload<SectionId::core_type>(Cursor& in, Reader& reader) {
  read_definitions(in, reader, DefinitionKind::core_type, &Definition::core_type, "core types", read_core_type);
}

template <>
void write_payload<SectionId::core_type>(ByteWriter& out, std::span<const Definition> definitions) {
  write_definitions(out, definitions, &Definition::core_type, write_core_type);
}

}  // namespace tenon::component
