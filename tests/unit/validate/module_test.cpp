// Whole modules as text: each rule, with the beginning of its message. The official suites hold many more.
#include "validate/core/module.hpp"

#include <gtest/gtest.h>
#include <string>

#include "text/core/text.hpp"

namespace tenon::core {
namespace {

std::string verdict(std::string_view source, Features features = Features::all()) {
  auto& memory = *std::pmr::new_delete_resource();
  Result<Module> module = parse_module(source, memory, {.features = Features::all()});
  if (!module) return "does not parse: " + std::string(module.error().message());
  TypeRegistry registry(memory);
  Arena arena(memory);
  Result<ValidatedModule> validated = validate_module(*module, registry, arena, {.features = features});
  if (validated) return "valid";
  return std::string(validated.error().context()) + ": " + std::string(validated.error().message());
}

struct Case {
  const char* source;
  const char* verdict;  // the beginning of it
};

void check(std::initializer_list<Case> cases) {
  for (const Case& c : cases) {
    const std::string found = verdict(c.source);
    EXPECT_EQ(found.substr(0, std::string(c.verdict).size()), c.verdict) << c.source << '\n' << found;
  }
}

TEST(ValidateModule, Declarations) {
  check({
      {"(module)", "valid"},
      {"(table 1 0 funcref)", "table 0: size minimum must not be greater than maximum, found 1 and 0"},
      {"(table 1 (ref func))", "table 0: type mismatch: a table of (ref func), which has no default value"},
      {"(func $f) (table 1 (ref func) (ref.func $f))", "valid"},
      {"(memory 65537)", "memory 0: memory size must be at most 65536 pages (4GiB), found a minimum of 65537"},
      {"(memory i64 0 0x1000000000001)", "memory 0: memory size must be at most 2^48 pages"},
      {"(memory 1 shared)", "memory 0: shared memory must have maximum"},
      {"(memory 0 (pagesize 2))", "memory 0: invalid custom page size"},
      {"(memory 0x1_0000_0000 (pagesize 1))", "memory 0: memory size must be at most 2^32-1 bytes"},
      {"(tag (param i32) (result i32))", "tag 0: non-empty tag result type [i32]"},
      {"(func (param i32)) (start 0)",
       ": start function must not have parameters or results, function 0 has [i32] -> []"},
      {"(start 1) (func)", ": unknown function 1"},
      {"(func (export \"a\")) (memory (export \"a\") 1)",
       ": duplicate export name \"a\": it is that of function 0 and of memory 0"},
      {"(export \"a\" (global 2))", "export 0: unknown global 2"},
      {"(data (i32.const 0) \"\")", "data segment 0: unknown memory 0"},
      {"(memory i64 1) (data (i32.const 0) \"\")",
       "data segment 0: type mismatch: instruction requires [i64] but stack has [i32]"},
      {"(table 1 externref) (func $f) (elem (i32.const 0) func $f)",
       "element segment 0: type mismatch: element segment's type (ref func) does not match table's element type "
       "externref"},
      {"(elem func 0)", "element segment 0: unknown function 0"},
      {"(elem (i32.const 0))", "element segment 0: unknown table 0"},
  });
}

TEST(ValidateModule, ConstantExpressions) {
  check({
      {"(global i32 (i32.add (i32.const 1) (i32.mul (i32.const 2) (i32.const 3))))", "valid"},
      {"(global i32 (i32.const 0)) (global i32 (global.get 0))", "valid"},
      {"(global i32 (global.get 0))", "global 0: unknown global 0: 0 globals can be read here"},
      {"(global (mut i32) (i32.const 0)) (global i32 (global.get 0))",
       "global 1: constant expression required, global 0 is mutable"},
      {"(global i32 (i32.clz (i32.const 0)))", "global 0: constant expression required, `i32.clz` is not constant"},
      {"(global i32 (i64.const 0))", "global 0: type mismatch: instruction requires [i32] but stack has [i64]"},
      {"(global i32)", "global 0: type mismatch: instruction requires [i32] but stack has []"},
      {"(global i32 (i32.const 0) (i32.const 0))",
       "global 0: type mismatch: block requires [i32] but stack has [i32 i32]"},
      {"(type $s (struct (field i32))) (global (ref $s) (struct.new $s (i32.const 1)))", "valid"},
      {"(type $a (array i8)) (global (ref $a) (array.new_fixed $a 2 (i32.const 1) (i32.const 2)))", "valid"},
      {"(global (ref i31) (ref.i31 (i32.const 1)))", "valid"},
      {"(global externref (extern.convert_any (ref.null any)))", "valid"},
      {"(global funcref (ref.func 0)) (func (drop (ref.func 0)))", "valid"},
      {"(func (drop (ref.func 0)))", "function 0: undeclared function reference 0"},
      {"(func (drop (ref.func 0))) (elem declare func 0)", "valid"},
      {"(func (export \"f\") (drop (ref.func 0)))", "valid"},
  });
}

TEST(ValidateModule, References) {
  check({
      {"(func (param funcref) (result (ref func)) (ref.as_non_null (local.get 0)))", "valid"},
      {"(func (param i32) (drop (ref.is_null (local.get 0))))",
       "function 0: type mismatch: instruction requires reference type but stack has [i32], in `ref.is_null`"},
      {"(func (result (ref func)) (ref.null func))",
       "function 0: type mismatch: instruction requires [(ref func)] but stack has [funcref]"},
      {"(type $t (func)) (func (param (ref $t)) (call_ref $t (local.get 0)))", "valid"},
      {"(type $t (func)) (func (param funcref) (call_ref $t (local.get 0)))",
       "function 0: type mismatch: instruction requires [(ref null 0)] but stack has [funcref], in `call_ref`"},
      {"(func (param eqref) (result i32) (ref.test (ref i31) (local.get 0)))", "valid"},
      {"(func (param funcref) (result i32) (ref.test (ref i31) (local.get 0)))",
       "function 0: type mismatch: instruction requires [anyref] but stack has [funcref], in `ref.test`"},
      {"(func (param anyref) (result i31ref) (br_on_cast 0 anyref i31ref (local.get 0)) (unreachable))", "valid"},
      {"(func (param anyref) (result i31ref) (br_on_cast 0 i31ref anyref (local.get 0)) (unreachable))",
       "function 0: type mismatch on cast: type anyref does not match i31ref"},
      {"(func (param funcref) (block (br_on_null 0 (local.get 0)) (drop)))", "valid"},
      {"(func (param funcref) (drop (block (result (ref func)) (br_on_non_null 0 (local.get 0)) (unreachable))))",
       "valid"},
      {"(func (local (ref func)) (drop (local.get 0)))", "function 0: uninitialized local 0"},
      {"(func (param (ref func)) (local (ref func)) (local.set 1 (local.get 0)) (drop (local.get 1)))", "valid"},
      {"(func (param (ref func)) (local (ref func)) (block (local.set 1 (local.get 0))) (drop (local.get 1)))",
       "function 0: uninitialized local 1"},
      {"(func (param (ref func) i32) (local (ref func)) "
       "(if (local.get 1) (then (local.set 2 (local.get 0))) (else (drop (local.get 2)))))",
       "function 0: uninitialized local 2"},
      {"(func (param i32) (result anyref) (select (local.get 0) (ref.null any) (ref.null any)))",
       "function 0: type mismatch: instruction requires [i32] but stack has [anyref]"},
      {"(func (result anyref) (select (ref.null any) (ref.null any) (i32.const 0)))",
       "function 0: type mismatch: instruction requires numeric or vector type"},
      {"(func (result anyref) (select (result anyref) (ref.null any) (ref.null any) (i32.const 0)))", "valid"},
  });
}

TEST(ValidateModule, StructuresAndArrays) {
  check({
      {"(type $s (struct (field i8) (field (mut f32)))) (func (param (ref $s)) (struct.set $s 1 (local.get 0) "
       "(f32.const 1)))",
       "valid"},
      {"(type $s (struct (field i8))) (func (param (ref $s)) (struct.set $s 0 (local.get 0) (i32.const 1)))",
       "function 0: immutable field 0 of type 0"},
      {"(type $s (struct (field i8))) (func (param (ref $s)) (result i32) (struct.get $s 0 (local.get 0)))",
       "function 0: type mismatch: field is packed, it is of type i8, in `struct.get`"},
      {"(type $s (struct)) (func (param (ref $s)) (drop (struct.get $s 3 (local.get 0))))",
       "function 0: unknown field 3: type 0 has 0 fields"},
      {"(type $s (struct (field (ref func)))) (func (drop (struct.new_default $s)))",
       "function 0: field type is not defaultable: field 0 of type 0 is of type (ref func)"},
      {"(type $a (array i8)) (func (param (ref $a)) (array.set $a (local.get 0) (i32.const 0) (i32.const 0)))",
       "function 0: immutable array: type 0, in `array.set`"},
      {"(type $a (array (mut i8))) (type $b (array (mut i16))) (func (param (ref $a) (ref $b)) "
       "(array.copy $a $b (local.get 0) (i32.const 0) (local.get 1) (i32.const 0) (i32.const 0)))",
       "function 0: array types do not match"},
      {"(type $a (array funcref)) (data \"\") (func (drop (array.new_data $a 0 (i32.const 0) (i32.const 0))))",
       "function 0: array type is not numeric or vector"},
      {"(type $a (array externref)) (elem func) (func (drop (array.new_elem $a 0 (i32.const 0) (i32.const 0))))",
       "function 0: type mismatch: element segment's type (ref func) does not match array's field type externref"},
      {"(type $s (sub (struct))) (type $t (sub $s (struct (field i32)))) (func (param (ref $t)) (result (ref $s)) "
       "(local.get 0))",
       "valid"},
      {"(type $s (sub (struct))) (type $t (sub $s (struct (field i32)))) (func (param (ref $s)) (result (ref $t)) "
       "(local.get 0))",
       "function 0: type mismatch: instruction requires [(ref 1)] but stack has [(ref 0)]"},
      {"(type (struct)) (type (sub 0 (struct)))", "type 1: sub type 1 has a final super type"},
      {"(func (param (ref 5)))", "type 0: unknown type 5"},
  });
}

TEST(ValidateModule, Exceptions) {
  check({
      {"(tag $e (param i32)) (func (result i32) (block $l (result i32) (try_table (catch $e $l) (throw $e (i32.const "
       "1))) (i32.const 0)))",
       "valid"},
      {"(tag $e (param i32)) (func (block $l (try_table (catch $e $l))))",
       "function 0: type mismatch: catch handler requires [] but label has [i32]"},
      {"(func (result exnref) (block $l (result exnref) (try_table (catch_all_ref $l)) (unreachable)))", "valid"},
      {"(func (throw 0))", "function 0: unknown tag 0"},
      {"(tag $e (param i32)) (func (throw $e (i64.const 1)))",
       "function 0: type mismatch: instruction requires [i32] but stack has [i64], in `throw`"},
      {"(tag $e (param i32)) (func (result i32) (try (result i32) (do (i32.const 1)) (catch $e) (catch_all (i32.const "
       "2))))",
       "valid"},
      {"(tag $e) (func (try (do) (catch $e (i32.const 42))))",
       "function 0: type mismatch: block requires [] but stack has [i32]"},
      {"(func (rethrow 0))", "function 0: invalid rethrow label 0"},
      {"(func (try (do) (catch_all (rethrow 0))))", "valid"},
      {"(func (try (do (rethrow 0)) (catch_all)))", "function 0: invalid rethrow label 0"},
      {"(func (try (do) (delegate 1)))", "function 0: unknown label 1"},
      {"(func (try (do) (delegate 0)))", "valid"},
  });
}

TEST(ValidateModule, CallsAndTables) {
  check({
      {"(table 1 externref) (type $t (func)) (func (call_indirect (type $t) (i32.const 0)))",
       "function 0: type mismatch: instruction requires table of function type but table 0 has element type externref"},
      {"(type $t (func)) (func (call_indirect (type $t) (i32.const 0)))", "function 0: unknown table 0"},
      {"(table i64 1 funcref) (type $t (func)) (func (call_indirect (type $t) (i64.const 0)))", "valid"},
      {"(func $f (result i32) (return_call $g)) (func $g (result i64) (i64.const 0))",
       "function 0: type mismatch: current function requires result type [i32] but callee returns [i64], in "
       "`return_call`"},
      {"(table $a 1 funcref) (table $b i64 1 funcref) (func (table.copy $a $b (i32.const 0) (i64.const 0) (i32.const "
       "0)))",
       "valid"},
      {"(table $a 1 funcref) (table $b 1 externref) (func (table.copy $a $b (i32.const 0) (i32.const 0) (i32.const "
       "0)))",
       "function 0: type mismatch: source element type externref does not match destination element type funcref"},
      {"(table 1 funcref) (func (table.init 0 1 (i32.const 0) (i32.const 0) (i32.const 0))) (elem func)",
       "function 0: unknown elem segment 1"},
      {"(memory 1) (func (memory.init 1 (i32.const 0) (i32.const 0) (i32.const 0))) (data \"\")",
       "function 0: unknown data segment 1"},
      {"(memory 1) (func (drop (i32.atomic.load align=2 (i32.const 0))))",
       "function 0: atomic alignment must be natural"},
      {"(func (drop (i8x16.extract_lane_s 16 (v128.const i64x2 0 0))))", "function 0: invalid lane index 16"},
      {"(func (result i64 i64) (i64.mul_wide_s (i64.const 1) (i64.const 2)))", "valid"},
  });
}

// Features that are off, one by one.
TEST(ValidateModule, FeaturesThatAreOffSaySo) {
  struct FeatureCase {
    Feature feature;
    const char* source;
    const char* verdict;
  };
  const FeatureCase cases[] = {
      {Feature::multi_memory, "(memory 1) (memory 1)", ": multiple memories"},
      {Feature::threads, "(memory 1 1 shared)", "memory 0: a shared memory needs the feature `threads`"},
      {Feature::memory64, "(memory i64 1)", "memory 0: a 64-bit memory needs the feature `memory64`"},
      {Feature::custom_page_sizes, "(memory 1 (pagesize 1))", "memory 0: a page size needs the feature"},
      {Feature::simd, "(func (param v128))", "type 0: this type needs the feature `simd`"},
      {Feature::multi_value, "(func (result i32 i32) (unreachable))",
       "type 0: this type needs the feature `multi-value`"},
      {Feature::gc, "(type (struct))", "type 0: this type needs the feature `gc`"},
      {Feature::extended_const, "(global i32 (i32.add (i32.const 0) (i32.const 0)))",
       "global 0: constant expression required"},
      {Feature::tail_call, "(func (return_call 0))",
       "function 0: illegal opcode 0x12: return_call needs the feature `tail-call`"},
      {Feature::mutable_global, "(global (export \"g\") (mut i32) (i32.const 0))",
       "export 0: exporting a mutable global"},
      {Feature::bulk_memory, "(data \"\")", "data segment 0: a passive data segment needs the feature `bulk-memory`"},
  };
  for (const FeatureCase& c : cases) {
    Features features = Features::all();
    EXPECT_EQ(verdict(c.source, features), "valid") << c.source;
    features.set(c.feature, false);
    const std::string found = verdict(c.source, features);
    EXPECT_EQ(found.substr(0, std::string(c.verdict).size()), c.verdict) << c.source << '\n' << found;
  }
}

}  // namespace
}  // namespace tenon::core
