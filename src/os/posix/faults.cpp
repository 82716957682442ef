#include "os/faults.hpp"

#include <atomic>
#include <mutex>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

constinit thread_local tenon::detail::HostStack tenon::detail::host_stack;

namespace tenon::os {

namespace {

std::atomic<FaultHandler> fault_handler;
std::atomic<FaultHandler> fault_handler_in_place;
struct sigaction previous_segv;
struct sigaction previous_bus;

// The machine's registers in the signal's context.
FaultPlace place_of(const ucontext_t& context) noexcept {
#if defined(__x86_64__)
  const auto& registers = context.uc_mcontext.gregs;
  return {static_cast<std::uintptr_t>(registers[REG_RIP]), static_cast<std::uintptr_t>(registers[REG_RSP]),
          static_cast<std::uintptr_t>(registers[REG_RBP]), 0};
#elif defined(__aarch64__)
  return {context.uc_mcontext.pc, context.uc_mcontext.sp, context.uc_mcontext.regs[29], context.uc_mcontext.regs[30]};
#endif
}
void set_program_counter(ucontext_t& context, void* target) noexcept {
#if defined(__x86_64__)
  context.uc_mcontext.gregs[REG_RIP] = reinterpret_cast<greg_t>(target);
#elif defined(__aarch64__)
  context.uc_mcontext.pc = reinterpret_cast<std::uintptr_t>(target);
#endif
}
void go_on_at(ucontext_t& context, void* target) noexcept {
#if defined(__x86_64__)
  // As after a call: the stack is off by one word, below what the interrupted code may use behind its stack pointer.
  const auto stack = static_cast<std::uintptr_t>(context.uc_mcontext.gregs[REG_RSP]);
  context.uc_mcontext.gregs[REG_RSP] = static_cast<greg_t>(((stack - 256) & ~std::uintptr_t{15}) - 8);
#endif
  set_program_counter(context, target);
}

void on_fault(int signal, siginfo_t* info, void* raw_context) {
  auto& context = *static_cast<ucontext_t*>(raw_context);
  if (FaultHandler handler = fault_handler_in_place.load(std::memory_order_acquire)) {
    if (void* target = handler(place_of(context))) {
      set_program_counter(context, target);
      return;
    }
  }
  if (FaultHandler handler = fault_handler.load(std::memory_order_acquire)) {
    if (void* target = handler(place_of(context))) {
      go_on_at(context, target);
      return;
    }
  }
  const struct sigaction& previous = signal == SIGSEGV ? previous_segv : previous_bus;
  if ((previous.sa_flags & SA_SIGINFO) != 0 && previous.sa_sigaction != nullptr) {
    previous.sa_sigaction(signal, info, raw_context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(signal);
  } else {
    // Nobody else's: the instruction faults again, and ends the process as it would have.
    ::signal(signal, SIG_DFL);
  }
}

}  // namespace

namespace {

void install() noexcept {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction action = {};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGSEGV, &action, &previous_segv);
    ::sigaction(SIGBUS, &action, &previous_bus);
  });
}

}  // namespace

void handle_faults(FaultHandler handler) noexcept {
  fault_handler.store(handler, std::memory_order_release);
  install();
}
void handle_faults_in_place(FaultHandler handler) noexcept {
  fault_handler_in_place.store(handler, std::memory_order_release);
  install();
}

bool make_executable(void* address, std::size_t size) noexcept {
  return size == 0 || ::mprotect(address, size, PROT_READ | PROT_EXEC) == 0;
}
bool make_read_only(void* address, std::size_t size) noexcept {
  return size == 0 || ::mprotect(address, size, PROT_READ) == 0;
}

void* map_code(int file, std::uint64_t offset, std::size_t size, std::size_t code) noexcept {
  void* base = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, static_cast<off_t>(offset));
  if (base == MAP_FAILED) return nullptr;
  if (make_executable(base, code)) return base;
  ::munmap(base, size);
  return nullptr;
}

NativeStack& native_stack() noexcept { return detail::host_stack; }

void find_native_stack() noexcept {
  pthread_attr_t attributes;
  if (::pthread_getattr_np(::pthread_self(), &attributes) != 0) return;
  void* address = nullptr;
  std::size_t size = 0;
  ::pthread_attr_getstack(&attributes, &address, &size);
  std::size_t guard = 0;
  ::pthread_attr_getguardsize(&attributes, &guard);
  ::pthread_attr_destroy(&attributes);
  native_stack().lowest = reinterpret_cast<std::uintptr_t>(address) + guard;
}

}  // namespace tenon::os
