// Docs and gates of a package from JSON; package_docs.cpp writes what is read here. Names that the package does not
// have are a fault, unknown keys too.
#include <algorithm>
#include <functional>

#include "base/utf8.hpp"
#include "wit/decode.hpp"
#include "wit/json_reader.hpp"
#include "wit/names.hpp"

namespace tenon::wit {

namespace {

class DocsReader {
 public:
  DocsReader(Resolve& out, PackageIdx package, std::string_view text) : out_(out), package_(package), in_(text) {}

  bool run() {
    in_.object([&](std::string_view key) {
      Package& package = out_.packages[package_];
      if (key == "docs") {
        package.docs = text();
      } else if (key == "worlds") {
        in_.object([&](std::string_view name) { world(out_.find_world(package_, name)); });
      } else if (key == "interfaces") {
        in_.object([&](std::string_view name) { interface(out_.find_interface(package_, name)); });
      } else {
        in_.fail();
      }
    });
    return in_.finish();
  }

 private:
  Docs text() {
    if (in_.null()) return {};
    const std::string value = in_.string();
    if (!is_utf8(value)) in_.fail();
    return out_.arena.copy(std::string_view(value));
  }

  const Version* version() {
    const Docs written = text();
    auto* result = out_.arena.make<Version>();
    if (!written || !parse_version(*written, *result).empty()) in_.fail();
    return result;
  }

  Stability stability() {
    Stability result;
    in_.object([&](std::string_view kind) {
      if (kind != "stable" && kind != "unstable") return in_.fail();
      in_.object([&](std::string_view key) {
        if (key == "since") {
          result.since = version();
        } else if (key == "feature") {
          result.feature = text().value_or("");
        } else if (key == "deprecated") {
          if (!in_.null()) result.deprecated = version();
        } else {
          in_.fail();
        }
      });
    });
    return result;
  }

  template <class Item, class OtherKey>
  void documented(Item& item, OtherKey&& other_key) {
    in_.object([&](std::string_view key) {
      if (key == "docs") {
        item.docs = text();
      } else if (key == "stability") {
        item.stability = stability();
      } else {
        other_key(key);
      }
    });
  }

  void type(TypeIdx index) {
    if (index.is_none()) return in_.fail();
    TypeDef& type = out_.types[index];
    documented(type, [&](std::string_view key) {
      if (key != "items") return in_.fail();
      in_.object([&](std::string_view name) {
        const auto member = std::ranges::find(type.members, name, &Member::name);
        if (member == type.members.end()) return in_.fail();
        member->docs = text();
      });
    });
  }

  // Docs alone, as the first version had them, or an object.
  void function(Function* function) {
    if (function == nullptr) return in_.fail();
    if (in_.is_string() || in_.null()) {
      if (in_.is_string()) function->docs = text();
      return;
    }
    documented(*function, [&](std::string_view) { in_.fail(); });
  }

  static Function* find_function(Interface& interface, std::string_view name) {
    const auto found = std::ranges::find(interface.functions, name, &Function::name);
    return found == interface.functions.end() ? nullptr : &*found;
  }

  static TypeIdx find_type(const ArenaVector<NamedType>& types, std::string_view name) {
    const auto found = std::ranges::find(types, name, &NamedType::name);
    return found == types.end() ? TypeIdx{} : found->type;
  }

  void interface(InterfaceIdx index) {
    if (index.is_none()) return in_.fail();
    Interface& interface = out_.interfaces[index];
    documented(interface, [&](std::string_view key) {
      if (key == "funcs") {
        in_.object([&](std::string_view name) { function(find_function(interface, name)); });
      } else if (key == "types") {
        in_.object([&](std::string_view name) { type(find_type(interface.types, name)); });
      } else {
        in_.fail();
      }
    });
  }

  WorldItem* find_item(ArenaVector<WorldItem>& items, std::string_view name, WorldItemKind kind) {
    for (WorldItem& item : items) {
      if (item.kind != kind) continue;
      if (item.name.empty() ? interface_name(out_, item.interface) == name : item.name == name) return &item;
    }
    return nullptr;
  }
  // An import, or else an export.
  WorldItem* find_either(World& world, std::string_view name, WorldItemKind kind) {
    WorldItem* found = find_item(world.imports, name, kind);
    return found != nullptr ? found : find_item(world.exports, name, kind);
  }

  void inline_interface(WorldItem* item) {
    if (item == nullptr) return in_.fail();
    interface(item->interface);
    item->stability = out_.interfaces[item->interface].stability;
  }

  void world(WorldIdx index) {
    if (index.is_none()) return in_.fail();
    World& world = out_.worlds[index];
    documented(world, [&](std::string_view key) {
      in_.object([&](std::string_view name) { world_member(world, key, name); });
    });
  }

  void world_member(World& world, std::string_view key, std::string_view name) {
    const bool is_export = key.contains("export");
    ArenaVector<WorldItem>& items = is_export ? world.exports : world.imports;
    if (key == "interfaces") return inline_interface(find_either(world, name, WorldItemKind::interface));
    if (key == "interface_exports") return inline_interface(find_item(items, name, WorldItemKind::interface));
    if (key == "funcs" || key == "func_exports") {
      WorldItem* item = is_export ? find_item(items, name, WorldItemKind::function)
                                  : find_either(world, name, WorldItemKind::function);
      return function(item == nullptr ? nullptr : &item->function);
    }
    if (key == "types") {
      const WorldItem* item = find_item(items, name, WorldItemKind::type);
      return type(item == nullptr ? TypeIdx{} : item->type);
    }
    WorldItem* item = find_item(items, name, WorldItemKind::interface);
    if (item == nullptr) return in_.fail();
    if (key.ends_with("_stability")) {
      item->stability = stability();
    } else if (key.ends_with("_docs")) {
      item->docs = text();
    } else {
      in_.fail();
    }
  }

  Resolve& out_;
  PackageIdx package_;
  JsonReader in_;
};

}  // namespace

bool decode_package_docs(Resolve& resolve, PackageIdx package, Bytes payload) {
  if (payload.empty() || payload.front() > 1) return false;
  return DocsReader(resolve, package, as_chars(payload.subspan(1))).run();
}

}  // namespace tenon::wit
