// The core instance section.
#include "binary/component/sections.hpp"
#include "binary/core/sections.hpp"

namespace tenon::component {

namespace {

constexpr std::uint8_t instantiate_code = 0x00;
constexpr std::uint8_t exports_code = 0x01;

// An argument is always an instance, though its sort is written.
NamedSortIdx read_argument(Cursor& in, Reader&) {
  NamedSortIdx argument;
  argument.name.name = core::read_bounded_name(in);
  const std::uint64_t start = in.offset();
  const std::uint8_t code = in.u8();
  if (sort_of(0, code) != Sort::core_instance) fault_leading_byte(in, start, code, "instantiation arg kind");
  argument.item = {Sort::core_instance, in.u32()};
  return argument;
}

NamedSortIdx read_inline_export(Cursor& in, Reader&) {
  NamedSortIdx item;
  item.name.name = core::read_bounded_name(in);
  item.item.sort = read_core_sort(in);
  item.item.index = in.u32();
  return item;
}

void write_item(ByteWriter& out, const NamedSortIdx& item) {
  out.name(item.name.name);
  write_core_sort(out, item.item.sort);
  out.u32(item.item.index);
}

void write_core_instance(ByteWriter& out, const CoreInstance& instance) {
  if (instance.module) {
    out.u8(instantiate_code);
    out.u32(instance.module->value);
  } else {
    out.u8(exports_code);
  }
  write_list(out, instance.items, write_item);
}

}  // namespace

CoreInstance read_core_instance(Cursor& in, Reader& reader) {
  CoreInstance instance;
  const std::uint64_t start = in.offset();
  const std::uint8_t code = in.u8();
  if (code == instantiate_code) {
    instance.module = CoreModuleIdx(in.u32());
    instance.items = read_list<NamedSortIdx>(in, reader, limits::max_imports, "arguments", 3, read_argument);
  } else if (code == exports_code) {
    instance.items = read_list<NamedSortIdx>(in, reader, limits::max_exports, "exports", 3, read_inline_export);
  } else {
    fault_leading_byte(in, start, code, "core instance");
  }
  return instance;
}

template <>
void read_payload<SectionId::core_instance>(Cursor& in, Reader& reader) {
  read_definitions(in, reader, DefinitionKind::core_instance, &Definition::core_instance, "core instances",
                   read_core_instance);
}

template <>
void write_payload<SectionId::core_instance>(ByteWriter& out, std::span<const Definition> definitions) {
  write_definitions(out, definitions, &Definition::core_instance, write_core_instance);
}

}  // namespace tenon::component
