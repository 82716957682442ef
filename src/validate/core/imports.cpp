// Imported globals, which the initializers of tables and globals may read; what is imported of other kinds is checked
// with the definitions of its kind.
// https://webassembly.github.io/spec/core/valid/modules.html#imports
#include "validate/core/declarations.hpp"

namespace tenon::core {

Result<void> check_imports(Declarations& in) {
  in.result.global_types.reserve(in.arena, in.module.globals.size());
  for (std::uint32_t i = 0; i < in.module.imports.size(); ++i) {
    const Import& import = in.module.imports[i];
    if (import.type.kind != ExternKind::global) continue;
    const GlobalType type = import.type.global;
    Result<ValType> value = check_val_type(in, type.value, SectionId::import);
    if (!value) return in_item(std::move(value.error()).with_place(at_offset(import.offset)), "import", i);
    if (type.is_mutable && !in.result.features.has(Feature::mutable_global)) {
      const NeedsFeature missing{"importing a mutable global", Feature::mutable_global};
      return in_item(fail(ErrorKind::invalid, at_offset(import.offset), missing), "import", i);
    }
    in.result.global_types.push_back(in.arena, {*value, type.is_mutable});
  }
  return {};
}

}  // namespace tenon::core
