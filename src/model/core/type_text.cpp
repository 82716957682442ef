#include "model/core/type_text.hpp"

namespace tenon::core {

namespace {

struct HeapText {
  AbstractHeapType type;
  std::string_view name;
  std::string_view nullable_ref;
};

constexpr HeapText heap_texts[] = {
#define TENON_NUMBER_TYPE(name, code, text, feature)
#define TENON_PACKED_TYPE(name, code, text)
#define TENON_HEAP_TYPE(name, code, text, ref_text, top, bottom, feature) {AbstractHeapType::name, text, ref_text},
#include "spec/valtypes.def"
#undef TENON_NUMBER_TYPE
#undef TENON_PACKED_TYPE
#undef TENON_HEAP_TYPE
};

const HeapText* find_heap_text(HeapType type) noexcept {
  for (const HeapText& entry : heap_texts) {
    if (!type.is_concrete() && entry.type == type.abstract()) return &entry;
  }
  return nullptr;
}

std::string_view number_text(ValType::Kind kind) noexcept {
  switch (kind) {
#define TENON_NUMBER_TYPE(name, code, text, feature) \
  case ValType::Kind::name: return text;
#define TENON_PACKED_TYPE(name, code, text) \
  case ValType::Kind::name: return text;
#define TENON_HEAP_TYPE(name, code, text, ref_text, top, bottom, feature)
#include "spec/valtypes.def"
#undef TENON_NUMBER_TYPE
#undef TENON_PACKED_TYPE
#undef TENON_HEAP_TYPE
    default: return "any type";
  }
}

}  // namespace

void append_text(TextBuffer& out, HeapType type) noexcept {
  if (type.is_concrete()) return out.append_number(type.index().value);
  const HeapText* text = find_heap_text(type);
  out.append(text == nullptr ? "any heap type" : text->name);
}

void append_text(TextBuffer& out, ValType type) noexcept {
  if (!type.is_ref()) return out.append(number_text(type.kind()));
  if (const HeapText* text = find_heap_text(type.heap()); text != nullptr && type.is_nullable()) {
    return out.append(text->nullable_ref);
  }
  out.append(type.is_nullable() ? "(ref null " : "(ref ");
  append_text(out, type.heap());
  out.append(')');
}

void append_text(TextBuffer& out, std::span<const ValType> types) noexcept {
  out.append('[');
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (i != 0) out.append(' ');
    append_text(out, types[i]);
  }
  out.append(']');
}

void append_text(TextBuffer& out, const FuncType& type) noexcept {
  append_text(out, type.params);
  out.append(" -> ");
  append_text(out, type.results);
}

void append_text(TextBuffer& out, const Limits& limits) noexcept {
  if (limits.is_64) out.append("i64 ");
  out.append_number(limits.min);
  if (limits.max) {
    out.append(' ');
    out.append_number(*limits.max);
  }
  if (limits.is_shared) out.append(" shared");
}

void append_text(TextBuffer& out, const MemoryType& type) noexcept {
  append_text(out, type.limits);
  if (type.page_size_log2 != limits::default_page_size_log2) {
    out.append(" (pagesize ");
    out.append_number(std::uint64_t{1} << type.page_size_log2);
    out.append(')');
  }
}

void append_text(TextBuffer& out, const TableType& type) noexcept {
  append_text(out, type.limits);
  out.append(' ');
  append_text(out, type.element);
}

void append_text(TextBuffer& out, const GlobalType& type) noexcept {
  if (type.is_mutable) out.append("(mut ");
  append_text(out, type.value);
  if (type.is_mutable) out.append(')');
}

}  // namespace tenon::core
