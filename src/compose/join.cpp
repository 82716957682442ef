#include "compose/join.hpp"

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "base/concat.hpp"
#include "wit/names.hpp"

namespace tenon::compose {

using wit::InterfaceIdx;
using wit::Owner;
using wit::OwnerKind;
using wit::Resolve;
using wit::Type;
using wit::TypeDef;
using wit::TypeIdx;
using wit::WorldItem;
using wit::WorldItemKind;

std::string item_name(const Resolve& resolve, const WorldItem& item) {
  return item.name.empty() ? wit::interface_name(resolve, item.interface) : std::string(item.name);
}

namespace {

enum class Side : char { import = 'i', export_ = 'e' };

// Where a type is copied to: an interface of the result, or its world.
struct Place {
  Side side = Side::import;
  InterfaceIdx from;  // in the part
  InterfaceIdx to;    // in the result; none for the world
};

class Joiner {
 public:
  Joiner(JoinedWorld& out, const JoinOptions& options) : joined_(out), out_(out.resolve), options_(options) {}

  Result<void> run(std::span<const WorldPart> parts) {
    // What is exported, and the latest version of each import, are known before anything is copied.
    for (const WorldPart& part : parts) survey(part);
    wit::World world;
    world.name = "root";
    out_.worlds.push_back(out_.arena, world);
    for (const WorldPart& part : parts) {
      in_ = part.resolve;
      const wit::World& from = in_->worlds[part.world];
      for (const WorldItem& item : from.imports) import(item);
      for (const WorldItem& item : from.exports) {
        if (auto added = export_(item, part.module); !added) return added;
      }
    }
    order();
    return {};
  }

 private:
  void survey(const WorldPart& part) {
    const wit::World& world = part.resolve->worlds[part.world];
    for (const WorldItem& item : world.exports) {
      if (item.kind == WorldItemKind::interface && item.name.empty()) {
        exported_.insert(wit::interface_name(*part.resolve, item.interface));
      }
    }
    if (!options_.merges_versions) return;
    for (const wit::Interface& interface : part.resolve->interfaces) {
      const wit::PackageName& package = part.resolve->packages[interface.package].name;
      if (interface.name.empty() || package.version == nullptr || !package.version->pre.empty()) continue;
      const wit::Version*& latest = latest_[track(package, interface.name)];
      if (latest == nullptr || *latest < *package.version) latest = package.version;
    }
  }

  static std::string track(const wit::PackageName& package, std::string_view interface) {
    std::string key(package.namespace_);
    key.append(1, ':').append(package.name).append(1, '/').append(interface);
    return key.append(1, '@').append(wit::compatibility_track(*package.version));
  }

  // The package that the interface belongs to, with the version that all of its track get.
  wit::PackageName package_of(const wit::Interface& interface, Side side) const {
    wit::PackageName package = in_->packages[interface.package].name;
    if (side == Side::export_ || package.version == nullptr) return package;
    const auto latest = latest_.find(track(package, interface.name));
    if (latest != latest_.end()) package.version = latest->second;
    return package;
  }

  std::string_view copy(std::string_view text) { return out_.arena.copy(text); }

  wit::PackageIdx package(const wit::PackageName& name) {
    const auto [found, is_new] = packages_.try_emplace(to_string(name));
    if (is_new) {
      wit::Package made;
      made.name = {copy(name.namespace_), copy(name.name), nullptr};
      if (name.version != nullptr) {
        auto* version = out_.arena.make<wit::Version>();
        wit::parse_version(copy(name.version->text), *version);
        made.name.version = version;
      }
      found->second = out_.packages.next_index();
      out_.packages.push_back(out_.arena, made);
    }
    return found->second;
  }

  // The copy of an interface: of its own under a label, else one for its name and side.
  InterfaceIdx interface(InterfaceIdx index, Side side, std::string_view label) {
    const wit::Interface& from = in_->interfaces[index];
    std::string key(1, static_cast<char>(side));
    wit::PackageName name;
    if (!from.name.empty()) name = package_of(from, side);
    if (label.empty()) {
      key.append(to_string(name)).append(1, '/').append(from.name);
    } else {
      key.append(1, '#').append(label);
    }
    const auto [found, is_new] = interfaces_.try_emplace(key);
    if (is_new) {
      wit::Interface made;
      made.name = copy(from.name);
      if (from.name.empty()) {
        made.package = package({"root", "component", nullptr});
      } else {
        made.package = package(name);
      }
      found->second = out_.interfaces.next_index();
      out_.interfaces.push_back(out_.arena, made);
    }
    const InterfaceIdx result = found->second;
    if (!copied_.insert({in_, index.value, result.value}).second) return result;
    const Place place{side, index, result};
    for (const wit::NamedType& named : from.types) type(named.type, place);
    for (const wit::Function& function : from.functions) {
      if (!functions_.insert({result.value, std::string(function.name)}).second) continue;
      wit::Function made = this->function(function, place);
      out_.interfaces[result].functions.push_back(out_.arena, made);
    }
    return result;
  }

  // What a type of the part is in the result, seen from a place.
  TypeIdx type(TypeIdx index, const Place& place) {
    const TypeDef& from = in_->types[index];
    switch (from.owner.kind) {
      case OwnerKind::none: return anonymous(from, place);
      case OwnerKind::world: return named(from, {Side::import, {}, {}});
      case OwnerKind::interface: break;
    }
    const InterfaceIdx owner = from.owner.interface;
    if (owner == place.from) return named(from, place);
    const bool is_exported = place.side == Side::export_ && exported_.contains(wit::interface_name(*in_, owner));
    const Side side = is_exported ? Side::export_ : Side::import;
    return named(from, {side, owner, interface(owner, side, {})});
  }

  TypeIdx named(const TypeDef& from, const Place& place) {
    const std::pair key(place.to.value, std::string(from.name));
    if (const auto found = types_.find(key); found != types_.end()) return found->second;
    TypeDef made = definition(from, place);
    made.name = copy(from.name);
    made.owner =
        place.to.is_none() ? Owner{OwnerKind::world, {}, wit::WorldIdx(0U)} : Owner{OwnerKind::interface, place.to, {}};
    if (from.external_id) made.external_id = copy(*from.external_id);
    const TypeIdx index = out_.types.next_index();
    out_.types.push_back(out_.arena, made);
    types_.emplace(key, index);
    if (!place.to.is_none()) out_.interfaces[place.to].types.push_back(out_.arena, {made.name, index});
    return index;
  }

  TypeIdx anonymous(const TypeDef& from, const Place& place) {
    const TypeDef made = definition(from, place);
    std::vector<std::uint32_t> key{static_cast<std::uint32_t>(made.kind), made.resource.value, made.length};
    const auto add = [&](const Type& part) {
      key.push_back(static_cast<std::uint32_t>(part.form));
      key.push_back(part.is_defined() ? part.index.value : static_cast<std::uint32_t>(part.primitive));
    };
    add(made.first);
    add(made.second);
    for (const Type& element : made.elements) add(element);
    const auto [found, is_new] = shapes_.try_emplace(key);
    if (is_new) {
      found->second = out_.types.next_index();
      out_.types.push_back(out_.arena, made);
    }
    return found->second;
  }

  Type mention(const Type& from, const Place& place) {
    return from.is_defined() ? Type::of(type(from.index, place)) : from;
  }

  TypeDef definition(const TypeDef& from, const Place& place) {
    TypeDef made;
    made.kind = from.kind;
    made.length = from.length;
    if (!from.resource.is_none()) made.resource = type(from.resource, place);
    made.first = mention(from.first, place);
    made.second = mention(from.second, place);
    for (const wit::Member& member : from.members) {
      made.members.push_back(out_.arena, {copy(member.name), mention(member.type, place), {}, {}});
    }
    for (const Type& element : from.elements) made.elements.push_back(out_.arena, mention(element, place));
    return made;
  }

  wit::Function function(const wit::Function& from, const Place& place) {
    wit::Function made;
    made.name = copy(from.name);
    made.kind = from.kind;
    made.is_async = from.is_async;
    if (!from.resource.is_none()) made.resource = type(from.resource, place);
    for (const wit::Param& param : from.params) {
      made.params.push_back(out_.arena, {copy(param.name), mention(param.type, place), {}});
    }
    made.result = mention(from.result, place);
    if (from.external_id) made.external_id = copy(*from.external_id);
    return made;
  }

  WorldItem item(const WorldItem& from, Side side) {
    WorldItem made;
    made.kind = from.kind;
    made.name = copy(from.name);
    if (from.external_id) made.external_id = copy(*from.external_id);
    const Place world{Side::import, {}, {}};
    switch (from.kind) {
      case WorldItemKind::interface: made.interface = interface(from.interface, side, from.name); break;
      case WorldItemKind::function: made.function = function(from.function, world); break;
      case WorldItemKind::type: made.type = type(from.type, world); break;
    }
    return made;
  }

  void import(const WorldItem& from) {
    const WorldItem made = item(from, Side::import);
    if (import_names_.insert(item_name(out_, made)).second) joined_.imports.push_back(made);
  }

  Result<void> export_(const WorldItem& from, std::size_t module) {
    const WorldItem made = item(from, Side::export_);
    const std::string name = item_name(out_, made);
    const auto [found, is_new] = export_modules_.try_emplace(name, module);
    if (is_new) joined_.exports.push_back({made, module});
    if (found->second == module) return {};
    return fail(ErrorKind::invalid, {}, "two modules export `", name, "`: only one can implement it");
  }

  // Interfaces behind those that they use; everything else stays in order.
  void order() {
    std::vector<WorldItem> imports;
    std::unordered_set<std::uint32_t> seen;
    for (const WorldItem& item : joined_.imports) {
      if (item.kind == WorldItemKind::interface) {
        visit(item, imports, seen);
      }
    }
    for (const WorldItem& item : joined_.imports) {
      if (item.kind != WorldItemKind::interface) imports.push_back(item);
    }
    joined_.imports = std::move(imports);
    std::vector<JoinedExport> exports;
    std::unordered_set<std::uint32_t> exported;
    for (const JoinedExport& each : joined_.exports) visit(each, exports, exported);
    joined_.exports = std::move(exports);
  }

  template <class F>
  void for_each_used(InterfaceIdx index, F&& use) {
    for (const wit::NamedType& named : out_.interfaces[index].types) {
      const InterfaceIdx used = wit::used_interface(out_, out_.types[named.type]);
      if (!used.is_none()) use(used);
    }
  }

  void visit(const WorldItem& item, std::vector<WorldItem>& order, std::unordered_set<std::uint32_t>& seen) {
    if (!seen.insert(item.interface.value).second) return;
    for_each_used(item.interface, [&](InterfaceIdx used) {
      WorldItem dependency;
      dependency.kind = WorldItemKind::interface;
      dependency.interface = used;
      visit(dependency, order, seen);
    });
    order.push_back(item);
  }

  void visit(const JoinedExport& each, std::vector<JoinedExport>& order, std::unordered_set<std::uint32_t>& seen) {
    if (each.item.kind != WorldItemKind::interface) return order.push_back(each);
    if (!seen.insert(each.item.interface.value).second) return;
    for_each_used(each.item.interface, [&](InterfaceIdx used) {
      for (const JoinedExport& other : joined_.exports) {
        if (other.item.kind == WorldItemKind::interface && other.item.interface == used) visit(other, order, seen);
      }
    });
    order.push_back(each);
  }

  struct Copy {
    const Resolve* from;
    std::uint32_t interface;
    std::uint32_t to;
    auto operator<=>(const Copy&) const = default;
  };
  struct CopyLess {
    bool operator()(const Copy& a, const Copy& b) const {
      if (a.from != b.from) return std::less<const Resolve*>()(a.from, b.from);
      return std::pair(a.interface, a.to) < std::pair(b.interface, b.to);
    }
  };

  JoinedWorld& joined_;
  Resolve& out_;
  const JoinOptions& options_;
  const Resolve* in_ = nullptr;
  std::unordered_set<std::string> exported_;                     // full names of interfaces
  std::unordered_map<std::string, const wit::Version*> latest_;  // by track
  std::unordered_map<std::string, wit::PackageIdx> packages_;
  std::unordered_map<std::string, InterfaceIdx> interfaces_;
  std::set<Copy, CopyLess> copied_;
  std::set<std::pair<std::uint32_t, std::string>> functions_;
  std::map<std::pair<std::uint32_t, std::string>, TypeIdx> types_;
  std::map<std::vector<std::uint32_t>, TypeIdx> shapes_;
  std::unordered_set<std::string> import_names_;
  std::unordered_map<std::string, std::size_t> export_modules_;
};

}  // namespace

Result<JoinedWorld> join_worlds(std::span<const WorldPart> parts, std::pmr::memory_resource& memory,
                                const JoinOptions& options) {
  JoinedWorld out(memory);
  if (auto joined = Joiner(out, options).run(parts); !joined) return std::move(joined).error();
  return out;
}

}  // namespace tenon::compose
