// The nodes of component types: made, interned and substituted here, and nowhere else.
#pragma once

#include <functional>
#include <memory_resource>
#include <unordered_map>

#include "base/arena.hpp"
#include "model/component/signatures.hpp"
#include "tenon/result.hpp"

namespace tenon::component {

// Not thread-safe; it and its nodes live in the arena given, and nodes never move.
class TypePool {
 public:
  explicit TypePool(Arena& arena);
  TypePool(const TypePool&) = delete;
  TypePool& operator=(const TypePool&) = delete;

  // The interned node of a primitive.
  const ValueType* primitive(Primitive type) noexcept;
  // A new definition of the shape `type` (its facts and `structure` are ignored and computed). Errors: invalid (the
  // value's size, or nesting, is beyond the limits).
  Result<const ValueType*> define(const ValueType& type);
  // Another definition of the same type: an import or export gave it a name.
  const ValueType* rename(const ValueType& type);
  Result<const FuncSignature*> define(const FuncSignature& func);

  // The same type with resources replaced; `replacement` gives back what it does not replace. What holds no resource is
  // shared, not copied; each shared node is replaced once a call. Resources that a type binds are replaced too when
  // `replacement` says so, and are then bound no longer: this is how types are instantiated.
  using Replacement = std::function<ResourceId(ResourceId)>;
  const ValueType* substitute(const ValueType* type, const Replacement& replacement);
  const FuncSignature* substitute(const FuncSignature* func, const Replacement& replacement);
  const InstanceSignature* substitute(const InstanceSignature* instance, const Replacement& replacement);
  const ComponentSignature* substitute(const ComponentSignature* component, const Replacement& replacement);

  // Whether substitution made more than `max_type_work` nodes; it then stopped replacing, and what uses its results
  // must be refused.
  bool is_exhausted() const noexcept;
  // Counts work of so many parts towards that; false when there has been too much.
  bool pay(std::uint64_t parts) noexcept;

 private:
  friend class Substitution;
  struct State;
  State* state_;
};

// One replacement of resources, applied to several types: what they share is replaced once.
class Substitution {
 public:
  // Borrows both.
  Substitution(TypePool& pool, const TypePool::Replacement& replacement);

  const ValueType* value(const ValueType* type);
  const FuncSignature* func(const FuncSignature* func);
  const InstanceSignature* instance(const InstanceSignature* instance);
  const ComponentSignature* component(const ComponentSignature* component);
  TypeEntity type(TypeEntity type);
  EntitySignature entity(EntitySignature entity);
  // Definitions that are replaced as wholes: what a component imports, by what it is given. The two are the same type,
  // but for resources.
  void replace(const ValueType* from, const ValueType* to);
  void replace(const TypeEntity& resource, std::uint32_t definition);
  // Forgets what was replaced: `replacement` gives other answers from now on.
  void forget() noexcept { done_.clear(); }

 private:
  std::span<const Member> members(std::span<const Member> members);
  std::span<const NamedEntity> entities(std::span<const NamedEntity> entities);
  std::uint32_t definition_of(ResourceId resource, std::uint32_t definition) const;
  std::span<const ResourceId> unreplaced(std::span<const ResourceId> bound);

  TypePool* pool_;
  const TypePool::Replacement* replacement_;
  std::pmr::unordered_map<const void*, const void*> done_;
  std::pmr::unordered_map<std::uint64_t, std::uint32_t> definitions_;  // of resources
  bool replaces_definitions_ = false;  // so that types without resources may change, too
};

}  // namespace tenon::component
