// The element section.
//
// A segment begins with three flag bits: 0, passive or declarative; 1, an explicit table index (active), or declarative
// (not active); 2, expressions instead of function indices. An active segment without bit 1 leaves out the element kind
// or type as well as the table.
#include "binary/core/sections.hpp"
#include "spec/limits.hpp"
#include "spec/needs_feature.hpp"

namespace tenon::core {

namespace {

constexpr std::uint32_t not_active_flag = 1;
constexpr std::uint32_t explicit_flag = 2;
constexpr std::uint32_t expressions_flag = 4;
constexpr ValType non_null_funcref = ValType::ref(AbstractHeapType::func, false);

SegmentMode mode_of(std::uint32_t flags) {
  if ((flags & not_active_flag) == 0) return SegmentMode::active;
  return (flags & explicit_flag) == 0 ? SegmentMode::passive : SegmentMode::declarative;
}

void read_element_kind(Cursor& in) {
  const std::uint64_t start = in.offset();
  const std::uint8_t kind = in.u8();
  if (kind != 0) in.fault(ErrorKind::malformed, start, "malformed element kind: ", Hex{kind}, " is none");
}

std::span<const FuncIdx> read_functions(Cursor& in, SectionReader& reader) {
  const std::uint32_t count = in.count(limits::max_elem_segment_items, "items of an element segment");
  const std::span<FuncIdx> functions = reader.module.arena.make_array<FuncIdx>(count);
  for (FuncIdx& function : functions) function = FuncIdx(in.u32());
  return functions;
}

std::span<const Expr> read_items(Cursor& in, SectionReader& reader) {
  const std::uint32_t count = in.count(limits::max_elem_segment_items, "items of an element segment");
  const std::span<Expr> items = reader.module.arena.make_array<Expr>(count);
  for (Expr& item : items) {
    item = reader.expressions.read(in);
    if (!in.ok()) return {};
  }
  return items;
}

Elem read_elem(Cursor& in, SectionReader& reader) {
  const std::uint64_t start = in.offset();
  const std::uint32_t flags = in.u32();
  if (flags > (not_active_flag | explicit_flag | expressions_flag)) {
    in.fault(ErrorKind::malformed, start, "malformed elements segment kind: ", flags, " is none");
  }
  if (flags != 0 && !reader.features.has(Feature::bulk_memory) && !reader.features.has(Feature::reference_types)) {
    in.fault(ErrorKind::malformed, start, "malformed elements segment kind: ",
             NeedsFeature{"anything but an active segment of table 0", Feature::bulk_memory});
  }
  Elem elem;
  elem.mode = mode_of(flags);
  elem.flags = static_cast<std::uint8_t>(flags);
  if (elem.mode == SegmentMode::active) {
    elem.table = TableIdx((flags & explicit_flag) != 0 ? in.u32() : 0);
    elem.table_offset = reader.expressions.read(in);
  }
  const bool names_type = (flags & (not_active_flag | explicit_flag)) != 0;
  if ((flags & expressions_flag) != 0) {
    elem.type = names_type ? read_ref_type(in, reader.features) : funcref;
    elem.items = read_items(in, reader);
  } else {
    if (names_type) read_element_kind(in);
    elem.type = non_null_funcref;
    elem.functions = read_functions(in, reader);
  }
  return elem;
}

void write_elem(ByteWriter& out, const Elem& elem) {
  out.u32(elem.flags);
  if (elem.mode == SegmentMode::active) {
    if ((elem.flags & explicit_flag) != 0) out.u32(elem.table.value);
    out.bytes(elem.table_offset.bytes);
  }
  const bool names_type = (elem.flags & (not_active_flag | explicit_flag)) != 0;
  if ((elem.flags & expressions_flag) != 0) {
    if (names_type) write_val_type(out, elem.type);
    out.u32(static_cast<std::uint32_t>(elem.items.size()));
    for (const Expr& item : elem.items) out.bytes(item.bytes);
  } else {
    if (names_type) out.u8(0);
    out.u32(static_cast<std::uint32_t>(elem.functions.size()));
    for (const FuncIdx function : elem.functions) out.u32(function.value);
  }
}

}  // namespace

template <>
void read_payload<SectionId::element>(Cursor& in, SectionReader& reader) {
  Module& module = reader.module;
  const std::uint32_t count = in.count(limits::max_elem_segments, "element segments", 3);
  module.elems.reserve(module.arena, count);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) module.elems.push_back(module.arena, read_elem(in, reader));
}

template <>
void write_payload<SectionId::element>(const SectionWriter& writer) {
  if (writer.module.elems.empty()) return;
  writer.out.u32(static_cast<std::uint32_t>(writer.module.elems.size()));
  for (const Elem& elem : writer.module.elems) write_elem(writer.out, elem);
}

}  // namespace tenon::core
