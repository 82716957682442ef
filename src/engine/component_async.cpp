// Calls that take their time: of guests by the host, and of the host by guests.
#include "abi/layout.hpp"
#include "abi/lift.hpp"
#include "abi/lower.hpp"
#include "engine/component_state.hpp"
#include "runtime/component/subtask.hpp"

namespace tenon {

using detail::usage;

namespace detail {

namespace {

bool run_posted(void* data) {
  auto& store = *static_cast<ComponentStore*>(data);
  if (store.posted.empty()) return false;
  const auto next = std::move(store.posted.front());
  store.posted.pop_front();
  next();
  return true;
}

}  // namespace

ComponentStore::ComponentStore(runtime::Store& store) : world(store) {
  world.scheduler.wait_for_host = run_posted;
  world.scheduler.data = this;
}

// --- The host is called --------------------------------------------------------------------------------------------

Result<void> AsyncHostCallee::call_flat(const component::LoweredFunc&, runtime::Thread&, runtime::Slot*) {
  return usage("a host function that takes its time was called as if it did not");
}

Result<void*> AsyncHostCallee::call(component::Call& call, component::ComponentInstance&) {
  auto arguments = call.start();
  if (!arguments) return std::move(arguments).error();
  ComponentStore& store = block_.component_store();
  auto pending = std::make_shared<PendingCall>(&store, &call);
  store.pending.push_front(pending);
  pending->place = store.pending.begin();
  auto started = function_->function(*arguments, ComponentCompletion(pending));
  if (!started) return std::move(started).error();
  return static_cast<void*>(pending->call == nullptr ? nullptr : pending.get());
}

Result<void> AsyncHostCallee::cancel(void* call) {
  if (call == nullptr) return {};
  auto& pending = *static_cast<PendingCall*>(call);
  component::Call* over = std::exchange(pending.call, nullptr);
  if (over == nullptr) return {};
  pending.store->pending.erase(pending.place);
  return over->resolve_cancelled();
}

// --- A guest is called ---------------------------------------------------------------------------------------------

namespace {

struct HostCall final : component::Call {
  HostCall(StoreBlock& block, std::span<const component::Val> arguments) : handles(block), arguments(arguments) {}

  Result<void> start(component::LiftLowerContext& callee, const component::FuncSignature& type,
                     runtime::Slot* flat) override {
    static_cast<component::GuestContext&>(callee).host = &handles;
    auto lowered = component::lower_flat_values(callee, component::max_flat_params, arguments, type.params, flat);
    if (!lowered) return std::move(lowered).error();
    return {};
  }
  Result<std::vector<component::Val>> start() override {
    return std::vector<component::Val>(arguments.begin(), arguments.end());
  }
  Result<void> resolve(component::LiftLowerContext& callee, const component::FuncSignature& type,
                       std::span<const runtime::Slot> flat, unsigned max_flat) override {
    static_cast<component::GuestContext&>(callee).host = &handles;
    const component::ResultMembers types(type);
    results.resize(types.count);
    is_resolved = true;
    return component::lift_flat_values(callee, max_flat, flat, types, results);
  }
  Result<void> resolve(std::span<const component::Val> values) override {
    results.assign(values.begin(), values.end());
    is_resolved = true;
    return {};
  }
  Result<void> resolve_cancelled() override {
    is_resolved = true;
    return {};
  }

  StoreHandles handles;
  std::span<const component::Val> arguments;
  std::vector<component::Val> results;
  bool is_resolved = false;
};

}  // namespace

Result<std::vector<component::Val>> call_async(StoreBlock& block, const component::LiftedFunc& func,
                                               std::span<const component::Val> arguments) {
  component::Scheduler& scheduler = block.component_store().world.scheduler;
  HostCall call(block, arguments);
  auto task = component::start_call(scheduler, func, call);
  if (!task) return std::move(task).error();
  const auto is_done = [](void* data) { return static_cast<const HostCall*>(data)->is_resolved; };
  if (auto done = component::run_until(scheduler, is_done, &call); !done) return std::move(done).error();
  return std::move(call.results);
}

}  // namespace detail

Result<void> ComponentCompletion::resolve(std::span<const component::Val> results) const {
  component::Call* call = std::exchange(call_->call, nullptr);
  if (call == nullptr) return {};
  call_->store->pending.erase(call_->place);
  return call->resolve(results);
}

void ComponentCompletion::resolve_later(std::vector<component::Val> results) const {
  if (call_->call == nullptr) return;
  call_->store->posted.push_back(
      [completion = *this, results = std::move(results)] { (void)completion.resolve(results); });
}

}  // namespace tenon
