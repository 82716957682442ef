#include "interp/interpreter.hpp"

#include <new>

#include "interp/calls.hpp"
#include "interp/code.hpp"
#include "runtime/native.hpp"
#include "runtime/store.hpp"

namespace tenon::interp {

namespace {

// Goes on in better code, where there is any for this place by now.
void look_for_code(Registers& r) noexcept {
  const runtime::NativeModule* native = r.instance->module->native;
  if (native == nullptr || native->look == nullptr) return;
  if (const Cell* found = native->look(*native, *r.instance, r.ip, r.fp)) r.ip = found;
}

}  // namespace

bool may_go_on(Registers& r) noexcept {
  runtime::Store& store = *r.thread->store;
  if (runtime::is_only_look(store.control)) {
    look_for_code(r);
    return true;
  }
  if (store.may_go_on == nullptr) return false;
  // Where the guest is, for whoever looks meanwhile.
  r.thread->ip = r.ip + 1;
  r.thread->frame = r.fp;
  r.thread->instance = r.instance;
  return store.may_go_on(store);
}

namespace {

class Interpreter final : public runtime::Executor {
 public:
  explicit Interpreter(std::pmr::memory_resource& memory) noexcept : memory_(&memory) {}
  std::pmr::memory_resource& memory() const noexcept { return *memory_; }

  runtime::CodeModule* make_code(const core::ValidatedModule& module, const runtime::CodeSettings& settings) override;
  void release(runtime::CodeModule* code) noexcept override;
  Outcome call(Thread& thread, const Func& func, Slot* frame) override;
  Outcome resume(Thread& thread) override;
  Position position(const runtime::CodeModule& code, const Cell* ip) override;

 private:
  std::pmr::memory_resource* memory_;
};

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

// Goes to the caller of the frame at fp; false if that is the host.
bool leave_frame(Registers& r) noexcept {
  r.ip = std::bit_cast<const Cell*>(r.fp[header_return_ip]);
  if (r.ip == nullptr) return false;
  r.instance = std::bit_cast<Instance*>(r.fp[header_caller_instance]);
  r.fp = std::bit_cast<Slot*>(r.fp[header_caller_frame]);
  return true;
}

// The copy keeps `r` itself in machine registers.
Outcome run(const Registers& r) {
  if (!code_of(*r.instance).settings.loop_dispatch) [[likely]]
    return run_tail(r);
  Registers copy = r;
  return run_loop(copy);
}

}  // namespace

Outcome Interpreter::call(Thread& thread, const Func& func, Slot* frame) {
  frame[header_return_ip] = 0;
  frame[header_caller_frame] = 0;
  frame[header_caller_instance] = 0;
  if (func.is_host()) {
    const Outcome outcome = func.callback(thread, func, frame);
    if (outcome == Outcome::suspended) thread.frame = frame;  // where its results will be
    return outcome;
  }
  Registers r{};
  r.ip = func.instance->code[func.index.value].load(std::memory_order_acquire);
  r.fp = frame;
  r.instance = func.instance;
  r.thread = &thread;
  r.reload_memory();
  return run(r);
}

Outcome Interpreter::resume(Thread& thread) {
  Outcome native = Outcome::returned;
  if (thread.native_wait != nullptr && thread.native_wait->resume != nullptr)
    native = thread.native_wait->resume(thread);
  if (native == Outcome::trapped || native == Outcome::suspended) return native;
  Registers r{};
  r.fp = thread.frame;
  r.instance = thread.instance;
  r.thread = &thread;
  if (native == Outcome::thrown) {
    if (!leave_frame(r)) return native;
    return unwind(r) == Step::leave ? r.outcome : run(r);
  }
  return return_with_results(r) == Step::leave ? r.outcome : run(r);
}

runtime::Executor::Position Interpreter::position(const runtime::CodeModule& code, const Cell* ip) {
  return const_cast<Code&>(static_cast<const Code&>(code)).position(ip);
}

}  // namespace

runtime::Executor* make_interpreter(std::pmr::memory_resource& memory) {
  std::pmr::polymorphic_allocator<> allocator(&memory);
  return allocator.new_object<Interpreter>(memory);
}

void destroy_interpreter(runtime::Executor* interpreter) noexcept {
  auto* object = static_cast<Interpreter*>(interpreter);
  std::pmr::polymorphic_allocator<> allocator(&object->memory());
  allocator.delete_object(object);
}

}  // namespace tenon::interp
