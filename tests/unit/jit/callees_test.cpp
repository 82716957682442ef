#include "jit/callees.hpp"

#include <gtest/gtest.h>

#include "unit/interp/guest.hpp"

namespace tenon::jit {
namespace {

TEST(Callees, AreThoseThatAreTakenAndWhatTheyCall) {
  const interp::Guest guest(
      R"((module
    (import "env" "imported" (func $imported))
    (func $root (call $taken) (call $left) (call $imported) (call $root))
    (func $taken (call $inner))
    (func $inner (call $taken))
    (func $left (call $behind))
    (func $behind)))",
      {}, {[](runtime::Thread&, const runtime::Func&, runtime::Slot*) noexcept { return runtime::Outcome::returned; }});
  std::vector<bool> found(6);
  add_callees(
      *guest.instance->module->validated, core::FuncIdx(1U), [](core::FuncIdx callee) { return callee.value != 4; },
      found);
  EXPECT_EQ(found, (std::vector<bool>{false, false, true, true, false, false}));
}

}  // namespace
}  // namespace tenon::jit
