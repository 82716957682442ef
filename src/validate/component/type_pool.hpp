// The nodes of component types: made, interned and substituted here, and nowhere else.
#pragma once

#include <functional>
#include <memory_resource>

#include "base/arena.hpp"
#include "model/component/signatures.hpp"
#include "tenon/result.hpp"

namespace tenon::component {

// Not thread-safe; nodes live in the arena given and never move.
class TypePool {
 public:
  explicit TypePool(Arena& arena);
  TypePool(const TypePool&) = delete;
  TypePool& operator=(const TypePool&) = delete;
  ~TypePool();

  // The interned node of a primitive.
  const ValueType* primitive(Primitive type) noexcept;
  // A new definition of the shape `type` (its facts and `structure` are ignored and computed). Errors: invalid (the
  // value's size, or nesting, is beyond the limits).
  Result<const ValueType*> define(const ValueType& type);
  // Another definition of the same type: an import or export gave it a name.
  const ValueType* rename(const ValueType& type);
  Result<const FuncSignature*> define(const FuncSignature& func);

  // The same type with resources replaced; `replacement` gives back what it does not replace. What holds no resource is
  // shared, not copied; each shared node is replaced once a call.
  using Replacement = std::function<ResourceId(ResourceId)>;
  const ValueType* substitute(const ValueType* type, const Replacement& replacement);
  const FuncSignature* substitute(const FuncSignature* func, const Replacement& replacement);
  const InstanceSignature* substitute(const InstanceSignature* instance, const Replacement& replacement);
  const ComponentSignature* substitute(const ComponentSignature* component, const Replacement& replacement);

 private:
  struct State;
  State* state_;
};

}  // namespace tenon::component
