// Components under construction: definitions in their order, each giving back its place in its index space.
//
// One class serves the body of a component and the declarations of a component or instance type: both are definitions
// that add to the index spaces of a scope. Everything lies in the arena given; texts are borrowed.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "base/arena.hpp"
#include "model/component/component.hpp"

namespace tenon::wit {

class ComponentBuilder {
 public:
  explicit ComponentBuilder(Arena& arena) noexcept : arena_(&arena) {}

  Arena& arena() const noexcept { return *arena_; }
  std::uint32_t count(component::Sort sort) const noexcept { return counts_[static_cast<std::size_t>(sort)]; }
  component::TypeIdx next_type() const noexcept { return component::TypeIdx(count(component::Sort::type)); }

  component::TypeIdx type(const component::Type& type);
  // A type whose declarations are those of another scope.
  component::TypeIdx scope_type(component::TypeKind kind, const ComponentBuilder& scope);
  component::CoreModuleIdx core_module(Bytes bytes);
  component::CoreInstanceIdx instantiate(component::CoreModuleIdx module,
                                         std::span<const component::NamedSortIdx> arguments);
  component::CoreInstanceIdx bundle_core(std::span<const component::NamedSortIdx> exports);
  component::ComponentIdx nested(const component::ComponentBody& body);
  component::InstanceIdx instantiate(component::ComponentIdx component,
                                     std::span<const component::NamedSortIdx> arguments);
  // Aliases give the index of what they stand for, in its own index space.
  std::uint32_t alias_export(component::Sort sort, component::InstanceIdx instance, std::string_view name);
  std::uint32_t alias_core_export(component::Sort sort, component::CoreInstanceIdx instance, std::string_view name);
  component::TypeIdx alias_outer_type(std::uint32_t count, component::TypeIdx index);
  component::FuncIdx lift(const component::Canon& canon);
  // Every canonical definition but `lift`.
  component::CoreFuncIdx core_func(const component::Canon& canon);
  component::CoreTypeIdx core_type(const component::CoreType& type);

  std::uint32_t import(const component::ExternName& name, const component::ExternType& type);
  component::TypeIdx import_type(const component::ExternName& name, std::optional<component::TypeIdx> equal);
  // In a component: exports what is there. The exported item is a new one.
  std::uint32_t export_item(const component::ExternName& name, component::SortIdx item,
                            std::optional<component::ExternType> type = {});
  // In a type: says what is exported.
  std::uint32_t declare_export(const component::ExternName& name, const component::ExternType& type);
  component::TypeIdx declare_type(const component::ExternName& name, std::optional<component::TypeIdx> equal);

  void custom_section(std::string_view name, Bytes payload);

  // What was built so far, for use behind the last change.
  const component::ComponentBody& body() const noexcept { return body_; }

 private:
  std::uint32_t add(const component::Definition& definition, component::Sort sort);

  Arena* arena_;
  component::ComponentBody body_;
  std::uint32_t in_sections_ = 0;  // definitions that an entry of `body_.sections` accounts for
  std::array<std::uint32_t, 32> counts_{};
};

// A plain name, with an external id where there is one.
component::ExternName extern_name(Arena& arena, std::string_view name, std::optional<std::string_view> external_id = {},
                                  std::optional<std::string_view> implements = {});

}  // namespace tenon::wit
