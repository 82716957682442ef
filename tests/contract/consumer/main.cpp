// Uses the installed library as a stranger would, in C++20. Ends with status 0 when each answer is the expected one.
#include <cstdint>
#include <cstdio>
#include <tenon/tenon.hpp>
#include <tenon/tools.hpp>

namespace {

constexpr const char* text = R"((module
  (import "env" "twice" (func $twice (param i32) (result i32)))
  (func (export "run") (param i32) (result i32) (call $twice (local.get 0)))
  (func (export "fail") unreachable)))";

// The number of the first answer that was wrong, or 0.
int first_wrong_answer() {
  const auto wasm = tenon::tools::parse(text);
  if (!wasm || !tenon::tools::is_binary(*wasm)) return 1;
  if (!tenon::tools::validate(*wasm)) return 2;
  const auto invalid = tenon::tools::validate("(module (func (result i32) i64.const 42))");
  if (invalid || invalid.error().kind() != tenon::ErrorKind::invalid) return 3;

  tenon::Engine engine;
  const auto module = tenon::Module::compile(engine, *wasm);
  if (!module) return 4;
  tenon::Linker linker(engine);
  if (!linker.define("env", "twice", [](std::int32_t number) { return 2 * number; })) return 5;
  tenon::Store store(engine);
  auto instance = linker.instantiate(store, *module);
  if (!instance) return 6;
  auto run = instance->func<std::int32_t(std::int32_t)>("run");
  if (!run || (*run)(21).value_or(0) != 42) return 7;
  auto fail = instance->func<void()>("fail");
  if (!fail) return 8;
  const auto trapped = (*fail)();
  if (trapped || trapped.error().kind() != tenon::ErrorKind::trap) return 9;
  return 0;
}

}  // namespace

int main() {
  const int wrong = first_wrong_answer();
  std::printf(wrong == 0 ? "the installed library works\n" : "answer %d is wrong\n", wrong);
  return wrong;
}
