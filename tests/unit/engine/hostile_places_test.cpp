// Guests whose places overlap: realloc that gives the same place again and again, or one in the middle of what is being
// read; results that are wanted where arguments lie, or given where the arguments came to lie. None of it is wrong in
// itself, and what comes of it is settled by the order of the definition's copies: adapters leave the same bytes as the
// copies of the definition, or the same trap.
#include <string>

#include "engine/component_state.hpp"
#include "engine_support.hpp"
#include "tenon/component.hpp"

namespace tenon {
namespace {

// `turn` gives back what it got. A place of -1 is a new page.
constexpr std::string_view pair_of_guests = R"((component
  (component $callee
    (core module $m
      (memory (export "memory") 1 20)
      (global $place (mut i32) (i32.const 0))
      (global $area (mut i32) (i32.const 0))
      (func (export "set") (param i32 i32) (global.set $place (local.get 0)) (global.set $area (local.get 1)))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (if (i32.eq (global.get $place) (i32.const -1))
          (then (return (i32.mul (memory.grow (i32.const 1)) (i32.const 65536)))))
        (global.get $place))
      (func (export "turn") (param i32 i32) (result i32)
        (i32.store (global.get $area) (local.get 0))
        (i32.store offset=4 (global.get $area) (local.get 1))
        (global.get $area))
      (func (export "sum") (result i64) SUM))
    (core instance $i (instantiate $m))
    (func (export "set") (param "place" u32) (param "area" u32) (canon lift (core func $i "set")))
    (func (export "sum") (result u64) (canon lift (core func $i "sum")))
    (func (export "turn") (param "x" (list TYPE)) (result (list TYPE))
      (canon lift (core func $i "turn") (memory $i "memory") (realloc (func $i "realloc")) ENCODING)))
  (instance $callee (instantiate $callee))
  (component $caller
    (import "turn" (func $turn (param "x" (list TYPE)) (result (list TYPE))))
    (core module $libc
      (memory (export "memory") 1 20)
      (data (i32.const 0) "\18\00\00\00\02\00\00\00\1a\00\00\00\02\00\00\00\1c\00\00\00\04\00\00\00a1bCd2\c3\a9f4")
      (global $place (export "place") (mut i32) (i32.const 0))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (if (i32.eq (global.get $place) (i32.const -1))
          (then (return (i32.mul (memory.grow (i32.const 1)) (i32.const 65536)))))
        (global.get $place)))
    (core instance $libc (instantiate $libc))
    (core func $turn (canon lower (func $turn) (memory $libc "memory") (realloc (func $libc "realloc"))))
    (core module $m
      (import "" "memory" (memory 1))
      (import "" "place" (global $place (mut i32)))
      (import "" "turn" (func $turn (param i32 i32 i32)))
      (func (export "turn") (param i32 i32)
        (global.set $place (local.get 0))
        (call $turn (i32.const 0) (i32.const 3) (local.get 1)))
      (func (export "sum") (result i64) SUM))
    (core instance $i (instantiate $m (with "" (instance
      (export "memory" (memory $libc "memory")) (export "place" (global $libc "place"))
      (export "turn" (func $turn))))))
    (func (export "turn") (param "place" u32) (param "out" u32) (canon lift (core func $i "turn")))
    (func (export "sum") (result u64) (canon lift (core func $i "sum"))))
  (instance $caller (instantiate $caller (with "turn" (func $callee "turn"))))
  (export "callee" (instance $callee))
  (export "caller" (instance $caller))))";

// Of all that is in the memory: FNV-1a.
constexpr std::string_view sum_of_memory = R"((local $at i32) (local $sum i64)
  (local.set $sum (i64.const 0xcbf29ce484222325))
  (loop $next
    (local.set $sum (i64.mul (i64.xor (local.get $sum) (i64.load32_u (local.get $at))) (i64.const 0x100000001b3)))
    (local.set $at (i32.add (local.get $at) (i32.const 4)))
    (br_if $next (i32.lt_u (local.get $at) (i32.const 256))))
  (loop $last
    (local.set $sum (i64.mul (i64.xor (local.get $sum) (i64.load32_u (i32.sub (i32.mul (memory.size)
      (i32.const 65536)) (local.get $at)))) (i64.const 0x100000001b3)))
    (local.set $at (i32.sub (local.get $at) (i32.const 4)))
    (br_if $last (local.get $at)))
  (i64.add (local.get $sum) (i64.extend_i32_u (memory.size))))";

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

struct Places {
  std::uint32_t of_parameters;  // where the callee's realloc puts everything
  std::uint32_t area;           // where the callee leaves the list that is its result
  std::uint32_t of_results;     // where the caller's realloc puts everything
  std::uint32_t out;            // where the caller wants the list
};

// A pair of guests that is made again after a trap.
class Guests {
 public:
  Guests(const Engine& engine, const Component& component, bool uses_adapters)
      : engine_(engine), component_(component), uses_adapters_(uses_adapters) {}

  std::string outcome(const Places& places) {
    begin();
    auto set = instance_.func<void(std::uint32_t, std::uint32_t)>("callee", "set").value();
    set(places.of_parameters, places.area).value();
    auto turned =
        instance_.func<void(std::uint32_t, std::uint32_t)>("caller", "turn").value()(places.of_results, places.out);
    if (!turned) return std::string(turned.error().message());
    return std::to_string(sum("callee")) + " " + std::to_string(sum("caller"));
  }

 private:
  void begin() {
    store_.emplace(engine_);
    detail::StoreBlock::of(*store_).component_store().world.scheduler.uses_adapters = uses_adapters_;
    instance_ = Linker(engine_).instantiate(*store_, component_).value();
  }
  std::uint64_t sum(std::string_view of) { return instance_.func<std::uint64_t()>(of, "sum").value()().value(); }

  const Engine& engine_;
  const Component& component_;
  bool uses_adapters_;
  std::optional<Store> store_;
  ComponentInstance instance_;
};

void expect_the_same(std::string_view type, std::string_view encoding) {
  const Engine engine;
  std::string text = replaced(std::string(pair_of_guests), "TYPE", type);
  text = replaced(replaced(std::move(text), "ENCODING", encoding), "SUM", sum_of_memory);
  const auto compiled = Component::compile(engine, text);
  ASSERT_TRUE(compiled) << compiled.error().message();
  Guests with(engine, *compiled, true);
  Guests without(engine, *compiled, false);
  unsigned returned = 0;
  unsigned trapped = 0;
  for (const std::uint32_t of_parameters : {0U, 4U, 6U, 16U, 25U, 32U, 65532U, 0xFFFF'FFFFU}) {
    for (const std::uint32_t area : {0U, 4U, 8U, 24U}) {
      for (const std::uint32_t of_results : {0U, 8U, 24U, 28U, 0xFFFF'FFFFU}) {
        for (const std::uint32_t out : {0U, 8U, 20U, 28U}) {
          const Places places{of_parameters, area, of_results, out};
          const std::string outcome = without.outcome(places);
          ASSERT_EQ(with.outcome(places), outcome)
              << "places: " << of_parameters << " " << area << " " << of_results << " " << out;
          ++(outcome.find_first_not_of("0123456789 ") == std::string::npos ? returned : trapped);
        }
      }
    }
  }
  // Both kinds are there.
  EXPECT_GT(returned, 50U);
  EXPECT_GT(trapped, 50U);
}

TEST(HostilePlaces, OfTexts) { expect_the_same("string", ""); }
TEST(HostilePlaces, OfTextsThatBecomeUtf16) { expect_the_same("string", "string-encoding=utf16"); }
TEST(HostilePlaces, OfTextsThatBecomeLatin1) { expect_the_same("string", "string-encoding=latin1+utf16"); }
TEST(HostilePlaces, OfLists) { expect_the_same("(list u16)", ""); }
TEST(HostilePlaces, OfListsOfRecords) { expect_the_same("(list (tuple u8 bool))", ""); }

}  // namespace
}  // namespace tenon
