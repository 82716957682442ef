// Validation of core modules. https://webassembly.github.io/spec/core/valid/modules.html
//
// Two steps, so that bodies can be validated by several threads, or as they arrive, or when they are first called:
// `validate_declarations` checks everything but function bodies and gives a `ValidatedModule`; `validate_body` checks
// one body against it. `validate_module` does both in one thread.
#pragma once

#include <memory_resource>

#include "model/core/module.hpp"
#include "spec/features.hpp"
#include "tenon/result.hpp"
#include "validate/core/canonical_types.hpp"

namespace tenon::core {

struct ValidateOptions {
  Features features = Features::defaults();
};

// What validation found out about a module, for the phases that follow. Borrows from the module; immutable.
struct ValidatedModule {
  const Module* module = nullptr;
  const TypeRegistry* registry = nullptr;
  Features features;
  IndexVector<TypeIdx, TypeIdx> canonical_types;     // module type -> canonical type
  IndexVector<TypeIdx, const FuncType*> signatures;  // module type -> canonical function type; nullptr for others
  IndexVector<FuncIdx, TypeIdx> func_types;          // canonical type of each function
  IndexVector<FuncIdx, const FuncType*> func_signatures;
  IndexVector<GlobalIdx, GlobalType> global_types;  // with canonical types
  IndexVector<TableIdx, TableType> table_types;     // with canonical types
  IndexVector<TagIdx, TypeIdx> tag_types;           // canonical type of each tag
  IndexVector<ElemIdx, ValType> elem_types;         // with canonical types
  std::span<const bool> declared_functions;         // those that `ref.func` may name in bodies
};

// Errors: invalid, malformed (in constant expressions), exhausted. The result lives in `arena`.
Result<ValidatedModule> validate_declarations(const Module& module, TypeRegistry& registry, Arena& arena,
                                              const ValidateOptions& options = {});

// Reusable storage of a thread that validates bodies: nothing is allocated per instruction, and little per function.
class BodyValidator {
 public:
  BodyValidator(const ValidatedModule& module, std::pmr::memory_resource& memory);
  BodyValidator(const BodyValidator&) = delete;
  BodyValidator& operator=(const BodyValidator&) = delete;
  ~BodyValidator();
  // Errors: malformed, invalid, exhausted; the place is the offset of the instruction, the context names the function.
  Result<void> validate(FuncIdx func);

 private:
  struct State;
  State* state_;
};

Result<ValidatedModule> validate_module(const Module& module, TypeRegistry& registry, Arena& arena,
                                        const ValidateOptions& options = {});

}  // namespace tenon::core
