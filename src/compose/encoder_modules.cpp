// The instances of the core modules: stand-ins first, then the main module, adapters, and last what puts the lowered
// functions where the stand-ins look for them.
#include <algorithm>

#include "compose/encoder.hpp"

namespace tenon::compose {

using component::CoreInstanceIdx;
using component::NamedSortIdx;
using component::Sort;
using component::SortIdx;

namespace {

NamedSortIdx argument(std::string_view name, SortIdx item) {
  NamedSortIdx result;
  result.name.name = name;
  result.item = item;
  return result;
}

Sort sort_of(core::ExternKind kind) {
  switch (kind) {
    case core::ExternKind::func: return Sort::core_func;
    case core::ExternKind::table: return Sort::core_table;
    case core::ExternKind::memory: return Sort::core_memory;
    case core::ExternKind::global: return Sort::core_global;
    case core::ExternKind::tag: return Sort::core_tag;
  }
  return Sort::core_func;
}

}  // namespace

ComponentEncoder::ComponentEncoder(const JoinedWorld& world, const FlatTypes& flat, std::span<CoreInput* const> modules,
                                   Arena& arena)
    : world_(world),
      resolve_(world.resolve),
      flat_(flat),
      modules_(modules),
      arena_(arena),
      builder_(arena),
      types_(resolve_, builder_,
             {.name_type =
                  [this](const wit::TypeDef& type, component::TypeIdx definition) {
                    if (type.owner.kind != wit::OwnerKind::world) return definition;
                    return builder_.import_type(wit::extern_name(arena_, type.name, type.external_id), definition);
                  },
              .name_resource =
                  [this](const wit::TypeDef& type) {
                    return builder_.import_type(wit::extern_name(arena_, type.name, type.external_id), std::nullopt);
                  },
              .reach_type = [this](wit::TypeIdx type) { return reach(type); }}),
      core_instances_(modules.size()) {}

Result<void> ComponentEncoder::run() {
  find_live();
  encode_imports();
  if (!failed_) encode_modules();
  if (!failed_) find_shims();
  if (!failed_) instantiate_shims();
  if (!failed_) declare_exported_types();
  for (std::size_t i = 0; i < modules_.size() && !failed_; ++i) {
    if (modules_[i]->is_used) instantiate(i);
  }
  if (!failed_) instantiate_fixup();
  if (!failed_) encode_exports();
  if (failed_) return std::move(error_);
  return {};
}

void ComponentEncoder::encode_modules() {
  for (const CoreInput* module : modules_) {
    core_modules_.push_back(module->is_used ? builder_.core_module(module->bytes) : component::CoreModuleIdx());
  }
}

std::uint32_t ComponentEncoder::core_alias(Sort sort, CoreInstanceIdx instance, std::string_view name) {
  const auto [found, is_new] = aliases_.try_emplace({instance.value, std::string(name)});
  if (is_new) found->second = builder_.alias_core_export(sort, instance, name);
  return found->second;
}

component::CoreFuncIdx ComponentEncoder::core_export(CoreInstanceIdx instance, std::string_view name) {
  return component::CoreFuncIdx(core_alias(Sort::core_func, instance, name));
}

// What refers to an instance that is made only later.
bool ComponentEncoder::needs_shim(const ImportUse& use) const {
  switch (use.kind) {
    case ImportKind::function:
      return flat_.options(*use.function, use.flag ? FlatContext::import_async : FlatContext::import).any();
    case ImportKind::task_return: return flat_.return_options(*use.function).any();
    case ImportKind::payload:
      return use.op == CanonOp::stream_read || use.op == CanonOp::stream_write || use.op == CanonOp::future_read ||
             use.op == CanonOp::future_write;
    case ImportKind::builtin:
      return use.op == CanonOp::waitable_set_wait || use.op == CanonOp::waitable_set_poll ||
             use.op == CanonOp::error_context_new || use.op == CanonOp::error_context_debug_message ||
             use.op == CanonOp::thread_new_indirect;
    case ImportKind::adapter_export: return true;
    default: return false;
  }
}

void ComponentEncoder::find_shims() {
  const auto add = [&](const Shim& shim, const void* key) {
    if (shim_numbers_.try_emplace({shim.module, key}, shims_.size()).second) shims_.push_back(shim);
  };
  for (std::size_t i = 0; i < modules_.size(); ++i) {
    for (const ImportUse& use : modules_[i]->uses.imports) {
      if (needs_shim(use)) add({i, &use, nullptr}, &use);
    }
    for (const ExportUse& use : modules_[i]->uses.exports) {
      if (use.kind == ExportKind::destructor) add({i, nullptr, &use}, &use);
    }
  }
}

ShimFunction ComponentEncoder::signature_of(const Shim& shim) const {
  if (shim.use == nullptr) return {.params = {core::i32}, .results = {}};
  const core::FuncType& type = modules_[shim.module]->module.types[shim.use->import->type.func].func;
  return {.params = {type.params.begin(), type.params.end()}, .results = {type.results.begin(), type.results.end()}};
}

void ComponentEncoder::instantiate_shims() {
  const core::MemoryType* memory = modules_[0]->uses.imported_memory;
  if (shims_.empty() && memory == nullptr) return;
  std::vector<ShimFunction> functions;
  functions.reserve(shims_.size());
  for (const Shim& shim : shims_) functions.push_back(signature_of(shim));
  ByteWriter bytes(arena_);
  write_shim_module(functions, memory, bytes);
  shim_instance_ = builder_.instantiate(builder_.core_module(bytes.view()), {});
  if (memory != nullptr) {
    memory_ = component::CoreMemoryIdx(core_alias(Sort::core_memory, shim_instance_, shim_memory_name));
  }
}

// Resources come first, with their destructors; other types may mention them.
void ComponentEncoder::declare_exported_types() {
  for (const JoinedExport& each : world_.exports) {
    if (each.item.kind != wit::WorldItemKind::interface) continue;
    for (const wit::NamedType& named : resolve_.interfaces[each.item.interface].types) {
      if (resolve_.types[named.type].kind != wit::TypeKind::resource) {
        types_.interface = each.item.interface;
        types_.value(wit::Type::of(named.type));
        types_.interface = {};
        continue;
      }
      component::Type resource;
      resource.kind = component::TypeKind::resource;
      resource.resource_type.rep = core::i32;
      for (const ExportUse& use : modules_[each.module]->uses.exports) {
        if (use.kind != ExportKind::destructor || use.resource != named.type) continue;
        const std::string name = std::to_string(shim_numbers_.at({each.module, &use}));
        resource.resource_type.destructor = core_export(shim_instance_, arena_.copy(std::string_view(name)));
      }
      types_.known.types.insert_or_assign(named.type.value, builder_.type(resource));
    }
  }
}

SortIdx ComponentEncoder::provide(std::size_t module, const ImportUse& use) {
  if (use.kind == ImportKind::memory) {
    if (memory_.is_none()) fail("the main module does not export a memory `memory`, which an adapter imports");
    return {Sort::core_memory, memory_.value};
  }
  if (use.kind == ImportKind::main_export) {
    if (module == 0) fail("the main module imports from `__main_module__`, which only adapters can");
    const Sort sort = sort_of(use.import->type.kind);
    const bool is_there = std::ranges::any_of(modules_[0]->module.exports, [&](const core::Export& each) {
      return each.name == use.name && each.kind == use.import->type.kind;
    });
    if (!is_there) fail("the main module does not export `", use.name, "`, which an adapter imports from it");
    return {sort, failed_ ? 0 : core_alias(sort, core_instances_[0], use.name)};
  }
  const auto shim = shim_numbers_.find({module, &use});
  if (shim == shim_numbers_.end()) return {Sort::core_func, define(module, use).value};
  const std::string name = std::to_string(shim->second);
  return {Sort::core_func, core_export(shim_instance_, arena_.copy(std::string_view(name))).value};
}

void ComponentEncoder::instantiate(std::size_t index) {
  const ModuleUses& uses = modules_[index]->uses;
  std::vector<std::string_view> order;
  std::unordered_map<std::string_view, std::vector<NamedSortIdx>> by_module;
  for (const ImportUse& use : uses.imports) {
    const auto [found, is_new] = by_module.try_emplace(use.import->module);
    if (is_new) order.push_back(use.import->module);
    const SortIdx item = provide(index, use);
    if (failed_) {
      error_ = std::move(error_).with_context("import \"" + std::string(use.import->module) + "\" \"" +
                                              std::string(use.import->name) + "\"");
      return;
    }
    found->second.push_back(argument(use.import->name, item));
  }
  std::vector<NamedSortIdx> arguments;
  for (const std::string_view module : order) {
    const CoreInstanceIdx bundle = builder_.bundle_core(by_module.at(module));
    arguments.push_back(argument(module, {Sort::core_instance, bundle.value}));
  }
  core_instances_[index] = builder_.instantiate(core_modules_[index], arguments);
  if (index == 0 && memory_.is_none() && !uses.memory.empty()) {
    memory_ = component::CoreMemoryIdx(core_alias(Sort::core_memory, core_instances_[0], uses.memory));
  }
}

void ComponentEncoder::instantiate_fixup() {
  const std::string_view initialize = modules_[0]->uses.initialize;
  if (shims_.empty() && initialize.empty()) return;
  std::vector<ShimFunction> functions;
  std::vector<NamedSortIdx> items;
  for (const Shim& shim : shims_) {
    const component::CoreFuncIdx function =
        shim.use != nullptr ? define(shim.module, *shim.use)
                            : core_export(core_instances_[shim.module], shim.destructor->export_->name);
    if (failed_) return;
    const std::string name = std::to_string(functions.size());
    items.push_back(argument(arena_.copy(std::string_view(name)), {Sort::core_func, function.value}));
    functions.push_back(signature_of(shim));
  }
  if (!shims_.empty()) {
    const std::uint32_t table = core_alias(Sort::core_table, shim_instance_, shim_table_name);
    items.push_back(argument(shim_table_name, {Sort::core_table, table}));
  }
  if (!initialize.empty()) {
    const component::CoreFuncIdx start = core_export(core_instances_[0], initialize);
    items.push_back(argument(fixup_start_name, {Sort::core_func, start.value}));
  }
  ByteWriter bytes(arena_);
  write_fixup_module(functions, !initialize.empty(), bytes);
  const component::CoreModuleIdx module = builder_.core_module(bytes.view());
  const NamedSortIdx arguments[] = {argument("", {Sort::core_instance, builder_.bundle_core(items).value})};
  builder_.instantiate(module, arguments);
}

}  // namespace tenon::compose
