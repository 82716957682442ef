// What the component imports: of each interface the functions that are called, and the types that they and the exports
// mention.
#include "compose/encoder.hpp"
#include "wit/names.hpp"

namespace tenon::compose {

using component::Sort;
using wit::TypeDef;
using wit::TypeIdx;
using wit::WorldItem;
using wit::WorldItemKind;

void ComponentEncoder::mark_live(const wit::Type& type) {
  std::vector<wit::Type> work{type};
  while (!work.empty()) {
    const wit::Type next = work.back();
    work.pop_back();
    if (!next.is_defined() || !live_.insert(next.index.value).second) continue;
    wit::for_each_part(resolve_.types[next.index], [&](const wit::Type& part) { work.push_back(part); });
  }
}

void ComponentEncoder::mark_live(const wit::Function& function) {
  if (!function.resource.is_none()) mark_live(wit::Type::of(function.resource));
  for (const wit::Param& param : function.params) mark_live(param.type);
  mark_live(function.result);
}

void ComponentEncoder::find_live() {
  for (const CoreInput* module : modules_) {
    for (const ImportUse& use : module->uses.imports) {
      if (use.kind == ImportKind::function) {
        lowered_.insert(use.function);
        mark_live(*use.function);
      }
      if (use.kind == ImportKind::task_return) mark_live(use.function->result);
      if (!use.type.is_none()) mark_live(wit::Type::of(use.type));
    }
  }
  for (const WorldItem& item : world_.imports) {
    if (item.kind == WorldItemKind::type) mark_live(wit::Type::of(item.type));
  }
  for (const JoinedExport& each : world_.exports) {
    if (each.item.kind == WorldItemKind::function) {
      mark_live(each.item.function);
      continue;
    }
    const wit::Interface& interface = resolve_.interfaces[each.item.interface];
    for (const wit::NamedType& named : interface.types) mark_live(wit::Type::of(named.type));
    for (const wit::Function& function : interface.functions) mark_live(function);
  }
}

void ComponentEncoder::encode_imports() {
  for (const WorldItem& item : world_.imports) {
    switch (item.kind) {
      case WorldItemKind::interface: import_interface(item); break;
      case WorldItemKind::type: types_.value(wit::Type::of(item.type)); break;
      case WorldItemKind::function: {
        if (!is_lowered(item.function)) break;
        const component::TypeIdx type = types_.function(item.function);
        const auto name = wit::extern_name(arena_, item.name, item.function.external_id);
        functions_.emplace(&item.function,
                           component::FuncIdx(builder_.import(name, component::ExternType::of(Sort::func, type))));
        break;
      }
    }
    if (failed_) return;
  }
}

void ComponentEncoder::import_interface(const WorldItem& item) {
  const wit::Interface& interface = resolve_.interfaces[item.interface];
  wit::ComponentBuilder scope(arena_);
  wit::TypeEncoder types(resolve_, scope, wit::declaring_hooks(scope, [&](TypeIdx type) {
                           return scope.alias_outer_type(1, reach(type));
                         }));
  types.interface = item.interface;
  for (const wit::NamedType& named : interface.types) {
    if (is_live(named.type)) types.value(wit::Type::of(named.type));
  }
  for (const wit::Function& function : interface.functions) {
    if (!is_lowered(function)) continue;
    const component::TypeIdx type = types.function(function);
    scope.declare_export(wit::extern_name(arena_, function.name, function.external_id),
                         component::ExternType::of(Sort::func, type));
  }
  if (scope.body().definitions.empty()) return;  // nothing of it is used
  const component::TypeIdx type = builder_.scope_type(component::TypeKind::instance, scope);
  const std::string full_name = wit::interface_name(resolve_, item.interface);
  std::optional<std::string_view> implements;
  std::string_view name = item.name;
  if (name.empty()) {
    name = arena_.copy(std::string_view(full_name));
  } else if (!full_name.empty()) {
    implements = arena_.copy(std::string_view(full_name));
  }
  const component::InstanceIdx instance(builder_.import(wit::extern_name(arena_, name, item.external_id, implements),
                                                        component::ExternType::of(Sort::instance, type)));
  instances_.emplace(item.interface.value, instance);
  for (const wit::Function& function : interface.functions) {
    if (is_lowered(function)) functions_.emplace(&function, component::FuncIdx());
  }
}

// A type of an interface that is imported, or exported already.
component::TypeIdx ComponentEncoder::reach(TypeIdx index) {
  const TypeDef& type = resolve_.types[index];
  const auto instance = instances_.find(type.owner.interface.value);
  if (instance == instances_.end()) {
    fail("type `", type.name, "` is of an interface that is not there yet");
    return component::TypeIdx(0U);
  }
  return component::TypeIdx(builder_.alias_export(Sort::type, instance->second, type.name));
}

}  // namespace tenon::compose
