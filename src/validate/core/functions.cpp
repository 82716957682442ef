// The types of functions, and the start function. https://webassembly.github.io/spec/core/valid/modules.html#functions
#include "validate/core/declarations.hpp"

namespace tenon::core {

Result<void> check_funcs(Declarations& in) {
  const Module& module = in.module;
  in.result.func_types.reserve(in.arena, module.funcs.size());
  in.result.func_signatures.reserve(in.arena, module.funcs.size());
  for (std::uint32_t i = 0; i < module.funcs.size(); ++i) {
    const TypeIdx type = module.funcs[FuncIdx(i)].type;
    const SectionId section = i < module.imported_funcs ? SectionId::import : SectionId::function;
    Result<TypeIdx> canonical = check_func_type(in, type, section);
    if (!canonical) return in_entry(in, std::move(canonical.error()), SectionId::function, i);
    in.result.func_types.push_back(in.arena, *canonical);
    in.result.func_signatures.push_back(in.arena, in.result.signatures[type]);
  }
  return {};
}

Result<void> check_start(Declarations& in) {
  if (!in.module.start) return {};
  const FuncIdx start = *in.module.start;
  const ErrorPlace place = at_offset(in.module.start_offset);
  if (!in.result.func_signatures.contains(start)) {
    return fail(ErrorKind::invalid, place, "unknown function ", start.value, " as start function");
  }
  const FuncType& type = *in.result.func_signatures[start];
  if (type.params.empty() && type.results.empty()) return {};
  return fail(ErrorKind::invalid, place, "start function must not have parameters or results, function ", start.value,
              " has ", TypesText{type.params, in.result}, " -> ", TypesText{type.results, in.result});
}

}  // namespace tenon::core
