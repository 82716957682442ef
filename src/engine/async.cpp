// Suspension: a guest that waits is a thread whose managed stack is left as it is. Nothing of it lies on the native
// stack, so the host's call simply returns, and goes on later from wherever the host completes the wait.
#include "tenon/async.hpp"

#include "engine/state.hpp"

namespace tenon::detail {

struct Waiting {
  std::shared_ptr<StoreBlock> block;
  runtime::Thread* thread;
  AsyncCall* call;  // nullptr where the guest may not wait
  bool is_complete = false;
  bool is_suspended = false;
  std::vector<std::uint64_t> results;
  Error error;
  bool has_error = false;

  Waiting(std::shared_ptr<StoreBlock> owner, runtime::Thread* waiter, AsyncCall* under_way)
      : block(std::move(owner)), thread(waiter), call(under_way) {}
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() {
    if (is_complete || !is_suspended) return;
    complete(*this, usage("the host dropped the completion of a call without completing it"));
  }
};

std::shared_ptr<Waiting> begin_waiting(CallContext& context) {
  return std::make_shared<Waiting>(context.block->shared_from_this(), context.thread,
                                   static_cast<AsyncCall*>(context.thread->host_call));
}

Result<void> end_waiting(CallContext& context, Waiting& waiting, std::uint64_t* frame) {
  if (waiting.is_complete) {
    if (waiting.has_error) return std::move(waiting.error);
    std::ranges::copy(waiting.results, frame);
    return {};
  }
  if (waiting.call == nullptr) {
    return usage("the host function waits, and the guest was called in a way that cannot; call it with tenon::start");
  }
  waiting.is_suspended = true;
  context.is_suspended = true;
  return {};
}

namespace {

// The call may have ended with its store meanwhile.
bool still_waits(const Waiting& waiting) {
  return waiting.is_suspended && waiting.block->is_alive() && waiting.thread->host_call == waiting.call;
}

}  // namespace

void complete(Waiting& waiting, std::span<const std::uint64_t> results) {
  if (std::exchange(waiting.is_complete, true)) return;
  if (!waiting.is_suspended) {
    waiting.results.assign(results.begin(), results.end());
    return;
  }
  if (!still_waits(waiting)) return;
  waiting.block->run(*waiting.call, [&] { return runtime::resume(*waiting.thread, results); });
}

void complete(Waiting& waiting, Error error) {
  if (std::exchange(waiting.is_complete, true)) return;
  if (!waiting.is_suspended) {
    waiting.error = std::move(error);
    waiting.has_error = true;
    return;
  }
  if (!still_waits(waiting)) return;
  waiting.block->finish(*waiting.call, runtime::resume(*waiting.thread, std::move(error)));
}

void start(const Func& func, std::span<const std::uint64_t> arguments,
           std::function<void(Result<std::span<const std::uint64_t>>)> done) {
  StoreBlock* block = StoreBlock::owner_of(func);
  if (block == nullptr) return done(usage("the function handle is empty"));
  if (!block->is_alive()) return done(dead_store());
  block->start(*StoreBlock::func_of(func), arguments, std::move(done));
}

void StoreBlock::start(const runtime::Func& func, std::span<const std::uint64_t> arguments,
                       decltype(AsyncCall::done) done) {
  const auto self = shared_from_this();  // `done` may drop the last handle
  std::list<AsyncCall> made;
  auto prepared = guarded(*this, [&]() -> Result<void> {
    made.emplace_back(nullptr, &func, std::function<void(Result<std::span<const std::uint64_t>>)>());
    auto thread = runtime::acquire_thread(*store);
    if (!thread) return std::move(thread).error();
    made.front().thread = *thread;
    return {};
  });
  if (!prepared) return done(std::move(prepared).error());
  async_calls.splice(async_calls.end(), made);
  AsyncCall& call = async_calls.back();
  call.done = std::move(done);
  call.place = std::prev(async_calls.end());
  call.thread->host_call = &call;
  run(call, [&] { return runtime::start(*call.thread, func, arguments); });
}

void StoreBlock::finish(AsyncCall& call, runtime::Outcome outcome) {
  if (outcome == runtime::Outcome::suspended) return;
  std::list<AsyncCall> ended;
  ended.splice(ended.end(), async_calls, call.place);
  runtime::Thread& thread = *call.thread;
  thread.host_call = nullptr;
  if (outcome == runtime::Outcome::returned) {
    const std::span<const runtime::Slot> results = runtime::results_of(thread, *call.func);
    const std::vector<std::uint64_t> values(results.begin(), results.end());
    runtime::release_thread(*store, thread);
    return call.done(std::span<const std::uint64_t>(values));
  }
  Error error = runtime::error_of(thread, outcome);
  runtime::release_thread(*store, thread);
  call.done(std::move(error));
}

void StoreBlock::abandon_calls() {
  std::list<AsyncCall> calls = std::move(async_calls);
  async_calls.clear();
  for (AsyncCall& call : calls) call.done(usage("the store ended while the guest was waiting"));
}

}  // namespace tenon::detail
