// WIT types as definitions of a component scope: each type is defined once, before what mentions it, and gets a name
// where it has one.
//
// How a named type is named differs by scope (an export of an instance type, an import of a world, nothing inside the
// component that implements it), and so does how a type of another interface is reached: these are the hooks. The order
// of definitions is that of other tools, so that the same WIT gives the same bytes.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/WIT.md#package-format
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>

#include "model/wit/resolve.hpp"
#include "wit/component_builder.hpp"

namespace tenon::wit {

class TypeEncoder {
 public:
  // Names a finished type, and gives the type that has the name; the type itself where it gets none.
  using NameType = std::function<component::TypeIdx(const TypeDef& type, component::TypeIdx definition)>;
  // A resource: nothing but its name.
  using NameResource = std::function<component::TypeIdx(const TypeDef& type)>;
  // Reaches a type that belongs to another interface than `interface`.
  using ReachType = std::function<component::TypeIdx(TypeIdx type)>;

  struct Hooks {
    NameType name_type;
    NameResource name_resource;
    ReachType reach_type;
  };

  // What is defined already.
  struct Known {
    std::unordered_map<std::uint32_t, component::TypeIdx> types;  // by wit::TypeIdx
    std::unordered_map<std::string, component::TypeIdx> shapes;   // of types without a name
    std::unordered_map<std::string, component::TypeIdx> funcs;
  };

  TypeEncoder(const Resolve& resolve, ComponentBuilder& scope, Hooks hooks)
      : resolve_(resolve), scope_(&scope), hooks_(std::move(hooks)) {}

  component::ValType value(const Type& type);
  component::TypeIdx type(TypeIdx index) { return defined(value(Type::of(index))); }
  component::TypeIdx function(const Function& function);
  // The type of a stream or future that carries nothing, or of another shape without a name.
  component::TypeIdx shape(const TypeDef& type);

  ComponentBuilder& scope() noexcept { return *scope_; }

  InterfaceIdx interface;  // whose types are defined here; none for those of a world
  Known known;

 private:
  component::ValType define(TypeIdx index, const TypeDef& type);
  component::TypeIdx defined(component::ValType type);
  component::Type content(const TypeDef& type);
  std::optional<component::ValType> optional(const Type& type);
  std::span<const component::Labelled> fields(const TypeDef& type);
  std::span<const std::string_view> labels(const TypeDef& type);

  const Resolve& resolve_;
  ComponentBuilder* scope_;
  Hooks hooks_;
};

// Hooks of a type's scope: names are declared as exports.
TypeEncoder::Hooks declaring_hooks(ComponentBuilder& scope, TypeEncoder::ReachType reach);

}  // namespace tenon::wit
