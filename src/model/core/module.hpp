// A core module as data.
//
// The model borrows from the bytes it was read from: names, bodies, initializers and custom sections are views of the
// input, or of the module's own arena where they were made. Bodies and constant expressions stay in the binary format,
// whatever they came from; `binary/core/instructions.hpp` reads and writes them. Entities keep the order and the index
// spaces of the standard: imports first, then definitions.
//
// `sections` says what is written and where. A module that came from bytes remembers its sections: writing copies those
// that nobody changed, byte for byte, and encodes from the lists those whose `changed` is set. Whoever edits a list
// calls `mark_changed`, which also makes the section where there was none. A module that was built (by the text parser,
// say) has no raw bytes: it has one entry {id, changed = true} for each section that is not empty, in the prescribed
// order, and its custom sections ({custom, changed, name, payload}) at their places between them. Building the lists
// first, and then calling `mark_changed` once for each section, in any order, gives just that. A changed section whose
// list is empty is not written. The data count section is one like the others: `data_count` and its entry.
// https://webassembly.github.io/spec/core/syntax/modules.html
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/arena.hpp"
#include "base/bytes.hpp"
#include "base/index.hpp"
#include "model/core/types.hpp"
#include "spec/sections.hpp"

namespace tenon::core {

// Code in the binary format, its final `end` included. `offset` is where it stands in the outermost input.
struct Expr {
  Bytes bytes;
  std::uint64_t offset = 0;
};

struct Import {
  std::string_view module;
  std::string_view name;
  ExternType type;
  std::uint64_t offset = 0;
};

// A function of the module's own: locals and code, exactly as in the code section (without the size before them).
struct Func {
  TypeIdx type;
  Bytes body;                // locals, then code with its final `end`
  std::uint64_t offset = 0;  // of `body`
};

struct Table {
  TableType type;
  std::optional<Expr> init;  // written out, for tables of non-nullable references
};

struct Global {
  GlobalType type;
  Expr init;
};

struct Export {
  std::string_view name;
  ExternKind kind = ExternKind::func;
  std::uint32_t index = 0;  // in the index space of `kind`
  std::uint64_t offset = 0;
};

enum class SegmentMode : std::uint8_t { active, passive, declarative };

// An element segment. The binary format has eight forms; `flags` keeps which, so that writing repeats it.
struct Elem {
  SegmentMode mode = SegmentMode::passive;
  std::uint8_t flags = 0;
  TableIdx table;     // mode active
  Expr table_offset;  // mode active
  ValType type = funcref;
  std::span<const FuncIdx> functions;  // flags without bit 2
  std::span<const Expr> items;         // flags with bit 2
  std::size_t size() const noexcept { return (flags & 4) != 0 ? items.size() : functions.size(); }
};

struct Data {
  SegmentMode mode = SegmentMode::passive;
  std::uint8_t flags = 0;  // 0 active, 1 passive, 2 active with memory index
  MemoryIdx memory;        // mode active
  Expr memory_offset;      // mode active
  Bytes bytes;
  std::uint64_t offset = 0;
};

// A section as it stood in the input, or a new one. `raw` is the whole section with id and size; empty for new ones.
struct Section {
  SectionId id = SectionId::custom;
  bool changed = false;
  std::string_view name;  // custom sections
  Bytes payload;          // after id and size; for custom sections, after the name
  Bytes raw;
  std::uint64_t offset = 0;   // of `payload` in the outermost input
  std::size_t lookahead = 0;  // bytes of the input right behind `raw` that can be read, a few at least if there are any
};

// The module's entities. Move-only; all views in it live as long as its arena and the input it was read from.
struct Module {
  explicit Module(std::pmr::memory_resource& memory) : arena(memory) {}

  Arena arena;
  std::uint64_t base_offset = 0;  // where the module begins in the outermost input
  std::uint64_t size = 0;         // bytes of the binary it was read from

  IndexVector<TypeIdx, SubType> types;
  ArenaVector<RecGroup> rec_groups;
  ArenaVector<Import> imports;

  // Index spaces: imports first. An imported function has an empty `body`; imported tables and globals no `init`.
  IndexVector<FuncIdx, Func> funcs;
  IndexVector<TableIdx, Table> tables;
  IndexVector<MemoryIdx, MemoryType> memories;
  IndexVector<TagIdx, TagType> tags;
  IndexVector<GlobalIdx, Global> globals;
  std::uint32_t imported_funcs = 0;
  std::uint32_t imported_tables = 0;
  std::uint32_t imported_memories = 0;
  std::uint32_t imported_tags = 0;
  std::uint32_t imported_globals = 0;

  ArenaVector<Export> exports;
  std::optional<FuncIdx> start;
  std::uint64_t start_offset = 0;
  IndexVector<ElemIdx, Elem> elems;
  std::optional<std::uint32_t> data_count;
  IndexVector<DataIdx, Data> datas;

  ArenaVector<Section> sections;  // in order; custom sections included

  bool is_imported(FuncIdx i) const noexcept { return i.value < imported_funcs; }
  bool is_imported(TableIdx i) const noexcept { return i.value < imported_tables; }
  bool is_imported(MemoryIdx i) const noexcept { return i.value < imported_memories; }
  bool is_imported(GlobalIdx i) const noexcept { return i.value < imported_globals; }
  bool is_imported(TagIdx i) const noexcept { return i.value < imported_tags; }
  const SubType& type_of(FuncIdx i) const noexcept { return types[funcs[i].type]; }
  // The first custom section of that name, or nullptr.
  const Section* find_custom(std::string_view name) const noexcept;
  // Marks the section as changed, so that it is written from its list; inserts it at the prescribed place if it is
  // missing.
  void mark_changed(SectionId id);
  // Takes a section, by its place in `sections`, out of what is written.
  void remove_section(std::size_t place) noexcept;
};

}  // namespace tenon::core
