#include "validate/core/module.hpp"

#include <algorithm>

#include "binary/core/entries.hpp"
#include "validate/core/declarations.hpp"

namespace tenon::core {

ErrorPlace place_of(const Module& module, SectionId section) noexcept {
  const auto found = std::ranges::find(module.sections, section, &Section::id);
  return found == module.sections.end() || found->raw.empty() ? ErrorPlace{} : at_offset(found->offset);
}

Error in_item(Error error, std::string_view kind, std::uint32_t index) {
  TextBuffer context;
  append_text(context, kind);
  append_text(context, ' ');
  append_text(context, index);
  return std::move(error).with_context(context.view());
}

Error in_entry(const Declarations& in, Error error, SectionId section, std::uint32_t index) {
  const std::uint64_t offset = error.place().offset;
  const bool has_place_of_section =
      offset != ErrorPlace::no_offset &&
      (offset == place_of(in.module, section).offset || offset == place_of(in.module, SectionId::import).offset);
  if (has_place_of_section) {
    const std::uint64_t own = definition_offset(in.module, section, index);
    if (own != ErrorPlace::no_offset) error = std::move(error).with_place(at_offset(own));
  }
  return in_item(std::move(error), section == SectionId::element ? "element segment" : section_title(section), index);
}

Result<void> check_limits(const Declarations& in, const Limits& limits, std::uint64_t most, std::string_view what,
                          SectionId section) {
  if (limits.min > most) return invalid_in(in, section, what, ", found a minimum of ", limits.min);
  if (!limits.max) return {};
  if (*limits.max > most) return invalid_in(in, section, what, ", found a maximum of ", *limits.max);
  if (limits.min <= *limits.max) return {};
  return invalid_in(in, section, "size minimum must not be greater than maximum, found ", limits.min, " and ",
                    *limits.max);
}

Result<ValidatedModule> validate_declarations(const Module& module, TypeRegistry& registry, Arena& arena,
                                              const ValidateOptions& options) {
  ValidatedModule result;
  result.module = &module;
  result.registry = &registry;
  result.features = options.features;
  Body constants(result, arena.upstream());
  Declarations in{module, registry, arena, result, arena.make_array<bool>(module.funcs.size()), constants};
  result.declared_functions = in.declared;

  using Phase = Result<void> (*)(Declarations&);
  constexpr Phase phases[] = {
      check_types,    // from here on, type indices have canonical types
      check_imports,  // what imports name
      check_tags,
      check_funcs,  // from here on, functions have signatures
      check_memories,
      check_tables,   // table types, then initializers, which see imported globals
      check_globals,  // each initializer sees the globals before it
      check_datas,    check_elems, check_start,
      check_exports,  // from here on, it is known which functions bodies may refer to
  };
  for (const Phase phase : phases) {
    if (Result<void> checked = phase(in); !checked) return std::move(checked.error());
  }
  return result;
}

Result<ValidatedModule> validate_module(const Module& module, TypeRegistry& registry, Arena& arena,
                                        const ValidateOptions& options) {
  Result<ValidatedModule> validated = validate_declarations(module, registry, arena, options);
  if (!validated) return validated;
  BodyValidator bodies(*validated, arena.upstream());
  for (std::uint32_t i = module.imported_funcs; i < module.funcs.size(); ++i) {
    if (Result<void> checked = bodies.validate(FuncIdx(i)); !checked) return std::move(checked.error());
  }
  return validated;
}

}  // namespace tenon::core
