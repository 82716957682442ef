// The embedded profile at work: a program without any library (it is linked with -nostdlib) that reads, validates and
// runs a module in one region of memory. It says by its exit code which check failed; 0: none.
#include <cstddef>
#include <cstdint>
#include <new>

#include "binary/core/module.hpp"
#include "interp/interpreter.hpp"
#include "module.hpp"
#include "os/region/region.hpp"
#include "runtime/store.hpp"
#include "validate/core/module.hpp"

namespace {

using namespace tenon;

alignas(64) std::byte region[std::size_t{2} << 20];

runtime::Outcome twice(runtime::Thread&, const runtime::Func&, runtime::Slot* frame) noexcept {
  frame[0] = static_cast<std::uint32_t>(2 * frame[0]);
  return runtime::Outcome::returned;
}

// A module with everything that lives as long as it runs.
struct Guest {
  os::RegionMemory memory;
  Arena arena{memory};
  core::TypeRegistry types{memory};
  Result<core::Module> module = core::read_module(module_bytes, memory);
  Result<core::ValidatedModule> validated =
      module ? core::validate_module(*module, types, arena) : Result<core::ValidatedModule>(module.error());
  runtime::Executor* interpreter = interp::make_interpreter(memory);
  runtime::CodeModule* code = validated ? interpreter->make_code(*validated, {}) : nullptr;
  runtime::Store store{*interpreter, types, memory, {.stack_bytes = std::size_t{32} << 10}};
  runtime::Instance* instance = nullptr;

  Guest() = default;
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;
  ~Guest() {
    interpreter->release(code);
    interp::destroy_interpreter(interpreter);
  }

  bool instantiate() {
    if (code == nullptr) return false;
    runtime::Extern import;
    import.func = runtime::make_host_func(store, validated->func_types[core::FuncIdx(0U)], twice, nullptr);
    auto made = runtime::instantiate(store, *code, std::span(&import, 1));
    if (made) instance = *made;
    return made.has_value();
  }
  Result<void> call(std::string_view name, runtime::Slot& value) {
    return runtime::call(store, *runtime::find_export(*instance, name)->func, std::span(&value, 1));
  }
  bool gives(std::string_view name, std::uint32_t argument, std::uint32_t expected) {
    runtime::Slot value = argument;
    return call(name, value).has_value() && static_cast<std::uint32_t>(value) == expected;
  }
  bool traps(std::string_view name, std::uint32_t argument, std::string_view message) {
    runtime::Slot value = argument;
    const auto result = call(name, value);
    return !result && result.error().kind() == ErrorKind::trap && result.error().message() == message;
  }
};

int check(Guest& guest) {
  int number = 2;
  const auto next = [&number](bool holds) {
    ++number;
    return holds;
  };
  const bool all = next(guest.gives("fib", 20, 6765)) && next(guest.gives("load", 0, 42)) &&
                   next(guest.traps("load", 65'536, "out of bounds memory access")) &&
                   next(guest.gives("grow", 1, 1)) && next(guest.gives("load", 131'068, 0)) &&
                   next(guest.gives("grow", 1, 0xFFFF'FFFF)) && next(guest.gives("indirect", 1, 42)) &&
                   next(guest.traps("indirect", 2, "undefined element")) && next(guest.gives("host", 21, 42)) &&
                   next(guest.gives("churn", 100'000, 1)) && next(guest.gives("catch", 7, 7)) &&
                   next(guest.traps("deep", 0, "call stack exhausted")) && next(guest.gives("sqrt", 1764, 42));
  return all ? 0 : number;
}

// More than the region has: the growing of the table leaves, and what was there goes on.
bool lives_on(Guest& guest) {
  struct Call {
    Guest* guest;
    bool has_failed = false;
  } failing{&guest};
  const runtime::Checkpoint before(guest.store);
  const bool done = os::attempt(
      [](void* context) {
        auto& self = *static_cast<Call*>(context);
        runtime::Slot value = 100'000'000;
        self.has_failed = !self.guest->call("fill", value) || value == 0xFFFF'FFFF;
      },
      &failing);
  if (!done) before.restore(guest.store);
  return (!done || failing.has_failed) && guest.gives("fib", 10, 55);
}

int run() {
  os::give_region(region, sizeof region);
  const std::size_t free_at_first = os::region_bytes_free();
  struct Program {
    int result = 1;
  } program;
  const bool done = os::attempt(
      [](void* context) {
        Guest guest;
        auto& result = static_cast<Program*>(context)->result;
        if (!guest.instantiate()) return;
        result = check(guest);
        if (result == 0 && !lives_on(guest)) result = 50;
      },
      &program);
  if (!done) return 60;
  if (program.result != 0) return program.result;
  if (os::region_bytes_free() != free_at_first) return 61;
  // What takes more than there is leaves for here.
  return os::attempt([](void*) { (void)os::RegionMemory().allocate(sizeof region + 1); }, nullptr) ? 62 : 0;
}

}  // namespace

extern "C" [[noreturn]] void start_program() {
  const long code = run();
  asm volatile("syscall" : : "a"(60L), "D"(code) : "rcx", "r11", "memory");  // Linux: exit
  __builtin_unreachable();
}

asm(".globl _start\n_start:\n  xor %ebp, %ebp\n  and $-16, %rsp\n  call start_program\n");
