// The sections of a component: for each a reader of its payload and a writer of its definitions, both in the file of
// the section, and the pieces that several of them hold. What stands in a section also stands in the types of
// components and instances, so that each kind of definition has a reader of its own: it takes one definition from the
// cursor, and leaves the cursor at what follows.
#pragma once

#include "binary/component/component.hpp"
#include "binary/core/byte_writer.hpp"
#include "binary/core/cursor.hpp"
#include "spec/component_limits.hpp"

namespace tenon::component {

// What all readers share. `items` is the allowance for definitions and entries of lists that is left, of the outermost
// component in all: an entry can take a hundred times more memory than its bytes, and this bounds it.
struct Reader {
  Arena& arena;
  Features features;
  std::uint32_t items = limits::max_component_items;
  std::uint32_t nesting = 0;
  ComponentBody* body = nullptr;  // the component being read
  Section* section = nullptr;     // and its section
};

// One level of nesting, as long as it lives; a fault if that is one too many.
class Nesting {
 public:
  Nesting(Cursor& in, Reader& reader);
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;
  ~Nesting() { --reader_.nesting; }

 private:
  Reader& reader_;
};

template <SectionId id>
void read_payload(Cursor& in, Reader& reader);
// Appends the payload of a section with these definitions, which are of its kind.
template <SectionId id>
void write_payload(ByteWriter& out, std::span<const Definition> definitions);
#define TENON_COMPONENT_SECTION(name, id, title, feature)           \
  template <>                                                       \
  void read_payload<SectionId::name>(Cursor & in, Reader & reader); \
  template <>                                                       \
  void write_payload<SectionId::name>(ByteWriter & out, std::span<const Definition> definitions);
#include "spec/component_sections.def"
#undef TENON_COMPONENT_SECTION

// Definitions, one at a time.
CoreInstance read_core_instance(Cursor& in, Reader& reader);
CoreType read_core_type(Cursor& in, Reader& reader);
Instance read_instance(Cursor& in, Reader& reader);
Alias read_alias(Cursor& in, Reader& reader);
Type read_type(Cursor& in, Reader& reader);
Canon read_canon(Cursor& in, Reader& reader);
Import read_import(Cursor& in, Reader& reader);
Export read_export(Cursor& in, Reader& reader);
Value read_value(Cursor& in, Reader& reader);

void write_core_type(ByteWriter& out, const CoreType& type);
void write_alias(ByteWriter& out, const Alias& alias);
void write_type(ByteWriter& out, const Type& type);
void write_import(ByteWriter& out, const Import& import);

// Pieces of definitions.
std::optional<Sort> sort_of(std::uint8_t first, std::uint8_t second) noexcept;  // `second` behind 0x00 only
Sort read_core_sort(Cursor& in);
Sort read_sort(Cursor& in, const Reader& reader);
SortIdx read_sort_idx(Cursor& in, Reader& reader);
ValType read_val_type(Cursor& in, Reader& reader);
std::optional<ValType> read_result_list(Cursor& in, Reader& reader);
ExternName read_extern_name(Cursor& in, Reader& reader);
ExternType read_extern_type(Cursor& in, Reader& reader);

void write_core_sort(ByteWriter& out, Sort sort);
void write_sort(ByteWriter& out, Sort sort);
void write_sort_idx(ByteWriter& out, SortIdx item);
void write_val_type(ByteWriter& out, ValType type);
void write_result_list(ByteWriter& out, std::optional<ValType> result);
void write_extern_name(ByteWriter& out, const ExternName& name);
void write_extern_type(ByteWriter& out, const ExternType& type);

// The fault of a byte that decides what follows.
void fault_leading_byte(Cursor& in, std::uint64_t offset, std::uint8_t byte, std::string_view what);
// A fault if the feature is off.
void require(Cursor& in, const Reader& reader, std::uint64_t offset, std::string_view what, Feature feature);
// 0 or 1: whether `what` follows, or is so.
bool read_presence(Cursor& in, std::string_view what);
bool read_flag(Cursor& in);

// A count of entries, which takes from the allowance.
std::uint32_t read_count(Cursor& in, Reader& reader, std::uint32_t limit, std::string_view what,
                         std::size_t least_bytes);

// A list of anything that `read_one(in, reader)` reads, at least `least_bytes` each.
template <class T, class ReadOne>
std::span<const T> read_list(Cursor& in, Reader& reader, std::uint32_t limit, std::string_view what,
                             std::size_t least_bytes, ReadOne read_one) {
  const std::uint32_t count = read_count(in, reader, limit, what, least_bytes);
  const std::span<T> items = reader.arena.make_array<T>(count);
  for (T& item : items) {
    if (!in.ok()) return {};
    item = read_one(in, reader);
  }
  return items;
}

template <class T, class WriteOne>
void write_list(ByteWriter& out, std::span<const T> items, WriteOne write_one) {
  out.u32(static_cast<std::uint32_t>(items.size()));
  for (const T& item : items) write_one(out, item);
}

// A definition that `read_one` reads; `member` is the one that `kind` names.
template <class T, class ReadOne>
Definition read_definition(Cursor& in, Reader& reader, DefinitionKind kind, const T* Definition::* member,
                           ReadOne read_one) {
  Definition definition;
  definition.kind = kind;
  definition.offset = in.offset();
  definition.*member = reader.arena.make<T>(read_one(in, reader));
  return definition;
}

inline void add(Reader& reader, const Definition& definition) {
  reader.body->definitions.push_back(reader.arena, definition);
  ++reader.section->definitions;
}

// A payload that is a list of definitions.
template <class T, class ReadOne>
void read_definitions(Cursor& in, Reader& reader, DefinitionKind kind, const T* Definition::* member,
                      std::string_view what, ReadOne read_one) {
  const std::uint32_t count = read_count(in, reader, limits::max_component_items, what, 1);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    const Definition definition = read_definition(in, reader, kind, member, read_one);
    if (in.ok()) add(reader, definition);
  }
}

template <class T, class WriteOne>
void write_definitions(ByteWriter& out, std::span<const Definition> definitions, const T* Definition::* member,
                       WriteOne write_one) {
  out.u32(static_cast<std::uint32_t>(definitions.size()));
  for (const Definition& definition : definitions) write_one(out, *(definition.*member));
}

}  // namespace tenon::component
