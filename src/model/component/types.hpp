// Types of components as written: indices refer to the index spaces of the scope they stand in.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#type-definitions
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/index.hpp"
#include "model/core/module.hpp"
#include "model/core/types.hpp"

namespace tenon::component {

using TypeIdx = Index<struct ComponentTypeTag>;
using FuncIdx = Index<struct ComponentFuncTag>;
using ValueIdx = Index<struct ComponentValueTag>;
using ComponentIdx = Index<struct ComponentTag>;
using InstanceIdx = Index<struct ComponentInstanceTag>;
using CoreModuleIdx = Index<struct CoreModuleTag>;
using CoreInstanceIdx = Index<struct CoreInstanceTag>;
using CoreTypeIdx = Index<struct ComponentCoreTypeTag>;
using CoreFuncIdx = Index<struct ComponentCoreFuncTag>;
using CoreTableIdx = Index<struct ComponentCoreTableTag>;
using CoreMemoryIdx = Index<struct ComponentCoreMemoryTag>;

// What an index space holds.
enum class Sort : std::uint8_t {
#define TENON_CORE_SORT(name, code, text) name,
#define TENON_SORT(name, code, text, feature) name,
#define TENON_PRIMITIVE(name, code, text, size, feature)
#include "spec/component_types.def"
#undef TENON_CORE_SORT
#undef TENON_SORT
#undef TENON_PRIMITIVE
};

constexpr bool is_core(Sort sort) noexcept { return sort < Sort::func; }

// "core func", "instance", ...
std::string_view to_string(Sort sort) noexcept;

struct SortIdx {
  Sort sort = Sort::func;
  std::uint32_t index = 0;
};

// A primitive type; the value is its code in the binary format.
enum class Primitive : std::uint8_t {
#define TENON_CORE_SORT(name, code, text)
#define TENON_SORT(name, code, text, feature)
#define TENON_PRIMITIVE(name, code, text, size, feature) name = code,
#include "spec/component_types.def"
#undef TENON_CORE_SORT
#undef TENON_SORT
#undef TENON_PRIMITIVE
};

// As in the text format.
std::string_view keyword_of(Primitive type) noexcept;

// A primitive type or the index of a defined one.
class ValType {
 public:
  constexpr ValType() noexcept = default;
  constexpr ValType(Primitive type) noexcept  // NOLINT(google-explicit-constructor)
      : bits_(primitive_bit | static_cast<std::uint32_t>(type)) {}
  constexpr ValType(TypeIdx index) noexcept : bits_(index.value) {}  // NOLINT(google-explicit-constructor)
  constexpr bool is_primitive() const noexcept { return (bits_ & primitive_bit) != 0; }
  constexpr Primitive primitive() const noexcept { return static_cast<Primitive>(bits_ & 0xFF); }
  constexpr TypeIdx index() const noexcept { return TypeIdx(bits_); }
  constexpr bool operator==(const ValType&) const noexcept = default;

 private:
  static constexpr std::uint32_t primitive_bit = 1U << 31;
  std::uint32_t bits_ = primitive_bit;
};

// A name with a type: a record's field, a variant's case (the type is optional), a function's parameter.
struct Labelled {
  std::string_view label;
  std::optional<ValType> type;
};

struct FuncType {
  std::span<const Labelled> params;
  std::optional<ValType> result;
  bool is_async = false;
};

struct ResourceType {
  core::ValType rep;  // i32 or i64
  std::optional<CoreFuncIdx> destructor;
};

struct Definition;  // model/component/component.hpp

enum class TypeKind : std::uint8_t {
  primitive,
#define TENON_TYPE_KIND(name, code, text, feature) name,
#include "spec/component_type_kinds.def"
#undef TENON_TYPE_KIND
};

// As in the text format; "primitive" for those.
std::string_view keyword_of(TypeKind kind) noexcept;

// A defined type. Which fields are meaningful is said by `kind`.
struct Type {
  TypeKind kind = TypeKind::primitive;
  Primitive primitive = Primitive::bool_;
  std::span<const Labelled> fields;          // record, variant
  std::span<const std::string_view> labels;  // flags, enum_
  std::span<const ValType> types;            // tuple
  std::optional<ValType> element;  // list, fixed_length_list, option, stream, future; ok of result; value of map
  std::optional<ValType> second;   // error of result; key of map
  std::uint32_t length = 0;        // fixed_length_list
  TypeIdx resource;                // own, borrow
  FuncType func;                   // func
  ResourceType resource_type;      // resource
  std::span<const Definition> declarations;  // component, instance
  std::uint64_t offset = 0;
};

// A core type in a component: a recursive group of core types, or a module type.
struct CoreType {
  bool is_module = false;
  core::RecGroup group;  // not a module type: `types` are its members, first = 0
  std::span<const core::SubType> types;
  std::span<const Definition> declarations;  // module type: core types, aliases, core imports and exports
  std::uint64_t offset = 0;
};

enum class TypeBound : std::uint8_t { eq, sub_resource };
enum class ValueBound : std::uint8_t { eq, type };

// The type of an import or export; `sort` says which fields are meaningful.
struct ExternType {
  Sort sort = Sort::func;   // core_module, func, value, type, component, instance
  std::uint32_t index = 0;  // of the type (core type for modules); eq bound: the type or value
  TypeBound type_bound = TypeBound::eq;
  ValueBound value_bound = ValueBound::type;
  ValType value_type;  // value with bound `type`

  // Of a function, component or instance, by its type.
  static ExternType of(Sort sort, TypeIdx type) noexcept {
    ExternType result;
    result.sort = sort;
    result.index = type.value;
    return result;
  }
};

}  // namespace tenon::component
