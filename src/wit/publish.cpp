// Drafts to the result: gates decide, indexes become final, worlds are elaborated.
#include "wit/names.hpp"
#include "wit/package.hpp"

namespace tenon::wit {

namespace {

// Whether a borrow is in the type, itself or in one it mentions; those are finished.
bool find_borrow(const State& state, const TypeDef& type) {
  const auto in = [&](const Type& part) { return part.is_defined() && state.has_borrow[part.index.value]; };
  if (type.kind == TypeKind::borrow || in(type.first) || in(type.second)) return true;
  for (const Member& member : type.members) {
    if (in(member.type)) return true;
  }
  for (const Type& element : type.elements) {
    if (in(element)) return true;
  }
  return false;
}

}  // namespace

TypeIdx State::add_type(const TypeDef& type) {
  const bool is_alias = type.kind == TypeKind::alias && type.first.is_defined();
  is_resource.push_back(type.kind == TypeKind::resource || (is_alias && is_resource[type.first.index.value]));
  has_borrow.push_back(find_borrow(*this, type));
  const TypeIdx index = out.types.next_index();
  out.types.push_back(out.arena, type);
  return index;
}

bool PackageResolver::is_kept(const Stability& stability) const {
  if (unit_.is_main && state_.target != nullptr && stability.since != nullptr && *stability.since > *state_.target) {
    return false;
  }
  return state_.is_kept(stability);
}

void PackageResolver::publish() {
  Package package;
  package.name = unit_.name;
  if (unit_.is_main && state_.target != nullptr) package.name.version = state_.target;
  package.docs = unit_.docs;
  out_.packages.push_back(out_.arena, package);
  state_.packages.emplace(to_string(unit_.name), package_);
  publish_types();
  if (!state_.failed) publish_interfaces();
  if (!state_.failed) publish_owners();
  if (!state_.failed) publish_worlds();
  if (!state_.failed) list_items();
}

TypeIdx PackageResolver::published(TypeIdx index, Span span) {
  if (!index.is_none() && index.value < first_type_) return index;
  const TypeIdx result = index.is_none() ? TypeIdx{} : published_types_[index.value - first_type_];
  if (result.is_none()) {
    state_.invalid(span,
                   "this refers to a type that is left out: its gate is not open, so whatever refers to it needs ",
                   "the same gate");
  }
  return result;
}

InterfaceIdx PackageResolver::published(InterfaceIdx index, Span span) {
  if (!index.is_none() && index.value < first_interface_) return index;
  const InterfaceIdx result = index.is_none() ? InterfaceIdx{} : published_interfaces_[index.value - first_interface_];
  if (result.is_none()) {
    state_.invalid(span,
                   "this refers to an interface that is left out: its gate is not open, so whatever refers to it ",
                   "needs the same gate");
  }
  return result;
}

// A resource where a value is expected stands for `own` of it.
void PackageResolver::publish_mention(Type& type, Span span) {
  if (!type.is_defined()) return;
  type.index = published(type.index, span);
  if (state_.failed || !state_.is_resource[type.index.value]) return;
  const auto [own, is_new] = own_.try_emplace(type.index.value);
  if (is_new) {
    TypeDef handle;
    handle.kind = TypeKind::own;
    handle.resource = type.index;
    own->second = state_.add_type(handle);
  }
  type.index = own->second;
}

void PackageResolver::publish_definition(TypeDef& type) {
  if (type.kind == TypeKind::alias) {
    if (type.first.is_defined()) type.first.index = published(type.first.index, type.span);
    return;
  }
  if (type.kind == TypeKind::own || type.kind == TypeKind::borrow) {
    type.resource = published(type.resource, type.span);
    return;
  }
  for (Member& member : type.members) {
    publish_mention(member.type, member.span);
    if (state_.failed) return;
  }
  for (Type& element : type.elements) {
    publish_mention(element, type.span);
    if (state_.failed) return;
  }
  publish_mention(type.first, type.span);
  if (!state_.failed) publish_mention(type.second, type.span);
}

void PackageResolver::publish_types() {
  published_types_.reserve(types_.size());
  for (TypeDef& draft : types_) {
    if (!is_kept(draft.stability)) {
      published_types_.emplace_back();
      continue;
    }
    publish_definition(draft);
    if (state_.failed) return;
    published_types_.push_back(state_.add_type(draft));
  }
}

void PackageResolver::publish_function(Function& function) {
  if (!function.resource.is_none()) function.resource = published(function.resource, function.span);
  for (Param& param : function.params) {
    if (!state_.failed) publish_mention(param.type, param.span);
  }
  if (!state_.failed) publish_mention(function.result, function.span);
  if (state_.failed || !function.result.is_defined() || !state_.has_borrow[function.result.index.value]) return;
  state_.invalid(function.span, "function `", function.name,
                 "` has a borrow in its result: a function can only be lent handles, by its parameters");
}

void PackageResolver::publish_interfaces() {
  for (std::size_t i = 0; i < interfaces_.size(); ++i) {
    Interface interface = interfaces_[i];
    if (!is_kept(interface.stability)) {
      published_interfaces_.emplace_back();
      continue;
    }
    ArenaVector<NamedType> types;
    types.reserve(out_.arena, interface.types.size());
    NameMap<TypeIdx> lookup;
    for (const NamedType& named : interface.types) {
      const TypeIdx index = published_types_[named.type.value - first_type_];
      if (index.is_none()) continue;
      types.push_back(out_.arena, {named.name, index});
      lookup.emplace(named.name, index);
    }
    interface.types = types;
    ArenaVector<Function> functions;
    functions.reserve(out_.arena, interface.functions.size());
    for (Function& function : interface.functions) {
      if (!is_kept(function.stability)) continue;
      publish_function(function);
      if (state_.failed) return;
      functions.push_back(out_.arena, function);
    }
    interface.functions = functions;
    published_interfaces_.push_back(out_.interfaces.next_index());
    out_.interfaces.push_back(out_.arena, interface);
    state_.interface_types.push_back(std::move(lookup));
    state_.interface_depth.push_back(0);  // publish_owners knows
  }
}

// The owners of types, and with them how deep uses go.
void PackageResolver::publish_owners() {
  for (const TypeIdx index : published_types_) {
    if (index.is_none()) continue;
    TypeDef& type = out_.types[index];
    if (type.owner.kind != OwnerKind::interface) continue;
    type.owner.interface = published(type.owner.interface, type.span);
    if (state_.failed) return;
  }
  for (const InterfaceIdx index : published_interfaces_) {
    if (index.is_none()) continue;
    std::uint32_t depth = 0;
    const Interface& interface = out_.interfaces[index];
    for (const NamedType& named : interface.types) {
      const InterfaceIdx used = used_interface(out_, out_.types[named.type]);
      if (!used.is_none()) depth = std::max(depth, state_.interface_depth[used.value] + 1);
    }
    state_.interface_depth[index.value] = depth;
    if (depth > limits::max_wit_use_depth) {
      return state_.fail(ErrorKind::exhausted, interface.span, "interfaces use one another too deeply: more than ",
                         limits::max_wit_use_depth);
    }
  }
}

void PackageResolver::publish_items(const std::vector<WorldItem>& drafts, ItemSet& out) {
  for (WorldItem item : drafts) {
    switch (item.kind) {
      case WorldItemKind::type:
        item.type = published_types_[item.type.value - first_type_];
        if (item.type.is_none()) continue;
        break;
      case WorldItemKind::function:
        if (!is_kept(item.function.stability)) continue;
        publish_function(item.function);
        break;
      case WorldItemKind::interface:
        if (!is_kept(item.stability)) continue;
        item.interface = published(item.interface, item.span);
        break;
    }
    if (state_.failed) return;
    out.add(item);
  }
}

void PackageResolver::publish_worlds() {
  std::vector<ItemSet> imports(worlds_.size());
  std::vector<ItemSet> exports(worlds_.size());
  for (std::size_t i = 0; i < worlds_.size(); ++i) {
    DraftWorld& draft = worlds_[i];
    if (!is_kept(draft.world.stability)) {
      published_worlds_.emplace_back();
      continue;
    }
    publish_items(draft.imports, imports[i]);
    publish_items(draft.exports, exports[i]);
    if (state_.failed) return;
    draft.world.package = package_;
    published_worlds_.push_back(out_.worlds.next_index());
    out_.worlds.push_back(out_.arena, draft.world);
  }
  for (const TypeIdx index : published_types_) {
    if (index.is_none() || out_.types[index].owner.kind != OwnerKind::world) continue;
    TypeDef& type = out_.types[index];
    type.owner.world = published_worlds_[type.owner.world.value - first_world_];
    if (type.owner.world.is_none())
      return state_.invalid(type.span, "this type has no gate, but its world is left out");
  }
  for (std::size_t i = 0; i < worlds_.size(); ++i) {
    const WorldIdx index = published_worlds_[i];
    if (index.is_none()) continue;
    const Span span = out_.worlds[index].span;
    for (Include& include : worlds_[i].includes) {
      if (include.world.value >= first_world_) include.world = published_worlds_[include.world.value - first_world_];
      if (include.world.is_none())
        return state_.invalid(include.span, "the included world is left out: its gate is not open");
      include_world(state_, index, imports[i], exports[i], include);
      if (state_.failed) return;
    }
    check_unique_items(state_, imports[i], "import", span);
    check_unique_items(state_, exports[i], "export", span);
    if (!state_.failed) elaborate_world(state_, index, imports[i], exports[i]);
    if (state_.failed) return;
  }
}

void PackageResolver::list_items() {
  NameMap<Target> items;
  Package& package = out_.packages[package_];
  for (const InterfaceIdx index : published_interfaces_) {
    if (index.is_none() || out_.interfaces[index].name.empty()) continue;
    package.interfaces.push_back(out_.arena, index);
    items.emplace(out_.interfaces[index].name, Target{TargetKind::interface, index, {}});
  }
  for (const WorldIdx index : published_worlds_) {
    if (index.is_none()) continue;
    package.worlds.push_back(out_.arena, index);
    items.emplace(out_.worlds[index].name, Target{TargetKind::world, {}, index});
  }
  state_.package_items.push_back(std::move(items));
}

void resolve_package(State& state, const PackageUnit& unit) { PackageResolver(state, unit).run(); }

}  // namespace tenon::wit
