#include "tenon/observe.hpp"

#include <unordered_map>

#include "abi/wave.hpp"
#include "engine/component_state.hpp"
#include "runtime/component/observer.hpp"

namespace tenon {

namespace {

using detail::StoreBlock;

class EventMaker final : public component::CallObserver {
 public:
  explicit EventMaker(std::function<void(const ComponentCallEvent&)> observer) : observer_(std::move(observer)) {}

  void called(std::uint64_t call, const component::CallEdge& edge, std::span<const component::Val> arguments) override {
    began_[call] = std::chrono::steady_clock::now();
    std::string text = "(";
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      if (i != 0) text += ", ";
      component::print_wave(text, arguments[i], *edge.type->params[i].type);
    }
    text += ')';
    tell(ComponentCallEvent::What::called, call, edge, text);
  }
  void returned(std::uint64_t call, const component::CallEdge& edge, const component::Val* result) override {
    std::string text;
    if (result != nullptr) component::print_wave(text, *result, *edge.type->result);
    tell(ComponentCallEvent::What::returned, call, edge, text);
  }
  void trapped(std::uint64_t call, const component::CallEdge& edge, const Error& error) override {
    tell(ComponentCallEvent::What::trapped, call, edge, error.message());
  }

 private:
  static std::string name(const component::ComponentInstance* inst) {
    if (inst == nullptr) return "host";
    TextBuffer path;
    append_path(path, *inst);
    return path.view().empty() ? "component" : std::string(path.view());
  }
  void tell(ComponentCallEvent::What what, std::uint64_t call, const component::CallEdge& edge,
            std::string_view values) {
    const auto began = began_.find(call);
    if (began == began_.end()) return;  // it began before there was this observer
    const auto time = std::chrono::steady_clock::now() - began->second;
    if (what != ComponentCallEvent::What::called) began_.erase(began);
    const std::string caller = name(edge.caller);
    const std::string callee = name(edge.callee);
    observer_({.what = what,
               .call = call,
               .caller = caller,
               .callee = callee,
               .function = edge.function,
               .values = values,
               .time = time});
  }

  std::function<void(const ComponentCallEvent&)> observer_;
  std::unordered_map<std::uint64_t, std::chrono::steady_clock::time_point> began_;
};

}  // namespace

namespace detail {

std::uint64_t StoreTimeKeeper::now() noexcept {
  return static_cast<std::uint64_t>(std::chrono::nanoseconds(Watchdog::Clock::now().time_since_epoch()).count());
}

// Without room for watching it the time is over at once.
void StoreTimeKeeper::watch(std::uint64_t time) noexcept {
  runtime::InterruptFlags& flag = block_.store->control.native_stack_limit.interrupt;
  // Later than this is never.
  constexpr std::uint64_t longest = std::uint64_t{1} << 60;
  if (time > longest) return;
  try {
    entry_ = block_.engine->watchdog.watch(Watchdog::Clock::now() + std::chrono::nanoseconds(time), flag);
  } catch (...) {
    flag.store(1, std::memory_order_relaxed);
  }
}

void StoreTimeKeeper::forget() noexcept {
  if (entry_) block_.engine->watchdog.forget(*entry_);
  entry_.reset();
}

}  // namespace detail

Result<void> limit_components(Store& store, const ComponentLimits& limits, std::string_view instance) {
  auto block = StoreBlock::open(store);
  if (!block) return std::move(block).error();
  return detail::guarded([&]() -> Result<void> {
    component::World& world = (*block)->component_store().world;
    const bool is_timed = limits.time != std::chrono::nanoseconds::max();
    if (limits.time.count() <= 0) return detail::usage("a time limit of more than 0 was expected");
    if (limits.fuel != ComponentLimits::unlimited && !(*block)->engine->options.fuel) {
      return detail::usage("a limit of fuel was given, and the engine does not count it");
    }
    const component::ComponentLimits given{
        .handles = std::min(limits.handles, component::HandleTable::max_length),
        .tasks = limits.tasks,
        .lifted_bytes = limits.lifted_bytes,
        .nested_calls = limits.nested_calls,
        .memory = limits.memory,
        .fuel = limits.fuel,
        .time = is_timed ? static_cast<std::uint64_t>(limits.time.count()) : component::ComponentLimits::unlimited};
    if (is_timed || limits.fuel != ComponentLimits::unlimited) {
      world.meter.keeper = &(*block)->component_store().keeper;
      world.scheduler.meter = &world.meter;
      (*block)->store->control.watches_components = true;
    }
    if (instance.empty()) {
      world.limits = given;
    } else {
      world.named_limits.emplace_back(instance, given);
    }
    return {};
  });
}

Result<void> observe_calls(Store& store, std::function<void(const ComponentCallEvent&)> observer) {
  auto block = StoreBlock::open(store);
  if (!block) return std::move(block).error();
  return detail::guarded([&]() -> Result<void> {
    component::World& world = (*block)->component_store().world;
    world.observer = observer ? std::make_shared<EventMaker>(std::move(observer)) : nullptr;
    world.scheduler.observer = world.observer.get();
    (*block)->store->control.watches_components = world.observer != nullptr || world.scheduler.meter != nullptr;
    return {};
  });
}

}  // namespace tenon
