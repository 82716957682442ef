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
// number. Nothing here throws but std::bad_alloc, and that only constructors and what gives containers or handles by value;
// what gives a `Result` says that the host has no memory left by an error of kind `exhausted`.
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

#include "tenon/result.hpp"
#include "tenon/values.hpp"

namespace tenon {

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
struct CallContext;
}  // namespace detail

inline namespace literals {
constexpr std::uint64_t operator""_KiB(unsigned long long n) { return n << 10; }
constexpr std::uint64_t operator""_MiB(unsigned long long n) { return n << 20; }
constexpr std::uint64_t operator""_GiB(unsigned long long n) { return n << 30; }
}  // namespace literals

// --- Engine
// -----------------------------------------------------------------------------------------------------------

struct EngineOptions {
  // Proposals as a bit set (tenon/tools.hpp: parse_features); nullopt: the defaults.
  std::optional<std::uint64_t> features;
  // Count what guests execute, so that stores can limit it (`Store::set_fuel`). Costs some speed.
  bool fuel = false;
  // The interpreter's plain loop instead of tail calls; for comparing the two.
  bool loop_dispatch = false;
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
  friend class Store;
  friend class Linker;
  std::shared_ptr<detail::EngineState> state_;
};

// --- Modules
// ----------------------------------------------------------------------------------------------------------

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

// --- Stores
// -----------------------------------------------------------------------------------------------------------

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

// --- Functions
// --------------------------------------------------------------------------------------------------------

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

  std::shared_ptr<detail::StoreBlock> store_;
  runtime::Func* func_ = nullptr;
};

// A function whose C++ signature was checked; a call allocates nothing. R is void, a value, or a std::tuple of values.
template <class R, class... Args>
  requires(detail::CoreType<Args> && ...)
class TypedFunc<R(Args...)> {
 public:
  Result<R> operator()(Args... arguments) const noexcept {
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
  explicit TypedFunc(Func func) noexcept : func_(std::move(func)) {}
  Func func_;
};

// What a host function may ask about its call; give one as the first parameter.
class Caller {
 public:
  // The exported memory "memory" of the calling instance, as most guests have; empty if there is none.
  std::span<std::uint8_t> memory() const noexcept;
  // Whether the guest is to be stopped: its time is over, or `Store::interrupt` was called. A host function that waits
  // for something asks now and then, and returns if so; the guest goes no further then.
  bool is_interrupted() const noexcept;

 private:
  friend struct detail::StoreBlock;
  explicit Caller(detail::CallContext& context) noexcept : context_(&context) {}
  detail::CallContext* context_;
};

// --- Memories, tables, globals, tags
// ----------------------------------------------------------------------------------

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

// --- Instances and linking
// --------------------------------------------------------------------------------------------

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

  // Defines a host function from a callable with core parameter types (optionally `Caller` first) that returns void, a
  // value, a tuple, or a Result of one of these. A later definition of the same name replaces the earlier one.
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
  // All exports of an instance, under a module name.
  Result<void> define_instance(std::string_view module, const Instance& instance);

  // What the module imports and nobody defined here.
  std::vector<ImportType> missing(const Module& module) const;
  // Errors: unlinkable (names the import, the expected and the given type), trap, exhausted.
  Result<Instance> instantiate(Store& store, const Module& module) const;

 private:
  Result<void> define_function(std::string_view module, std::string_view name,
                               std::shared_ptr<detail::HostFunction> function);
  std::unique_ptr<detail::LinkerState> state_;
};

// --- Host functions, in detail
// ----------------------------------------------------------------------------------------

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
};

Caller make_caller(CallContext& context) noexcept;

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
  }

  Result<void> run(CallContext& context, std::uint64_t* frame) override {
    unsigned at = 0;
    [[maybe_unused]] const auto next = [&]<class T>(std::type_identity<T>) {
      const std::uint64_t* slot = frame + at;
      at += CoreValue<T>::slots;
      return CoreValue<T>::load(slot);
    };
    std::tuple<Args...> arguments{next(std::type_identity<Args>{})...};
    const auto call = [&](Args&... args) -> Return {
      if constexpr (with_caller) {
        return function(make_caller(context), args...);
      } else {
        return function(args...);
      }
    };
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

template <class F>
  requires(!std::is_convertible_v<F, Extern>)
Result<void> Linker::define(std::string_view module, std::string_view name, F function) {
  return define_function(module, name, detail::host_function(std::move(function)));
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
