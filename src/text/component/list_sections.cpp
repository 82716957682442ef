#include <charconv>

#include "base/leb128.hpp"
#include "binary/core/module.hpp"
#include "text/component/list.hpp"
#include "text/core/list.hpp"
#include "text/core/print_output.hpp"
#include "text/core/print_strings.hpp"

namespace tenon::component {

namespace {

constexpr std::string_view titles[] = {
#define TENON_COMPONENT_SECTION(name, id, title, feature) title,
#include "spec/component_sections.def"
#undef TENON_COMPONENT_SECTION
};

bool is_list(SectionId id) noexcept {
  return id != SectionId::custom && id != SectionId::core_module && id != SectionId::component &&
         id != SectionId::start;
}

class Summarizer {
 public:
  Summarizer(std::pmr::memory_resource& memory, Features features)
      : memory_(memory), features_(features), summaries_(&memory) {}

  void add(const ComponentBody& body, std::uint32_t depth) {
    std::span<const Definition> rest = body.definitions;
    for (const Section& section : body.sections) {
      SectionSummary summary{.id = static_cast<std::uint8_t>(section.id),
                             .depth = depth,
                             .title = titles[static_cast<std::size_t>(section.id)],
                             .name = section.name,
                             .count = std::nullopt};
      summary.offset = section.offset;
      summary.size = section.payload.size();
      if (section.id == SectionId::custom) {
        // The payload starts behind the name, which is preceded by its size.
        const std::size_t name_bytes = leb_size(static_cast<std::uint32_t>(section.name.size())) + section.name.size();
        summary.offset -= name_bytes;
        summary.size += name_bytes;
      }
      if (is_list(section.id)) summary.count = section.definitions;
      summaries_.push_back(summary);
      for (const Definition& held : rest.first(section.definitions)) add_inside(held, depth + 1);
      rest = rest.subspan(section.definitions);
    }
  }
  std::pmr::vector<SectionSummary> take() { return std::move(summaries_); }

 private:
  void add_inside(const Definition& definition, std::uint32_t depth) {
    if (definition.kind == DefinitionKind::component) return add(*definition.component, depth);
    if (definition.kind != DefinitionKind::core_module) return;
    const CoreModule& bytes = *definition.core_module;
    auto module = core::read_module(bytes.bytes, memory_, {.features = features_, .base_offset = bytes.offset});
    if (!module) return;
    for (const core::SectionSummary& section : core::summarize_sections(*module, memory_)) {
      summaries_.push_back({.id = static_cast<std::uint8_t>(section.id),
                            .is_core = true,
                            .depth = depth,
                            .title = section.title,
                            .name = section.name,  // of the input
                            .offset = section.offset,
                            .size = section.size,
                            .count = section.count});
    }
  }

  std::pmr::memory_resource& memory_;
  Features features_;
  std::pmr::vector<SectionSummary> summaries_;
};

void put_right(core::TextOutput& out, std::uint64_t value, std::size_t columns) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value);
  const auto size = static_cast<std::size_t>(end.ptr - digits);
  if (size < columns) out.put_repeated(' ', columns - size);
  out.put({digits, size});
}

}  // namespace

std::pmr::vector<SectionSummary> summarize_sections(const Component& component, Features features) {
  Summarizer summarizer(component.arena.upstream(), features);
  summarizer.add(component.body, 0);
  return summarizer.take();
}

void list_sections(const Component& component, Features features, std::string& text) {
  constexpr std::size_t title_columns = 28;
  constexpr std::size_t deepest_indent = 8;
  core::TextOutput out(text);
  out.put("section                     offset        size     count  name\n");
  for (const SectionSummary& summary : summarize_sections(component, features)) {
    const std::size_t indent = std::min<std::size_t>(summary.depth * std::size_t{2}, deepest_indent);
    out.put_repeated(' ', indent);
    out.put(summary.title);
    out.put_repeated(' ', title_columns - indent - summary.title.size());
    out.put("0x");
    out.put_hex(summary.offset, 8);
    put_right(out, summary.size, 10);
    if (summary.count) {
      put_right(out, *summary.count, 10);
    } else if (summary.title == titles[0]) {
      out.put_repeated(' ', 12);
      core::put_name_string(out, summary.name);
    }
    out.put('\n');
  }
}

}  // namespace tenon::component
