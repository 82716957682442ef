// The adapters of a component as text (fuse/adapter.hpp): what `tenon objdump --adapters` shows.
#include "engine/tools_adapters.hpp"

#include <memory_resource>

#include "base/concat.hpp"
#include "engine/load.hpp"
#include "fuse/adapter.hpp"
#include "fuse/flatten.hpp"
#include "text/core/text.hpp"
#include "validate/component/component.hpp"

namespace tenon::tools {

namespace {

std::string name_of(const fuse::Plan& plan, fuse::InstanceIdx instance) {
  std::string name;
  for (; !instance.is_none() && instance.value != 0; instance = plan.instances[instance].parent) {
    const std::string own(plan.instances[instance].name);
    name = (own.empty() ? "instance " + std::to_string(instance.value) : own) + (name.empty() ? "" : "." + name);
  }
  return name.empty() ? "the component" : name;
}

// The lines above an adapter: which calls go through it.
std::string heading(const fuse::Plan& plan, fuse::ModuleIdx adapter) {
  std::string lines;
  for (const fuse::Lower& lower : plan.lowers) {
    if (lower.adapter == nullptr || lower.adapter->module != adapter) continue;
    const fuse::Lift& lift = plan.lifts[lower.callee.lift];
    lines += ";; " + name_of(plan, lower.owner) + " calls " + name_of(plan, lift.owner);
    lines += lift.name.empty() ? "\n" : " \"" + std::string(lift.name) + "\"\n";
  }
  return lines;
}

}  // namespace

Result<std::string> list_adapters(const component::Component& component, Features features) {
  std::pmr::memory_resource& memory = *std::pmr::new_delete_resource();
  core::TypeRegistry types(memory);
  Arena arena(memory);
  auto validated = component::validate_component(component, types, arena, {.features = features});
  if (!validated) return std::move(validated).error();
  auto plan = fuse::flatten(*validated, arena);
  if (!plan) return std::move(plan).error();
  const fuse::ModuleIdx first = plan->modules.next_index();
  if (auto added = fuse::add_adapters(*plan, types, arena); !added) return std::move(added).error();
  std::string text;
  for (fuse::ModuleIdx i = first; i.value < plan->modules.size(); ++i.value) {
    text += heading(*plan, i);
    if (auto printed = core::print_module(*plan->modules[i]->module, text); !printed) return std::move(printed).error();
  }
  return text;
}

}  // namespace tenon::tools
