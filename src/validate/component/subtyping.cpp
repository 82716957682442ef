// Value and function types are subtypes only of themselves, as all implementations have it: two adapters would have to
// be made for what differs, and bindings to be generated. So one comparison of addresses decides, once the abstract
// resources of the expected side are replaced by those that were matched with them; only when it fails are both types
// walked, to say where they differ. Instances and components have width subtyping: more exports, fewer imports.
//
// A component's type binds resources. Comparing two components opens both: the imports of the expected one stand for
// themselves and are matched against what the other imports (contravariantly), then the exports of the other are
// matched with those that are expected. What was matched is forgotten when the comparison is over. A type that is
// compared inside of itself would bind the same resources twice, and gets fresh ones.
#include "validate/component/subtyping.hpp"

#include <algorithm>

#include "base/concat.hpp"
#include "model/core/type_text.hpp"
#include "validate/component/type_text.hpp"

namespace tenon::component {

namespace {

constexpr std::size_t short_list = 8;

template <class... Pieces>
Error differs(const Pieces&... pieces) {
  return fail(ErrorKind::invalid, {}, pieces...);
}

// The error of a part, below the path that leads there.
template <class... Pieces>
Error below(const Error& error, const Pieces&... path) {
  return fail(error.kind(), error.place(), path..., ": ", error.message());
}

// Fresh resources that stand for those of a type that is open already; no real ones reach so far.
constexpr std::uint32_t first_fresh = 1U << 31;

}  // namespace

template <class T>
const T* NameIndex::find_in(std::span<const T> list, std::string_view name) {
  if (list.size() <= short_list) {
    for (const T& item : list) {
      if constexpr (std::is_same_v<T, NamedEntity>) {
        if (item.name.name == name) return &item;
      } else {
        if (item.name == name) return &item;
      }
    }
    return nullptr;
  }
  List& index = lists_[list.data()];
  if (index.empty()) {
    index.reserve(list.size());
    for (std::uint32_t i = 0; i < list.size(); ++i) {
      if constexpr (std::is_same_v<T, NamedEntity>) {
        index.emplace(list[i].name.name, i);
      } else {
        index.emplace(list[i].name, i);
      }
    }
  }
  const auto found = index.find(name);
  return found == index.end() ? nullptr : &list[found->second];
}

const NamedEntity* NameIndex::find(std::span<const NamedEntity> list, std::string_view name) {
  return find_in(list, name);
}
const ModuleExport* NameIndex::find(std::span<const ModuleExport> list, std::string_view name) {
  return find_in(list, name);
}

Subtyping::Subtyping(const SubtypingContext& context)
    : context_(context),
      matched_(&context.memory),
      order_(&context.memory),
      open_(&context.memory),
      supplied_(&context.memory),
      replacement_([this](ResourceId id) { return resolve(id); }),
      substitution_(context.pool, replacement_),
      next_fresh_(first_fresh) {}

ResourceId Subtyping::resolve(ResourceId id) const {
  for (auto found = matched_.find(id); found != matched_.end(); found = matched_.find(id)) id = found->second;
  return id;
}

void Subtyping::match(ResourceId abstract, ResourceId actual) {
  if (abstract == actual) return;
  if (matched_.emplace(abstract, actual).second) order_.push_back(abstract);
}

Result<void> Subtyping::check_resource(ResourceId sub, ResourceId super) {
  sub = resolve(sub);
  super = resolve(super);
  if (sub == super) return {};
  if (sub.value >= context_.origins.size() || super.value >= context_.origins.size()) {
    return differs("resource types are not the same");
  }
  const auto origin_text = [](const ResourceOrigin& origin) -> std::string_view {
    switch (origin.kind) {
      case ResourceOrigin::Kind::defined: return "defined";
      case ResourceOrigin::Kind::imported: return "imported";
      case ResourceOrigin::Kind::exported: return "exported";
    }
    return "";
  };
  const ResourceOrigin& expected = context_.origins[super.value];
  const ResourceOrigin& found = context_.origins[sub.value];
  return differs("resource types are not the same: expected `", expected.name, "`, ", origin_text(expected),
                 " at offset ", Hex{expected.offset}, ", found `", found.name, "`, ", origin_text(found), " at offset ",
                 Hex{found.offset});
}

Result<void> Subtyping::check(const ValueType* sub, const ValueType* super) {
  sub = substitution_.value(sub);
  super = substitution_.value(super);
  if (same_type(sub, super)) return {};
  Result<void> difference = explain(*sub, *super, false);
  if (!difference && (sub->kind != TypeKind::primitive || super->kind != TypeKind::primitive)) {
    return differs(difference.error().message(), "; expected type `", *super, "`, found `", *sub, '`');
  }
  return difference;
}

// Finds the first difference; there is none when the types are the same.
Result<void> Subtyping::explain(const ValueType& sub, const ValueType& super, bool is_member) {
  if (same_type(&sub, &super)) return {};
  if (sub.kind != super.kind) {
    const bool is_primitive = super.kind == TypeKind::primitive && !is_member;
    return differs("expected ", is_primitive ? "primitive" : kind_text(super), ", found ", kind_text(sub));
  }
  const auto member = [&](const ValueType* found, const ValueType* expected, const auto&... path) -> Result<void> {
    Result<void> difference = explain(*found, *expected, true);
    if (difference) return difference;
    return below(difference.error(), "type mismatch in ", path...);
  };
  const auto optional = [&](const ValueType* found, const ValueType* expected, std::string_view what,
                            std::string_view where) -> Result<void> {
    if (found == nullptr && expected == nullptr) return {};
    if (found == nullptr) return differs("expected ", what, " type, but found none");
    if (expected == nullptr) return differs("expected ", what, " type to not be present");
    return member(found, expected, where);
  };
  switch (super.kind) {
    case TypeKind::primitive:
      return differs("expected primitive `", kind_text(super), "` found primitive `", kind_text(sub), '`');
    case TypeKind::record:
    case TypeKind::variant: {
      const bool is_record = super.kind == TypeKind::record;
      if (sub.members.size() != super.members.size()) {
        return differs("expected ", super.members.size(), is_record ? " fields" : " cases", ", found ",
                       sub.members.size());
      }
      for (std::size_t i = 0; i < super.members.size(); ++i) {
        const Member& found = sub.members[i];
        const Member& expected = super.members[i];
        if (found.label != expected.label) {
          return differs(is_record ? "expected field name `" : "expected case named `", expected.label, "`, found `",
                         found.label, '`');
        }
        if (found.type == nullptr && expected.type == nullptr) continue;
        if (found.type == nullptr) return differs("expected case `", found.label, "` to have a type, found none");
        if (expected.type == nullptr) return differs("expected case `", found.label, "` to have no type");
        Result<void> same =
            member(found.type, expected.type, is_record ? "record field `" : "variant case `", found.label, '`');
        if (!same) return same;
      }
      return {};
    }
    case TypeKind::tuple:
      if (sub.types.size() != super.types.size()) {
        return differs("expected ", super.types.size(), " types, found ", sub.types.size());
      }
      for (std::size_t i = 0; i < super.types.size(); ++i) {
        if (Result<void> same = member(sub.types[i], super.types[i], "tuple field ", i); !same) return same;
      }
      return {};
    case TypeKind::flags: return differs("mismatch in flags elements");
    case TypeKind::enum_: return differs("mismatch in enum elements");
    case TypeKind::fixed_length_list:
      if (sub.length != super.length) {
        return differs("expected a list of length ", super.length, ", found one of length ", sub.length);
      }
      [[fallthrough]];
    case TypeKind::list: return member(sub.element, super.element, "list element");
    case TypeKind::option: return member(sub.element, super.element, "option");
    case TypeKind::map:
      if (Result<void> same = optional(sub.second, super.second, "key", "map key"); !same) return same;
      return member(sub.element, super.element, "map value");
    case TypeKind::result:
      if (Result<void> same = optional(sub.element, super.element, "ok", "ok variant"); !same) return same;
      return optional(sub.second, super.second, "err", "err variant");
    case TypeKind::stream: return optional(sub.element, super.element, "stream", "stream");
    case TypeKind::future: return optional(sub.element, super.element, "future", "future");
    default: return check_resource(sub.resource, super.resource);
  }
}

Result<void> Subtyping::check_func(const FuncSignature* sub, const FuncSignature* super) {
  sub = substitution_.func(sub);
  super = substitution_.func(super);
  if (sub->structure == super->structure) return {};
  if (sub->is_async != super->is_async) {
    const auto text = [](bool is_async) { return is_async ? "async" : "sync"; };
    return differs("expected ", text(super->is_async), " function, found ", text(sub->is_async), " function");
  }
  if (sub->params.size() != super->params.size()) {
    return differs("expected ", super->params.size(), " parameters, found ", sub->params.size());
  }
  for (std::size_t i = 0; i < super->params.size(); ++i) {
    const Member& found = sub->params[i];
    const Member& expected = super->params[i];
    if (found.label != expected.label) {
      return differs("expected parameter named `", expected.label, "`, found `", found.label, '`');
    }
    if (Result<void> same = explain(*found.type, *expected.type, true); !same) {
      return below(same.error(), "type mismatch in function parameter `", found.label, '`');
    }
  }
  // The words that the official suite has for it.
  if (super->result == nullptr) return differs("expected a result, found none: the function has one, `", *sub, '`');
  if (sub->result == nullptr) return differs("expected no result, found one: the function has none, `", *sub, '`');
  Result<void> same = explain(*sub->result, *super->result, true);
  return same ? std::move(same) : below(same.error(), "type mismatch with result type");
}

Result<void> Subtyping::check(const EntitySignature& sub, const EntitySignature& super) {
  if (sub.sort != super.sort) return differs("expected ", kind_text(super), ", found ", kind_text(sub));
  switch (super.sort) {
    case Sort::func: return check_func(sub.func, super.func);
    case Sort::value: return check(sub.value, super.value);
    case Sort::type: return check_type(sub, super);
    case Sort::instance: return check_instance(sub.instance, super.instance);
    case Sort::component: return check_component(sub.component, super.component);
    default: return check_module(context_.registry, *sub.module, *super.module);
  }
}

Result<void> Subtyping::check_type(const EntitySignature& sub, const EntitySignature& super) {
  if (sub.type.kind != super.type.kind) {
    return differs("expected ", kind_text(super.type), ", found ", kind_text(sub.type));
  }
  if (open_components_ == 0) supplied_.push_back({super.type, sub.type});
  switch (super.type.kind) {
    case TypeEntity::Kind::resource:
      if (super.type_bound == TypeBound::sub_resource)
        return match(super.type.resource, resolve(sub.type.resource)), Result<void>{};
      return check_resource(sub.type.resource, super.type.resource);
    case TypeEntity::Kind::value: return check(sub.type.value, super.type.value);
    case TypeEntity::Kind::func: return check_func(sub.type.func, super.type.func);
    case TypeEntity::Kind::instance:
      if (Result<void> same = check_instance(sub.type.instance, super.type.instance); !same) return same;
      return check_instance(super.type.instance, sub.type.instance);
    case TypeEntity::Kind::component:
      if (Result<void> same = check_component(sub.type.component, super.type.component); !same) return same;
      return check_component(super.type.component, sub.type.component);
  }
  return {};
}

Result<void> Subtyping::check_exports(std::span<const NamedEntity> sub, std::span<const NamedEntity> super) {
  for (const NamedEntity& expected : super) {
    const NamedEntity* found = context_.names.find(sub, expected.name.name);
    if (found == nullptr) return differs("missing expected export `", expected.name.name, '`');
    if (Result<void> checked = check(found->entity, expected.entity); !checked) {
      return below(checked.error(), "type mismatch in instance export `", expected.name.name, '`');
    }
  }
  return {};
}

Result<void> Subtyping::check_instance(const InstanceSignature* sub, const InstanceSignature* super) {
  if (sub == super && !sub->has_resource) return {};
  return check_exports(sub->exports, super->exports);
}

// The type with resources of its own, if those that it binds are open.
const ComponentSignature* Subtyping::freshened(const ComponentSignature* component) {
  const auto is_open = [&](ResourceId id) { return open_.contains(id) || matched_.contains(id); };
  if (std::ranges::none_of(component->imported, is_open) && std::ranges::none_of(component->bound, is_open)) {
    return component;
  }
  std::pmr::unordered_map<ResourceId, ResourceId> fresh(&context_.memory);
  for (const ResourceId id : component->imported) fresh.emplace(id, ResourceId(next_fresh_++));
  for (const ResourceId id : component->bound) fresh.emplace(id, ResourceId(next_fresh_++));
  return context_.pool.substitute(component, [&](ResourceId id) {
    const auto found = fresh.find(id);
    return found == fresh.end() ? id : found->second;
  });
}

Result<void> Subtyping::check_component(const ComponentSignature* sub, const ComponentSignature* super) {
  if (sub == super && !sub->has_resource) return {};
  sub = freshened(sub);
  super = freshened(super);
  std::pmr::vector<ResourceId> opened(&context_.memory);
  for (const ComponentSignature* side : {sub, super}) {
    for (const std::span<const ResourceId> ids : {side->imported, side->bound}) {
      for (const ResourceId id : ids) {
        if (open_.insert(id).second) opened.push_back(id);
      }
    }
  }
  const std::size_t matched_before = order_.size();
  const auto compare = [&]() -> Result<void> {
    for (const NamedEntity& needed : sub->imports) {
      const NamedEntity* given = context_.names.find(super->imports, needed.name.name);
      if (given == nullptr) return differs("missing expected import `", needed.name.name, '`');
      if (Result<void> checked = check(given->entity, needed.entity); !checked) {
        return below(checked.error(), "type mismatch in import `", needed.name.name, '`');
      }
    }
    for (const NamedEntity& expected : super->exports) {
      const NamedEntity* found = context_.names.find(sub->exports, expected.name.name);
      if (found == nullptr) return differs("missing expected export `", expected.name.name, '`');
      if (Result<void> checked = check(found->entity, expected.entity); !checked) {
        return below(checked.error(), "type mismatch in export `", expected.name.name, '`');
      }
    }
    return {};
  };
  ++open_components_;
  Result<void> result = compare();
  --open_components_;
  for (; order_.size() > matched_before; order_.pop_back()) matched_.erase(order_.back());
  for (const ResourceId id : opened) open_.erase(id);
  substitution_.forget();
  return result;
}

namespace {

bool limits_match(const core::Limits& sub, const core::Limits& super) noexcept {
  if (sub.min < super.min) return false;
  return !super.max || (sub.max && *sub.max <= *super.max);
}

// "(func (param i32) (result i32))"
struct CoreFuncText {
  const core::TypeRegistry& registry;
  core::TypeIdx type;
};
void append_text(TextBuffer& out, const CoreFuncText& text) noexcept {
  const core::FuncType& func = text.registry[text.type].type.func;
  const auto print = [&](std::string_view word, std::span<const core::ValType> types) {
    if (types.empty()) return;
    out.append(" (");
    out.append(word);
    for (const core::ValType type : types) {
      out.append(' ');
      append_text(out, type);
    }
    out.append(')');
  };
  out.append("(func");
  print("param", func.params);
  print("result", func.results);
  out.append(')');
}

Result<void> check_table(const core::TypeRegistry& registry, const core::TableType& sub, const core::TableType& super) {
  if (!registry.matches(sub.element, super.element) || !registry.matches(super.element, sub.element)) {
    return differs("expected table element type ", super.element, ", found ", sub.element);
  }
  if (sub.limits.is_64 != super.limits.is_64) return differs("mismatch in index type used for tables");
  if (sub.limits.is_shared != super.limits.is_shared) return differs("mismatch in the shared flag for tables");
  if (limits_match(sub.limits, super.limits)) return {};
  return differs("mismatch in table limits: expected ", super.limits, ", found ", sub.limits);
}

Result<void> check_memory(const core::MemoryType& sub, const core::MemoryType& super) {
  if (sub.limits.is_shared != super.limits.is_shared) return differs("mismatch in the shared flag for memories");
  if (sub.limits.is_64 != super.limits.is_64) return differs("mismatch in index type used for memories");
  if (sub.page_size_log2 != super.page_size_log2) return differs("mismatch in custom page sizes for memories");
  if (limits_match(sub.limits, super.limits)) return {};
  return differs("mismatch in memory limits: expected ", super.limits, ", found ", sub.limits);
}

Result<void> check_global(const core::TypeRegistry& registry, core::GlobalType sub, core::GlobalType super) {
  if (sub.is_mutable != super.is_mutable)
    return differs("global types differ in mutability: expected ", super, ", found ", sub);
  const bool matches =
      registry.matches(sub.value, super.value) && (!sub.is_mutable || registry.matches(super.value, sub.value));
  if (matches) return {};
  return differs("expected global type ", super.value, ", found ", sub.value);
}

}  // namespace

Result<void> check_core_extern(const core::TypeRegistry& registry, const core::ExternType& sub,
                               const core::ExternType& super) {
  if (sub.kind != super.kind) return differs("expected ", super.kind, ", found ", sub.kind);
  switch (super.kind) {
    case core::ExternKind::func:
      if (registry.is_subtype(sub.func, super.func)) return {};
      return differs("expected: ", CoreFuncText{registry, super.func}, ", found: ", CoreFuncText{registry, sub.func});
    case core::ExternKind::table: return check_table(registry, sub.table, super.table);
    case core::ExternKind::memory: return check_memory(sub.memory, super.memory);
    case core::ExternKind::global: return check_global(registry, sub.global, super.global);
    case core::ExternKind::tag:
      if (sub.tag.type == super.tag.type) return {};
      return differs("expected: ", CoreFuncText{registry, super.tag.type},
                     ", found: ", CoreFuncText{registry, sub.tag.type});
  }
  return {};
}

Result<void> check_module(const core::TypeRegistry& registry, const ModuleSignature& sub,
                          const ModuleSignature& super) {
  using Key = std::pair<std::string_view, std::string_view>;
  std::vector<std::pair<Key, const ModuleImport*>> given;
  for (const ModuleImport& import : super.imports) given.push_back({{import.module, import.name}, &import});
  std::ranges::sort(given, {}, &std::pair<Key, const ModuleImport*>::first);
  for (const ModuleImport& needed : sub.imports) {
    const Key key{needed.module, needed.name};
    const auto found = std::ranges::lower_bound(given, key, {}, &std::pair<Key, const ModuleImport*>::first);
    if (found == given.end() || found->first != key) {
      return differs("missing expected import `", needed.module, "::", needed.name, '`');
    }
    if (Result<void> checked = check_core_extern(registry, found->second->type, needed.type); !checked) {
      return below(checked.error(), "type mismatch in import `", needed.module, "::", needed.name, '`');
    }
  }
  std::vector<std::pair<std::string_view, const ModuleExport*>> exports;
  for (const ModuleExport& item : sub.exports) exports.push_back({item.name, &item});
  std::ranges::sort(exports, {}, &std::pair<std::string_view, const ModuleExport*>::first);
  for (const ModuleExport& expected : super.exports) {
    const auto found =
        std::ranges::lower_bound(exports, expected.name, {}, &std::pair<std::string_view, const ModuleExport*>::first);
    if (found == exports.end() || found->first != expected.name) {
      return differs("missing expected export `", expected.name, '`');
    }
    if (Result<void> checked = check_core_extern(registry, found->second->type, expected.type); !checked) {
      return below(checked.error(), "type mismatch in export `", expected.name, '`');
    }
  }
  return {};
}

}  // namespace tenon::component
