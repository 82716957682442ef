#include "transform/concretize.hpp"

#include "base/concat.hpp"

namespace tenon::transform {

namespace {

using component::EntitySignature;
using component::NamedEntity;
using component::Sort;

// "`a`, `b`, ..."
struct NameList {
  std::span<const NamedEntity> items;
};
void append_text(TextBuffer& out, const NameList& list) noexcept {
  constexpr std::size_t longest = 5;
  if (list.items.empty()) out.append("nothing");
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    if (i != 0) out.append(", ");
    if (i == longest) return out.append("...");
    out.append('`');
    out.append(list.items[i].name.name);
    out.append('`');
  }
}

const NamedEntity* find(std::span<const NamedEntity> items, std::string_view name) noexcept {
  for (const NamedEntity& item : items) {
    if (item.name.name == name) return &item;
  }
  return nullptr;
}

}  // namespace

Result<EntitySignature> concretize(const component::ValidatedComponent& component, Direction direction,
                                   std::span<const std::string_view> path) {
  const component::ComponentSignature& signature = *component.root->signature;
  std::span<const NamedEntity> items = direction == Direction::import ? signature.imports : signature.exports;
  if (path.empty()) return fail(ErrorKind::usage, {}, "a path has one name at least");
  for (std::size_t i = 0;; ++i) {
    const NamedEntity* found = find(items, path[i]);
    if (found == nullptr) {
      return fail(ErrorKind::usage, {}, "there is no `", path[i], "`, found ", NameList{items});
    }
    if (i + 1 == path.size()) return found->entity;
    if (found->entity.sort != Sort::instance) {
      return fail(ErrorKind::usage, {}, '`', path[i], "` is a ", to_string(found->entity.sort),
                  ", expected an instance with an export `", path[i + 1], '`');
    }
    items = found->entity.instance->exports;
  }
}

Result<EntitySignature> concretize(const component::Spaces& scope, component::SortIdx item) {
  EntitySignature entity;
  entity.sort = item.sort;
  const auto take = [&](const auto& space, auto& into) -> bool {
    if (item.index >= space.size()) return false;
    into = space.span()[item.index];
    return true;
  };
  const bool is_there = [&] {
    switch (item.sort) {
      case Sort::func: return take(scope.funcs, entity.func);
      case Sort::value: return take(scope.values, entity.value);
      case Sort::type: return take(scope.types, entity.type);
      case Sort::component: return take(scope.components, entity.component);
      case Sort::instance: return take(scope.instances, entity.instance);
      case Sort::core_module: return take(scope.core_modules, entity.module);
      default: return false;
    }
  }();
  if (is_there) return entity;
  return fail(ErrorKind::usage, {}, "there is no ", to_string(item.sort), ' ', item.index, " with a component's type");
}

}  // namespace tenon::transform
