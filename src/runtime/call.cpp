// Calls from the host into guest code, and what becomes of a trap.
#include <algorithm>
#include <cassert>
#include <string>

#include "base/concat.hpp"
#include "binary/core/module.hpp"
#include "runtime/backtrace.hpp"
#include "runtime/native.hpp"
#include "runtime/outermost_call.hpp"

namespace tenon::runtime {

namespace {

// The host's view of one entry: what was current before, restored afterwards.
class Entry {
 public:
  Entry(Store& store, Thread& thread) noexcept
      : store_(store),
        thread_(thread),
        previous_(store.control.current),
        top_(thread.top),
        ip_(thread.ip),
        frame_(thread.frame),
        instance_(thread.instance),
        host_call_(std::exchange(thread.host_call, nullptr)),
        may_wait_(std::exchange(thread.may_wait, false)) {
    begin_call(store, thread);
  }
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;
  ~Entry() {
    store_.control.current = previous_;
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
  assert(values.size() >= func.param_slots && values.size() >= func.result_slots);
  const Entry entry(store, thread);
  if (is_compiled(func)) {
    const Outcome outcome = func.instance->module->native->call(thread, func, values.data());
    if (outcome != Outcome::returned) [[unlikely]]
      return error_of(thread, outcome);
    return {};
  }
  if (!has_room(thread, frame_header_slots + func.value_slots)) return stack_exhausted();
  const Outcome outcome = run(thread, func, values.data());
  if (outcome != Outcome::returned) [[unlikely]]
    return error_of(thread, outcome);
  return {};
}

Error end_of_outermost(Thread& thread, Outcome outcome) {
  Error error = error_of(thread, outcome);
  release_thread(*thread.store, thread);
  return error;
}

Result<void> call(Store& store, const Func& func, std::span<Slot> values) {
  if (store.control.current != nullptr) [[unlikely]]
    return call_on(*store.control.current, func, values);
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
  explicit Running(Thread& thread) noexcept : thread_(thread), previous_(thread.store->control.current) {
    thread.fuel = left();
    begin_call(*thread.store, thread);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    thread_.store->control.current = previous_;
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
  copy_slots(arguments.data(), arguments.size(), frame);
  thread.top += needed;
  thread.may_wait = true;
  if (is_compiled(func)) return func.instance->module->native->start(thread, func, frame);
  thread.ip = nullptr;  // no guest's code is there yet, and if the function is the host's, never
  thread.instance = nullptr;
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

// What compiled code of the store kept; nullptr: nothing.
NativeBacktrace* kept_frames(const Store& store) {
  for (const Instance* instance : store.instances) {
    const NativeModule* native = instance->module->native;
    if (native == nullptr) continue;
    NativeBacktrace& kept = native->kept_frames();
    return kept.store == &store ? &kept : nullptr;
  }
  return nullptr;
}

// A walk over guest frames from the innermost one outwards, up to where the host entered.
class Walk {
 public:
  Walk(Thread& thread, std::size_t most_frames)
      : thread_(thread), store_(*thread.store), kept_(kept_frames(store_)), most_frames_(most_frames) {
    store_.backtrace.clear();
  }

  // The number of frames, of which only the innermost ones are kept.
  std::size_t run() {
    ip_ = thread_.ip;
    frame_ = thread_.frame;
    instance_ = thread_.instance;
    if (const NativeFrames* native = find(nullptr)) start(*native);
    for (;;) {
      while (ip_ != nullptr && instance_ != nullptr) {
        add(instance_, ip_);
        go_out();
      }
      const NativeFrames* native = outermost_ == nullptr ? nullptr : find(outermost_);
      if (native == nullptr) return count_;
      add(*native);
      frame_ = native->entered;
      go_out();
    }
  }

 private:
  // To the caller's frame.
  void go_out() {
    outermost_ = frame_;
    ip_ = std::bit_cast<const Cell*>(frame_[header_return_ip]);
    instance_ = std::bit_cast<Instance*>(frame_[header_caller_instance]);
    frame_ = std::bit_cast<const Slot*>(frame_[header_caller_frame]);
  }

  // Where compiled code stopped, the thread stands at the function that was entered, or, after an exception, at its
  // caller.
  void start(const NativeFrames& native) {
    const bool at_caller = std::bit_cast<const Slot*>(native.entered[header_caller_frame]) == frame_;
    if (native.entered != frame_ && !at_caller) return;
    add(native);
    frame_ = native.entered;
    go_out();
  }

  const NativeFrames* find(const Slot* callee) const {
    if (kept_ == nullptr) return nullptr;
    for (const NativeFrames& frames : kept_->frames) {
      if (frames.callee == callee) return &frames;
    }
    return nullptr;
  }
  void add(const NativeFrames& frames) {
    for (std::size_t i = 0; i < frames.count; ++i) {
      if (count_++ < most_frames_) store_.backtrace.push_back(kept_->positions[frames.first + i]);
    }
    count_ += frames.left_out;
  }
  void add(Instance* instance, const Cell* ip) {
    if (count_++ < most_frames_) {
      store_.backtrace.push_back({instance, store_.executor->position(*instance->module, ip)});
    }
  }

  Thread& thread_;
  Store& store_;
  const NativeBacktrace* kept_;
  std::size_t most_frames_;
  const Cell* ip_ = nullptr;
  const Slot* frame_ = nullptr;
  Instance* instance_ = nullptr;
  const Slot* outermost_ = nullptr;  // the frame that was left last
  std::size_t count_ = 0;
};

}  // namespace

std::size_t walk(Thread& thread, std::size_t most_frames) {
  const std::size_t count = Walk(thread, most_frames).run();
  if (NativeBacktrace* kept = kept_frames(*thread.store)) kept->clear();
  return count;
}

namespace {

std::pmr::string backtrace(Thread& thread) {
  std::pmr::string out(thread.store->resource);
  const std::size_t count = walk(thread);
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
    if (NativeBacktrace* kept = kept_frames(*thread.store)) kept->clear();
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
