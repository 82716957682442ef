// A component in one pass, as parse_context.hpp explains.
#include "text/component/parse_component.hpp"

#include "base/utf8.hpp"
#include "binary/component/component.hpp"
#include "binary/core/module.hpp"
#include "text/component/parse_fields.hpp"
#include "text/component/parse_modules.hpp"
#include "text/core/parse_module.hpp"

namespace tenon::component {

namespace {

SectionId section_of(DefinitionKind kind) noexcept {
  switch (kind) {
    case DefinitionKind::core_module: return SectionId::core_module;
    case DefinitionKind::core_instance: return SectionId::core_instance;
    case DefinitionKind::core_type: return SectionId::core_type;
    case DefinitionKind::component: return SectionId::component;
    case DefinitionKind::instance: return SectionId::instance;
    case DefinitionKind::alias: return SectionId::alias;
    case DefinitionKind::type: return SectionId::type;
    case DefinitionKind::canon: return SectionId::canon;
    case DefinitionKind::start: return SectionId::start;
    case DefinitionKind::import: return SectionId::import;
    case DefinitionKind::export_: return SectionId::export_;
    case DefinitionKind::value: return SectionId::value;
    case DefinitionKind::core_import:
    case DefinitionKind::core_export: break;
  }
  return SectionId::custom;  // stand in module types only
}

bool stands_alone(SectionId id) noexcept {
  return id == SectionId::core_module || id == SectionId::component || id == SectionId::start;
}

void define_pending_exports(ParseContext& context) {
  for (const PendingExport& each : context.scope().exports) {
    const Export item{.name = each.name, .item = each.item, .type = {}};
    define_item(context, DefinitionKind::export_, &Definition::export_, item, each.item.sort, {}, each.offset);
  }
}

// One section for each run of definitions of one kind; custom sections stand where they stood.
void make_sections(ParseContext& context, const Scope& scope, ComponentBody& body) {
  std::size_t custom = 0;
  Section section;
  const auto finish = [&] {
    section.changed = true;
    if (section.definitions != 0) body.sections.push_back(context.arena(), section);
    section = {};
  };
  const auto add_customs = [&](std::size_t place) {
    for (; custom < scope.customs.size() && scope.customs[custom].place == place; ++custom) {
      finish();
      Section added;
      added.changed = true;
      added.name = scope.customs[custom].name;
      added.payload = scope.customs[custom].payload;
      body.sections.push_back(context.arena(), added);
    }
  };
  for (std::size_t i = 0; i < scope.definitions.size(); ++i) {
    add_customs(i);
    const SectionId id = section_of(scope.definitions[i].kind);
    if (section.id != id || stands_alone(id)) finish();
    section.id = id;
    ++section.definitions;
  }
  finish();
  add_customs(scope.definitions.size());
}

// `(component binary "...")` and `(component quote "...")`: the component is made from the strings.
Result<Component> parse_nested(ParseContext& context, bool is_binary) {
  TokenCursor& in = context.in;
  in.next();
  const Bytes content = parse_strings(context);
  in.expect_close();
  if (in.ok() && !in.at_end()) in.unexpected("the end of the text");
  if (!in.ok()) return in.take_error();
  Result<Component> component = is_binary
                                    ? read_component(content, context.memory(), {.features = context.options.features})
                                    : parse_component(as_chars(content), context.memory(), context.options);
  if (component) component->arena.adopt(std::move(context.arena()));
  return component;
}

Result<Component> parse(ParseContext& context, std::uint32_t begin) {
  TokenCursor& in = context.in;
  if (begin != 0) {
    in.drop_annotations();
    in.seek(begin);
  }
  const std::uint32_t offset = in.peek().offset;
  const bool is_wrapped = in.accept_open(Word::component);
  Head head;
  if (is_wrapped) {
    in.accept(Word::definition);
    head = parse_head(context);
    if (in.at(Word::binary) || in.at(Word::quote)) return parse_nested(context, in.at(Word::binary));
  }
  ComponentBody body = parse_component_content(context, head, offset);
  if (is_wrapped) in.expect_close();
  if (in.ok() && !in.at_end()) in.unexpected(is_wrapped ? "the end of the text" : "a definition of a component");
  if (!in.ok()) return in.take_error();
  Component component(context.memory());
  component.arena = std::move(context.arena());
  component.body = body;
  return component;
}

Bytes encode(ParseContext& context, Result<core::Module> module) {
  if (!module) return context.in.fail_with(std::move(module).error()), Bytes{};
  ByteWriter out(context.arena());
  core::write_module(*module, out);
  return out.view();
}

// The component suite has a name of its own for one fault of the lexer.
Error renamed(Error error) {
  constexpr std::string_view core_text = "illegal escape in string literal";
  if (error.message() != core_text) return error;
  return fail(error.kind(), error.place(), "invalid string escape");
}

}  // namespace

bool is_component_text(std::string_view source) {
  Arena arena(*std::pmr::new_delete_resource());
  TokenCursor in(source, arena, arena.upstream());
  return in.at_open(Word::component);
}

ComponentBody parse_component_content(ParseContext& context, const Head& head, std::uint32_t offset) {
  const Nesting nesting(context);
  open_scope(context, ScopeKind::component, head.id);
  if (context.options.keep_names && !head.name.empty()) context.scope().names.component = head.name;
  parse_definitions(context);
  define_pending_exports(context);
  ComponentBody body;
  body.offset = offset;
  const Scope& scope = close_scope(context);
  body.definitions = context.arena().copy(std::span<const Definition>(scope.definitions));
  make_sections(context, scope, body);
  if (scope.names.component || !scope.names.items.empty()) {
    set_component_names(body, context.arena(), scope.names);
  }
  return body;
}

Bytes parse_strings(ParseContext& context) {
  ByteWriter joined(context.arena());
  while (context.in.at(TokenKind::string)) joined.bytes(as_bytes(context.in.expect_string("a string")));
  return joined.view();
}

CoreModule parse_module_content(ParseContext& context, const Head& head, std::uint32_t offset) {
  TokenCursor& in = context.in;
  CoreModule result{.bytes = {}, .offset = offset};
  if (in.accept(Word::binary)) {
    result.bytes = parse_strings(context);
    return result;
  }
  const core::ParseOptions options{.features = context.options.features, .keep_names = context.options.keep_names};
  if (in.accept(Word::quote)) {
    const std::string_view source = as_chars(parse_strings(context));
    if (in.ok()) result.bytes = encode(context, core::parse_module(source, context.memory(), options));
    return result;
  }
  const std::uint32_t begin = in.last_end();
  in.skip_to_close();
  if (!in.ok()) return result;
  const std::uint32_t end = in.last_end() - 1;
  in.drop_annotations_from(begin);  // the module's own
  in.rewind(end);                   // the parenthesis ends the definition
  result.bytes =
      encode(context, core::parse_module_fields(in.source(), begin, end, head.name, context.memory(), options));
  return result;
}

void parse_custom_annotations(ParseContext& context) {
  TokenCursor& in = context.in;
  if (!in.has_annotations()) return;
  for (;;) {
    const auto annotation = in.take_annotation(AnnotationKind::custom);
    if (!annotation) return in.refuse_annotations(in.peek().offset);
    Lexer content(in.source().substr(0, annotation->end), context.memory());
    content.seek(annotation->content);
    Token token = content.next_in_annotation();
    if (token.kind != TokenKind::string) {
      return in.fault_at(token.offset, "@custom annotation: missing section name");
    }
    PendingCustom custom{.place = context.scope().definitions.size(),
                         .name = string_value(content.text(token), context.arena()),
                         .payload = {}};
    if (!is_utf8(custom.name)) in.fault_at(token.offset, "@custom annotation: malformed UTF-8 encoding");
    ByteWriter payload(context.arena());
    for (token = content.next_in_annotation(); token.kind == TokenKind::string; token = content.next_in_annotation()) {
      payload.bytes(as_bytes(string_value(content.text(token), context.arena())));
    }
    if (token.kind != TokenKind::right_paren) {
      return in.fault_at(token.offset, "@custom annotation: unexpected token: found `", content.text(token),
                         "`, expected strings: in a component a section stands where its annotation stands");
    }
    custom.payload = payload.view();
    context.scope().customs.push_back(custom);
  }
}

Result<Component> parse_component(std::string_view source, std::pmr::memory_resource& memory,
                                  const ParseOptions& options) {
  return parse_component_in(source, 0, static_cast<std::uint32_t>(source.size()), memory, options);
}

Result<Component> parse_component_in(std::string_view source, std::uint32_t begin, std::uint32_t end,
                                     std::pmr::memory_resource& memory, const ParseOptions& options) {
  ParseContext context(source.substr(0, end), memory, options);
  Result<Component> component = parse(context, begin);
  if (!component) return renamed(std::move(component).error());
  return component;
}

}  // namespace tenon::component
