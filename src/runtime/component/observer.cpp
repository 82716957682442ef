#include "runtime/component/observer.hpp"

#include <utility>
#include <vector>

#include "abi/layout.hpp"
#include "abi/lift.hpp"
#include "base/concat.hpp"
#include "runtime/component/scheduler.hpp"

namespace tenon::component {

namespace {

// Lifts without effects.
struct PeekContext final : LiftLowerContext {
  explicit PeekContext(const CanonicalOptions& opts) {
    string_encoding = opts.string_encoding;
    is_memory64 = opts.is_memory64();
    if (opts.memory != nullptr) memory = {opts.memory->base, opts.memory->size.load(std::memory_order_relaxed)};
  }
  Result<std::uint64_t> reallocate(std::uint64_t, std::uint64_t, std::uint32_t, std::uint64_t) override {
    return tenon::fail(ErrorKind::usage, {}, "nothing is allocated by looking");
  }
  Result<Handle> lift_handle(const ValueType&, std::uint32_t index) override {
    return Handle{.rep = index, .owner = {}};
  }
  Result<std::uint32_t> lower_handle(const ValueType&, const Handle& handle) override {
    return static_cast<std::uint32_t>(handle.rep);
  }
};

}  // namespace

void ObservedCall::begin(Scheduler& scheduler, const CallEdge& edge, const CanonicalOptions& opts, unsigned max_flat,
                         std::span<const runtime::Slot> flat) {
  if (scheduler.observer == nullptr) [[likely]]
    return;
  scheduler_ = &scheduler;
  number_ = ++scheduler.observed_calls;
  edge_ = edge;
  PeekContext cx(opts);
  std::vector<Val> values(edge.type->params.size());
  // Values that cannot be lifted are not shown: the call will trap.
  if (!lift_flat_values(cx, max_flat, flat, edge.type->params, values)) values.clear();
  scheduler.observer->called(number_, edge_, values);
}

// The observer may have gone meanwhile.
CallObserver* ObservedCall::take_observer() noexcept {
  const Scheduler* scheduler = std::exchange(scheduler_, nullptr);
  return scheduler == nullptr ? nullptr : scheduler->observer;
}

void ObservedCall::tell_end(const CanonicalOptions& opts, unsigned max_flat, std::span<const runtime::Slot> flat) {
  if (edge_.type->result == nullptr) return tell_end(nullptr);
  PeekContext cx(opts);
  const Member type{.label = {}, .type = edge_.type->result};
  Val result;
  if (!lift_flat_values(cx, max_flat, flat, {&type, 1}, {&result, 1})) return tell_end(nullptr);
  tell_end(&result);
}

void ObservedCall::tell_end(const Val* result) {
  if (CallObserver* observer = take_observer()) observer->returned(number_, edge_, result);
}

void ObservedCall::fail(const Error& error) {
  if (CallObserver* observer = take_observer()) observer->trapped(number_, edge_, error);
}

}  // namespace tenon::component
