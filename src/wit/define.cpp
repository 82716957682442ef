// The meaning of interfaces and worlds: drafts of all they have. Types are in define_types.cpp.
#include <algorithm>

#include "model/component/extern_names.hpp"
#include "wit/names.hpp"
#include "wit/package.hpp"

namespace tenon::wit {

std::string_view UniqueNames::add(std::string_view name) {
  const auto [previous, is_new] = names_.try_emplace(component::uniqueness_key(name), name);
  return is_new ? std::string_view{} : previous->second;
}

namespace {

// One message for a name that is taken, whether it is the same or differs in case.
void fail_taken(State& state, Span span, std::string_view name, std::string_view previous) {
  state.invalid(span, "name `", name, "` ", conflict(name, previous));
}

}  // namespace

void PackageResolver::define() {
  for (const std::uint32_t index : node_order_) {
    const Node& node = nodes_[index];
    if (node.kind != ast::ItemKind::interface || state_.failed) continue;
    define_interface(node.target.interface, node.scope, node.interface->body, node.interface->docs,
                     node.interface->attributes);
  }
  for (const std::uint32_t index : node_order_) {
    if (nodes_[index].kind == ast::ItemKind::world && !state_.failed) define_world(nodes_[index]);
  }
}

InterfaceIdx PackageResolver::draft_interface(std::string_view name, Span span) {
  Interface draft;
  draft.name = name;
  draft.span = span;
  draft.package = package_;
  interfaces_.push_back(draft);
  interface_types_.emplace_back();
  return InterfaceIdx(first_interface_ + interfaces_.size() - 1);
}

// The gates, held against the version of the package.
Stability PackageResolver::stability(const ast::Attributes& attributes) {
  const Version* since = attributes.stability.since;
  if (since != nullptr && unit_.name.version == nullptr) {
    state_.invalid(attributes.since, "package `", to_string(unit_.name), "` has a gate with a version, so it needs a ",
                   "version itself (`package ", to_string(unit_.name), "@", since->text, ";`)");
  } else if (since != nullptr && *since > *unit_.name.version) {
    state_.invalid(attributes.since, "@since names ", since->text, ", a later version than the package's ",
                   unit_.name.version->text);
  }
  return attributes.stability;
}

void PackageResolver::define_interface(InterfaceIdx index, std::size_t scope, const ast::InterfaceBody& body, Docs docs,
                                       const ast::Attributes& attributes) {
  const std::size_t at = index.value - first_interface_;
  interfaces_[at].docs = docs;
  interfaces_[at].stability = stability(attributes);
  define_types({OwnerKind::interface, index, {}}, scope, body);
  if (state_.failed) return;
  UniqueNames names;
  const auto define = [&](std::string_view name, Span span) {
    if (const std::string_view taken = names.add(name); !taken.empty()) fail_taken(state_, span, name, taken);
  };
  ArenaVector<Function> functions;
  for (std::size_t i = 0; i < named_.size(); ++i) define(named_[i].name, named_spans_[i]);
  std::size_t next_type = 0;
  std::size_t next_function = 0;
  for (const ast::InterfaceBody::Entry entry : body.order) {
    if (state_.failed) return;
    if (entry == ast::InterfaceBody::Entry::function) {
      const ast::Func& func = body.functions[next_function++];
      define(func.id.name, func.id.span);
      functions.push_back(out_.arena, function(func, {}, {}));
    } else if (entry == ast::InterfaceBody::Entry::type) {
      const ast::TypeItem& type = body.types[next_type++];
      for (const ast::Func& func : type.type->functions) {
        functions.push_back(out_.arena, function(func, lookup_[type.id.name], type.id.name));
        define(functions.back().name, func.id.span);
      }
    }
  }
  interfaces_[at].functions = functions;
  interfaces_[at].types = out_.arena.copy(std::span<const NamedType>(named_));
  interface_types_[at] = lookup_;
}

void PackageResolver::define_name(const ast::Id& id, TypeIdx type) {
  if (!lookup_.try_emplace(id.name, type).second) return fail_taken(state_, id.span, id.name, id.name);
  named_.push_back({id.name, type});
  named_spans_.push_back(id.span);
}

void PackageResolver::define_use(Owner owner, std::size_t scope, const ast::UseItem& use) {
  TypeDef alias;
  alias.kind = TypeKind::alias;
  alias.owner = owner;
  alias.stability = stability(use.attributes);
  alias.external_id = use.attributes.external_id;
  const bool may_be_absent = !state_.is_kept(alias.stability);
  const InterfaceIdx from = find_interface(scope, use.from, may_be_absent);
  for (const ast::RenamedId& name : use.names) {
    if (state_.failed) return;
    TypeIdx target;
    if (!from.is_none()) {
      const bool is_draft = from.value >= first_interface_;
      const NameMap<TypeIdx>& types =
          is_draft ? interface_types_[from.value - first_interface_] : state_.interface_types[from.value];
      const auto found = types.find(name.id.name);
      if (found != types.end()) {
        target = found->second;
      } else if (!may_be_absent || is_draft) {
        std::vector<std::string_view> known;
        for (const auto& [each, type] : types) known.push_back(each);
        std::ranges::sort(known);
        return state_.invalid(name.id.span, "expected a type of interface `", use.from.id.name, "`, found `",
                              name.id.name, "`", suggestion(name.id.name, known));
      }
    }
    alias.first = Type::of(target);
    alias.name = name.as.name;
    alias.span = name.id.span;
    define_name(name.as, draft_type(alias));
  }
}

std::vector<std::vector<Edge>> PackageResolver::type_edges(const ast::InterfaceBody& body,
                                                           std::vector<const ast::TypeItem*>& nodes) {
  NameMap<std::uint32_t> node_of;
  std::size_t next_use = 0;
  std::size_t next_type = 0;
  const auto add = [&](const ast::Id& id, const ast::TypeItem* type) {
    if (!node_of.try_emplace(id.name, static_cast<std::uint32_t>(nodes.size())).second) {
      fail_taken(state_, id.span, id.name, id.name);
    }
    nodes.push_back(type);
  };
  for (const ast::InterfaceBody::Entry entry : body.order) {
    if (entry == ast::InterfaceBody::Entry::use) {
      for (const ast::RenamedId& name : body.uses[next_use++].names) add(name.as, nullptr);
    } else if (entry == ast::InterfaceBody::Entry::type) {
      const ast::TypeItem& type = body.types[next_type++];
      add(type.id, &type);
    }
  }
  std::vector<std::vector<Edge>> edges(nodes.size());
  std::vector<const ast::TypeExpr*> work;
  for (std::size_t i = 0; i < nodes.size() && !state_.failed; ++i) {
    if (nodes[i] == nullptr) continue;
    work.push_back(nodes[i]->type);
    while (!work.empty()) {
      const ast::TypeExpr* expr = work.back();
      work.pop_back();
      if (expr == nullptr) continue;
      const bool is_handle =
          expr->form == ast::ExprForm::constructed && (expr->kind == TypeKind::own || expr->kind == TypeKind::borrow);
      if (expr->form == ast::ExprForm::name || is_handle) {
        const auto found = node_of.find(expr->id.name);
        if (found == node_of.end()) {
          std::vector<std::string_view> known;
          for (const auto& [name, node] : node_of) known.push_back(name);
          std::ranges::sort(known);
          state_.invalid(expr->id.span, "expected a type in scope, found `", expr->id.name, "`",
                         type_suggestion(expr->id.name, std::move(known)));
          return edges;
        }
        edges[i].push_back({found->second, expr->id.name, expr->id.span});
      }
      for (const ast::TypeExpr* argument : expr->arguments) work.push_back(argument);
      for (const ast::MemberExpr& member : expr->members) work.push_back(member.type);
    }
  }
  return edges;
}

void PackageResolver::define_types(Owner owner, std::size_t scope, const ast::InterfaceBody& body) {
  named_.clear();
  named_spans_.clear();
  lookup_.clear();
  std::vector<const ast::TypeItem*> nodes;
  const std::vector<std::vector<Edge>> edges = type_edges(body, nodes);
  if (state_.failed) return;
  for (const ast::UseItem& use : body.uses) define_use(owner, scope, use);
  if (state_.failed) return;
  const Toposort sorted = toposort(edges);
  if (sorted.cycle != nullptr) {
    return state_.invalid(sorted.cycle->span, "type `", sorted.cycle->name, "` depends on itself");
  }
  for (const std::uint32_t index : sorted.order) {
    const ast::TypeItem* item = nodes[index];
    if (item == nullptr) continue;
    const Stability gates = stability(item->attributes);
    TypeDef type = definition(*item->type, gates);
    if (state_.failed) return;
    type.name = item->id.name;
    type.owner = owner;
    type.docs = item->docs;
    type.stability = gates;
    type.external_id = item->attributes.external_id;
    type.span = item->id.span;
    define_name(item->id, draft_type(type));
  }
}

void PackageResolver::add_world_types(DraftWorld& draft, UniqueNames& names) {
  for (std::size_t i = 0; i < named_.size(); ++i) {
    if (const std::string_view taken = names.add(named_[i].name); !taken.empty()) {
      return fail_taken(state_, named_spans_[i], named_[i].name, taken);
    }
    WorldItem item;
    item.kind = WorldItemKind::type;
    item.name = named_[i].name;
    item.type = named_[i].type;
    item.span = named_spans_[i];
    draft.imports.push_back(item);
  }
}

void PackageResolver::define_includes(DraftWorld& draft, std::size_t scope, const ast::WorldBody& body) {
  for (const ast::IncludeItem& include : body.includes) {
    const Stability gates = stability(include.attributes);
    const Target target = find(scope, include.from, !state_.is_kept(gates));
    if (target.kind == TargetKind::interface) {
      return state_.invalid(include.from.id.span, "expected a world, found the interface `", include.from.id.name, "`");
    }
    if (target.kind == TargetKind::world && is_kept(gates)) {
      draft.includes.push_back({target.world, include.names, include.from.id.span});
    }
  }
}

void PackageResolver::define_world(const Node& node) {
  const ast::WorldBody& body = node.world->body;
  const std::size_t at = node.target.world.value - first_world_;
  DraftWorld draft = worlds_[at];
  draft.world.docs = node.world->docs;
  draft.world.stability = stability(node.world->attributes);
  define_types({OwnerKind::world, {}, node.target.world}, node.scope, body.types);
  if (state_.failed) return;
  define_includes(draft, node.scope, body);
  UniqueNames import_names;
  UniqueNames export_names;
  add_world_types(draft, import_names);
  // Externs and the members of resources, in the order in which they were written.
  std::size_t next_type = 0;
  const auto add_members_before = [&](std::size_t count) {
    for (; next_type < count && !state_.failed; ++next_type) {
      const ast::TypeItem& type = body.types.types[next_type];
      for (const ast::Func& func : type.type->functions) {
        WorldItem item;
        item.kind = WorldItemKind::function;
        item.function = function(func, lookup_[type.id.name], type.id.name);
        item.name = item.function.name;
        item.stability = item.function.stability;
        item.span = func.id.span;
        if (const std::string_view taken = import_names.add(item.name); !taken.empty()) {
          return fail_taken(state_, item.span, item.name, taken);
        }
        draft.imports.push_back(item);
      }
    }
  };
  for (std::size_t i = 0; i < body.externs.size() && !state_.failed; ++i) {
    add_members_before(body.types_before[i]);
    const ast::ExternItem& item = body.externs[i];
    const WorldItem out = define_extern(node.scope, item);
    if (!state_.failed) add_extern(draft, item, out, item.is_import ? import_names : export_names);
  }
  add_members_before(body.types.types.size());
  worlds_[at] = std::move(draft);
}

WorldItem PackageResolver::define_extern(std::size_t scope, const ast::ExternItem& item) {
  WorldItem out;
  out.span = item.id.span;
  out.stability = stability(item.attributes);
  out.external_id = item.attributes.external_id;
  out.name = item.form == ast::ExternForm::path ? std::string_view{} : item.id.name;
  switch (item.form) {
    case ast::ExternForm::function:
      out.kind = WorldItemKind::function;
      out.function = function(item.function, {}, {});
      return out;
    case ast::ExternForm::interface: {
      // The world's own types are out of sight inside.
      out.kind = WorldItemKind::interface;
      out.interface = draft_interface({}, item.id.span);
      std::vector<NamedType> named = std::exchange(named_, {});
      std::vector<Span> spans = std::exchange(named_spans_, {});
      NameMap<TypeIdx> lookup = std::exchange(lookup_, {});
      define_interface(out.interface, scope, item.body, item.docs, item.attributes);
      named_ = std::move(named);
      named_spans_ = std::move(spans);
      lookup_ = std::move(lookup);
      return out;
    }
    case ast::ExternForm::path:
    case ast::ExternForm::named_path:
      out.kind = WorldItemKind::interface;
      out.docs = item.docs;
      out.interface = find_interface(scope, item.path, !state_.is_kept(out.stability));
      return out;
  }
  return out;
}

void PackageResolver::add_extern(DraftWorld& draft, const ast::ExternItem& item, const WorldItem& out,
                                 UniqueNames& names) {
  const std::string_view what = item.is_import ? "import" : "export";
  std::vector<WorldItem>& items = item.is_import ? draft.imports : draft.exports;
  // The interface's full name is its key, and none of another form can be equal to it.
  const std::string key =
      item.form == ast::ExternForm::path ? "/" + std::to_string(out.interface.value) : std::string();
  const std::string_view taken = names.add(key.empty() ? item.id.name : out_.arena.copy(std::string_view(key)));
  if (!taken.empty() && !out.interface.is_none() && !key.empty()) {
    return state_.invalid(item.id.span, "interface `", item.id.name, "` is ", what, "ed more than once");
  }
  if (!taken.empty() && key.empty()) {
    return state_.invalid(item.id.span, "the ", what, " `", item.id.name, "` ", conflict(item.id.name, taken));
  }
  items.push_back(out);
}

}  // namespace tenon::wit
