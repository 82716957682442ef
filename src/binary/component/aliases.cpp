// The alias section, and aliases among the declarations of types.
//
// The sort comes first and the target behind it, but the target says which sorts there are: both are read before either
// is judged.
#include "binary/component/sections.hpp"
#include "binary/core/sections.hpp"

namespace tenon::component {

namespace {

// Outer aliases reach what is known without instantiating anything.
bool may_be_outer(Sort sort) {
  return sort == Sort::core_type || sort == Sort::core_module || sort == Sort::type || sort == Sort::component;
}

void check_sort(Cursor& in, const Reader& reader, std::uint64_t offset, std::uint8_t byte, AliasKind kind,
                std::optional<Sort> sort) {
  switch (kind) {
    case AliasKind::export_:
      if (!sort) fault_leading_byte(in, offset, byte, "component external kind");
      break;
    case AliasKind::core_export:
      if (!sort || !is_core(*sort)) fault_leading_byte(in, offset, byte, "core external kind");
      break;
    case AliasKind::outer:
      if (!sort || !may_be_outer(*sort)) fault_leading_byte(in, offset, byte, "component outer alias kind");
      break;
  }
  if (sort == Sort::value) require(in, reader, offset, "an alias of a value", Feature::component_values);
}

}  // namespace

Alias read_alias(Cursor& in, Reader& reader) {
  std::uint64_t sort_offset = in.offset();
  const std::uint8_t first = in.u8();
  std::uint8_t second = 0;
  if (first == 0) {
    sort_offset = in.offset();
    second = in.u8();
  }
  const std::uint64_t target_offset = in.offset();
  const std::uint8_t target = in.u8();
  Alias alias;
  if (target > static_cast<std::uint8_t>(AliasKind::outer)) {
    return fault_leading_byte(in, target_offset, target, "alias"), alias;
  }
  alias.kind = static_cast<AliasKind>(target);
  const std::optional<Sort> sort = sort_of(first, second);
  check_sort(in, reader, sort_offset, first == 0 ? second : first, alias.kind, sort);
  if (!in.ok()) return alias;
  alias.sort = *sort;
  if (alias.kind == AliasKind::outer) {
    alias.count = in.u32();
    alias.index = in.u32();
  } else {
    alias.instance = in.u32();
    alias.name = core::read_bounded_name(in);
  }
  return alias;
}

void write_alias(ByteWriter& out, const Alias& alias) {
  write_sort(out, alias.sort);
  out.u8(static_cast<std::uint8_t>(alias.kind));
  if (alias.kind == AliasKind::outer) {
    out.u32(alias.count);
    out.u32(alias.index);
  } else {
    out.u32(alias.instance);
    out.name(alias.name);
  }
}

template <>
void read_payload<SectionId::alias>(Cursor& in, Reader& reader) {
  read_definitions(in, reader, DefinitionKind::alias, &Definition::alias, "aliases", read_alias);
}

template <>
void write_payload<SectionId::alias>(ByteWriter& out, std::span<const Definition> definitions) {
  write_definitions(out, definitions, &Definition::alias, write_alias);
}

}  // namespace tenon::component
