// Code in memory, the bytecode that enters it, and what it calls.
//
// A fault in compiled code can only be an access behind the end of a memory; the signal's handler looks whether the
// program counter is in compiled code, and goes on in the activation.
#include "jit/native_code.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <vector>

#include "base/concat.hpp"
#include "interp/calls.hpp"
#include "jit/enter.hpp"
#include "jit/helpers.hpp"
#include "jit/unwind.hpp"
#include "os/code_memory.hpp"
#include "os/faults.hpp"
#include "os/pages.hpp"
#include "runtime/heap.hpp"
#include "runtime/store.hpp"

namespace tenon::jit {

using interp::Registers;
using interp::Step;
using runtime::Cell;
using runtime::NativeModule;
using runtime::NativeThunk;
using runtime::Thread;

namespace {

void* on_fault(const os::FaultPlace& place) noexcept {
  const auto* pc = reinterpret_cast<const void*>(place.program_counter);
  return find_code_map(pc) == nullptr ? nullptr : go_on_after_fault(place);
}

// --- Bytecode that enters compiled code

// Fields: the function's index, and the slots of its parameters or results. The frame at fp holds the arguments, as for
// any function. Where the memories have no guard regions, or there is no stack for a guest that may be suspended,
// bytecode goes on.
struct EnterNative {
  // All that there is to do where nothing has to be prepared, and nothing goes wrong.
  TENON_INLINE static Step run(Registers& r) noexcept {
    Thread& thread = *r.thread;
    const core::FuncIdx index(interp::field<std::uint32_t>(r, 0));
    const NativeEntry entry = entry_of(*r.instance->module->native, index);
    const runtime::Func* func = r.instance->funcs[index.value];
    runtime::Slot* end = r.fp + interp::field<std::uint32_t>(r, 4);
    r.acc = entering;
    if (!can_run_native(*r.instance) || !is_prepared(thread) || end > thread.stack_limit ||
        (func != nullptr && func->native_entry != entry.entry)) [[unlikely]] {
      return Step::slow;
    }
    note_position(r, r.ip + 1);
    runtime::Slot* top = std::exchange(thread.top, end);
    Activation activation(thread, r.fp);
    activation.run(*r.instance, entry, r.fp);
    r.outcome = activation.outcome;
    if (r.outcome != runtime::Outcome::returned) [[unlikely]] {
      if (r.outcome != runtime::Outcome::thrown) return Step::leave;
      r.acc = has_thrown;
      return Step::slow;
    }
    thread.top = top;
    return interp::return_with_results(r);
  }
  static Step slow(Registers& r) { return r.acc == has_thrown ? go_on_with_exception(r) : prepare(r); }

 private:
  // What `slow` is for, in the accumulator.
  static constexpr std::uint64_t entering = 0;
  static constexpr std::uint64_t has_thrown = 1;

  static Step prepare(Registers& r) {
    Thread& thread = *r.thread;
    const core::FuncIdx index(interp::field<std::uint32_t>(r, 0));
    if (!can_run_native(*r.instance) || !prepare_to_wait(thread)) {
      r.ip = r.instance->module->bytecode[index.value].load(std::memory_order_acquire);
      return Step::next;
    }
    const NativeEntry entry = entry_of(*r.instance->module->native, index);
    if (runtime::Func* func = r.instance->funcs[index.value]) {  // the host's next call goes there directly
      func->native_context = r.instance;
      func->native_entry = entry.entry;
    }
    return run_compiled(r, interp::field<std::uint32_t>(r, 4), entry, r.ip + 1);
  }
};

}  // namespace

struct NativeCode::State {
  explicit State(std::size_t count) : entries(count), thunks(count), gates(2 * count) {}
  runtime::CodeModule* code = nullptr;
  std::vector<const runtime::CodeModule*> modules;  // that images name
  NativeModule native;
  std::vector<std::uint32_t> type_ids;
  std::vector<std::atomic<const void*>> entries;
  std::vector<std::atomic<NativeThunk>> thunks;
  std::vector<Cell> gates;
  bool loop_dispatch = false;
  std::unique_ptr<LoopCode> loops;  // where loops are looked for
  std::unique_ptr<Heat> heat;
  std::atomic<Heat*> counts = nullptr;  // it, once it is there
  const Cell* look(const runtime::Instance& instance, const Cell* ip, const runtime::Slot* frame) noexcept;
  struct Mapping {
    std::uint8_t* base;
    std::size_t size;
    CodeMap* map;
  };
  std::vector<Mapping> mappings;
};

NativeCode::~NativeCode() {
  for (const State::Mapping& mapping : state_->mappings) {
    remove_code_map(mapping.map);
    os::release(mapping.base, mapping.size);
  }
  delete state_;
}

namespace {

// The image's bytes, mapped: instructions executable, the rest readable.
std::uint8_t* map(const Image& image, std::size_t& size) {
  size = (image.bytes.size() + os::page_size() - 1) & ~(os::page_size() - 1);
  const std::uint64_t constants = image.layout.constants;
  if (image.file >= 0) return static_cast<std::uint8_t*>(os::map_code(image.file, image.file_offset, size, constants));
  auto* base = static_cast<std::uint8_t*>(os::reserve(size));
  if (base == nullptr) return nullptr;
  const bool done = os::commit(base, size) && (std::memcpy(base, image.bytes.data(), image.bytes.size()), true) &&
                    os::make_executable(base, constants) && os::make_read_only(base + constants, size - constants);
  if (done) {
    os::publish_code(base, constants);
    return base;
  }
  os::release(base, size);
  return nullptr;
}

}  // namespace

NativeCode::NativeCode(runtime::CodeModule& code, bool loop_dispatch)
    : state_(new State(code.validated->module->funcs.size())) {
  const core::ValidatedModule& validated = *code.validated;
  state_->code = &code;
  state_->modules = {&code};
  for (const core::TypeIdx type : validated.canonical_types) state_->type_ids.push_back(type.value);
  const Cell handler = handler_cell<EnterNative>(loop_dispatch);
  for (std::size_t i = 0; i < state_->entries.size(); ++i) {
    state_->gates[2 * i] = handler;
    const std::uint64_t slots = runtime::value_slots(*validated.func_signatures[core::FuncIdx(i)]);
    state_->gates[2 * i + 1].bits = i | slots << 32;
  }
  NativeModule& native = state_->native;
  native.helpers = native_helpers();
  native.kept_frames = kept_frames;
  native.call = call_compiled;
  native.start = start_compiled;
  native.type_ids = state_->type_ids.data();
  native.entries = state_->entries;
  native.thunks = state_->thunks;
  native.gates = state_->gates;
  for (const core::MemoryType& memory : validated.module->memories) {
    if (!memory.limits.is_64 && memory.page_size_log2 == limits::default_page_size_log2) native.needs_guards = true;
  }
  code.native = &native;
}

void NativeCode::link(std::vector<const runtime::CodeModule*> modules) { state_->modules = std::move(modules); }

Result<const std::uint8_t*> NativeCode::add(const Image& image) {
  State& state = *state_;
  if (image.layout.functions != state.entries.size()) {
    return fail(ErrorKind::malformed, {}, "expected code for ", state.entries.size(), " functions, found it for ",
                image.layout.functions);
  }
  if (image.bytes.empty()) return nullptr;
  std::size_t size = 0;
  std::uint8_t* base = map(image, size);
  if (base == nullptr) return fail(ErrorKind::exhausted, {}, "the system has no room for compiled code");
  Image mapped;
  mapped.layout = image.layout;
  mapped.bytes = {base, image.bytes.size()};
  state.mappings.push_back({base, size, add_code_map(mapped, state.modules)});
  os::handle_faults(&on_fault);
  const auto entries = mapped.entries();
  const auto thunks = mapped.thunks();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i] == not_compiled) continue;
    const bool is_entered = thunks[i] != not_compiled;
    if (is_entered) {
      state.thunks[i].store(reinterpret_cast<NativeThunk>(base + thunks[i]), std::memory_order_relaxed);
    }
    state.entries[i].store(base + entries[i], std::memory_order_release);
    if (is_entered) state.code->code[i].store(&state.gates[2 * i], std::memory_order_release);
  }
  if (mapped.layout.loop_entry != not_compiled && state.loops != nullptr) {
    state.loops->add({core::FuncIdx(mapped.layout.loop_function), mapped.layout.loop_offset},
                     reinterpret_cast<NativeThunk>(base + mapped.layout.loop_entry));
  }
  return base;
}

// A guest stands at `ip`: where it is to go on; nullptr: there.
const Cell* NativeCode::State::look(const runtime::Instance& instance, const Cell* ip,
                                    const runtime::Slot* frame) noexcept {
  if (!can_run_native(instance)) return nullptr;
  auto& bytecode = static_cast<interp::Code&>(*code);
  const interp::FunctionCode* function = bytecode.find(ip + 1);
  if (function == nullptr) return nullptr;
  bool stays = true;
  if (Heat* heat_so_far = counts.load(std::memory_order_acquire)) {
    const core::FuncIdx index = function->index;
    // Found for the first time, or called since: it may return soon. Compiled code serves all calls but older ones.
    stays = entries[index.value].load(std::memory_order_relaxed) != nullptr ||
            (heat_so_far->of(index) != 0 && !heat_so_far->is_called(index));
    heat_so_far->count(*function, ip, frame);
  }
  return loops == nullptr ? nullptr : loops->find(bytecode, *function, ip, stays);
}

void NativeCode::look(bool loop_dispatch, bool loops, std::function<void()> compile) {
  State& state = *state_;
  state.loop_dispatch = loop_dispatch;
  if (loops) state.loops = std::make_unique<LoopCode>(loop_dispatch, std::move(compile));
  state.native.owner = &state;
  state.native.look = [](const NativeModule& native, const runtime::Instance& instance, const Cell* ip,
                         const runtime::Slot* frame) noexcept {
    return static_cast<State*>(native.owner)->look(instance, ip, frame);
  };
}

void NativeCode::begin_counting() {
  State& state = *state_;
  state.heat = std::make_unique<Heat>(static_cast<interp::Code&>(*state.code), state.loop_dispatch);
  state.counts.store(state.heat.get(), std::memory_order_release);
}

Heat* NativeCode::heat() noexcept { return state_->counts.load(std::memory_order_acquire); }

std::optional<LoopCode::Wanted> NativeCode::wanted_loop() noexcept {
  return state_->loops == nullptr ? std::nullopt : state_->loops->wanted();
}

void NativeCode::take_loop(const LoopPlace& place) noexcept { state_->loops->take(place); }

}  // namespace tenon::jit
