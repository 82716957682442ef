// The instance section.
#include "binary/component/sections.hpp"
#include "binary/core/sections.hpp"

namespace tenon::component {

namespace {

constexpr std::uint8_t instantiate_code = 0x00;
constexpr std::uint8_t exports_code = 0x01;

NamedSortIdx read_argument(Cursor& in, Reader& reader) {
  NamedSortIdx argument;
  argument.name.name = core::read_bounded_name(in);
  argument.item = read_sort_idx(in, reader);
  return argument;
}

NamedSortIdx read_inline_export(Cursor& in, Reader& reader) {
  NamedSortIdx item;
  item.name = read_extern_name(in, reader);
  item.item = read_sort_idx(in, reader);
  return item;
}

void write_argument(ByteWriter& out, const NamedSortIdx& argument) {
  out.name(argument.name.name);
  write_sort_idx(out, argument.item);
}

void write_inline_export(ByteWriter& out, const NamedSortIdx& item) {
  write_extern_name(out, item.name);
  write_sort_idx(out, item.item);
}

void write_instance(ByteWriter& out, const Instance& instance) {
  if (instance.component) {
    out.u8(instantiate_code);
    out.u32(instance.component->value);
    write_list(out, instance.items, write_argument);
  } else {
    out.u8(exports_code);
    write_list(out, instance.items, write_inline_export);
  }
}

}  // namespace

Instance read_instance(Cursor& in, Reader& reader) {
  Instance instance;
  const std::uint64_t start = in.offset();
  const std::uint8_t code = in.u8();
  if (code == instantiate_code) {
    instance.component = ComponentIdx(in.u32());
    instance.items = read_list<NamedSortIdx>(in, reader, limits::max_imports, "arguments", 3, read_argument);
  } else if (code == exports_code) {
    instance.items = read_list<NamedSortIdx>(in, reader, limits::max_exports, "exports", 4, read_inline_export);
  } else {
    fault_leading_byte(in, start, code, "instance");
  }
  return instance;
}

template <>
void read_payload<SectionId::instance>(Cursor& in, Reader& reader) {
  read_definitions(in, reader, DefinitionKind::instance, &Definition::instance, "instances", read_instance);
}

template <>
void write_payload<SectionId::instance>(ByteWriter& out, std::span<const Definition> definitions) {
  write_definitions(out, definitions, &Definition::instance, write_instance);
}

}  // namespace tenon::component
