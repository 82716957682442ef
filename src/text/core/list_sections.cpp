#include <algorithm>
#include <charconv>

#include "base/leb128.hpp"
#include "text/core/list.hpp"
#include "text/core/print_context.hpp"
#include "text/core/print_strings.hpp"
#include "text/core/sections.hpp"

namespace tenon::core {

std::pmr::vector<SectionSummary> summarize_sections(const Module& module, std::pmr::memory_resource& memory) {
  std::pmr::vector<SectionSummary> summaries(&memory);
  summaries.reserve(module.sections.size());
  for (const Section& section : module.sections) {
    SectionSummary summary;
    summary.id = section.id;
    summary.title = section_title(section.id);
    summary.name = section.name;
    summary.offset = section.offset;
    summary.size = section.payload.size();
    if (section.id == SectionId::custom && !section.raw.empty()) {
      // The payload starts behind the name, which is preceded by its size.
      const std::size_t name_bytes = leb_size(static_cast<std::uint32_t>(section.name.size())) + section.name.size();
      summary.offset -= name_bytes;
      summary.size += name_bytes;
    }
    summary.count = section_count(module, section.id);
    summaries.push_back(summary);
  }
  return summaries;
}

namespace {

void put_right(TextOutput& out, std::uint64_t value, std::size_t columns) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value);
  const auto size = static_cast<std::size_t>(end.ptr - digits);
  if (size < columns) out.put_repeated(' ', columns - size);
  out.put({digits, size});
}

}  // namespace

void list_sections(const Module& module, std::string& text) {
  TextOutput out(text);
  out.put("section        offset        size     count  name\n");
  for (const SectionSummary& summary : summarize_sections(module, module.arena.upstream())) {
    out.put(summary.title);
    out.put_repeated(' ', 13 - std::min<std::size_t>(12, summary.title.size()));
    out.put("0x");
    out.put_hex(summary.offset, 8);
    put_right(out, summary.size, 10);
    if (summary.count) {
      put_right(out, *summary.count, 10);
    } else if (summary.id == SectionId::custom) {
      out.put_repeated(' ', 12);
      put_name_string(out, summary.name);
    }
    out.put('\n');
  }
}

}  // namespace tenon::core
