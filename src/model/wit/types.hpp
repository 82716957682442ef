// The types of WIT: references, definitions, functions. Plain data in an arena, addressed by index.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/WIT.md
//
// A `Type` is a primitive or the index of a definition. Definitions without a name (`list<u8>`) are shared by all who
// write them in one package; a resource that is mentioned as a value gets an `own` definition, as the component model
// has it. Definitions stand in topological order: what one mentions has a smaller index.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/arena.hpp"
#include "base/index.hpp"
#include "model/component/types.hpp"
#include "model/wit/version.hpp"

namespace tenon::wit {

using PackageIdx = Index<struct PackageTag>;
using InterfaceIdx = Index<struct InterfaceTag>;
using WorldIdx = Index<struct WorldTag>;
using TypeIdx = Index<struct TypeTag>;
using SourceIdx = Index<struct SourceTag>;

using component::Primitive;

// A range of a source text, in bytes.
struct Span {
  SourceIdx source;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

// What stands in the comments before an item, without their marks; absent when there are none.
using Docs = std::optional<std::string_view>;

// An item's gates. `since` and `feature` exclude each other; `deprecated` stands only beside one of them.
struct Stability {
  const Version* since = nullptr;
  const Version* deprecated = nullptr;
  std::string_view feature;  // of @unstable; empty when there is none

  bool is_unknown() const noexcept { return since == nullptr && feature.empty(); }
  bool is_unstable() const noexcept { return !feature.empty(); }
};
bool operator==(const Stability& left, const Stability& right) noexcept;

enum class TypeForm : std::uint8_t { none, primitive, defined };

// A mention of a type; of form `none` where a payload or a result is absent.
struct Type {
  TypeForm form = TypeForm::none;
  Primitive primitive{};
  TypeIdx index;  // of form `defined`

  static constexpr Type of(Primitive primitive) noexcept { return {TypeForm::primitive, primitive, {}}; }
  static constexpr Type of(TypeIdx index) noexcept { return {TypeForm::defined, {}, index}; }
  constexpr bool is_none() const noexcept { return form == TypeForm::none; }
  constexpr bool is_defined() const noexcept { return form == TypeForm::defined; }
  constexpr bool operator==(const Type&) const noexcept = default;
};

enum class TypeKind : std::uint8_t {
  record,  // members
  resource,
  own,                // resource
  borrow,             // resource
  flags,              // members, without types
  tuple,              // elements
  variant,            // members, with or without a payload
  enum_,              // members, without types
  option,             // first
  result,             // first: ok, second: error; either may be absent
  list,               // first
  map,                // first: key, second: value
  fixed_length_list,  // first, length
  future,             // first, may be absent
  stream,             // first, may be absent
  alias,              // first
};

// A field, a flag or a case.
struct Member {
  std::string_view name;
  Type type;
  Docs docs;
  Span span;
};

enum class OwnerKind : std::uint8_t { none, interface, world };

// Whose namespace a named type is in; `none` for types without a name.
struct Owner {
  OwnerKind kind = OwnerKind::none;
  InterfaceIdx interface;
  WorldIdx world;
  constexpr bool operator==(const Owner&) const noexcept = default;
};

struct TypeDef {
  TypeKind kind{};
  std::string_view name;  // empty for an anonymous type
  Owner owner;
  Type first;
  Type second;
  TypeIdx resource;
  std::uint32_t length = 0;
  ArenaVector<Member> members;
  ArenaVector<Type> elements;
  Docs docs;
  Stability stability;
  std::optional<std::string_view> external_id;
  Span span;
};

// Calls `visit` with each type that a definition is made of; absent ones included.
template <class Visit>
void for_each_part(const TypeDef& definition, const Visit& visit) {
  if (!definition.resource.is_none()) visit(Type::of(definition.resource));
  visit(definition.first);
  visit(definition.second);
  for (const Member& member : definition.members) visit(member.type);
  for (const Type& element : definition.elements) visit(element);
}

enum class FunctionKind : std::uint8_t { freestanding, method, static_, constructor };

struct Param {
  std::string_view name;
  Type type;
  Span span;
};

struct Function {
  std::string_view name;  // as in the component: "[method]file.read"
  FunctionKind kind{};
  bool is_async = false;
  TypeIdx resource;           // but for `freestanding`
  ArenaVector<Param> params;  // a method's first is `self`
  Type result;
  Docs docs;
  Stability stability;
  std::optional<std::string_view> external_id;
  Span span;

  // The name without its annotation and resource: "read"; empty for a constructor.
  std::string_view item_name() const noexcept;
};

}  // namespace tenon::wit
