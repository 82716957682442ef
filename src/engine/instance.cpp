#include "engine/state.hpp"

namespace tenon {

using detail::StoreBlock;
using detail::usage;

Result<Instance> Instance::make(Store& store, const Module& module, std::span<const Extern> imports) {
  auto opened_store = StoreBlock::open(store);
  if (!opened_store) return std::move(opened_store).error();
  StoreBlock& block = **opened_store;
  const auto& state = module.state_;
  if (state->engine != block.engine) return usage("the module belongs to another engine than the store");
  return detail::guarded_call(block, [&]() -> Result<Instance> {
    std::vector<runtime::Extern> opened;
    opened.reserve(imports.size());
    for (const Extern& item : imports) {
      auto external = block.open(item);
      if (!external) return std::move(external).error();
      opened.push_back(*external);
    }
    if (block.modules.empty() || block.modules.back() != state) block.modules.push_back(state);
    auto instance = runtime::instantiate(*block.store, *state->code, opened);
    if (!instance) return std::move(instance).error();
    if (!block.is_alive()) return detail::dead_store();
    return block.handle(*instance);
  });
}

std::optional<Extern> Instance::find(std::string_view name) const {
  if (instance_ == nullptr || !store_->is_alive()) return std::nullopt;
  const auto found = runtime::find_export(*instance_, name);
  if (!found) return std::nullopt;
  return store_->handle(*found);
}

std::vector<std::pair<std::string, Extern>> Instance::exports() const {
  std::vector<std::pair<std::string, Extern>> result;
  if (instance_ == nullptr || !store_->is_alive()) return result;
  for (const core::Export& item : instance_->model().exports) {
    result.emplace_back(item.name, store_->handle(runtime::export_of(*instance_, item)));
  }
  return result;
}

namespace {

Result<Extern> find_of_kind(const Instance& instance, std::string_view name, ExternKind kind) {
  auto found = instance.find(name);
  if (!found) return usage("the instance has no export \"", name, "\", or has ended");
  if (found->kind != kind) {
    return usage("the export \"", name, "\" is a ", to_string(found->kind), ", expected a ", to_string(kind));
  }
  return *std::move(found);
}

}  // namespace

Result<Func> Instance::func(std::string_view name) const {
  return find_of_kind(*this, name, ExternKind::func).transform([](Extern item) { return *item.func; });
}
Result<Memory> Instance::memory(std::string_view name) const {
  return find_of_kind(*this, name, ExternKind::memory).transform([](Extern item) { return *item.memory; });
}
Result<Table> Instance::table(std::string_view name) const {
  return find_of_kind(*this, name, ExternKind::table).transform([](Extern item) { return *item.table; });
}
Result<Global> Instance::global(std::string_view name) const {
  return find_of_kind(*this, name, ExternKind::global).transform([](Extern item) { return *item.global; });
}

}  // namespace tenon
