#include "runtime/store.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <utility>

#include "base/concat.hpp"
#include "os/pages.hpp"
#include "runtime/native.hpp"

namespace tenon::runtime {

namespace {

// What `extend` allows at first: 1 KiB.
constexpr std::ptrdiff_t first_stack_slots = 128;

}  // namespace

const core::Module& Instance::model() const noexcept { return *module->validated->module; }

Store::Store(Executor& executor_, core::TypeRegistry& types_, std::pmr::memory_resource& memory,
             const StoreLimits& limits_, Pool* pool_)
    : executor(&executor_),
      types(&types_),
      resource(&memory),
      pool(pool_),
      limits(limits_),
      arena(memory),
      heap(*this, types_, limits_.gc_bytes),
      instances(&memory),
      memories(&memory),
      tables(&memory),
      globals(&memory),
      backtrace(&memory) {
  no_memory.store = this;
}

Store::~Store() {
  for (Memory* memory : memories) release_memory(*memory);
  for (Table* table : tables) release_table(*table);
  while (threads != nullptr) {
    Thread* thread = threads;
    threads = thread->next;
    abandon_native(*thread);
    if (thread->stack_base == nullptr) {
      // The host thread has it.
    } else if (pool != nullptr) {
      const auto used = static_cast<std::size_t>(thread->stack_limit - thread->stack_base) * sizeof(Slot);
      pool->give({reinterpret_cast<std::uint8_t*>(thread->stack_base), thread->stack_bytes, thread->stack_bytes}, used,
                 thread->stack_bytes);
    } else {
      os::release(thread->stack_base, thread->stack_bytes);
    }
    std::destroy_at(thread);
    resource->deallocate(thread, sizeof(Thread), alignof(Thread));
  }
}

Global* make_global(Store& store, const core::GlobalType& type, const Slot* value) {
  auto* global = ::new (store.arena.allocate(sizeof(Global), alignof(Global))) Global{.type = type, .store = &store};
  global->value[0] = value[0];
  if (type.value.is_vector()) global->value[1] = value[1];
  store.globals.push_back(global);
  return global;
}

Tag* make_tag(Store& store, core::TypeIdx type) { return store.arena.make<Tag>(type, &store); }

namespace {

void set_signature(Func& func, const core::FuncType& type) {
  func.param_slots = slots_of_all(type.params);
  func.result_slots = slots_of_all(type.results);
  func.value_slots = value_slots(type);
}

}  // namespace

Func* make_host_func(Store& store, core::TypeIdx type, HostCallback callback, void* data) {
  auto* func = store.arena.make<Func>();
  func->type = type;
  func->store = &store;
  func->control = &store.control;
  func->callback = callback;
  func->data = data;
  set_signature(*func, (*store.types)[type].type.func);
  return func;
}

bool have_guards(const Instance& instance) noexcept {
  constexpr std::uint64_t four_gib = std::uint64_t{1} << 32;
  for (std::size_t i = 0; i < instance.model().memories.size(); ++i) {
    const Memory& memory = *instance.memories[i];
    const bool is_default = !memory.type.limits.is_64 && memory.type.page_size_log2 == limits::default_page_size_log2;
    if (is_default && memory.reserved < 2 * four_gib) return false;
  }
  return true;
}

Func* func_ref(Instance& instance, core::FuncIdx index) {
  Func*& entry = instance.funcs[index.value];
  if (entry != nullptr) return entry;
  auto* func = instance.store->arena.make<Func>();
  func->type = instance.module->validated->func_types[index];
  func->index = index;
  func->instance = &instance;
  func->store = instance.store;
  func->control = instance.control;
  set_signature(*func, *instance.module->validated->func_signatures[index]);
  if (const NativeModule* native = instance.module->native; native != nullptr && can_run_native(instance)) {
    func->native_instance = &instance;
    func->native_context = &instance;
    func->native_entry = native->entries[index.value].load(std::memory_order_acquire);
  }
  entry = func;
  return func;
}

Extern export_of(Instance& instance, const core::Export& item) {
  Extern found;
  found.kind = item.kind;
  switch (item.kind) {
    case core::ExternKind::func: found.func = func_ref(instance, core::FuncIdx(item.index)); break;
    case core::ExternKind::table: found.table = instance.tables[item.index]; break;
    case core::ExternKind::memory: found.memory = instance.memories[item.index]; break;
    case core::ExternKind::global: found.global = instance.globals[item.index]; break;
    case core::ExternKind::tag: found.tag = instance.tags[item.index]; break;
  }
  return found;
}

std::optional<Extern> find_export(Instance& instance, std::string_view name) {
  for (const core::Export& item : instance.model().exports) {
    if (item.name == name) return export_of(instance, item);
  }
  return std::nullopt;
}

namespace {

// Pages of zeros, or nullptr.
Slot* make_stack(Store& store, std::size_t bytes) noexcept {
  if (store.pool != nullptr) {
    if (const Span kept = store.pool->take(bytes, bytes); kept.address != nullptr) {
      return reinterpret_cast<Slot*>(kept.address);
    }
  }
  void* stack = os::reserve(bytes);
  if (stack == nullptr && store.pool != nullptr && store.pool->clear()) stack = os::reserve(bytes);
  if (stack == nullptr || os::commit(stack, bytes)) return static_cast<Slot*>(stack);
  os::release(stack, bytes);
  return nullptr;
}

}  // namespace

bool find_stack(Thread& thread) noexcept {
  Slot* stack = make_stack(*thread.store, thread.stack_bytes);
  thread.set_stack(stack, stack);
  return stack != nullptr;
}

Result<Thread*> acquire_thread(Store& store) {
  if (Thread* thread = take_free_thread(store)) {
    thread->fuel = INT64_MAX;
    return thread;
  }
  const std::size_t page = os::page_size();
  const std::size_t bytes = (store.limits.stack_bytes + page - 1) & ~(page - 1);
  void* place = store.resource->allocate(sizeof(Thread), alignof(Thread));
  auto* thread = ::new (place) Thread{};
  thread->store = &store;
  thread->interrupt = &store.control.native_stack_limit.interrupt;
  thread->stack_bytes = bytes;
  if (!give_stack(*thread)) {
    std::destroy_at(thread);
    store.resource->deallocate(place, sizeof(Thread), alignof(Thread));
    return fail(ErrorKind::exhausted, {}, "the system has no room for a stack of ", bytes, " bytes");
  }
  thread->next = store.threads;
  store.threads = thread;
  return thread;
}

void forget_references(Thread& thread) noexcept {
  thread.clear_above(thread.stack_base);
  thread.pending_exception = null_ref;
  thread.accumulator = 0;
}

void Checkpoint::note(const Store& store) noexcept {
  top_ = current_->top;
  ip_ = current_->ip;
  frame_ = current_->frame;
  instance_ = current_->instance;
  host_call_ = current_->host_call;
  may_wait_ = current_->may_wait;
  activation_ = current_->activation;
  pauses_ = store.heap.pauses();
}

namespace {

void abandon(Store& store, Thread& thread) noexcept {
  store.fuel = thread.fuel;
  thread.ip = nullptr;                                             // nobody knows where it stood
  if (thread.host_call == nullptr) release_thread(store, thread);  // else it is in the hands of who started it
}

}  // namespace

void Checkpoint::restore(Store& store) const noexcept {
  store.heap.set_pauses(pauses_);
  Thread* abandoned = std::exchange(store.control.current, current_);
  if (current_ != nullptr) {
    current_->top = top_;
    current_->ip = ip_;
    current_->frame = frame_;
    current_->instance = instance_;
    current_->host_call = host_call_;
    current_->may_wait = may_wait_;
    current_->activation = activation_;
  } else if (abandoned != nullptr) {
    abandon(store, *abandoned);
  }
}

void abandon_outermost(Store& store) noexcept {
  store.heap.set_pauses(0);
  if (Thread* abandoned = std::exchange(store.control.current, nullptr)) abandon(store, *abandoned);
}

bool Thread::extend(const Slot* end) noexcept {
  if (end <= stack_limit) return true;
  if (end > stack_end) return false;
  while (stack_limit < end) {
    const std::ptrdiff_t more = std::max(first_stack_slots, 2 * (stack_limit - stack_base));
    stack_limit = stack_base + std::min(more, stack_end - stack_base);
  }
  return true;
}

void Thread::clear_above(Slot* from) noexcept {
  if (from == stack_limit) return;
  auto* begin = reinterpret_cast<std::byte*>(from);
  auto* end = reinterpret_cast<std::byte*>(stack_limit);
  // Pages given back need not be written; below some size writing is quicker.
  constexpr std::ptrdiff_t worth_a_system_call = std::ptrdiff_t{64} * 1024;
  if (end - begin > worth_a_system_call) {
    const std::size_t page = os::page_size();
    auto* pages = begin + (-std::bit_cast<std::uintptr_t>(begin) & (page - 1));
    if (os::discard(pages, static_cast<std::size_t>(end - pages) & ~(page - 1))) end = pages;
  }
  std::memset(begin, 0, static_cast<std::size_t>(end - begin));
  if (from == stack_base) stack_limit = stack_base;
}

}  // namespace tenon::runtime
