// What a linker knows: names, and what stands behind them.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <variant>

#include "engine/component_state.hpp"
#include "engine/state.hpp"

namespace tenon::detail {

// What a component's import can be given.
struct ComponentItem {
  // An export of an instance that lives in a store.
  struct Live {
    ComponentInstance instance;
    const fuse::ExportItem* item;
  };
  std::variant<std::shared_ptr<ComponentHostFunction>, std::shared_ptr<DynamicComponentFunction>,
               std::shared_ptr<AsyncComponentFunction>, std::shared_ptr<AsyncComponentHostFunction>, Live, Module,
               std::shared_ptr<HostResource>>
      is;
};

// The name with as much of its version as another must have to serve in its place.
std::string compatible_name(std::string_view name);

struct LinkerState {
  template <class Item>
  using Names = std::map<std::string, std::map<std::string, Item, std::less<>>, std::less<>>;
  using Item = std::variant<std::shared_ptr<HostFunction>, Extern>;

  std::shared_ptr<EngineState> engine;
  Names<Item> modules;
  Names<ComponentItem> instances;  // of components; "" holds what stands at the root
  std::map<std::string, std::set<std::string>, std::less<>> compatible;  // their names, by the version that they fit

  explicit LinkerState(const Engine& owner) : engine(owner.state_) {}

  template <class Of>
  static const Of* find(const Names<Of>& names, std::string_view module, std::string_view name) {
    const auto in_module = names.find(module);
    if (in_module == names.end()) return nullptr;
    const auto found = in_module->second.find(name);
    return found == in_module->second.end() ? nullptr : &found->second;
  }
  const Item* find(std::string_view module, std::string_view name) const { return find(modules, module, name); }

  Result<void> insert(std::string_view module, std::string_view name, Item item) {
    modules[std::string(module)].insert_or_assign(std::string(name), std::move(item));
    return {};
  }
  struct Found {
    std::shared_ptr<const ComponentState> component;
    std::vector<const ComponentItem*> items;
  };
  mutable std::mutex last_found_mutex;
  mutable std::shared_ptr<const Found> last_found;  // until something else is defined

  std::map<std::string, ComponentItem, std::less<>>& add_instance(std::string_view name) {
    last_found.reset();
    const auto [place, is_new] = instances.try_emplace(std::string(name));
    if (is_new) compatible[compatible_name(name)].emplace(name);
    return place->second;
  }
  Result<void> insert(std::string_view instance, std::string_view name, ComponentItem item) {
    add_instance(instance).insert_or_assign(std::string(name), std::move(item));
    return {};
  }
};

inline Error moved_linker() { return usage("the linker was moved away"); }

}  // namespace tenon::detail
