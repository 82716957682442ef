// Subtyping of everything that is imported or exported: written once, for instantiation, ascription, linking, WIT
// conformance and compatibility of versions.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/Subtyping.md
#pragma once

#include <memory_resource>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "model/component/signatures.hpp"
#include "tenon/result.hpp"
#include "validate/component/type_pool.hpp"
#include "validate/core/canonical_types.hpp"

namespace tenon::component {

// Looks names up in lists of imports and exports; long lists get an index, which is kept.
class NameIndex {
 public:
  explicit NameIndex(std::pmr::memory_resource& memory) : lists_(&memory) {}
  const NamedEntity* find(std::span<const NamedEntity> list, std::string_view name);
  const ModuleExport* find(std::span<const ModuleExport> list, std::string_view name);

 private:
  template <class T>
  const T* find_in(std::span<const T> list, std::string_view name);
  using List = std::pmr::unordered_map<std::string_view, std::uint32_t>;
  std::pmr::unordered_map<const void*, List> lists_;
};

// What subtyping works with. `origins` may be empty; it makes explanations of different resources better.
struct SubtypingContext {
  TypePool& pool;
  const core::TypeRegistry& registry;
  NameIndex& names;
  std::span<const ResourceOrigin> origins;
  std::pmr::memory_resource& memory;
};

// One question, or several about the same abstract resources: those that `super` binds are matched with what `sub` has
// in their place, in order, and stay matched.
class Subtyping {
 public:
  explicit Subtyping(const SubtypingContext& context);

  // Errors: invalid, without a place. The message is the path to the first difference, and what is there on both sides.
  Result<void> check(const EntitySignature& sub, const EntitySignature& super);
  Result<void> check(const ValueType* sub, const ValueType* super);

  // What stands for a resource of `super`; itself when nothing does.
  ResourceId resolve(ResourceId id) const;
  void match(ResourceId abstract, ResourceId actual);

  // The types that `super` named and what `sub` had in their place, in order.
  struct Supplied {
    TypeEntity named;
    TypeEntity actual;
  };
  std::span<const Supplied> supplied() const noexcept { return supplied_; }

 private:
  Result<void> check_func(const FuncSignature* sub, const FuncSignature* super);
  Result<void> check_type(const EntitySignature& sub, const EntitySignature& super);
  Result<void> check_instance(const InstanceSignature* sub, const InstanceSignature* super);
  Result<void> check_component(const ComponentSignature* sub, const ComponentSignature* super);
  Result<void> check_exports(std::span<const NamedEntity> sub, std::span<const NamedEntity> super);
  Result<void> check_resource(ResourceId sub, ResourceId super);
  Result<void> explain(const ValueType& sub, const ValueType& super, bool is_member);
  const ComponentSignature* freshened(const ComponentSignature* component);

  SubtypingContext context_;
  std::pmr::unordered_map<ResourceId, ResourceId> matched_;
  std::pmr::vector<ResourceId> order_;  // of matching, to undo it
  std::pmr::unordered_set<ResourceId> open_;
  std::pmr::vector<Supplied> supplied_;
  std::uint32_t open_components_ = 0;
  TypePool::Replacement replacement_;
  Substitution substitution_;
  std::uint32_t next_fresh_;
};

// Core modules and what they import and export. Errors as above.
Result<void> check_core_extern(const core::TypeRegistry& registry, const core::ExternType& sub,
                               const core::ExternType& super);
Result<void> check_module(const core::TypeRegistry& registry, const ModuleSignature& sub, const ModuleSignature& super);

}  // namespace tenon::component
