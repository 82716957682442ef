#include "tenon/profile.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "binary/core/module.hpp"
#include "engine/interrupt.hpp"
#include "engine/profile_stacks.hpp"
#include "engine/state.hpp"
#include "jit/unwind.hpp"
#include "model/core/names.hpp"
#include "runtime/backtrace.hpp"

namespace tenon {

namespace {

constexpr std::size_t most_frames = 256;  // of one sample; those farther out are left out

using Clock = std::chrono::steady_clock;

double in_milliseconds(Clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

}  // namespace

namespace {

// The interrupt handler of a store that a profiler looks at: what it does, and what asked before.
struct Sampling {
  std::function<void()> sample;
  std::function<bool()> before;
  bool operator()() const { return before && before(); }
};

bool sample_or_ask(runtime::Store& store) noexcept {
  const auto& block = *static_cast<detail::StoreBlock*>(store.control.host);
  const std::uint32_t wanted =
      store.control.native_stack_limit.interrupt.fetch_and(~runtime::sample_wanted, std::memory_order_relaxed) &
      runtime::sample_wanted;
  if (const auto* sampling = block.interrupt_handler.target<Sampling>(); sampling != nullptr && wanted != 0) {
    sampling->sample();
    if (!detail::is_interrupted(store)) return true;
  }
  return detail::ask_handler(store);
}

}  // namespace

struct Profiler::State {
  std::shared_ptr<detail::StoreBlock> block;
  std::chrono::microseconds interval;
  double started_at = 0;  // of the system's clock, milliseconds
  Clock::time_point begin = Clock::now();
  Clock::time_point last = begin;
  detail::ProfileStacks stacks;

  // Names of functions, read once a module.
  struct Names {
    detail::OwnedMemory memory;
    Arena arena{memory};
    std::optional<core::Names> names;
    std::string module;
    std::unordered_map<std::uint32_t, std::uint32_t> functions;  // by index, in `stacks`
  };
  std::unordered_map<const runtime::CodeModule*, std::unique_ptr<Names>> modules;

  std::mutex mutex;
  std::condition_variable changed;
  bool is_stopping = false;
  std::thread timer;

  void run() {
    runtime::InterruptFlags& flag = block->store->control.native_stack_limit.interrupt;
    std::unique_lock lock(mutex);
    while (!changed.wait_for(lock, interval, [this] { return is_stopping; })) {
      flag.fetch_or(runtime::sample_wanted, std::memory_order_relaxed);
    }
  }

  std::uint32_t function(const runtime::BacktraceFrame& frame) {
    const runtime::CodeModule* code = frame.instance->module;
    auto& names = modules[code];
    if (names == nullptr) {
      names = std::make_unique<Names>();
      auto read = core::read_names(*code->validated->module, names->arena);
      if (read) names->names = std::move(*read);
      const bool is_named = names->names && names->names->module && !names->names->module->empty();
      names->module = is_named ? std::string(*names->names->module) : "module " + std::to_string(modules.size());
    }
    const std::uint32_t index = frame.position.func.value;
    const auto [found, is_new] =
        names->functions.try_emplace(index, static_cast<std::uint32_t>(stacks.functions.size()));
    if (is_new) {
      const std::string_view name = names->names ? core::find_name(names->names->functions, index) : std::string_view();
      stacks.functions.push_back(names->module + "!" +
                                 (name.empty() ? "func " + std::to_string(index) : std::string(name)));
    }
    return found->second;
  }

  void sample() {
    runtime::Thread* thread = block->store->control.current;
    const Clock::time_point now = Clock::now();
    std::uint32_t node = detail::ProfileStacks::none;
    if (thread != nullptr) {
      jit::keep_frames_under_way(*thread, most_frames);
      runtime::walk(*thread, most_frames);
      const auto& frames = block->store->backtrace;
      for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) node = stacks.child(node, function(*frame));
    }
    stacks.add(node, in_milliseconds(now - begin), in_milliseconds(now - last));
    last = now;
  }
};

Profiler::Profiler(Store& store, std::chrono::microseconds interval) : state_(std::make_unique<State>()) {
  using namespace std::chrono;
  state_->interval = std::max(interval, microseconds(50));
  state_->started_at = duration<double, std::milli>(system_clock::now().time_since_epoch()).count();
  auto block = detail::StoreBlock::open(store);
  if (!block || (*block)->store == nullptr) return;
  state_->block = (*block)->shared_from_this();
  auto& handler = state_->block->interrupt_handler;
  handler = Sampling{[state = state_.get()] { state->sample(); }, std::move(handler)};
  state_->block->store->may_go_on = sample_or_ask;
  state_->timer = std::thread([state = state_.get()] { state->run(); });
}

Profiler::~Profiler() { stop(); }

void Profiler::stop() noexcept {
  if (!state_->timer.joinable()) return;
  {
    const std::lock_guard lock(state_->mutex);
    state_->is_stopping = true;
  }
  state_->changed.notify_all();
  state_->timer.join();
  auto& handler = state_->block->interrupt_handler;
  if (auto* sampling = handler.target<Sampling>()) handler = std::function<bool()>(std::move(sampling->before));
  if (state_->block->store != nullptr) {
    state_->block->store->control.native_stack_limit.interrupt.fetch_and(~runtime::sample_wanted,
                                                                         std::memory_order_relaxed);
  }
}

std::uint64_t Profiler::samples() const noexcept { return state_->stacks.samples.size(); }

std::string Profiler::flame_graph() const { return detail::flame_graph(state_->stacks); }

std::string Profiler::firefox_profile(std::string_view title) const {
  const double interval = std::chrono::duration<double, std::milli>(state_->interval).count();
  return detail::firefox_profile(state_->stacks, title, interval, state_->started_at);
}

}  // namespace tenon
