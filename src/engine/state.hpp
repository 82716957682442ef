// What stands behind the public handles.
//
// A handle holds a shared pointer to its store's block and a plain pointer into the store. The block outlives the
// store: when the `Store` ends, its block loses the runtime store, and every handle that is still around finds that out
// before it touches anything. `StoreBlock` is a friend of all handles; it makes them and looks into them for the rest
// of src/engine.
//
// A host function may end the very store whose guest called it. Then the handles are dead at once, the guest is stopped
// as soon as the host function returns, and the runtime store goes when the outermost call has left it. Until then the
// block holds itself.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/concat.hpp"
#include "engine/owned_memory.hpp"
#include "engine/source_lines.hpp"
#include "model/core/module.hpp"
#include "runtime/store.hpp"
#include "tenon/tenon.hpp"
#include "validate/core/module.hpp"

namespace tenon::component {
struct Activation;
struct LiftedFunc;
struct RootInstance;
}  // namespace tenon::component

namespace tenon {

struct NativeFunction;  // tenon/native.hpp
class ComponentFunc;
}  // namespace tenon

namespace tenon::detail {

// Sets interrupt flags when their time has come: one thread for an engine, started when first needed.
class Watchdog {
 public:
  using Clock = std::chrono::steady_clock;
  // Calls under way, by the time when theirs is up; few, for there is one a host thread at most.
  struct Entry {
    Clock::time_point when;
    runtime::InterruptFlags* flag;
  };
  using Flags = std::list<Entry>;
  ~Watchdog();
  Flags::iterator watch(Clock::time_point when, runtime::InterruptFlags& flag);
  void forget(Flags::iterator entry);

 private:
  void run();
  std::mutex mutex_;
  std::condition_variable changed_;
  Flags flags_;
  std::thread thread_;
  bool stopping_ = false;
};

// Stores whose guests are asked now and then where they are, and whether there is better code for the loop that they
// are in.
class LookFlags {
 public:
  using Flags = std::list<runtime::InterruptFlags*>;
  Flags::iterator add(runtime::InterruptFlags& flag);
  void remove(Flags::iterator entry) noexcept;
  // False if no guest has looked up since the last time, and no store was made.
  bool ask_all() noexcept;

 private:
  std::mutex mutex_;
  Flags flags_;
  bool has_new_ = false;
};

class Background;  // engine/background.hpp
struct NativeUnit;

struct EngineState {
  explicit EngineState(const EngineOptions& options);
  EngineState(const EngineState&) = delete;
  EngineState& operator=(const EngineState&) = delete;
  ~EngineState();

  EngineOptions options;
  Features features;
  OwnedMemory memory;  // of types and code
  core::TypeRegistry types;
  runtime::Pool pool;
  runtime::Executor* executor;
  // What the store that ended last needed of memory in small pieces, within limits: the next one takes as much at once.
  static constexpr std::size_t least_store_bytes = std::size_t{1} << 10;
  static constexpr std::size_t most_store_bytes = std::size_t{48} << 10;
  std::atomic<std::size_t> store_bytes = least_store_bytes;
  Watchdog watchdog;
  LookFlags look_flags;  // of engines that compile while guests run
  std::once_flag has_background;
  // Of the embedder; may be empty. `background` calls it.
  std::function<void(const NativeFunction&)> native_observer;
  std::unique_ptr<Background> background;  // compiles while guests run; made when first needed
};

struct ModuleState {
  explicit ModuleState(std::shared_ptr<EngineState> owner);
  ModuleState(const ModuleState&) = delete;
  ModuleState& operator=(const ModuleState&) = delete;
  ~ModuleState();
  static const std::shared_ptr<const ModuleState>& of(const Module& module) { return module.state_; }

  std::shared_ptr<EngineState> engine;
  std::string bytes;
  OwnedMemory memory;
  Arena arena;
  std::optional<core::Module> module;
  core::ValidatedModule validated;
  runtime::CodeModule* code = nullptr;
  std::shared_ptr<NativeUnit> native;               // compiled code, there or to come
  mutable std::optional<SourceLines> source_lines;  // of engines that show them, and modules that have them
};

// What is compiled or, where it was compiled ahead of time, opened.
struct Input {
  std::string_view bytes;
  int file = -1;  // the file that has them, to map code from; -1: none
};

// Binary, text, or compiled ahead of time. Errors: malformed, invalid, exhausted; usage, for compiled files that don't
// fit.
Result<std::shared_ptr<const ModuleState>> compile_module(std::shared_ptr<EngineState> engine, const Input& input);

// A reference that the host holds.
struct RootCell {
  RootCell(std::shared_ptr<StoreBlock> owner, runtime::Slot ref, bool func);
  RootCell(const RootCell&) = delete;
  RootCell& operator=(const RootCell&) = delete;
  ~RootCell();
  std::shared_ptr<StoreBlock> block;
  runtime::Root root;
  bool is_func;
};

// A call that may wait, from `start` until its end.
struct AsyncCall {
  runtime::Thread* thread;
  const runtime::Func* func;
  std::function<void(Result<std::span<const std::uint64_t>>)> done;
  std::list<AsyncCall>::iterator place{};  // its own, in the store's list
};

struct ComponentStore;  // engine/component_state.hpp

struct StoreBlock : std::enable_shared_from_this<StoreBlock> {
  StoreBlock(std::shared_ptr<EngineState> owner, const Limits& limits);
  static EngineState& state_of(const Engine& engine) noexcept { return *engine.state_; }

  std::shared_ptr<EngineState> engine;
  OwnedMemory memory{engine->store_bytes.load(std::memory_order_relaxed)};
  // In `memory`.
  struct EndStore {
    void operator()(runtime::Store* ended) const noexcept { std::destroy_at(ended); }
  };
  std::unique_ptr<runtime::Store, EndStore> store;  // empty once it has gone
  std::shared_ptr<StoreBlock> self;                 // until then
  bool has_ended = false;                           // the public Store has
  DirectCalls calls;
  std::chrono::nanoseconds call_time;
  std::function<bool()> interrupt_handler;  // of the embedder; may be empty
  // The functions made of each host function, which they keep.
  std::unordered_map<std::shared_ptr<HostFunction>, runtime::Func*> host_functions;
  std::vector<std::shared_ptr<const ModuleState>> modules;
  std::list<AsyncCall> async_calls;
  std::unique_ptr<ComponentStore> components;  // made with the first component
  std::optional<LookFlags::Flags::iterator> look_flag;

  ~StoreBlock();
  bool is_alive() const noexcept { return !has_ended; }
  // Ends the store: now, or when the outermost call has left it.
  void end();
  // Lets the runtime store go, and what was kept for it; this may be the last of the block.
  void dispose();

  // The same function each time. Errors: usage (a type that is none), exhausted.
  Result<runtime::Func*> make_host_func(const std::shared_ptr<HostFunction>& function);

  // Handles, made and opened.
  static StoreBlock& of(const Store& store) { return *store.block_; }
  // Errors: usage, when the store was moved away.
  static Result<StoreBlock*> open(const Store& store);
  Func handle(runtime::Func* func);
  Memory handle(runtime::Memory* memory);
  Table handle(runtime::Table* table);
  Global handle(runtime::Global* global);
  Tag handle(runtime::Tag* tag);
  Instance handle(runtime::Instance* instance);
  Extern handle(const runtime::Extern& item);
  ComponentFunc handle(const component::LiftedFunc* func);
  ComponentInstance handle(component::RootInstance* instance);
  static Caller handle(CallContext& context) { return Caller(context); }
  static Module handle(std::shared_ptr<const ModuleState> module) { return Module(std::move(module)); }
  static StoreBlock& of(const DirectCalls& calls) noexcept { return *static_cast<StoreBlock*>(calls.control->host); }
  static StoreBlock* owner_of(const Func& func) noexcept { return func.store_.get(); }
  static runtime::Func* func_of(const Func& func) noexcept { return func.func_; }
  static bool is_usable(const Instance& instance) noexcept {
    return instance.instance_ != nullptr && instance.store_->is_alive();
  }
  static bool is_usable(const ComponentInstance& instance) noexcept;
  static const component::LiftedFunc* func_of(const ComponentFunc& func) noexcept;
  static component::RootInstance* root_of(const ComponentInstance& instance) noexcept;
  static StoreBlock* owner_of(const ComponentFunc& func) noexcept;
  static StoreHandle store_of(const ComponentFunc& func) noexcept;
  // nullptr, when the store has ended.
  static StoreBlock* open(const StoreHandle& store) noexcept;
  static std::shared_ptr<StoreBlock> shared(const Store& store) noexcept { return store.block_; }
  static StoreBlock* owner_of(const ComponentInstance& instance) noexcept;
  // The components of this store. Errors: exhausted.
  ComponentStore& component_store();
  static const RootCell* cell_of(const Ref& ref) noexcept { return ref.cell_.get(); }
  // What the handle is of: equal for handles of the same thing.
  static const void* address_of(const Func& handle) noexcept { return handle.func_; }
  static const void* address_of(const Memory& handle) noexcept { return handle.memory_; }
  static const void* address_of(const Table& handle) noexcept { return handle.table_; }
  static const void* address_of(const Global& handle) noexcept { return handle.global_; }
  static const void* address_of(const Tag& handle) noexcept { return handle.tag_; }
  static const void* address_of(const Instance& handle) noexcept { return handle.instance_; }
  // Errors: usage, when the handle is empty, of another store, or of a store that ended.
  Result<runtime::Extern> open(const Extern& item) const;

  // Calls that may wait.
  void start(const runtime::Func& func, std::span<const std::uint64_t> arguments, decltype(AsyncCall::done) done);
  // Runs the call's guest until it ends or waits.
  template <class F>
  void run(AsyncCall& call, F go_on);
  void finish(AsyncCall& call, runtime::Outcome outcome);
  // Ends all calls that still wait with an error.
  void abandon_calls();

  // Values. `type` is canonical. Errors: usage, when the value has another type or belongs to another store.
  Result<void> to_slots(const Val& value, core::ValType type, runtime::Slot* slots) const;
  Val from_slots(core::ValType type, const runtime::Slot* slots);
  Ref make_ref(core::ValType type, runtime::Slot slot);
};

// A bit of `StoreControl::direct_outcome`: the store ended meanwhile.
inline constexpr std::uint64_t store_has_ended = 0x100;

// Calls from the host inside calls from the host, through host functions. Guests need no native stack, these do.
inline constexpr unsigned max_nested_calls = 200;

// A call from the host with nothing under way, while it lives. An interruption is meant for what was under way.
class OutermostScope {
 public:
  explicit OutermostScope(StoreBlock& block) noexcept : block_(block) {
    block_.calls.depth = 1;
    block_.store->control.native_stack_limit.clear_interrupt();
  }
  OutermostScope(const OutermostScope&) = delete;
  OutermostScope& operator=(const OutermostScope&) = delete;
  ~OutermostScope() {
    block_.calls.depth = 0;
    if (block_.has_ended) [[unlikely]]
      block_.dispose();
  }

 private:
  StoreBlock& block_;
};

// The time limit of one call from the host, while it lives. Calls inside calls are under the limit of the outermost.
class DeadlineScope {
 public:
  explicit DeadlineScope(StoreBlock& block) noexcept : block_(block), is_outermost_(block.calls.depth++ == 0) {
    if (is_outermost_) begin();
  }
  DeadlineScope(const DeadlineScope&) = delete;
  DeadlineScope& operator=(const DeadlineScope&) = delete;
  ~DeadlineScope() {
    if (entry_) block_.engine->watchdog.forget(*entry_);
    --block_.calls.depth;
    if (is_outermost_ && block_.has_ended) [[unlikely]]
      block_.dispose();
  }
  // False if there is a time limit, and the host had no room for watching it.
  bool holds() const noexcept { return holds_; }

 private:
  void begin() noexcept;
  StoreBlock& block_;
  bool is_outermost_;
  bool holds_ = true;
  std::optional<Watchdog::Flags::iterator> entry_;
};

Error out_of_memory() noexcept;
// The exception at hand, as an error: no memory, or what a function of the host's threw, which is a trap.
Error thrown() noexcept;

// The boundary at which an exception becomes an error, a failed allocation above all: whatever the public interface
// does that allocates, or calls the host back, runs in one. What was under way is given up; the folders below have no
// destructors run, see `OwnedMemory`.
template <class F>
std::invoke_result_t<F> guarded(F&& run) noexcept {
  try {
    return run();
  } catch (...) {
    return thrown();
  }
}

// Which calls were under way in a store, to be put back when an allocation has failed in others.
class CallsUnderWay {
 public:
  explicit CallsUnderWay(StoreBlock& block) noexcept : block_(block), core_(*block.store) {
    if (block.components != nullptr) note();
  }
  void restore() const noexcept;

 private:
  void note() noexcept;
  StoreBlock& block_;
  runtime::Checkpoint core_;
  component::Activation* current_ = nullptr;
  runtime::Slot pending_ = 0;
  std::uint32_t nesting_depth_ = 0;
  std::uint32_t sync_depth_ = 0;
};

// The same for what works on a store, which is whole again afterwards.
template <class F>
std::invoke_result_t<F> guarded(StoreBlock& block, F&& run) noexcept {
  const CallsUnderWay before(block);
  try {
    return run();
  } catch (...) {
    before.restore();
    return thrown();
  }
}

// "expected X, found Y" for values and types that the caller got wrong.
template <class... Pieces>
Error usage(const Pieces&... pieces) {
  return fail(ErrorKind::usage, {}, pieces...);
}
inline Error too_deep() {
  return fail(ErrorKind::trap, {}, message(Trap::call_stack_exhausted), ": ", max_nested_calls,
              " calls from the host are under way inside each other")
      .with_code(static_cast<std::uint32_t>(Trap::call_stack_exhausted));
}

// A boundary for what may run guest code: under the store's time limit, and as long as calls are not too deep.
template <class F>
std::invoke_result_t<F> guarded_call(StoreBlock& block, F&& run) noexcept {
  if (block.calls.depth >= max_nested_calls) [[unlikely]]
    return too_deep();
  const DeadlineScope deadline(block);
  if (!deadline.holds()) [[unlikely]]
    return out_of_memory();
  return guarded(block, run);
}

template <class F>
void StoreBlock::run(AsyncCall& call, F go_on) {
  const DeadlineScope deadline(*this);
  auto outcome = guarded(*this, [&]() -> Result<runtime::Outcome> {
    if (!deadline.holds()) return out_of_memory();
    return go_on();
  });
  if (outcome) return finish(call, *outcome);
  // An allocation failed: the guest is given up where it was.
  call.thread->pending_error = std::move(outcome).error();
  finish(call, call.thread->trap(Trap::host_error));
}

inline Error dead_store() { return usage("the store of this handle has ended"); }

constexpr core::ValType to_core(ValType type) noexcept { return std::bit_cast<core::ValType>(type.bits()); }
constexpr ValType from_core(core::ValType type) noexcept { return ValType::from_bits(type.bits()); }
FuncType from_core(const core::FuncType& type);
TableType from_core(const core::TableType& type);
MemoryType from_core(const core::MemoryType& type);
GlobalType from_core(const core::GlobalType& type);
core::Limits to_core(const LimitsType& limits) noexcept;
// The canonical function type. Errors: usage (a type that is none), exhausted.
Result<core::TypeIdx> intern(core::TypeRegistry& types, std::span<const ValType> params,
                             std::span<const ValType> results);
// Is it a value type, and one of this engine if it is a defined type? Errors: usage.
Result<void> check_type(const core::TypeRegistry& types, ValType type);

}  // namespace tenon::detail
