// The function section: the types of the module's own functions. Their bodies follow in the code section.
#include "binary/core/sections.hpp"
#include "spec/limits.hpp"

namespace tenon::core {

template <>
void read_payload<SectionId::function>(Cursor& in, SectionReader& reader) {
  Module& module = reader.module;
  const std::uint32_t count = in.count(limits::max_functions, "functions");
  if (module.funcs.size() + count > limits::max_functions) {
    in.fault(ErrorKind::exhausted, in.offset(), "too many functions: the limit is ", limits::max_functions,
             ", imports included");
  }
  if (!in.ok()) return;
  module.funcs.reserve(module.arena, module.funcs.size() + count);
  for (std::uint32_t i = 0; i < count; ++i) {
    module.funcs.push_back(module.arena, Func{.type = TypeIdx(in.u32()), .body = {}, .offset = 0});
  }
}

template <>
void write_payload<SectionId::function>(const SectionWriter& writer) {
  const Module& module = writer.module;
  if (module.funcs.size() == module.imported_funcs) return;
  writer.out.u32(static_cast<std::uint32_t>(module.funcs.size() - module.imported_funcs));
  for (const Func& func : module.funcs.span().subspan(module.imported_funcs)) writer.out.u32(func.type.value);
}

}  // namespace tenon::core
