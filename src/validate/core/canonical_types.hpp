// Canonical types: every defined type of every module of an engine gets one number, and two types are equal exactly
// when their numbers are. Recursive groups are compared as wholes (iso-recursive equality).
// https://webassembly.github.io/spec/core/valid/conventions.html#rolled-up-types
//
// A registry belongs to an engine and is shared by its threads; entries live as long as the registry, at a stable
// address. Looking at a canonical type takes no lock.
#pragma once

#include <memory_resource>
#include <span>

#include "model/core/module.hpp"
#include "model/core/types.hpp"
#include "tenon/result.hpp"

namespace tenon::core {

// A canonical type: all indices in it are canonical ones.
struct CanonicalType {
  TypeIdx index;                     // its own
  SubType type;                      // with canonical indices throughout
  std::uint32_t depth = 0;           // number of its supertypes
  std::span<const TypeIdx> display;  // its supertypes from the root on, itself last: display[depth] == index
};

// The heap type below all others, of which unreachable code's references are; it stands in no module.
inline constexpr HeapType bottom_heap = static_cast<AbstractHeapType>(0);

class TypeRegistry {
 public:
  explicit TypeRegistry(std::pmr::memory_resource& memory);
  TypeRegistry(const TypeRegistry&) = delete;
  TypeRegistry& operator=(const TypeRegistry&) = delete;
  ~TypeRegistry();

  // Interns all types of a module; the result maps the module's indices to canonical ones, in `arena`. Checks what
  // makes a type section valid: indices in range, supertypes declared before, not final, matching, and the depth limit.
  // A module that is refused leaves nothing behind but those of its groups that stand before the fault and are valid.
  // Errors: invalid ("unknown type", "sub type ..."), exhausted; the context names the type.
  Result<IndexVector<TypeIdx, TypeIdx>> intern(const Module& module, Arena& arena);

  // Interns one recursive group, whose types refer by `canonical` to those before it, and by the indices that follow to
  // one another; gives the first. An index whose canonical type is none is of no type. Errors as above.
  Result<TypeIdx> intern_group(std::span<const SubType> types, const IndexVector<TypeIdx, TypeIdx>& canonical,
                               const void* holder);

  // Interns a lone function type whose indices are canonical already (host functions); none when the registry is full.
  TypeIdx intern_func(FuncType type, const void* holder = nullptr);

  // Interning takes a lock in the name of `arena`, or of `holder`. When it was left by a failed allocation instead of
  // returning, this unlocks the registry again, which is as it was before. Without effect if that name holds no lock.
  void abandon(const void* holder) noexcept;

  const CanonicalType& operator[](TypeIdx canonical) const noexcept;
  // Canonical types so far; at most `max_canonical_types`.
  std::uint32_t size() const noexcept;
  static constexpr std::uint32_t max_canonical_types = (1U << 23) - 1;

  // Subtyping over canonical types. https://webassembly.github.io/spec/core/valid/matching.html
  bool is_subtype(TypeIdx sub, TypeIdx super) const noexcept;
  bool matches(HeapType sub, HeapType super) const noexcept;
  bool matches(ValType sub, ValType super) const noexcept;
  bool matches(FuncType sub, FuncType super) const noexcept;
  // The greatest type of the hierarchy that `type` belongs to.
  AbstractHeapType top_of(HeapType type) const noexcept;

 private:
  struct State;
  State* state_;
};

// The type with the module's type indices replaced by canonical ones.
inline ValType canonicalize(ValType type, const IndexVector<TypeIdx, TypeIdx>& canonical) noexcept {
  if (!type.is_ref() || !type.heap().is_concrete()) return type;
  return ValType::ref(canonical[type.heap().index()], type.is_nullable());
}

}  // namespace tenon::core
