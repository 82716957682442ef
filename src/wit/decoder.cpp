#include "wit/decoder.hpp"

#include <algorithm>

#include "model/component/extern_names.hpp"

namespace tenon::wit {

using component::Sort;

ComponentReader::Contents WitDecoder::open(const TypeNode& type) {
  auto contents = reader_.open(ComponentNode{type.type->declarations, type.scope, true});
  if (contents) return *std::move(contents);
  failed_ = true;
  error_ = std::move(contents).error();
  return {};
}

// "ns:pkg/item@1.2.3"; with canonical names the version's end stands in an attribute.
bool WitDecoder::parse_interface_name(const component::ExternName& name, std::string_view text, QualifiedName& out,
                                      PackageName& package) {
  if (!parse_qualified_name(text, out) || out.item.empty()) return false;
  if (!component::parse_extern_name(text, Features::all())) return false;  // nobody may have validated it
  package.namespace_ = copy(out.namespace_);
  package.name = copy(out.package);
  out.item = copy(out.item);
  if (out.version.empty()) return true;
  const std::string version = std::string(out.version) + std::string(name.version_suffix.value_or(""));
  auto* parsed = out_.arena.make<Version>();
  package.version = parsed;
  return parse_version(copy(version), *parsed).empty();
}

void WitDecoder::set_main_package(const PackageName& name) {
  if (!main_.is_main) {
    main_.is_main = true;
    main_.name = name;
  } else if (main_.name != name) {
    fail("expected an item of package `", to_string(main_.name), "`, as the first one is, found one of `",
         to_string(name), "`");
  }
}

std::size_t WitDecoder::package_draft(const PackageName& name) {
  const auto [found, is_new] = foreign_by_name_.try_emplace(to_string(name), foreign_.size());
  if (is_new) foreign_.push_back({.name = name, .interfaces = {}, .worlds = {}, .inline_interfaces = {}});
  return found->second;
}

void WitDecoder::package(const std::vector<NamedNode>& exports) {
  is_whole_package_ = true;
  for (const NamedNode& document : exports) {
    offset_ = document.offset;
    const ComponentReader::Contents contents = open(*document.node.type);
    if (failed_) return;
    if (contents.exports.size() != 1) {
      return fail("expected a component type with one export, found ", contents.exports.size());
    }
    const NamedNode& item = contents.exports.front();
    if (item.node.sort == Sort::instance) {
      interface_document(contents, item);
    } else if (item.node.sort == Sort::component) {
      world(item);
    } else {
      fail("expected an interface or a world, found an export of another sort");
    }
    if (failed_) return;
  }
}

void WitDecoder::old_package(const NamedNode& document) {
  offset_ = document.offset;
  const ComponentReader::Contents contents = open(*document.node.type);
  QualifiedName name;
  PackageName package;
  if (failed_) return;
  if (!parse_interface_name(document.name, document.name.name, name, package)) return fail("expected a package's name");
  set_main_package(package);
  for (const NamedNode& item : contents.imports) {
    if (!failed_) used_interface(item.name.name, item);
  }
  for (const NamedNode& item : contents.exports) {
    if (failed_) return;
    if (item.node.sort == Sort::instance) {
      own_interface(item, item.name.name);
    } else if (item.node.sort == Sort::component) {
      world(item);
    }
  }
}

void WitDecoder::interface_document(const ComponentReader::Contents& contents, const NamedNode& item) {
  QualifiedName name;
  PackageName package;
  if (!parse_interface_name(item.name, item.name.name, name, package)) {
    return fail("expected an interface's full name, as `ns:pkg/name`, found `", item.name.name, "`");
  }
  set_main_package(package);
  for (const NamedNode& import : contents.imports) {
    if (!failed_) used_interface(import.name.name, import);
  }
  if (!failed_) own_interface(item, item.name.name);
}

WorldIdx WitDecoder::single_world(const TypeNode& type) {
  const ComponentReader::Contents contents = open(type);
  if (failed_) return {};
  if (!contents.imports.empty() || contents.exports.size() != 1 ||
      contents.exports.front().node.sort != Sort::component) {
    fail("expected a component type that exports one world");
    return {};
  }
  return world(contents.exports.front());
}

WorldIdx WitDecoder::world(const NamedNode& item) {
  offset_ = item.offset;
  QualifiedName name;
  PackageName package;
  if (!parse_interface_name(item.name, item.name.name, name, package)) {
    fail("expected a world's full name, as `ns:pkg/name`, found `", item.name.name, "`");
    return {};
  }
  set_main_package(package);
  auto contents = reader_.open(*item.node.component);
  if (!contents) {
    failed_ = true;
    error_ = std::move(contents).error();
    return {};
  }
  World world;
  world.name = name.item;
  const WorldIdx index = out_.worlds.next_index();
  out_.worlds.push_back(out_.arena, world);
  main_.worlds.push_back(index);
  world_items(index, *contents, false);
  return index;
}

WorldIdx WitDecoder::component(const ComponentReader::Contents& contents) {
  main_.is_main = true;
  main_.name = {"root", "component", nullptr};
  World world;
  world.name = "root";
  out_.worlds.push_back(out_.arena, world);
  main_.worlds.emplace_back(0U);
  world_items(WorldIdx(0U), contents, true);
  return WorldIdx(0U);
}

void WitDecoder::world_items(WorldIdx index, const ComponentReader::Contents& contents, bool skips_others) {
  for (const NamedNode& item : contents.imports) {
    if (!failed_) world_item(index, item, true, skips_others);
  }
  for (const NamedNode& item : contents.exports) {
    if (!failed_) world_item(index, item, false, false);
  }
}

// Imports of modules, components and values are no part of a component's world.
bool WitDecoder::world_item(WorldIdx world, const NamedNode& item, bool is_import, bool skips_others) {
  offset_ = item.offset;
  const Owner owner{OwnerKind::world, {}, world};
  WorldItem result;
  switch (item.node.sort) {
    case Sort::instance:
      result.kind = WorldItemKind::interface;
      world_instance(item, result);
      break;
    case Sort::func:
      result.kind = WorldItemKind::function;
      result.function = function(item, owner);
      result.name = result.function.name;
      break;
    case Sort::type:
      if (is_import && item.node.type != nullptr) {
        result.kind = WorldItemKind::type;
        result.type = type_export(item, owner);
        result.name = failed_ ? std::string_view{} : out_.types[result.type].name;
        break;
      }
      [[fallthrough]];
    default:
      if (!skips_others) {
        fail("WIT has no words for the ", is_import ? "import" : "export", " `", item.name.name, "`: it is a ",
             component::to_string(item.node.sort));
      }
      return false;
  }
  if (failed_) return false;
  World& out = out_.worlds[world];
  (is_import ? out.imports : out.exports).push_back(out_.arena, result);
  return true;
}

void WitDecoder::world_instance(const NamedNode& item, WorldItem& out) {
  if (item.name.external_id) out.external_id = copy(*item.name.external_id);
  if (item.name.implements) {
    out.name = copy(item.name.name);
    out.interface = used_interface(*item.name.implements, item);
    return;
  }
  if (item.name.name.contains(':')) {
    out.interface = used_interface(item.name.name, item);
    return;
  }
  out.name = copy(item.name.name);
  out.interface = own_interface(item, {});
}

InterfaceIdx WitDecoder::make_interface(std::string_view name) {
  Interface interface;
  interface.name = name;
  const InterfaceIdx index = out_.interfaces.next_index();
  out_.interfaces.push_back(out_.arena, interface);
  return index;
}

// An interface that is known, or of another package. Of others no more is seen than what is imported from them, so they
// are filled as they are met.
InterfaceIdx WitDecoder::used_interface(std::string_view text, const NamedNode& item) {
  offset_ = item.offset;
  QualifiedName name;
  PackageName package;
  if (item.node.sort != Sort::instance || !parse_interface_name(item.name, text, name, package)) {
    fail("expected an instance under an interface's full name, as `ns:pkg/name`, found `", text, "`");
    return {};
  }
  const std::string key = to_string(package) + "/" + std::string(name.item);
  const auto [found, is_new] = interfaces_.try_emplace(key);
  if (is_new) {
    if (is_whole_package_ && package == main_.name) {
      fail("expected interface `", key, "` among what the package exports, before it is used");
      return {};
    }
    found->second = make_interface(name.item);
    const std::size_t draft = package_draft(package);
    foreign_[draft].interfaces.push_back(found->second);
    foreign_of_.emplace(found->second.value, draft);
  }
  const InterfaceIdx index = found->second;
  const bool is_own = own_interfaces_.contains(index.value);
  for (const NamedNode& each : item.node.instance->exports) {
    if (failed_) break;
    if (each.node.sort == Sort::type) {
      add_used_type(index, is_own, each);
    } else if (each.node.sort != Sort::func) {
      fail("WIT has no words for the export `", each.name.name, "` of the instance `", text, "`: it is a ",
           component::to_string(each.node.sort));
    } else if (interface_functions_[index.value].insert(copy(each.name.name)).second) {
      if (is_own) fail("function `", each.name.name, "` is not one of interface `", text, "`");
      const Function made = function(each, {OwnerKind::interface, index, {}});
      out_.interfaces[index].functions.push_back(out_.arena, made);
    }
  }
  return index;
}

void WitDecoder::add_used_type(InterfaceIdx index, bool is_own, const NamedNode& item) {
  ByName& known = interface_types_[index.value];
  if (const auto found = known.find(item.name.name); found != known.end()) {
    // Types without a name inside it are those that are known already.
    if (item.node.type->renamed != nullptr && !item.node.type->is_resource()) {
      unify(found->second, *item.node.type->renamed);
    }
    types_.insert_or_assign(item.node.type, found->second);
    return;
  }
  if (is_own) return fail("type `", item.name.name, "` is not one of interface `", out_.interfaces[index].name, "`");
  const TypeIdx type = type_export(item, {OwnerKind::interface, index, {}});
  if (failed_) return;
  out_.interfaces[index].types.push_back(out_.arena, {out_.types[type].name, type});
  interface_types_[index.value].emplace(out_.types[type].name, type);
}

// An interface that is defined here: in full, under its name in the main package, or inline in a world.
InterfaceIdx WitDecoder::own_interface(const NamedNode& item, std::string_view text) {
  offset_ = item.offset;
  QualifiedName name;
  PackageName package;
  if (!text.empty()) {
    if (!parse_interface_name(item.name, text, name, package)) {
      fail("expected an interface's full name, as `ns:pkg/name`, found `", text, "`");
      return {};
    }
    set_main_package(package);
    if (interfaces_.contains(to_string(package) + "/" + std::string(name.item))) return used_interface(text, item);
  }
  // Its index is that of the interface that comes next; it is added with all that it has.
  const InterfaceIdx index = make_interface(name.item);
  const Owner owner{OwnerKind::interface, index, {}};
  for (const NamedNode& each : item.node.instance->exports) {
    if (failed_) return {};
    if (each.node.sort == Sort::type) {
      const TypeIdx type = type_export(each, owner);
      if (failed_) return {};
      out_.interfaces[index].types.push_back(out_.arena, {out_.types[type].name, type});
      interface_types_[index.value].emplace(out_.types[type].name, type);
    } else if (each.node.sort == Sort::func) {
      const Function made = function(each, owner);
      out_.interfaces[index].functions.push_back(out_.arena, made);
      interface_functions_[index.value].insert(made.name);
    } else {
      fail("WIT has no words for the export `", each.name.name, "`: it is a ", component::to_string(each.node.sort));
    }
  }
  if (text.empty()) {
    main_.inline_interfaces.push_back(index);
  } else {
    main_.interfaces.push_back(index);
    own_interfaces_.insert(index.value);
    interfaces_.emplace(to_string(package) + "/" + std::string(name.item), index);
  }
  return index;
}

void WitDecoder::visit_package(std::size_t index, std::vector<std::size_t>& order, std::vector<bool>& seen) {
  if (seen[index]) return;
  seen[index] = true;
  for (const InterfaceIdx interface : foreign_[index].interfaces) {
    for (const NamedType& named : out_.interfaces[interface].types) {
      const InterfaceIdx used = wit::used_interface(out_, out_.types[named.type]);
      if (used.is_none()) continue;
      if (const auto found = foreign_of_.find(used.value); found != foreign_of_.end()) {
        visit_package(found->second, order, seen);
      }
    }
  }
  order.push_back(index);
}

void WitDecoder::insert_package(const PackageDraft& draft) {
  Package package;
  package.name = draft.name;
  const PackageIdx existing = out_.find_package(draft.name);
  const PackageIdx index = existing.is_none() ? out_.packages.next_index() : existing;
  if (existing.is_none()) out_.packages.push_back(out_.arena, package);
  Package& out = out_.packages[index];
  for (const InterfaceIdx each : draft.interfaces) {
    out.interfaces.push_back(out_.arena, each);
    out_.interfaces[each].package = index;
  }
  for (const InterfaceIdx each : draft.inline_interfaces) out_.interfaces[each].package = index;
  for (const WorldIdx each : draft.worlds) {
    out.worlds.push_back(out_.arena, each);
    out_.worlds[each].package = index;
  }
  if (draft.is_main) out_.main = index;
}

void WitDecoder::finish() {
  std::vector<std::size_t> order;
  std::vector<bool> seen(foreign_.size());
  for (std::size_t i = 0; i < foreign_.size(); ++i) visit_package(i, order, seen);
  for (const std::size_t index : order) insert_package(foreign_[index]);
  insert_package(main_);
}

}  // namespace tenon::wit
