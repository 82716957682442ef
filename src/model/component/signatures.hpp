// Types of components with no index left in them: what validation makes of the types as written (types.hpp), and what
// the canonical ABI, instantiation plans, WIT and the host work on.
//
// A node of a value type has two identities. Its address is the *definition* it stands for: each `(type ...)`, and each
// import or export that gives a type a name, makes a new node, so that one can ask whether a type was named. Its
// `structure` is the interned node of its shape: nodes of one pool are the same type exactly when their structures are
// one address (`same_type`). Members of a structure are structures themselves. Facts that the canonical ABI asks for
// are computed when a node is made, once.
//
// Resource types are generative: a `ResourceId` stands for one definition, or for one that a type binds abstractly (an
// import, or an export of an instance type). Instantiation replaces the abstract ones by what was given.
//
// Everything lies in the arena of a `TypePool` (validate/component/type_pool.hpp) and is immutable. Names borrow from
// the component's arena or input.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#type-definitions
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/index.hpp"
#include "model/component/component.hpp"
#include "model/component/types.hpp"
#include "model/core/types.hpp"

namespace tenon::component {

using ResourceId = Index<struct ResourceTag>;

struct ValueType;

// A record's field, a variant's case (type may be null), a function's parameter.
struct Member {
  std::string_view label;
  const ValueType* type = nullptr;
};

// Size and alignment in a linear memory, in bytes.
struct Layout {
  std::uint32_t size = 0;
  std::uint32_t alignment = 1;
};

// A value type; `kind` says which fields are meaningful (`TypeKind`, as in types.hpp).
struct ValueType {
  TypeKind kind = TypeKind::primitive;
  Primitive primitive = Primitive::bool_;
  std::span<const Member> members;           // record, variant
  std::span<const std::string_view> labels;  // flags, enum_
  std::span<const ValueType* const> types;   // tuple
  const ValueType* element = nullptr;        // list, fixed_length_list, option, stream, future (may be null for the
                                             // last two); ok of result (may be null); value of map
  const ValueType* second = nullptr;         // error of result (may be null); key of map
  std::uint32_t length = 0;                  // fixed_length_list
  ResourceId resource;                       // own, borrow
  std::uint32_t resource_definition = 0;     // own, borrow: by which `TypeEntity` the resource was named; no structure

  const ValueType* structure = nullptr;  // itself when interned

  // Facts.
  Layout layout[2];           // in a 32-bit and in a 64-bit memory
  std::uint32_t flat = 0;     // number of core values it flattens to; more than `max_flat` counts as that
  std::uint32_t depth = 1;    // of nesting
  bool has_borrow = false;    // a borrow anywhere inside
  bool has_own = false;       // an own
  bool has_resource = false;  // an own or borrow anywhere inside (streams' and futures' payloads too)
  bool has_handle = false;    // own, borrow, stream, future or error-context: lifting it changes a handle table
  bool has_pointer = false;   // string, list or map: lifting reads, and lowering allocates memory of its own
};

inline constexpr std::uint32_t max_flat = 0xFFFF;

inline bool same_type(const ValueType* a, const ValueType* b) noexcept {
  return a == b || (a != nullptr && b != nullptr && a->structure == b->structure);
}

// A function's type; interned by structure as value types are.
struct FuncSignature {
  std::span<const Member> params;
  const ValueType* result = nullptr;  // null: none
  bool is_async = false;
  const FuncSignature* structure = nullptr;
  bool has_resource = false;
};

// A function's result as parameters are given: a list of one member, or of none.
class ResultMembers {
 public:
  explicit ResultMembers(const FuncSignature& type) noexcept : member_{.label = {}, .type = type.result} {}
  std::span<const Member> list() const noexcept { return {&member_, member_.type == nullptr ? 0U : 1U}; }

 private:
  Member member_;
};

struct InstanceSignature;
struct ComponentSignature;
struct ModuleSignature;

// What a type index stands for: exactly one of the pointers, or a resource.
struct TypeEntity {
  enum class Kind : std::uint8_t { value, func, instance, component, resource };
  Kind kind = Kind::value;
  const ValueType* value = nullptr;
  const FuncSignature* func = nullptr;
  const InstanceSignature* instance = nullptr;
  const ComponentSignature* component = nullptr;
  ResourceId resource;
  std::uint32_t resource_definition = 0;  // each definition of a resource, and each name that it gets, has its own
};

// The type of what an index space, import or export holds; `sort` says which field is meaningful: func, value, type,
// component, instance or core_module.
struct EntitySignature {
  Sort sort = Sort::func;
  const FuncSignature* func = nullptr;
  const ValueType* value = nullptr;
  TypeEntity type;                       // sort type
  TypeBound type_bound = TypeBound::eq;  // sort type: sub_resource when `type.resource` is abstract here
  const ComponentSignature* component = nullptr;
  const InstanceSignature* instance = nullptr;
  const ModuleSignature* module = nullptr;
};

struct NamedEntity {
  ExternName name;
  EntitySignature entity;
};

// An instance's type. `bound` are the resources that its type exports bind abstractly, in order of binding: each
// instance of this type has its own. Empty for the type of an instance at hand, whose resources are settled.
struct InstanceSignature {
  std::span<const NamedEntity> exports;  // in their order
  std::span<const ResourceId> bound;
  bool has_resource = false;  // any resource inside that is not in `bound`
  std::uint32_t size = 1;     // entities inside, nested ones too; for the limit on types' size
};

// A component's type. `imported` are the resources that its imports bind; `bound` those that each instance has anew
// (defined inside, or exported abstractly).
struct ComponentSignature {
  std::span<const NamedEntity> imports;
  std::span<const NamedEntity> exports;
  std::span<const ResourceId> imported;
  std::span<const ResourceId> bound;
  bool has_resource = false;
  std::uint32_t size = 1;
};

// A core module's type, with canonical core types (of the registry that validation was given).
struct ModuleImport {
  std::string_view module;
  std::string_view name;
  core::ExternType type;
};
struct ModuleExport {
  std::string_view name;
  core::ExternType type;
};
struct ModuleSignature {
  std::span<const ModuleImport> imports;
  std::span<const ModuleExport> exports;
};

// A core instance's type: its exports, sorted by nothing, in their order.
struct CoreInstanceSignature {
  std::span<const ModuleExport> exports;
};

// What is known of a resource.
struct ResourceOrigin {
  enum class Kind : std::uint8_t { defined, imported, exported };
  Kind kind = Kind::defined;
  std::string_view name;                // of the import or export, or of the first that names it
  std::uint64_t offset = 0;             // where it was defined or bound; of an instance's own, where it is instantiated
  core::ValType rep;                    // defined
  const ComponentBody* body = nullptr;  // defined: where; `representation` is known to that body only
};

}  // namespace tenon::component
