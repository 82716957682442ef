// Names of imports and exports: what they say of themselves must be true.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#import-and-export-definitions
#include "validate/component/validator.hpp"

namespace tenon::component {

namespace {

std::string_view word_for(NameAttribute attribute) noexcept {
  switch (attribute) {
    case NameAttribute::implements: return "implements";
    case NameAttribute::version_suffix: return "versionsuffix";
    case NameAttribute::external_id: return "external-id";
  }
  return "";
}

// Of `own` resources that a constructor returns: as its result, or as the ok of one.
const ValueType* constructed(const ValueType* result) noexcept {
  if (result->kind == TypeKind::result && result->element != nullptr) result = result->element;
  return result->kind == TypeKind::own ? result : nullptr;
}

}  // namespace

Result<void> Validator::check_name(Visible& visible, const ExternName& name, const EntitySignature& entity,
                                   Direction direction) {
  const std::string_view word = to_string(direction);
  Result<ParsedName> parsed = parse_extern_name(name.name, options_.features);
  if (!parsed) return below(parsed.error(), word, " name `", name.name, "` is not a valid extern name");
  if (!name.given.empty()) {
    if (Checked checked = check_attributes(name, *parsed, entity); !checked) return checked;
  }
  if (Checked checked = check_annotation(visible, *parsed, entity); !checked) {
    return below(checked.error(), word, " name `", name.name, "` is not valid");
  }
  const std::string key = uniqueness_key(name.name);
  const auto [previous, is_new] = visible.keys.emplace(std::pmr::string(key, &memory_), name.name);
  if (is_new) return {};
  return invalid(word, " name `", name.name, "` conflicts with previous name `", previous->second, '`');
}

Result<void> Validator::check_attributes(const ExternName& name, const ParsedName& parsed,
                                         const EntitySignature& entity) {
  unsigned seen = 0;
  for (const NameAttribute attribute : name.given) {
    const unsigned bit = 1U << static_cast<unsigned>(attribute);
    if ((seen & bit) != 0) return invalid("duplicate '", word_for(attribute), "' option in name `", name.name, '`');
    seen |= bit;
  }
  ParsedName versioned = parsed;
  if (name.implements) {
    if (parsed.kind != ParsedName::Kind::label) {
      return invalid("name `", name.name, "` is not valid with `implements`: a plain name is expected");
    }
    if (entity.sort != Sort::instance) {
      return invalid("only instances can have an `implements`, found a ", kind_text(entity));
    }
    Result<ParsedName> interface = parse_extern_name(*name.implements, options_.features);
    if (!interface) return below(interface.error(), '`', *name.implements, "` is not a valid name");
    if (interface->kind != ParsedName::Kind::interface) {
      return invalid("name `", *name.implements, "` must be an interface");
    }
    versioned = *interface;
  }
  if (!name.version_suffix) return {};
  if (entity.sort != Sort::instance)
    return invalid("only instances can have a `versionsuffix`, found a ", kind_text(entity));
  if (!versioned.has_canonical_version) {
    return invalid("a `versionsuffix` needs an interface's name with a canonical version before it");
  }
  std::pmr::string version(versioned.version, &memory_);
  version += *name.version_suffix;
  if (Checked checked = check_version(version); !checked) {
    return below(checked.error(), "invalid interface version `", std::string_view(version), '`');
  }
  return {};
}

Result<void> Validator::check_annotation(const Visible& visible, const ParsedName& parsed,
                                         const EntitySignature& entity) {
  if (parsed.kind == ParsedName::Kind::label || parsed.kind == ParsedName::Kind::interface) return {};
  if (entity.sort != Sort::func) return invalid("item is not a func, it is a ", kind_text(entity));
  const FuncSignature& func = *entity.func;
  switch (parsed.kind) {
    case ParsedName::Kind::constructor: {
      if (func.result == nullptr) return invalid("function should return one value");
      const ValueType* handle = constructed(func.result);
      if (handle != nullptr) return check_resource_name(visible, *handle, parsed.resource);
      return invalid("function should return `(own $T)` or `(result (own $T))`, found ", *func.result);
    }
    case ParsedName::Kind::method:
      if (func.params.empty()) return invalid("function should have at least one argument");
      if (func.params[0].label != "self") {
        return invalid("function should have a first argument called `self`, found `", func.params[0].label, '`');
      }
      if (func.params[0].type->kind == TypeKind::borrow) {
        return check_resource_name(visible, *func.params[0].type, parsed.resource);
      }
      return invalid("function should take a first argument of `(borrow $T)`, found ", *func.params[0].type);
    default:
      if (visible.resource_names.contains(parsed.resource)) return {};
      return invalid("static resource name is not known in this context: `", parsed.resource, '`');
  }
}

Result<void> Validator::check_resource_name(const Visible& visible, const ValueType& handle, std::string_view name) {
  const auto found = visible.resources.find(key_of(handle.resource, handle.resource_definition));
  if (found == visible.resources.end())
    return invalid("resource used in function does not have a name in this context");
  if (found->second == name) return {};
  return invalid("function does not match expected resource name `", found->second, '`');
}

}  // namespace tenon::component
