// Test scripts (WAST) as data: a list of directives with their places.
// https://github.com/WebAssembly/spec/tree/main/interpreter#scripts
//
// Modules and components stay as source: whether one parses is what many directives ask. Constants are decoded; those
// of components know their labels but not their types, which the function called has.
#pragma once

#include <array>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string_view>

#include "base/arena.hpp"
#include "model/core/instruction.hpp"
#include "model/core/types.hpp"
#include "tenon/result.hpp"

namespace tenon::wast {

enum class SourceForm : std::uint8_t {
  text,    // written in the script
  binary,  // `binary` and strings
  quote,   // `quote` and strings that hold text
};

// A module or component that stands in a script.
struct ModuleSource {
  bool is_component = false;
  bool is_definition = false;  // `definition`: not instantiated
  SourceForm form = SourceForm::text;
  std::string_view name{};      // without its `$`; empty when it has none
  std::string_view contents{};  // text: as written (for a definition, its fields alone); else the strings, joined
  ErrorPlace contents_place{};  // text: where `contents` begins in the script
  ErrorPlace place{};           // of its parenthesis
};

enum class ConstantKind : std::uint8_t {
  i32,
  i64,
  f32,
  f64,
  v128,
  ref_null,    // `heap`, or any null when `is_any_heap`
  ref_host,    // (ref.host N), an internal reference to something of the host
  ref_extern,  // (ref.extern N), the same as an external reference
  ref_type,    // (ref.func), (ref.i31), ...: any reference of that heap type; results only
  either,      // one of `alternatives`; results only
  component,   // `component`
};

enum class NanPattern : std::uint8_t { none, canonical, arithmetic };

// The lanes of a v128 constant.
enum class LaneShape : std::uint8_t { i8x16, i16x8, i32x4, i64x2, f32x4, f64x2 };

// The constants of components.
enum class ComponentConstantKind : std::uint8_t {
  bool_,
  u8,
  s8,
  u16,
  s16,
  u32,
  s32,
  u64,
  s64,
  f32,
  f64,
  char_,
  string,
  list,
  record,
  tuple,
  variant,
  enum_,
  option,
  result,
  flags,
};

struct ComponentConstant {
  ComponentConstantKind kind = ComponentConstantKind::bool_;
  bool flag = false;                             // bool_; option: some; result: ok
  NanPattern nan = NanPattern::none;             // f32, f64 (results only)
  std::uint64_t bits = 0;                        // numbers, signed ones extended to 64 bits; char_: the scalar value
  std::string_view text{};                       // string; variant, enum_: the label
  std::span<const ComponentConstant> members{};  // of list, record, tuple; of variant, option, result at most one
  std::span<const std::string_view> labels{};    // record: one for each member; flags: those that are set
};

// A constant of an action, or a pattern for a result.
struct Constant {
  ConstantKind kind = ConstantKind::i32;
  LaneShape shape = LaneShape::i32x4;        // kind v128
  bool is_any_heap = false;                  // ref_null without a heap type
  std::uint64_t bits = 0;                    // numbers (i32 and f32 in the low half), and N of host references
  core::V128 vector{};                       // kind v128; lanes with a pattern are zero
  std::array<NanPattern, 4> nan{};           // f32, f64: the first; v128: by lane (results only)
  core::HeapType heap{};                     // ref_null, ref_type
  std::span<const Constant> alternatives{};  // kind either
  std::string_view source{};                 // as written
  const ComponentConstant* component = nullptr;
};

enum class ActionKind : std::uint8_t { invoke, get };

struct Action {
  ActionKind kind = ActionKind::invoke;
  std::string_view instance{};  // empty: the latest one
  std::string_view name{};
  std::span<const Constant> arguments{};
  ErrorPlace place{};
};

enum class DirectiveKind : std::uint8_t {
#define TENON_DIRECTIVE(name, text) name,
#include "text/wast/directives.def"
#undef TENON_DIRECTIVE
};

// The name as scripts write it: "assert_return".
std::string_view to_string(DirectiveKind kind) noexcept;

// What a directive is about, for those that may be about several things.
enum class Subject : std::uint8_t { none, module, instance, action };

struct Directive {
  DirectiveKind kind = DirectiveKind::module;
  Subject subject = Subject::none;
  ErrorPlace place{};
  std::string_view source{};            // from its first parenthesis to its last
  ModuleSource module{};                // subject module
  bool is_component = false;            // subject module, instance: a component
  std::string_view instance{};          // subject instance: its new name; register: which one; thread, wait: the thread
  std::string_view definition{};        // subject instance: of which definition; empty: the latest
  Action action{};                      // subject action
  std::span<const Constant> results{};  // assert_return
  std::string_view text{};              // assertions: the message expected; register: the name; meta: the file
  std::string_view shared{};            // thread: the instance that both threads see
  std::span<const Directive> body{};    // thread, meta script
};

// All views are of the source or of the arena.
struct Script {
  explicit Script(std::pmr::memory_resource& memory) : arena(memory) {}
  Arena arena;
  std::span<const Directive> directives;
};

// Parses a script. A text without any directive is one module of its fields. The result borrows from `source`.
// Errors: malformed, with line and column; exhausted (limits::max_text_nesting).
Result<Script> parse_script(std::string_view source, std::pmr::memory_resource& memory);

}  // namespace tenon::wast
