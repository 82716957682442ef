// Tags. https://webassembly.github.io/spec/core/valid/types.html#tag-types
#include "validate/core/declarations.hpp"

namespace tenon::core {

Result<void> check_tags(Declarations& in) {
  const Module& module = in.module;
  const Features features = in.result.features;
  if (!module.tags.empty() && !features.has(Feature::exceptions) && !features.has(Feature::legacy_exceptions)) {
    return invalid_in(in, SectionId::tag, NeedsFeature{"a tag", Feature::exceptions});
  }
  in.result.tag_types.reserve(in.arena, module.tags.size());
  for (std::uint32_t i = 0; i < module.tags.size(); ++i) {
    const TypeIdx type = module.tags[TagIdx(i)].type;
    const SectionId section = i < module.imported_tags ? SectionId::import : SectionId::tag;
    Result<TypeIdx> canonical = check_func_type(in, type, section);
    if (!canonical) return in_entry(in, std::move(canonical.error()), SectionId::tag, i);
    const FuncType& signature = *in.result.signatures[type];
    if (!signature.results.empty()) {
      return in_entry(in,
                      invalid_in(in, section, "non-empty tag result type ", TypesText{signature.results, in.result}),
                      SectionId::tag, i);
    }
    in.result.tag_types.push_back(in.arena, *canonical);
  }
  return {};
}

}  // namespace tenon::core
