// The type section, and types wherever a declaration has one.
// https://webassembly.github.io/spec/core/valid/types.html
#include "validate/core/declarations.hpp"

namespace tenon::core {

namespace {

Feature feature_of(AbstractHeapType type) noexcept {
  switch (type) {
#define TENON_NUMBER_TYPE(name, code, text, feature)
#define TENON_PACKED_TYPE(name, code, text)
#define TENON_HEAP_TYPE(name, code, text, ref_text, top, bottom, feature) \
  case AbstractHeapType::name: return Feature::feature;
#include "spec/valtypes.def"
#undef TENON_NUMBER_TYPE
#undef TENON_PACKED_TYPE
#undef TENON_HEAP_TYPE
  }
  return Feature::mvp;
}

// The feature that `type` cannot do without and that is off.
Feature missing_feature(const SubType& type, Features features) noexcept {
  const bool is_plain_func = type.kind == CompositeKind::func && type.is_shorthand && type.supertypes.empty();
  if (!is_plain_func && !features.has(Feature::gc)) return Feature::gc;
  if (type.func.results.size() > 1 && !features.has(Feature::multi_value)) return Feature::multi_value;
  for (const auto list : {type.func.params, type.func.results}) {
    for (const ValType part : list) {
      if (const Feature missing = missing_feature(part, features); missing != Feature::mvp) return missing;
    }
  }
  for (const FieldType& field : type.fields) {
    if (const Feature missing = missing_feature(field.storage, features); missing != Feature::mvp) return missing;
  }
  return Feature::mvp;
}

}  // namespace

Feature missing_feature(std::span<const SubType> types, Features features) noexcept {
  for (const SubType& type : types) {
    if (const Feature missing = missing_feature(type, features); missing != Feature::mvp) return missing;
  }
  return Feature::mvp;
}

Feature missing_feature(ValType type, Features features) noexcept {
  const auto unless_on = [&](Feature feature) { return features.has(feature) ? Feature::mvp : feature; };
  if (type.is_packed()) return unless_on(Feature::gc);
  if (type.is_vector()) return unless_on(Feature::simd);
  if (!type.is_ref()) return Feature::mvp;
  if (!features.has(Feature::reference_types)) return Feature::reference_types;
  const bool is_typed = type.heap().is_concrete() || !type.is_nullable();
  if (is_typed && !features.has(Feature::gc) && !features.has(Feature::function_references)) {
    return Feature::function_references;
  }
  return type.heap().is_concrete() ? Feature::mvp : unless_on(feature_of(type.heap().abstract()));
}

Result<void> check_types(Declarations& in) {
  const Module& module = in.module;
  for (std::uint32_t i = 0; i < module.types.size(); ++i) {
    const Feature missing = missing_feature(module.types[TypeIdx(i)], in.result.features);
    if (missing == Feature::mvp) continue;
    return in_entry(in, invalid_in(in, SectionId::type, NeedsFeature{"this type", missing}), SectionId::type, i);
  }
  Result<IndexVector<TypeIdx, TypeIdx>> canonical = in.registry.intern(module, in.arena);
  if (!canonical) return std::move(canonical.error());
  in.result.canonical_types = *canonical;
  in.result.signatures.reserve(in.arena, module.types.size());
  for (const TypeIdx type : in.result.canonical_types) {
    const SubType& defined = in.registry[type].type;
    in.result.signatures.push_back(in.arena, defined.kind == CompositeKind::func ? &defined.func : nullptr);
  }
  return {};
}

Result<ValType> check_val_type(const Declarations& in, ValType type, SectionId section) {
  if (const Feature missing = missing_feature(type, in.result.features); missing != Feature::mvp) {
    return invalid_in(in, section, NeedsFeature{"this type", missing});
  }
  if (!type.is_ref() || !type.heap().is_concrete()) return type;
  const auto& canonical = in.result.canonical_types;
  if (canonical.contains(type.heap().index())) return canonicalize(type, canonical);
  return invalid_in(in, section, "unknown type ", type.heap().index().value, ": the module has ", canonical.size(),
                    " types");
}

Result<TypeIdx> check_func_type(const Declarations& in, TypeIdx type, SectionId section) {
  const auto& signatures = in.result.signatures;
  if (!signatures.contains(type)) {
    return invalid_in(in, section, "unknown type ", type.value, ": the module has ", signatures.size(), " types");
  }
  if (signatures[type] == nullptr) return invalid_in(in, section, "non-function type ", type.value);
  return in.result.canonical_types[type];
}

}  // namespace tenon::core
