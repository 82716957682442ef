// The engine as a test script sees it, over the public interface.
#include <algorithm>
#include <cassert>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/concat.hpp"
#include "engine/component_state.hpp"
#include "engine/script.hpp"
#include "engine/script_component_host.hpp"
#include "engine/script_component_values.hpp"
#include "engine/state.hpp"
#include "tenon/tenon.hpp"

namespace tenon::tools {

namespace {

// What `(ref.extern N)` and `(ref.host N)` refer to.
struct HostNumber {
  std::uint64_t value;
};

constexpr std::uint32_t spectest_number = 666;

class EngineHost final : public ScriptHost {
 public:
  explicit EngineHost(Engine engine, std::uint64_t seed = 0)
      : engine_(std::move(engine)), seed_(seed), store_(engine_), linker_(engine_) {
    define_spectest();
  }

  Result<DefinitionIdx> define(std::string_view binary) override { return add(Module::compile(engine_, binary)); }

  Result<DefinitionIdx> define_component(std::string_view binary) override {
    if (!has_component_host_) {
      define_component_host(linker_, engine_, store_);
      detail::StoreBlock::of(store_).component_store().world.scheduler.random = seed_;
    }
    has_component_host_ = true;
    return add(Component::compile(engine_, binary));
  }

  Result<InstanceIdx> instantiate(DefinitionIdx definition) override {
    return std::visit(
        [&](const auto& of) -> Result<InstanceIdx> {
          auto instance = linker_.instantiate(store_, of);
          if (!instance) return std::move(instance).error();
          instances_.push_back(std::move(*instance));
          return InstanceIdx(instances_.size() - 1);
        },
        definitions_[definition.value]);
  }

  Result<void> register_instance(std::string_view name, InstanceIdx instance) override {
    if (instance.value != 0 || shared_exports_.empty()) {
      return std::visit([&](const auto& of) { return linker_.define_instance(name, of); }, instances_[instance.value]);
    }
    for (const auto& [export_name, memory] : shared_exports_) {
      if (auto done = linker_.define(name, export_name, memory); !done) return done;
    }
    return {};
  }

  Result<std::vector<ScriptValue>> invoke(InstanceIdx instance, std::string_view name,
                                          std::span<const wast::Constant> arguments) override {
    if (const auto* component = std::get_if<ComponentInstance>(&instances_[instance.value])) {
      return invoke_component(*component, name, arguments);
    }
    auto func = std::get<Instance>(instances_[instance.value]).func(name);
    if (!func) return std::move(func).error();
    std::vector<Val> values;
    for (const wast::Constant& argument : arguments) {
      auto value = to_val(argument);
      if (!value) return std::move(value).error();
      values.push_back(std::move(*value));
    }
    auto results = func->call(values);
    if (!results) return std::move(results).error();
    std::vector<ScriptValue> seen;
    for (const Val& result : *results) seen.push_back(to_script_value(result));
    return seen;
  }

  Result<ScriptValue> get(InstanceIdx instance, std::string_view name) override {
    const auto* module = std::get_if<Instance>(&instances_[instance.value]);
    if (module == nullptr) return fail(ErrorKind::usage, {}, "a component exports no globals");
    auto global = module->global(name);
    if (!global) return std::move(global).error();
    auto value = global->get();
    if (!value) return std::move(value).error();
    return to_script_value(*value);
  }

  Result<std::unique_ptr<ScriptHost>> fork(InstanceIdx shared) override {
    auto host = std::make_unique<EngineHost>(engine_);
    // The thread knows the shared instance, its first, by those of its exports that can be shared.
    host->instances_.emplace_back(Instance());
    const auto* module = std::get_if<Instance>(&instances_[shared.value]);
    if (module == nullptr) return fail(ErrorKind::usage, {}, "threads share modules");
    for (const auto& [export_name, item] : module->exports()) {
      if (!item.memory) continue;
      auto memory = item.memory->share();
      if (!memory) continue;
      auto adopted = Memory::make(host->store_, *memory);
      if (!adopted) return std::move(adopted).error();
      host->shared_exports_.emplace_back(export_name, std::move(*adopted));
    }
    return Result<std::unique_ptr<ScriptHost>>(std::move(host));
  }

 private:
  template <class Definition>
  Result<DefinitionIdx> add(Result<Definition> definition) {
    if (!definition) return std::move(definition).error();
    definitions_.emplace_back(std::move(*definition));
    return DefinitionIdx(definitions_.size() - 1);
  }

  static Result<std::vector<ScriptValue>> invoke_component(const ComponentInstance& instance, std::string_view name,
                                                           std::span<const wast::Constant> arguments) {
    auto func = instance.func(name);
    if (!func) return std::move(func).error();
    const component::FuncSignature& type = *detail::StoreBlock::func_of(*func)->type;
    if (arguments.size() != type.params.size())
      return fail(ErrorKind::usage, {}, "the function takes ", type.params.size(), " arguments");
    std::vector<component::Val> values;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      auto value = parse_component_constant(arguments[i].source, *type.params[i].type);
      if (!value) return std::move(value).error();
      values.push_back(std::move(*value));
    }
    auto results = func->call(values);
    if (!results) return std::move(results).error();
    std::vector<ScriptValue> seen;
    for (component::Val& result : *results) {
      ScriptValue value;
      value.kind = ScriptValue::Kind::component;
      value.type = type.result;
      value.value = std::move(result);
      seen.push_back(std::move(value));
    }
    return seen;
  }

  void define_spectest() {
    const auto check = [](const Result<void>& done) {
      assert(done);
      (void)done;
    };
    constexpr std::string_view module = "spectest";
    check(linker_.define(module, "print", [] {}));
    check(linker_.define(module, "print_i32", [](std::int32_t) {}));
    check(linker_.define(module, "print_i64", [](std::int64_t) {}));
    check(linker_.define(module, "print_f32", [](float) {}));
    check(linker_.define(module, "print_f64", [](double) {}));
    check(linker_.define(module, "print_i32_f32", [](std::int32_t, float) {}));
    check(linker_.define(module, "print_f64_f64", [](double, double) {}));
    const auto global = [&](std::string_view name, const Val& value) {
      check(linker_.define(module, name, Global::make(store_, {value.type(), false}, value).value()));
    };
    global("global_i32", Val(spectest_number));
    global("global_i64", Val(std::uint64_t{spectest_number}));
    global("global_f32", Val(666.6F));
    global("global_f64", Val(666.6));
    const auto table = [&](std::string_view name, bool is_64) {
      const TableType type{ValType::funcref(), {.min = 10, .max = 20, .is_64 = is_64}};
      check(linker_.define(module, name, Table::make(store_, type).value()));
    };
    table("table", false);
    table("table64", true);
    const auto memory = [&](std::string_view name, bool is_shared) {
      const MemoryType type{{.min = 1, .max = 2, .is_shared = is_shared}};
      check(linker_.define(module, name, Memory::make(store_, type).value()));
    };
    memory("memory", false);
    memory("shared_memory", true);
  }

  Result<Val> to_val(const wast::Constant& constant) {
    using wast::ConstantKind;
    switch (constant.kind) {
      case ConstantKind::i32: return Val(static_cast<std::uint32_t>(constant.bits));
      case ConstantKind::i64: return Val(constant.bits);
      case ConstantKind::f32: return Val::from_bits(ValType::f32(), static_cast<std::uint32_t>(constant.bits));
      case ConstantKind::f64: return Val::from_bits(ValType::f64(), constant.bits);
      case ConstantKind::v128:
        return Val::from_bits(ValType::v128(), load_le<std::uint64_t>(constant.vector.bytes),
                              load_le<std::uint64_t>(constant.vector.bytes + 8));
      case ConstantKind::ref_null: return Val(detail::from_core(core::ValType::ref(constant.heap, true)), Ref());
      case ConstantKind::ref_extern:
      case ConstantKind::ref_host: {
        auto ref = Ref::host(store_, HostNumber{constant.bits});
        if (!ref) return std::move(ref).error();
        return Val(constant.kind == ConstantKind::ref_host ? ValType::anyref() : ValType::externref(), std::move(*ref));
      }
      default: return fail(ErrorKind::usage, {}, "a pattern for results cannot be an argument: ", constant.source);
    }
  }

  ScriptValue to_script_value(const Val& value) {
    using Kind = ScriptValue::Kind;
    ScriptValue seen;
    seen.bits = value.low_bits();
    const ValType type = value.type();
    if (!type.is_ref()) {
      if (type == ValType::i64()) seen.kind = Kind::i64;
      if (type == ValType::f32()) seen.kind = Kind::f32;
      if (type == ValType::f64()) seen.kind = Kind::f64;
      if (type == ValType::v128()) {
        seen.kind = Kind::v128;
        const Vector128 vector = value.v128();
        std::copy(std::begin(vector.bytes), std::end(vector.bytes), seen.vector.bytes);
      }
      return seen;
    }
    const core::AbstractHeapType top =
        detail::StoreBlock::of(store_).engine->types.top_of(detail::to_core(type).heap());
    const Ref& ref = value.ref();
    seen.kind = ref.is_null() ? Kind::null : Kind::reference;
    seen.heap = ref.is_null() || top == core::AbstractHeapType::extern_ ? top : heap_of(ref.kind());
    if (const auto* number = ref.get<HostNumber>()) seen.bits = number->value;
    return seen;
  }

  static core::AbstractHeapType heap_of(Ref::Kind kind) {
    switch (kind) {
      case Ref::Kind::func: return core::AbstractHeapType::func;
      case Ref::Kind::i31: return core::AbstractHeapType::i31;
      case Ref::Kind::struct_: return core::AbstractHeapType::struct_;
      case Ref::Kind::array: return core::AbstractHeapType::array;
      case Ref::Kind::exception: return core::AbstractHeapType::exn;
      case Ref::Kind::host:
      case Ref::Kind::null: break;
    }
    return core::AbstractHeapType::any;
  }

  Engine engine_;
  std::uint64_t seed_;
  Store store_;
  Linker linker_;
  std::vector<std::variant<Module, Component>> definitions_;
  std::vector<std::variant<Instance, ComponentInstance>> instances_;
  bool has_component_host_ = false;
  std::vector<std::pair<std::string, Memory>> shared_exports_;  // of a thread's first instance
};

}  // namespace

std::unique_ptr<ScriptHost> make_script_host(const ScriptOptions& options) {
  EngineOptions engine_options;
  engine_options.features = options.features.bits & Features::all().bits();
  engine_options.loop_dispatch = options.loop_dispatch;
  engine_options.tier = options.tier;
  engine_options.tier_seed = options.seed;
  return std::make_unique<EngineHost>(Engine(engine_options), options.seed);
}

}  // namespace tenon::tools
