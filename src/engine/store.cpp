#include <algorithm>
#include <new>

#include "engine/component_state.hpp"
#include "engine/interrupt.hpp"
#include "engine/spare_stack.hpp"
#include "engine/state.hpp"
#include "jit/helpers.hpp"

namespace tenon {

namespace detail {

namespace {

runtime::StoreLimits to_runtime(const Limits& limits) {
  return {.memory_bytes = limits.memory_bytes,
          .table_elements = limits.table_elements,
          .gc_bytes = limits.gc_bytes,
          .instances = limits.instance_count,
          .stack_bytes = limits.stack_bytes};
}

// Every host function's way in: the guest's frame on one side, the C++ callable on the other.
runtime::Outcome run_host_function(runtime::Thread& thread, const runtime::Func& func, runtime::Slot* frame) noexcept {
  auto* function = static_cast<HostFunction*>(func.data);
  CallContext context{static_cast<StoreBlock*>(thread.store->control.host), &thread};
  const auto failed = [&](Error error) {
    thread.pending_error = std::move(error);
    return thread.trap(Trap::host_error);
  };
  try {
    auto result = function->run(context, frame);
    if (!context.block->is_alive()) return failed(dead_store());
    if (!result) return failed(std::move(result).error());
    if (is_interrupted(*thread.store)) [[unlikely]]
      return thread.trap(Trap::deadline_exceeded);
    return context.is_suspended ? runtime::Outcome::suspended : runtime::Outcome::returned;
  } catch (...) {
    return failed(thrown());
  }
}

}  // namespace

namespace {

runtime::StoreControl no_calls;  // of stores that have ended

void append_source_line(const runtime::Instance& instance, const runtime::Executor::Position& position,
                        TextBuffer& out) {
  for (const auto& module : static_cast<StoreBlock*>(instance.store->control.host)->modules) {
    if (module->code != instance.module || !module->source_lines) continue;
    const std::string line = module->source_lines->at(position.offset);
    if (line.empty()) return;
    append_text(out, ", ");
    append_text(out, std::string_view(line));
    return;
  }
}

}  // namespace

StoreBlock::StoreBlock(std::shared_ptr<EngineState> owner, const Limits& limits)
    : engine(std::move(owner)),
      store(::new(memory.allocate(sizeof(runtime::Store), alignof(runtime::Store)))
                runtime::Store(*engine->executor, engine->types, memory, to_runtime(limits), &engine->pool)),
      call_time(limits.call_time) {
  store->control.host = this;
  calls.control = &store->control;
  store->append_source_line = append_source_line;
  store->direct_host = &jit::direct_host();
  store->spare_stack = spare_stack;
  if (engine->options.tier == Tier::automatic)
    look_flag = engine->look_flags.add(store->control.native_stack_limit.interrupt);
}

StoreBlock::~StoreBlock() {
  if (look_flag) engine->look_flags.remove(*look_flag);
}

void CallsUnderWay::note() noexcept {
  const component::Scheduler& scheduler = block_.components->world.scheduler;
  current_ = scheduler.current;
  pending_ = scheduler.pending.value[0];
  nesting_depth_ = scheduler.nesting_depth;
  sync_depth_ = scheduler.sync_depth;
}

void CallsUnderWay::restore() const noexcept {
  core_.restore(*block_.store);
  if (block_.components == nullptr) return;
  component::Scheduler& scheduler = block_.components->world.scheduler;
  scheduler.current = current_;
  scheduler.pending.value[0] = pending_;
  scheduler.nesting_depth = nesting_depth_;
  scheduler.sync_depth = sync_depth_;
}

void StoreBlock::end() {
  has_ended = true;
  runtime::StoreControl& control = *std::exchange(calls.control, &no_calls);
  if (calls.depth == 0) return dispose();
  control.direct_outcome |= store_has_ended;
  store->control.native_stack_limit.interrupt.store(1, std::memory_order_relaxed);
}

void StoreBlock::dispose() {
  const auto last = std::move(self);
  // What the heap and the host functions hold may hold handles of this very store: they find it gone. The modules'
  // code is in use until the store is gone.
  if (components != nullptr) {
    for (const auto& call : components->pending) call->call = nullptr;
    abandon_guest_calls(*components);
    abandon_copies(*components);
  }
  components.reset();
  if (look_flag) engine->look_flags.remove(*std::exchange(look_flag, std::nullopt));
  store.reset();
  abandon_calls();
  std::exchange(host_functions, {}).clear();
  std::exchange(modules, {}).clear();
  engine->store_bytes.store(
      std::clamp(memory.wanted_at_hand(), EngineState::least_store_bytes, EngineState::most_store_bytes),
      std::memory_order_relaxed);
}

Result<StoreBlock*> StoreBlock::open(const Store& store) {
  if (store.block_ == nullptr) return usage("the store was moved away");
  // A host value that goes with its store may use it.
  if (store.block_->has_ended) return usage("the store has ended");
  return store.block_.get();
}

Result<runtime::Func*> StoreBlock::make_host_func(const std::shared_ptr<HostFunction>& function) {
  const auto found = host_functions.find(function);
  if (found != host_functions.end()) return found->second;
  auto type = intern(engine->types, function->params, function->results);
  if (!type) return std::move(type).error();
  runtime::Func* func = runtime::make_host_func(*store, *type, run_host_function, function.get());
  if (function->direct != nullptr) {
    func->host_code = function->direct;
    func->native_entry = reinterpret_cast<const void*>(&tenon_call_host);
    func->native_context = func;
  }
  host_functions.emplace(function, func);
  return func;
}

Func StoreBlock::handle(runtime::Func* func) {
  Func result;
  result.store_ = shared_from_this();
  result.func_ = func;
  return result;
}

Memory StoreBlock::handle(runtime::Memory* memory) {
  Memory result;
  result.store_ = shared_from_this();
  result.memory_ = memory;
  return result;
}

Table StoreBlock::handle(runtime::Table* table) {
  Table result;
  result.store_ = shared_from_this();
  result.table_ = table;
  return result;
}

Global StoreBlock::handle(runtime::Global* global) {
  Global result;
  result.store_ = shared_from_this();
  result.global_ = global;
  return result;
}

Tag StoreBlock::handle(runtime::Tag* tag) {
  Tag result;
  result.store_ = shared_from_this();
  result.tag_ = tag;
  return result;
}

Instance StoreBlock::handle(runtime::Instance* instance) {
  Instance result;
  result.store_ = shared_from_this();
  result.instance_ = instance;
  return result;
}

Extern StoreBlock::handle(const runtime::Extern& item) {
  switch (item.kind) {
    case core::ExternKind::func: return handle(item.func);
    case core::ExternKind::table: return handle(item.table);
    case core::ExternKind::memory: return handle(item.memory);
    case core::ExternKind::global: return handle(item.global);
    case core::ExternKind::tag: return handle(item.tag);
  }
  return {};
}

namespace {

Result<void> check_owner(const StoreBlock& block, const std::shared_ptr<StoreBlock>& owner, ExternKind kind) {
  if (owner == nullptr) return usage("the ", to_string(kind), " handle is empty");
  if (!owner->is_alive()) return dead_store();
  if (owner.get() != &block) return usage("the ", to_string(kind), " belongs to another store");
  return {};
}

}  // namespace

Result<runtime::Extern> StoreBlock::open(const Extern& item) const {
  runtime::Extern result;
  result.kind = static_cast<core::ExternKind>(item.kind);
  const std::shared_ptr<StoreBlock>* owner = nullptr;
  switch (item.kind) {
    case ExternKind::func:
      if (item.func) owner = &item.func->store_, result.func = item.func->func_;
      break;
    case ExternKind::table:
      if (item.table) owner = &item.table->store_, result.table = item.table->table_;
      break;
    case ExternKind::memory:
      if (item.memory) owner = &item.memory->store_, result.memory = item.memory->memory_;
      break;
    case ExternKind::global:
      if (item.global) owner = &item.global->store_, result.global = item.global->global_;
      break;
    case ExternKind::tag:
      if (item.tag) owner = &item.tag->store_, result.tag = item.tag->tag_;
      break;
  }
  if (owner == nullptr) return usage("a ", to_string(item.kind), " was expected, and nothing given");
  if (auto owned = check_owner(*this, *owner, item.kind); !owned) return std::move(owned).error();
  return result;
}

void DeadlineScope::begin() noexcept {
  block_.store->control.native_stack_limit.clear_interrupt();
  if (block_.call_time.count() <= 0) return;
  try {
    entry_ = block_.engine->watchdog.watch(Watchdog::Clock::now() + block_.call_time,
                                           block_.store->control.native_stack_limit.interrupt);
  } catch (...) {
    holds_ = false;
  }
}

}  // namespace detail

Store::Store(const Engine& engine, const Limits& limits)
    : block_(std::make_shared<detail::StoreBlock>(engine.state_, limits)) {
  block_->self = block_;
}

Store::Store(Store&&) noexcept = default;

Store& Store::operator=(Store&& other) noexcept {
  std::swap(block_, other.block_);
  return *this;
}

Store::~Store() {
  if (block_ != nullptr) block_->end();
}

namespace {

// A host value that goes with its store finds nothing in it.
bool is_there(const std::shared_ptr<detail::StoreBlock>& block) noexcept {
  return block != nullptr && !block->has_ended;
}

// Where fuel is counted: in the thread while guest code is under way.
std::int64_t& counter_of(runtime::Store& store) noexcept {
  return store.control.current != nullptr ? store.control.current->fuel : store.fuel;
}

}  // namespace

void Store::set_fuel(std::uint64_t units) noexcept {
  if (!is_there(block_)) return;
  constexpr std::uint64_t most = INT64_MAX;
  counter_of(*block_->store) = static_cast<std::int64_t>(std::min(units, most));
}

std::uint64_t Store::fuel() const noexcept {
  return is_there(block_) ? static_cast<std::uint64_t>(std::max<std::int64_t>(counter_of(*block_->store), 0)) : 0;
}

void Store::interrupt() noexcept {
  if (is_there(block_)) block_->store->control.native_stack_limit.interrupt.store(1, std::memory_order_relaxed);
}

std::uint64_t Store::collect_garbage() {
  if (!is_there(block_)) return 0;
  // A host value that is dropped may end the store, which then waits for this.
  const auto block = block_;
  const auto collected = detail::guarded_call(*block, [&]() -> Result<std::uint64_t> {
    block->store->heap.collect();
    return block->store->heap.bytes_used();
  });
  return collected ? *collected : 0;
}

}  // namespace tenon
