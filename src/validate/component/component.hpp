// Validation of components.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md
//
// What comes out are the index spaces of every scope with the types of what they hold: the one source for instantiation
// plans, index-free types, WIT and the host. Definitions that need more than an index to be understood are understood
// from here: `canon lift` takes its signature from `Spaces::types`, `alias` its target's from its own new entry.
#pragma once

#include <memory_resource>

#include "model/component/component.hpp"
#include "model/component/signatures.hpp"
#include "spec/features.hpp"
#include "tenon/result.hpp"
#include "validate/core/canonical_types.hpp"
#include "validate/core/module.hpp"

namespace tenon::component {

class TypePool;

// A core type of a component: a canonical core type, or a module's type.
struct CoreTypeEntity {
  core::TypeIdx type;                       // canonical; none for module types
  const ModuleSignature* module = nullptr;  // module types
};

// The index spaces of one scope (a component, or a component or instance type), complete. Core types in it are
// canonical.
struct Spaces {
  const ComponentBody* body = nullptr;  // null for types' scopes
  const Spaces* parent = nullptr;
  const ComponentSignature* signature = nullptr;  // of the component itself

  IndexVector<TypeIdx, TypeEntity> types;
  IndexVector<FuncIdx, const FuncSignature*> funcs;
  IndexVector<ValueIdx, const ValueType*> values;
  IndexVector<ComponentIdx, const ComponentSignature*> components;
  IndexVector<InstanceIdx, const InstanceSignature*> instances;

  IndexVector<CoreModuleIdx, const ModuleSignature*> core_modules;
  IndexVector<CoreInstanceIdx, const CoreInstanceSignature*> core_instances;
  IndexVector<CoreTypeIdx, CoreTypeEntity> core_types;
  IndexVector<CoreFuncIdx, core::TypeIdx> core_funcs;
  IndexVector<CoreTableIdx, core::TableType> core_tables;
  IndexVector<CoreMemoryIdx, core::MemoryType> core_memories;
  ArenaVector<core::GlobalType> core_globals;
  ArenaVector<core::TypeIdx> core_tags;

  ArenaVector<const Spaces*> nested;                  // of the components defined inside, in their order
  ArenaVector<const core::ValidatedModule*> modules;  // of the core modules defined inside, in their order
};

struct ValidateComponentOptions {
  Features features = Features::defaults();
  // Bodies of core modules are validated at once; otherwise only their declarations, and the bodies by whoever
  // translates them.
  bool validate_bodies = true;
};

// Borrows from the component; immutable; everything lies in the arena that was given.
struct ValidatedComponent {
  const Component* component = nullptr;
  const core::TypeRegistry* registry = nullptr;
  TypePool* pool = nullptr;  // its types; grows when signatures are substituted (instantiation)
  Features features;
  const Spaces* root = nullptr;
  IndexVector<ResourceId, ResourceOrigin> resources;
};

// Errors: invalid, malformed (core modules inside), exhausted. The place is the offset of the definition.
Result<ValidatedComponent> validate_component(const Component& component, core::TypeRegistry& registry, Arena& arena,
                                              const ValidateComponentOptions& options = {});

}  // namespace tenon::component
