#include <gtest/gtest.h>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "binary/core/module.hpp"
#include "text/core/parse_module.hpp"
#include "text/core/text.hpp"

namespace tenon::core {
namespace {

std::pmr::memory_resource& memory() { return *std::pmr::get_default_resource(); }

Result<Module> parse(std::string_view text, bool keep_names = false) {
  return parse_module(text, memory(), {.features = Features::all(), .keep_names = keep_names});
}

// The binary as hexadecimal digits, or the error's message.
std::string binary(std::string_view text, bool keep_names = false) {
  const auto module = parse(text, keep_names);
  if (!module) return std::string(module.error().message());
  Arena arena(memory());
  ByteWriter out(arena);
  write_module(*module, out);
  std::string digits;
  for (const std::uint8_t byte : out.view()) {
    for (const int half : {byte >> 4, byte & 15}) digits += "0123456789abcdef"[half];
  }
  return digits;
}

// A function's body, its size left out.
std::string body(std::string_view instructions) {
  const std::string text = "(func " + std::string(instructions) + ")";
  const auto module = parse(text);
  if (!module) return std::string(module.error().message());
  std::string digits;
  for (const std::uint8_t byte : module->funcs.back().body) {
    for (const int half : {byte >> 4, byte & 15}) digits += "0123456789abcdef"[half];
  }
  return digits;
}

struct Pair {
  std::string_view text;
  std::string_view same_as;
};

TEST(ParseModule, ReadsAbbreviationsAsWhatTheyStandFor) {
  const Pair cases[] = {
      {"(module)", ""},
      {"(module $m (func))", "(type (func)) (func (type 0))"},
      {"(func (export \"a\") (export \"b\"))", "(func) (export \"a\" (func 0)) (export \"b\" (func 0))"},
      {"(func (import \"m\" \"n\") (param i32))", "(import \"m\" \"n\" (func (param i32)))"},
      {"(table (export \"t\") (import \"m\" \"n\") 1 funcref)",
       "(import \"m\" \"n\" (table 1 funcref)) (export \"t\" (table 0))"},
      {"(memory (import \"m\" \"n\") i64 1 2)", "(import \"m\" \"n\" (memory i64 1 2))"},
      {"(global (import \"m\" \"n\") (mut i32))", "(import \"m\" \"n\" (global (mut i32)))"},
      {"(tag (import \"m\" \"n\") (param i32))", "(import \"m\" \"n\" (tag (param i32)))"},
      {"(memory (data \"ab\" \"c\"))", "(memory 1 1) (data (i32.const 0) \"abc\")"},
      {"(memory i64 (data))", "(memory i64 0 0) (data (i64.const 0))"},
      {"(memory (pagesize 1) (data \"abc\"))", "(memory 3 3 (pagesize 1)) (data (i32.const 0) \"abc\")"},
      {"(func $f) (table funcref (elem $f $f))",
       "(func $f) (table 2 2 funcref) (elem (table 0) (i32.const 0) func 0 0)"},
      {"(table i64 funcref (elem (ref.null func)))",
       "(table i64 1 1 funcref) (elem (table 0) (i64.const 0) funcref (item ref.null func))"},
      {"(func (param i32 i64) (param) (param f32))", "(func (param i32) (param i64) (param f32))"},
      {"(func (local i32 i32) (local i32))", "(func (local $a i32) (local $b i32) (local $c i32))"},
      {"(type $t (sub final (func)))", "(type (func))"},
      {"(func $f (drop (i32.const 1)))", "(func $f i32.const 1 drop)"},
      {"(func (param i32) (if (local.get 0) (then (nop)) (else (nop))))",
       "(func (param i32) local.get 0 if nop else nop end)"},
      {"(func (result i32) (block $l (result i32) (i32.const 1)))",
       "(func (result i32) block (result i32) i32.const 1 end)"},
      {"(func (param i32) (local $x i32) (local.set $x (local.get 0)))",
       "(func (param i32) (local i32) local.get 0 local.set 1)"},
      {"(type $t (func (param i32))) (func (type $t) (local $x i32) (local.set $x (local.get 0)))",
       "(type (func (param i32))) (func (type 0) (local i32) local.get 0 local.set 1)"},
      {"(memory 1) (func (drop (i32.load offset=0 align=4 (i32.const 0))))",
       "(memory 1) (func (drop (i32.load 0 (i32.const 0))))"},
      {"(func (block $a (block $b (br $a) (br $b))))", "(func block block br 1 br 0 end end)"},
      {"(func (block $a (block $a (br $a)) (br $a)))", "(func block block br 0 end br 0 end)"},
      {"(elem funcref (ref.func 0)) (func)", "(func) (elem funcref (item (ref.func 0)))"},
      {"(tag $e) (func (try_table (catch $e 0)))", "(tag) (func try_table (catch 0 0) end)"},
      {"(tag $e) (func (try $l (do (nop)) (catch $e (nop)) (catch_all)))",
       "(tag) (func try nop catch 0 nop catch_all end)"},
      {"(func (block $b (try (do) (delegate $b))))", "(func block try delegate 0 end)"},
      {"(type $s (struct (field $x i32) (field i32 (mut i64)) (field $y f32))) (func (param (ref $s)) "
       "(drop (struct.get $s $y (local.get 0))))",
       "(type (struct (field i32) (field i32) (field (mut i64)) (field f32))) (func (param (ref 0)) local.get 0 "
       "struct.get 0 3 drop)"},
      {"(elem 0 (i32.const 0) 0) (func) (table 1 funcref)",
       "(func) (table 1 funcref) (elem (table 0) (offset i32.const 0) func 0)"},
  };
  for (const Pair& each : cases) {
    EXPECT_EQ(binary(each.text), binary(each.same_as)) << each.text;
    EXPECT_EQ(binary(each.text).substr(0, 8), "0061736d") << binary(each.text);
  }
}

struct BodyCase {
  std::string_view text;
  std::string_view bytes;
};

TEST(ParseBody, WritesTheBinaryFormat) {
  const BodyCase cases[] = {
      {"", "000b"},
      {"(local i32 i64 i64)", "02017f027e0b"},
      {"i32.const -1 drop", "00417f1a0b"},
      {"(i32.add (i32.const 1) (i32.const 2)) drop",
       "0041014102"
       "6a1a0b"},
      {"(param i32) (select (i32.const 1) (i32.const 2) (local.get 0)) drop",
       "00410141022000"
       "1b1a0b"},
      {"(drop (select (result i32) (i32.const 1) (i32.const 2) (i32.const 3)))",
       "00410141024103"
       "1c017f1a0b"},
      {"(drop (ref.test anyref (ref.null none)))", "00d071fb156e1a0b"},
      {"(drop (ref.cast (ref any) (ref.null none)))", "00d071fb166e1a0b"},
      {"(block $l (br_table $l 1 0 (i32.const 0)))", "00024041000e020001000b0b"},
      {"(f32.const 0x1p0) drop", "00430000803f1a0b"},
      {"(f64.const nan:0x1) drop", "0044010000000000f07f1a0b"},
      {"(i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31 (v128.const i32x4 1 2 3 -1) (v128.const i64x2 0 0)) drop",
       "00fd0c010000000200000003000000fffffffffd0c00000000000000000000000000000000"
       "fd0d000102030405060708090a0b0c0d0e1f1a0b"},
      {"(param v128) (drop (v128.load8_lane offset=1 3 (i32.const 0) (local.get 0)))", "0041002000fd540001031a0b"},
      {"(param v128) (drop (v128.load8_lane 1 3 (i32.const 0) (local.get 0)))", "0041002000fd54400100031a0b"},
      {"(memory.init 2 (i32.const 0) (i32.const 0) (i32.const 0))", "00410041004100fc0802000b"},
      {"(memory.init 1 2 (i32.const 0) (i32.const 0) (i32.const 0))", "00410041004100fc0802010b"},
      {"(table.copy 1 2 (i32.const 0) (i32.const 0) (i32.const 0))", "00410041004100fc0e01020b"},
      {"(block (br_on_cast 0 anyref (ref eq) (ref.null any)) drop)", "000240d06efb1801006e6d1a0b0b"},
      {"(block (param i32) (result i32 i32) unreachable) unreachable", "000201000b000b"},
  };
  for (const BodyCase& each : cases) EXPECT_EQ(body(each.text), each.bytes) << each.text;
}

struct ErrorCase {
  std::string_view text;
  std::string_view message;
  std::uint32_t line;
  std::uint32_t column;
};

TEST(ParseModule, SaysWhatIsWrongAndWhere) {
  const ErrorCase cases[] = {
      {"(module", "unexpected token: found the end of the text", 1, 8},
      {"(module) x", "unknown operator x", 1, 10},
      {"(module))", "unexpected token: found `)`", 1, 9},
      {"(foo)", "unknown operator foo", 1, 2},
      {"(param)", "unexpected token: found `param`, expected a module field", 1, 2},
      {"(func\n  (i32.ad))", "unknown operator i32.ad, expected an instruction; did you mean `i32.add`?", 2, 4},
      {"(func get_local 0)", "unknown operator get_local, expected an instruction; did you mean `local.get`?", 1, 7},
      {"(func $f) (func $f)", "duplicate func $f", 1, 17},
      {"(func (param $x i32) (local $x i32))", "duplicate local $x", 1, 29},
      {"(type (struct (field $x i32) (field $x i32)))", "duplicate field $x", 1, 37},
      {"(func (call $g))", "unknown func $g", 1, 13},
      {"(func (br $l))", "unknown label $l", 1, 11},
      {"(func block $a end $b)", "mismatching label: found $b, expected $a", 1, 20},
      {"(func block end $b)", "mismatching label: found $b, the block has none", 1, 17},
      {"(func block)", "unexpected token: found `)`, expected `end`", 1, 12},
      {"(func end)", "unexpected token: found `end` outside of a block", 1, 7},
      {"(func else)", "unexpected token: found `else` outside of an `if`", 1, 7},
      {"(func (if (i32.const 0)))", "unexpected token: found `)`, expected an operand or `(then`", 1, 24},
      {"(func (if (then) (then)))", "unexpected token: found `then`, expected `else`", 1, 19},
      {"(func (nop nop))", "unexpected token: found `nop`, expected `(` or `)`", 1, 12},
      {"(func (result i32) (param i32))", "unexpected token: found `param`", 1, 21},
      {"(func) (import \"a\" \"b\" (func))", "import after function definition", 1, 8},
      {"(memory 1) (memory (import \"a\" \"b\") 1)", "import after memory definition", 1, 12},
      {"(func i32.const 0x1_0000_0000)", "constant out of range: 0x1_0000_0000 is no i32", 1, 17},
      {"(func br 0x1_0000_0000)", "i32 constant out of range", 1, 10},
      {"(memory 1) (func i32.load align=3)", "alignment must be a power of two: found 3", 1, 27},
      {"(memory 0 (pagesize 3))", "invalid custom page size: 3", 1, 21},
      {"(func v128.const i32x4 0 0)", "wrong number of lane literals: found 2, i32x4 takes 4", 1, 27},
      {"(func i8x16.shuffle 0)", "invalid lane length: found 1", 1, 22},
      {"(func i8x16.extract_lane_s 256)", "i8 constant out of range", 1, 28},
      {"(type $t (func)) (func (type $t) (param i32))", "inline function type does not match type 0", 1, 24},
      {"(type $t (struct)) (func (type $t) (param i32))", "non-function type 0", 1, 26},
      {"(func (type 3) (param i32))", "unknown type 3", 1, 7},
      {"(import \"\\ff\" \"\" (func))", "malformed UTF-8 encoding", 1, 9},
      {"(func) (start 0) (start 0)", "multiple start sections", 1, 18},
      {"(func (@custom \"x\"))", "misplaced @custom annotation", 1, 7},
      {"(func) (@name \"x\")", "misplaced @name annotation", 1, 8},
      {"(@custom \"x\" (after foo))", "@custom annotation: malformed section kind", 1, 21},
      {"(func (@metadata.code.branch_hint \"\\02\") nop)", "@metadata.code.branch_hint annotation: invalid hint value",
       1, 35},
      {"(func (@metadata.code.branch_hint \"\\01\"))", "@metadata.code.branch_hint annotation: invalid placement", 1,
       41},
      {"(func (try (do) (catch_all) (delegate 0)))", "unexpected token: found `(`, expected `)`", 1, 29},
      {"(func $f) (table $t 1 funcref) (elem (table $t) (i32.const 0) $f)",
       "unexpected token: found `$f`, expected `func` or a reference type", 1, 63},
  };
  for (const ErrorCase& each : cases) {
    const auto module = parse(each.text);
    ASSERT_FALSE(module) << each.text;
    const Error& error = module.error();
    EXPECT_TRUE(error.message().starts_with(each.message)) << each.text << "\n" << error.message();
    EXPECT_EQ(error.kind(), ErrorKind::malformed) << each.text;
    EXPECT_EQ(error.place().line, each.line) << each.text << "\n" << error.message();
    EXPECT_EQ(error.place().column, each.column) << each.text << "\n" << error.message();
  }
}

TEST(ParseModule, AppendsImpliedTypesInTheOrderOfTheirUses) {
  const auto module = parse(
      "(func (block (param i32) (result i32) unreachable) unreachable) (func (param i64)) (type (func (param f32)))"
      "(func (param f32))");
  ASSERT_TRUE(module);
  ASSERT_EQ(module->types.size(), 4U);
  EXPECT_EQ(module->types[TypeIdx(0U)].func.params[0], f32);
  EXPECT_TRUE(module->types[TypeIdx(1U)].func.params.empty());
  EXPECT_EQ(module->types[TypeIdx(2U)].func.params[0], i32);
  EXPECT_EQ(module->types[TypeIdx(3U)].func.params[0], i64);
  EXPECT_EQ(module->funcs[FuncIdx(2U)].type, TypeIdx(0U));
}

TEST(ParseModule, DoesNotTakeOpenTypesForImpliedOnes) {
  const auto module = parse("(type (sub (func))) (func)");
  ASSERT_TRUE(module);
  EXPECT_EQ(module->funcs[FuncIdx(0U)].type, TypeIdx(1U));
}

TEST(ParseModule, CollectsNames) {
  const auto module = parse(
      "(module $m (type $t (struct (field $x i32))) (import \"\" \"\" (func $i)) (func $\"f g\" (param $p i32) (local "
      "i32) "
      "(local $l i32) (block $b (block (loop $c)))) (func $h (@name \"other\")) (table $tab 0 funcref) (memory $mem 0)"
      "(global $g i32 (i32.const 0)) (elem $e func) (data $d) (tag $tag))",
      true);
  ASSERT_TRUE(module);
  Arena arena(memory());
  const auto names = read_names(*module, arena);
  ASSERT_TRUE(names);
  EXPECT_EQ(names->module, "m");
  EXPECT_EQ(find_name(names->functions, 0), "i");
  EXPECT_EQ(find_name(names->functions, 1), "f g");
  EXPECT_EQ(find_name(names->functions, 2), "other");
  ASSERT_NE(find_names(names->locals, 1), nullptr);
  EXPECT_EQ(find_name(*find_names(names->locals, 1), 0), "p");
  EXPECT_EQ(find_name(*find_names(names->locals, 1), 1), "");
  EXPECT_EQ(find_name(*find_names(names->locals, 1), 2), "l");
  ASSERT_NE(find_names(names->labels, 1), nullptr);
  EXPECT_EQ(find_name(*find_names(names->labels, 1), 0), "b");
  EXPECT_EQ(find_name(*find_names(names->labels, 1), 2), "c");
  EXPECT_EQ(find_name(names->types, 0), "t");
  EXPECT_EQ(find_name(*find_names(names->fields, 0), 0), "x");
  EXPECT_EQ(find_name(names->tables, 0), "tab");
  EXPECT_EQ(find_name(names->memories, 0), "mem");
  EXPECT_EQ(find_name(names->globals, 0), "g");
  EXPECT_EQ(find_name(names->elems, 0), "e");
  EXPECT_EQ(find_name(names->datas, 0), "d");
  EXPECT_EQ(find_name(names->tags, 0), "tag");
}

TEST(ParseModule, PutsCustomSectionsWhereTheyAreAskedFor) {
  const auto module = parse(
      "(@custom \"last\" \"a\" \"b\") (@custom \"after func\" (after func)) (func) (@custom \"first\" (before first))"
      "(@custom \"before type\" (before type))");
  ASSERT_TRUE(module);
  std::vector<std::string> found;
  for (const Section& section : module->sections) {
    found.emplace_back(section.id == SectionId::custom ? section.name : section_title(section.id));
  }
  EXPECT_EQ(found,
            (std::vector<std::string>{"first", "before type", "type", "function", "after func", "code", "last"}));
  EXPECT_EQ(as_chars(module->find_custom("last")->payload), "ab");
}

TEST(ParseModule, MakesABranchHintSection) {
  const auto module = parse(
      "(import \"\" \"\" (func)) (func (local i32) (@metadata.code.branch_hint \"\\01\") (if (local.get 0) (then))"
      "(block local.get 0 (@metadata.code.branch_hint \"\\00\") br_if 0))");
  ASSERT_TRUE(module);
  const Section* hints = module->find_custom("metadata.code.branch_hint");
  ASSERT_NE(hints, nullptr);
  const std::uint8_t expected[] = {1, 1, 2, 5, 1, 1, 12, 1, 0};
  EXPECT_TRUE(std::ranges::equal(hints->payload, expected));
}

TEST(ParseModule, ReadsNestedForms) {
  EXPECT_EQ(binary("(module binary \"\\00asm\" \"\\01\\00\\00\\00\")"), "0061736d01000000");
  EXPECT_EQ(binary("(module definition $m quote \"(memory\" \" 1)\")"), binary("(memory 1)"));
  const auto broken = parse("(module binary \"\\00as\")");
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().kind(), ErrorKind::malformed);
}

TEST(ParseModule, ReadsOneModuleOfAScript) {
  const std::string_view script = "(assert_invalid (module (func)) \"x\")\n(module (funk))";
  EXPECT_TRUE(parse_module_in(script, 16, 31, memory()));
  const auto broken = parse_module_in(script, 37, static_cast<std::uint32_t>(script.size()), memory());
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().place().line, 2U);
  EXPECT_EQ(broken.error().place().column, 10U);
}

TEST(ParseModule, BoundsNestingButNotTheNativeStack) {
  const auto nested = [](std::size_t depth) {
    std::string text = "(func ";
    for (std::size_t i = 0; i < depth; ++i) text += "(block ";
    return text + std::string(depth, ')') + ")";
  };
  EXPECT_TRUE(parse(nested(limits::max_block_nesting)));
  const auto too_deep = parse(nested(limits::max_block_nesting + 1));
  ASSERT_FALSE(too_deep);
  EXPECT_EQ(too_deep.error().kind(), ErrorKind::exhausted);
  EXPECT_TRUE(parse("(@a " + std::string(1'000'000, '(') + std::string(1'000'000, ')') + ")"));
  EXPECT_FALSE(parse(std::string(1'000'000, '(')));
}

TEST(ParseModule, BoundsLocals) {
  std::string text = "(func (local";
  for (std::uint32_t i = 0; i <= limits::max_locals; ++i) text += " i32";
  const auto module = parse(text + "))");
  ASSERT_FALSE(module);
  EXPECT_EQ(module.error().kind(), ErrorKind::exhausted);
}

}  // namespace
}  // namespace tenon::core
