#include "text/core/print_tool_sections.hpp"

#include <algorithm>

#include "binary/core/custom.hpp"
#include "text/core/print_strings.hpp"

namespace tenon::core {

namespace {

constexpr std::size_t item_depth = 2;

bool gives(const Section& section, const ByteWriter& again) {
  return std::ranges::equal(again.view(), section.payload);
}

void open_item(TextOutput& out, const PrintOptions& options, std::string_view keyword) {
  put_line(out, options, item_depth);
  out.put('(');
  out.put(keyword);
}

void put_name(TextOutput& out, std::string_view name) {
  out.put(' ');
  put_name_string(out, name);
}

void put_flags(TextOutput& out, std::uint32_t flags) {
  for (const SymbolFlag& flag : symbol_flags) {
    if ((flags & flag.bit) == 0) continue;
    out.put(' ');
    out.put(flag.name);
    flags &= ~flag.bit;
  }
  if (flags == 0) return;
  out.put(" 0x");
  out.put_number(flags, 16);
}

// A field that stands twice would be one field when it is parsed, and an empty one none.
bool put_producers(TextOutput& out, const PrintOptions& options, const Section& section, Arena& arena) {
  const auto fields = read_producers(section, arena);
  if (!fields) return false;
  constexpr std::string_view known[] = {"language", "processed-by", "sdk"};
  for (const ProducerField& field : *fields) {
    const bool is_known = std::ranges::find(known, field.name) != std::end(known);
    const bool is_alone = std::ranges::count(*fields, field.name, &ProducerField::name) == 1;
    if (!is_known || !is_alone || field.producers.empty()) return false;
  }
  ByteWriter again(arena);
  write_producers(again, *fields);
  if (!gives(section, again)) return false;
  put_line(out, options, 1, section.offset);
  out.put("(@producers");
  for (const ProducerField& field : *fields) {
    for (const Producer& producer : field.producers) {
      open_item(out, options, field.name);
      put_name(out, producer.name);
      put_name(out, producer.version);
      out.put(')');
    }
  }
  put_line(out, options, 1);
  out.put(')');
  return true;
}

void put_names(TextOutput& out, const PrintOptions& options, std::string_view keyword,
               std::span<const std::string_view> names) {
  if (names.empty()) return;
  open_item(out, options, keyword);
  for (const std::string_view name : names) put_name(out, name);
  out.put(')');
}

void put_memory_info(TextOutput& out, const PrintOptions& options, const DylinkMemory& memory) {
  open_item(out, options, "mem-info (memory ");
  out.put_number(memory.memory_size);
  out.put(' ');
  out.put_number(memory.memory_align_log2);
  out.put(") (table ");
  out.put_number(memory.table_size);
  out.put(' ');
  out.put_number(memory.table_align_log2);
  out.put("))");
}

bool put_dylink(TextOutput& out, const PrintOptions& options, const Section& section, Arena& arena) {
  const auto dylink = read_dylink(section, arena);
  if (!dylink) return false;
  ByteWriter again(arena);
  write_dylink(again, *dylink);
  if (!gives(section, again)) return false;
  put_line(out, options, 1, section.offset);
  out.put("(@dylink.0");
  if (dylink->memory) put_memory_info(out, options, *dylink->memory);
  put_names(out, options, "needed", dylink->needed);
  for (const DylinkExport& item : dylink->exports) {
    open_item(out, options, "export-info");
    put_name(out, item.name);
    put_flags(out, item.flags);
    out.put(')');
  }
  for (const DylinkImport& item : dylink->imports) {
    open_item(out, options, "import-info");
    put_name(out, item.module);
    put_name(out, item.name);
    put_flags(out, item.flags);
    out.put(')');
  }
  put_names(out, options, "runtime-path", dylink->runtime_path);
  put_line(out, options, 1);
  out.put(')');
  return true;
}

}  // namespace

bool put_tool_section(TextOutput& out, const PrintOptions& options, const Section& section, ToolSectionPlace place,
                      std::pmr::memory_resource& memory) {
  Arena arena(memory);
  if (section.name == producers_section_name && place == ToolSectionPlace::last) {
    return put_producers(out, options, section, arena);
  }
  if (section.name == dylink_section_name && place == ToolSectionPlace::first) {
    return put_dylink(out, options, section, arena);
  }
  return false;
}

}  // namespace tenon::core
