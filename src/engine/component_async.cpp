// Calls that take their time, of guests by the host and of the host by guests, and the loop that lets them go on.
#include "abi/layout.hpp"
#include "abi/lift.hpp"
#include "abi/lower.hpp"
#include "abi/traps.hpp"
#include "engine/component_state.hpp"
#include "engine/interrupt.hpp"
#include "runtime/component/subtask.hpp"

namespace tenon {

using detail::StoreBlock;

namespace detail {

// --- The host is called --------------------------------------------------------------------------------------------

Result<void> AsyncHostCallee::call_flat(const component::LoweredFunc&, runtime::Thread&, runtime::Slot*) {
  return usage("a host function that takes its time was called as if it did not");
}

namespace {

Result<void> call_typed(AsyncComponentHostFunction& function, component::Subtask& subtask, CallContext& call,
                        std::shared_ptr<PendingCall> pending) {
  AbiContext context;
  AbiState state;
  const component::LoweredFunc& caller = *subtask.func;
  open_context(context, state, *caller.inst, caller.opts, &subtask.lenders, nullptr, caller.type);
  state.function = caller.name;
  const std::span<const runtime::Slot> flat = subtask.take_arguments();
  auto done = function.run(call, context, subtask.max_flat_params(), flat.data(), std::move(pending));
  delete context.scratch;
  return done;
}

}  // namespace

Result<void*> AsyncHostCallee::call(component::Call& call, component::ComponentInstance&) {
  ComponentStore& store = block_.component_store();
  auto pending = std::make_shared<PendingCall>(&store, &static_cast<component::Subtask&>(call));
  store.pending.push_front(pending);
  pending->place = store.pending.begin();
  CallContext context{&block_, block_.store->control.current};
  const auto run = [&]() -> Result<void> {
    if (const auto* typed = std::get_if<std::shared_ptr<AsyncComponentHostFunction>>(&function_)) {
      return call_typed(**typed, *pending->call, context, pending);
    }
    auto arguments = call.start();
    if (!arguments) return std::move(arguments).error();
    const auto& dynamic = std::get<std::shared_ptr<AsyncComponentFunction>>(function_);
    return dynamic->function(StoreBlock::handle(context), *arguments, ComponentCompletion(pending));
  };
  Result<void> started;
  try {
    started = run();
  } catch (...) {
    started = thrown();
  }
  if (!block_.is_alive()) return dead_store();
  if (!started) {
    if (pending->call != nullptr) pending->end();
    return std::move(started).error();
  }
  return static_cast<void*>(pending->call == nullptr ? nullptr : pending.get());
}

component::Subtask* PendingCall::end() {
  component::Subtask* over = std::exchange(call, nullptr);
  if (over != nullptr) store->pending.erase(place);
  return over;
}

Result<void> AsyncHostCallee::cancel(void* call) {
  if (call == nullptr) return {};
  component::Subtask* over = static_cast<PendingCall*>(call)->end();
  return over == nullptr ? Result<void>() : over->resolve_cancelled();
}

namespace {

Result<void> lower_result(component::Subtask& subtask, const ResultLowering& result) {
  runtime::Slot slot = 0;
  if (result.value != nullptr) {
    AbiContext context;
    AbiState state;
    const component::LoweredFunc& caller = *subtask.func;
    open_context(context, state, *caller.inst, caller.opts, nullptr, nullptr, caller.type);
    state.function = caller.name;
    context.type = abi_result(context);
    if (result.flat <= subtask.max_flat_results()) {
      result.to_slots(context, result.value, &slot);
    } else if (const std::uint64_t pointer = *subtask.out_pointer();
               abi_tuple(context, pointer, result.layout(context.is_64)) != nullptr) {
      result.to_memory(context, result.value, pointer);
    }
    if (context.has_failed) return std::move(state.error);
  }
  subtask.return_flat(slot);
  return {};
}

}  // namespace

void complete(PendingCall& pending, const ResultLowering& result) {
  component::Subtask* subtask = pending.end();
  if (subtask == nullptr) return;
  component::ComponentInstance& caller = *subtask->func->inst;
  auto lowered = guarded([&] { return lower_result(*subtask, result); });
  if (!lowered) component::trap_later(caller, std::move(lowered).error());
}

void complete(PendingCall& pending, Error error) {
  component::Subtask* subtask = pending.end();
  if (subtask != nullptr) component::trap_later(*subtask->func->inst, std::move(error));
}

// --- A guest is called ---------------------------------------------------------------------------------------------

// One call from the host. The store keeps it until its task is gone; what it does when it is done comes between turns.
struct GuestCall final : component::Call, std::enable_shared_from_this<GuestCall> {
  GuestCall(std::shared_ptr<StoreBlock> owner, const component::LiftedFunc& callee, std::unique_ptr<GuestCallBody> what)
      : block(std::move(owner)), func(&callee), body(std::move(what)) {}

  Result<void> start(const component::LiftedFunc& callee, component::BorrowScope& borrows,
                     runtime::Slot* flat) override {
    auto lowered = with_context(callee, &borrows, [&](AbiContext& context) { body->lower(context, flat); });
    if (!lowered && lowered.error().kind() == ErrorKind::usage) finish(lowered.error());
    return lowered;
  }
  Result<std::vector<component::Val>> start() override { return usage("the callee of a host's call is a guest"); }
  Result<void> resolve(const component::LiftedFunc& callee, std::span<const runtime::Slot> flat,
                       unsigned max_flat) override {
    auto lifted =
        with_context(callee, nullptr, [&](AbiContext& context) { body->lift(context, flat.data(), max_flat); });
    if (lifted) finish({});
    return lifted;
  }
  Result<void> resolve(std::span<const component::Val>) override {
    return usage("the callee of a host's call is a guest");
  }
  Result<void> resolve_cancelled() override {
    finish(fail(ErrorKind::exit, {}, "the call was cancelled"));
    return {};
  }
  void on_end() noexcept override {
    task = nullptr;
    has_ended = true;
    const auto self = weak_from_this().lock();
    if (is_listed) block->component_store().guest_calls.erase(place);
    is_listed = false;
  }

  // The call is over; the host hears of it at the next opportunity.
  void finish(Result<void> done) {
    if (is_done) return;
    is_done = true;
    const auto tell = [self = shared_from_this(), error = done ? std::optional<Error>() : std::move(done).error()] {
      if (const auto told = std::move(self->body)) told->finish(error ? Result<void>(*error) : Result<void>());
    };
    block->component_store().due.push_back(tell);
  }
  // The host is not interested any more, and what it lent goes.
  void abandon() { body.reset(); }

  std::shared_ptr<StoreBlock> block;
  const component::LiftedFunc* func;
  std::unique_ptr<GuestCallBody> body;  // until the host was told
  component::Task* task = nullptr;
  bool is_done = false;
  bool has_ended = false;
  bool is_listed = false;
  std::list<std::shared_ptr<GuestCall>>::iterator place{};

 private:
  template <class Work>
  Result<void> with_context(const component::LiftedFunc& callee, component::BorrowScope* borrows, Work work) {
    if (body == nullptr) return fail(ErrorKind::trap, {}, "the host gave up the call");
    AbiContext context;
    AbiState state;
    open_context(context, state, *callee.inst, callee.opts, nullptr, borrows, callee.type);
    state.function = func->name;
    work(context);
    delete context.scratch;
    if (!context.has_failed) return {};
    if (state.error.kind() == ErrorKind::usage) state.guest->take_back();
    return std::move(state.error);
  }
};

namespace {

Result<void> begin_call(GuestCall& call) {
  ComponentStore& store = call.block->component_store();
  if (!call.func->type->is_async) {
    auto done = component::call_synchronously(*call.func, call, nullptr);
    call.has_ended = true;
    return done;
  }
  store.guest_calls.push_front(call.shared_from_this());
  call.place = store.guest_calls.begin();
  call.is_listed = true;
  auto task = component::start_call(store.world.scheduler, *call.func, call);
  if (!task) return std::move(task).error();
  if (!call.has_ended) call.task = *task;
  return {};
}

// The calls in an instance that trapped are over. Gives whether there were any.
bool fail_calls(ComponentStore& store, const Error& error) {
  bool is_any = false;
  const auto calls = store.guest_calls;
  for (const auto& call : calls) {
    if (call->is_done || call->func->inst->may_enter_from(nullptr)) continue;
    call->finish(error);
    is_any = true;
  }
  return is_any;
}

}  // namespace

std::shared_ptr<GuestCall> start_call(const ComponentFunc& func, std::unique_ptr<GuestCallBody> body) {
  StoreBlock* block = StoreBlock::owner_of(func);
  const component::LiftedFunc* callee = StoreBlock::func_of(func);
  if (callee == nullptr || !block->is_alive()) {
    body->finish(callee == nullptr ? usage("the function handle is empty") : dead_store());
    return nullptr;
  }
  auto call = std::make_shared<GuestCall>(block->shared_from_this(), *callee, std::move(body));
  auto begun = guarded_call(*block, [&] { return begin_call(*call); });
  if (!block->is_alive()) {
    call->is_done = true;
    if (const auto told = std::move(call->body)) told->finish(dead_store());
    return call;
  }
  if (!begun) {
    call->finish(begun.error());
    fail_calls(block->component_store(), begun.error());
  }
  return call;
}

// --- The loop ------------------------------------------------------------------------------------------------------

ComponentStore::ComponentStore(StoreBlock& owner)
    : block(owner),
      world(*owner.store),
      handles(owner),
      keeper(owner),
      starts(owner),
      host_functions(&owner.memory),
      async_host_functions(&owner.memory),
      due(&owner.memory),
      posted(&owner.memory),
      components(&owner.memory),
      modules(&owner.memory),
      resources(&owner.memory),
      values(&owner.memory) {
  world.async_start = &starts;
  world.scheduler.host_handles = &handles;
}

namespace {

// Objects of C++ classes that are in the hands of guests go with the store. Of other resources the host has its own
// list.
void destroy_host_objects(component::World& world) noexcept {
  for (component::RootInstance& root : world.roots) {
    for (component::ComponentInstance& inst : root.instances) {
      inst.handles.for_each_resource([](const component::ResourceHandle& handle) {
        const HostResource* resource = HostResource::of(*handle.rt);
        if (handle.own && resource != nullptr && resource->key != nullptr) resource->destructor(handle.rep);
      });
    }
  }
}

bool run_one(std::pmr::list<std::function<void()>>& functions) {
  if (functions.empty()) return false;
  const auto next = std::move(functions.front());
  functions.pop_front();
  next();
  return true;
}

// A store's guests and its host, turn by turn.
class Loop {
 public:
  explicit Loop(StoreBlock& block) : block_(block), store_(block.component_store()) {}

  // Errors: trap, usage.
  Result<void> check() const {
    const component::Scheduler& scheduler = store_.world.scheduler;
    if (scheduler.nesting_depth == 0 && scheduler.current == nullptr) return {};
    return usage("a store cannot be driven while a guest of it runs");
  }

  enum class Step : std::uint8_t { ran, waits, nothing };
  // One turn, of whoever can go on. `longest`: how long to wait where nobody can.
  Result<Step> step(std::chrono::nanoseconds longest) {
    if (run_one(store_.due)) return Step::ran;
    auto ran = component::tick(store_.world.scheduler);
    if (!ran) {
      if (fail_calls(store_, ran.error())) return Step::ran;
      return std::move(ran).error();
    }
    if (*ran) {
      // The host's events must not starve when guests always have something to do.
      constexpr unsigned turns_between_looks = 64;
      if (++turns_ % turns_between_looks == 0) (void)poll(std::chrono::nanoseconds::zero());
      return Step::ran;
    }
    if (run_one(store_.posted)) return Step::ran;
    return poll(longest);
  }

  bool is_interrupted() const noexcept {
    if (!block_.is_alive()) return true;
    runtime::Store& store = *block_.store;
    if (!detail::is_interrupted(store)) [[likely]]
      return false;
    return store.may_go_on == nullptr || !store.may_go_on(store);
  }

 private:
  Step poll(std::chrono::nanoseconds longest) {
    Step result = Step::nothing;
    const auto events = store_.events;  // callbacks may add some
    for (const bool may_wait : {false, true}) {
      if (may_wait && (result != Step::waits || longest == std::chrono::nanoseconds::zero())) break;
      for (const auto& source : events) {
        const auto share = may_wait ? longest / static_cast<std::int64_t>(events.size()) : longest.zero();
        const HostEvents::State state = source->poll(share);
        if (!block_.is_alive()) return Step::ran;
        if (state == HostEvents::State::happened) return Step::ran;
        if (state == HostEvents::State::waiting) result = Step::waits;
      }
    }
    return result;
  }

  StoreBlock& block_;
  ComponentStore& store_;
  unsigned turns_ = 0;
};

// How long to wait before interruption is looked for; with several sources of events they take turns.
constexpr std::chrono::milliseconds longest_wait{50};
constexpr std::chrono::milliseconds longest_wait_of_several{4};

Error interrupted() {
  return fail(ErrorKind::trap, {}, message(Trap::deadline_exceeded))
      .with_code(static_cast<std::uint32_t>(Trap::deadline_exceeded));
}

template <class IsDone>
Result<void> drive(StoreBlock& block, IsDone is_done) {
  Loop loop(block);
  if (auto checked = loop.check(); !checked) return checked;
  while (!is_done()) {
    if (loop.is_interrupted()) {
      if (!block.is_alive()) return dead_store();
      return component::name_limit(block.component_store().world.scheduler, interrupted());
    }
    const std::chrono::nanoseconds longest =
        block.component_store().events.size() > 1 ? longest_wait_of_several : longest_wait;
    auto stepped = loop.step(longest);
    if (!stepped) return std::move(stepped).error();
    if (!block.is_alive()) return dead_store();
    if (*stepped == Loop::Step::nothing) {
      return fail(ErrorKind::trap, {}, "deadlock detected: event loop cannot make further progress");
    }
  }
  return {};
}

}  // namespace

ComponentStore::~ComponentStore() { destroy_host_objects(world); }

void abandon_guest_calls(ComponentStore& store) {
  const auto calls = std::exchange(store.guest_calls, {});
  for (const auto& call : calls) {
    call->is_listed = false;
    call->has_ended = true;
    if (std::exchange(call->is_done, true)) continue;
    if (const auto body = std::move(call->body)) body->finish(usage("the store ended while the guest was waiting"));
  }
}

Result<void> wait_for_call(const ComponentFunc& func, const std::shared_ptr<GuestCall>& call) {
  if (call == nullptr) return {};  // it never began, and was told so
  StoreBlock& block = *StoreBlock::owner_of(func);
  auto driven = !block.is_alive()
                    ? Result<void>(dead_store())
                    : guarded_call(block, [&] { return drive(block, [&] { return call->body == nullptr; }); });
  if (!driven) call->abandon();
  return driven;
}

namespace {

// A call with values.
struct DynamicGuestCall final : GuestCallBody {
  std::vector<component::Val> arguments;
  std::vector<component::Val> results;
  std::function<void(Result<std::vector<component::Val>>)> done;

  void lower(AbiContext& context, std::uint64_t* slots) override {
    auto lowered = component::lower_flat_values(*context.state->guest, component::max_flat_params, arguments,
                                                context.signature->params, slots);
    if (!lowered) keep(context, std::move(lowered).error());
  }
  void lift(AbiContext& context, const std::uint64_t* slots, unsigned most) override {
    const component::ResultMembers type(*context.signature);
    results.resize(type.list().size());
    const std::uint64_t flat = component::flat_count(type.list());
    const std::size_t count = flat > most ? 1 : static_cast<std::size_t>(flat);
    auto lifted = component::lift_flat_values(*context.state->guest, most, {slots, count}, type.list(), results);
    if (!lifted) keep(context, std::move(lifted).error());
  }
  void finish(Result<void> ended) override {
    if (!ended) return done(std::move(ended).error());
    done(std::move(results));
  }

 private:
  static void keep(AbiContext& context, Error error) {
    context.has_failed = true;
    context.state->error = component::of_function(std::move(error), context.state->function);
  }
};

}  // namespace

Result<std::vector<component::Val>> call_async(const ComponentFunc& func, std::span<const component::Val> arguments) {
  std::optional<Result<std::vector<component::Val>>> results;
  auto body = std::make_unique<DynamicGuestCall>();
  body->arguments.assign(arguments.begin(), arguments.end());
  body->done = [&results](Result<std::vector<component::Val>> given) { results.emplace(std::move(given)); };
  const auto call = start_call(func, std::move(body));
  if (auto waited = wait_for_call(func, call); !waited) return std::move(waited).error();
  return *std::move(results);
}

Result<std::vector<component::Val>> StoreStarts::call_and_wait(const component::LiftedFunc& func,
                                                               std::span<const component::Val> arguments) {
  return call_async(block_.handle(&func), arguments);
}

}  // namespace detail

GuestTask start(const ComponentFunc& func, std::vector<component::Val> arguments,
                std::function<void(Result<std::vector<component::Val>>)> done) {
  auto body = std::make_unique<detail::DynamicGuestCall>();
  body->arguments = std::move(arguments);
  body->done = std::move(done);
  return GuestTask(detail::start_call(func, std::move(body)));
}

bool GuestTask::is_done() const noexcept { return call_ == nullptr || call_->is_done; }
bool GuestTask::has_ended() const noexcept { return call_ == nullptr || call_->has_ended; }

Result<void> GuestTask::cancel() const {
  if (is_done() || call_->task == nullptr || !call_->block->is_alive()) return {};
  return detail::guarded_call(*call_->block, [&] { return component::request_cancellation(*call_->task, nullptr); });
}

Result<void> run_until(const StoreHandle& store, const std::function<bool()>& is_done) {
  StoreBlock* block = StoreBlock::open(store);
  if (block == nullptr) return detail::dead_store();
  return detail::guarded_call(*block, [&] { return detail::drive(*block, is_done); });
}

Result<bool> run_ready(const StoreHandle& store) {
  StoreBlock* block = StoreBlock::open(store);
  if (block == nullptr) return detail::dead_store();
  return detail::guarded_call(*block, [&]() -> Result<bool> {
    detail::Loop loop(*block);
    if (auto checked = loop.check(); !checked) return std::move(checked).error();
    for (;;) {
      if (loop.is_interrupted()) return block->is_alive() ? detail::interrupted() : detail::dead_store();
      auto stepped = loop.step(std::chrono::nanoseconds::zero());
      if (!stepped) return std::move(stepped).error();
      if (!block->is_alive()) return detail::dead_store();
      if (*stepped != detail::Loop::Step::ran) {
        const detail::ComponentStore& components = block->component_store();
        return *stepped == detail::Loop::Step::waits || !components.guest_calls.empty() || !components.pending.empty();
      }
    }
  });
}

// --- Handles of stores ---------------------------------------------------------------------------------------------

StoreHandle::StoreHandle(const Store& store) : block_(StoreBlock::shared(store)) {}

bool StoreHandle::is_alive() const noexcept { return block_ != nullptr && block_->is_alive(); }

void StoreHandle::post(std::function<void()> function) const {
  if (is_alive()) block_->component_store().due.push_back(std::move(function));
}

void StoreHandle::add_events(std::shared_ptr<HostEvents> events) const {
  if (!is_alive()) return;
  auto& sources = block_->component_store().events;
  if (std::ranges::find(sources, events) == sources.end()) sources.push_back(std::move(events));
}

bool StoreHandle::is_interrupted() const noexcept { return !is_alive() || detail::is_interrupted(*block_->store); }

StoreHandle Caller::store() const noexcept { return StoreHandle(context_->block->shared_from_this()); }

Result<void> ComponentCompletion::resolve(std::span<const component::Val> results) const {
  component::Subtask* subtask = call_->call;
  if (subtask == nullptr) return {};
  auto resolved = subtask->resolve(results);
  // Values of other types are refused, and the guest still waits for the right ones.
  if (resolved || resolved.error().kind() != ErrorKind::usage) call_->end();
  return resolved;
}

void ComponentCompletion::resolve_later(std::vector<component::Val> results) const {
  if (call_->call == nullptr) return;
  call_->store->posted.push_back(
      [completion = *this, results = std::move(results)] { (void)completion.resolve(results); });
}

void ComponentCompletion::reject(Error error) const { detail::complete(*call_, std::move(error)); }

}  // namespace tenon
