// What the component exports. A function of the world is lifted and exported. An interface becomes an instance: of a
// component inside that imports the lifted functions and the types, and exports both under their names, since only
// there can the types of the functions be those that were named.
#include <algorithm>

#include "compose/encoder.hpp"
#include "wit/names.hpp"

namespace tenon::compose {

using component::NamedSortIdx;
using component::Sort;
using wit::OwnerKind;
using wit::TypeDef;
using wit::TypeIdx;

namespace {

// A plain name for a function, unlike any other.
std::string import_name(const wit::Function& function) {
  if (function.kind == wit::FunctionKind::freestanding) return "import-func-" + std::string(function.name);
  std::string name("import-");
  for (const char c : function.name) {
    if (c == '[') continue;
    name += c == ']' || c == '.' ? '-' : c;
  }
  return name;
}

}  // namespace

void ComponentEncoder::encode_exports() {
  for (std::size_t module = 0; module < modules_.size(); ++module) {
    for (const JoinedExport& each : world_.exports) {
      if (failed_) return;
      if (each.module != module) continue;
      if (each.item.kind == wit::WorldItemKind::interface) {
        export_interface(each);
        continue;
      }
      const component::FuncIdx lifted = lift(each, each.item.function);
      builder_.export_item(wit::extern_name(arena_, each.item.name, each.item.function.external_id),
                           {Sort::func, lifted.value});
    }
  }
}

component::FuncIdx ComponentEncoder::lift(const JoinedExport& item, const wit::Function& function) {
  component::Canon canon;
  canon.op = CanonOp::lift;
  if (item.item.kind == wit::WorldItemKind::interface) types_.interface = item.item.interface;
  canon.type = types_.function(function);
  types_.interface = {};
  const CoreInput& module = *modules_[item.module];
  const ExportUse* use = module.uses.find(ExportKind::function, item, function);
  const component::CoreInstanceIdx instance = core_instances_[item.module];
  canon.core_func = core_export(instance, use->export_->name);
  canon.options =
      options(flat_.options(function, use->context), module.encodings.find(resolve_, item.item, function.name, true),
              item.module, module.uses.realloc_of_exports());
  if (const ExportUse* post = module.uses.find(ExportKind::post_return, item, function); post != nullptr) {
    canon.options.post_return = core_export(instance, post->export_->name);
    add_option(canon.options, component::CanonOption::post_return);
  }
  const ExportUse* callback = module.uses.find(ExportKind::callback, item, function);
  if (use->context == FlatContext::export_async && callback != nullptr) {
    canon.options.callback = core_export(instance, callback->export_->name);
    add_option(canon.options, component::CanonOption::callback);
  }
  return builder_.lift(canon);
}

namespace {

// The component inside: it imports what it then exports.
class NamingComponent {
 public:
  NamingComponent(const wit::Resolve& resolve, Arena& arena)
      : resolve_(resolve),
        arena_(arena),
        builder_(arena),
        types_(
            resolve, builder_,
            {.name_type = [this](const TypeDef& type, component::TypeIdx definition) { return name(type, definition); },
             .name_resource = [this](const TypeDef& type) { return name(type, std::nullopt); },
             .reach_type = [](TypeIdx) { return component::TypeIdx(0U); }}) {}

  // A type of any interface, and what it mentions of that.
  void import_type(TypeIdx type) {
    types_.interface = resolve_.types[type].owner.interface;
    types_.value(wit::Type::of(type));
  }
  void import_functions(const wit::Interface& interface) {
    for (const wit::Function& function : interface.functions) {
      const component::TypeIdx type = types_.function(function);
      const std::string name = import_name(function);
      builder_.import(wit::extern_name(arena_, arena_.copy(std::string_view(name))),
                      component::ExternType::of(Sort::func, type));
    }
  }
  void keep_known() { foreign_ = types_.known; }
  void use_interface(wit::InterfaceIdx interface) { types_.interface = interface; }

  // Everything once more, with names for others to see.
  void export_all(const wit::Interface& interface) {
    const wit::TypeEncoder::Known imported = std::exchange(types_.known, foreign_);
    is_exporting_ = true;
    for (const wit::NamedType& named : interface.types) {
      const TypeDef& type = resolve_.types[named.type];
      if (type.kind != wit::TypeKind::resource) {
        types_.value(wit::Type::of(named.type));
        continue;
      }
      const component::TypeIdx resource = imported.types.at(named.type.value);
      const std::uint32_t exported =
          builder_.export_item(wit::extern_name(arena_, type.name, type.external_id), {Sort::type, resource.value});
      types_.known.types.insert_or_assign(named.type.value, component::TypeIdx(exported));
    }
    std::uint32_t next = 0;
    for (const wit::Function& function : interface.functions) {
      const component::TypeIdx type = types_.function(function);
      builder_.export_item(wit::extern_name(arena_, function.name, function.external_id), {Sort::func, next++},
                           component::ExternType::of(Sort::func, type));
    }
  }

  // The imports of types: under which name, and which type it is that the outside gives.
  struct TypeImport {
    std::string_view name;
    component::TypeIdx inner;
  };
  const std::vector<TypeImport>& imports() const noexcept { return imports_; }
  const wit::TypeEncoder::Known& known() const noexcept { return types_.known; }
  const wit::ComponentBuilder& builder() const noexcept { return builder_; }

 private:
  component::TypeIdx name(const TypeDef& type, std::optional<component::TypeIdx> definition) {
    if (is_exporting_) {
      return component::TypeIdx(
          builder_.export_item(wit::extern_name(arena_, type.name, type.external_id), {Sort::type, definition->value}));
    }
    std::string import = "import-type-" + std::string(type.name);
    for (std::uint32_t i = 0; !names_.insert(import).second; ++i) import += std::to_string(i);
    const std::string_view kept = arena_.copy(std::string_view(import));
    const component::TypeIdx index = builder_.import_type(wit::extern_name(arena_, kept), definition);
    imports_.push_back({kept, index});
    return index;
  }

  const wit::Resolve& resolve_;
  Arena& arena_;
  wit::ComponentBuilder builder_;
  wit::TypeEncoder types_;
  wit::TypeEncoder::Known foreign_;
  std::vector<TypeImport> imports_;
  std::unordered_set<std::string> names_;
  bool is_exporting_ = false;
};

}  // namespace

void ComponentEncoder::export_interface(const JoinedExport& item) {
  const wit::Interface& interface = resolve_.interfaces[item.item.interface];
  std::vector<NamedSortIdx> arguments;
  const auto add_argument = [&](std::string_view name, component::SortIdx value) {
    NamedSortIdx argument;
    argument.name.name = name;
    argument.item = value;
    arguments.push_back(argument);
  };
  for (const wit::Function& function : interface.functions) {
    const std::string name = import_name(function);
    const component::FuncIdx lifted = lift(item, function);
    if (failed_) return;
    add_argument(arena_.copy(std::string_view(name)), {Sort::func, lifted.value});
  }

  // Inside: the types of others, the resources and functions of its own; then all of its own with names.
  NamingComponent inner(resolve_, arena_);
  for (const TypeIdx type : types_used_by(interface)) {
    const wit::Owner& owner = resolve_.types[type].owner;
    if (owner.kind != OwnerKind::interface || owner.interface == item.item.interface) continue;
    types_.type(type);
    inner.import_type(type);
  }
  inner.use_interface(item.item.interface);
  inner.keep_known();
  for (const wit::NamedType& named : interface.types) {
    if (resolve_.types[named.type].kind == wit::TypeKind::resource) inner.import_type(named.type);
  }
  inner.import_functions(interface);
  std::unordered_map<std::uint32_t, TypeIdx> by_inner;
  for (const auto& [type, index] : inner.known().types) {
    if (!resolve_.types[TypeIdx(type)].name.empty()) by_inner.emplace(index.value, TypeIdx(type));
  }
  for (const NamingComponent::TypeImport& import : inner.imports()) {
    add_argument(import.name, {Sort::type, types_.type(by_inner.at(import.inner.value)).value});
  }
  inner.export_all(interface);

  const component::ComponentIdx component = builder_.nested(inner.builder().body());
  const component::InstanceIdx instance = builder_.instantiate(component, arguments);
  const std::string full_name = wit::interface_name(resolve_, item.item.interface);
  std::optional<std::string_view> implements;
  std::string_view name = item.item.name;
  if (name.empty()) {
    name = arena_.copy(std::string_view(full_name));
  } else if (!full_name.empty()) {
    implements = arena_.copy(std::string_view(full_name));
  }
  const std::uint32_t exported = builder_.export_item(wit::extern_name(arena_, name, item.item.external_id, implements),
                                                      {Sort::instance, instance.value});
  instances_.insert_or_assign(item.item.interface.value, component::InstanceIdx(exported));
  // From here on its types are those of the exported instance.
  for (const wit::NamedType& named : interface.types) types_.known.types.erase(named.type.value);
}

// Every type that the interface's own types and functions mention, at any depth, in the order of definitions.
std::vector<TypeIdx> ComponentEncoder::types_used_by(const wit::Interface& interface) const {
  std::set<std::uint32_t> found;
  std::vector<wit::Type> work;
  for (const wit::NamedType& named : interface.types) work.push_back(wit::Type::of(named.type));
  for (const wit::Function& function : interface.functions) {
    for (const wit::Param& param : function.params) work.push_back(param.type);
    work.push_back(function.result);
  }
  while (!work.empty()) {
    const wit::Type next = work.back();
    work.pop_back();
    if (!next.is_defined() || !found.insert(next.index.value).second) continue;
    wit::for_each_part(resolve_.types[next.index], [&](const wit::Type& part) { work.push_back(part); });
  }
  std::vector<TypeIdx> order;
  order.reserve(found.size());
  for (const std::uint32_t index : found) order.emplace_back(index);
  return order;
}

}  // namespace tenon::compose
