// The names of a package, and the order in which its interfaces and worlds depend on one another.
#include <algorithm>

#include "wit/names.hpp"
#include "wit/package.hpp"

namespace tenon::wit {

void PackageResolver::declare() {
  const auto add = [&](Node node, const ast::Id& id) {
    if (!node_of_.try_emplace(id.name, static_cast<std::uint32_t>(nodes_.size())).second) {
      state_.invalid(id.span, "duplicate name `", id.name, "` in package `", to_string(unit_.name), "`");
    }
    node.name = id.name;
    nodes_.push_back(node);
  };
  for (std::size_t i = 0; i < unit_.scopes.size(); ++i) {
    const ast::Scope& scope = *unit_.scopes[i];
    for (const ast::Item& item : scope.order) {
      Node node;
      node.scope = i;
      node.kind = item.kind;
      if (item.kind == ast::ItemKind::interface) {
        node.interface = &scope.interfaces[item.index];
        add(node, node.interface->id);
      } else if (item.kind == ast::ItemKind::world) {
        node.world = &scope.worlds[item.index];
        add(node, node.world->id);
      }
    }
  }
}

NameMap<PackageResolver::FileName> PackageResolver::names_of(const ast::Scope& scope) {
  NameMap<FileName> names;
  const auto add = [&](const ast::Id& id, FileName name) {
    if (!names.try_emplace(id.name, name).second) {
      state_.invalid(id.span, "duplicate name `", id.name, "` in this file");
    }
  };
  for (const ast::Item& item : scope.order) {
    if (item.kind != ast::ItemKind::use) {
      const ast::Id& id =
          item.kind == ast::ItemKind::interface ? scope.interfaces[item.index].id : scope.worlds[item.index].id;
      add(id, {.is_foreign = false, .node = node_of_.at(id.name)});
      continue;
    }
    const ast::TopLevelUse& use = scope.uses[item.index];
    if (!use.path.is_local()) {
      add(use.as, {.is_foreign = true, .node = 0});
      continue;
    }
    const auto found = node_of_.find(use.path.id.name);
    if (found == node_of_.end()) {
      std::vector<std::string_view> known;
      for (const Node& node : nodes_) known.push_back(node.name);
      state_.invalid(use.path.id.span, "expected an interface or world of this package, found `", use.path.id.name, "`",
                     suggestion(use.path.id.name, known));
      return names;
    }
    add(use.as, {.is_foreign = false, .node = found->second});
  }
  return names;
}

void PackageResolver::add_edge(const NameMap<FileName>& names, std::vector<Edge>& edges, const ast::UsePath& path) {
  if (!path.is_local()) return;
  if (const auto found = names.find(path.id.name); found != names.end()) {
    if (!found->second.is_foreign) edges.push_back({found->second.node, path.id.name, path.id.span});
    return;
  }
  if (const auto found = node_of_.find(path.id.name); found != node_of_.end()) {
    edges.push_back({found->second, path.id.name, path.id.span});
    return;
  }
  std::vector<std::string_view> known;
  for (const auto& [name, target] : names) known.push_back(name);
  for (const Node& node : nodes_) known.push_back(node.name);
  state_.invalid(path.id.span, "expected an interface or world in scope, found `", path.id.name, "`",
                 suggestion(path.id.name, known));
}

void PackageResolver::order_items() {
  std::vector<NameMap<FileName>> names;
  for (const ast::Scope* scope : unit_.scopes) {
    names.push_back(names_of(*scope));
    if (state_.failed) return;
  }
  std::vector<std::vector<Edge>> edges(nodes_.size());
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const Node& node = nodes_[i];
    if (node.kind == ast::ItemKind::interface) {
      for (const ast::UseItem& use : node.interface->body.uses) add_edge(names[node.scope], edges[i], use.from);
    } else {
      for (const ast::IncludeItem& include : node.world->body.includes) {
        add_edge(names[node.scope], edges[i], include.from);
      }
    }
  }
  if (state_.failed) return;
  Toposort sorted = toposort(edges);
  if (sorted.cycle != nullptr) {
    return state_.invalid(sorted.cycle->span, "interface or world `", sorted.cycle->name, "` depends on itself");
  }
  node_order_ = std::move(sorted.order);
  for (const std::uint32_t index : node_order_) {
    Node& node = nodes_[index];
    if (node.kind == ast::ItemKind::interface) {
      node.target = {TargetKind::interface, draft_interface(node.name, node.interface->id.span), {}};
    } else {
      node.target = {TargetKind::world, {}, WorldIdx(first_world_ + worlds_.size())};
      DraftWorld draft;
      draft.world.name = node.name;
      draft.world.span = node.world->id.span;
      worlds_.push_back(draft);
    }
  }
}

void PackageResolver::name_files() {
  for (const ast::Scope* scope : unit_.scopes) {
    NameMap<Target> names;
    for (const ast::InterfaceItem& item : scope->interfaces)
      names[item.id.name] = nodes_[node_of_[item.id.name]].target;
    for (const ast::WorldItem& item : scope->worlds) names[item.id.name] = nodes_[node_of_[item.id.name]].target;
    for (const ast::TopLevelUse& use : scope->uses) {
      if (use.path.is_local()) {
        names[use.as.name] = nodes_[node_of_[use.path.id.name]].target;
        continue;
      }
      const Target target = foreign(use.path, false);
      if (target.kind == TargetKind::world) {
        state_.invalid(use.path.id.span, "expected an interface of another package, found the world `",
                       use.path.id.name, "`");
      }
      names[use.as.name] = target;
    }
    file_names_.push_back(std::move(names));
  }
}

Target PackageResolver::foreign(const ast::UsePath& path, bool may_be_absent) {
  const std::string name = to_string(path.package);
  const auto package = state_.packages.find(name);
  if (package == state_.packages.end()) {
    std::vector<std::string> known;
    for (const auto& [each, index] : state_.packages) known.push_back(each);
    std::ranges::sort(known);
    state_.invalid(path.package_span, "package `", name, "` not found",
                   suggestion(name, std::vector<std::string_view>(known.begin(), known.end())));
    return {};
  }
  const NameMap<Target>& items = state_.package_items[package->second.value];
  if (const auto found = items.find(path.id.name); found != items.end()) return found->second;
  if (!may_be_absent) {
    std::vector<std::string_view> known;
    for (const auto& [each, target] : items) known.push_back(each);
    std::ranges::sort(known);
    state_.invalid(path.id.span, "interface or world `", path.id.name, "` not found in package `", name, "`",
                   suggestion(path.id.name, known));
  }
  return {};
}

Target PackageResolver::find(std::size_t scope, const ast::UsePath& path, bool may_be_absent) {
  if (!path.is_local()) return foreign(path, may_be_absent);
  const NameMap<Target>& file = file_names_[scope];
  if (const auto found = file.find(path.id.name); found != file.end()) return found->second;
  if (const auto found = node_of_.find(path.id.name); found != node_of_.end()) return nodes_[found->second].target;
  state_.invalid(path.id.span, "expected an interface or world in scope, found `", path.id.name, "`",
                 suggestion(path.id.name, names_in_reach(scope)));
  return {};
}

std::vector<std::string_view> PackageResolver::names_in_reach(std::size_t scope) const {
  std::vector<std::string_view> names;
  for (const auto& [name, target] : file_names_[scope]) names.push_back(name);
  for (const Node& node : nodes_) names.push_back(node.name);
  std::ranges::sort(names);
  return names;
}

// None when it is absent, which it may be.
InterfaceIdx PackageResolver::find_interface(std::size_t scope, const ast::UsePath& path, bool may_be_absent) {
  const Target target = find(scope, path, may_be_absent);
  if (target.kind == TargetKind::world) {
    state_.invalid(path.id.span, "expected an interface, found the world `", path.id.name, "`");
  }
  return target.interface;
}

}  // namespace tenon::wit
