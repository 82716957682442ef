// What the parts of the text parser share.
//
// Problem: identifiers may be used before they are defined, in bodies as well as between fields, while function bodies
// are written in the binary format at once, where the size of an index depends on its value. Two ways were weighed:
// writing bodies with holes and patching them (every body is copied again, and a hole's width is not known), or knowing
// all index spaces first. The second is taken, in three steps (parse_module.cpp):
//   1. a scan over the fields, which counts index spaces and binds identifiers; it lexes only the head of a field and
//      skips the rest by its parentheses, which is several times faster than lexing;
//   2. the type definitions, since functions need the number of their parameters;
//   3. all other fields, in order. Types that are only implied by type uses are appended as they are met.
// So nothing but the heads of fields is lexed twice.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "binary/core/byte_writer.hpp"
#include "binary/core/instructions.hpp"
#include "model/core/module.hpp"
#include "model/core/names.hpp"
#include "text/core/text.hpp"
#include "text/id_map.hpp"
#include "text/token_cursor.hpp"

namespace tenon::core {

// The identifiers of an index space, and how many entries it has.
struct IndexSpace {
  IndexSpace(std::string_view what, std::pmr::memory_resource& memory) : title(what), ids(memory) {}
  std::string_view title;  // for messages: "unknown <title> $x"
  IdMap ids;
  std::uint32_t count = 0;
};

// A module field as the first step found it.
struct FieldPlace {
  Word kind = Word::unknown;
  std::uint32_t offset = 0;  // of its parenthesis
};

// A label in scope; `shadowed` is the position of the label of the same name that it hides.
struct Label {
  std::string_view name;
  std::uint32_t shadowed = IdMap::none;
};

// What is opened and not yet closed in a body; see parse_body.cpp.
enum class FrameKind : std::uint8_t {
  block,              // flat; ends with `end`
  if_,                // flat, before `else`
  else_,              // flat
  try_,               // flat; ends with `end`, `catch` or `delegate`
  catch_,             // flat
  catch_all,          // flat
  folded_plain,       // operands, then the instruction
  folded_block,       // instructions, then `end`
  folded_condition,   // of an if: operands, then `(then`
  folded_after_then,  // of an if: `(else`, or its end
  folded_after_else,  // of an if: its end
  folded_arm,         // the inside of `(then`, `(else`, `(do`, `(catch`, `(catch_all`
  folded_try,         // expects `(do`
  folded_after_do,    // `(catch`, `(catch_all`, `(delegate`, or the end
  folded_after_catch,
  folded_after_catch_all,
  folded_after_delegate,
};
struct OpenBlock {
  FrameKind kind = FrameKind::block;
  std::uint32_t deferred = 0;             // begin of its bytes in `deferred`, to be written when its operands are
  std::optional<std::uint8_t> hint = {};  // a branch hint for it
  std::uint32_t text = 0;                 // where it stands in the text
};

struct NotedBranchHint {
  std::uint32_t offset = 0;
  std::uint8_t value = 0;
};

// A custom section and its place: 2 * the order of a section to stand before it, one more to stand behind it. Those of
// one place keep their order.
struct CustomSection {
  std::uint32_t place = 0;
  std::string_view name;
  Bytes payload;
};

struct ParseContext {
  ParseContext(std::string_view source, std::pmr::memory_resource& memory, const ParseOptions& parse_options)
      : module(memory),
        in(source, module.arena, memory),
        options(parse_options),
        fields(&memory),
        type_slots(&memory),
        aliased_types(&memory),
        customs(&memory),
        scratch_arena(memory),
        code(scratch_arena),
        deferred(scratch_arena),
        lists(memory),
        params(&memory),
        results(&memory),
        local_runs(&memory),
        labels(&memory),
        waiting_labels(&memory),
        frames(&memory),
        hints(&memory),
        name_list(&memory),
        label_names(&memory),
        hint_entries(scratch_arena),
        types("type", memory),
        funcs("func", memory),
        tables("table", memory),
        memories("memory", memory),
        globals("global", memory),
        tags("tag", memory),
        elems("elem segment", memory),
        datas("data segment", memory),
        fields_of_types("field", memory),
        locals("local", memory),
        label_ids(memory) {}

  Module module;
  TokenCursor in;
  ParseOptions options;
  std::pmr::vector<FieldPlace> fields;
  std::pmr::vector<std::uint32_t> type_slots;  // hash table: function type to 1 + type index
  std::uint32_t type_slots_used = 0;
  bool shares_implied_types = true;         // not in the types of modules, where equal ones are told apart
  std::pmr::vector<TypeIdx> aliased_types;  // of module types in components: those whose signature is not known here
  std::pmr::vector<CustomSection> customs;
  Names names;
  bool needs_data_count = false;

  // Working storage, reused.
  Arena scratch_arena;
  ByteWriter code;
  ByteWriter deferred;  // instructions whose operands are not written yet
  ImmediateLists lists;
  Instruction instruction;
  std::pmr::vector<ValType> params;
  std::pmr::vector<ValType> results;
  std::pmr::vector<LocalRun> local_runs;
  std::pmr::vector<Label> labels;
  // Identifier and name of the folded ifs whose condition is being read.
  std::pmr::vector<std::pair<std::string_view, std::string_view>> waiting_labels;
  std::pmr::vector<OpenBlock> frames;
  std::pmr::vector<NotedBranchHint> hints;
  std::pmr::vector<NameAssoc> name_list;
  std::pmr::vector<NameAssoc> label_names;
  std::uint32_t label_count = 0;  // blocks opened in this function
  std::optional<std::uint8_t> pending_hint;
  std::uint32_t hinted_functions = 0;
  std::size_t first_place = 0;  // of the code at hand, in options.places
  ByteWriter hint_entries;      // the functions' entries of the branch hint section

  IndexSpace types;
  IndexSpace funcs;
  IndexSpace tables;
  IndexSpace memories;
  IndexSpace globals;
  IndexSpace tags;
  IndexSpace elems;
  IndexSpace datas;
  IndexSpace fields_of_types;
  IndexSpace locals;
  IdMap label_ids;
};

// An index of that space: a number, or an identifier that must be bound ("unknown <title> $x").
std::uint32_t parse_index(ParseContext& context, const IndexSpace& space, std::uint32_t scope = 0);
bool at_index(const ParseContext& context) noexcept;
// An index, if there is one.
std::optional<std::uint32_t> parse_optional_index(ParseContext& context, const IndexSpace& space);

// The name of what is being defined, which stands at the cursor: (@name "...") wins over the identifier. Appended to
// `map`.
void parse_definition_name(ParseContext& context, NameMap& map, std::uint32_t index);
// Like it, for things inside functions and types, which have lists of their own.
std::string_view parse_id_and_name(ParseContext& context, std::string_view& id);
// Whether an identifier or a name stands at the cursor: members of a list that have neither may share a declaration.
inline bool at_id_or_name(TokenCursor& in) noexcept { return in.at(TokenKind::id) || in.has_annotations(); }

// The bytes gathered in `code`, copied to the module's arena.
Bytes take_code(ParseContext& context);

// Notes that what is written to `code` next stands at `text`, if somebody wants to know.
inline void mark_place(ParseContext& context, std::uint32_t text) {
  if (context.options.places == nullptr) [[likely]]
    return;
  context.options.places->push_back({.offset = context.code.size(), .text = text});
}
// The code at hand begins now; it is complete, and counts as beginning at `offset`.
void begin_places(ParseContext& context);
void end_places(ParseContext& context, std::uint32_t offset);

}  // namespace tenon::core
