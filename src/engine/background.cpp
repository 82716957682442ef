#include "engine/background.hpp"

#include <algorithm>

#include "jit/callees.hpp"

namespace tenon::detail {

namespace {

using namespace std::chrono_literals;

// A guest that is done by then is not worth a compiler.
constexpr auto patience = 20ms;
// How long guests go on between two questions: at first, when they have nothing new to say, and when none runs.
constexpr std::chrono::steady_clock::duration least_pause = 1ms;
constexpr std::chrono::steady_clock::duration long_pause = 32ms;
constexpr std::chrono::steady_clock::duration longest_pause = 1s;
// How long what was compiled waits for more before it is written to the cache.
constexpr auto cache_pause = 1s;
// Bytes of function bodies that are compiled in one piece: of the first, and at most.
constexpr std::size_t first_piece = 2 << 10;
constexpr std::size_t most_piece = 16 << 10;
// Milliseconds that guests must have spent in a function. One answer may be chance.
constexpr std::uint32_t least_heat = 2;
// Milliseconds that compiling a function may take: that is one of some 280 KiB. As long others have to wait for it, but
// nobody who ends its module.
constexpr double most_cost = 60'000;
// And a loop of a function, with what comes behind it: a program's main function has many, each of which asks for more.
constexpr double most_loop_cost = 2'500;
// How often a guest must have been found to stay in a loop.
constexpr std::uint32_t least_answers = 2;

}  // namespace

LookFlags::Flags::iterator LookFlags::add(runtime::InterruptFlags& flag) {
  const std::lock_guard lock(mutex_);
  has_new_ = true;
  return flags_.insert(flags_.end(), &flag);
}

void LookFlags::remove(Flags::iterator entry) noexcept {
  const std::lock_guard lock(mutex_);
  flags_.erase(entry);
}

bool LookFlags::ask_all() noexcept {
  const std::lock_guard lock(mutex_);
  bool any_ran = std::exchange(has_new_, false);
  for (runtime::InterruptFlags* flag : flags_) {
    const std::uint16_t before = flag->fetch_or(runtime::look_wanted, std::memory_order_relaxed);
    any_ran = any_ran || (before & runtime::look_wanted) == 0;
  }
  return any_ran;
}

Background::Background(EngineState& engine)
    : options_(engine.options), look_flags_(engine.look_flags), thread_([this] { run(); }) {}

Background::~Background() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    for (const auto& unit : units_) unit->has_ended = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Background::watch(std::shared_ptr<NativeUnit> unit) {
  {
    const std::lock_guard lock(mutex_);
    units_.push_back(std::move(unit));
    has_new_ = true;
  }
  changed_.notify_all();
}

void Background::forget(NativeUnit& unit) noexcept {
  unit.has_ended = true;
  std::unique_lock lock(mutex_);
  std::erase_if(units_, [&](const auto& watched) { return watched.get() == &unit; });
  changed_.wait(lock, [&] { return busy_with_ != &unit; });
  lock.unlock();
  keep(unit);
}

namespace {

// Of a pause, but no more than guests are likely to have run on in one function.
std::uint32_t in_milliseconds(std::chrono::steady_clock::duration pause) noexcept {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(std::min(pause, long_pause)).count());
}

}  // namespace

void Background::run() {
  cache_ = open_cache(options_);
  std::unique_lock lock(mutex_);
  // With a seed guests are asked all the time, and all that is compiled are the loops that they are in.
  const bool is_test = options_.tier_seed != 0;
  auto pause = least_pause;
  while (!is_stopping_) {
    if (units_.empty()) {
      changed_.wait(lock);
      pause = least_pause;
      continue;
    }
    for (const auto& unit : units_) {
      if (jit::Heat* heat = unit->native.heat()) heat->set_weight(in_milliseconds(pause));
    }
    const bool any_ran = look_flags_.ask_all();
    changed_.wait_for(lock, is_test ? 0us : pause, [this] { return is_stopping_ || has_new_; });
    bool is_busy = false;
    has_new_ = false;
    for (std::size_t i = 0; i < units_.size() && !is_stopping_; ++i) {
      const std::shared_ptr<NativeUnit> unit = units_[i];
      busy_with_ = unit.get();
      lock.unlock();
      is_busy = visit(*unit) || is_busy;
      lock.lock();
      busy_with_ = nullptr;
      changed_.notify_all();
    }
    pause = is_busy ? least_pause : std::min(pause * 2, any_ran ? long_pause : longest_pause);
  }
}

// Compiles what its guests wait for most. False if there is nothing, and they need not be asked again soon.
bool Background::visit(NativeUnit& unit) {
  const auto now = NativeUnit::Clock::now();
  if (!std::exchange(unit.is_known, true)) {
    unit.known_at = now;
    look_up(unit);
    return true;
  }
  if (options_.tier_seed != 0) return false;
  const std::uint32_t seen = unit.native.heat()->total();
  const bool is_new = std::exchange(unit.seen, seen) != seen;
  if (unit.images.size() > unit.kept && now - unit.kept_at > cache_pause) keep(unit);
  if (now - unit.known_at < patience) return true;
  return is_new && compile_hottest(unit);
}

void Background::look_up(NativeUnit& unit) {
  unit.compiled.resize(unit.validated->module->funcs.size());
  if (options_.tier_seed == 0) unit.native.begin_counting();
  if (cache_ == nullptr) return;
  unit.key = key_of(*cache_, unit, options_.fuel ? CodeKind::called_metered : CodeKind::called);
  for (jit::Image& image : cache_->find(*unit.key)) {
    if (!unit.add(image)) return;
    for (std::size_t i = 0; i < unit.compiled.size(); ++i) {
      if (image.thunks()[i] != jit::not_compiled) unit.compiled[i] = true;
    }
    unit.images.push_back(std::move(image));
  }
  unit.kept = unit.images.size();
}

// Writes what was compiled since the last time to the cache.
void Background::keep(NativeUnit& unit) noexcept {
  if (unit.key && unit.images.size() > unit.kept) cache_->keep(*unit.key, unit.images);
  unit.kept = unit.images.size();
  unit.kept_at = NativeUnit::Clock::now();
}

namespace {

// By how much more LLVM takes for a byte of a large function.
double excess_of(const core::Func& func) noexcept { return 1 + static_cast<double>(func.body.size()) / (64 << 10); }

// Milliseconds that it takes for a function.
double cost_of(const core::Func& func) noexcept {
  constexpr double fixed = 64;  // what a function costs besides, as bytes
  constexpr double for_byte = 0.04;
  return for_byte * (static_cast<double>(func.body.size()) + fixed) * excess_of(func);
}

// Whether guests have spent enough time in it: an eighth of what compiling costs, and as much as it costs where that is
// long, for then it may well come too late, others wait for it, and while it is under way guests run at two thirds of
// their speed where processors are threads of one core.
bool is_worth(std::uint32_t heat, const core::Func& func) noexcept {
  constexpr double least_share = 0.125;
  constexpr double long_cost = 1'600;
  const double cost = cost_of(func);
  const double share = std::clamp(cost / long_cost, least_share, 1.0);
  return cost <= most_cost && heat >= least_heat && heat >= cost * share;
}

// What compiling something would give for what it costs.
double score_of(std::uint32_t heat, const core::Func& func) noexcept { return heat / cost_of(func); }

struct Scored {
  double score;
  core::FuncIdx function;
};

// The functions that are worth the compiler's time, the best first. None with tail calls: while those pass between
// compiled code and bytecode, the native stack grows.
std::vector<Scored> hottest(NativeUnit& unit) {
  const jit::Heat& heat = *unit.native.heat();
  const core::Module& module = *unit.validated->module;
  std::vector<Scored> found;
  for (std::size_t i = module.imported_funcs; i < module.funcs.size(); ++i) {
    const core::FuncIdx index(i);
    if (unit.compiled[i] || !heat.is_root(index) || !heat.is_called(index) ||
        !is_worth(heat.of(index), module.funcs[index]))
      continue;
    unit.compiled[i] = jit::has_tail_call(*unit.validated, index);
    if (!unit.compiled[i]) found.push_back({score_of(heat.of(index), module.funcs[index]), index});
  }
  std::ranges::sort(found, std::ranges::greater(), &Scored::score);
  return found;
}

// Callees are compiled with their callers where they are so small that they will be inlined, or hot themselves and not
// compiled yet.
void add_callees(NativeUnit& unit, core::FuncIdx function, std::vector<bool>& callees) {
  constexpr std::size_t inlined = 256;  // bytes of a body
  constexpr std::size_t small = 1 << 10;
  const jit::Heat* heat = unit.native.heat();
  jit::add_callees(
      *unit.validated, function,
      [&](core::FuncIdx callee) {
        const std::size_t size = unit.validated->module->funcs[callee].body.size();
        const bool is_hot = heat == nullptr || (heat->of(callee) != 0 && !unit.compiled[callee.value]);
        return size <= inlined || (size <= small && is_hot);
      },
      callees);
}

}  // namespace

// False if nothing is worth it, or there is no compiler.
bool Background::compile_hottest(NativeUnit& unit) {
  const core::Module& module = *unit.validated->module;
  const std::vector<Scored> functions = hottest(unit);
  const auto loop = unit.native.wanted_loop();
  if (loop && loop->count >= least_answers) {
    // How often guests were found there is counted by answers; the time is the function's.
    const core::Func& func = module.funcs[loop->place.function];
    const std::uint32_t heat = unit.native.heat()->of(loop->place.function);
    const bool is_best = functions.empty() || score_of(heat, func) > functions.front().score;
    if (is_best && cost_of(func) <= most_loop_cost && is_worth(heat, func)) return compile_loop(unit, loop->place);
  }
  const std::size_t limit = std::clamp(2 * unit.piece_size, first_piece, most_piece);
  std::vector<bool> wanted(module.funcs.size());
  std::vector<bool> callees(module.funcs.size());
  std::size_t size = 0;
  for (const Scored& found : functions) {
    if (size >= limit) break;
    wanted[found.function.value] = true;
    add_callees(unit, found.function, callees);
    unit.compiled[found.function.value] = true;
    size += module.funcs[found.function].body.size();
  }
  unit.piece_size = size;
  return size != 0 && compile(unit, {.wanted = &wanted, .callees = &callees});
}

// False if there is no compiler.
bool Background::compile_loop(NativeUnit& unit, const jit::LoopPlace& place) {
  unit.native.take_loop(place);
  std::vector<bool> callees(unit.validated->module->funcs.size());
  add_callees(unit, place.function, callees);
  if (!compile(unit, {.callees = &callees, .loop = &place})) return false;
  look_flags_.ask_all();
  return true;
}

void Background::compile_loops(NativeUnit& unit) {
  while (const auto loop = unit.native.wanted_loop()) {
    if (!compile_loop(unit, loop->place)) return;
  }
}

// False if there is no compiler. What it would not take is not asked for again.
bool Background::compile(NativeUnit& unit, const jit::CompileOptions& options) {
  const std::lock_guard lock(unit.compiling);
  jit::CompileOptimizing* compiler = find_compiler();
  if (compiler == nullptr) return false;
  jit::CompileOptions all = options;
  all.fuel = options_.fuel;
  all.linkage = &unit.linkage;
  all.stop = &unit.has_ended;
  auto compiled = compiler(*unit.validated, all);
  if (!compiled || compiled->image.bytes.empty() || !unit.add(compiled->image)) return true;
  for (std::size_t i = 0; i < unit.compiled.size(); ++i) {
    if (compiled->image.thunks()[i] != jit::not_compiled) unit.compiled[i] = true;
  }
  unit.images.push_back(std::move(compiled->image));
  return true;
}

}  // namespace tenon::detail
