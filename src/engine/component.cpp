// Components: the way from bytes to a plan, as a list of phases.
#include "binary/component/component.hpp"

#include <iterator>

#include "engine/component_linkage.hpp"
#include "engine/component_state.hpp"
#include "engine/load.hpp"
#include "engine/native.hpp"
#include "fuse/adapter.hpp"
#include "fuse/flatten.hpp"
#include "tenon/tools.hpp"
#include "text/component/text.hpp"

namespace tenon {

namespace detail {

ComponentState::ComponentState(std::shared_ptr<EngineState> owner) : engine(std::move(owner)), arena(memory) {}

ComponentState::~ComponentState() {
  for (const auto& unit : native) end_native(*engine, unit);
  native.clear();
  for (runtime::CodeModule* module : code) engine->executor->release(module);
}

}  // namespace detail

namespace {

Result<void> compile_modules(detail::ComponentState& state, const detail::NativeInput& given) {
  const Tier tier = state.engine->options.tier;
  const bool links = tier == Tier::optimizing || tier == Tier::automatic || given.image(0) != nullptr;
  std::optional<detail::ComponentLinkage> linkage;
  if (links) linkage.emplace(state.plan);
  for (std::size_t i = 0; i < state.code.size(); ++i) {
    detail::LinkedCode linked;
    if (links) {
      auto found = linkage->of(fuse::ModuleIdx(i));
      linked.linkage = std::move(found.linkage);
      for (const fuse::ModuleIdx module : found.modules) linked.modules.push_back(state.code[module.value]);
    }
    auto unit = detail::make_native(*state.engine, *state.code[i], given.image(i), linked);
    if (!unit) return std::move(unit).error();
    state.native.push_back(std::move(*unit));
  }
  return {};
}

Result<std::shared_ptr<const detail::ComponentState>> compile_component(
    const std::shared_ptr<detail::EngineState>& owner, const detail::Input& input) {
  const auto opened = detail::open_native(*owner, input);
  if (!opened) return Error(opened.error());
  auto state = std::make_shared<detail::ComponentState>(owner);
  auto binary = tools::parse(opened->source, {.features = {owner->features.bits()}});
  if (!binary) return std::move(binary).error();
  state->bytes = std::move(*binary);

  auto read = component::read_component(as_bytes(state->bytes), state->memory, {.features = owner->features});
  if (!read) return std::move(read).error();
  state->component.emplace(std::move(*read));
  // From here on the binary is well-formed, but for core modules, which validation reads.

  const bool has_code = opened->image(0) != nullptr;  // see compile in module.cpp
  auto validated = component::validate_component(*state->component, owner->types, state->arena,
                                                 {.features = owner->features, .validate_bodies = !has_code});
  if (!validated) return tools::in_text(std::move(validated).error(), opened->source, owner->features);
  state->validated = *validated;
  // From here on names resolve, and types agree.

  auto plan = fuse::flatten(state->validated, state->arena);
  if (!plan) return std::move(plan).error();
  state->plan = *plan;
  if (auto added = fuse::add_adapters(state->plan, owner->types, state->arena); !added) return std::move(added).error();
  // From here on calls between guests that can be written as core code are.

  for (const core::ValidatedModule* module : state->plan.modules) {
    state->code.push_back(owner->executor->make_code(
        *module,
        {.fuel = owner->options.fuel, .loop_dispatch = owner->options.loop_dispatch, .validate_lazily = has_code}));
  }
  if (auto compiled = compile_modules(*state, *opened); !compiled) return std::move(compiled).error();
  return std::shared_ptr<const detail::ComponentState>(std::move(state));
}

}  // namespace

Result<Component> Component::compile(const Engine& engine, std::string_view input) {
  return detail::guarded([&]() -> Result<Component> {
    auto state = compile_component(engine.state_, {input});
    if (!state) return std::move(state).error();
    return Component(*std::move(state));
  });
}

Result<Component> Component::load(const Engine& engine, const std::string& path) {
  return detail::guarded([&]() -> Result<Component> {
    detail::InputFile file(path);
    const auto input = file.read();
    if (!input) return Error(input.error());
    auto state = compile_component(engine.state_, *input);
    if (!state) return std::move(state).error();
    return Component(*std::move(state));
  });
}

bool Component::recognizes(std::string_view input) noexcept {
  return tools::is_binary(input) ? component::is_component(as_bytes(input)) : component::is_component_text(input);
}

namespace {

void list_items(const fuse::InstanceItem& instance, const std::string& path, const fuse::Plan& plan,
                std::vector<ComponentItemType>& items) {
  for (const fuse::ExportItem& item : instance.exports) {
    const std::string name(item.name.name);
    switch (item.sort) {
      case component::Sort::func: items.push_back({path, name, detail::type_text(*item.func_type, &plan)}); break;
      case component::Sort::core_module: items.push_back({path, name, "core module"}); break;
      case component::Sort::value: items.push_back({path, name, "value " + detail::type_text(item.type, &plan)}); break;
      case component::Sort::type:
        if (!item.resource.is_none()) items.push_back({path, name, "resource"});
        break;
      case component::Sort::instance:
        list_items(*item.instance, path.empty() ? name : path + "#" + name, plan, items);
        break;
      default: break;
    }
  }
}

}  // namespace

std::vector<ComponentItemType> Component::exports() const {
  std::vector<ComponentItemType> items;
  list_items(*state_->plan.exports, "", state_->plan, items);
  return items;
}

std::vector<ComponentItemType> Component::imports() const {
  std::vector<ComponentItemType> items;
  const fuse::Plan& plan = state_->plan;
  for (const fuse::ImportSlot& slot : plan.imports) {
    std::string path;
    for (const std::string_view part : slot.path.first(slot.path.size() - 1))
      path += (path.empty() ? "" : "#") + std::string(part);
    std::string type = "resource";
    if (slot.entity.sort == component::Sort::func) type = detail::type_text(*slot.entity.func, &plan);
    if (slot.entity.sort == component::Sort::core_module) type = "core module";
    if (slot.entity.sort == component::Sort::value) type = "value " + detail::type_text(slot.entity.value, &plan);
    items.push_back({std::move(path), std::string(slot.path.back()), std::move(type)});
  }
  return items;
}

}  // namespace tenon
