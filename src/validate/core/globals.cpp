// Globals and their initializers. https://webassembly.github.io/spec/core/valid/modules.html#globals
#include "validate/core/declarations.hpp"

namespace tenon::core {

// The imported ones are there already.
Result<void> check_globals(Declarations& in) {
  const Module& module = in.module;
  for (std::uint32_t i = module.imported_globals; i < module.globals.size(); ++i) {
    const Global& global = module.globals[GlobalIdx(i)];
    Result<ValType> value = check_val_type(in, global.type.value, SectionId::global);
    if (!value) return in_entry(in, std::move(value.error()), SectionId::global, i);
    Result<void> checked = in.constants.validate_constant(global.init, *value, i, in.declared);
    if (!checked) return in_entry(in, std::move(checked.error()), SectionId::global, i);
    in.result.global_types.push_back(in.arena, {*value, global.type.is_mutable});
  }
  return {};
}

}  // namespace tenon::core
