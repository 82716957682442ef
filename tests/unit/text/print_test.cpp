#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "text/core/print_identifiers.hpp"
#include "unit/text/text_fixture.hpp"

namespace tenon::core {
namespace {

struct PrintCase {
  const char* name;
  std::string_view source;
  std::string_view expected;
};

void expect_prints(const PrintCase& test, const PrintOptions& options = {}) {
  SCOPED_TRACE(test.name);
  EXPECT_EQ(print(assemble(test.source), options), test.expected);
}

TEST(Print, Fields) {
  const PrintCase cases[] = {
      {"empty module", "(module)", "(module)\n"},
      {"module name", "(module $m)", "(module $m)\n"},
      {"types",
       R"((module (type $f (func (param $x i32) (param i64 f32) (result funcref))) (type (struct (field (mut i8)) (field i16 v128)))
           (type (array (mut (ref null $f)))) (type (sub (func))) (type (sub final 3 (func)))))",
       R"((module
  (type $f (func (param i32 i64 f32) (result funcref)))
  (type (;1;) (struct (field (mut i8) i16 v128)))
  (type (;2;) (array (mut (ref null $f))))
  (type (;3;) (sub (func)))
  (type (;4;) (sub final 3 (func)))
)
)"},
      {"named fields", "(module (type $s (struct (field $a i32) (field i64 f32) (field $b (mut anyref)))))",
       R"((module
  (type $s (struct (field $a i32) (field i64 f32) (field $b (mut anyref))))
)
)"},
      {"recursion group",
       "(module (rec (type $a (struct (field (ref $b)))) (type $b (array (ref null $a)))) (rec (type (func))))",
       R"((module
  (rec
    (type $a (struct (field (ref $b))))
    (type $b (array (ref null $a)))
  )
  (rec
    (type (;2;) (func))
  )
)
)"},
      {"imports",
       R"((module (import "" "f" (func $f (param i32))) (import "a\n" "t" (table 1 2 externref)) (import "a" "m" (memory i64 1))
           (import "a" "g" (global (mut i32))) (import "a" "e" (tag (param f32)))))",
       R"((module
  (type (;0;) (func (param i32)))
  (type (;1;) (func (param f32)))
  (import "" "f" (func $f (type 0) (param i32)))
  (import "a\n" "t" (table (;0;) 1 2 externref))
  (import "a" "m" (memory (;0;) i64 1))
  (import "a" "g" (global (;0;) (mut i32)))
  (import "a" "e" (tag (;0;) (type 1) (param f32)))
)
)"},
      {"tables, memories, globals, tags",
       R"((module (table i64 1 funcref) (table 1 1 (ref 0) (ref.func 0)) (memory 1 2 shared) (memory 0 (pagesize 1)) (global i32 (i32.const -1))
           (global $g (mut i64) (i64.add (i64.const 1) (i64.mul (i64.const 2) (i64.const 3)))) (tag $e (param i32)) (func) (type (func))))",
       R"((module
  (type (;0;) (func))
  (type (;1;) (func (param i32)))
  (table (;0;) i64 1 funcref)
  (table (;1;) 1 1 (ref 0) (ref.func 0))
  (memory (;0;) 1 2 shared)
  (memory (;1;) 0 (pagesize 1))
  (tag $e (type 1) (param i32))
  (global (;0;) i32 (i32.const -1))
  (global $g (mut i64) (i64.add (i64.const 1) (i64.mul (i64.const 2) (i64.const 3))))
  (func (;0;) (type 0))
)
)"},
      {"exports and start",
       R"((module (func $f (export "f") (export "\u{e9}\"")) (memory 1) (export "m" (memory 0)) (start $f)))",
       R"((module
  (type (;0;) (func))
  (memory (;0;) 1)
  (export "f" (func $f))
  (export "é\"" (func $f))
  (export "m" (memory 0))
  (start $f)
  (func $f (type 0))
)
)"},
      {"element segments",
       R"((module (table 1 funcref) (table $t 1 externref) (elem (i32.const 0) $f $f) (elem $p func $f) (elem declare func $f)
           (elem (i32.const 1) funcref (ref.func $f) (ref.null func)) (elem (table $t) (offset (i32.const 1)) externref)
           (elem anyref (ref.null any) (item (global.get 0) (drop (i32.const 1)))) (global anyref (ref.null any)) (func $f)))",
       R"((module
  (type (;0;) (func))
  (table (;0;) 1 funcref)
  (table $t 1 externref)
  (global (;0;) anyref (ref.null any))
  (elem (;0;) (i32.const 0) func $f $f)
  (elem $p func $f)
  (elem (;2;) declare func $f)
  (elem (;3;) (i32.const 1) funcref (ref.func $f) (ref.null func))
  (elem (;4;) (table $t) (i32.const 1) externref)
  (elem (;5;) anyref (ref.null any) (item (global.get 0) (drop (i32.const 1))))
  (func $f (type 0))
)
)"},
      {"data segments",
       R"((module (memory 1) (memory $m 1) (data (i32.const 1) "a\00\ff\t\"\\") (data $d "p") (data (memory $m) (offset (i32.const 2)) "")))",
       R"((module
  (memory (;0;) 1)
  (memory $m 1)
  (data (;0;) (i32.const 1) "a\00\ff\t\"\\")
  (data $d "p")
  (data (;2;) (memory $m) (i32.const 2) "")
)
)"},
      {"long data breaks at line ends", R"((module (data "first line\nsecond line, which is long enough\nend")))",
       "(module\n  (data (;0;)\n    \"first line\\n\"\n    \"second line, which is long enough\\n\"\n    "
       "\"end\")\n)\n"},
  };
  for (const PrintCase& test : cases) expect_prints(test);
}

TEST(Print, Instructions) {
  const PrintCase cases[] = {
      {"parameters and locals",
       "(module (func $f (param $x i32) (param i64 i64) (param $y f32) (local $z i32) (local f32 f32) local.get $x "
       "drop local.get 5 drop))",
       R"((module
  (type (;0;) (func (param i32 i64 i64 f32)))
  (func $f (type 0) (param $x i32) (param i64 i64) (param $y f32)
    (local $z i32) (local f32 f32)
    local.get $x
    drop
    local.get 5
    drop
  )
)
)"},
      {"blocks and labels",
       R"((module (func (param i32) (block $a (loop $b (br_if $a (local.get 0)) (br $b)) (block $a (br 1))
           (if (local.get 0) (then (br 0)) (else (br_table 0 $a 7 (i32.const 1)))))) ))",
       R"((module
  (type (;0;) (func (param i32)))
  (func (;0;) (type 0) (param i32)
    block $a
      loop $b
        local.get 0
        br_if $a
        br $b
      end
      block $a
        br 1 (;@1;)
      end
      local.get 0
      if (;@2;)
        br 0 (;@2;)
      else
        i32.const 1
        br_table 0 (;@2;) $a 7
      end
    end
  )
)
)"},
      {"immediates",
       R"((module (memory 1) (memory $n 1) (table $t 1 funcref) (table 1 funcref) (type $s (struct (field $x i32))) (type $a (array i32))
           (elem $e func) (data $d "") (global $g i32 (i32.const 0)) (tag $x)
           (func
             i32.load i32.load offset=4 i64.store8 $n offset=0xffff align=1 i32.load align=1 v128.load8_lane 3
             memory.size memory.grow $n memory.copy memory.copy $n 0 memory.init $d memory.init $n $d memory.fill data.drop $d
             table.get table.set 1 table.copy table.copy 1 0 table.init $e table.init 1 $e elem.drop $e
             call_indirect (type 2) call_indirect 1 (type 2) call 0 ref.func 0 global.get $g
             f32.const 1.5 f64.const -nan:0x123 i64.const -9223372036854775808 v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15
             i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31 i8x16.extract_lane_s 15
             select (result i32) select ref.null func ref.null $s ref.test (ref $s) ref.cast (ref null any)
             struct.get $s $x array.new_fixed $a 3 array.new_data $a $d array.copy $a $a
             br_on_cast 0 anyref (ref $s) throw $x atomic.fence)))",
       R"((module
  (type $s (struct (field $x i32)))
  (type $a (array i32))
  (type (;2;) (func))
  (table $t 1 funcref)
  (table (;1;) 1 funcref)
  (memory (;0;) 1)
  (memory $n 1)
  (tag $x (type 2))
  (global $g i32 (i32.const 0))
  (elem $e func)
  (func (;0;) (type 2)
    i32.load
    i32.load offset=4
    i64.store8 $n offset=65535
    i32.load align=1
    v128.load8_lane 3
    memory.size
    memory.grow $n
    memory.copy
    memory.copy $n 0
    memory.init $d
    memory.init $n $d
    memory.fill
    data.drop $d
    table.get
    table.set 1
    table.copy
    table.copy 1 $t
    table.init $e
    table.init 1 $e
    elem.drop $e
    call_indirect (type 2)
    call_indirect 1 (type 2)
    call 0
    ref.func 0
    global.get $g
    f32.const 1.5
    f64.const -nan:0x123
    i64.const -9223372036854775808
    v128.const i32x4 0x03020100 0x07060504 0x0b0a0908 0x0f0e0d0c
    i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31
    i8x16.extract_lane_s 15
    select (result i32)
    select
    ref.null func
    ref.null $s
    ref.test (ref $s)
    ref.cast (ref null any)
    struct.get $s $x
    array.new_fixed $a 3
    array.new_data $a $d
    array.copy $a $a
    br_on_cast 0 (;@0;) (ref null any) (ref $s)
    throw $x
    atomic.fence
  )
  (data $d "")
)
)"},
      {"exceptions",
       R"((module (tag $e (param i32)) (func (block $o (try_table $i (result i32) (catch $e $o) (catch_all_ref $o) (i32.const 1)) drop))))",
       R"((module
  (type (;0;) (func (param i32)))
  (type (;1;) (func))
  (tag $e (type 0) (param i32))
  (func (;0;) (type 1)
    block $o
      try_table $i (result i32) (catch $e $o) (catch_all_ref $o)
        i32.const 1
      end
      drop
    end
  )
)
)"},
      {"legacy exceptions", R"((module (tag $e) (func try $l try nop delegate $l catch $e rethrow $l catch_all end)))",
       R"((module
  (type (;0;) (func))
  (tag $e (type 0))
  (func (;0;) (type 0)
    try $l
      try (;@2;)
        nop
      delegate $l
    catch $e
      rethrow $l
    catch_all
    end
  )
)
)"},
  };
  for (const PrintCase& test : cases) expect_prints(test);
}

TEST(Print, Names) {
  const PrintCase cases[] = {
      {"quoted", R"((module (func $"a b" (call $"a b")) (func $"\u{200b}(") (func $"é")))",
       R"((module
  (type (;0;) (func))
  (func $"a b" (type 0)
    call $"a b"
  )
  (func $"\u{200b}(" (type 0))
  (func $"é" (type 0))
)
)"},
      {"taken", R"((module (func (@name "f") call 1) (func (@name "f") call 0) (func (@name "f#1"))))",
       R"((module
  (type (;0;) (func))
  (func $f (type 0)
    call $f#1
  )
  (func $f#1 (@name "f") (type 0)
    call $f
  )
  (func $f#1#2 (@name "f#1") (type 0))
)
)"},
      {"of parameters, locals and fields",
       R"((module (type (struct (field i32) (field $x (@name "b") i32) (field (@name "b") i32))) (func (param $p (@name "q") i32)
           (param (@name "q") i32) (local i32) (local (@name "q") i32) (struct.get 0 2 (ref.null 0)) (local.set 1))))",
       R"((module
  (type (;0;) (struct (field i32) (field $b i32) (field $b#2 (@name "b") i32)))
  (type (;1;) (func (param i32 i32)))
  (func (;0;) (type 1) (param $q i32) (param $q#1 (@name "q") i32)
    (local i32) (local $q#3 (@name "q") i32)
    ref.null 0
    struct.get 0 $b#2
    local.set $q#1
  )
)
)"},
  };
  for (const PrintCase& test : cases) expect_prints(test);
  PrintOptions without_names;
  without_names.names = false;
  expect_prints({"without names", "(module $m (func $f (call $f)))", R"((module
  (type (;0;) (func))
  (func (;0;) (type 0)
    call 0
  )
)
)"},
                without_names);
}

TEST(Print, NamesTooLongForIdentifiersBecomeAnnotations) {
  const std::string name(max_identifier_size + 1, 'x');
  const std::string text = print(assemble("(module (func $" + name + " (call 0)))"));
  EXPECT_EQ(text,
            "(module\n  (type (;0;) (func))\n  (func (;0;) (@name \"" + name + "\") (type 0)\n    call 0\n  )\n)\n");
}

TEST(Print, Folded) {
  PrintOptions options;
  options.fold = true;
  const PrintCase cases[] = {
      {"operands", "(module (func (param i32) (result i32) local.get 0 i32.const 1 i32.add i32.const 2 i32.mul))",
       R"((module
  (type (;0;) (func (param i32) (result i32)))
  (func (;0;) (type 0) (param i32) (result i32)
    (i32.mul (i32.add (local.get 0) (i32.const 1)) (i32.const 2))
  )
)
)"},
      {"statements between operands stay outside", "(module (func (result i32) i32.const 1 nop i32.const 2 i32.add))",
       R"((module
  (type (;0;) (func (result i32)))
  (func (;0;) (type 0) (result i32)
    (i32.const 1)
    (nop)
    (i32.add (i32.const 2))
  )
)
)"},
      {"calls",
       "(module (func $f (param i32 i32) (result i32 i32) (call $f (call $f (i32.const 1) (i32.const 2))) drop "
       "(return (call $f (i32.const 3)))))",
       R"((module
  (type (;0;) (func (param i32 i32) (result i32 i32)))
  (func $f (type 0) (param i32 i32) (result i32 i32)
    (call $f (call $f (i32.const 1) (i32.const 2)))
    (drop)
    (return (call $f (i32.const 3)))
  )
)
)"},
      {"blocks",
       R"((module (func (param i32) (if (local.get 0) (then (nop)) (else (block $l (br_if $l (local.get 0)) (br $l)))) (loop)
           (drop (if (result i32) (i32.const 1) (then (i32.const 2)) (else (unreachable)))))))",
       R"((module
  (type (;0;) (func (param i32)))
  (func (;0;) (type 0) (param i32)
    (if (;@1;)
      (local.get 0)
      (then (nop))
      (else
        (block $l
          (br_if $l (local.get 0))
          (br $l)
        )
      )
    )
    (loop (;@1;))
    (drop
      (if (;@1;) (result i32)
        (i32.const 1)
        (then (i32.const 2))
        (else (unreachable))
      )
    )
  )
)
)"},
      {"legacy exceptions", "(module (tag $e) (func try $l try nop delegate $l catch $e rethrow $l catch_all end))",
       R"((module
  (type (;0;) (func))
  (tag $e (type 0))
  (func (;0;) (type 0)
    (try $l
      (do
        (try (;@2;)
          (do (nop))
          (delegate $l)
        )
      )
      (catch $e (rethrow $l))
      (catch_all)
    )
  )
)
)"},
  };
  for (const PrintCase& test : cases) expect_prints(test, options);
}

TEST(Print, SkeletonLeavesContentsOut) {
  PrintOptions options;
  options.skeleton = true;
  expect_prints(
      {"skeleton",
       R"((module (table 1 funcref) (memory 1) (func $f (param $x i32) (local i32) nop) (elem (i32.const 0) $f) (data (i32.const 0) "x")))",
       R"((module
  (type (;0;) (func (param i32)))
  (table (;0;) 1 funcref)
  (memory (;0;) 1)
  (elem (;0;) (i32.const 0) func ...)
  (func $f (type 0) (param $x i32) ...)
  (data (;0;) (i32.const 0) ...)
)
)"},
      options);
}

TEST(Print, OffsetsStandBeforeLines) {
  PrintOptions options;
  options.offsets = true;
  expect_prints({"offsets", R"((module (func (export "f") (local i32) nop)))", R"((module
                (type (;0;) (func))
(;@15      ;)   (export "f" (func 0))
(;@1d      ;)   (func (;0;) (type 0)
                  (local i32)
(;@20      ;)     nop
                )
)
)"},
                options);
}

TEST(Print, Annotations) {
  const PrintCase cases[] = {
      {"custom sections at their places",
       R"((module (@custom "a" (before first) "1") (@custom "b" (after type) "2") (@custom "c" (after code) "3") (@custom "d" "4") (func)))",
       R"((module
  (@custom "a" (before first) "1")
  (type (;0;) (func))
  (@custom "b" (after type) "2")
  (func (;0;) (type 0))
  (@custom "c" "3")
  (@custom "d" "4")
)
)"},
      {"before and behind the names",
       R"((module (@custom "a" (after code) "1") (@custom "b" (after last) "2") (func $f)))",
       R"((module
  (type (;0;) (func))
  (func $f (type 0))
  (@custom "a" (after code) "1")
  (@custom "b" "2")
)
)"},
      {"branch hints", R"((module (func (param i32) (@metadata.code.branch_hint "\01") (if (local.get 0) (then))
           (block local.get 0 (@metadata.code.branch_hint "\00") br_if 0))))",
       R"((module
  (type (;0;) (func (param i32)))
  (func (;0;) (type 0) (param i32)
    local.get 0
    (@metadata.code.branch_hint "\01")
    if (;@1;)
    end
    block (;@1;)
      local.get 0
      (@metadata.code.branch_hint "\00")
      br_if 0 (;@1;)
    end
  )
)
)"},
      {"hints that fit nothing are bytes",
       R"((module (@custom "metadata.code.branch_hint" (before code) "\01\00\01\01\01\01") (func nop)))",
       R"((module
  (type (;0;) (func))
  (@custom "metadata.code.branch_hint" (after func) "\01\00\01\01\01\01")
  (func (;0;) (type 0)
    nop
  )
)
)"},
  };
  for (const PrintCase& test : cases) expect_prints(test);
}

TEST(Print, ReportsCodeThatDoesNotDecode) {
  // One function of type 0, whose body is given.
  const auto with_body = [](std::string_view body) {
    std::string bytes("\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0\x0a", 19);
    bytes += static_cast<char>(body.size() + 2);
    bytes += '\1';
    bytes += static_cast<char>(body.size());
    return bytes += body;
  };
  using namespace std::string_view_literals;
  EXPECT_EQ(print(with_body("\0\x01\x0b"sv)),
            "(module\n  (type (;0;) (func))\n  (func (;0;) (type 0)\n    nop\n  )\n)\n");
  const struct {
    std::string_view body;
    std::string_view message;
  } cases[] = {
      {"\0\x01"sv, "print: unexpected end: expected an instruction or `end`"},
      {"\0\x0b\x01"sv, "print: unexpected code behind the body's end"},
      {"\0\x05\x0b"sv, "print: unexpected else: no block is open that it belongs to"},
      {"\0\x07\x00\x0b"sv, "print: unexpected catch: no block is open that it belongs to"},
      {"\0\xff\x0b"sv, "print: illegal opcode ff"},
  };
  for (const auto& test : cases) {
    EXPECT_EQ(print(with_body(test.body)), test.message);
    PrintOptions folded;
    folded.fold = true;
    EXPECT_EQ(print(with_body(test.body), folded), test.message);
  }
}

TEST(Print, NestsAsDeepAsTheParserReads) {
  std::string source = "(module (func (result i32) i32.const 0";
  for (int i = 0; i < 20'000; ++i) source += " i32.eqz";
  source += "))(func";
  source.erase(source.size() - 6);
  source += " (func";
  for (int i = 0; i < 20'000; ++i) source += " block";
  for (int i = 0; i < 20'000; ++i) source += " end";
  source += "))";
  const std::string bytes = assemble(source);
  for (const bool fold : {false, true}) {
    PrintOptions options;
    options.fold = fold;
    EXPECT_EQ(assemble(print(bytes, options)), bytes) << (fold ? "folded" : "flat");
  }
}

}  // namespace
}  // namespace tenon::core
