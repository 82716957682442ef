#include "runtime/component/sync_call.hpp"

#include <algorithm>

#include "base/concat.hpp"
#include "runtime/component/scheduler.hpp"

namespace tenon::component {

namespace {

// No instance may call out while its realloc or post-return runs.
class MayNotLeave {
 public:
  explicit MayNotLeave(ComponentInstance& inst) noexcept : inst_(inst) { inst.may_leave = false; }
  MayNotLeave(const MayNotLeave&) = delete;
  MayNotLeave& operator=(const MayNotLeave&) = delete;
  ~MayNotLeave() { inst_.may_leave = true; }

 private:
  ComponentInstance& inst_;
};

}  // namespace

Result<void> call_core(runtime::Store& store, const runtime::Func& func, std::span<runtime::Slot> values) {
  auto called = runtime::call(store, func, values);
  if (called || called.error().code() != static_cast<std::uint32_t>(Trap::uncaught_exception)) [[likely]]
    return called;
  return fail(ErrorKind::trap, {}, "uncaught exception propagated out of component")
      .with_code(static_cast<std::uint32_t>(Trap::uncaught_exception))
      .with_context(called.error().context());
}

Result<void> SyncCall::begin(const LiftedFunc& func, ComponentInstance* caller) {
  ComponentInstance& inst = *func.inst;
  if (!inst.may_enter_from(caller)) return fail(ErrorKind::trap, {}, "cannot enter component instance");
  runtime::Store& store = *inst.scheduler->store;
  if (store.current == nullptr) {
    auto thread = runtime::acquire_thread(store);
    if (!thread) return std::move(thread).error();
    thread_ = *thread;
    thread_->fuel = store.fuel;
    owns_thread_ = true;
    store.current = thread_;
  }
  caller_ = caller;
  inst.enter_from(caller);
  activation_.inst = &inst;
  activation_.func = &func;
  push_activation(activation_);
  is_entered_ = true;
  return {};
}

Result<void> SyncCall::run(std::span<runtime::Slot> values) {
  return call_core(*activation_.inst->scheduler->store, *func().callee, values);
}

Result<void> SyncCall::finish(std::span<const runtime::Slot> results) {
  ComponentInstance& inst = *activation_.inst;
  if (const runtime::Func* post_return = func().opts.post_return) {
    if (activation_.borrows.num_borrows != 0)
      return fail(ErrorKind::trap, {}, "borrow handles still remain at the end of the call");
    runtime::Slot values[1] = {results.empty() ? 0 : results[0]};
    const MayNotLeave restricted(inst);
    if (auto called = call_core(*inst.scheduler->store, *post_return, values); !called) return called;
  }
  if (auto popped = pop_activation(activation_); !popped) return popped;
  is_entered_ = false;
  inst.leave_to(caller_);
  end();
  return {};
}

void SyncCall::end() noexcept {
  if (!owns_thread_) return;
  runtime::Store& store = *thread_->store;
  store.current = nullptr;
  store.fuel = thread_->fuel;
  runtime::release_thread(store, *thread_);
  owns_thread_ = false;
}

SyncCall::~SyncCall() {
  if (is_entered_) abandon_activation(activation_);
  end();
}

Result<std::uint64_t> reallocate(ComponentInstance& inst, const CanonicalOptions& opts, std::uint64_t old,
                                 std::uint64_t old_size, std::uint64_t alignment, std::uint64_t new_size) {
  runtime::Slot values[4] = {old, old_size, alignment, new_size};
  Activation activation;
  activation.inst = &inst;
  push_activation(activation);
  {
    const MayNotLeave restricted(inst);
    if (auto called = call_core(*inst.scheduler->store, *opts.realloc, values); !called) {
      abandon_activation(activation);
      return std::move(called).error();
    }
  }
  if (auto popped = pop_activation(activation); !popped) return std::move(popped).error();
  const std::uint64_t pointer = opts.is_memory64() ? values[0] : static_cast<std::uint32_t>(values[0]);
  const std::uint64_t size = opts.memory->size.load(std::memory_order_relaxed);
  if (pointer % alignment != 0) return fail(ErrorKind::trap, {}, "realloc return: result not aligned");
  if (pointer > size || new_size > size - pointer) {
    return fail(ErrorKind::trap, {}, "realloc return: beyond end of memory");
  }
  return pointer;
}

}  // namespace tenon::component
