// What stands behind the public handles of components, beside state.hpp.
#pragma once

#include <deque>
#include <list>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/state.hpp"
#include "fuse/plan.hpp"
#include "model/component/component.hpp"
#include "runtime/component/guest_context.hpp"
#include "runtime/component/instance.hpp"
#include "tenon/component_async.hpp"
#include "tenon/component_resources.hpp"
#include "validate/component/component.hpp"

namespace tenon::component {
struct Subtask;
}

namespace tenon::detail {

struct ComponentState {
  explicit ComponentState(std::shared_ptr<EngineState> owner);
  ComponentState(const ComponentState&) = delete;
  ComponentState& operator=(const ComponentState&) = delete;
  ~ComponentState();
  static const std::shared_ptr<const ComponentState>& of(const Component& component) { return component.state_; }

  std::shared_ptr<EngineState> engine;
  std::string bytes;
  OwnedMemory memory;  // of what follows
  Arena arena;
  std::optional<component::Component> component;
  component::ValidatedComponent validated;
  fuse::Plan plan;
  std::vector<runtime::CodeModule*> code;           // by fuse::ModuleIdx
  std::vector<std::shared_ptr<NativeUnit>> native;  // likewise, in engines that compile
};

// Types in WIT's notation. Resources are shown by their names in `plan`, where there is one.
std::string type_text(const component::ValueType* type, const fuse::Plan* plan);
std::string type_text(const component::FuncSignature& type, const fuse::Plan* plan);

// Compares what C++ says of a type with what the component says; an empty text when they agree, else where they differ.
// `resources` says what resource types are, as far as they are known.
using Resources = std::span<const component::RuntimeResourceType* const>;
std::string difference(const Shape& shape, const component::ValueType* type, Resources resources);

std::string difference(std::span<const Shape* const> params, const Shape* result, const component::FuncSignature& type,
                       Resources resources);

// Compares two types of different components; resources are compared by `same_resource`. An empty text when they are
// the same, else where they differ.
struct TypeComparison {
  const fuse::Plan* expected_plan;
  const fuse::Plan* given_plan;
  std::span<const component::RuntimeResourceType* const> expected_resources;
  std::span<const component::RuntimeResourceType* const> given_resources;
};
std::string difference(const component::FuncSignature& expected, const component::FuncSignature& given,
                       const TypeComparison& comparison);
std::string difference(const component::ValueType* expected, const component::ValueType* given,
                       const TypeComparison& comparison);

// The handles of a store's guests that the host holds.
class StoreHandles final : public component::HostHandles {
 public:
  explicit StoreHandles(StoreBlock& block) : block_(block) {}
  component::Handle receive(const component::RuntimeResourceType& type, std::uint64_t rep) override;
  Result<std::uint64_t> give(const component::RuntimeResourceType& type, const component::Handle& handle) override;
  Result<std::uint64_t> lend(const component::RuntimeResourceType& type, const component::Handle& handle) override;
  component::Handle receive_end(component::SharedStream& shared) override;
  Result<component::SharedStream*> give_end(const component::ValueType& type, const component::ComponentInstance& inst,
                                            const component::Handle& handle) override;
  component::Handle receive_error_context(component::ErrorContext& context) override;
  Result<component::ErrorContext*> give_error_context(const component::Handle& handle) override;
  void take_back(const component::Handle& handle) noexcept override;
  void take_back_end(const component::Handle& handle, component::SharedStream& shared, bool had_type) noexcept override;

 private:
  StoreBlock& block_;
};

// The library's half of an AbiContext.
struct AbiState {
  std::optional<component::GuestContext> guest;
  Error error;
  // What is at hand, for the texts of traps: whose parameters or result.
  std::string_view function{};
  bool is_result = false;
  std::uint32_t param = 0;  // while the context has a type
};
void open_context(AbiContext& context, AbiState& state, component::ComponentInstance& inst,
                  const component::CanonicalOptions& opts, component::Lenders* lenders,
                  component::BorrowScope* borrow_scope, const component::FuncSignature* signature) noexcept;
// What the guest's memory is now: after it has run.
void update_memory(AbiContext& context) noexcept;

// A resource type of the host.
struct HostResource : std::enable_shared_from_this<HostResource> {
  component::RuntimeResourceType type;
  std::string name;
  std::function<void(std::uint64_t rep)> destructor;
  const void* key = nullptr;  // of its C++ class

  // Calls the destructor. Errors: trap (it threw).
  Result<void> destroy(std::uint64_t rep) const noexcept;
  // nullptr: the type is a guest's.
  static HostResource* of(const component::RuntimeResourceType& type) noexcept {
    return type.impl == nullptr ? static_cast<HostResource*>(type.data) : nullptr;
  }
};

// A host function that gets and gives values.
struct DynamicComponentFunction {
  Linker::ComponentCallerFunction function;
};

// A host function that a component of the store imports.
class HostCallee final : public component::HostFunction {
 public:
  using Function = std::variant<std::shared_ptr<ComponentHostFunction>, std::shared_ptr<DynamicComponentFunction>>;
  HostCallee(Function function, const component::FuncSignature& signature) : function_(std::move(function)) {
    type = &signature;
    is_immediate = true;
  }
  Result<void> call_flat(const component::LoweredFunc& caller, runtime::Thread& thread, runtime::Slot* frame) override;
  void be_called(runtime::Func& func, component::LoweredFunc& lowered) noexcept override;
  Result<void*> call(component::Call& call, component::ComponentInstance& caller) override;
  Result<std::vector<component::Val>> call_with_values(runtime::Store& store,
                                                       std::span<const component::Val> arguments) override;

 private:
  Function function_;
};

// A call of a host function that takes its time: until it is resolved, or cancelled by the guest.
struct PendingCall {
  PendingCall(ComponentStore* owner, component::Subtask* subtask) : store(owner), call(subtask) {}
  ComponentStore* store;
  component::Subtask* call;  // nullptr when it is over
  std::list<std::shared_ptr<PendingCall>>::iterator place{};
  // It is over: gives what is to be told of it; nullptr if it was over before, or its store has ended.
  component::Subtask* end();
};

// A host function that takes its time.
struct AsyncComponentFunction {
  Linker::AsyncComponentCallerFunction function;
};
class AsyncHostCallee final : public component::HostFunction {
 public:
  using Function = std::variant<std::shared_ptr<AsyncComponentHostFunction>, std::shared_ptr<AsyncComponentFunction>>;
  AsyncHostCallee(StoreBlock& block, Function function, const component::FuncSignature& signature)
      : block_(block), function_(std::move(function)) {
    type = &signature;
  }
  Result<void> call_flat(const component::LoweredFunc& caller, runtime::Thread& thread, runtime::Slot* frame) override;
  Result<void*> call(component::Call& call, component::ComponentInstance& caller) override;
  Result<void> cancel(void* call) override;

 private:
  StoreBlock& block_;
  Function function_;
};

// The host's end of a stream or future (component_streams.cpp).
class HostStreamEnd;

// The clock of components whose time is limited: the engine's watchdog interrupts the store.
class StoreTimeKeeper final : public component::TimeKeeper {
 public:
  explicit StoreTimeKeeper(StoreBlock& block) : block_(block) {}
  StoreTimeKeeper(const StoreTimeKeeper&) = delete;
  StoreTimeKeeper& operator=(const StoreTimeKeeper&) = delete;
  ~StoreTimeKeeper() { forget(); }
  std::uint64_t now() noexcept override;
  void watch(std::uint64_t time) noexcept override;
  void forget() noexcept override;

 private:
  StoreBlock& block_;
  std::optional<Watchdog::Flags::iterator> entry_;
};

// Drives the store while the start function of a component waits.
class StoreStarts final : public component::AsyncStart {
 public:
  explicit StoreStarts(StoreBlock& block) : block_(block) {}
  Result<std::vector<component::Val>> call_and_wait(const component::LiftedFunc& func,
                                                    std::span<const component::Val> arguments) override;

 private:
  StoreBlock& block_;
};

// The components of a store, and what they use.
struct ComponentStore {
  explicit ComponentStore(StoreBlock& block);
  ComponentStore(const ComponentStore&) = delete;
  ComponentStore& operator=(const ComponentStore&) = delete;
  ~ComponentStore();

  StoreBlock& block;
  component::World world;
  StoreHandles handles;
  StoreTimeKeeper keeper;
  StoreStarts starts;
  std::pmr::deque<HostCallee> host_functions;
  std::pmr::list<AsyncHostCallee> async_host_functions;
  std::list<std::shared_ptr<PendingCall>> pending;    // calls of the host
  std::list<std::shared_ptr<GuestCall>> guest_calls;  // calls from the host
  std::list<std::shared_ptr<HostStreamEnd>> copying;  // ends with an operation under way
  std::pmr::list<std::function<void()>> due;          // what the host does between turns of guests
  std::pmr::list<std::function<void()>> posted;       // what it does when guests have nothing to do
  std::vector<std::shared_ptr<HostEvents>> events;
  std::pmr::vector<std::shared_ptr<const ComponentState>> components;
  std::pmr::vector<std::shared_ptr<const ModuleState>> modules;
  std::pmr::vector<std::shared_ptr<HostResource>> resources;
  std::pmr::list<component::Val> values;  // that imports were given
};

// Calls a function of asynchronous type and lets the store go on until it has returned. Errors: trap, usage.
Result<std::vector<component::Val>> call_async(const ComponentFunc& func, std::span<const component::Val> arguments);

// The host's end of a stream or future as a handle is an owner of this kind.
extern const char host_stream_end;
// Tells what is under way that the store is ending.
void abandon_copies(ComponentStore& store);
void abandon_guest_calls(ComponentStore& store);

}  // namespace tenon::detail
