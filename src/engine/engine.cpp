#include "engine/state.hpp"
#include "interp/interpreter.hpp"

namespace tenon {

namespace detail {

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Watchdog::Flags::iterator Watchdog::watch(Clock::time_point when, std::atomic<std::uint32_t>& flag) {
  const std::lock_guard lock(mutex_);
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  const auto entry = flags_.emplace(when, &flag);
  if (entry == flags_.begin()) changed_.notify_all();
  return entry;
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
    const auto entry = flags_.begin();
    const auto now = Clock::now();
    if (now < entry->first) {
      const auto first = entry->first;
      changed_.wait_until(lock, first);
      continue;
    }
    // The entry stays until its owner forgets it (whose iterator stays valid: only the place in the order changes), and
    // is set again a little later, should a nested entry have cleared the flag.
    entry->second->store(1, std::memory_order_relaxed);
    auto node = flags_.extract(entry);
    node.key() = now + std::chrono::milliseconds(5);
    flags_.insert(std::move(node));
  }
}

EngineState::EngineState(const EngineOptions& engine_options)
    : options(engine_options),
      features(options.features ? Features::from_bits(*options.features) : Features::defaults()),
      types(*std::pmr::new_delete_resource()),
      executor(interp::make_interpreter(*std::pmr::new_delete_resource())) {}

EngineState::~EngineState() { interp::destroy_interpreter(executor); }

}  // namespace detail

Engine::Engine(const EngineOptions& options) : state_(std::make_shared<detail::EngineState>(options)) {}

const EngineOptions& Engine::options() const noexcept { return state_->options; }

}  // namespace tenon
