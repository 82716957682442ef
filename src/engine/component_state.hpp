// What stands behind the public handles of components, beside state.hpp.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/state.hpp"
#include "fuse/plan.hpp"
#include "model/component/component.hpp"
#include "runtime/component/guest_context.hpp"
#include "runtime/component/instance.hpp"
#include "tenon/component.hpp"
#include "validate/component/component.hpp"

namespace tenon::detail {

struct ComponentState {
  explicit ComponentState(std::shared_ptr<EngineState> owner);
  ComponentState(const ComponentState&) = delete;
  ComponentState& operator=(const ComponentState&) = delete;
  ~ComponentState();
  static const std::shared_ptr<const ComponentState>& of(const Component& component) { return component.state_; }

  std::shared_ptr<EngineState> engine;
  std::string bytes;
  Arena arena;
  std::optional<component::Component> component;
  component::ValidatedComponent validated;
  fuse::Plan plan;
  std::vector<runtime::CodeModule*> code;  // by fuse::ModuleIdx
  std::vector<std::shared_ptr<NativeUnit>> native;  // likewise, in engines that compile
};

// Types in WIT's notation. Resources are shown by their names in `plan`, where there is one.
std::string type_text(const component::ValueType* type, const fuse::Plan* plan);
std::string type_text(const component::FuncSignature& type, const fuse::Plan* plan);

// Compares what C++ says of a type with what the component says; an empty text when they agree, else where they differ.
std::string difference(const Shape& shape, const component::ValueType* type);

std::string difference(std::span<const Shape* const> params, const Shape* result, const component::FuncSignature& type);

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

// The library's half of an AbiContext.
struct AbiState {
  std::optional<component::GuestContext> guest;
  Error error;
};
void open_context(AbiContext& context, AbiState& state, component::ComponentInstance& inst,
                  const component::CanonicalOptions& opts, component::Lenders* lenders,
                  component::BorrowScope* borrow_scope) noexcept;
// What the guest's memory is now: after it has run.
void update_memory(AbiContext& context) noexcept;

// The handles of a store's guests that the host holds.
class StoreHandles final : public component::HostHandles {
 public:
  explicit StoreHandles(StoreBlock& block) : block_(block) {}
  component::Handle receive(const component::RuntimeResourceType& type, std::uint64_t rep) override;
  Result<std::uint64_t> give(const component::RuntimeResourceType& type, const component::Handle& handle) override;
  Result<std::uint64_t> lend(const component::RuntimeResourceType& type, const component::Handle& handle) override;

 private:
  StoreBlock& block_;
};

// A resource type of the host.
struct HostResource {
  component::RuntimeResourceType type;
  std::string name;
  std::function<void(std::uint64_t rep)> destructor;
};

// A host function that gets and gives values.
struct DynamicComponentFunction {
  Linker::ComponentFunction function;
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
  Result<void*> call(component::Call& call, component::ComponentInstance& caller) override;

 private:
  Function function_;
};

// A call of a host function that takes its time: until it is resolved, or cancelled by the guest.
struct PendingCall {
  ComponentStore* store;
  component::Call* call;  // nullptr when it is over
  std::list<std::shared_ptr<PendingCall>>::iterator place{};
};

// A host function that takes its time.
struct AsyncComponentFunction {
  Linker::AsyncComponentFunction function;
};
class AsyncHostCallee final : public component::HostFunction {
 public:
  AsyncHostCallee(StoreBlock& block, std::shared_ptr<AsyncComponentFunction> function,
                  const component::FuncSignature& signature)
      : block_(block), function_(std::move(function)) {
    type = &signature;
  }
  Result<void> call_flat(const component::LoweredFunc& caller, runtime::Thread& thread, runtime::Slot* frame) override;
  Result<void*> call(component::Call& call, component::ComponentInstance& caller) override;
  Result<void> cancel(void* call) override;

 private:
  StoreBlock& block_;
  std::shared_ptr<AsyncComponentFunction> function_;
};

// The components of a store, and what they use.
struct ComponentStore {
  explicit ComponentStore(runtime::Store& store);
  component::World world;
  std::deque<HostCallee> host_functions;
  std::deque<AsyncHostCallee> async_host_functions;
  std::list<std::shared_ptr<PendingCall>> pending;
  std::deque<std::function<void()>> posted;  // what the host does when guests have nothing to do
  std::vector<std::shared_ptr<const ComponentState>> components;
  std::vector<std::shared_ptr<const ModuleState>> modules;
  std::vector<std::shared_ptr<HostResource>> resources;
};

// Calls a function of asynchronous type and runs the scheduler until it has returned. Errors: trap, usage.
Result<std::vector<component::Val>> call_async(StoreBlock& block, const component::LiftedFunc& func,
                                               std::span<const component::Val> arguments);

}  // namespace tenon::detail
