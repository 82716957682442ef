// Linking of components: what each import is given, and whether it fits.
//
// A plan's imports are leaves with the path of names that leads to each: a function in an instance, a resource type. A
// path is looked up as an instance's name and a name in it; instances inside of instances have their names joined with
// `#`. An interface of another version serves where the versions are compatible as semantic versioning says.
#include <algorithm>

#include "binary/core/module.hpp"
#include "engine/linker_state.hpp"
#include "engine/trial_context.hpp"
#include "model/core/type_text.hpp"
#include "tenon/component_exports.hpp"

namespace tenon {

using detail::ComponentItem;
using detail::StoreBlock;
using detail::usage;

namespace detail {

bool StoreBlock::is_usable(const ComponentInstance& instance) noexcept {
  return instance.instance_ != nullptr && instance.store_->is_alive();
}
component::RootInstance* StoreBlock::root_of(const ComponentInstance& instance) noexcept { return instance.instance_; }
StoreBlock* StoreBlock::owner_of(const ComponentInstance& instance) noexcept { return instance.store_.get(); }

StoreHandle StoreBlock::store_of(const ComponentFunc& func) noexcept { return StoreHandle(func.store_); }

StoreBlock* StoreBlock::open(const StoreHandle& store) noexcept {
  return store.is_alive() ? store.block_.get() : nullptr;
}

ComponentInstance StoreBlock::handle(component::RootInstance* instance) {
  ComponentInstance result;
  result.store_ = shared_from_this();
  result.instance_ = instance;
  return result;
}

ComponentStore& StoreBlock::component_store() {
  if (components == nullptr) components = std::make_unique<ComponentStore>(*this);
  return *components;
}

// "a:b/c@0.2.3" is looked for as "a:b/c@0.2" too, and "@1.4.0" as "@1": what semantic versioning says is compatible.
std::string compatible_name(std::string_view name) {
  const std::size_t at = name.find('@');
  if (at == std::string_view::npos) return std::string(name);
  const std::string_view version = name.substr(at + 1);
  if (version.find_first_of("-+") != std::string_view::npos) return std::string(name);
  std::size_t end = version.find('.');
  if (version.starts_with("0.") && !version.starts_with("0.0.")) end = version.find('.', 2);
  if (version.starts_with("0.0.")) end = std::string_view::npos;
  return std::string(name.substr(0, at + 1)) + std::string(version.substr(0, end));
}

namespace {

const ComponentItem* find_item(const LinkerState& linker, const std::string& instance, std::string_view name) {
  if (const auto* exact = LinkerState::find(linker.instances, instance, name)) return exact;
  const std::string wanted = compatible_name(instance.empty() ? name : std::string_view(instance));
  if (instance.empty()) {
    const auto root = linker.instances.find("");
    if (root == linker.instances.end()) return nullptr;
    const auto found =
        std::ranges::find_if(root->second, [&](const auto& item) { return compatible_name(item.first) == wanted; });
    return found == root->second.end() ? nullptr : &found->second;
  }
  const auto versions = linker.compatible.find(wanted);
  if (versions == linker.compatible.end()) return nullptr;
  for (const std::string& version : versions->second) {
    if (const auto* found = LinkerState::find(linker.instances, version, name)) return found;
  }
  return nullptr;
}

std::string instance_path(const fuse::ImportSlot& slot) {
  std::string path;
  for (const std::string_view part : slot.path.first(slot.path.size() - 1)) {
    path += (path.empty() ? "" : "#") + std::string(part);
  }
  return path;
}

std::string whole_path(const fuse::ImportSlot& slot) {
  const std::string path = instance_path(slot);
  return path.empty() ? std::string(slot.path.back()) : path + "#" + std::string(slot.path.back());
}

// What the linker has for each import of a component, nullptr where it has nothing. Kept for the next instance of the
// same component, for looking them up takes longer than the rest of linking.
std::shared_ptr<const LinkerState::Found> find_items(const LinkerState& linker,
                                                     const std::shared_ptr<const ComponentState>& component) {
  const std::lock_guard lock(linker.last_found_mutex);
  if (linker.last_found != nullptr && linker.last_found->component == component) return linker.last_found;
  auto found = std::make_shared<LinkerState::Found>();
  found->component = component;
  for (const fuse::ImportSlot& slot : component->plan.imports) {
    found->items.push_back(find_item(linker, instance_path(slot), slot.path.back()));
  }
  return linker.last_found = std::move(found);
}

class Matcher {
 public:
  Matcher(const LinkerState& linker, StoreBlock& block, const std::shared_ptr<const ComponentState>& component)
      : linker_(linker),
        block_(block),
        store_(block.component_store()),
        plan_(component->plan),
        found_(find_items(linker, component)),
        resources_(plan_.resources.size()) {}

  Result<std::vector<component::Given>> run() {
    std::vector<component::Given> given;
    given.reserve(plan_.imports.size());
    store_.resources.reserve(store_.resources.size() + plan_.resources.size());
    const auto* item = found_->items.data();
    for (const fuse::ImportSlot& slot : plan_.imports) {
      auto one = match(slot, *item++);
      if (!one) return std::move(one).error();
      given.push_back(*one);
    }
    return given;
  }

 private:
  template <class... Pieces>
  static Error unlinkable(const fuse::ImportSlot& slot, const Pieces&... pieces) {
    const std::string path = instance_path(slot);
    const std::string_view name = slot.path.back();
    if (path.empty()) return fail(ErrorKind::unlinkable, {}, "import `", name, "`: ", pieces...);
    return fail(ErrorKind::unlinkable, {}, "import `", std::string_view(path), "` `", name, "`: ", pieces...);
  }

  static std::string_view sort_text(component::Sort sort) {
    switch (sort) {
      case component::Sort::type: return "resource";
      case component::Sort::func: return "function";
      case component::Sort::core_module: return "module";
      case component::Sort::value: return "value";
      default: return component::to_string(sort);
    }
  }
  static std::string_view sort_text(const fuse::ImportSlot& slot) { return sort_text(slot.entity.sort); }

  Result<component::Given> match(const fuse::ImportSlot& slot, const ComponentItem* item) {
    if (item == nullptr && slot.entity.sort == component::Sort::type && resources_[slot.resource.value] != nullptr) {
      // A type that must equal one that was given need not be given again.
      return component::Given{.func = {}, .resource = resources_[slot.resource.value]};
    }
    if (item == nullptr) {
      const std::string type =
          slot.entity.sort == component::Sort::func ? ": " + type_text(*slot.entity.func, &plan_) : std::string();
      const std::string whole = whole_path(slot);
      if (linker_.instances.contains(whole)) return unlinkable(slot, "expected ", sort_text(slot), " found instance");
      return unlinkable(slot, "a ", sort_text(slot), " of that name was not found", std::string_view(type));
    }
    switch (slot.entity.sort) {
      case component::Sort::func: return match_func(slot, *item);
      case component::Sort::core_module: return match_module(slot, *item);
      case component::Sort::type: return match_resource(slot, *item);
      case component::Sort::value: return match_value(slot, *item);
      default: return unlinkable(slot, "a ", sort_text(slot), " cannot be given");
    }
  }

  Result<component::Given> match_func(const fuse::ImportSlot& slot, const ComponentItem& item) {
    const component::FuncSignature& type = *slot.entity.func;
    if (const auto* function = std::get_if<std::shared_ptr<ComponentHostFunction>>(&item.is)) {
      if (auto fits = check_types(slot, **function, type); !fits) return std::move(fits).error();
      HostCallee& callee = store_.host_functions.emplace_back(*function, type);
      return component::Given{.func = {.lifted = nullptr, .host = &callee}};
    }
    if (const auto* function = std::get_if<std::shared_ptr<DynamicComponentFunction>>(&item.is)) {
      HostCallee& callee = store_.host_functions.emplace_back(*function, type);
      return component::Given{.func = {.lifted = nullptr, .host = &callee}};
    }
    if (const auto* function = std::get_if<std::shared_ptr<AsyncComponentFunction>>(&item.is)) {
      if (!type.is_async) return unlinkable(slot, "expected func, found async func");
      AsyncHostCallee& callee = store_.async_host_functions.emplace_back(block_, *function, type);
      return component::Given{.func = {.lifted = nullptr, .host = &callee}};
    }
    if (const auto* function = std::get_if<std::shared_ptr<AsyncComponentHostFunction>>(&item.is)) {
      if (!type.is_async) return unlinkable(slot, "expected func, found async func");
      if (auto fits = check_types(slot, **function, type); !fits) return std::move(fits).error();
      AsyncHostCallee& callee = store_.async_host_functions.emplace_back(block_, *function, type);
      return component::Given{.func = {.lifted = nullptr, .host = &callee}};
    }
    const auto* live = std::get_if<ComponentItem::Live>(&item.is);
    if (live == nullptr || live->item->sort != component::Sort::func) return wrong_sort(slot, item);
    if (auto checked = check_owner(slot, live->instance); !checked) return std::move(checked).error();
    const component::RootInstance& root = *StoreBlock::root_of(live->instance);
    const TypeComparison comparison{.expected_plan = &plan_,
                                    .given_plan = root.plan,
                                    .expected_resources = resources_,
                                    .given_resources = root.resources};
    const std::string wrong = difference(type, *live->item->func_type, comparison);
    if (!wrong.empty()) return unlinkable(slot, std::string_view(wrong));
    return component::Given{.func = root.callee(live->item->func)};
  }

  template <class Function>
  Result<void> check_types(const fuse::ImportSlot& slot, const Function& function,
                           const component::FuncSignature& type) const {
    const std::string wrong = difference(function.params, function.result, type, resources_);
    if (wrong.empty()) return {};
    return unlinkable(slot, "expected ", std::string_view(type_text(type, &plan_)),
                      "; of the host function's C++ type: ", std::string_view(wrong));
  }

  Result<component::Given> match_resource(const fuse::ImportSlot& slot, const ComponentItem& item) {
    const component::RuntimeResourceType* type = nullptr;
    if (const auto* host = std::get_if<std::shared_ptr<HostResource>>(&item.is)) {
      store_.resources.push_back(*host);
      type = &(*host)->type;
    } else {
      const auto* live = std::get_if<ComponentItem::Live>(&item.is);
      if (live == nullptr || live->item->resource.is_none()) return wrong_sort(slot, item);
      if (auto checked = check_owner(slot, live->instance); !checked) return std::move(checked).error();
      type = StoreBlock::root_of(live->instance)->resources[live->item->resource.value];
    }
    const component::RuntimeResourceType*& known = resources_[slot.resource.value];
    if (known != nullptr && known != type) return unlinkable(slot, "mismatched resource types");
    known = type;
    return component::Given{.func = {}, .resource = type};
  }

  // A value is what a host function without parameters gives when it is asked here, once; or another instance's.
  Result<component::Given> match_value(const fuse::ImportSlot& slot, const ComponentItem& item) {
    const component::ValueType& type = *slot.entity.value;
    if (const auto* function = std::get_if<std::shared_ptr<DynamicComponentFunction>>(&item.is)) {
      CallContext context{&block_, block_.store->control.current};
      auto given = (*function)->function(StoreBlock::handle(context), {});
      if (!given) return std::move(given).error();
      if (!block_.is_alive()) return dead_store();
      if (given->size() != 1) return unlinkable(slot, "one value was expected, found ", given->size());
      if (auto fits = check_value(given->front(), type); !fits) return unlinkable(slot, fits.error().message());
      return component::Given{.func = {}, .value = &store_.values.emplace_back(std::move(given->front()))};
    }
    const auto* live = std::get_if<ComponentItem::Live>(&item.is);
    if (live == nullptr || live->item->sort != component::Sort::value) return wrong_sort(slot, item);
    if (auto checked = check_owner(slot, live->instance); !checked) return std::move(checked).error();
    const component::RootInstance& root = *StoreBlock::root_of(live->instance);
    const std::string wrong = difference(&type, live->item->type,
                                         {.expected_plan = &plan_,
                                          .given_plan = root.plan,
                                          .expected_resources = resources_,
                                          .given_resources = root.resources});
    if (!wrong.empty()) return unlinkable(slot, std::string_view(wrong));
    return component::Given{.func = {}, .value = root.values[live->item->value.value]};
  }

  Result<component::Given> match_module(const fuse::ImportSlot& slot, const ComponentItem& item) {
    const ModuleState* module = nullptr;
    if (const auto* given = std::get_if<Module>(&item.is)) {
      const auto& state = ModuleState::of(*given);
      store_.modules.push_back(state);
      module = state.get();
      if (auto fits = check_module(slot, module->validated); !fits) return std::move(fits).error();
      return component::Given{.func = {}, .module = module->code};
    }
    const auto* live = std::get_if<ComponentItem::Live>(&item.is);
    if (live == nullptr || live->item->sort != component::Sort::core_module) return wrong_sort(slot, item);
    if (auto checked = check_owner(slot, live->instance); !checked) return std::move(checked).error();
    runtime::CodeModule* code = StoreBlock::root_of(live->instance)->module(live->item->module);
    if (auto fits = check_module(slot, *code->validated); !fits) return std::move(fits).error();
    return component::Given{.func = {}, .module = code};
  }

  // The module's imports must be among those of the type, the type's exports among the module's.
  Result<void> check_module(const fuse::ImportSlot& slot, const core::ValidatedModule& given) {
    const component::ModuleSignature& type = *slot.entity.module;
    const core::Module& module = *given.module;
    std::uint32_t places[5] = {};
    for (const core::Import& import : module.imports) {
      const core::ExternType needed =
          extern_type(given, import.type.kind, places[static_cast<std::size_t>(import.type.kind)]++);
      const auto found = std::ranges::find_if(type.imports, [&](const component::ModuleImport& expected) {
        return expected.module == import.module && expected.name == import.name;
      });
      if (found == type.imports.end()) {
        return unlinkable(slot, "module import `", import.module, "::", import.name,
                          "` not defined in the expected type");
      }
      if (!matches(found->type, needed)) {
        return unlinkable(slot, "module import `", import.module, "::", import.name,
                          "` has the wrong type: ", expected_found(needed, found->type));
      }
    }
    for (const component::ModuleExport& expected : type.exports) {
      const auto found =
          std::ranges::find_if(module.exports, [&](const core::Export& item) { return item.name == expected.name; });
      if (found == module.exports.end()) return unlinkable(slot, "module export `", expected.name, "` not defined");
      const core::ExternType has = extern_type(given, found->kind, found->index);
      if (!matches(has, expected.type)) {
        return unlinkable(slot, "export `", expected.name,
                          "` has the wrong type: ", expected_found(expected.type, has));
      }
    }
    return {};
  }

  static core::ExternType extern_type(const core::ValidatedModule& of, core::ExternKind kind, std::uint32_t index) {
    core::ExternType type;
    type.kind = kind;
    switch (kind) {
      case core::ExternKind::func: type.func = of.func_types[core::FuncIdx(index)]; break;
      case core::ExternKind::table: type.table = of.table_types[core::TableIdx(index)]; break;
      case core::ExternKind::memory: type.memory = of.module->memories[core::MemoryIdx(index)]; break;
      case core::ExternKind::global: type.global = of.global_types[core::GlobalIdx(index)]; break;
      case core::ExternKind::tag: type.tag.type = of.tag_types[core::TagIdx(index)]; break;
    }
    return type;
  }

  static bool limits_match(const core::Limits& given, const core::Limits& expected) {
    if (given.is_64 != expected.is_64 || given.is_shared != expected.is_shared || given.min < expected.min)
      return false;
    return !expected.max || (given.max && *given.max <= *expected.max);
  }

  // Whether what has type `given` may stand for what has type `expected`.
  bool matches(const core::ExternType& given, const core::ExternType& expected) const {
    const core::TypeRegistry& types = linker_.engine->types;
    if (given.kind != expected.kind) return false;
    switch (given.kind) {
      case core::ExternKind::func: return given.func == expected.func || types.is_subtype(given.func, expected.func);
      case core::ExternKind::table:
        return given.table.element == expected.table.element && limits_match(given.table.limits, expected.table.limits);
      case core::ExternKind::memory:
        return given.memory.page_size_log2 == expected.memory.page_size_log2 &&
               limits_match(given.memory.limits, expected.memory.limits);
      case core::ExternKind::global:
        if (given.global.is_mutable != expected.global.is_mutable) return false;
        return given.global.is_mutable ? given.global.value == expected.global.value
                                       : types.matches(given.global.value, expected.global.value);
      case core::ExternKind::tag: return given.tag.type == expected.tag.type;
    }
    return false;
  }

  // "expected type `(func (param i32))`, found type `(func)`"
  std::string_view expected_found(const core::ExternType& expected, const core::ExternType& found) {
    TextBuffer text;
    append_text(text, "expected ");
    if (expected.kind != found.kind) {
      append_text(text, expected.kind);
      append_text(text, " found ");
      append_text(text, found.kind);
      shown_ = text.view();
      return shown_;
    }
    append_type(text, expected);
    append_text(text, ", found ");
    append_type(text, found);
    shown_ = text.view();
    return shown_;
  }
  void append_type(TextBuffer& text, const core::ExternType& type) const {
    const core::TypeRegistry& types = linker_.engine->types;
    const auto append_list = [&](std::string_view keyword, std::span<const core::ValType> list) {
      if (list.empty()) return;
      append_text(text, keyword);
      for (const core::ValType one : list) {
        append_text(text, " ");
        append_text(text, one);
      }
      append_text(text, ")");
    };
    switch (type.kind) {
      case core::ExternKind::func:
        append_text(text, "type `(func");
        append_list(" (param", types[type.func].type.func.params);
        append_list(" (result", types[type.func].type.func.results);
        append_text(text, ")`");
        break;
      case core::ExternKind::table:
        append_text(text, "table ");
        append_text(text, type.table);
        break;
      case core::ExternKind::memory:
        append_text(text, "memory ");
        append_text(text, type.memory);
        break;
      case core::ExternKind::global:
        append_text(text, "global ");
        append_text(text, type.global);
        break;
      case core::ExternKind::tag:
        append_text(text, "tag ");
        append_text(text, types[type.tag.type].type.func);
        break;
    }
  }

  Result<void> check_owner(const fuse::ImportSlot& slot, const ComponentInstance& instance) const {
    if (StoreBlock::is_usable(instance) && StoreBlock::owner_of(instance) == &block_) return {};
    return unlinkable(slot, "it was given something of another store");
  }

  static Error wrong_sort(const fuse::ImportSlot& slot, const ComponentItem& item) {
    std::string_view found = "function";
    if (std::holds_alternative<Module>(item.is)) found = "module";
    if (std::holds_alternative<std::shared_ptr<HostResource>>(item.is)) found = "resource";
    if (const auto* live = std::get_if<ComponentItem::Live>(&item.is)) found = sort_text(live->item->sort);
    return unlinkable(slot, "expected ", sort_text(slot), " found ", found);
  }

  const LinkerState& linker_;
  StoreBlock& block_;
  ComponentStore& store_;
  const fuse::Plan& plan_;
  std::shared_ptr<const LinkerState::Found> found_;
  std::string shown_;
  std::vector<const component::RuntimeResourceType*> resources_;  // by the plan's ResourceId, as far as they are given
};

Result<void> insert_instance(LinkerState& linker, const std::string& name, const ComponentInstance& instance,
                             const fuse::InstanceItem& items) {
  linker.add_instance(name);
  for (const fuse::ExportItem& item : items.exports) {
    if (item.sort == component::Sort::instance) {
      const std::string inner(item.name.name);
      const std::string path = name.empty() ? inner : name + "#" + inner;
      if (auto inserted = insert_instance(linker, path, instance, *item.instance); !inserted) return inserted;
      continue;
    }
    auto inserted = linker.insert(name, item.name.name, ComponentItem{ComponentItem::Live{instance, &item}});
    if (!inserted) return inserted;
  }
  return {};
}

}  // namespace

}  // namespace detail

Result<void> Linker::define_function(std::string_view instance, std::string_view name,
                                     std::shared_ptr<detail::ComponentHostFunction> function) {
  if (state_ == nullptr) return detail::moved_linker();
  return detail::guarded([&] { return state_->insert(instance, name, ComponentItem{std::move(function)}); });
}

Result<void> Linker::define_function(std::string_view instance, std::string_view name,
                                     std::shared_ptr<detail::AsyncComponentHostFunction> function) {
  if (state_ == nullptr) return detail::moved_linker();
  return detail::guarded([&] { return state_->insert(instance, name, ComponentItem{std::move(function)}); });
}

Result<void> Linker::define_dynamic(std::string_view instance, std::string_view name, ComponentFunction function) {
  return define_dynamic(instance, name,
                        ComponentCallerFunction(
                            [function = std::move(function)](const Caller&, std::span<const component::Val> arguments) {
                              return function(arguments);
                            }));
}

Result<void> Linker::define_async_dynamic(std::string_view instance, std::string_view name,
                                          AsyncComponentFunction function) {
  return define_async_dynamic(instance, name,
                              AsyncComponentCallerFunction([function = std::move(function)](
                                                               const Caller&, std::span<const component::Val> arguments,
                                                               ComponentCompletion completion) {
                                return function(arguments, std::move(completion));
                              }));
}

Result<void> Linker::define_dynamic(std::string_view instance, std::string_view name,
                                    ComponentCallerFunction function) {
  if (state_ == nullptr) return detail::moved_linker();
  return detail::guarded([&] {
    auto shared = std::make_shared<detail::DynamicComponentFunction>(std::move(function));
    return state_->insert(instance, name, ComponentItem{std::move(shared)});
  });
}

Result<void> Linker::define_async_dynamic(std::string_view instance, std::string_view name,
                                          AsyncComponentCallerFunction function) {
  if (state_ == nullptr) return detail::moved_linker();
  return detail::guarded([&] {
    auto shared = std::make_shared<detail::AsyncComponentFunction>(std::move(function));
    return state_->insert(instance, name, ComponentItem{std::move(shared)});
  });
}

Result<void> Linker::define_resource(std::string_view instance, std::string_view name, const HostResourceType& type) {
  if (state_ == nullptr) return detail::moved_linker();
  return detail::guarded([&] { return state_->insert(instance, name, ComponentItem{type.resource_}); });
}

Result<void> Linker::define_instance(std::string_view name, const ComponentInstance& instance) {
  if (state_ == nullptr) return detail::moved_linker();
  if (!StoreBlock::is_usable(instance)) return usage("the instance is empty, or its store has ended");
  return detail::guarded([&] {
    return detail::insert_instance(*state_, std::string(name), instance, *StoreBlock::root_of(instance)->plan->exports);
  });
}

Result<void> Linker::define_module(std::string_view instance, std::string_view name, const Module& module) {
  if (state_ == nullptr) return detail::moved_linker();
  return detail::guarded([&] { return state_->insert(instance, name, ComponentItem{module}); });
}

Result<ComponentInstance> Linker::instantiate(Store& store, const Component& component) const {
  auto opened = StoreBlock::open(store);
  if (!opened) return std::move(opened).error();
  StoreBlock& block = **opened;
  if (state_ == nullptr) return detail::moved_linker();
  const auto& state = detail::ComponentState::of(component);
  if (state_->engine != block.engine || state->engine != block.engine) {
    return usage("the linker, the component and the store belong to different engines");
  }
  auto root = detail::guarded_call(block, [&]() -> Result<component::RootInstance*> {
    auto given = detail::Matcher(*state_, block, state).run();
    if (!given) return std::move(given).error();
    // From here on every import has something that fits.

    detail::ComponentStore& components = block.component_store();
    components.components.push_back(state);
    return component::instantiate(components.world, state->plan, state->code, *given);
  });
  if (!root) return std::move(root).error();
  if (!block.is_alive()) return detail::dead_store();
  return block.handle(*root);
}

// --- What an instance exports --------------------------------------------------------------------------------------

namespace {

const fuse::ExportItem* find_export(const fuse::InstanceItem& exports, std::string_view instance,
                                    std::string_view name) {
  const fuse::InstanceItem* inside = &exports;
  while (!instance.empty()) {
    const std::string_view first = instance.substr(0, instance.find('#'));
    const fuse::ExportItem* found = fuse::find(*inside, first);
    if (found == nullptr || found->instance == nullptr) return nullptr;
    inside = found->instance;
    instance.remove_prefix(std::min(instance.size(), first.size() + 1));
  }
  return fuse::find(*inside, name);
}

}  // namespace

Result<ComponentFunc> ComponentInstance::func(std::string_view instance, std::string_view name) const {
  if (instance_ == nullptr) return usage("the instance handle is empty");
  if (!store_->is_alive()) return detail::dead_store();
  const fuse::ExportItem* found = find_export(*instance_->plan->exports, instance, name);
  if (found == nullptr) {
    if (instance.empty()) return usage("the component exports no \"", name, "\"");
    return usage("the component exports no \"", name, "\" in \"", instance, "\"");
  }
  if (found->sort != component::Sort::func) {
    return usage("the export \"", name, "\" is a ", component::to_string(found->sort), ", expected a func");
  }
  const component::Callee callee = instance_->callee(found->func);
  if (callee.lifted == nullptr) return usage("the export \"", name, "\" is a function of the host");
  return store_->handle(callee.lifted);
}

Result<component::Val> value_of(const ComponentInstance& instance, std::string_view name, std::string_view inside) {
  const component::RootInstance* root = StoreBlock::root_of(instance);
  if (root == nullptr) return usage("the instance handle is empty");
  if (!StoreBlock::is_usable(instance)) return detail::dead_store();
  const fuse::ExportItem* found = find_export(*root->plan->exports, inside, name);
  if (found == nullptr) return usage("the component exports no \"", name, "\"");
  if (found->sort != component::Sort::value) {
    return usage("the export \"", name, "\" is a ", component::to_string(found->sort), ", expected a value");
  }
  return *root->values[found->value.value];
}

Result<Module> ComponentInstance::module(std::string_view name) const {
  if (instance_ == nullptr) return usage("the instance handle is empty");
  if (!store_->is_alive()) return detail::dead_store();
  const fuse::ExportItem* found = find_export(*instance_->plan->exports, "", name);
  if (found == nullptr) return usage("the component exports no \"", name, "\"");
  if (found->sort != component::Sort::core_module) {
    return usage("the export \"", name, "\" is a ", component::to_string(found->sort), ", expected a core module");
  }
  // A module of its own, since a component's modules live no longer than the component.
  return detail::guarded([&]() -> Result<Module> {
    Arena arena(*std::pmr::new_delete_resource());
    ByteWriter writer(arena);
    core::write_module(*instance_->module(found->module)->validated->module, writer);
    auto state = detail::compile_module(store_->engine, {as_chars(writer.view())});
    if (!state) return std::move(state).error();
    return StoreBlock::handle(*std::move(state));
  });
}

}  // namespace tenon
