#include "text/core/print_types.hpp"

#include <array>

namespace tenon::core {
namespace {

// Texts by code.
constexpr std::array<std::string_view, 128> make_type_texts() {
  std::array<std::string_view, 128> texts;
  texts.fill("unknown");
#define TENON_NUMBER_TYPE(name, code, text, feature) texts[code] = text;
#define TENON_PACKED_TYPE(name, code, text) texts[code] = text;
#define TENON_HEAP_TYPE(name, code, text, ref_text, top, bottom, feature) texts[code] = text;
#include "spec/valtypes.def"
#undef TENON_NUMBER_TYPE
#undef TENON_PACKED_TYPE
#undef TENON_HEAP_TYPE
  return texts;
}
constexpr auto type_texts = make_type_texts();

constexpr std::array<std::string_view, 128> make_ref_texts() {
  std::array<std::string_view, 128> texts;
  texts.fill("unknown");
#define TENON_NUMBER_TYPE(name, code, text, feature)
#define TENON_PACKED_TYPE(name, code, text)
#define TENON_HEAP_TYPE(name, code, text, ref_text, top, bottom, feature) texts[code] = ref_text;
#include "spec/valtypes.def"
#undef TENON_NUMBER_TYPE
#undef TENON_PACKED_TYPE
#undef TENON_HEAP_TYPE
  return texts;
}
constexpr auto ref_texts = make_ref_texts();

void put_limits(TextOutput& out, const Limits& limits) {
  if (limits.is_64) out.put(" i64");
  out.put(' ');
  out.put_number(limits.min);
  if (limits.max) {
    out.put(' ');
    out.put_number(*limits.max);
  }
  if (limits.is_shared) out.put(" shared");
}

void put_storage_type(TextOutput& out, const PrintContext& context, const FieldType& field) {
  out.put(field.is_mutable ? " (mut " : " ");
  put_val_type(out, context, field.storage);
  if (field.is_mutable) out.put(')');
}

// Fields without a name of their own share a list: `(field i32 (mut i64))`.
void put_fields(TextOutput& out, const PrintContext& context, std::span<const FieldType> fields,
                const Identifiers& names) {
  bool is_open = false;
  for (std::uint32_t i = 0; i < fields.size(); ++i) {
    const bool is_named = !names.text(i).empty() || names.annotation(i) != nullptr;
    if (is_open && is_named) out.put(')');
    if (!is_open || is_named) out.put(" (field");
    is_open = !is_named;
    if (is_named) put_definition(out, names, i);
    put_storage_type(out, context, fields[i]);
    if (is_named) out.put(')');
  }
  if (is_open) out.put(')');
}

void put_composite_type(TextOutput& out, const PrintContext& context, const SubType& type, std::uint32_t index) {
  switch (type.kind) {
    case CompositeKind::func:
      out.put("(func");
      put_type_list(out, context, "param", type.func.params);
      put_type_list(out, context, "result", type.func.results);
      break;
    case CompositeKind::struct_:
      out.put("(struct");
      put_fields(out, context, type.fields, context.fields(index));
      break;
    case CompositeKind::array:
      out.put("(array");
      for (const FieldType& field : type.fields) put_storage_type(out, context, field);
      break;
  }
  out.put(')');
}

}  // namespace

void put_heap_type(TextOutput& out, const PrintContext& context, HeapType type) {
  if (!type.is_concrete()) return out.put(type_texts[static_cast<std::size_t>(type.abstract()) & 127]);
  const std::string_view text = context.types.text(type.index().value);
  if (text.empty()) return out.put_number(type.index().value);
  out.put('$');
  out.put(text);
}

void put_ref_type(TextOutput& out, const PrintContext& context, HeapType heap, bool nullable) {
  out.put(nullable ? "(ref null " : "(ref ");
  put_heap_type(out, context, heap);
  out.put(')');
}

void put_val_type(TextOutput& out, const PrintContext& context, ValType type) {
  if (!type.is_ref()) return out.put(type_texts[static_cast<std::size_t>(type.kind()) & 127]);
  const HeapType heap = type.heap();
  if (!type.is_nullable() || heap.is_concrete()) return put_ref_type(out, context, heap, type.is_nullable());
  out.put(ref_texts[static_cast<std::size_t>(heap.abstract()) & 127]);
}

void put_type_list(TextOutput& out, const PrintContext& context, std::string_view keyword,
                   std::span<const ValType> types) {
  if (types.empty()) return;
  out.put(" (");
  out.put(keyword);
  for (const ValType type : types) {
    out.put(' ');
    put_val_type(out, context, type);
  }
  out.put(')');
}

void put_type_use(TextOutput& out, const PrintContext& context, TypeIdx type) {
  out.put(" (type");
  put_use(out, context.types, type.value);
  out.put(')');
}

void put_func_type_use(TextOutput& out, const PrintContext& context, TypeIdx type) {
  put_type_use(out, context, type);
  const FuncType* signature = context.func_type(type);
  if (signature == nullptr || signature->params.size() + signature->results.size() > max_repeated_types) return;
  put_type_list(out, context, "param", signature->params);
  put_type_list(out, context, "result", signature->results);
}

void put_table_type(TextOutput& out, const PrintContext& context, const TableType& type) {
  put_limits(out, type.limits);
  out.put(' ');
  put_val_type(out, context, type.element);
}

void put_memory_type(TextOutput& out, const MemoryType& type) {
  put_limits(out, type.limits);
  if (!type.has_page_size) return;
  out.put(" (pagesize ");
  out.put_number(std::uint64_t{1} << (type.page_size_log2 & 63));
  out.put(')');
}

void put_global_type(TextOutput& out, const PrintContext& context, const GlobalType& type) {
  out.put(type.is_mutable ? " (mut " : " ");
  put_val_type(out, context, type.value);
  if (type.is_mutable) out.put(')');
}

void put_sub_type(TextOutput& out, const PrintContext& context, const SubType& type, std::uint32_t index) {
  if (!type.is_shorthand) {
    out.put(type.is_final ? "(sub final" : "(sub");
    for (const TypeIdx supertype : type.supertypes) put_use(out, context.types, supertype.value);
    out.put(' ');
  }
  put_composite_type(out, context, type, index);
  if (!type.is_shorthand) out.put(')');
}

void put_type_definition(TextOutput& out, const PrintContext& context, TypeIdx index) {
  out.put("(type");
  put_definition(out, context.types, index.value);
  out.put(' ');
  put_sub_type(out, context, context.module.types[index], index.value);
  out.put(')');
}

}  // namespace tenon::core
