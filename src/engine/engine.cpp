#include <algorithm>

#include "engine/background.hpp"
#include "engine/state.hpp"
#include "interp/interpreter.hpp"

namespace tenon {

Result<Tier> parse_tier(std::string_view name) {
  if (name == "interpreter") return Tier::interpreter;
  if (name == "optimizing") return Tier::optimizing;
  if (name == "auto") return Tier::automatic;
  if (name == "baseline") return Tier::baseline;
  return detail::usage("expected the tier interpreter, baseline, optimizing or auto, found ", name);
}

namespace detail {

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Watchdog::Flags::iterator Watchdog::watch(Clock::time_point when, runtime::InterruptFlags& flag) {
  const std::lock_guard lock(mutex_);
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });  // throws where the system has no room for it
  flags_.push_front({when, &flag});
  changed_.notify_all();
  return flags_.begin();
}

void Watchdog::forget(Flags::iterator entry) {
  const std::lock_guard lock(mutex_);
  flags_.erase(entry);
}

void Watchdog::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (flags_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto now = Clock::now();
    auto next = Clock::time_point::max();
    for (Entry& entry : flags_) {
      if (entry.when <= now) {
        // The entry stays until its owner forgets it, and is set again a little later, should the flag have been taken
        // without the guest having been stopped.
        entry.flag->store(1, std::memory_order_relaxed);
        entry.when = now + std::chrono::milliseconds(5);
      }
      next = std::min(next, entry.when);
    }
    changed_.wait_until(lock, next);
  }
}

Error out_of_memory() noexcept { return {ErrorKind::exhausted, "the host has no memory left for this"}; }

Error thrown() noexcept {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  } catch (const std::exception& exception) {
    return fail(ErrorKind::trap, {}, message(Trap::host_error), ": ", exception.what());
  } catch (...) {
    return fail(ErrorKind::trap, {}, message(Trap::host_error), ": it threw an exception");
  }
}

EngineState::EngineState(const EngineOptions& engine_options)
    : options(engine_options),
      features(options.features ? Features::from_bits(*options.features) : Features::defaults()),
      types(memory),
      executor(interp::make_interpreter(memory)) {}

EngineState::~EngineState() {
  background.reset();
  interp::destroy_interpreter(executor);
}

}  // namespace detail

Engine::Engine(const EngineOptions& options) : state_(std::make_shared<detail::EngineState>(options)) {}

const EngineOptions& Engine::options() const noexcept { return state_->options; }

}  // namespace tenon
