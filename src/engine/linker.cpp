#include "engine/linker_state.hpp"

namespace tenon {

namespace detail {

namespace {

// A host function whose types are known at run time only.
struct DynamicHostFunction final : HostFunction {
  Linker::DynamicFunction function;

  Result<void> run(CallContext& context, std::uint64_t* frame) override {
    std::vector<Val> arguments;
    std::size_t at = 0;
    for (const ValType type : params) {
      arguments.push_back(context.block->from_slots(to_core(type), frame + at));
      at += runtime::slots_of(to_core(type));
    }
    if (!function) return usage("the host function is empty");
    auto values = function(arguments);
    if (!context.block->is_alive()) return dead_store();
    if (!values) return std::move(values).error();
    if (values->size() != results.size()) {
      return usage("the host function gave ", values->size(), " results, expected ", results.size());
    }
    at = 0;
    for (std::size_t i = 0; i < results.size(); ++i) {
      auto stored = context.block->to_slots((*values)[i], to_core(results[i]), frame + at);
      if (!stored) return stored;
      at += runtime::slots_of(to_core(results[i]));
    }
    return {};
  }
};

}  // namespace

}  // namespace detail

using detail::StoreBlock;

Linker::Linker(const Engine& engine) : state_(std::make_unique<detail::LinkerState>(engine)) {}
Linker::Linker(Linker&&) noexcept = default;
Linker& Linker::operator=(Linker&&) noexcept = default;
Linker::~Linker() = default;

Result<void> Linker::define_function(std::string_view module, std::string_view name,
                                     std::shared_ptr<detail::HostFunction> function) {
  if (state_ == nullptr) return detail::moved_linker();
  return detail::guarded([&] { return state_->insert(module, name, std::move(function)); });
}

Result<void> Linker::define(std::string_view module, std::string_view name, Extern item) {
  if (state_ == nullptr) return detail::moved_linker();
  return detail::guarded([&] { return state_->insert(module, name, std::move(item)); });
}

Result<void> Linker::define_dynamic(std::string_view module, std::string_view name, FuncType type,
                                    DynamicFunction function) {
  return detail::guarded([&] {
    auto dynamic = std::make_shared<detail::DynamicHostFunction>();
    dynamic->params = std::move(type.params);
    dynamic->results = std::move(type.results);
    dynamic->function = std::move(function);
    return define_function(module, name, std::move(dynamic));
  });
}

Result<void> Linker::define_instance(std::string_view module, const Instance& instance) {
  if (state_ == nullptr) return detail::moved_linker();
  if (!StoreBlock::is_usable(instance)) return detail::usage("the instance is empty, or its store has ended");
  return detail::guarded([&]() -> Result<void> {
    for (auto& [name, item] : instance.exports()) {
      if (auto inserted = state_->insert(module, name, std::move(item)); !inserted) return inserted;
    }
    return {};
  });
}

std::vector<ImportType> Linker::missing(const Module& module) const {
  std::vector<ImportType> imports = module.imports();
  if (state_ != nullptr) {
    std::erase_if(imports, [&](const ImportType& one) { return state_->find(one.module, one.name) != nullptr; });
  }
  return imports;
}

Result<Instance> Linker::instantiate(Store& store, const Module& module) const {
  auto opened = StoreBlock::open(store);
  if (!opened) return std::move(opened).error();
  StoreBlock& block = **opened;
  if (state_ == nullptr) return detail::moved_linker();
  if (state_->engine != block.engine) return detail::usage("the linker belongs to another engine than the store");
  return detail::guarded(block, [&]() -> Result<Instance> {
    std::vector<Extern> imports;
    for (const core::Import& import : detail::ModuleState::of(module)->module->imports) {
      const auto* item = state_->find(import.module, import.name);
      if (item == nullptr) {
        return fail(ErrorKind::unlinkable, at_offset(import.offset), "unknown import: \"", import.module, "\" \"",
                    import.name, "\": a ", core::to_string(import.type.kind), " of that name is not defined");
      }
      if (const auto* function = std::get_if<std::shared_ptr<detail::HostFunction>>(item)) {
        auto func = block.make_host_func(*function);
        if (!func) return std::move(func).error();
        imports.emplace_back(block.handle(*func));
      } else {
        imports.push_back(std::get<Extern>(*item));
      }
    }
    return Instance::make(store, module, imports);
  });
}

}  // namespace tenon
