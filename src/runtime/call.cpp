// Calls from the host into guest code, and what becomes of a trap.
#include <algorithm>
#include <cassert>
#include <string>

#include "base/concat.hpp"
#include "binary/core/module.hpp"
#include "runtime/outermost_call.hpp"

namespace tenon::runtime {

namespace {

// The host's view of one entry: what was current before, restored afterwards.
class Entry {
 public:
  Entry(Store& store, Thread& thread) noexcept
      : store_(store),
        thread_(thread),
        previous_(store.current),
        top_(thread.top),
        ip_(thread.ip),
        frame_(thread.frame),
        instance_(thread.instance),
        host_call_(std::exchange(thread.host_call, nullptr)),
        may_wait_(std::exchange(thread.may_wait, false)) {
    store.current = &thread;
  }
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;
  ~Entry() {
    store_.current = previous_;
    thread_.top = top_;
    thread_.ip = ip_;
    thread_.frame = frame_;
    thread_.instance = instance_;
    thread_.host_call = host_call_;
    thread_.may_wait = may_wait_;
  }

 private:
  Store& store_;
  Thread& thread_;
  Thread* previous_;
  Slot* top_;
  const Cell* ip_;
  Slot* frame_;
  Instance* instance_;
  void* host_call_;  // what is called inside may not wait
  bool may_wait_;
};

Error stack_exhausted() {
  return Error(ErrorKind::trap, message(Trap::call_stack_exhausted))
      .with_code(static_cast<std::uint32_t>(Trap::call_stack_exhausted));
}

}  // namespace

Result<void> call_on(Thread& thread, const Func& func, std::span<Slot> values) {
  Store& store = *thread.store;
  const std::size_t needed = frame_header_slots + func.value_slots;
  assert(values.size() >= func.param_slots && values.size() >= func.result_slots);
  if (!has_room(thread, needed)) return stack_exhausted();
  const Entry entry(store, thread);
  const Outcome outcome = run(thread, func, values.data());
  if (outcome != Outcome::returned) return error_of(thread, outcome);
  return {};
}

Error end_of_outermost(Thread& thread, Outcome outcome) {
  Error error = error_of(thread, outcome);
  release_thread(*thread.store, thread);
  return error;
}

Result<void> call(Store& store, const Func& func, std::span<Slot> values) {
  if (store.current != nullptr) [[unlikely]]
    return call_on(*store.current, func, values);
  assert(values.size() >= func.param_slots && values.size() >= func.result_slots);
  auto thread = acquire_thread(store);
  if (!thread) return std::move(thread).error();
  const Outcome outcome = call_outermost(**thread, func, values.data());
  if (outcome != Outcome::returned) [[unlikely]]
    return end_of_outermost(**thread, outcome);
  return {};
}

namespace {

// Makes `thread` the current one while guest code runs on it, and accounts its fuel to the store.
class Running {
 public:
  explicit Running(Thread& thread) noexcept : thread_(thread), previous_(thread.store->current) {
    thread.fuel = left();
    thread.store->current = &thread;
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    thread_.store->current = previous_;
    left() = thread_.fuel;
  }

 private:
  // Whoever waits on the native stack meanwhile has what this thread leaves.
  std::int64_t& left() noexcept { return previous_ != nullptr ? previous_->fuel : thread_.store->fuel; }
  Thread& thread_;
  Thread* previous_;
};

}  // namespace

Outcome start(Thread& thread, const Func& func, std::span<const Slot> arguments) {
  const std::size_t needed = frame_header_slots + func.value_slots;
  assert(arguments.size() == func.param_slots && thread.top == thread.stack_base);
  if (!has_room(thread, needed)) return thread.trap(Trap::call_stack_exhausted);
  const Running running(thread);
  Slot* frame = thread.stack_base + frame_header_slots;
  std::ranges::copy(arguments, frame);
  thread.top += needed;
  thread.may_wait = true;
  return thread.store->executor->call(thread, func, frame);
}

Outcome resume(Thread& thread, std::span<const Slot> results) {
  const Running running(thread);
  std::ranges::copy(results, thread.frame);
  return thread.store->executor->resume(thread);
}

Outcome resume(Thread& thread, Error error) {
  thread.pending_error = std::move(error);
  return thread.trap(Trap::host_error);
}

std::span<const Slot> results_of(const Thread& thread, const Func& func) noexcept {
  return {thread.stack_base + frame_header_slots, func.result_slots};
}

namespace {

constexpr unsigned most_frames_shown = 32;

// Appends one line of a backtrace.
void append_frame(std::pmr::string& out, unsigned number, const Instance& instance,
                  const Executor::Position& position) {
  const core::Module& module = instance.model();
  Arena arena(*instance.store->resource);
  const auto names = core::read_names(module, arena);
  TextBuffer line;
  if (!out.empty()) append_text(line, "\n");
  append_text(line, number);
  append_text(line, ": ");
  if (names && names->module && !names->module->empty()) {
    append_text(line, *names->module);
    append_text(line, "!");
  }
  append_text(line, "func ");
  append_text(line, position.func.value);
  const std::string_view name = names ? core::find_name(names->functions, position.func.value) : std::string_view{};
  if (!name.empty()) {
    append_text(line, " $");
    append_text(line, name);
  }
  append_text(line, " at offset ");
  append_text(line, Hex{position.offset});
  const Store& store = *instance.store;
  if (store.append_source_line != nullptr) store.append_source_line(instance, position, line);
  out.append(line.view());
}

// Notes the guest frames from the innermost one outwards, up to where the host entered; gives their number, of which
// only the innermost ones are kept.
unsigned walk(Thread& thread) {
  std::pmr::vector<BacktraceFrame>& frames = thread.store->backtrace;
  frames.clear();
  const Cell* ip = thread.ip;
  Slot* frame = thread.frame;
  Instance* instance = thread.instance;
  unsigned count = 0;
  for (; ip != nullptr && instance != nullptr; ++count) {
    if (count < most_frames_shown) {
      frames.push_back({instance, thread.store->executor->position(*instance->module, ip)});
    }
    ip = std::bit_cast<const Cell*>(frame[header_return_ip]);
    instance = std::bit_cast<Instance*>(frame[header_caller_instance]);
    frame = std::bit_cast<Slot*>(frame[header_caller_frame]);
  }
  return count;
}

std::pmr::string backtrace(Thread& thread) {
  std::pmr::string out(thread.store->resource);
  const unsigned count = walk(thread);
  unsigned number = 0;
  for (const BacktraceFrame& frame : thread.store->backtrace) {
    append_frame(out, number++, *frame.instance, frame.position);
  }
  if (count > most_frames_shown) {
    TextBuffer line;
    append_text(line, "\n... and ");
    append_text(line, count - most_frames_shown);
    append_text(line, " more");
    out.append(line.view());
  }
  return out;
}

}  // namespace

Error error_of(Thread& thread, Outcome outcome) {
  if (outcome == Outcome::suspended) {
    return Error(ErrorKind::usage, "the guest was suspended in a call that cannot wait");
  }
  if (outcome != Outcome::thrown && thread.pending_error.kind() == ErrorKind::exit) {
    thread.pending_trap = Trap::none;
    return std::exchange(thread.pending_error, {});  // a wanted end: nobody asks where, and names cost time to read
  }
  const Trap trap = outcome == Outcome::thrown ? Trap::uncaught_exception : thread.pending_trap;
  const std::pmr::string frames = backtrace(thread);
  thread.pending_trap = Trap::none;
  if (!thread.pending_error.message().empty()) {
    // An error that passed through another guest on its way has the frames from there.
    Error error = std::exchange(thread.pending_error, {});
    return error.context().empty() ? std::move(error).with_context(frames) : error;
  }
  return Error(ErrorKind::trap, message(trap)).with_code(static_cast<std::uint32_t>(trap)).with_context(frames);
}

}  // namespace tenon::runtime
