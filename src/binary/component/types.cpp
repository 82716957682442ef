// Types of components, and the type section.
//
// As in core modules, a type's first byte is a negative number of signed LEB128, so that a type index can stand in the
// same place as a primitive type. Component and instance types hold declarations, which are definitions, types among
// them: this is where types nest.
#include "binary/core/types.hpp"

#include "binary/component/sections.hpp"
#include "binary/core/sections.hpp"

namespace tenon::component {

namespace {

constexpr std::uint8_t async_func_code = 0x43;  // a func type like the other
constexpr std::uint8_t with_result_code = 0x00;
constexpr std::uint8_t without_result_code = 0x01;
constexpr std::uint8_t case_end = 0x00;
constexpr std::uint32_t last_type_index = (1U << 31) - 1;  // that a ValType can hold

enum class Declaration : std::uint8_t { core_type = 0x00, type = 0x01, alias = 0x02, import = 0x03, export_ = 0x04 };

std::optional<Primitive> find_primitive(std::uint8_t code) {
  switch (code) {
#define TENON_CORE_SORT(name, code, text)
#define TENON_SORT(name, code, text, feature)
#define TENON_PRIMITIVE(name, code, text, size, feature) \
  case code: return Primitive::name;
#include "spec/component_types.def"
#undef TENON_CORE_SORT
#undef TENON_SORT
#undef TENON_PRIMITIVE
    default: return {};
  }
}

void require_primitive(Cursor& in, const Reader& reader, std::uint64_t offset, Primitive type) {
  switch (type) {
#define TENON_CORE_SORT(name, code, text)
#define TENON_SORT(name, code, text, feature)
#define TENON_PRIMITIVE(name, code, text, size, feature) \
  case Primitive::name: return require(in, reader, offset, text, Feature::feature);
#include "spec/component_types.def"
#undef TENON_CORE_SORT
#undef TENON_SORT
#undef TENON_PRIMITIVE
  }
}

struct KindInfo {
  TypeKind kind;
  std::uint8_t code;
  std::string_view text;
  Feature feature;
};

constexpr KindInfo kind_infos[] = {
#define TENON_TYPE_KIND(name, code, text, feature) {TypeKind::name, code, text, Feature::feature},
#include "spec/component_type_kinds.def"
#undef TENON_TYPE_KIND
    {TypeKind::func, async_func_code, "an async func", Feature::component_async},
};

const KindInfo* find_kind(std::uint8_t code) {
  for (const KindInfo& kind : kind_infos) {
    if (kind.code == code) return &kind;
  }
  return nullptr;
}

std::uint8_t code_of(const Type& type) {
  if (type.kind == TypeKind::func && type.func.is_async) return async_func_code;
  for (const KindInfo& kind : kind_infos) {
    if (kind.kind == type.kind) return kind.code;
  }
  return static_cast<std::uint8_t>(type.primitive);
}

std::optional<ValType> read_optional_type(Cursor& in, Reader& reader) {
  if (!read_presence(in, "optional component value type")) return {};
  return read_val_type(in, reader);
}

Labelled read_labelled_type(Cursor& in, Reader& reader) {
  Labelled field;
  field.label = core::read_bounded_name(in);
  field.type = read_val_type(in, reader);
  return field;
}

Labelled read_case(Cursor& in, Reader& reader) {
  Labelled field;
  field.label = core::read_bounded_name(in);
  field.type = read_optional_type(in, reader);
  const std::uint64_t start = in.offset();
  const std::uint8_t end = in.u8();
  if (end != case_end) fault_leading_byte(in, start, end, "zero byte required");
  return field;
}

std::span<const Labelled> read_params(Cursor& in, Reader& reader) {
  return read_list<Labelled>(in, reader, limits::max_params, "parameters", 2, read_labelled_type);
}

template <class T, class ReadOne>
std::span<const T> read_members(Cursor& in, Reader& reader, std::string_view what, std::size_t least, ReadOne read) {
  return read_list<T>(in, reader, limits::max_type_members, what, least, read);
}

std::string_view read_label(Cursor& in, Reader&) { return core::read_bounded_name(in); }

ResourceType read_resource(Cursor& in, const Reader& reader) {
  ResourceType resource;
  const std::uint64_t start = in.offset();
  resource.rep = core::read_val_type(in, reader.features);
  if (resource.rep == core::i64) {
    require(in, reader, start, "a resource represented by i64", Feature::component_memory64);
  }
  if (read_presence(in, "resource destructor")) resource.destructor = CoreFuncIdx(in.u32());
  return resource;
}

template <bool of_component>
Definition read_declaration(Cursor& in, Reader& reader) {
  const std::uint64_t start = in.offset();
  const std::uint8_t code = in.u8();
  const auto read_export_declaration = [](Cursor& at, Reader& all) {
    Export item;
    item.name = read_extern_name(at, all);
    item.type = read_extern_type(at, all);
    return item;
  };
  switch (static_cast<Declaration>(code)) {
    case Declaration::core_type:
      return read_definition(in, reader, DefinitionKind::core_type, &Definition::core_type, read_core_type);
    case Declaration::type: return read_definition(in, reader, DefinitionKind::type, &Definition::type, read_type);
    case Declaration::alias: return read_definition(in, reader, DefinitionKind::alias, &Definition::alias, read_alias);
    case Declaration::import:
      if (!of_component) break;
      return read_definition(in, reader, DefinitionKind::import, &Definition::import, read_import);
    case Declaration::export_:
      return read_definition(in, reader, DefinitionKind::export_, &Definition::export_, read_export_declaration);
  }
  return fault_leading_byte(in, start, code, "component or instance type declaration"), Definition{};
}

template <bool of_component>
std::span<const Definition> read_declarations(Cursor& in, Reader& reader) {
  const Nesting nesting(in, reader);
  return read_list<Definition>(in, reader, limits::max_component_items, "declarations", 2,
                               read_declaration<of_component>);
}

void read_content(Cursor& in, Reader& reader, Type& type) {
  switch (type.kind) {
    case TypeKind::primitive: return;
    case TypeKind::record: type.fields = read_members<Labelled>(in, reader, "fields", 2, read_labelled_type); return;
    case TypeKind::variant: type.fields = read_members<Labelled>(in, reader, "cases", 3, read_case); return;
    case TypeKind::fixed_length_list:
      type.element = read_val_type(in, reader);
      type.length = in.u32();
      return;
    case TypeKind::list:
    case TypeKind::option: type.element = read_val_type(in, reader); return;
    case TypeKind::tuple: type.types = read_members<ValType>(in, reader, "types", 1, read_val_type); return;
    case TypeKind::flags:
    case TypeKind::enum_: type.labels = read_members<std::string_view>(in, reader, "labels", 1, read_label); return;
    case TypeKind::result:
      type.element = read_optional_type(in, reader);
      type.second = read_optional_type(in, reader);
      return;
    case TypeKind::own:
    case TypeKind::borrow: type.resource = TypeIdx(in.u32()); return;
    case TypeKind::stream:
    case TypeKind::future: type.element = read_optional_type(in, reader); return;
    case TypeKind::map:
      type.second = read_val_type(in, reader);
      type.element = read_val_type(in, reader);
      return;
    case TypeKind::func:
      type.func.params = read_params(in, reader);
      type.func.result = read_result_list(in, reader);
      return;
    case TypeKind::component: type.declarations = read_declarations<true>(in, reader); return;
    case TypeKind::instance: type.declarations = read_declarations<false>(in, reader); return;
    case TypeKind::resource: type.resource_type = read_resource(in, reader); return;
  }
}

void write_optional_type(ByteWriter& out, std::optional<ValType> type) {
  out.u8(type ? 1 : 0);
  if (type) write_val_type(out, *type);
}

void write_labelled_type(ByteWriter& out, const Labelled& field) {
  out.name(field.label);
  write_val_type(out, *field.type);
}

void write_case(ByteWriter& out, const Labelled& field) {
  out.name(field.label);
  write_optional_type(out, field.type);
  out.u8(case_end);
}

void write_label(ByteWriter& out, std::string_view label) { out.name(label); }

void write_resource(ByteWriter& out, const ResourceType& resource) {
  core::write_val_type(out, resource.rep);
  out.u8(resource.destructor ? 1 : 0);
  if (resource.destructor) out.u32(resource.destructor->value);
}

void write_declaration(ByteWriter& out, const Definition& declaration) {
  const auto begin = [&](Declaration code) { out.u8(static_cast<std::uint8_t>(code)); };
  switch (declaration.kind) {
    case DefinitionKind::core_type: return begin(Declaration::core_type), write_core_type(out, *declaration.core_type);
    case DefinitionKind::type: return begin(Declaration::type), write_type(out, *declaration.type);
    case DefinitionKind::alias: return begin(Declaration::alias), write_alias(out, *declaration.alias);
    case DefinitionKind::import: return begin(Declaration::import), write_import(out, *declaration.import);
    case DefinitionKind::export_:
      begin(Declaration::export_);
      write_extern_name(out, declaration.export_->name);
      return write_extern_type(out, *declaration.export_->type);
    default: assert(false && "only what a component type may declare stands in one");
  }
}

void write_content(ByteWriter& out, const Type& type) {
  switch (type.kind) {
    case TypeKind::primitive: return;
    case TypeKind::record: return write_list(out, type.fields, write_labelled_type);
    case TypeKind::variant: return write_list(out, type.fields, write_case);
    case TypeKind::fixed_length_list: return write_val_type(out, *type.element), out.u32(type.length);
    case TypeKind::list:
    case TypeKind::option: return write_val_type(out, *type.element);
    case TypeKind::tuple: return write_list(out, type.types, write_val_type);
    case TypeKind::flags:
    case TypeKind::enum_: return write_list(out, type.labels, write_label);
    case TypeKind::result: return write_optional_type(out, type.element), write_optional_type(out, type.second);
    case TypeKind::own:
    case TypeKind::borrow: return out.u32(type.resource.value);
    case TypeKind::stream:
    case TypeKind::future: return write_optional_type(out, type.element);
    case TypeKind::map: return write_val_type(out, *type.second), write_val_type(out, *type.element);
    case TypeKind::func:
      write_list(out, type.func.params, write_labelled_type);
      return write_result_list(out, type.func.result);
    case TypeKind::component:
    case TypeKind::instance: return write_list(out, type.declarations, write_declaration);
    case TypeKind::resource: return write_resource(out, type.resource_type);
  }
}

}  // namespace

ValType read_val_type(Cursor& in, Reader& reader) {
  const std::uint64_t start = in.offset();
  const std::uint8_t code = in.peek();
  if (const std::optional<Primitive> primitive = find_primitive(code)) {
    in.u8();
    require_primitive(in, reader, start, *primitive);
    return *primitive;
  }
  const std::int64_t index = in.s33();
  if (index < 0) fault_leading_byte(in, start, code, "component value type");
  // No component has so many types: an index beyond is as unknown as the last one that can be told apart.
  return TypeIdx(index > last_type_index ? last_type_index : static_cast<std::uint32_t>(index));
}

std::optional<ValType> read_result_list(Cursor& in, Reader& reader) {
  const std::uint64_t start = in.offset();
  const std::uint8_t code = in.u8();
  if (code == with_result_code) return read_val_type(in, reader);
  if (code != without_result_code)
    return fault_leading_byte(in, start, code, "component function results"), std::nullopt;
  const std::uint64_t count_offset = in.offset();
  const std::uint8_t count = in.u8();
  if (count != 0) fault_leading_byte(in, count_offset, count, "number of results");
  return {};
}

Type read_type(Cursor& in, Reader& reader) {
  Type type;
  type.offset = in.offset();
  const std::uint8_t code = in.u8();
  if (const std::optional<Primitive> primitive = find_primitive(code)) {
    require_primitive(in, reader, type.offset, *primitive);
    type.primitive = *primitive;
    return type;
  }
  const KindInfo* kind = find_kind(code);
  if (kind == nullptr) return fault_leading_byte(in, type.offset, code, "component defined type"), type;
  require(in, reader, type.offset, kind->text, kind->feature);
  type.kind = kind->kind;
  type.func.is_async = code == async_func_code;
  read_content(in, reader, type);
  return type;
}

void write_val_type(ByteWriter& out, ValType type) {
  if (type.is_primitive()) {
    out.u8(static_cast<std::uint8_t>(type.primitive()));
  } else {
    out.s33(type.index().value);
  }
}

void write_result_list(ByteWriter& out, std::optional<ValType> result) {
  if (result) {
    out.u8(with_result_code);
    return write_val_type(out, *result);
  }
  out.u8(without_result_code);
  out.u8(0);
}

void write_type(ByteWriter& out, const Type& type) {
  out.u8(code_of(type));
  write_content(out, type);
}

template <>
void read_payload<SectionId::type>(Cursor& in, Reader& reader) {
  read_definitions(in, reader, DefinitionKind::type, &Definition::type, "types", read_type);
}

template <>
void write_payload<SectionId::type>(ByteWriter& out, std::span<const Definition> definitions) {
  write_definitions(out, definitions, &Definition::type, write_type);
}

}  // namespace tenon::component
