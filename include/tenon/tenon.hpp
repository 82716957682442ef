// Tenon's C++ interface: engines, modules, stores, linkers and what is in them.
//
//   tenon::Engine engine;
//   auto module = tenon::Module::load(engine, "calc.wasm").value();
//   tenon::Linker linker(engine);
//   linker.define("env", "log", [](std::int32_t x) { std::printf("%d\n", x); }).value();
//   tenon::Store store(engine);
//   auto instance = linker.instantiate(store, module).value();
//   auto add = instance.func<std::int32_t(std::int32_t, std::int32_t)>("add").value();
//   std::int32_t five = add(2, 3).value();
//
// Handles (Instance, Func, Memory, ...) are small and cheap to copy. They belong to a store; used after it ended, or
// with another store, they give an error of kind `usage`. They are copied, never moved, so that none is left empty; a
// store or linker that was moved away gives errors of that kind too. A host function may end the store that called it:
// its guest is stopped then. A store and its handles serve one host thread at a time; engines and modules serve any
// number. Nothing here throws but std::bad_alloc, and that only constructors and what gives containers or handles by
// value; what gives a `Result` says that the host has no memory left by an error of kind `exhausted`.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "tenon/component_types.hpp"
#include "tenon/direct_call.hpp"
#include "tenon/result.hpp"
#include "tenon/tier.hpp"
#include "tenon/values.hpp"

namespace tenon {

class Component;
class ComponentInstance;
class HostResourceType;
class ComponentCompletion;
class StoreHandle;
namespace component {
class Val;
}

namespace runtime {
struct Func;
struct Memory;
struct Table;
struct Global;
struct Tag;
struct Instance;
}  // namespace runtime

namespace detail {
struct EngineState;
struct ModuleState;
struct StoreBlock;
struct LinkerState;
struct HostFunction;
struct ComponentHostFunction;
struct AsyncComponentHostFunction;
struct CallContext;
}  // namespace detail

inline namespace literals {
constexpr std::uint64_t operator""_KiB(unsigned long long n) { return n << 10; }
constexpr std::uint64_t operator""_MiB(unsigned long long n) { return n << 20; }
constexpr std::uint64_t operator""_GiB(unsigned long long n) { return n << 30; }
}  // namespace literals

// --- Engine ---------------------------------------------------------------------------------------------------------

struct EngineOptions {
  // Proposals as a bit set (tenon/tools.hpp: parse_features); nullopt: the defaults.
  std::optional<std::uint64_t> features;
  // Count what guests execute, so that stores can limit it (`Store::set_fuel`). Costs some speed.
  bool fuel = false;
  // The interpreter's plain loop instead of tail calls; for comparing the two.
  bool loop_dispatch = false;
  Tier tier = Tier::interpreter;
  // Not 0, for tests: tiers change at random points: functions', with `baseline`, or with `automatic` those of loops.
  std::uint64_t tier_seed = 0;
  // The folder in which compiled code is kept from one run to the next (tenon/native.hpp: default_cache_folder); empty:
  // it is not kept. It must be this user's own. Beyond `cache_bytes`, what was not used for the longest time goes.
  std::string cache{};
  std::uint64_t cache_bytes = 512_MiB;
  // Show source lines in the backtraces of modules that have DWARF debug information. For modules that are trusted: a
  // reader made for the output of compilers takes it apart, when the first trap needs it.
  bool source_lines = false;
};

// Types and code shared by everything that is made with it. Cheap to copy; the copies are the same engine.
class Engine {
 public:
  Engine() : Engine(EngineOptions{}) {}
  explicit Engine(const EngineOptions& options);
  Engine(const Engine&) = default;
  Engine& operator=(const Engine&) = default;
  const EngineOptions& options() const noexcept;

 private:
  friend struct detail::StoreBlock;
  friend struct detail::LinkerState;
  friend class Module;
  friend class Component;
  friend class Store;
  friend class Linker;
  std::shared_ptr<detail::EngineState> state_;
};

// --- Modules --------------------------------------------------------------------------------------------------------

enum class ExternKind : std::uint8_t { func = 0, table = 1, memory = 2, global = 3, tag = 4 };
std::string_view to_string(ExternKind kind) noexcept;

struct LimitsType {
  std::uint64_t min = 0;
  std::optional<std::uint64_t> max{};
  bool is_64 = false;
  bool is_shared = false;
};
struct MemoryType {
  LimitsType limits;  // in pages
  std::uint32_t page_size_log2 = 16;
};
struct TableType {
  ValType element = ValType::funcref();
  LimitsType limits;
};
struct GlobalType {
  ValType value = ValType::i32();
  bool is_mutable = false;
};
// The type of an import or export; the field that `kind` names holds it (a tag's is in `func`).
struct ExternType {
  ExternKind kind = ExternKind::func;
  FuncType func;
  TableType table;
  MemoryType memory;
  GlobalType global;
};
struct ImportType {
  std::string module;
  std::string name;
  ExternType type;
};
struct ExportType {
  std::string name;
  ExternType type;
};

// A validated core module. Immutable; cheap to copy; functions are translated when they are first called.
class Module {
 public:
  Module(const Module&) = default;
  Module& operator=(const Module&) = default;
  // From a file, binary or text. Errors: io, malformed, invalid, exhausted.
  static Result<Module> load(const Engine& engine, const std::string& path);
  // From memory, binary or text; the bytes are copied. Errors: malformed, invalid, exhausted.
  static Result<Module> compile(const Engine& engine, std::string_view bytes);

  std::vector<ImportType> imports() const;
  std::vector<ExportType> exports() const;
  // The name that the name section gives, or an empty string.
  std::string name() const;

 private:
  friend struct detail::StoreBlock;
  friend struct detail::ModuleState;
  friend class Linker;
  friend class Instance;
  explicit Module(std::shared_ptr<const detail::ModuleState> state) noexcept : state_(std::move(state)) {}
  std::shared_ptr<const detail::ModuleState> state_;
};

// --- Stores ---------------------------------------------------------------------------------------------------------

// What a store may use. Exceeding a limit is a trap, a failed grow or an error, never an abort.
class Limits {
 public:
  Limits& memory(std::uint64_t bytes) { return memory_bytes = bytes, *this; }         // all memories together
  Limits& table(std::uint64_t elements) { return table_elements = elements, *this; }  // all tables together
  Limits& gc_heap(std::uint64_t bytes) { return gc_bytes = bytes, *this; }
  Limits& instances(std::uint32_t count) { return instance_count = count, *this; }
  Limits& stack(std::size_t bytes) { return stack_bytes = bytes, *this; }
  // How long one call from the host may take; zero: any time.
  Limits& deadline(std::chrono::nanoseconds time) { return call_time = time, *this; }

  std::uint64_t memory_bytes = 1_GiB * 1024;
  std::uint64_t table_elements = 100'000'000;
  std::uint64_t gc_bytes = 1_GiB;
  std::uint32_t instance_count = 1'000'000;
  std::size_t stack_bytes = 1_MiB;
  std::chrono::nanoseconds call_time{0};
};

// Owns everything that runs. Move-only.
class Store {
 public:
  explicit Store(const Engine& engine, const Limits& limits = {});
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  // Units that guests may still execute (engines with `fuel`); a call that runs out traps.
  void set_fuel(std::uint64_t units) noexcept;
  std::uint64_t fuel() const noexcept;

  // Stops the guest code that runs in this store, with the trap "deadline exceeded"; from any thread while the store
  // lives. Without effect when nothing runs.
  void interrupt() noexcept;

  // Collects garbage now; bytes in use afterwards.
  std::uint64_t collect_garbage();

 private:
  friend struct detail::StoreBlock;
  friend struct detail::LinkerState;
  std::shared_ptr<detail::StoreBlock> block_;
};

// --- Functions ----------------------------------------------------------------------------------------------------

template <class Signature>
class TypedFunc;

// A function of a guest or of the host.
class Func {
 public:
  Func() noexcept = default;
  Func(const Func&) = default;
  Func& operator=(const Func&) = default;
  FuncType type() const;
  // Calls with values of any types. Errors: usage (wrong types or store), trap, exhausted, or what a host function
  // gave.
  Result<std::vector<Val>> call(std::span<const Val> arguments) const;
  Result<std::vector<Val>> call(std::initializer_list<Val> arguments) const {
    return call(std::span<const Val>(arguments.begin(), arguments.size()));
  }
  // The same function with C++ types, checked here once. Errors: usage, with both types.
  template <class Signature>
  Result<TypedFunc<Signature>> typed() const;

  // A host function as a value of the store; an empty function if the engine has no room for its type.
  template <class F>
  static Func wrap(Store& store, F function);

  Ref ref() const;
  static std::optional<Func> from_ref(const Ref& ref);

 private:
  friend struct detail::StoreBlock;
  template <class Signature>
  friend class TypedFunc;
  Result<void> check(std::span<const ValType> params, std::span<const ValType> results) const;
  static Func make(Store& store, std::shared_ptr<detail::HostFunction> function);
  Result<void> call_raw(std::uint64_t* frame) const noexcept;
  detail::DirectCalls& direct_calls() const noexcept;

  std::shared_ptr<detail::StoreBlock> store_;
  runtime::Func* func_ = nullptr;
};

// A function whose C++ signature was checked; a call allocates nothing. R is void, a value, or a std::tuple of values.
template <class R, class... Args>
  requires(detail::CoreType<Args> && ...)
class TypedFunc<R(Args...)> {
 public:
  Result<R> operator()(Args... arguments) const noexcept {
    if constexpr (detail::pass_in_registers<R, Args...>) {
      runtime::StoreControl& control = *calls_->control;
      if (control.direct_stack == detail::host_stack.lowest && head().host_entry != nullptr) [[likely]]
        return call_directly(control, arguments...);
    }
    constexpr unsigned param_slots = (detail::CoreValue<Args>::slots + ... + 0);
    constexpr unsigned result_slots = detail::CoreResults<R>::slots;
    std::uint64_t frame[param_slots > result_slots ? param_slots : (result_slots > 0 ? result_slots : 1)];
    unsigned at = 0;
    ((detail::CoreValue<Args>::store(frame + at, arguments), at += detail::CoreValue<Args>::slots), ...);
    if (auto done = func_.call_raw(frame); !done) [[unlikely]]
      return std::move(done).error();
    if constexpr (std::is_void_v<R>) {
      return {};
    } else {
      return detail::CoreResults<R>::load(frame);
    }
  }

  const Func& func() const noexcept { return func_; }

 private:
  friend class Func;
  explicit TypedFunc(const Func& func) noexcept : func_(func), calls_(&func.direct_calls()) {}

  const runtime::FuncHead& head() const noexcept { return *reinterpret_cast<const runtime::FuncHead*>(func_.func_); }

  // A host function that the guest calls may end this object, and the store's handles.
  Result<R> call_directly(runtime::StoreControl& control, Args... arguments) const noexcept {
    const auto enter = reinterpret_cast<R (*)(const runtime::FuncHead*, Args...)>(&detail::tenon_call_compiled);
    detail::DirectCalls& calls = *calls_;
    const std::uintptr_t stack = std::exchange(control.direct_stack, runtime::StoreControl::no_stack);
    calls.depth = 1;
    const auto end = [&]() noexcept {
      calls.depth = 0;
      control.direct_stack = stack;
      return control.direct_outcome == 0;
    };
    if constexpr (std::is_void_v<R>) {
      enter(&head(), arguments...);
      if (!end()) [[unlikely]]
        return detail::end_of_direct_call(control);
      return {};
    } else {
      const R result = enter(&head(), arguments...);
      if (!end()) [[unlikely]]
        return detail::end_of_direct_call(control);
      return result;
    }
  }

  Func func_;
  detail::DirectCalls* calls_;
};

// What a host function may ask about its call; give one as the first parameter.
class Caller {
 public:
  // The exported memory "memory" of the calling instance, as most guests have; empty if there is none.
  std::span<std::uint8_t> memory() const noexcept;
  // Whether the guest is to be stopped: its time is over, or `Store::interrupt` was called. A host function that waits
  // for something asks now and then, and returns if so; the guest goes no further then.
  bool is_interrupted() const noexcept;
  // The store that the call is in; see tenon/component_async.hpp.
  StoreHandle store() const noexcept;

 private:
  friend struct detail::StoreBlock;
  explicit Caller(detail::CallContext& context) noexcept : context_(&context) {}
  detail::CallContext* context_;
};

// --- Memories, tables, globals, tags --------------------------------------------------------------------------------

// A shared memory apart from any store: what several stores, each on a host thread of its own, can have in common.
class SharedMemory {
 public:
  SharedMemory(const SharedMemory&) = default;
  SharedMemory& operator=(const SharedMemory&) = default;
  std::span<std::uint8_t> data() const noexcept;

 private:
  friend class Memory;
  explicit SharedMemory(std::shared_ptr<runtime::Memory> memory) noexcept : memory_(std::move(memory)) {}
  std::shared_ptr<runtime::Memory> memory_;
};

class Memory {
 public:
  Memory() noexcept = default;
  Memory(const Memory&) = default;
  Memory& operator=(const Memory&) = default;
  static Result<Memory> make(Store& store, const MemoryType& type);
  // The same memory in another store.
  static Result<Memory> make(Store& store, const SharedMemory& shared);
  // Errors: usage (the memory is not shared).
  Result<SharedMemory> share() const;
  MemoryType type() const;
  // The bytes now accessible; the address never changes, growing makes the span longer. Empty after the store ended.
  std::span<std::uint8_t> data() const noexcept;
  std::uint64_t pages() const noexcept;
  // The old number of pages. Errors: exhausted.
  Result<std::uint64_t> grow(std::uint64_t pages) const;

 private:
  friend struct detail::StoreBlock;
  std::shared_ptr<detail::StoreBlock> store_;
  runtime::Memory* memory_ = nullptr;
};

class Table {
 public:
  Table() noexcept = default;
  Table(const Table&) = default;
  Table& operator=(const Table&) = default;
  static Result<Table> make(Store& store, const TableType& type, const Ref& init = {});
  TableType type() const;
  std::uint64_t size() const noexcept;
  Result<Val> get(std::uint64_t index) const;
  Result<void> set(std::uint64_t index, const Val& value) const;
  Result<std::uint64_t> grow(std::uint64_t elements, const Val& init) const;

 private:
  friend struct detail::StoreBlock;
  std::shared_ptr<detail::StoreBlock> store_;
  runtime::Table* table_ = nullptr;
};

class Global {
 public:
  Global() noexcept = default;
  Global(const Global&) = default;
  Global& operator=(const Global&) = default;
  static Result<Global> make(Store& store, const GlobalType& type, const Val& value);
  GlobalType type() const;
  Result<Val> get() const;
  // Errors: usage (immutable, wrong type).
  Result<void> set(const Val& value) const;

 private:
  friend struct detail::StoreBlock;
  std::shared_ptr<detail::StoreBlock> store_;
  runtime::Global* global_ = nullptr;
};

class Tag {
 public:
  Tag() noexcept = default;
  Tag(const Tag&) = default;
  Tag& operator=(const Tag&) = default;
  static Result<Tag> make(Store& store, const FuncType& type);
  FuncType type() const;

 private:
  friend struct detail::StoreBlock;
  std::shared_ptr<detail::StoreBlock> store_;
  runtime::Tag* tag_ = nullptr;
};

// Anything that is imported or exported; the optional that `kind` names is set.
struct Extern {
  ExternKind kind = ExternKind::func;
  std::optional<Func> func;
  std::optional<Table> table;
  std::optional<Memory> memory;
  std::optional<Global> global;
  std::optional<Tag> tag;
  Extern() = default;
  Extern(Func item) : kind(ExternKind::func), func(std::move(item)) {}
  Extern(Table item) : kind(ExternKind::table), table(std::move(item)) {}
  Extern(Memory item) : kind(ExternKind::memory), memory(std::move(item)) {}
  Extern(Global item) : kind(ExternKind::global), global(std::move(item)) {}
  Extern(Tag item) : kind(ExternKind::tag), tag(std::move(item)) {}
};

// --- Instances and linking ------------------------------------------------------------------------------------------

class Instance {
 public:
  Instance() noexcept = default;
  Instance(const Instance&) = default;
  Instance& operator=(const Instance&) = default;
  // With imports in the module's order. Errors: unlinkable, trap, exhausted, usage.
  static Result<Instance> make(Store& store, const Module& module, std::span<const Extern> imports);

  std::optional<Extern> find(std::string_view name) const;
  std::vector<std::pair<std::string, Extern>> exports() const;
  // Errors: usage (no such export, another kind, another signature).
  Result<Func> func(std::string_view name) const;
  template <class Signature>
  Result<TypedFunc<Signature>> func(std::string_view name) const {
    return func(name).and_then([](Func found) { return found.template typed<Signature>(); });
  }
  Result<Memory> memory(std::string_view name = "memory") const;
  Result<Table> table(std::string_view name) const;
  Result<Global> global(std::string_view name) const;

 private:
  friend struct detail::StoreBlock;
  std::shared_ptr<detail::StoreBlock> store_;
  runtime::Instance* instance_ = nullptr;
};

// Names for imports. Host functions are not bound to a store; everything else belongs to the store it was made in.
class Linker {
 public:
  explicit Linker(const Engine& engine);
  Linker(Linker&&) noexcept;
  Linker& operator=(Linker&&) noexcept;
  ~Linker();

  // Defines a host function from a callable (optionally with `Caller` first) that returns void, a value, or a Result of
  // one of these. Where all its types are core types it serves core modules (a std::tuple is several results); where
  // all stand for component types (tenon/component_types.hpp) it serves components, of which `module` names the
  // imported instance, and is empty for functions that are imported by themselves. A later definition of the same name
  // replaces the earlier one.
  template <class F>
    requires(!std::is_convertible_v<F, Extern>)
  Result<void> define(std::string_view module, std::string_view name, F function);
  Result<void> define(std::string_view module, std::string_view name, Extern item);
  // A host function that may suspend the guest; see tenon/async.hpp.
  template <class F>
  Result<void> define_async(std::string_view module, std::string_view name, F function);
  // A host function whose type is known at run time: it gets and gives values.
  using DynamicFunction = std::function<Result<std::vector<Val>>(std::span<const Val>)>;
  Result<void> define_dynamic(std::string_view module, std::string_view name, FuncType type, DynamicFunction function);
  // A host function for components that gets and gives values, whatever the type that it is imported with; and a
  // resource type of the host. See tenon/component.hpp.
  using ComponentFunction = std::function<Result<std::vector<component::Val>>(std::span<const component::Val>)>;
  Result<void> define_dynamic(std::string_view instance, std::string_view name, ComponentFunction function);
  // One that is told who calls.
  using ComponentCallerFunction =
      std::function<Result<std::vector<component::Val>>(const Caller&, std::span<const component::Val>)>;
  Result<void> define_dynamic(std::string_view instance, std::string_view name, ComponentCallerFunction function);
  // One that may take its time: it keeps the completion and resolves it at once, later, or never.
  using AsyncComponentFunction = std::function<Result<void>(std::span<const component::Val>, ComponentCompletion)>;
  Result<void> define_async_dynamic(std::string_view instance, std::string_view name, AsyncComponentFunction function);
  using AsyncComponentCallerFunction =
      std::function<Result<void>(const Caller&, std::span<const component::Val>, ComponentCompletion)>;
  Result<void> define_async_dynamic(std::string_view instance, std::string_view name,
                                    AsyncComponentCallerFunction function);
  Result<void> define_resource(std::string_view instance, std::string_view name, const HostResourceType& type);
  // All exports of an instance, under a module name.
  Result<void> define_instance(std::string_view module, const Instance& instance);
  // All exports of a component's instance, for components that import an instance of that name; tenon/component.hpp.
  Result<void> define_instance(std::string_view name, const ComponentInstance& instance);
  // A core module, for components that import one.
  Result<void> define_module(std::string_view instance, std::string_view name, const Module& module);

  // What the module imports and nobody defined here.
  std::vector<ImportType> missing(const Module& module) const;
  // Errors: unlinkable (names the import, the expected and the given type), trap, exhausted.
  Result<Instance> instantiate(Store& store, const Module& module) const;
  Result<ComponentInstance> instantiate(Store& store, const Component& component) const;

 private:
  Result<void> define_function(std::string_view module, std::string_view name,
                               std::shared_ptr<detail::HostFunction> function);
  Result<void> define_function(std::string_view instance, std::string_view name,
                               std::shared_ptr<detail::ComponentHostFunction> function);
  Result<void> define_function(std::string_view instance, std::string_view name,
                               std::shared_ptr<detail::AsyncComponentHostFunction> function);
  std::unique_ptr<detail::LinkerState> state_;
};

// --- Host functions, in detail --------------------------------------------------------------------------------------

namespace detail {

// A host function without its C++ types. `run` takes its arguments from `frame` and leaves its results there.
struct HostFunction {
  std::vector<ValType> params;
  std::vector<ValType> results;
  HostFunction() = default;
  HostFunction(const HostFunction&) = delete;
  HostFunction& operator=(const HostFunction&) = delete;
  virtual ~HostFunction() = default;
  virtual Result<void> run(CallContext& context, std::uint64_t* frame) = 0;
  // The same as compiled code calls it: a function of a `FuncHead*`, whose data this is, and the arguments. nullptr: it
  // calls `run`.
  const void* direct = nullptr;
};

// What a host function's body is called with.
struct CallContext {
  StoreBlock* block;
  runtime::Thread* thread;
  bool is_suspended = false;  // set by the body: the guest is to wait
};

Caller make_caller(CallContext& context) noexcept;

// What a direct call of a host function came to: a value, or an error that was noted.
template <class Value>
struct HostResult {
  Value value{};
  bool is_there = true;
  template <class F>
  void set(runtime::StoreControl& control, F&& call) {
    if constexpr (std::is_same_v<decltype(call()), Value>) {
      value = call();
    } else if (auto result = call()) {
      value = *result;
    } else {
      note_error(control, std::move(result).error());
      is_there = false;
    }
  }
};
template <>
struct HostResult<void> {
  bool is_there = true;
  template <class F>
  void set(runtime::StoreControl& control, F&& call) {
    if constexpr (std::is_void_v<decltype(call())>) {
      call();
    } else if (auto result = call(); !result) {
      note_error(control, std::move(result).error());
      is_there = false;
    }
  }
};

// What a call of a host function comes to. `call` gives a value, or a `Result` of one.
template <class Value, class F>
HostResult<Value> result_of(runtime::StoreControl& control, F& call) noexcept {
  HostResult<Value> result;
#if defined(__cpp_exceptions)
  try {
    result.set(control, call);
  } catch (...) {
    note_thrown(control);
    result.is_there = false;
  }
#else
  result.set(control, call);
#endif
  return result;
}
// The same where registers of compiled code may hold references.
template <class Value, class F>
[[gnu::noinline]] HostResult<Value> result_with_registers_kept(runtime::StoreControl& control, F call) noexcept {
  HostResult<Value> result;
  auto run = [&]() noexcept { result = result_of<Value>(control, call); };
  call_with_registers_kept(control, [](void* given) { (*static_cast<decltype(run)*>(given))(); }, &run);
  return result;
}
// The one or the other, for compiled code. `call` holds what it needs by value: what nobody has the address of stays in
// registers.
template <class Value, class F>
[[gnu::always_inline]] inline HostResult<Value> run_for_guest(runtime::StoreControl& control, F call) noexcept {
  if (control.has_objects) [[unlikely]]
    return result_with_registers_kept<Value>(control, call);
  return result_of<Value>(control, call);
}

// The arguments that a guest passes, in the slots of its call.
template <class... Args>
std::tuple<Args...> load_arguments(const std::uint64_t* frame) {
  unsigned at = 0;
  [[maybe_unused]] const auto next = [&]<class T>(std::type_identity<T>) {
    const std::uint64_t* slot = frame + at;
    at += CoreValue<T>::slots;
    return CoreValue<T>::load(slot);
  };
  return {next(std::type_identity<Args>{})...};
}

template <class T>
struct WithoutResult {
  using type = T;
};
template <class T>
struct WithoutResult<Result<T>> {
  using type = T;
};

template <class F, bool with_caller, class Return, class... Args>
struct HostFunctionOf final : HostFunction {
  using Value = typename WithoutResult<Return>::type;
  F function;

  explicit HostFunctionOf(F f) : function(std::move(f)) {
    params = {CoreValue<Args>::type()...};
    results = CoreResults<Value>::types();
    if constexpr (pass_in_registers<Value, Args...>) direct = reinterpret_cast<const void*>(&run_directly);
  }

  Result<void> run(CallContext& context, std::uint64_t* frame) override {
    std::tuple<Args...> arguments = load_arguments<Args...>(frame);
    const auto call = [&](Args&... args) { return call_function(context, args...); };
    if constexpr (std::is_same_v<Return, Value>) {
      if constexpr (std::is_void_v<Value>) {
        std::apply(call, arguments);
      } else {
        CoreResults<Value>::store(frame, std::apply(call, arguments));
      }
    } else {
      Return result = std::apply(call, arguments);
      if (!result) return std::move(result).error();
      if constexpr (!std::is_void_v<Value>) CoreResults<Value>::store(frame, *result);
    }
    return {};
  }

 private:
  Return call_function(CallContext& context, Args&... arguments) {
    if constexpr (with_caller) {
      return function(make_caller(context), arguments...);
    } else {
      return function(arguments...);
    }
  }

  // Nothing here needs to be cleaned up when the guest is stopped.
  static Value run_directly(const runtime::FuncHead* func, Args... arguments) noexcept {
    runtime::StoreControl& control = *func->control;
    const CallByGuest guest(control, __builtin_frame_address(0));
    const HostResult<Value> result = run_for_guest<Value>(control, [func, &control, arguments...]() mutable {
      CallContext context{static_cast<StoreBlock*>(control.host), control.current};
      auto& self = *static_cast<HostFunctionOf*>(static_cast<HostFunction*>(func->data));
      return self.call_function(context, arguments...);
    });
    guest.go_on();
    if (!result.is_there || must_stop(control)) [[unlikely]]
      stop_guest(control);
    if constexpr (!std::is_void_v<Value>) return result.value;
  }
};

template <class F, class Return, class... Args>
std::shared_ptr<HostFunction> make_host_function(F function, Return (F::*)(Caller, Args...) const) {
  return std::make_shared<HostFunctionOf<F, true, Return, std::remove_cvref_t<Args>...>>(std::move(function));
}
template <class F, class Return, class... Args>
std::shared_ptr<HostFunction> make_host_function(F function, Return (F::*)(Caller, Args...)) {
  return std::make_shared<HostFunctionOf<F, true, Return, std::remove_cvref_t<Args>...>>(std::move(function));
}
template <class F, class Return, class... Args>
std::shared_ptr<HostFunction> make_host_function(F function, Return (F::*)(Args...) const) {
  return std::make_shared<HostFunctionOf<F, false, Return, std::remove_cvref_t<Args>...>>(std::move(function));
}
template <class F, class Return, class... Args>
std::shared_ptr<HostFunction> make_host_function(F function, Return (F::*)(Args...)) {
  return std::make_shared<HostFunctionOf<F, false, Return, std::remove_cvref_t<Args>...>>(std::move(function));
}

template <class F>
std::shared_ptr<HostFunction> host_function(F function) {
  if constexpr (std::is_pointer_v<F>) {
    return [&]<class Return, class... Args>(Return (*pointer)(Args...)) {
      return host_function([pointer](Args... args) -> Return { return pointer(args...); });
    }(function);
  } else {
    return make_host_function(std::move(function), &F::operator());
  }
}

}  // namespace detail

template <class F>
Func Func::wrap(Store& store, F function) {
  return make(store, detail::host_function(std::move(function)));
}

namespace detail {

// A host function as components see it. `run` takes the flat arguments from `frame` and leaves the flat result there;
// `max_flat_params` and `max_flat_results` are those of the call: what exceeds them lies in the guest's memory.
struct ComponentHostFunction {
  std::vector<const Shape*> params;
  const Shape* result = nullptr;
  ComponentHostFunction() = default;
  ComponentHostFunction(const ComponentHostFunction&) = delete;
  ComponentHostFunction& operator=(const ComponentHostFunction&) = delete;
  virtual ~ComponentHostFunction() = default;
  struct Flat {
    unsigned params = max_flat_params;
    unsigned results = max_flat_results;
  };
  virtual Result<void> run(CallContext& call, AbiContext& context, Flat most, std::uint64_t* frame) = 0;
  // The same as compiled code calls it that lowers it with no options, as `HostFunction::direct`; the function's data
  // begins with a `LoweredFuncHead`. nullptr: it calls `run`.
  const void* direct = nullptr;
};

// The error that a context kept.
Error abi_failure(AbiContext& context) noexcept;
// The memory that a pointer among the flat values refers to, checked; nullptr after an error.
const std::uint8_t* abi_tuple(AbiContext& context, std::uint64_t pointer, AbiLayout layout) noexcept;

template <class F, bool with_caller, class Return, class... Args>
struct ComponentHostFunctionOf final : ComponentHostFunction {
  using Value = typename WithoutResult<Return>::type;
  using Results = AbiResults<Value>;
  F function;

  explicit ComponentHostFunctionOf(F f) : function(std::move(f)) {
    params = {&Abi<Args>::shape...};
    result = Results::shape();
    if constexpr (numbers_in_registers<Value, Args...>) direct = reinterpret_cast<const void*>(&run_directly);
  }

  Result<void> run(CallContext& call, AbiContext& context, Flat most, std::uint64_t* frame) override {
    constexpr unsigned flat = AbiParams<Args...>::flat;
    if constexpr (sizeof...(Args) == 0) {
      return invoke(call, context, most, frame, 0, std::tuple<>());
    } else if (flat <= most.params) {
      return invoke(call, context, most, frame, flat, Abi<std::tuple<Args...>>::lift(context, frame));
    } else {
      const std::uint8_t* at = abi_tuple(context, frame[0], Abi<std::tuple<Args...>>::layout(context.is_64));
      if (at == nullptr) return abi_failure(context);
      return invoke(call, context, most, frame, 1, Abi<std::tuple<Args...>>::load(context, at));
    }
  }

 private:
  Return call_function(CallContext& call, Args&... arguments) {
    if constexpr (with_caller) {
      return function(make_caller(call), std::move(arguments)...);
    } else {
      return function(std::move(arguments)...);
    }
  }

  // Nothing here needs to be cleaned up when the guest is stopped.
  static CoreNumber<Value> run_directly(const runtime::FuncHead* func, CoreNumber<Args>... arguments) noexcept {
    runtime::StoreControl& control = *func->control;
    const CallByGuest guest(control, __builtin_frame_address(0));
    const auto& lowered = *static_cast<const runtime::LoweredFuncHead*>(func->data);
    HostResult<Value> result;
    if (*lowered.may_not_leave == 0 && !control.watches_components) [[likely]] {
      result = run_for_guest<Value>(control, [&lowered, &control, arguments...]() -> Return {
        CallContext context{static_cast<StoreBlock*>(control.host), control.current};
        auto& self = *static_cast<ComponentHostFunctionOf*>(static_cast<ComponentHostFunction*>(lowered.host_function));
        std::tuple<Args...> values(from_core_number<Args>(arguments)...);
        return std::apply([&](Args&... args) { return self.call_function(context, args...); }, values);
      });
    } else {
      result = run_for_guest<Value>(control, [func, arguments...] { return run_by_slots(*func, arguments...); });
    }
    guest.go_on();
    if (!result.is_there || control.direct_outcome != 0) [[unlikely]]
      stop_component(control);
    if constexpr (!std::is_void_v<Value>) return to_core_number(result.value);
  }
  [[gnu::noinline]] static Result<Value> run_by_slots(const runtime::FuncHead& func, CoreNumber<Args>... arguments) {
    std::uint64_t slots[sizeof...(Args) + 1] = {slot_of<Args>(arguments)...};
    if (auto called = call_by_slots(func, slots); !called) return std::move(called).error();
    if constexpr (std::is_void_v<Value>) {
      return {};
    } else {
      AbiContext unused;
      return Abi<Value>::lift(unused, slots);
    }
  }

  Result<void> invoke(CallContext& call, AbiContext& context, Flat most, std::uint64_t* frame, unsigned param_slots,
                      std::tuple<Args...> arguments) {
    if (context.has_failed) return abi_failure(context);
    const auto apply = [&](Args&... args) { return call_function(call, args...); };
    if constexpr (std::is_void_v<Return>) {
      std::apply(apply, arguments);
      return {};
    } else if constexpr (std::is_same_v<Return, Value>) {
      return give(context, most, frame, param_slots, std::apply(apply, arguments));
    } else {
      Return result = std::apply(apply, arguments);
      if (!result) return std::move(result).error();
      if constexpr (std::is_void_v<Value>) {
        return {};
      } else {
        return give(context, most, frame, param_slots, *std::move(result));
      }
    }
  }

  template <class T>
  Result<void> give(AbiContext& context, Flat most, std::uint64_t* frame, unsigned param_slots, const T& value) {
    context.type = abi_result(context);
    if (Results::flat <= most.results) {
      // At most one slot, whatever the limit.
      std::uint64_t slots[Results::flat > 0 ? Results::flat : 1];
      Abi<T>::lower(context, value, slots);
      frame[0] = slots[0];
    } else if (abi_tuple(context, frame[param_slots], Abi<T>::layout(context.is_64)) != nullptr) {
      const std::uint64_t pointer = frame[param_slots];
      Abi<T>::store(context, value, context.is_64 ? pointer : static_cast<std::uint32_t>(pointer));
    }
    if (context.has_failed) return abi_failure(context);
    return {};
  }
};

template <class T>
struct IsTuple : std::false_type {};
template <class... Ts>
struct IsTuple<std::tuple<Ts...>> : std::bool_constant<(CoreType<Ts> && ...)> {};
template <class T>
inline constexpr bool is_core_result = std::is_void_v<T> || CoreType<T> || IsTuple<T>::value;
template <class T>
inline constexpr bool is_component_result = std::is_void_v<T> || AbiType<T>;

// What a callable takes and gives, and whether that can serve core modules or components.
template <bool with_caller, class Return, class... Args>
struct CallableTypes {
  using Value = typename WithoutResult<Return>::type;
  static constexpr bool is_core = (CoreType<Args> && ...) && is_core_result<Value>;
  static constexpr bool is_component = (AbiType<Args> && ...) && is_component_result<Value>;
  template <class F>
  static std::shared_ptr<HostFunction> core(F function) {
    return std::make_shared<HostFunctionOf<F, with_caller, Return, Args...>>(std::move(function));
  }
  template <class F>
  static std::shared_ptr<ComponentHostFunction> component(F function) {
    return std::make_shared<ComponentHostFunctionOf<F, with_caller, Return, Args...>>(std::move(function));
  }
};
template <class Return, class... Args>
struct CallableSignature : CallableTypes<false, Return, std::remove_cvref_t<Args>...> {};
template <class Return, class... Args>
struct CallableSignature<Return, Caller, Args...> : CallableTypes<true, Return, std::remove_cvref_t<Args>...> {};

template <class F>
struct Callable : Callable<decltype(&F::operator())> {};
template <class Return, class... Args>
struct Callable<Return (*)(Args...)> : CallableSignature<Return, Args...> {};
template <class C, class Return, class... Args>
struct Callable<Return (C::*)(Args...)> : CallableSignature<Return, Args...> {};
template <class C, class Return, class... Args>
struct Callable<Return (C::*)(Args...) const> : CallableSignature<Return, Args...> {};

}  // namespace detail

template <class F>
  requires(!std::is_convertible_v<F, Extern>)
Result<void> Linker::define(std::string_view module, std::string_view name, F function) {
  using Callable = detail::Callable<F>;
  static_assert(Callable::is_core || Callable::is_component,
                "a host function takes and gives core types or types of components");
  if constexpr (Callable::is_core && Callable::is_component && std::is_copy_constructible_v<F>) {
    if (auto done = define_function(module, name, Callable::component(function)); !done) return done;
  } else if constexpr (!Callable::is_core) {
    return define_function(module, name, Callable::component(std::move(function)));
  }
  if constexpr (Callable::is_core) return define_function(module, name, Callable::core(std::move(function)));
}

namespace detail {
template <class Signature>
struct SignatureTypes;
template <class R, class... Args>
struct SignatureTypes<R(Args...)> {
  static std::vector<ValType> params() { return {CoreValue<Args>::type()...}; }
  static std::vector<ValType> results() { return CoreResults<R>::types(); }
};
}  // namespace detail

template <class Signature>
Result<TypedFunc<Signature>> Func::typed() const {
  using Types = detail::SignatureTypes<Signature>;
  if (auto checked = check(Types::params(), Types::results()); !checked) return std::move(checked).error();
  return TypedFunc<Signature>(*this);
}

}  // namespace tenon
