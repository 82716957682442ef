#include "wit/turn.hpp"

#include <algorithm>

#include "wit/worlds.hpp"

namespace tenon::wit {

namespace {

void rename(Resolve& resolve, WorldIdx index, std::string_view name, std::string_view suffix) {
  World& world = resolve.worlds[index];
  const std::string made = name.empty() ? std::string(world.name) + std::string(suffix) : std::string(name);
  world.name = resolve.arena.copy(std::string_view(made));
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
  rename(resolve, index, name, "-importized");
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
  rename(resolve, index, name, "-exportized");
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
