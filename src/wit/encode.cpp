// Interfaces become instance types, worlds component types. A type that an interface uses from another is reached by an
// alias: of the import that stands for the other interface, then through the instance type's scope.
#include "wit/encode.hpp"

#include <algorithm>
#include <unordered_set>

#include "binary/component/component.hpp"
#include "wit/names.hpp"
#include "wit/type_encoder.hpp"

namespace tenon::wit {

namespace {

using component::Sort;

// The scope of a world, or of the component type around one interface.
class ScopeEncoder {
 public:
  ScopeEncoder(const Resolve& resolve, Arena& arena)
      : resolve_(resolve),
        arena_(arena),
        outer_(arena),
        types_(resolve, outer_,
               {.name_type = [this](const TypeDef& type,
                                    component::TypeIdx definition) { return import_type(type, definition); },
                .name_resource = [this](const TypeDef& type) { return import_type(type, std::nullopt); },
                .reach_type = [this](TypeIdx type) { return reach(type); }}) {}
  ScopeEncoder(const ScopeEncoder&) = delete;
  ScopeEncoder& operator=(const ScopeEncoder&) = delete;

  const ComponentBuilder& outer() const noexcept { return outer_; }

  void world(const World& world) {
    for (const WorldItem& item : world.imports) {
      if (item.kind == WorldItemKind::type) {
        types_.value(Type::of(item.type));
      } else {
        const component::ExternType type = item_type(item);
        outer_.import(item_name(item), type);
      }
    }
    for (const WorldItem& item : world.exports) {
      const component::ExternType type = item_type(item);
      outer_.declare_export(item_name(item), type);
    }
  }

  // The interface as an export, those that it uses as imports with all their types: whoever reads several interfaces
  // sees the types of each in one order.
  void interface(InterfaceIdx index) {
    std::vector<InterfaceIdx> order;
    std::unordered_set<std::uint32_t> seen;
    add_used(order, seen, index);
    for (const InterfaceIdx each : order) {
      const component::TypeIdx type = instance(each, each == index);
      const std::string_view name = arena_.copy(std::string_view(interface_name(resolve_, each)));
      if (each == index) {
        outer_.declare_export(extern_name(arena_, name), component::ExternType::of(Sort::instance, type));
      } else {
        outer_.import(extern_name(arena_, name), component::ExternType::of(Sort::instance, type));
      }
    }
  }

 private:
  component::TypeIdx import_type(const TypeDef& type, std::optional<component::TypeIdx> definition) {
    return outer_.import_type(extern_name(arena_, type.name, type.external_id), definition);
  }

  component::ExternName item_name(const WorldItem& item) {
    const std::optional<std::string_view> external_id =
        item.kind == WorldItemKind::function ? item.function.external_id : item.external_id;
    if (item.kind != WorldItemKind::interface) return extern_name(arena_, item.name, external_id);
    const std::string interface = interface_name(resolve_, item.interface);
    if (item.name.empty()) return extern_name(arena_, arena_.copy(std::string_view(interface)), external_id);
    if (interface.empty()) return extern_name(arena_, item.name, external_id);
    return extern_name(arena_, item.name, external_id, arena_.copy(std::string_view(interface)));
  }

  component::ExternType item_type(const WorldItem& item) {
    if (item.kind == WorldItemKind::function)
      return component::ExternType::of(Sort::func, types_.function(item.function));
    return component::ExternType::of(Sort::instance, instance(item.interface, true));
  }

  void add_used(std::vector<InterfaceIdx>& order, std::unordered_set<std::uint32_t>& seen, InterfaceIdx index) {
    if (seen.contains(index.value)) return;
    const ArenaVector<NamedType> types = resolve_.interfaces[index].types;
    for (const NamedType& named : types) {
      const InterfaceIdx used = used_interface(resolve_, resolve_.types[named.type]);
      if (!used.is_none()) add_used(order, seen, used);
    }
    seen.insert(index.value);
    order.push_back(index);
  }

  component::TypeIdx instance(InterfaceIdx index, bool with_functions) {
    const Interface& interface = resolve_.interfaces[index];
    ComponentBuilder scope(arena_);
    TypeEncoder types(resolve_, scope,
                      declaring_hooks(scope, [&](TypeIdx type) { return scope.alias_outer_type(1, reach(type)); }));
    types.interface = index;
    for (const NamedType& named : interface.types) types.value(Type::of(named.type));
    if (with_functions) {
      for (const Function* function : members_first(interface)) {
        const component::TypeIdx type = types.function(*function);
        scope.declare_export(extern_name(arena_, function->name, function->external_id),
                             component::ExternType::of(Sort::func, type));
      }
    }
    const component::TypeIdx result = outer_.scope_type(component::TypeKind::instance, scope);
    instances_.insert_or_assign(index.value, component::InstanceIdx(instance_count_++));
    return result;
  }

  // The functions of resources first, by resource, as they stand in the text; a decoded package then prints as the text
  // did.
  std::vector<const Function*> members_first(const Interface& interface) const {
    std::unordered_map<std::uint32_t, std::size_t> rank;
    for (const NamedType& named : interface.types) rank.emplace(named.type.value, rank.size());
    std::vector<const Function*> functions;
    for (const Function& function : interface.functions) functions.push_back(&function);
    const auto rank_of = [&](const Function* function) {  // by resource, then as they stand in their list
      const auto found =
          function->kind == FunctionKind::freestanding ? rank.end() : rank.find(function->resource.value);
      return std::pair(found == rank.end() ? rank.size() : found->second, function);
    };
    std::ranges::sort(functions, {}, rank_of);
    return functions;
  }

  component::TypeIdx reach(TypeIdx index) {
    const TypeDef& type = resolve_.types[index];
    const auto [found, is_new] = reached_.try_emplace(index.value);
    if (is_new) {
      const component::InstanceIdx owner = instances_.at(type.owner.interface.value);
      found->second = component::TypeIdx(outer_.alias_export(Sort::type, owner, type.name));
    }
    return found->second;
  }

  const Resolve& resolve_;
  Arena& arena_;
  ComponentBuilder outer_;
  TypeEncoder types_;
  std::unordered_map<std::uint32_t, component::InstanceIdx> instances_;  // by InterfaceIdx, the latest
  std::unordered_map<std::uint32_t, component::TypeIdx> reached_;        // by TypeIdx
  std::uint32_t instance_count_ = 0;
};

std::string qualified_name(const Resolve& resolve, const World& world) {
  const PackageName& package = resolve.packages[world.package].name;
  std::string result(package.namespace_);
  result.append(1, ':').append(package.name).append(1, '/').append(world.name);
  if (package.version != nullptr) result.append(1, '@').append(package.version->text);
  return result;
}

// A component type that exports the world's component type under its full name.
component::TypeIdx add_world(const Resolve& resolve, WorldIdx index, Arena& arena, ComponentBuilder& out) {
  const World& world = resolve.worlds[index];
  ComponentBuilder wrapper(arena);
  const component::TypeIdx type = add_world_type(resolve, index, wrapper);
  wrapper.declare_export(extern_name(arena, arena.copy(std::string_view(qualified_name(resolve, world)))),
                         component::ExternType::of(Sort::component, type));
  return out.scope_type(component::TypeKind::component, wrapper);
}

void export_type(ComponentBuilder& out, std::string_view name, component::TypeIdx type) {
  out.export_item(extern_name(out.arena(), name), {Sort::type, type.value});
}

void add_producers(ComponentBuilder& out, const Producer& producer) {
  ByteWriter payload(out.arena());
  payload.u32(1);
  payload.name("processed-by");
  payload.u32(1);
  payload.name(producer.name);
  payload.name(producer.version);
  out.custom_section("producers", payload.view());
}

}  // namespace

component::TypeIdx add_world_type(const Resolve& resolve, WorldIdx world, ComponentBuilder& out) {
  ScopeEncoder scope(resolve, out.arena());
  scope.world(resolve.worlds[world]);
  return out.scope_type(component::TypeKind::component, scope.outer());
}

void encode_package(const Resolve& resolve, PackageIdx package, const Producer& producer, ByteWriter& out) {
  Arena arena(out.arena().upstream());
  ComponentBuilder builder(arena);
  for (const InterfaceIdx index : resolve.packages[package].interfaces) {
    ScopeEncoder scope(resolve, arena);
    scope.interface(index);
    const component::TypeIdx type = builder.scope_type(component::TypeKind::component, scope.outer());
    export_type(builder, resolve.interfaces[index].name, type);
  }
  for (const WorldIdx index : resolve.packages[package].worlds) {
    const World& world = resolve.worlds[index];
    export_type(builder, world.name, add_world(resolve, index, arena, builder));
  }
  const std::string docs = encode_package_docs(resolve, package);
  builder.custom_section(package_docs_section, as_bytes(std::string_view(docs)));
  add_producers(builder, producer);
  component::write_component(builder.body(), out);
}

void encode_world_metadata(const Resolve& resolve, WorldIdx index, component::StringEncoding encoding,
                           const Producer& producer, ByteWriter& out) {
  Arena arena(out.arena().upstream());
  ComponentBuilder builder(arena);
  const std::uint8_t header[] = {encoding_version, static_cast<std::uint8_t>(encoding)};
  builder.custom_section(encoding_section, header);
  const World& world = resolve.worlds[index];
  export_type(builder, world.name, add_world(resolve, index, arena, builder));
  add_producers(builder, producer);
  component::write_component(builder.body(), out);
}

}  // namespace tenon::wit
