// The machine that the bytecode runs on, and the two ways of stepping from one instruction to the next.
//
// Bytecode is an array of 8-byte cells. An instruction is a cell with the address of its handler, followed by its
// fields: frame slots (byte offsets from the frame pointer, 32 bits), immediates (as wide as their type), branch
// distances (bytes from the instruction's own start, signed 32 bits), indices. Fields lie one behind the other in units
// of four bytes and are filled up to whole cells. Which operands are fields is part of the handler: an operand comes
// from the accumulator of its type, from a slot, or from the instruction itself; a result goes to the accumulator, and
// into a slot as well where the variant says so. So `local.get` and constants are never instructions of their own, and
// `local.set` rarely is.
//
// A handler's body is `static Step run(Registers&)` of some class, always inlined; it does its work, moves
// `registers.ip` on and says how to go on. It knows nothing of dispatch. Two functions are made of each body:
//
// - `tail_handler`: the registers are arguments, in machine registers under `preserve_none`, and going on is a tail
// call
//   through the next cell. A body must not call anything on its hot path, for then the compiler would have to keep the
//   registers across that call. What is rare (traps, an interrupt, a call of the runtime) is said by the returned step
//   and done by cold functions that are tail-called in turn. All returned constants are seen by the compiler, so that
//   nothing of this costs an instruction.
// - `loop_handler`: the registers are a structure in memory, and a loop calls one handler after the other. It serves
//   where tail calls don't exist, and checks the other in the tests.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "base/bytes.hpp"
#include "runtime/entities.hpp"
#include "runtime/thread.hpp"
#include "spec/traps.hpp"

namespace tenon::runtime {

struct Cell {
  std::uint64_t bits;
};

}  // namespace tenon::runtime

namespace tenon::interp {

using runtime::Cell;
using runtime::Instance;
using runtime::Outcome;
using runtime::Slot;
using runtime::Thread;

// How to go on after a handler's body.
enum class Step : std::uint8_t {
  next,         // with the instruction at ip
  taken,        // likewise, after a jump: a dispatch of its own, so that it is predicted on its own
  trap,         // a trap whose reason is in `acc`; ip is that of the trapping instruction
  slow,         // with the body's `slow` function, out of line
  interrupted,  // the guest is to stop, or to ask whether it may go on with the instruction at ip
  leave,        // out of the interpreter with `Registers::outcome`
};

struct Registers {
  const Cell* ip;
  Slot* fp;
  std::uint8_t* memory;       // base of memory 0
  std::uint64_t memory_size;  // its accessible bytes
  Instance* instance;
  Thread* thread;
  std::uint64_t acc;  // i32 (zero-extended), i64, references
  float acc_f32;
  double acc_f64;
  Outcome outcome = Outcome::returned;

  Step trap(Trap reason) noexcept {
    acc = static_cast<std::uint64_t>(reason);
    return Step::trap;
  }
  // Memory 0 of an instance that has just become current, or whose memory may have grown elsewhere.
  void reload_memory() noexcept {
    memory = instance->memory0->base;
    memory_size = instance->memory0->size.load(std::memory_order_relaxed);
  }
};

#define TENON_INLINE [[gnu::always_inline]] inline

// The field of the instruction at ip that lies `at` bytes behind the handler's cell.
template <class T>
TENON_INLINE T field(const Registers& r, unsigned at) noexcept {
  return load_le<T>(reinterpret_cast<const std::uint8_t*>(r.ip + 1) + at);
}
// The slot whose byte offset is in that field.
TENON_INLINE Slot* slot_at(const Registers& r, unsigned at) noexcept {
  return reinterpret_cast<Slot*>(reinterpret_cast<std::uint8_t*>(r.fp) + field<std::uint32_t>(r, at));
}
// The cell at the distance that is in that field.
TENON_INLINE const Cell* target_at(const Registers& r, unsigned at) noexcept {
  return reinterpret_cast<const Cell*>(reinterpret_cast<const std::uint8_t*>(r.ip) + field<std::int32_t>(r, at));
}
// Whole cells of an instruction with so many bytes of fields.
constexpr unsigned cells_of(unsigned field_bytes) noexcept { return 1 + (field_bytes + 7) / 8; }

template <class T>
TENON_INLINE T read_slot(const Slot* slot) noexcept {
  return load_le<T>(slot);
}
// A whole slot is written whatever the type: a wider read of it finds all bytes in one store.
template <class T>
TENON_INLINE Slot to_slot(T value) noexcept {
  if constexpr (std::is_same_v<T, float>) {
    return std::bit_cast<std::uint32_t>(value);
  } else if constexpr (std::is_same_v<T, double>) {
    return std::bit_cast<std::uint64_t>(value);
  } else {
    return static_cast<std::make_unsigned_t<T>>(value);
  }
}

template <class T>
TENON_INLINE T read_accumulator(const Registers& r) noexcept {
  if constexpr (std::is_same_v<T, float>) {
    return r.acc_f32;
  } else if constexpr (std::is_same_v<T, double>) {
    return r.acc_f64;
  } else {
    return static_cast<T>(r.acc);
  }
}
template <class T>
TENON_INLINE void write_accumulator(Registers& r, T value) noexcept {
  if constexpr (std::is_same_v<T, float>) {
    r.acc_f32 = value;
  } else if constexpr (std::is_same_v<T, double>) {
    r.acc_f64 = value;
  } else {
    r.acc = to_slot(value);
  }
}
// The value in a slot, into all accumulators: what it is, the code that follows knows.
TENON_INLINE void accumulate_any(Registers& r, Slot value) noexcept {
  r.acc = value;
  r.acc_f32 = runtime::as_f32(value);
  r.acc_f64 = runtime::as_f64(value);
}

#define TENON_REGISTER_PARAMETERS                                                                                \
  const Cell *ip, Slot *fp, std::uint8_t *memory, std::uint64_t memory_size, Instance *instance, Thread *thread, \
      std::uint64_t acc, float acc_f32, double acc_f64
#define TENON_REGISTER_ARGUMENTS(r) \
  r.ip, r.fp, r.memory, r.memory_size, r.instance, r.thread, r.acc, r.acc_f32, r.acc_f64

using TailHandler = __attribute__((preserve_none)) Outcome(TENON_REGISTER_PARAMETERS);
using LoopHandler = Step(Registers&);

// The address of a handler of either kind: all handlers of a piece of code are of the same kind.
union Handler {
  TailHandler* tail;
  LoopHandler* loop;
};

// Saves where the trap happened. The address kept is one cell past the start of the instruction, so that, like a return
// address, it is inside or just behind the instruction it stands for.
inline Outcome leave_with_trap(const Registers& r) noexcept {
  r.thread->ip = r.ip + 1;
  r.thread->frame = r.fp;
  r.thread->instance = r.instance;
  return r.thread->trap(static_cast<Trap>(r.acc));
}

// The address sanitizer's frames and this calling convention don't go together. The bodies are checked in loop
// dispatch, and out of line.
#define TENON_TAIL __attribute__((preserve_none, no_sanitize("address")))

// The cell of a handler, which another thread may replace at any time by native code of the same meaning.
TENON_INLINE std::uint64_t handler_at(const Cell* cell) noexcept {
  return __atomic_load_n(&cell->bits, __ATOMIC_RELAXED);
}

#define TENON_DISPATCH(r) \
  [[clang::musttail]] return std::bit_cast<TailHandler*>(handler_at((r).ip))(TENON_REGISTER_ARGUMENTS(r))

TENON_TAIL __attribute__((noinline, cold)) inline Outcome tail_trap(TENON_REGISTER_PARAMETERS) {
  const Registers r{ip, fp, memory, memory_size, instance, thread, acc, acc_f32, acc_f64};
  return leave_with_trap(r);
}

// Whether the store's owner lets an interrupted guest go on, from `r.ip`, which may have become other code for the same
// place; other guests may have run meanwhile.
bool may_go_on(Registers& r) noexcept;

TENON_TAIL __attribute__((noinline, cold)) inline Outcome tail_interrupted(TENON_REGISTER_PARAMETERS) {
  Registers r{ip, fp, memory, memory_size, instance, thread, acc, acc_f32, acc_f64};
  if (may_go_on(r)) TENON_DISPATCH(r);
  r.trap(Trap::deadline_exceeded);
  [[clang::musttail]] return tail_trap(TENON_REGISTER_ARGUMENTS(r));
}

template <class Body>
concept HasSlow = requires(Registers& r) { Body::slow(r); };

template <class Body>
TENON_TAIL __attribute__((noinline, cold)) Outcome tail_slow(TENON_REGISTER_PARAMETERS) {
  Registers r{ip, fp, memory, memory_size, instance, thread, acc, acc_f32, acc_f64};
  const Step step = Body::slow(r);
  if (step == Step::leave) return r.outcome;
  if (step == Step::trap) [[clang::musttail]]
    return tail_trap(TENON_REGISTER_ARGUMENTS(r));
  TENON_DISPATCH(r);
}

template <class Body>
TENON_TAIL Outcome tail_handler(TENON_REGISTER_PARAMETERS) {
  Registers r{ip, fp, memory, memory_size, instance, thread, acc, acc_f32, acc_f64};
  const Step step = Body::run(r);
  if (step == Step::next) TENON_DISPATCH(r);
  if (step == Step::taken) TENON_DISPATCH(r);
  if constexpr (HasSlow<Body>) {
    if (step == Step::slow) [[clang::musttail]]
      return tail_slow<Body>(TENON_REGISTER_ARGUMENTS(r));
  }
  if (step == Step::interrupted) [[clang::musttail]]
    return tail_interrupted(TENON_REGISTER_ARGUMENTS(r));
  if (step == Step::leave) return r.outcome;
  [[clang::musttail]] return tail_trap(TENON_REGISTER_ARGUMENTS(r));
}

template <class Body>
Step loop_handler(Registers& r) {
  const Step step = Body::run(r);
  if constexpr (HasSlow<Body>) {
    if (step == Step::slow) return Body::slow(r);
  }
  return step;
}

// A body that is never hot: all of it is out of line. `Body::slow` does the work.
template <class Body>
struct OutOfLine {
  TENON_INLINE static Step run(Registers&) noexcept { return Step::slow; }
  static Step slow(Registers& r) { return Body::run(r); }
};

// The two kinds of dispatch, as arguments of the templates that make the handlers' tables.
struct TailDispatch {
  template <class Body>
  static constexpr Handler handler() noexcept {
    return Handler{.tail = &tail_handler<Body>};
  }
};
struct LoopDispatch {
  template <class Body>
  static constexpr Handler handler() noexcept {
    return Handler{.loop = &loop_handler<Body>};
  }
};

// Runs from `r.ip` until something leaves.
inline Outcome run_tail(const Registers& r) {
  return std::bit_cast<TailHandler*>(handler_at(r.ip))(TENON_REGISTER_ARGUMENTS(r));
}
inline Outcome run_loop(Registers& r) {
  for (;;) {
    const Step step = std::bit_cast<LoopHandler*>(handler_at(r.ip))(r);
    if (step == Step::leave) return r.outcome;
    if (step == Step::trap) return leave_with_trap(r);
    if (step == Step::interrupted && !may_go_on(r)) {
      r.trap(Trap::deadline_exceeded);
      return leave_with_trap(r);
    }
  }
}

}  // namespace tenon::interp
