// Which lowered functions of a plan get an adapter, and sharing them.
//
// A component that is instantiated many times has the same calls many times; what asks for an adapter is looked up by
// the types and options first, so that writing is done once for each distinct pair, and modules are shared by their
// bytes beyond that. What one component's adapters may take to write is bounded: its last calls go without.
#include <algorithm>
#include <functional>
#include <memory_resource>
#include <new>
#include <string_view>
#include <unordered_map>

#include "abi/layout.hpp"
#include "binary/core/module.hpp"
#include "fuse/adapter.hpp"
#include "model/core/names.hpp"
#include "spec/component_limits.hpp"
#include "validate/core/module.hpp"

namespace tenon::fuse {

namespace {

// All that an adapter depends on, the same for equal calls.
struct CallKey {
  const FuncSignature* lowered;
  const FuncSignature* lifted;
  std::uint64_t sides;
  bool operator==(const CallKey&) const = default;
};
struct CallKeyHash {
  std::size_t operator()(const CallKey& key) const noexcept {
    return std::hash<const void*>()(key.lowered) * 31 + std::hash<const void*>()(key.lifted) * 7 +
           static_cast<std::size_t>(key.sides);
  }
};

std::uint64_t key_of(const AdapterSide& side) noexcept {
  std::uint64_t key = static_cast<std::uint64_t>(side.encoding);
  if (!side.memory) return key;
  key |= 4U | (side.memory->limits.is_64 ? 8U : 0U) | (side.memory->limits.is_shared ? 16U : 0U);
  return key | static_cast<std::uint64_t>(side.memory->page_size_log2) << 5;
}

class AdapterCache {
 public:
  AdapterCache(Plan& plan, core::TypeRegistry& types, Arena& arena)
      : plan_(plan), types_(types), arena_(arena), by_call_(&arena.upstream()), by_bytes_(&arena.upstream()) {}

  Result<void> run() {
    for (Lower& lower : plan_.lowers) {
      if (!takes_adapter(lower)) continue;
      auto found = adapter(call_of(lower, plan_.lifts[lower.callee.lift]));
      if (!found) return std::move(found).error();
      lower.adapter = *found;
    }
    return {};
  }

 private:
  // Calls that may wait are tasks and subtasks, with a state of their own, which code does not pay for.
  bool takes_adapter(const Lower& lower) const {
    if (lower.callee.lift.is_none() || lower.type->is_async || lower.options.is_async) return false;
    const Lift& lift = plan_.lifts[lower.callee.lift];
    return !lift.type->is_async && !lift.options.is_async && !lift.options.callback;
  }

  AdapterCall call_of(const Lower& lower, const Lift& lift) const {
    return {.caller = side_of(lower.options),
            .callee = side_of(lift.options),
            .lowered = lower.type,
            .lifted = lift.type,
            .has_post_return = lift.options.post_return.has_value()};
  }

  AdapterSide side_of(const Options& options) const {
    AdapterSide side{.encoding = options.encoding};
    if (options.memory) side.memory = memory_type(*options.memory);
    return side;
  }

  // Of the import that any memory of this kind fits: no least size, and no more than the largest.
  core::MemoryType memory_type(const CoreItem& item) const {
    const Instantiation& made = plan_.instantiations[item.instance];
    core::MemoryType type;
    if (item.from == CoreItem::From::instance) {
      type = plan_.modules[made.module.module]->module->memories[core::MemoryIdx(item.entity)];
    } else {
      for (const component::ModuleExport& exported : made.type->exports) {
        if (exported.name == item.name) type = exported.type.memory;
      }
    }
    type.limits.min = 0;
    if (!type.limits.is_shared) {
      type.limits.max.reset();
    } else {
      const unsigned bits = type.limits.is_64 ? 64 : 32;
      const unsigned page = type.page_size_log2;
      type.limits.max = bits - page >= 64 ? ~std::uint64_t{0} : std::uint64_t{1} << (bits - page);
    }
    return type;
  }

  Result<const Adapter*> adapter(const AdapterCall& call) {
    const std::uint64_t sides =
        key_of(call.caller) | key_of(call.callee) << 16 | (call.has_post_return ? std::uint64_t{1} << 32 : 0);
    const auto [place, is_new] = by_call_.try_emplace({call.lowered, call.lifted, sides}, nullptr);
    if (!is_new || spent_ > limits::max_adapters_code) return place->second;
    AdapterCode code(arena_.upstream());
    const bool fits = write_adapter(call, code);
    if (!fits) {
      spent_ += limits::max_adapter_code;
      return place->second;
    }
    auto module = module_of(code.module);
    if (!module) return std::move(module).error();
    auto* made = arena_.make<Adapter>();
    made->module = *module;
    made->imports = arena_.copy(code.imports.span());
    place->second = made;
    return made;
  }

  // For backtraces and listings.
  static void name_functions(core::Module& code) {
    core::Names names;
    names.module = "adapter";
    std::uint32_t function = 0;
    std::uint32_t memory = 0;
    std::uint32_t global = 0;
    for (const core::Import& import : code.imports) {
      switch (import.type.kind) {
        case core::ExternKind::memory: names.memories.push_back(code.arena, {memory++, import.module}); break;
        case core::ExternKind::global: names.globals.push_back(code.arena, {global++, import.name}); break;
        default: names.functions.push_back(code.arena, {function++, import.name});
      }
    }
    names.functions.push_back(code.arena, {function, "call"});
    core::set_names(code, names);
  }

  Result<ModuleIdx> module_of(core::Module& code) {
    ByteWriter bytes(code.arena);
    name_functions(code);
    core::write_module(code, bytes);
    const std::string_view written = as_chars(bytes.view());
    constexpr std::size_t least_cost = 512;
    spent_ += std::max(written.size(), least_cost);
    const auto known = by_bytes_.find(written);
    if (known != by_bytes_.end()) return known->second;
    const std::string_view kept = arena_.copy(written);
    const core::ReadOptions options{.features = Features::all()};
    auto read = core::read_module(as_bytes(kept), arena_.upstream(), options);
    if (!read) return std::move(read).error();
    auto* module = ::new (arena_.allocate(sizeof(core::Module), alignof(core::Module))) core::Module(std::move(*read));
    arena_.adopt(std::move(module->arena));
    auto validated = core::validate_module(*module, types_, arena_, {.features = Features::all()});
    if (!validated) return std::move(validated).error();
    auto* result = arena_.make<core::ValidatedModule>(*validated);
    const ModuleIdx index = plan_.modules.next_index();
    plan_.modules.push_back(arena_, result);
    by_bytes_.emplace(kept, index);
    return index;
  }

  Plan& plan_;
  core::TypeRegistry& types_;
  Arena& arena_;
  std::size_t spent_ = 0;
  std::pmr::unordered_map<CallKey, const Adapter*, CallKeyHash> by_call_;
  std::pmr::unordered_map<std::string_view, ModuleIdx> by_bytes_;
};

}  // namespace

Result<void> add_adapters(Plan& plan, core::TypeRegistry& types, Arena& arena) {
  return AdapterCache(plan, types, arena).run();
}

}  // namespace tenon::fuse
