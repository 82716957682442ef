// What ends a guest's waiting, and what does not.
#include "tenon/interrupt.hpp"
#include "unit/wasi/p2/calls.hpp"

namespace tenon::wasi::p2 {
namespace {

// A component that has itself interrupted, and then waits for ten milliseconds.
class P2Waiting : public Calls {
 protected:
  Result<void> run() {
    constexpr std::string_view text = R"((component
      (import "host" (instance $host (export "interrupt" (func))))
      (import "wasi:io/poll@0.2.0" (instance $poll
        (export "pollable" (type $p (sub resource)))
        (export "[method]pollable.block" (func (param "self" (borrow $p))))))
      (alias export $poll "pollable" (type $pollable))
      (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
        (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))))
      (core func $interrupt (canon lower (func $host "interrupt")))
      (core func $block (canon lower (func $poll "[method]pollable.block")))
      (core func $subscribe (canon lower (func $clock "subscribe-duration")))
      (core module $caller
        (import "" "interrupt" (func $interrupt))
        (import "" "block" (func $block (param i32)))
        (import "" "subscribe" (func $subscribe (param i64) (result i32)))
        (func (export "run") (local $timer i32)
          (local.set $timer (call $subscribe (i64.const 10000000)))
          (call $interrupt)
          (call $block (local.get $timer))))
      (core instance $i (instantiate $caller (with "" (instance (export "interrupt" (func $interrupt))
        (export "block" (func $block)) (export "subscribe" (func $subscribe))))))
      (func (export "run") (canon lift (core func $i "run")))))";
    EXPECT_TRUE(host->get_reactor());
    Linker linker(engine);
    EXPECT_TRUE(define(linker, std::make_shared<HostOf>(host)));
    EXPECT_TRUE(linker.define("host", "interrupt", [this] { store.interrupt(); }));
    const auto component = Component::compile(engine, text);
    EXPECT_TRUE(component) << component.error().message();
    auto called = linker.instantiate(store, *component).value().func("", "run").value().call({});
    if (!called) return std::move(called).error();
    return {};
  }
  Engine engine;
  Store store{engine};
  host::Signal stop;
};

TEST_F(P2Waiting, EndsWhenTheGuestIsInterrupted) {
  const auto ended = run();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().message(), "deadline exceeded");
}

TEST_F(P2Waiting, GoesOnWhenAServersGuestIsToStandBack) {
  host->stop = &stop;
  host->deadline = host::monotonic_time() + 60'000'000'000;
  set_interrupt_handler(store, [] { return true; });
  const auto ended = run();
  EXPECT_TRUE(ended) << ended.error().message();
}

TEST_F(P2Waiting, EndsWithTheTimeOfAServersRequest) {
  host->stop = &stop;
  host->deadline = host::monotonic_time();
  set_interrupt_handler(store, [] { return true; });
  EXPECT_FALSE(run());
}

}  // namespace
}  // namespace tenon::wasi::p2
