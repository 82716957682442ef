// Modules built field by field, for tests of what no text or binary format would let through, and of exact offsets.
#pragma once

#include <initializer_list>
#include <memory_resource>
#include <string>
#include <vector>

#include "model/core/module.hpp"
#include "validate/core/module.hpp"

namespace tenon::core {

class ModuleBuilder {
 public:
  ModuleBuilder() : module(*std::pmr::new_delete_resource()) {}
  ModuleBuilder& type(std::vector<ValType> params, std::vector<ValType> results) {
    module.rec_groups.push_back(module.arena, {module.types.next_index(), 1, false});
    SubType defined;
    defined.func = {keep(params), keep(results)};
    module.types.push_back(module.arena, defined);
    return *this;
  }
  // A function of type `type` with a body: locals, then code. Its offset is that of the first function plus 100 for
  // each.
  ModuleBuilder& func(std::uint32_t type, std::vector<std::uint8_t> body) {
    Func defined;
    defined.type = TypeIdx(type);
    defined.body = keep(body);
    defined.offset = 1'000 + 100 * module.funcs.size();
    module.funcs.push_back(module.arena, defined);
    return *this;
  }
  ModuleBuilder& memory(bool is_64 = false) {
    MemoryType type;
    type.limits.is_64 = is_64;
    module.memories.push_back(module.arena, type);
    return *this;
  }
  ModuleBuilder& global(ValType type, bool is_mutable, std::vector<std::uint8_t> init) {
    module.globals.push_back(module.arena, {{type, is_mutable}, {keep(init), 500}});
    return *this;
  }
  // The validator's message, or "valid".
  std::string validate(Features features = Features::defaults()) {
    TypeRegistry registry(*std::pmr::new_delete_resource());
    Arena arena(*std::pmr::new_delete_resource());
    ValidateOptions options;
    options.features = features;
    Result<ValidatedModule> validated = validate_module(module, registry, arena, options);
    if (validated) return "valid";
    place = validated.error().place();
    context = std::string(validated.error().context());
    kind = validated.error().kind();
    return std::string(validated.error().message());
  }
  Module module;
  // Of the last error.
  ErrorPlace place;
  std::string context;
  ErrorKind kind = ErrorKind::usage;

  template <class T>
  std::span<const T> keep(const std::vector<T>& from) {
    return module.arena.copy(std::span<const T>(from));
  }
};

}  // namespace tenon::core
