#include "wit/turn.hpp"

#include <algorithm>

#include "base/concat.hpp"
#include "model/component/extern_names.hpp"
#include "wit/worlds.hpp"

namespace tenon::wit {

namespace {

// The world is another one from here on: it comes last in its package.
Result<void> rename(Resolve& resolve, WorldIdx index, std::string_view name, std::string_view suffix) {
  World& world = resolve.worlds[index];
  const std::string made = name.empty() ? std::string(world.name) + std::string(suffix) : std::string(name);
  if (const std::string_view fault = component::label_fault(made); !fault.empty()) {
    return fail(ErrorKind::usage, {}, "invalid name `", made, "` for a world: ", fault);
  }
  Package& package = resolve.packages[world.package];
  const auto is_taken = [&](std::string_view other) {
    return component::uniqueness_key(other) == component::uniqueness_key(made);
  };
  for (const WorldIdx other : package.worlds) {
    if (other == index || !is_taken(resolve.worlds[other].name)) continue;
    return fail(ErrorKind::usage, {}, "the package has a world `", made, "` already");
  }
  for (const InterfaceIdx other : package.interfaces) {
    if (!is_taken(resolve.interfaces[other].name)) continue;
    return fail(ErrorKind::usage, {}, "the package has an interface `", made, "`, which a world cannot be called too");
  }
  const auto place = std::ranges::find(package.worlds, index);
  std::rotate(place, place + 1, package.worlds.end());
  world.name = resolve.arena.copy(std::string_view(made));
  return {};
}

// Puts the items in order, with all that they need.
Result<void> elaborate(Resolve& resolve, WorldIdx world, const ItemSet& imports, const ItemSet& exports) {
  const ResolveOptions options;
  State state(resolve, options);
  elaborate_world(state, world, imports, exports);
  if (state.failed) return std::move(state.error);
  return {};
}

bool is_named(const Resolve& resolve, const WorldItem& item, std::span<const std::string_view> names) {
  const std::string_view name = item.name.empty() ? resolve.interfaces[item.interface].name : item.name;
  return names.empty() || std::ranges::find(names, name) != names.end();
}

}  // namespace

Result<void> importize(Resolve& resolve, WorldIdx index, std::string_view name) {
  if (auto renamed = rename(resolve, index, name, "-importized"); !renamed) return renamed;
  const World world = resolve.worlds[index];
  ItemSet imports;
  for (const WorldItem& item : world.imports) {
    if (item.kind == WorldItemKind::type) imports.add(item);
  }
  for (const WorldItem& item : world.exports) {
    if (imports.add(item)) continue;
    return fail(ErrorKind::invalid, {}, "the export `", item.name, "` cannot be an import: a type has its name");
  }
  return elaborate(resolve, index, imports, {});
}

Result<void> exportize(Resolve& resolve, WorldIdx index, std::string_view name,
                       std::span<const std::string_view> names) {
  if (auto renamed = rename(resolve, index, name, "-exportized"); !renamed) return renamed;
  const World world = resolve.worlds[index];
  ItemSet imports;
  ItemSet exports;
  for (const WorldItem& item : world.imports) {
    const bool stays = item.kind == WorldItemKind::type || !is_named(resolve, item, names);
    (stays ? imports : exports).add(item);
  }
  return elaborate(resolve, index, imports, exports);
}

}  // namespace tenon::wit
