#include "wit/component_builder.hpp"

namespace tenon::wit {

using component::Definition;
using component::DefinitionKind;
using component::Sort;

namespace {

Definition define(DefinitionKind kind) {
  Definition definition;
  definition.kind = kind;
  return definition;
}

component::ExternType type_bound(std::optional<component::TypeIdx> equal) {
  component::ExternType type;
  type.sort = Sort::type;
  type.type_bound = equal ? component::TypeBound::eq : component::TypeBound::sub_resource;
  if (equal) type.index = equal->value;
  return type;
}

}  // namespace

std::uint32_t ComponentBuilder::add(const Definition& definition, Sort sort) {
  body_.definitions.push_back(*arena_, definition);
  return counts_[static_cast<std::size_t>(sort)]++;
}

component::TypeIdx ComponentBuilder::type(const component::Type& type) {
  Definition definition = define(DefinitionKind::type);
  definition.type = arena_->make<component::Type>(type);
  return component::TypeIdx(add(definition, Sort::type));
}

component::TypeIdx ComponentBuilder::scope_type(component::TypeKind kind, const ComponentBuilder& scope) {
  component::Type result;
  result.kind = kind;
  result.declarations = scope.body_.definitions;
  return type(result);
}

component::CoreModuleIdx ComponentBuilder::core_module(Bytes bytes) {
  Definition definition = define(DefinitionKind::core_module);
  definition.core_module = arena_->make<component::CoreModule>(bytes);
  return component::CoreModuleIdx(add(definition, Sort::core_module));
}

component::CoreInstanceIdx ComponentBuilder::instantiate(component::CoreModuleIdx module,
                                                         std::span<const component::NamedSortIdx> arguments) {
  Definition definition = define(DefinitionKind::core_instance);
  definition.core_instance = arena_->make<component::CoreInstance>(module, arena_->copy(arguments));
  return component::CoreInstanceIdx(add(definition, Sort::core_instance));
}

component::CoreInstanceIdx ComponentBuilder::bundle_core(std::span<const component::NamedSortIdx> exports) {
  Definition definition = define(DefinitionKind::core_instance);
  definition.core_instance = arena_->make<component::CoreInstance>(std::nullopt, arena_->copy(exports));
  return component::CoreInstanceIdx(add(definition, Sort::core_instance));
}

component::ComponentIdx ComponentBuilder::nested(const component::ComponentBody& body) {
  Definition definition = define(DefinitionKind::component);
  definition.component = arena_->make<component::ComponentBody>(body);
  return component::ComponentIdx(add(definition, Sort::component));
}

component::InstanceIdx ComponentBuilder::instantiate(component::ComponentIdx component,
                                                     std::span<const component::NamedSortIdx> arguments) {
  Definition definition = define(DefinitionKind::instance);
  definition.instance = arena_->make<component::Instance>(component, arena_->copy(arguments));
  return component::InstanceIdx(add(definition, Sort::instance));
}

std::uint32_t ComponentBuilder::alias_export(Sort sort, component::InstanceIdx instance, std::string_view name) {
  Definition definition = define(DefinitionKind::alias);
  definition.alias = arena_->make<component::Alias>(component::AliasKind::export_, sort, instance.value, name);
  return add(definition, sort);
}

std::uint32_t ComponentBuilder::alias_core_export(Sort sort, component::CoreInstanceIdx instance,
                                                  std::string_view name) {
  Definition definition = define(DefinitionKind::alias);
  definition.alias = arena_->make<component::Alias>(component::AliasKind::core_export, sort, instance.value, name);
  return add(definition, sort);
}

component::TypeIdx ComponentBuilder::alias_outer_type(std::uint32_t count, component::TypeIdx index) {
  component::Alias alias;
  alias.kind = component::AliasKind::outer;
  alias.sort = Sort::type;
  alias.count = count;
  alias.index = index.value;
  Definition definition = define(DefinitionKind::alias);
  definition.alias = arena_->make<component::Alias>(alias);
  return component::TypeIdx(add(definition, Sort::type));
}

component::FuncIdx ComponentBuilder::lift(const component::Canon& canon) {
  Definition definition = define(DefinitionKind::canon);
  definition.canon = arena_->make<component::Canon>(canon);
  return component::FuncIdx(add(definition, Sort::func));
}

component::CoreFuncIdx ComponentBuilder::core_func(const component::Canon& canon) {
  Definition definition = define(DefinitionKind::canon);
  definition.canon = arena_->make<component::Canon>(canon);
  return component::CoreFuncIdx(add(definition, Sort::core_func));
}

component::CoreTypeIdx ComponentBuilder::core_type(const component::CoreType& type) {
  Definition definition = define(DefinitionKind::core_type);
  definition.core_type = arena_->make<component::CoreType>(type);
  return component::CoreTypeIdx(add(definition, Sort::core_type));
}

std::uint32_t ComponentBuilder::import(const component::ExternName& name, const component::ExternType& type) {
  Definition definition = define(DefinitionKind::import);
  definition.import = arena_->make<component::Import>(name, type);
  return add(definition, type.sort);
}

component::TypeIdx ComponentBuilder::import_type(const component::ExternName& name,
                                                 std::optional<component::TypeIdx> equal) {
  return component::TypeIdx(import(name, type_bound(equal)));
}

std::uint32_t ComponentBuilder::export_item(const component::ExternName& name, component::SortIdx item,
                                            std::optional<component::ExternType> type) {
  Definition definition = define(DefinitionKind::export_);
  definition.export_ = arena_->make<component::Export>(name, item, type);
  return add(definition, item.sort);
}

std::uint32_t ComponentBuilder::declare_export(const component::ExternName& name, const component::ExternType& type) {
  Definition definition = define(DefinitionKind::export_);
  definition.export_ = arena_->make<component::Export>(name, component::SortIdx{}, type);
  return add(definition, type.sort);
}

component::TypeIdx ComponentBuilder::declare_type(const component::ExternName& name,
                                                  std::optional<component::TypeIdx> equal) {
  return component::TypeIdx(declare_export(name, type_bound(equal)));
}

void ComponentBuilder::custom_section(std::string_view name, Bytes payload) {
  const auto written = static_cast<std::uint32_t>(body_.definitions.size());
  if (written > in_sections_) {
    component::Section before;
    before.id = component::SectionId::type;  // any that holds definitions: they are written by their kinds
    before.changed = true;
    before.definitions = written - in_sections_;
    body_.sections.push_back(*arena_, before);
    in_sections_ = written;
  }
  component::Section section;
  section.changed = true;
  section.name = name;
  section.payload = payload;
  body_.sections.push_back(*arena_, section);
}

component::ExternName extern_name(Arena& arena, std::string_view name, std::optional<std::string_view> external_id,
                                  std::optional<std::string_view> implements) {
  component::ExternName result;
  result.name = name;
  component::NameAttribute given[2];
  std::size_t count = 0;
  if (implements) given[count++] = component::NameAttribute::implements;
  if (external_id) given[count++] = component::NameAttribute::external_id;
  if (count == 0) return result;
  result.given = arena.copy(std::span<const component::NameAttribute>(given, count));
  result.implements = implements;
  result.external_id = external_id;
  result.form = 2;
  return result;
}

}  // namespace tenon::wit
