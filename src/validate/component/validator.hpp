// The state of validating one component with all that is inside; internal to validate/component. Each kind of
// definition has a file of its own, with the name that it has in binary/ and text/ too; component.cpp lists them.
//
// A scope is a component, or a type of a component or an instance: each has index spaces of its own. What a definition
// adds to them is known when it has been validated, in order, so that everything is looked at once.
#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/concat.hpp"
#include "model/component/extern_names.hpp"
#include "model/core/type_text.hpp"
#include "spec/component_limits.hpp"
#include "spec/needs_feature.hpp"
#include "validate/component/component.hpp"
#include "validate/component/subtyping.hpp"
#include "validate/component/type_pool.hpp"
#include "validate/component/type_text.hpp"

namespace tenon::component {

enum class ScopeKind : std::uint8_t { component, component_type, instance_type };
enum class Direction : std::uint8_t { import, export_ };

inline std::string_view to_string(Direction direction) noexcept {
  return direction == Direction::import ? "import" : "export";
}

// What was imported, or exported, so far: names, and what they make visible from outside.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#external-visibility-of-types
struct Visible {
  explicit Visible(std::pmr::memory_resource& memory)
      : keys(&memory),
        resource_names(&memory),
        resources(&memory),
        named_resources(&memory),
        types(&memory),
        checked(&memory) {}

  ArenaVector<NamedEntity> items;
  std::pmr::unordered_map<std::pmr::string, std::string_view> keys;  // uniqueness keys, and the names that have them
  std::pmr::unordered_set<std::string_view> resource_names;
  std::pmr::unordered_map<std::uint64_t, std::string_view> resources;  // named at the top, by `key_of`
  std::pmr::unordered_set<std::uint64_t> named_resources;              // at any depth, by `key_of`
  std::pmr::unordered_set<const void*> types;                          // definitions of value types that have a name
  std::pmr::unordered_set<const void*> checked;                        // nodes all of whose parts have names
};

struct Scope {
  Scope(ScopeKind scope_kind, Scope* outer, std::pmr::memory_resource& memory)
      : kind(scope_kind), parent(outer), imports(memory), exports(memory), consumed(&memory) {}

  ScopeKind kind;
  Scope* parent;
  Spaces* spaces = nullptr;
  Visible imports;
  Visible exports;
  ArenaVector<ResourceId> imported;
  ArenaVector<ResourceId> bound;    // of types: what exports bind
  std::pmr::vector<bool> consumed;  // values
  ResourceId first_resource;        // of those that are defined inside
  core::ValType context_type = core::ValType::Kind::bottom;
  std::uint64_t size = 1;  // of its type, so far

  Visible& visible(Direction direction) noexcept { return direction == Direction::import ? imports : exports; }
};

class Validator {
 public:
  Validator(const Component& component, core::TypeRegistry& registry, TypePool& pool, Arena& arena,
            const ValidateComponentOptions& options);

  Result<const Spaces*> validate_root();
  IndexVector<ResourceId, ResourceOrigin> resources;

 private:
  using Checked = Result<void>;

  // component.cpp
  Result<const ComponentSignature*> validate_component(const ComponentBody& body, Scope* parent, Spaces** spaces);
  Checked validate_definition(Scope& scope, const Definition& definition);
  Result<const ComponentSignature*> close_component(Scope& scope);
  Checked check_consumed(const Scope& scope);
  std::span<const NamedEntity> generalize(std::span<const NamedEntity> exports, const Scope& scope,
                                          std::pmr::unordered_set<ResourceId>& seen, ArenaVector<ResourceId>& bound);

  // types.cpp
  Checked define_type(Scope& scope, const Type& type);
  Result<TypeEntity> type_of(Scope& scope, const Type& type);
  Result<const ValueType*> value_type(Scope& scope, ValType type);
  Result<const ValueType*> value_type(Scope& scope, std::optional<ValType> type);
  Result<const ValueType*> defined_type(Scope& scope, const Type& type);
  Checked check_shape(const Type& type, const ValueType& node);
  template <class LabelAt>
  Checked check_labels(std::size_t count, const LabelAt& label_at, std::string_view what, std::string_view previous);
  Result<const FuncSignature*> func_type(Scope& scope, const FuncType& type);
  Result<TypeEntity> resource_type(Scope& scope, const ResourceType& type);
  Result<const ComponentSignature*> component_type(Scope& scope, const Type& type);
  Result<const InstanceSignature*> instance_type(Scope& scope, const Type& type);
  Checked validate_declarations(Scope& scope, std::span<const Definition> declarations);
  Result<const TypeEntity*> type_at(const Scope& scope, std::uint32_t index);
  Result<const FuncSignature*> func_type_at(const Scope& scope, std::uint32_t index);
  Result<ResourceId> resource_at(const Scope& scope, std::uint32_t index, std::uint32_t* definition = nullptr);
  ResourceId new_resource(ResourceOrigin::Kind kind, std::string_view name);

  // free_resources.cpp: whether a type has resources that it does not bind.
  bool has_free_resource(std::span<const NamedEntity> imports, std::span<const NamedEntity> exports,
                         std::span<const ResourceId> imported, std::span<const ResourceId> bound);

  // externs.cpp
  Result<EntitySignature> entity_of(Scope& scope, const ExternType& type, Direction direction, std::string_view name);
  Checked add_extern(Scope& scope, const ExternName& name, EntitySignature entity, Direction direction);
  Checked check_name(Visible& visible, const ExternName& name, const EntitySignature& entity, Direction direction);
  Checked check_attributes(const ExternName& name, const ParsedName& parsed, const EntitySignature& entity);
  Checked check_annotation(const Visible& visible, const ParsedName& parsed, const EntitySignature& entity);
  Checked check_resource_name(const Visible& visible, const ValueType& handle, std::string_view name);
  bool name_types(Scope& scope, const EntitySignature& entity, Direction direction);
  bool all_named(Visible& visible, const ValueType* type);
  bool parts_named(Visible& visible, const ValueType& type);
  bool all_named(Visible& visible, const FuncSignature& func);
  bool all_named(Visible& visible, std::span<const NamedEntity> exports);
  Checked grow(Scope& scope, std::uint64_t size);
  Checked validate_import(Scope& scope, const Import& import);
  Checked validate_export(Scope& scope, const Export& item);
  Checked validate_export_declaration(Scope& scope, const Export& item);
  Checked push(Scope& scope, const EntitySignature& entity);
  EntitySignature renamed(EntitySignature entity);
  Result<EntitySignature> entity_at(Scope& scope, SortIdx item);
  const InstanceSignature* opened(const InstanceSignature* type, ResourceOrigin::Kind kind, std::string_view name,
                                  ArenaVector<ResourceId>& opened_resources);

  // instances.cpp, aliases.cpp
  Checked validate_instance(Scope& scope, const Instance& instance);
  Result<const InstanceSignature*> instantiate(Scope& scope, const Instance& instance);
  Result<const InstanceSignature*> bundle(Scope& scope, const Instance& instance);
  Checked validate_alias(Scope& scope, const Alias& alias);
  Checked alias_export(Scope& scope, const Alias& alias);
  Checked alias_core_export(Scope& scope, const Alias& alias);
  Checked alias_outer(Scope& scope, const Alias& alias);

  // core_modules.cpp, core_instances.cpp, core_types.cpp
  Checked validate_core_module(Scope& scope, const CoreModule& module);
  Result<const ModuleSignature*> module_signature(const core::Module& module, const core::ValidatedModule& validated);
  Checked check_import_names(std::span<const ModuleImport> imports);
  Checked validate_core_instance(Scope& scope, const CoreInstance& instance);
  Result<const CoreInstanceSignature*> instantiate_core(Scope& scope, const CoreInstance& instance);
  Result<const CoreInstanceSignature*> bundle_core(Scope& scope, const CoreInstance& instance);
  Result<core::ExternType> core_extern_at(const Scope& scope, SortIdx item);
  void push_core(Scope& scope, const core::ExternType& type);
  Checked define_core_type(Scope& scope, const CoreType& type);
  Result<const ModuleSignature*> module_type(Scope& scope, const CoreType& type);
  Checked intern_group(std::span<const core::SubType> types, IndexVector<CoreTypeIdx, CoreTypeEntity>& space);
  Result<core::ExternType> core_extern_type(const IndexVector<CoreTypeIdx, CoreTypeEntity>& space,
                                            core::ExternType type);

  // canon.cpp
  Checked validate_canon(Scope& scope, const Canon& canon);
  Checked lift(Scope& scope, const Canon& canon);
  Checked lower(Scope& scope, const Canon& canon);
  Checked check_options(const Scope& scope, const CanonOptions& options);
  Checked check_option_count(const CanonOptions& options);
  Checked check_post_return(const Scope& scope, const CanonOptions& options, const core::FuncType& lifted);
  Result<core::ValType> pointer_type(const Scope& scope, std::optional<CoreMemoryIdx> memory);
  Result<const core::FuncType*> core_func_at(const Scope& scope, CoreFuncIdx index);
  Result<const ValueType*> channel_at(Scope& scope, const Canon& canon, TypeKind kind);
  Checked push_core_func(Scope& scope, core::FuncType type);
  Checked push_core_func(Scope& scope, std::initializer_list<core::ValType> params,
                         std::initializer_list<core::ValType> results);
  Checked resource_builtin(Scope& scope, const Canon& canon);
  Checked channel_builtin(Scope& scope, const Canon& canon);
  Checked copy_builtin(Scope& scope, const Canon& canon);
  Checked task_return(Scope& scope, const Canon& canon);
  Checked context_builtin(Scope& scope, const Canon& canon);
  Checked error_context_builtin(Scope& scope, const Canon& canon);
  Checked thread_builtin(Scope& scope, const Canon& canon);

  // values.cpp
  Checked validate_value(Scope& scope, const Value& value);
  Checked validate_start(Scope& scope, const Start& start);
  Checked consume(Scope& scope, std::uint32_t index);

  // Errors, at the definition that is being validated.
  template <class... Pieces>
  Error invalid(const Pieces&... pieces) const {
    return fail(ErrorKind::invalid, at_offset(offset_), pieces...);
  }
  // "unknown func 7: func index out of bounds ..."
  Error out_of_bounds(std::string_view what, std::uint32_t index, std::size_t size) const {
    return invalid("unknown ", what, ' ', index, ": ", what, " index out of bounds, there are ", size);
  }
  Error placed(Error error) const { return std::move(error).with_place(at_offset(offset_)); }
  template <class... Pieces>
  Error below(const Error& error, const Pieces&... path) const {
    return fail(error.kind(), at_offset(offset_), path..., ": ", error.message());
  }
  Checked check_budget() const;

  Subtyping subtyping() { return Subtyping({pool_, registry_, names_, resources.span(), memory_}); }
  // Of a resource together with the definition that it was named by.
  static std::uint64_t key_of(ResourceId resource, std::uint32_t definition) noexcept {
    return std::uint64_t{definition} << 32 | resource.value;
  }

  const Component& component_;
  core::TypeRegistry& registry_;
  TypePool& pool_;
  Arena& arena_;
  std::pmr::memory_resource& memory_;
  ValidateComponentOptions options_;
  NameIndex names_;
  std::uint64_t offset_ = 0;           // of the definition
  std::uint32_t next_definition_ = 1;  // for `resource_definition`
};

}  // namespace tenon::component
