// Docs and gates of a package as JSON, in the form that other tools agreed on: a byte for the version, then one object.
// The binary format of components has no place for them. What has neither docs nor a gate is left out.
#include <functional>

#include "wit/encode.hpp"
#include "wit/json_string.hpp"
#include "wit/names.hpp"

namespace tenon::wit {

namespace {

constexpr char docs_version = 1;

// An object under construction: nothing is written for one that stays empty.
class JsonObject {
 public:
  bool empty() const noexcept { return text_.empty(); }
  std::string take() { return "{" + std::move(text_) + "}"; }
  void add(std::string_view key, std::string_view value) {
    append_key(key);
    append_json_string(text_, value);
  }
  void add(std::string_view key, JsonObject value) {
    if (value.empty()) return;
    append_key(key);
    text_ += value.take();
  }
  void add_docs(const Docs& docs) {
    if (docs) add("docs", *docs);
  }

 private:
  void append_key(std::string_view key) {
    if (!text_.empty()) text_ += ',';
    append_json_string(text_, key);
    text_ += ':';
  }
  std::string text_;
};

JsonObject stability_object(const Stability& stability) {
  JsonObject result;
  if (stability.is_unknown()) return result;
  JsonObject gate;
  if (stability.since != nullptr) {
    gate.add("since", stability.since->text);
  } else {
    gate.add("feature", stability.feature);
  }
  if (stability.deprecated != nullptr) gate.add("deprecated", stability.deprecated->text);
  result.add(stability.since != nullptr ? "stable" : "unstable", std::move(gate));
  return result;
}

JsonObject documented(const Docs& docs, const Stability& stability) {
  JsonObject result;
  result.add_docs(docs);
  result.add("stability", stability_object(stability));
  return result;
}

JsonObject type_object(const TypeDef& type) {
  JsonObject result = documented(type.docs, type.stability);
  JsonObject items;
  for (const Member& member : type.members) {
    if (member.docs) items.add(member.name, *member.docs);
  }
  result.add("items", std::move(items));
  return result;
}

JsonObject interface_object(const Resolve& resolve, const Interface& interface) {
  JsonObject result = documented(interface.docs, interface.stability);
  JsonObject funcs;
  for (const Function& function : interface.functions) {
    funcs.add(function.name, documented(function.docs, function.stability));
  }
  JsonObject types;
  for (const NamedType& named : interface.types) types.add(named.name, type_object(resolve.types[named.type]));
  result.add("funcs", std::move(funcs));
  result.add("types", std::move(types));
  return result;
}

// What a world says of its imports, or of its exports.
struct ItemObjects {
  JsonObject interfaces;  // inline ones
  JsonObject funcs;
  JsonObject types;
  JsonObject stability;  // of the statements that name an interface
  JsonObject docs;
};

ItemObjects item_objects(const Resolve& resolve, const ArenaVector<WorldItem>& items) {
  ItemObjects result;
  for (const WorldItem& item : items) {
    switch (item.kind) {
      case WorldItemKind::type: result.types.add(item.name, type_object(resolve.types[item.type])); break;
      case WorldItemKind::function:
        result.funcs.add(item.name, documented(item.function.docs, item.function.stability));
        break;
      case WorldItemKind::interface: {
        const Interface& interface = resolve.interfaces[item.interface];
        if (interface.name.empty()) {
          result.interfaces.add(item.name, interface_object(resolve, interface));
          break;
        }
        const std::string name = item.name.empty() ? interface_name(resolve, item.interface) : std::string(item.name);
        result.stability.add(name, stability_object(item.stability));
        if (item.docs) result.docs.add(name, *item.docs);
        break;
      }
    }
  }
  return result;
}

JsonObject world_object(const Resolve& resolve, const World& world) {
  ItemObjects imports = item_objects(resolve, world.imports);
  ItemObjects exports = item_objects(resolve, world.exports);
  JsonObject result = documented(world.docs, world.stability);
  result.add("interfaces", std::move(imports.interfaces));
  result.add("types", std::move(imports.types));
  result.add("funcs", std::move(imports.funcs));
  result.add("interface_exports", std::move(exports.interfaces));
  result.add("func_exports", std::move(exports.funcs));
  result.add("interface_import_stability", std::move(imports.stability));
  result.add("interface_export_stability", std::move(exports.stability));
  result.add("interface_import_docs", std::move(imports.docs));
  result.add("interface_export_docs", std::move(exports.docs));
  return result;
}

}  // namespace

std::string encode_package_docs(const Resolve& resolve, PackageIdx index) {
  const Package& package = resolve.packages[index];
  JsonObject result;
  result.add_docs(package.docs);
  JsonObject worlds;
  for (const WorldIdx each : package.worlds) {
    worlds.add(resolve.worlds[each].name, world_object(resolve, resolve.worlds[each]));
  }
  result.add("worlds", std::move(worlds));
  JsonObject interfaces;
  for (const InterfaceIdx each : package.interfaces) {
    interfaces.add(resolve.interfaces[each].name, interface_object(resolve, resolve.interfaces[each]));
  }
  result.add("interfaces", std::move(interfaces));
  return std::string(1, docs_version) + result.take();
}

}  // namespace tenon::wit
