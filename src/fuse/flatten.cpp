// Flattening interprets a component's definitions once, with every instantiation inside of it carried out in place.
//
// A `Frame` is one instantiation of one component: its index spaces hold what the definitions stand for in the plan. A
// component is only data until it is instantiated: a `Closure`, the definition with the frame it stands in. Types need
// no space of their own, since validation's hold them; only their resources mean something else in each frame. That is
// one table for all frames: what a resource of validation's is in this frame.
//
// The same component may be instantiated many times, and a few lines can ask for more instances than atoms; so every
// definition that is interpreted counts against a limit, and so does nesting.
#include "fuse/flatten.hpp"

#include <algorithm>
#include <cassert>
#include <memory_resource>
#include <numeric>
#include <unordered_map>

#include "base/concat.hpp"
#include "binary/component/component.hpp"
#include "spec/component_limits.hpp"
#include "validate/component/type_pool.hpp"

namespace tenon::fuse {

using namespace component;

struct Frame;

struct Closure {
  const Spaces* spaces = nullptr;
  const Frame* frame = nullptr;  // that it stands in
};

namespace {

// The places of names, sorted by name.
template <class Items, class NameOf>
std::span<const std::uint32_t> sort_by_name(Arena& arena, const Items& items, NameOf name_of) {
  const std::span<std::uint32_t> places = arena.make_array<std::uint32_t>(items.size());
  std::iota(places.begin(), places.end(), 0U);
  std::ranges::sort(places, {}, [&](std::uint32_t place) { return name_of(items[place]); });
  return places;
}

// The place of `name` among items whose places are sorted; none if there is no such one.
template <class Items, class NameOf>
std::optional<std::uint32_t> find_place(const Items& items, std::span<const std::uint32_t> by_name,
                                        std::string_view name, NameOf name_of) {
  const auto found =
      std::ranges::lower_bound(by_name, name, {}, [&](std::uint32_t place) { return name_of(items[place]); });
  if (found == by_name.end() || name_of(items[*found]) != name) return std::nullopt;
  return *found;
}

constexpr auto name_of_export = [](const ExportItem& item) { return item.name.name; };
constexpr auto name_of_argument = [](const NamedSortIdx& item) { return item.name.name; };
constexpr auto name_of_core_export = [](const core::Export& item) { return item.name; };

}  // namespace

const ExportItem* find(const InstanceItem& instance, std::string_view name) noexcept {
  const auto place = find_place(instance.exports, instance.by_name, name, name_of_export);
  return place ? &instance.exports[*place] : nullptr;
}

namespace {

// A core instance: of a module, or a bundle of items.
struct CoreBundleItem {
  std::string_view name;
  CoreItem item;
};
struct CoreInstanceItem {
  CoreInstanceIdx instance;  // none: a bundle
  ModuleItem module;
  std::span<const CoreBundleItem> items;
  std::span<const std::uint32_t> by_name;  // of a bundle's items, or of a static module's exports
};

}  // namespace

struct Frame {
  const Spaces* spaces = nullptr;
  const Frame* parent = nullptr;  // the frame that the component's definition stands in
  const InstanceItem* arguments = nullptr;
  InstanceIdx instance;

  std::uint32_t type_count = 0;
  std::uint32_t import_count = 0;
  std::uint32_t nested_count = 0;
  std::uint32_t module_count = 0;
  IndexVector<FuncIdx, FuncItem> funcs;
  IndexVector<component::ValueIdx, fuse::ValueIdx> values;
  IndexVector<ComponentIdx, const Closure*> components;
  IndexVector<component::InstanceIdx, const InstanceItem*> instances;
  IndexVector<CoreModuleIdx, ModuleItem> core_modules;
  IndexVector<component::CoreInstanceIdx, const CoreInstanceItem*> core_instances;
  ArenaVector<CoreItem> core_items[5];  // by core::ExternKind
};

namespace {

constexpr core::ExternKind kind_of(Sort sort) noexcept {
  assert(sort <= Sort::core_tag);
  return static_cast<core::ExternKind>(sort);
}

class Flattener {
 public:
  Flattener(const ValidatedComponent& component, Arena& arena)
      : component_(component),
        arena_(arena),
        pool_(*component.pool),
        resources_(&arena.upstream()),
        modules_(&arena.upstream()),
        exports_(&arena.upstream()),
        names_(&arena.upstream()) {
    plan_.component = &component;
  }

  Result<Plan> run() {
    const Spaces& root = *component_.root;
    auto arguments = import_root(*root.signature);
    if (!arguments) return std::move(arguments).error();
    auto exports = instantiate({&root, nullptr}, *arguments, fuse::InstanceIdx::none(), {});
    if (!exports) return std::move(exports).error();
    for (const ExportItem& item : (*exports)->exports) {
      if (item.sort == Sort::component) {
        return fail(ErrorKind::invalid, {}, "exporting a component from the root component is not supported: \"",
                    item.name.name, "\"");
      }
    }
    plan_.exports = *exports;
    return std::move(plan_);
  }

 private:
  // --- The root's imports ------------------------------------------------------------------------------------------

  Result<const InstanceItem*> import_root(const ComponentSignature& signature) {
    std::pmr::vector<std::string_view> path(&arena_.upstream());
    ArenaVector<ExportItem> items;
    for (std::uint32_t i = 0; i < signature.imports.size(); ++i) {
      root_import_ = i;
      auto item = import_item(signature.imports[i], path);
      if (!item) return std::move(item).error();
      items.push_back(arena_, *item);
    }
    return make_instance(items.span());
  }

  Result<ExportItem> import_item(const NamedEntity& named, std::pmr::vector<std::string_view>& path) {
    const EntitySignature& entity = named.entity;
    ExportItem item{.name = named.name, .sort = entity.sort};
    if (auto counted = count(1); !counted) return std::move(counted).error();
    path.push_back(named.name.name);
    switch (entity.sort) {
      case Sort::instance: {
        ArenaVector<ExportItem> items;
        for (const NamedEntity& inside : entity.instance->exports) {
          auto imported = import_item(inside, path);
          if (!imported) return imported;
          items.push_back(arena_, *imported);
        }
        item.instance = make_instance(items.span());
        break;
      }
      case Sort::type: import_type(entity, item, path); break;
      case Sort::component:
        return fail(ErrorKind::invalid, {}, "root-level component imports are not supported: \"", named.name.name,
                    "\"");
      case Sort::func:
        item.func_type = substitute(entity.func);
        item.func.import = import_slot(path, entity_of(item.func_type));
        break;
      case Sort::core_module:
        item.module_type = entity.module;
        item.module.import = import_slot(path, entity);
        break;
      case Sort::value:
        item.type = substitute(entity.value);
        item.value = plan_.values.next_index();
        plan_.values.push_back(arena_, {.type = item.type, .import = import_slot(path, entity_of(item.type))});
        plan_.steps.push_back(arena_, {Step::Kind::value, item.value.value});
        break;
      default: break;
    }
    path.pop_back();
    return item;
  }

  static EntitySignature entity_of(const FuncSignature* type) {
    EntitySignature entity;
    entity.sort = Sort::func;
    entity.func = type;
    return entity;
  }
  static EntitySignature entity_of(const ValueType* type) {
    EntitySignature entity;
    entity.sort = Sort::value;
    entity.value = type;
    return entity;
  }

  void import_type(const EntitySignature& entity, ExportItem& item, std::span<const std::string_view> path) {
    if (entity.type.kind == TypeEntity::Kind::value) item.type = substitute(entity.type.value);
    if (entity.type.kind != TypeEntity::Kind::resource) return;
    const ResourceId known = lookup(nullptr, entity.type.resource);
    if (!known.is_none()) {
      item.resource = known;  // another name for one that was imported
      import_slot(path, entity, known);
      return;
    }
    item.resource = plan_.resources.next_index();
    plan_.resources.push_back(arena_, {});
    plan_.resources[item.resource].name = item.name.name;
    plan_.resources[item.resource].import = import_slot(path, entity, item.resource);
    bind(nullptr, entity.type.resource, item.resource);
  }

  ImportIdx import_slot(std::span<const std::string_view> path, const EntitySignature& entity,
                        ResourceId resource = ResourceId::none()) {
    const ImportIdx slot = plan_.imports.next_index();
    plan_.imports.push_back(arena_,
                            {.path = arena_.copy(path), .entity = entity, .resource = resource, .root = root_import_});
    return slot;
  }

  const InstanceItem* make_instance(std::span<const ExportItem> exports) {
    return arena_.make<InstanceItem>(exports, sort_by_name(arena_, exports, name_of_export));
  }

  // --- Resources ---------------------------------------------------------------------------------------------------

  static std::uint64_t key(const Frame* frame, ResourceId id) noexcept {
    // The root's imports are bound before there is a frame; the root's frame finds them there too.
    const std::uint64_t owner = frame == nullptr ? 0 : frame->instance.value + std::uint64_t{1};
    return owner << 32 | id.value;
  }
  void bind(const Frame* frame, ResourceId id, ResourceId is) { resources_.insert_or_assign(key(frame, id), is); }
  ResourceId lookup(const Frame* frame, ResourceId id) const {
    for (;; frame = frame->parent) {
      const auto found = resources_.find(key(frame, id));
      if (found != resources_.end()) return found->second;
      if (frame == nullptr) return ResourceId::none();
    }
  }

  // What an entity's resources are in `frame`, known from the item that it is the type of.
  void bind(const Frame& frame, const EntitySignature& entity, const ExportItem& item) {
    if (entity.sort == Sort::type && entity.type.kind == TypeEntity::Kind::resource) {
      bind(&frame, entity.type.resource, item.resource);
    }
    if (entity.sort == Sort::instance) bind(frame, *entity.instance, *item.instance);
  }
  void bind(const Frame& frame, const InstanceSignature& signature, const InstanceItem& instance) {
    for (const NamedEntity& named : signature.exports) {
      if (named.entity.sort != Sort::type && named.entity.sort != Sort::instance) continue;
      const ExportItem* item = find(instance, named.name.name);
      assert(item != nullptr);  // validated
      bind(frame, named.entity, *item);
    }
  }

  // Signatures in the plan's resources. `frame_` is the frame at work; none while the root's imports are.
  TypePool::Replacement replacement() {
    return [this](ResourceId id) {
      const ResourceId is = lookup(frame_, id);
      return is.is_none() ? id : is;
    };
  }
  const FuncSignature* substitute(const FuncSignature* type) {
    return type == nullptr || !type->has_resource ? type : pool_.substitute(type, replacement());
  }
  const ValueType* substitute(const ValueType* type) {
    return type == nullptr || !type->has_resource ? type : pool_.substitute(type, replacement());
  }
  const ValueType* value_type(const Frame& frame, component::ValType type) {
    return type.is_primitive() ? pool_.primitive(type.primitive())
                               : substitute(frame.spaces->types[type.index()].value);
  }

  // --- Instantiation -----------------------------------------------------------------------------------------------

  Result<void> count(std::size_t definitions) {
    definitions_ += definitions;
    if (definitions_ <= limits::max_plan_definitions) return {};
    return fail(ErrorKind::exhausted, {}, "the component has more than ", limits::max_plan_definitions,
                " definitions, those of every instance counted");
  }

  Result<const InstanceItem*> instantiate(const Closure& closure, const InstanceItem* arguments,
                                          fuse::InstanceIdx parent, std::string_view name) {
    if (depth_ == limits::max_instantiation_nesting) {
      return fail(ErrorKind::exhausted, {}, "components are instantiated in one another more than ",
                  limits::max_instantiation_nesting, " times");
    }
    const ArenaVector<Definition>& definitions = closure.spaces->body->definitions;
    if (auto counted = count(definitions.size() + 1); !counted) return std::move(counted).error();
    auto* frame = arena_.make<Frame>();
    frame->spaces = closure.spaces;
    frame->parent = closure.frame;
    frame->arguments = arguments;
    frame->instance = plan_.instances.next_index();
    plan_.steps.push_back(arena_, {Step::Kind::instance, frame->instance.value});
    plan_.instances.push_back(arena_, {.parent = parent, .name = name});
    Frame* const outer = std::exchange(frame_, frame);
    ++depth_;
    ArenaVector<ExportItem> exports;
    for (const Definition& definition : definitions) {
      if (auto done = define(*frame, definition, exports); !done) return std::move(done).error();
    }
    --depth_;
    frame_ = outer;
    return make_instance(exports.span());
  }

  Result<void> define(Frame& frame, const Definition& definition, ArenaVector<ExportItem>& exports) {
    switch (definition.kind) {
      case DefinitionKind::core_module: define_module(frame); return {};
      case DefinitionKind::core_instance: return define_core_instance(frame, *definition.core_instance);
      case DefinitionKind::component:
        frame.components.push_back(arena_, arena_.make<Closure>(frame.spaces->nested[frame.nested_count++], &frame));
        return {};
      case DefinitionKind::instance: return define_instance(frame, *definition.instance);
      case DefinitionKind::alias: define_alias(frame, *definition.alias); return {};
      case DefinitionKind::type: define_type(frame, *definition.type); return {};
      case DefinitionKind::canon: define_canon(frame, *definition.canon); return {};
      case DefinitionKind::start: define_start(frame, *definition.start); return {};
      case DefinitionKind::import: define_import(frame); return {};
      case DefinitionKind::export_: define_export(frame, *definition.export_, exports); return {};
      case DefinitionKind::value: define_value(frame, *definition.value); return {};
      case DefinitionKind::core_type:
      case DefinitionKind::core_import:
      case DefinitionKind::core_export: return {};
    }
    return {};
  }

  Result<void> define_instance(Frame& frame, const Instance& instance) {
    const component::InstanceIdx index = frame.instances.next_index();
    ArenaVector<ExportItem> items;
    for (const NamedSortIdx& named : instance.items) items.push_back(arena_, item_of(frame, named.name, named.item));
    if (auto counted = count(items.size()); !counted) return counted;
    const InstanceItem* made = make_instance(items.span());
    if (instance.component) {
      auto instantiated =
          instantiate(*frame.components[*instance.component], made, frame.instance, name_of_instance(frame, index));
      if (!instantiated) return std::move(instantiated).error();
      made = *instantiated;
    }
    frame.instances.push_back(arena_, made);
    bind(frame, *frame.spaces->instances[index], *made);
    return {};
  }

  // As the component's name section has it.
  std::string_view name_of_instance(const Frame& frame, component::InstanceIdx index) {
    const auto [place, is_new] = names_.try_emplace(frame.spaces);
    if (is_new) {
      auto names = read_component_names(*frame.spaces->body, arena_);
      if (names) place->second = names->items;
    }
    for (const SortName& item : place->second) {
      if (item.item.sort == Sort::instance && item.item.index == index.value) return item.name;
    }
    return {};
  }

  // What an index of a frame stands for.
  ExportItem item_of(const Frame& frame, const ExternName& name, SortIdx index) {
    ExportItem item{.name = name, .sort = index.sort};
    switch (index.sort) {
      case Sort::func:
        item.func = frame.funcs[FuncIdx(index.index)];
        item.func_type = substitute(frame.spaces->funcs[FuncIdx(index.index)]);
        break;
      case Sort::value:
        item.value = frame.values[component::ValueIdx(index.index)];
        item.type = plan_.values[item.value].type;
        break;
      case Sort::component: item.component = frame.components[ComponentIdx(index.index)]; break;
      case Sort::instance: item.instance = frame.instances[component::InstanceIdx(index.index)]; break;
      case Sort::core_module:
        item.module = frame.core_modules[CoreModuleIdx(index.index)];
        item.module_type = frame.spaces->core_modules[CoreModuleIdx(index.index)];
        break;
      case Sort::type: {
        const TypeEntity& type = frame.spaces->types[TypeIdx(index.index)];
        if (type.kind == TypeEntity::Kind::value) item.type = substitute(type.value);
        if (type.kind == TypeEntity::Kind::resource) item.resource = lookup(&frame, type.resource);
        break;
      }
      default: break;
    }
    return item;
  }

  // Adds an item to the space of its sort.
  void add(Frame& frame, const ExportItem& item) {
    switch (item.sort) {
      case Sort::func: frame.funcs.push_back(arena_, item.func); break;
      case Sort::value: frame.values.push_back(arena_, item.value); break;
      case Sort::component: frame.components.push_back(arena_, item.component); break;
      case Sort::instance: frame.instances.push_back(arena_, item.instance); break;
      case Sort::core_module: frame.core_modules.push_back(arena_, item.module); break;
      case Sort::type: ++frame.type_count; break;
      default: break;
    }
  }

  void define_import(Frame& frame) {
    const NamedEntity& import = frame.spaces->signature->imports[frame.import_count++];
    const ExportItem* item = find(*frame.arguments, import.name.name);
    assert(item != nullptr);  // validated
    bind(frame, import.entity, *item);
    add(frame, *item);
  }

  void define_export(Frame& frame, const Export& definition, ArenaVector<ExportItem>& exports) {
    const ExportItem item = item_of(frame, definition.name, definition.item);
    if (item.sort == Sort::type && !item.resource.is_none()) {
      bind(&frame, frame.spaces->types[TypeIdx(frame.type_count)].resource, item.resource);
    }
    if (item.sort == Sort::instance) {
      bind(frame, *frame.spaces->instances[frame.instances.next_index()], *item.instance);
    }
    if (item.sort == Sort::func && !item.func.lift.is_none()) {
      std::string_view& name = plan_.lifts[item.func.lift].name;
      if (name.empty()) name = item.name.name;
    }
    exports.push_back(arena_, item);
    add(frame, item);
  }

  void define_alias(Frame& frame, const Alias& alias) {
    switch (alias.kind) {
      case AliasKind::export_:
        add(frame, *find(*frame.instances[component::InstanceIdx(alias.instance)], alias.name));
        break;
      case AliasKind::core_export: {
        const CoreInstanceItem& instance = *frame.core_instances[component::CoreInstanceIdx(alias.instance)];
        add_core(frame, core_export(instance, kind_of(alias.sort), alias.name));
        break;
      }
      case AliasKind::outer: {
        const Frame* outer = &frame;
        for (std::uint32_t i = 0; i < alias.count; ++i) outer = outer->parent;
        if (alias.sort == Sort::component)
          frame.components.push_back(arena_, outer->components[ComponentIdx(alias.index)]);
        if (alias.sort == Sort::core_module) {
          frame.core_modules.push_back(arena_, outer->core_modules[CoreModuleIdx(alias.index)]);
        }
        if (alias.sort == Sort::type) ++frame.type_count;
        break;
      }
    }
  }

  void define_type(Frame& frame, const Type& type) {
    const TypeIdx index(frame.type_count++);
    if (type.kind != TypeKind::resource) return;
    const ResourceId id = plan_.resources.next_index();
    plan_.resources.push_back(arena_, {.owner = frame.instance, .import = {}, .name = {}});
    bind(&frame, frame.spaces->types[index].resource, id);
    NewResource made{.owner = frame.instance, .id = id, .rep = type.resource_type.rep, .destructor = {}};
    if (type.resource_type.destructor) made.destructor = core_func(frame, *type.resource_type.destructor);
    step(Step::Kind::resource, plan_.new_resources, made);
  }

  // --- Core --------------------------------------------------------------------------------------------------------

  template <class Table, class Item>
  void step(Step::Kind kind, Table& table, const Item& item) {
    plan_.steps.push_back(arena_, {kind, static_cast<std::uint32_t>(table.size())});
    table.push_back(arena_, item);
  }

  void add_core(Frame& frame, const CoreItem& item) {
    frame.core_items[static_cast<std::size_t>(item.kind)].push_back(arena_, item);
  }
  static const CoreItem& core_item(const Frame& frame, core::ExternKind kind, std::uint32_t index) {
    return frame.core_items[static_cast<std::size_t>(kind)][index];
  }
  static const CoreItem& core_func(const Frame& frame, component::CoreFuncIdx index) {
    return core_item(frame, core::ExternKind::func, index.value);
  }

  void define_module(Frame& frame) {
    const core::ValidatedModule* module = frame.spaces->modules[frame.module_count++];
    const auto [place, is_new] = modules_.try_emplace(module, plan_.modules.next_index());
    if (is_new) plan_.modules.push_back(arena_, module);
    frame.core_modules.push_back(arena_, ModuleItem{.module = place->second, .import = {}});
  }

  Result<void> define_core_instance(Frame& frame, const CoreInstance& definition) {
    if (auto counted = count(definition.items.size()); !counted) return counted;
    auto* made = arena_.make<CoreInstanceItem>();
    frame.core_instances.push_back(arena_, made);
    if (!definition.module) {
      const std::span<CoreBundleItem> items = arena_.make_array<CoreBundleItem>(definition.items.size());
      for (std::size_t i = 0; i < items.size(); ++i) {
        const NamedSortIdx& named = definition.items[i];
        items[i] = {named.name.name, core_item(frame, kind_of(named.item.sort), named.item.index)};
      }
      made->items = items;
      made->by_name = sort_by_name(arena_, items, [](const CoreBundleItem& item) { return item.name; });
      return {};
    }
    made->module = frame.core_modules[*definition.module];
    made->instance = plan_.instantiations.next_index();
    if (!made->module.module.is_none()) made->by_name = exports_by_name(made->module.module);
    Instantiation step_item{.owner = frame.instance,
                            .module = made->module,
                            .arguments = {},
                            .type = frame.spaces->core_modules[*definition.module]};
    const auto by_name = sort_by_name(arena_, definition.items, name_of_argument);
    ArenaVector<CoreItem> arguments;
    const auto supply = [&](std::string_view module, std::string_view name, core::ExternKind kind) {
      const auto place = find_place(definition.items, by_name, module, name_of_argument);
      assert(place);  // validated
      const component::CoreInstanceIdx given(definition.items[*place].item.index);
      arguments.push_back(arena_, core_export(*frame.core_instances[given], kind, name));
    };
    if (made->module.module.is_none()) {
      for (const ModuleImport& import : step_item.type->imports) supply(import.module, import.name, import.type.kind);
    } else {
      const core::Module& module = *plan_.modules[made->module.module]->module;
      for (const core::Import& import : module.imports) supply(import.module, import.name, import.type.kind);
    }
    if (auto counted = count(arguments.size()); !counted) return counted;
    step_item.arguments = arguments.span();
    step(Step::Kind::instantiate, plan_.instantiations, step_item);
    return {};
  }

  std::span<const std::uint32_t> exports_by_name(ModuleIdx index) {
    const core::ValidatedModule* module = plan_.modules[index];
    const auto [place, is_new] = exports_.try_emplace(module);
    if (is_new) place->second = sort_by_name(arena_, module->module->exports, name_of_core_export);
    return place->second;
  }

  CoreItem core_export(const CoreInstanceItem& instance, core::ExternKind kind, std::string_view name) const {
    if (instance.instance.is_none()) {
      const auto place =
          find_place(instance.items, instance.by_name, name, [](const CoreBundleItem& item) { return item.name; });
      return instance.items[*place].item;
    }
    CoreItem item{.from = CoreItem::From::named, .kind = kind, .instance = instance.instance, .func = {}, .name = name};
    if (instance.module.module.is_none()) return item;
    const core::Module& module = *plan_.modules[instance.module.module]->module;
    item.from = CoreItem::From::instance;
    item.entity = module.exports[*find_place(module.exports, instance.by_name, name, name_of_core_export)].index;
    return item;
  }

  // --- Canonical definitions ---------------------------------------------------------------------------------------

  fuse::Options options_of(const Frame& frame, const CanonOptions& given) const {
    fuse::Options options{.encoding = given.encoding,
                          .is_async = given.is_async,
                          .memory = {},
                          .realloc = {},
                          .post_return = {},
                          .callback = {}};
    if (given.memory) options.memory = core_item(frame, core::ExternKind::memory, given.memory->value);
    if (given.realloc) options.realloc = core_func(frame, *given.realloc);
    if (given.post_return) options.post_return = core_func(frame, *given.post_return);
    if (given.callback) options.callback = core_func(frame, *given.callback);
    return options;
  }

  void define_canon(Frame& frame, const Canon& canon) {
    if (canon.op == CanonOp::lift) {
      const FuncIdx index = frame.funcs.next_index();
      const LiftIdx lift = plan_.lifts.next_index();
      frame.funcs.push_back(arena_, FuncItem{.lift = lift, .import = {}});
      step(Step::Kind::lift, plan_.lifts,
           Lift{.owner = frame.instance,
                .callee = core_func(frame, canon.core_func),
                .type = substitute(frame.spaces->funcs[index]),
                .options = options_of(frame, canon.options),
                .name = {}});
      return;
    }
    const component::CoreFuncIdx index(frame.core_items[static_cast<std::size_t>(core::ExternKind::func)].size());
    const core::TypeIdx core_type = frame.spaces->core_funcs[index];
    const fuse::CoreFuncIdx made = plan_.core_funcs.next_index();
    if (canon.op == CanonOp::lower) {
      step(Step::Kind::lower, plan_.lowers,
           Lower{.owner = frame.instance,
                 .callee = frame.funcs[canon.func],
                 .type = substitute(frame.spaces->funcs[canon.func]),
                 .options = options_of(frame, canon.options),
                 .core_type = core_type});
    } else {
      step(Step::Kind::builtin, plan_.builtins, builtin_of(frame, canon, core_type));
    }
    plan_.core_funcs.push_back(arena_, plan_.steps.back());
    add_core(frame, CoreItem{.from = CoreItem::From::made, .instance = {}, .func = made, .name = {}});
  }

  Builtin builtin_of(const Frame& frame, const Canon& canon, core::TypeIdx core_type) {
    Builtin builtin{.owner = frame.instance, .canon = &canon, .core_type = core_type};
    switch (info(canon.op).immediates) {
      case CanonImmediates::type:
      case CanonImmediates::type_options:
      case CanonImmediates::type_async: {
        const TypeEntity& type = frame.spaces->types[canon.type];
        if (type.kind == TypeEntity::Kind::resource) builtin.resource = lookup(&frame, type.resource);
        if (type.kind == TypeEntity::Kind::value) builtin.type = substitute(type.value);
        break;
      }
      case CanonImmediates::results_options:
        if (canon.result) builtin.type = value_type(frame, *canon.result);
        break;
      case CanonImmediates::cancellable_memory:
        builtin.memory = core_item(frame, core::ExternKind::memory, canon.memory.value);
        break;
      case CanonImmediates::core_func_type_table:
      case CanonImmediates::shared_core_func_type_table:
        builtin.table = core_item(frame, core::ExternKind::table, canon.table.value);
        builtin.func_type = frame.spaces->core_types[canon.core_func_type].type;
        break;
      case CanonImmediates::shared_core_func_type:
        builtin.func_type = frame.spaces->core_types[canon.core_func_type].type;
        break;
      default: break;
    }
    builtin.options = options_of(frame, canon.options);
    return builtin;
  }

  // --- Values ------------------------------------------------------------------------------------------------------

  void define_value(Frame& frame, const Value& value) {
    frame.values.push_back(arena_, plan_.values.next_index());
    step(Step::Kind::value, plan_.values,
         NewValue{.type = value_type(frame, value.type), .bytes = value.bytes, .import = {}});
  }

  void define_start(Frame& frame, const Start& start) {
    StartCall call{.owner = frame.instance,
                   .callee = frame.funcs[start.func],
                   .type = substitute(frame.spaces->funcs[start.func]),
                   .arguments = {},
                   .result = {}};
    const std::span<fuse::ValueIdx> arguments = arena_.make_array<fuse::ValueIdx>(start.arguments.size());
    for (std::size_t i = 0; i < arguments.size(); ++i) arguments[i] = frame.values[start.arguments[i]];
    call.arguments = arguments;
    if (start.results != 0) {
      call.result = plan_.values.next_index();
      plan_.values.push_back(arena_, {.type = call.type->result, .bytes = {}, .import = {}});
      frame.values.push_back(arena_, call.result);
    }
    step(Step::Kind::start, plan_.starts, call);
  }

  const ValidatedComponent& component_;
  Arena& arena_;
  TypePool& pool_;
  Plan plan_;
  Frame* frame_ = nullptr;
  std::uint32_t depth_ = 0;
  std::uint32_t root_import_ = 0;
  std::size_t definitions_ = 0;
  std::pmr::unordered_map<std::uint64_t, ResourceId> resources_;
  std::pmr::unordered_map<const core::ValidatedModule*, ModuleIdx> modules_;
  std::pmr::unordered_map<const core::ValidatedModule*, std::span<const std::uint32_t>> exports_;
  std::pmr::unordered_map<const Spaces*, ArenaVector<SortName>> names_;
};

}  // namespace

Result<Plan> flatten(const ValidatedComponent& component, Arena& arena) { return Flattener(component, arena).run(); }

}  // namespace tenon::fuse
