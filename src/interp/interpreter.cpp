#include "interp/interpreter.hpp"

#include <new>

#include "interp/calls.hpp"
#include "interp/code.hpp"

namespace tenon::interp {

runtime::CodeModule* Interpreter::make_code(const core::ValidatedModule& module,
                                            const runtime::CodeSettings& settings) {
  std::pmr::polymorphic_allocator<> allocator(memory_);
  return allocator.new_object<Code>(module, settings, *memory_);
}

void Interpreter::release(runtime::CodeModule* code) noexcept {
  if (code == nullptr) return;
  std::pmr::polymorphic_allocator<> allocator(memory_);
  allocator.delete_object(static_cast<Code*>(code));
}

namespace {

Outcome run(Registers& r) { return code_of(*r.instance).settings.loop_dispatch ? run_loop(r) : run_tail(r); }

}  // namespace

Outcome Interpreter::call(Thread& thread, const Func& func, Slot* frame) {
  if (func.is_host()) return func.callback(thread, func, frame);
  frame[header_return_ip] = 0;
  frame[header_caller_frame] = 0;
  frame[header_caller_instance] = 0;
  Registers r{};
  r.ip = func.instance->code[func.index.value].load(std::memory_order_acquire);
  r.fp = frame;
  r.instance = func.instance;
  r.thread = &thread;
  r.reload_memory();
  return run(r);
}

Outcome Interpreter::resume(Thread& thread) {
  Registers r{};
  r.fp = thread.frame;
  r.instance = thread.instance;
  r.thread = &thread;
  accumulate_any(r, r.fp[0]);
  if (return_slowly(r) == Step::leave) return r.outcome;
  return run(r);
}

runtime::Executor::Position Interpreter::position(const runtime::CodeModule& code, const Cell* ip) {
  return const_cast<Code&>(static_cast<const Code&>(code)).position(ip);
}

}  // namespace tenon::interp
