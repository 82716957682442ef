// The sections of a module: for each a reader of its payload and a writer from the model's lists. Each pair is in the
// file of its section. A reader gets a cursor over the payload alone, and leaves it at the first byte that it does not
// understand; whether any are left over, and what belongs between sections, is module.cpp's part.
// https://webassembly.github.io/spec/core/binary/modules.html#sections
#pragma once

#include <memory_resource>

#include "binary/core/byte_writer.hpp"
#include "binary/core/cursor.hpp"
#include "binary/core/expressions.hpp"
#include "model/core/module.hpp"
#include "spec/features.hpp"

namespace tenon::core {

// What the readers of sections share.
struct SectionReader {
  SectionReader(Module& into, Features on, std::pmr::memory_resource& memory)
      : module(into), features(on), expressions(on, memory) {}

  Module& module;
  Features features;
  ExpressionScanner expressions;
  Section* section = nullptr;              // the one being read
  SectionId previous = SectionId::custom;  // the last one that was not custom
  std::uint32_t bodies = 0;                // in the code section; not yet compared with the number of functions
  std::uint64_t bodies_offset = 0;
};

// What a writer works on: it appends the payload of `section` to `out`, or nothing for an empty list.
struct SectionWriter {
  const Module& module;
  const Section& section;
  ByteWriter& out;
};

// Pieces that several sections hold.
inline constexpr std::uint8_t limit_has_max = 1;
inline constexpr std::uint8_t limit_is_shared = 2;
inline constexpr std::uint8_t limit_is_64 = 4;
inline constexpr std::uint8_t limit_has_page_size = 8;
enum class LimitFlags : std::uint8_t {
  of_tables = limit_has_max | limit_is_64,
  of_memories = limit_has_max | limit_is_shared | limit_is_64 | limit_has_page_size,
};
Limits read_limits(Cursor& in, std::uint8_t flags, LimitFlags allowed, std::uint64_t flags_offset, Features features);
TableType read_table_type(Cursor& in, Features features);
MemoryType read_memory_type(Cursor& in, Features features);
GlobalType read_global_type(Cursor& in, Features features);
TagType read_tag_type(Cursor& in);
ExternType read_extern_type(Cursor& in, Features features);
bool read_mutability(Cursor& in);
std::string_view read_bounded_name(Cursor& in);  // of an import or export: at most limits::max_name_size bytes

std::uint8_t limit_flags(const Limits& limits);
void write_limits(ByteWriter& out, const Limits& limits, std::uint8_t flags);
void write_table_type(ByteWriter& out, const TableType& type);
void write_memory_type(ByteWriter& out, const MemoryType& type);
void write_global_type(ByteWriter& out, const GlobalType& type);
void write_tag_type(ByteWriter& out, TagType type);
void write_extern_type(ByteWriter& out, const ExternType& type);

template <SectionId id>
void read_payload(Cursor& in, SectionReader& reader);
template <SectionId id>
void write_payload(const SectionWriter& writer);
#define TENON_SECTION(name, id, order, title)                              \
  template <>                                                              \
  void read_payload<SectionId::name>(Cursor & in, SectionReader & reader); \
  template <>                                                              \
  void write_payload<SectionId::name>(const SectionWriter& writer);
#include "spec/sections.def"
#undef TENON_SECTION

}  // namespace tenon::core
