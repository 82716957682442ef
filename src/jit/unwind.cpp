#include "jit/unwind.hpp"

#include <algorithm>

#include "runtime/store.hpp"

namespace tenon::jit {

using runtime::BacktraceFrame;
using runtime::Instance;
using runtime::Slot;
using runtime::Store;
using runtime::Thread;

namespace {

std::atomic<CodeMap*> code_maps;

thread_local runtime::NativeBacktrace kept;

}  // namespace

runtime::NativeBacktrace& kept_frames() noexcept { return kept; }

CodeMap* add_code_map(const Image& mapped, std::span<const runtime::CodeModule* const> modules) {
  const std::uint8_t* begin = mapped.bytes.data();
  const auto fill = [&](CodeMap& map) {
    map.image = mapped;
    map.modules = modules;
    map.end.store(begin + mapped.layout.constants, std::memory_order_release);
    return &map;
  };
  for (CodeMap* map = code_maps.load(std::memory_order_acquire); map != nullptr; map = map->next) {
    const std::uint8_t* unused = nullptr;
    if (map->begin.compare_exchange_strong(unused, begin, std::memory_order_acq_rel)) return fill(*map);
  }
  auto* map = new CodeMap;
  map->begin = begin;
  fill(*map);
  map->next = code_maps.load(std::memory_order_relaxed);
  while (!code_maps.compare_exchange_weak(map->next, map, std::memory_order_acq_rel)) {
  }
  return map;
}

void remove_code_map(CodeMap* map) noexcept {
  map->end.store(nullptr, std::memory_order_release);
  map->image = {};
  map->modules = {};
  map->begin.store(nullptr, std::memory_order_release);
}

const CodeMap* find_code_map(const void* pc) noexcept {
  for (const CodeMap* map = code_maps.load(std::memory_order_acquire); map != nullptr; map = map->next) {
    if (pc >= map->begin.load(std::memory_order_acquire) && pc < map->end.load(std::memory_order_acquire)) return map;
  }
  return nullptr;
}

namespace {

// The last row that begins at `place` or before.
template <class Row>
const Row* find_row(std::span<const Row> rows, std::uint32_t place) noexcept {
  const auto after = std::ranges::upper_bound(rows, place, {}, &Row::begin);
  return after == rows.begin() ? nullptr : &*std::prev(after);
}

// A call's place is its own, not that of what comes behind it.
std::uint32_t place_in(const CodeMap& map, const MachineFrame& frame) noexcept {
  const auto begin = reinterpret_cast<std::uintptr_t>(map.begin.load(std::memory_order_relaxed));
  return static_cast<std::uint32_t>(frame.pc - begin - (frame.is_call ? 1 : 0));
}

}  // namespace

const CodeMap* map_of(const MachineFrame& frame) noexcept {
  return find_code_map(reinterpret_cast<const void*>(frame.pc - (frame.is_call ? 1 : 0)));
}

MachineFrame caller_of(const Slot* frame) noexcept {
  MachineFrame caller;
  caller.saved[frame_pointer] = frame[0];
  caller.pc = frame[1];
  caller.sp = reinterpret_cast<std::uintptr_t>(frame + 2);
  return caller;
}

namespace {

// Where a frame's caller goes on, when its registers are known. `words` end with the frame.
#if defined(__aarch64__)
std::uintptr_t return_address(const MachineFrame& caller, const std::uintptr_t* /*words*/) noexcept {
  return caller.saved[link_register];
}
#else
std::uintptr_t return_address(const MachineFrame& /*caller*/, const std::uintptr_t* words) noexcept {
  return words[-1];
}
#endif

}  // namespace

// Of frames that called something, none is empty.
bool step_out(const CodeMap& map, MachineFrame& frame) noexcept {
  const ImageLayout& layout = map.image.layout;
  const auto* row = find_row(map.image.table<UnwindRow>(layout.unwind, layout.unwind_count), place_in(map, frame));
  if (row == nullptr || row->frame == UnwindRow::unknown) return false;
  const std::uintptr_t base = (row->frame & from_frame_pointer) != 0 ? frame.saved[frame_pointer] : frame.sp;
  const std::uintptr_t outer = base + (row->frame & ~from_frame_pointer);
  if (outer < frame.sp || (outer == frame.sp && frame.is_call) || outer % sizeof(Slot) != 0) return false;
  const auto* words = reinterpret_cast<const std::uintptr_t*>(outer);
  for (unsigned i = 0; i < saved_registers; ++i) {
    const unsigned distance = row->distance(i);
    if (distance != 0) frame.saved[i] = words[-static_cast<int>(distance)];
  }
  frame.pc = return_address(frame, words);
  frame.sp = outer;
  frame.is_call = true;
  return true;
}

const CodeSite* site_of(const CodeMap& map, const MachineFrame& frame) noexcept {
  const ImageLayout& layout = map.image.layout;
  const auto* row = find_row(map.image.table<CodePlace>(layout.places, layout.place_count), place_in(map, frame));
  if (row == nullptr || row->site == not_compiled) return nullptr;
  return &map.image.table<CodeSite>(layout.sites, layout.site_count)[row->site];
}

namespace {

// An instance of the module that code was compiled from: the activation's own, or some other. Which one, frames don't
// say.
Instance* instance_of(Store& store, const runtime::CodeModule* module, Instance* likely) noexcept {
  if (likely != nullptr && likely->module == module) return likely;
  for (Instance* instance : store.instances) {
    if (instance->module == module) return instance;
  }
  return nullptr;
}

constexpr std::size_t most_frames_kept = 32;  // of one activation, for a backtrace

}  // namespace

namespace {

struct Kept {
  const Slot* callee;
  const Slot* entered;
  std::size_t most;
};

void keep(Thread& thread, MachineFrame frame, const Kept& what) {
  Store& store = *thread.store;
  Instance* likely = thread.instance != nullptr ? thread.instance : store.control.native_caller;
  runtime::NativeFrames frames{.callee = what.callee, .entered = what.entered, .first = kept.positions.size()};
  for (const CodeMap* map = map_of(frame); map != nullptr; map = map_of(frame)) {
    for (const CodeSite* site = site_of(*map, frame); site != nullptr; site = caller_of(*map, *site)) {
      if (site->function == not_compiled) continue;
      const bool is_kept = frames.count < what.most && site->module < map->modules.size();
      Instance* instance = is_kept ? instance_of(store, map->modules[site->module], likely) : nullptr;
      if (instance == nullptr) {
        ++frames.left_out;
        continue;
      }
      kept.positions.push_back({instance, {core::FuncIdx(site->function), site->offset}});
      ++frames.count;
    }
    if (!step_out(*map, frame)) break;
  }
  kept.frames.push_back(frames);
}

}  // namespace

void keep_frames(Thread& thread, MachineFrame frame, const Slot* callee) {
  if (callee == nullptr || kept.store != thread.store) kept.clear();
  kept.store = thread.store;
  keep(thread, frame, {callee, thread.activation->entered, most_frames_kept});
}

void keep_frames_under_way(Thread& thread, std::size_t most) {
  kept.clear();
  kept.store = thread.store;
  for (const auto* activation = thread.activation; activation != nullptr; activation = activation->previous) {
    if (activation->left_at == nullptr) continue;
    // What was called may have called on, in functions of the runtime that keep frame pointers.
    MachineFrame frame = caller_of(activation->left_at);
    constexpr unsigned most_between = 4;
    for (unsigned i = 0; i < most_between && map_of(frame) == nullptr; ++i) {
      frame = caller_of(reinterpret_cast<const Slot*>(frame.saved[frame_pointer]));
    }
    keep(thread, frame, {activation->callee, activation->entered, most});
  }
}

namespace {

#if defined(__x86_64__)
// Goes on at a landing pad, which finds the exception in rax.
[[noreturn]] void land(const MachineFrame& frame, std::uintptr_t pad, Slot exception) noexcept {
  asm volatile(
      "movq %[exception], %%rax\n\t"
      "movq %[pad], %%rcx\n\t"
      "movq %[sp], %%rsi\n\t"
      "movq 0(%[saved]), %%rbx\n\t"
      "movq 16(%[saved]), %%r12\n\t"
      "movq 24(%[saved]), %%r13\n\t"
      "movq 32(%[saved]), %%r14\n\t"
      "movq 40(%[saved]), %%r15\n\t"
      "movq 8(%[saved]), %%rbp\n\t"
      "xorl %%edx, %%edx\n\t"
      "movq %%rsi, %%rsp\n\t"
      "jmpq *%%rcx"
      :
      : [exception] "r"(exception), [pad] "r"(pad), [sp] "r"(frame.sp), [saved] "D"(frame.saved)
      : "memory", "rax", "rcx", "rsi");
  __builtin_unreachable();
}
#elif defined(__aarch64__)
// Likewise, in x0.
[[noreturn]] void land(const MachineFrame& frame, std::uintptr_t pad, Slot exception) noexcept {
  register Slot x0 asm("x0") = exception;
  register std::uintptr_t x1 asm("x1") = pad;
  register std::uintptr_t x2 asm("x2") = frame.sp;
  register const std::uintptr_t* x3 asm("x3") = frame.saved;
  asm volatile(
      "ldp x19, x20, [x3]\n\t"
      "ldp x21, x22, [x3, #16]\n\t"
      "ldp x23, x24, [x3, #32]\n\t"
      "ldp x25, x26, [x3, #48]\n\t"
      "ldp x27, x28, [x3, #64]\n\t"
      "ldp x29, x30, [x3, #80]\n\t"
      "ldp d8, d9, [x3, #96]\n\t"
      "ldp d10, d11, [x3, #112]\n\t"
      "ldp d12, d13, [x3, #128]\n\t"
      "ldp d14, d15, [x3, #144]\n\t"
      "mov x16, x1\n\t"
      "mov x1, xzr\n\t"
      "mov sp, x2\n\t"
      "br x16"
      :
      : "r"(x0), "r"(x1), "r"(x2), "r"(x3)
      : "memory");
  __builtin_unreachable();
}
#endif

}  // namespace

void go_to_landing_pad(MachineFrame frame, Slot exception) noexcept {
  for (const CodeMap* map = map_of(frame); map != nullptr; map = map_of(frame)) {
    const ImageLayout& layout = map->image.layout;
    const std::uint32_t place = place_in(*map, frame);
    const auto* pad = find_row(map->image.table<LandingPad>(layout.pads, layout.pad_count), place);
    if (pad != nullptr && place < pad->end) {
      frame.sp += pad->arguments;
      land(frame, reinterpret_cast<std::uintptr_t>(map->begin.load(std::memory_order_relaxed)) + pad->pad, exception);
    }
    if (!step_out(*map, frame)) return;
  }
}

}  // namespace tenon::jit
