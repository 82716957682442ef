// Worlds: `include`, and the elaboration of imports and exports.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/WIT.md#transitive-imports-and-worlds
//
// An import of an interface needs all interfaces that it uses, before it. An export needs them too: each is another
// export when the world exports it, else an import. What cannot be: an export `c` that uses `a` (exported) and `b` (not
// exported, so an import), where `b` uses `a`; then `a` would have to be an import as well, and `c` would see two
// copies of it. The depth of recursion is that of the interfaces' uses, which is limited when they are made.
#include "wit/worlds.hpp"

#include <algorithm>
#include <iterator>
#include <unordered_set>

#include "model/component/extern_names.hpp"
#include "wit/names.hpp"

namespace tenon::wit {

const WorldItem* ItemSet::find(const WorldItem& item) const noexcept {
  if (item.name.empty()) {
    const auto found = interfaces_.find(item.interface.value);
    return found == interfaces_.end() ? nullptr : &items_[found->second];
  }
  const auto found = names_.find(item.name);
  return found == names_.end() ? nullptr : &items_[found->second];
}

bool ItemSet::add(const WorldItem& item) {
  const auto index = static_cast<std::uint32_t>(items_.size());
  const bool is_new = item.name.empty() ? interfaces_.try_emplace(item.interface.value, index).second
                                        : names_.try_emplace(item.name, index).second;
  if (is_new) items_.push_back(item);
  return is_new;
}

namespace {

// Copies what belongs to one owner to another: types, functions and inline interfaces. A type is copied once. Types
// come before what mentions them in every list, so that recursion is as deep as types without a name are nested.
class Cloner {
 public:
  Cloner(State& state, Owner from, Owner to, PackageIdx package)
      : state_(state), from_(from), to_(to), package_(package) {}

  void item(WorldItem& item) {
    if (item.name.empty()) return;
    switch (item.kind) {
      case WorldItemKind::type: item.type = type(item.type); return;
      case WorldItemKind::function: function(item.function); return;
      case WorldItemKind::interface:
        if (out().interfaces[item.interface].name.empty()) item.interface = interface(item.interface);
        return;
    }
  }

 private:
  Resolve& out() noexcept { return state_.out; }

  TypeIdx type(TypeIdx index) {
    if (index.is_none() || state_.failed) return index;
    if (const auto found = copies_.find(index.value); found != copies_.end()) return found->second;
    TypeDef copy = out().types[index];
    definition(copy);
    state_.count_item(copy.span);
    const TypeIdx result = state_.add_type(copy);
    copies_.emplace(index.value, result);
    return result;
  }
  void mention(Type& mentioned) {
    if (mentioned.is_defined()) mentioned.index = type(mentioned.index);
  }
  void definition(TypeDef& copy) {
    if (copy.owner == from_) copy.owner = to_;
    if (copy.kind == TypeKind::alias) {
      if (!copy.first.is_defined()) return;
      const TypeIdx target = copy.first.index;
      if (out().types[target].owner == from_ || copies_.contains(target.value)) copy.first.index = type(target);
      return;  // else it is used from elsewhere, and stays so
    }
    copy.resource = type(copy.resource);
    mention(copy.first);
    mention(copy.second);
    copy.members = out().arena.copy(copy.members.span());
    for (Member& member : copy.members) mention(member.type);
    copy.elements = out().arena.copy(copy.elements.span());
    for (Type& element : copy.elements) mention(element);
  }
  void function(Function& function) {
    function.resource = type(function.resource);
    function.params = out().arena.copy(function.params.span());
    for (Param& param : function.params) mention(param.type);
    mention(function.result);
  }
  InterfaceIdx interface(InterfaceIdx index) {
    Interface copy = out().interfaces[index];
    const InterfaceIdx result = out().interfaces.next_index();
    const Owner outer_from = std::exchange(from_, Owner{OwnerKind::interface, index, {}});
    const Owner outer_to = std::exchange(to_, Owner{OwnerKind::interface, result, {}});
    copy.types = out().arena.copy(copy.types.span());
    for (NamedType& named : copy.types) named.type = type(named.type);
    copy.functions = out().arena.copy(copy.functions.span());
    for (Function& each : copy.functions) function(each);
    from_ = outer_from;
    to_ = outer_to;
    copy.package = package_;
    copy.clone_of = index;
    out().interfaces.push_back(out().arena, copy);
    state_.interface_types.emplace_back();
    state_.interface_depth.push_back(state_.interface_depth[index.value]);
    return result;
  }

  State& state_;
  Owner from_;
  Owner to_;
  PackageIdx package_;
  std::unordered_map<std::uint32_t, TypeIdx> copies_;
};

// The name under the renaming; empty when the renaming is of another name. Annotations stay, and a resource's new name
// is its members' too.
std::string renamed(std::string_view name, const ast::RenamedId& rename) {
  const std::size_t close = name.rfind(']');
  const std::size_t prefix = close == std::string_view::npos ? 0 : close + 1;
  const std::string_view rest = name.substr(prefix);
  const std::size_t dot = std::min(rest.find('.'), rest.size());
  if (rest.substr(0, dot) != rename.id.name) return {};
  std::string result(name.substr(0, prefix));
  return result.append(rename.as.name).append(rest.substr(dot));
}

void merge_stability(State& state, const Stability& from, Stability& into, bool is_external, Span span) {
  if (is_external && from.since != nullptr) {
    into = {};  // the other package's versions say nothing here
    return;
  }
  if (from.is_unknown() || from == into) return;
  if (into.is_unknown()) {
    into = from;
    return;
  }
  state.invalid(span, "the included interface has another gate than the one that is here already");
}

void include_item(State& state, Cloner& cloner, ItemSet& into, WorldItem item, const Include& include,
                  std::string_view what, bool is_external) {
  if (item.name.empty()) {
    if (const WorldItem* present = into.find(item); present != nullptr) {
      auto& kept = into.items()[static_cast<std::size_t>(present - into.items().data())];
      merge_stability(state, item.stability, kept.stability, is_external, include.span);
      return;
    }
    if (is_external && item.stability.since != nullptr) item.stability = {};
    into.add(item);
    return;
  }
  cloner.item(item);
  for (const ast::RenamedId& rename : include.names) {
    const std::string name = renamed(item.name, rename);
    if (name.empty()) continue;
    item.name = state.out.arena.copy(std::string_view(name));
    if (item.kind == WorldItemKind::function) item.function.name = item.name;
    if (item.kind == WorldItemKind::type) state.out.types[item.type].name = item.name;
    break;
  }
  state.count_item(include.span);
  if (!into.add(item)) {
    state.invalid(include.span, "the include adds the ", what, " `", item.name, "`, which is here already (`with { ",
                  item.name, " as other-name }` renames it)");
  }
}

}  // namespace

void include_world(State& state, WorldIdx into, ItemSet& imports, ItemSet& exports, const Include& include) {
  // A copy of the views: the lists may move as the clones are added.
  const World from = state.out.worlds[include.world];
  const PackageIdx package = state.out.worlds[into].package;
  for (const ast::RenamedId& rename : include.names) {
    const auto is_renamed = [&](const WorldItem& item) {
      return !item.name.empty() && !renamed(item.name, rename).empty();
    };
    if (std::ranges::any_of(from.imports, is_renamed) || std::ranges::any_of(from.exports, is_renamed)) continue;
    std::vector<std::string_view> names;
    for (const WorldItem& item : from.imports) names.push_back(item.name);
    for (const WorldItem& item : from.exports) names.push_back(item.name);
    return state.invalid(rename.id.span, "expected the plain name of an import or export of `", from.name, "`, found `",
                         rename.id.name, "`", suggestion(rename.id.name, names));
  }
  const bool is_external = package != from.package;
  Cloner cloner(state, {OwnerKind::world, {}, include.world}, {OwnerKind::world, {}, into}, package);
  for (const WorldItem& item : from.imports) {
    include_item(state, cloner, imports, item, include, "import", is_external);
    if (state.failed) return;
  }
  for (const WorldItem& item : from.exports) {
    include_item(state, cloner, exports, item, include, "export", is_external);
    if (state.failed) return;
  }
}

void check_unique_items(State& state, const ItemSet& items, std::string_view what, Span world) {
  std::unordered_map<std::string, std::string_view> seen;
  for (const WorldItem& item : items.items()) {
    if (item.name.empty()) continue;
    const auto [previous, is_new] = seen.try_emplace(component::uniqueness_key(item.name), item.name);
    if (is_new) continue;
    state.invalid(item.span.source.is_none() ? world : item.span, "the ", what, " `", item.name, "` ",
                  conflict(item.name, previous->second));
    return;
  }
}

namespace {

class Elaborator {
 public:
  Elaborator(State& state, WorldIdx world) : state_(state), world_(world) {}

  void run(const ItemSet& imports, const ItemSet& exports) {
    for (const WorldItem& item : ranked(imports.items())) add_import(item);
    for (const WorldItem& item : exports.items()) {
      if (item.kind == WorldItemKind::function) exports_.add(item);
    }
    for (const WorldItem& item : exports.items()) {
      if (item.kind != WorldItemKind::interface || state_.failed) continue;
      if (!add_export(exports, item, true)) {
        const std::string name =
            item.name.empty() ? interface_name(state_.out, item.interface) : std::string(item.name);
        state_.invalid(state_.out.worlds[world_].span, "the export `", name,
                       "` depends on an interface that would have to be imported and exported: it uses one that the "
                       "world exports, and one that the world does not export, which uses the first (exporting both "
                       "settles it)");
      }
    }
    const std::vector<WorldItem> sorted = ranked(imports_.items());
    World& world = state_.out.worlds[world_];
    world.imports = state_.out.arena.copy(std::span<const WorldItem>(sorted));
    world.exports = state_.out.arena.copy(std::span<const WorldItem>(exports_.items()));
  }

 private:
  // Interfaces, used types, own types, functions, members of resources: the order in which they may refer to another.
  static constexpr int rank_count = 5;
  int rank(const WorldItem& item) const {
    switch (item.kind) {
      case WorldItemKind::interface: return 0;
      case WorldItemKind::type: {
        const TypeDef& type = state_.out.types[item.type];
        const bool is_alias = type.kind == TypeKind::alias && type.first.is_defined();
        return is_alias && state_.out.types[type.first.index].owner != type.owner ? 1 : 2;
      }
      case WorldItemKind::function: return item.function.kind == FunctionKind::freestanding ? 3 : 4;
    }
    return 4;
  }

  std::vector<WorldItem> ranked(const std::vector<WorldItem>& items) const {
    std::vector<WorldItem> result;
    result.reserve(items.size());
    for (int each = 0; each < rank_count; ++each) {
      std::ranges::copy_if(items, std::back_inserter(result),
                           [&](const WorldItem& item) { return rank(item) == each; });
    }
    return result;
  }

  template <class F>
  void for_each_used(InterfaceIdx index, F&& visit) {
    const ArenaVector<NamedType> types = state_.out.interfaces[index].types;
    for (const NamedType& named : types) {
      const InterfaceIdx used = used_interface(state_.out, state_.out.types[named.type]);
      if (!used.is_none()) visit(used);
    }
  }

  static WorldItem dependency(InterfaceIdx index, const Stability& stability) {
    WorldItem item;
    item.kind = WorldItemKind::interface;
    item.interface = index;
    item.stability = stability;
    return item;
  }

  void add_import(const WorldItem& item) {
    if (state_.failed || imports_.find(item) != nullptr) return;
    if (item.kind == WorldItemKind::interface) {
      for_each_used(item.interface, [&](InterfaceIdx used) { add_import(dependency(used, item.stability)); });
    } else if (item.kind == WorldItemKind::type) {
      const TypeDef& type = state_.out.types[item.type];
      const InterfaceIdx used = used_interface(state_.out, type);
      if (!used.is_none()) add_import(dependency(used, type.stability));
    }
    state_.count_item(item.span);
    imports_.add(item);
  }

  // False when the item would have to be both imported and exported.
  bool add_export(const ItemSet& exported, const WorldItem& item, bool is_export) {
    if (exports_.find(item) != nullptr) return is_export;
    if (!is_export && required_.contains(item.interface.value)) return true;
    bool is_possible = true;
    for_each_used(item.interface, [&](InterfaceIdx used) {
      if (!is_possible) return;
      WorldItem dependent = dependency(used, item.stability);
      dependent.external_id = item.external_id;
      is_possible = add_export(exported, dependent, is_export && exported.has_interface(used));
    });
    if (!is_possible) return false;
    state_.count_item(item.span);
    if (is_export) {
      if (required_.contains(item.interface.value)) return false;
      exports_.add(item);
      return true;
    }
    required_.insert(item.interface.value);
    imports_.add(item);
    return true;
  }

  State& state_;
  WorldIdx world_;
  ItemSet imports_;
  ItemSet exports_;
  std::unordered_set<std::uint32_t> required_;
};

}  // namespace

void elaborate_world(State& state, WorldIdx world, const ItemSet& imports, const ItemSet& exports) {
  Elaborator(state, world).run(imports, exports);
}

}  // namespace tenon::wit
