#include "compose/core_type_shift.hpp"

#include <algorithm>

namespace tenon::compose {

namespace {

using component::Alias;
using component::AliasKind;
using component::ComponentBody;
using component::CoreType;
using component::Definition;
using component::DefinitionKind;
using component::ExternType;
using component::Sort;

// What a definition points to is shared and constant: a copy is changed, and kept only if something in it did.
template <typename T, typename Change>
bool replace(Arena& arena, const T*& pointer, Change change) {
  T copy = *pointer;
  if (!change(copy)) return false;
  pointer = arena.make<T>(copy);
  return true;
}

template <typename T, typename Change>
bool replace_each(Arena& arena, std::span<const T>& items, Change change) {
  std::span<T> copies;
  for (std::size_t i = 0; i < items.size(); ++i) {
    T copy = items[i];
    if (!change(copy)) continue;
    if (copies.empty()) copies = arena.copy(items);
    copies[i] = copy;
  }
  if (copies.empty()) return false;
  items = copies;
  return true;
}

bool has_core_type(CanonOp op) {
  switch (info(op).immediates) {
    case CanonImmediates::core_func_type_table:
    case CanonImmediates::shared_core_func_type:
    case CanonImmediates::shared_core_func_type_table: return true;
    default: return false;
  }
}

}  // namespace

std::uint32_t CoreTypeShift::moved(std::uint32_t index) const {
  const auto before = std::ranges::upper_bound(inserted_, index);
  return index + static_cast<std::uint32_t>(before - inserted_.begin());
}

bool CoreTypeShift::apply(std::uint32_t& index) const {
  const std::uint32_t old = index;
  index = moved(old);
  return index != old;
}

bool CoreTypeShift::apply(core::ValType& type) const {
  if (!type.is_ref() || !type.heap().is_concrete()) return false;
  std::uint32_t index = type.heap().index().value;
  if (!apply(index)) return false;
  type = core::ValType::ref(core::TypeIdx(index), type.is_nullable());
  return true;
}

bool CoreTypeShift::apply(std::span<const core::ValType>& types) const {
  return replace_each(arena_, types, [&](core::ValType& type) { return apply(type); });
}

bool CoreTypeShift::apply(core::SubType& type) const {
  const bool supertypes =
      replace_each(arena_, type.supertypes, [&](core::TypeIdx& supertype) { return apply(supertype.value); });
  const bool params = apply(type.func.params);
  const bool results = apply(type.func.results);
  const bool fields = replace_each(arena_, type.fields, [&](core::FieldType& field) { return apply(field.storage); });
  return supertypes || params || results || fields;
}

bool CoreTypeShift::apply(std::span<const core::SubType>& group) const {
  return replace_each(arena_, group, [&](core::SubType& type) { return apply(type); });
}

bool CoreTypeShift::apply(CoreType& type, std::uint32_t depth) const {
  if (type.is_module) return apply(type.declarations, depth + 1);
  return depth == 0 && apply(type.types);
}

bool CoreTypeShift::apply(std::span<const Definition>& declarations, std::uint32_t depth) const {
  return replace_each(arena_, declarations, [&](Definition& declaration) { return apply(declaration, depth); });
}

bool CoreTypeShift::apply(ExternType& type) const { return type.sort == Sort::core_module && apply(type.index); }

bool CoreTypeShift::apply(ComponentBody& body, std::uint32_t depth) const {
  bool is_changed = false;
  ArenaVector<Definition> definitions;
  ArenaVector<component::Section> sections;
  std::size_t at = 0;
  const auto take = [&](component::Section* section) {
    Definition definition = body.definitions[at++];
    if (apply(definition, depth)) {
      is_changed = true;
      if (section != nullptr) section->changed = true;
    }
    definitions.push_back(arena_, definition);
  };
  for (component::Section section : body.sections) {
    for (std::uint32_t i = 0; i < section.definitions; ++i) take(&section);
    sections.push_back(arena_, section);
  }
  while (at < body.definitions.size()) take(nullptr);
  if (!is_changed) return false;
  body.definitions = definitions;
  body.sections = sections;
  return true;
}

bool CoreTypeShift::apply(Definition& definition, std::uint32_t depth) const {
  const bool is_outermost = depth == 0;
  switch (definition.kind) {
    case DefinitionKind::core_type:
      return replace(arena_, definition.core_type, [&](CoreType& type) { return apply(type, depth); });
    case DefinitionKind::component:
      return replace(arena_, definition.component, [&](ComponentBody& body) { return apply(body, depth + 1); });
    case DefinitionKind::alias:
      return replace(arena_, definition.alias, [&](Alias& alias) {
        const bool reaches_out =
            alias.kind == AliasKind::outer && alias.sort == Sort::core_type && alias.count == depth;
        return reaches_out && apply(alias.index);
      });
    case DefinitionKind::type:
      return replace(arena_, definition.type,
                     [&](component::Type& type) { return apply(type.declarations, depth + 1); });
    case DefinitionKind::canon:
      return is_outermost && replace(arena_, definition.canon, [&](component::Canon& canon) {
               return has_core_type(canon.op) && apply(canon.core_func_type.value);
             });
    case DefinitionKind::import:
      return is_outermost &&
             replace(arena_, definition.import, [&](component::Import& import) { return apply(import.type); });
    case DefinitionKind::export_:
      return is_outermost && replace(arena_, definition.export_,
                                     [&](component::Export& item) { return item.type && apply(*item.type); });
    case DefinitionKind::core_module:
    case DefinitionKind::core_instance:
    case DefinitionKind::instance:
    case DefinitionKind::start:
    case DefinitionKind::value:
    case DefinitionKind::core_import:
    case DefinitionKind::core_export: return false;
  }
  return false;
}

}  // namespace tenon::compose
