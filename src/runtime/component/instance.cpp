// Running an instantiation plan, step by step.
#include "runtime/component/instance.hpp"

#include <algorithm>
#include <cassert>

#include "base/concat.hpp"
#include "fuse/value_bytes.hpp"
#include "runtime/component/adapter.hpp"
#include "runtime/component/canon.hpp"
#include "runtime/component/meter.hpp"
#include "runtime/component/sync_call.hpp"

namespace tenon::component {

namespace {

using fuse::CoreItem;
using fuse::Plan;
using fuse::Step;

bool is_at(const ComponentInstance& inst, std::string_view path) noexcept {
  TextBuffer own;
  append_path(own, inst);
  return own.view() == path;
}

class Instantiation {
 public:
  Instantiation(World& world, RootInstance& root)
      : world_(world), store_(*world.scheduler.store), plan_(*root.plan), root_(root), arguments_(store_.resource) {}

  void reserve(std::span<runtime::CodeModule* const> modules, std::span<const Given> imports) {
    root_.core_instances = store_.arena.make_array<runtime::Instance*>(plan_.instantiations.size());
    root_.core_funcs = store_.arena.make_array<runtime::Func*>(plan_.core_funcs.size());
    root_.lifts = store_.arena.make_array<LiftedFunc>(plan_.lifts.size());
    root_.resources = store_.arena.make_array<const RuntimeResourceType*>(plan_.resources.size());
    root_.values = store_.arena.make_array<const Val*>(plan_.values.size());
    root_.imports = store_.arena.copy(imports);
    root_.modules = store_.arena.copy(modules);
    for (std::size_t i = 0; i < plan_.imports.size(); ++i) {
      const fuse::ImportSlot& slot = plan_.imports[fuse::ImportIdx(i)];
      if (!slot.resource.is_none()) root_.resources[slot.resource.value] = imports[i].resource;
    }
  }

  Result<void> run() {
    for (const Step step : plan_.steps) {
      if (auto done = run(step); !done) return done;
    }
    return {};
  }

 private:
  Result<void> run(Step step) {
    switch (step.kind) {
      case Step::Kind::instance: return make_instance(plan_.instances[fuse::InstanceIdx(step.index)]);
      case Step::Kind::instantiate: return instantiate_module(step.index);
      case Step::Kind::resource: make_resource(plan_.new_resources[step.index]); return {};
      case Step::Kind::lift: lift(step.index); return {};
      case Step::Kind::lower: lower(plan_.lowers[step.index]); return {};
      case Step::Kind::builtin: make_built_in(plan_.builtins[step.index]); return {};
      case Step::Kind::start: return start(plan_.starts[step.index]);
      case Step::Kind::value: make_value(step.index); return {};
    }
    return {};
  }

  ComponentInstance& instance(fuse::InstanceIdx index) { return root_.instances[index.value]; }

  Result<void> make_instance(const fuse::NewInstance& made) {
    ComponentInstance* parent = made.parent.is_none() ? nullptr : &instance(made.parent);
    ComponentInstance& added = root_.instances.emplace_back(world_.scheduler, parent, *store_.resource);
    added.resources = root_.resources;
    added.name = made.name;
    added.index = static_cast<std::uint32_t>(root_.instances.size()) - 1;
    added.limits = world_.limits;
    if (parent != nullptr && !made.name.empty()) {
      for (const auto& [path, limits] : world_.named_limits) {
        if (is_at(added, path)) added.limits = limits;
      }
    }
    added.handles.limit = added.limits.handles;
    added.fuel_left = static_cast<std::int64_t>(std::min<std::uint64_t>(added.limits.fuel, INT64_MAX));
    return {};
  }

  runtime::Extern item(const CoreItem& item) {
    runtime::Extern found;
    found.kind = item.kind;
    if (item.from == CoreItem::From::made) {
      found.func = root_.core_funcs[item.func.value];
      return found;
    }
    runtime::Instance& instance = *root_.core_instances[item.instance.value];
    if (item.from == CoreItem::From::named) return *runtime::find_export(instance, item.name);
    return runtime::export_of(instance, {.name = {}, .kind = item.kind, .index = item.entity});
  }

  // The imports of the module at hand, from arguments that are in the order of its type's imports.
  Result<void> order_arguments(const fuse::Instantiation& made, const core::Module& module) {
    arguments_.clear();
    if (made.type == nullptr || !made.module.module.is_none()) {
      for (const CoreItem& argument : made.arguments) arguments_.push_back(item(argument));
      return {};
    }
    for (const core::Import& import : module.imports) {
      const auto place = std::ranges::find_if(made.type->imports, [&](const ModuleImport& expected) {
        return expected.module == import.module && expected.name == import.name;
      });
      if (place == made.type->imports.end()) {
        return fail(ErrorKind::unlinkable, {}, "the core module that was given imports \"", import.module, "\" \"",
                    import.name, "\", which its type does not allow");
      }
      arguments_.push_back(item(made.arguments[static_cast<std::size_t>(place - made.type->imports.begin())]));
    }
    return {};
  }

  Result<void> instantiate_module(std::uint32_t index) {
    const fuse::Instantiation& made = plan_.instantiations[fuse::CoreInstanceIdx(index)];
    runtime::CodeModule& code = *root_.module(made.module);
    if (auto ordered = order_arguments(made, *code.validated->module); !ordered) return ordered;
    ComponentInstance& owner = instance(made.owner);
    Activation activation;
    activation.inst = &owner;
    owner.enter_from(nullptr);
    push_activation(activation);
    auto instantiated = [&]() -> Result<runtime::Instance*> {
      const MemoryRoom room(owner);
      auto made = runtime::instantiate(store_, code, arguments_);
      if (!made) return room.explain(name_place(world_.scheduler, std::move(made).error()));
      return made;
    }();
    if (!instantiated) {
      abandon_activation(activation);
      return std::move(instantiated).error();
    }
    if (auto popped = pop_activation(activation); !popped) return popped;
    owner.leave_to(nullptr);
    root_.core_instances[index] = *instantiated;
    return {};
  }

  void make_resource(const fuse::NewResource& made) {
    auto* type = store_.arena.make<RuntimeResourceType>();
    type->impl = &instance(made.owner);
    if (made.destructor) type->dtor = item(*made.destructor).func;
    type->name = plan_.resources[made.id].name;
    root_.resources[made.id.value] = type;
  }

  CanonicalOptions options(const fuse::Options& from) {
    CanonicalOptions options{.string_encoding = from.encoding, .async = from.is_async};
    if (from.memory) options.memory = item(*from.memory).memory;
    if (from.realloc) options.realloc = item(*from.realloc).func;
    if (from.post_return) options.post_return = item(*from.post_return).func;
    if (from.callback) options.callback = item(*from.callback).func;
    return options;
  }

  void lift(std::uint32_t index) {
    const fuse::Lift& from = plan_.lifts[fuse::LiftIdx(index)];
    root_.lifts[index] = {.inst = &instance(from.owner),
                          .type = from.type,
                          .opts = options(from.options),
                          .callee = item(from.callee).func,
                          .name = from.name};
  }

  void lower(const fuse::Lower& from) {
    auto* lowered = store_.arena.make<LoweredFunc>();
    lowered->inst = &instance(from.owner);
    lowered->type = from.type;
    lowered->opts = options(from.options);
    lowered->callee = root_.callee(from.callee);
    if (from.callee.lift.is_none()) lowered->name = plan_.imports[from.callee.import].path.back();
    const HostFunction* host = lowered->callee.host;
    if (from.adapter != nullptr && lowered->callee.lifted != nullptr && world_.scheduler.uses_adapters &&
        world_.scheduler.observer == nullptr && world_.scheduler.meter == nullptr) {
      root_.core_funcs[made_core_funcs_++] = make_adapted_func(store_, from.core_type, *lowered, *from.adapter,
                                                               *root_.modules[from.adapter->module.value]);
      return;
    }
    const bool is_sync = host != nullptr ? host->is_immediate : !from.type->is_async && !from.options.is_async;
    runtime::Func* func = add_core_func(from.core_type, is_sync ? call_lowered_synchronously : call_lowered, lowered);
    if (host != nullptr) lowered->callee.host->be_called(*func, *lowered);
  }

  void make_built_in(const fuse::Builtin& from) {
    const Canon& canon = *from.canon;
    auto* built_in = store_.arena.make<BuiltIn>();
    built_in->op = canon.op;
    built_in->inst = &instance(from.owner);
    built_in->type = from.type;
    if (!from.resource.is_none()) {
      built_in->resource = root_.resources[from.resource.value];
      built_in->lookup = {&built_in->inst->handles.rows(), built_in->resource};
    }
    built_in->opts = options(from.options);
    if (from.memory) built_in->opts.memory = item(*from.memory).memory;
    built_in->flag = canon.flag;
    built_in->slot = canon.slot;
    built_in->is_64 = canon.core_type == core::i64;
    if (from.table) {
      built_in->table = item(*from.table).table;
      built_in->is_64 = built_in->table->type.limits.is_64;
    }
    built_in->func_type = from.func_type;
    call_resource_directly(*add_core_func(from.core_type, built_in_callback(canon.op), built_in), canon.op);
  }

  void make_value(std::uint32_t index) {
    const fuse::NewValue& made = plan_.values[fuse::ValueIdx(index)];
    root_.values[index] = made.import.is_none()
                              ? &root_.made_values.emplace_back(fuse::read_value(made.bytes, *made.type))
                              : root_.imports[made.import.value].value;
  }

  // Calls a function with values that were made before. It is called as the host calls.
  Result<void> start(const fuse::StartCall& made) {
    std::vector<Val> arguments;
    for (const fuse::ValueIdx argument : made.arguments) arguments.push_back(*root_.values[argument.value]);
    const Callee callee = root_.callee(made.callee);
    auto result = callee.host != nullptr          ? only_value(callee.host->call_with_values(store_, arguments))
                  : callee.lifted->type->is_async ? wait_for(*callee.lifted, arguments)
                                                  : call_with_values(*callee.lifted, arguments);
    if (!result) return std::move(result).error();
    if (!made.result.is_none()) root_.values[made.result.value] = &root_.made_values.emplace_back(std::move(*result));
    return {};
  }

  Result<Val> wait_for(const LiftedFunc& func, std::span<const Val> arguments) {
    if (world_.async_start == nullptr) {
      return fail(ErrorKind::unlinkable, {}, "the start function of a component is asynchronous, and nobody drives it");
    }
    return only_value(world_.async_start->call_and_wait(func, arguments));
  }

  static Result<Val> only_value(Result<std::vector<Val>> results) {
    if (!results) return std::move(results).error();
    return results->empty() ? Val() : std::move(results->front());
  }

  runtime::Func* add_core_func(core::TypeIdx type, runtime::HostCallback callback, void* data) {
    return root_.core_funcs[made_core_funcs_++] = runtime::make_host_func(store_, type, callback, data);
  }

  World& world_;
  runtime::Store& store_;
  const Plan& plan_;
  RootInstance& root_;
  std::pmr::vector<runtime::Extern> arguments_;
  std::size_t made_core_funcs_ = 0;
};

}  // namespace

Result<RootInstance*> instantiate(World& world, const Plan& plan, std::span<runtime::CodeModule* const> modules,
                                  std::span<const Given> imports) {
  RootInstance& root = world.roots.emplace_back(plan, *world.scheduler.store->resource);
  Instantiation run(world, root);
  run.reserve(modules, imports);
  if (auto done = run.run(); !done) return std::move(done).error();
  return &root;
}

}  // namespace tenon::component
