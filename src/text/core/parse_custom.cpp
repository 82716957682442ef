#include "text/core/parse_custom.hpp"

#include <algorithm>

#include "base/utf8.hpp"
#include "binary/core/custom.hpp"
#include "binary/core/module.hpp"
#include "text/core/parse_tool_sections.hpp"

namespace tenon::core {

namespace {

constexpr std::string_view title = "@custom annotation: ";

struct SectionWord {
  std::string_view word;
  SectionId id;
};
constexpr SectionWord section_words[] = {
    {"type", SectionId::type},
    {"import", SectionId::import},
    {"func", SectionId::function},
    {"table", SectionId::table},
    {"memory", SectionId::memory},
    {"tag", SectionId::tag},
    {"global", SectionId::global},
    {"export", SectionId::export_},
    {"start", SectionId::start},
    {"elem", SectionId::element},
    {"code", SectionId::code},
    {"data", SectionId::data},
    {"datacount", SectionId::data_count},
};

constexpr std::uint32_t place_before(SectionId id) noexcept {
  return 2 * static_cast<std::uint32_t>(section_order(id));
}
constexpr std::uint32_t first_place = 0;
constexpr std::uint32_t last_place = place_before(SectionId::data) + 2;

// (before section) or (after section); the parenthesis is taken.
std::uint32_t parse_place(TokenCursor& in, Lexer& content) {
  const Token direction = content.next_in_annotation();
  const bool is_after = content.text(direction) == "after";
  if (!is_after && content.text(direction) != "before") {
    in.fault_at(direction.offset, title, "malformed placement, expected `before` or `after`");
    return 0;
  }
  const Token section = content.next_in_annotation();
  const std::string_view word = content.text(section);
  std::uint32_t place = 0;
  if (word == "first") {
    place = first_place;
  } else if (word == "last") {
    place = last_place;
  } else {
    const auto* found = std::ranges::find(section_words, word, &SectionWord::word);
    if (found == std::end(section_words)) {
      in.fault_at(section.offset, title, "malformed section kind");
      return 0;
    }
    place = place_before(found->id) + (is_after ? 1 : 0);
  }
  const Token close = content.next_in_annotation();
  if (close.kind != TokenKind::right_paren) in.fault_at(close.offset, title, "unexpected token, expected `)`");
  return place;
}

void parse_custom(ParseContext& context, const Annotation& annotation) {
  TokenCursor& in = context.in;
  Lexer content(in.source().substr(0, annotation.end), context.scratch_arena.upstream());
  content.seek(annotation.content);
  Token token = content.next_in_annotation();
  if (token.kind != TokenKind::string) return in.fault_at(token.offset, title, "missing section name");
  CustomSection custom{.place = last_place, .name = string_value(content.text(token), in.arena()), .payload = {}};
  if (!is_utf8(custom.name)) return in.fault_at(token.offset, title, "malformed UTF-8 encoding");
  token = content.next_in_annotation();
  if (token.kind == TokenKind::left_paren) {
    custom.place = parse_place(in, content);
    token = content.next_in_annotation();
  }
  context.code.clear();
  for (; token.kind == TokenKind::string; token = content.next_in_annotation()) {
    context.code.bytes(as_bytes(string_value(content.text(token), in.arena())));
  }
  if (token.kind != TokenKind::right_paren) return in.fault_at(token.offset, title, "unexpected token");
  custom.payload = take_code(context);
  context.customs.push_back(custom);
}

// True when the section has something to say.
bool has_section(const ParseContext& context, SectionId id) noexcept {
  const Module& module = context.module;
  switch (id) {
    case SectionId::type: return !module.rec_groups.empty();
    case SectionId::import: return !module.imports.empty();
    case SectionId::function:
    case SectionId::code: return module.funcs.size() > module.imported_funcs;
    case SectionId::table: return module.tables.size() > module.imported_tables;
    case SectionId::memory: return module.memories.size() > module.imported_memories;
    case SectionId::tag: return module.tags.size() > module.imported_tags;
    case SectionId::global: return module.globals.size() > module.imported_globals;
    case SectionId::export_: return !module.exports.empty();
    case SectionId::start: return module.start.has_value();
    case SectionId::element: return !module.elems.empty();
    case SectionId::data_count: return module.data_count.has_value();
    case SectionId::data: return !module.datas.empty();
    case SectionId::custom: break;
  }
  return false;
}

void add_branch_hints(ParseContext& context) {
  if (context.hinted_functions == 0) return;
  context.code.clear();
  context.code.u32(context.hinted_functions);
  context.code.bytes(context.hint_entries.view());
  context.customs.push_back(
      {.place = place_before(SectionId::code), .name = "metadata.code.branch_hint", .payload = take_code(context)});
}

}  // namespace

void parse_custom_annotations(ParseContext& context) {
  if (!context.in.has_annotations()) return;
  for (const Annotation& annotation : context.in.annotations()) {
    switch (annotation.kind) {
      case AnnotationKind::custom: parse_custom(context, annotation); break;
      case AnnotationKind::producers:
        context.code.clear();
        parse_producers(context.in, annotation, context.scratch_arena.upstream(), context.code);
        context.customs.push_back({last_place, producers_section_name, take_code(context)});
        break;
      case AnnotationKind::dylink:
        context.code.clear();
        parse_dylink(context.in, annotation, context.scratch_arena.upstream(), context.code);
        context.customs.push_back({first_place, dylink_section_name, take_code(context)});
        break;
      case AnnotationKind::name:
      case AnnotationKind::branch_hint:
      case AnnotationKind::own_name:
      case AnnotationKind::names:
        context.in.drop_annotations(std::uint32_t{annotation.offset});
        return context.in.refuse_annotations(context.in.peek().offset);
    }
    if (!context.in.ok()) return;
  }
  context.in.drop_annotations();
}

void make_sections(ParseContext& context) {
  Module& module = context.module;
  if (context.needs_data_count) module.data_count = static_cast<std::uint32_t>(module.datas.size());
  add_branch_hints(context);
  const auto add_customs = [&](std::uint32_t place) {
    for (const CustomSection& custom : context.customs) {
      if (custom.place != place) continue;
      Section section;
      section.changed = true;
      section.name = custom.name;
      section.payload = custom.payload;
      module.sections.push_back(module.arena, section);
    }
  };
  const auto add_section = [&](SectionId id) {
    add_customs(place_before(id));
    if (has_section(context, id)) {
      Section section;
      section.id = id;
      section.changed = true;
      module.sections.push_back(module.arena, section);
    }
    add_customs(place_before(id) + 1);
  };
  add_customs(first_place);
#define TENON_SECTION(name, id, order, title) \
  if (SectionId::name != SectionId::custom) add_section(SectionId::name);
#include "spec/sections.def"
#undef TENON_SECTION
  if (context.options.keep_names) set_names(module, context.names);
  add_customs(last_place);
}

}  // namespace tenon::core
