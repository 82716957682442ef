// Core modules inside of components: read, validated and given a type.
//
// Imports of one module with the same two names are valid in core WebAssembly, and not here: a component gives its
// modules what they import by name, and can't give two things.
#include <new>

#include "binary/core/module.hpp"
#include "validate/component/validator.hpp"

namespace tenon::component {

Result<void> Validator::validate_core_module(Scope& scope, const CoreModule& source) {
  Result<core::Module> read =
      core::read_module(source.bytes, memory_, {.features = options_.features, .base_offset = source.offset});
  if (!read) return std::move(read.error());
  // What the module consists of lies in its arena, which becomes a part of ours; what is left needs no destruction.
  core::Module* module =
      ::new (arena_.allocate(sizeof(core::Module), alignof(core::Module))) core::Module(std::move(*read));
  arena_.adopt(std::move(module->arena));
  const core::ValidateOptions options{.features = options_.features};
  Result<core::ValidatedModule> validated = options_.validate_bodies
                                                ? core::validate_module(*module, registry_, arena_, options)
                                                : core::validate_declarations(*module, registry_, arena_, options);
  if (!validated) {
    const ErrorPlace place = validated.error().place();
    if (place.offset != ErrorPlace::no_offset) return std::move(validated.error());
    return std::move(validated.error()).with_place(at_offset(source.offset));
  }
  const auto* kept = arena_.make<core::ValidatedModule>(*validated);
  Result<const ModuleSignature*> signature = module_signature(*module, *kept);
  if (!signature) return std::move(signature.error());
  scope.spaces->modules.push_back(arena_, kept);
  scope.spaces->core_modules.push_back(arena_, *signature);
  return {};
}

Result<const ModuleSignature*> Validator::module_signature(const core::Module& module,
                                                           const core::ValidatedModule& validated) {
  const auto type_at = [&](core::ExternKind kind, std::uint32_t index) {
    core::ExternType type;
    type.kind = kind;
    switch (kind) {
      case core::ExternKind::func: type.func = validated.func_types[core::FuncIdx(index)]; break;
      case core::ExternKind::table: type.table = validated.table_types[core::TableIdx(index)]; break;
      case core::ExternKind::memory: type.memory = module.memories[core::MemoryIdx(index)]; break;
      case core::ExternKind::global: type.global = validated.global_types[core::GlobalIdx(index)]; break;
      case core::ExternKind::tag: type.tag.type = validated.tag_types[core::TagIdx(index)]; break;
    }
    return type;
  };
  ModuleSignature signature;
  const std::span<ModuleImport> imports = arena_.make_array<ModuleImport>(module.imports.size());
  std::uint32_t next[5] = {};
  for (std::size_t i = 0; i < imports.size(); ++i) {
    const core::Import& import = module.imports[i];
    const auto kind = import.type.kind;
    imports[i] = {import.module, import.name, type_at(kind, next[static_cast<std::size_t>(kind)]++)};
  }
  signature.imports = imports;
  if (Checked checked = check_import_names(signature.imports); !checked) return std::move(checked.error());
  const std::span<ModuleExport> exports = arena_.make_array<ModuleExport>(module.exports.size());
  for (std::size_t i = 0; i < exports.size(); ++i) {
    const core::Export& item = module.exports[i];
    exports[i] = {item.name, type_at(item.kind, item.index)};
  }
  signature.exports = exports;
  return arena_.make<ModuleSignature>(signature);
}

Result<void> Validator::check_import_names(std::span<const ModuleImport> imports) {
  // A length before the names makes different pairs different keys.
  std::pmr::unordered_set<std::pmr::string> seen(&memory_);
  seen.reserve(imports.size());
  std::pmr::string key(&memory_);
  for (const ModuleImport& import : imports) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, import.module.size());
    key.assign(digits, end.ptr);
    key.append(1, ':').append(import.module).append(import.name);
    if (seen.insert(key).second) continue;
    return invalid("duplicate import name `", import.module, ':', import.name, "` already defined");
  }
  return {};
}

}  // namespace tenon::component
