#include "runtime/component/meter.hpp"

#include <algorithm>

#include "base/concat.hpp"
#include "runtime/component/scheduler.hpp"
#include "runtime/thread.hpp"

namespace tenon::component {

namespace {

// Where fuel is counted: in the thread while guest code is under way.
std::int64_t& fuel_of(runtime::Store& store) noexcept {
  return store.control.current != nullptr ? store.control.current->fuel : store.fuel;
}

bool has_fuel_limit(const ComponentInstance& inst) noexcept { return inst.limits.fuel != ComponentLimits::unlimited; }
bool has_time_limit(const ComponentInstance& inst) noexcept { return inst.limits.time != ComponentLimits::unlimited; }

std::uint64_t time_used(const Meter& meter) noexcept { return meter.keeper->now() - meter.since; }

// Whether the instance that runs has passed a limit of its own.
bool is_over(const Scheduler& scheduler) noexcept {
  const Meter& meter = *scheduler.meter;
  if (meter.running == nullptr) return false;
  return (meter.withheld > 0 && fuel_of(*scheduler.store) < 0) || is_time_over(scheduler);
}

void charge(Scheduler& scheduler) noexcept {
  Meter& meter = *scheduler.meter;
  if (meter.running == nullptr) return;
  if (is_over(scheduler)) meter.over = meter.running;
  ComponentInstance& inst = *meter.running;
  if (has_fuel_limit(inst)) {
    std::int64_t& fuel = fuel_of(*scheduler.store);
    inst.fuel_left -= meter.granted - fuel;
    fuel += meter.withheld;
  }
  if (has_time_limit(inst)) {
    meter.keeper->forget();
    inst.time_left -= std::min(inst.time_left, time_used(meter));
  }
  meter.running = nullptr;
  meter.withheld = 0;
}

void grant(Scheduler& scheduler, ComponentInstance& inst) noexcept {
  Meter& meter = *scheduler.meter;
  if (has_fuel_limit(inst)) {
    std::int64_t& fuel = fuel_of(*scheduler.store);
    meter.granted = std::min(fuel, std::max<std::int64_t>(inst.fuel_left, 0));
    meter.withheld = fuel - meter.granted;
    fuel = meter.granted;
  }
  if (has_time_limit(inst)) {
    if (inst.time_turn != meter.turn) inst.time_left = inst.limits.time;
    inst.time_turn = meter.turn;
    meter.since = meter.keeper->now();
    meter.keeper->watch(inst.time_left);
  }
  meter.running = &inst;
}

}  // namespace

bool is_time_over(const Scheduler& scheduler) noexcept {
  const Meter* meter = scheduler.meter;
  if (meter == nullptr || meter->running == nullptr || !has_time_limit(*meter->running)) return false;
  return time_used(*meter) >= meter->running->time_left;
}

void change_meter(Scheduler& scheduler, ComponentInstance* next) noexcept {
  Meter& meter = *scheduler.meter;
  if (scheduler.current == nullptr) {
    ++meter.turn;
    meter.over = nullptr;
  }
  if (next == meter.running && next != nullptr) return;
  charge(scheduler);
  if (next != nullptr && (has_fuel_limit(*next) || has_time_limit(*next))) grant(scheduler, *next);
}

Error name_limit(const Scheduler& scheduler, Error error) noexcept {
  if (scheduler.meter == nullptr) return error;
  const auto is = [&](Trap trap) { return error.code() == static_cast<std::uint32_t>(trap); };
  if (error.kind() != ErrorKind::trap || !(is(Trap::fuel_exhausted) || is(Trap::deadline_exceeded))) return error;
  if (error.message().contains(", in the component `")) return error;
  const Meter& meter = *scheduler.meter;
  const ComponentInstance* inst = is_over(scheduler) ? meter.running : meter.over;
  if (inst == nullptr) return error;
  return beyond_limit(inst, error.message()).with_code(error.code()).with_context(error.context());
}

// --- Memory --------------------------------------------------------------------------------------------------------

namespace {

std::uint64_t size_of(const runtime::Memory& memory) noexcept { return memory.size.load(std::memory_order_relaxed); }

// A shared memory may grow at any time on another thread: what it may have is taken at once.
std::uint64_t taken_by(const runtime::Memory& memory) noexcept {
  return memory.store == nullptr ? memory.max_size : size_of(memory);
}

std::uint64_t room_of(const ComponentInstance& inst) noexcept {
  std::uint64_t taken = 0;
  for (const auto& owned : inst.memories) taken += taken_by(*owned.memory);
  return inst.limits.memory - std::min(inst.limits.memory, taken);
}

}  // namespace

MemoryRoom::MemoryRoom(ComponentInstance& inst) noexcept : inst_(inst) {
  runtime::Store& store = *inst.scheduler->store;
  store_limit_ = store.limits.memory_bytes;
  first_ = store.memories.size();
  if (inst.limits.memory == ComponentLimits::unlimited) return;
  store.limits.memory_bytes = std::min(store_limit_, store.memory_bytes_used + room_of(inst));
}

MemoryRoom::~MemoryRoom() {
  runtime::Store& store = *inst_.scheduler->store;
  if (inst_.limits.memory == ComponentLimits::unlimited) return;
  store.limits.memory_bytes = store_limit_;
  for (std::size_t i = first_; i < store.memories.size(); ++i) {
    runtime::Memory& memory = *store.memories[i];
    // The most that it could have but for this limit: its reservation tells.
    std::uint64_t most = memory.reserved;
    const std::uint32_t page = memory.type.page_size_log2;
    if (!memory.type.limits.is_64) most = std::min(most, std::uint64_t{1} << 32);
    if (memory.type.limits.max && *memory.type.limits.max < most >> page) most = *memory.type.limits.max << page;
    inst_.memories.push_back({&memory, most});
  }
  share_memory(inst_);
}

Error MemoryRoom::explain(Error error) const noexcept {
  const runtime::Store& store = *inst_.scheduler->store;
  if (error.kind() != ErrorKind::exhausted || store.limits.memory_bytes == store_limit_) return error;
  TextBuffer path;
  append_path(path, inst_);
  return fail(error.kind(), error.place(), error.message(), ", in the component `", path.view(), "`");
}

void share_memory(ComponentInstance& inst) noexcept {
  if (inst.limits.memory == ComponentLimits::unlimited) return;
  std::uint64_t sharers = 0;
  for (const auto& owned : inst.memories) {
    sharers += owned.memory->store != nullptr && size_of(*owned.memory) < owned.most ? 1 : 0;
  }
  if (sharers == 0) return;
  const std::uint64_t share = room_of(inst) / sharers;
  for (const auto& owned : inst.memories) {
    if (owned.memory->store == nullptr) continue;
    const std::uint64_t size = size_of(*owned.memory);
    owned.memory->max_size = size + std::min(owned.most - std::min(owned.most, size), share);
  }
}

}  // namespace tenon::component
