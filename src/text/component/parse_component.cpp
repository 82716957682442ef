// A component in one pass, as parse_context.hpp explains.
#include "text/component/parse_component.hpp"

#include <algorithm>
#include <utility>

#include "base/utf8.hpp"
#include "binary/component/component.hpp"
#include "binary/core/custom.hpp"
#include "binary/core/module.hpp"
#include "text/component/parse_fields.hpp"
#include "text/component/parse_modules.hpp"
#include "text/core/parse_module.hpp"
#include "text/core/parse_tool_sections.hpp"

namespace tenon::component {

namespace {

bool stands_alone(SectionId id) noexcept {
  return id == SectionId::core_module || id == SectionId::component || id == SectionId::start;
}

void define_pending_exports(ParseContext& context) {
  for (const PendingExport& each : context.scope().exports) {
    const Export item{.name = each.name, .item = each.item, .type = {}};
    define_item(context, DefinitionKind::export_, &Definition::export_, item, each.item.sort, {}, each.offset);
  }
}

// The sections of a component: one for each run of definitions of one kind, custom sections where they stood, and the
// names where `(@names)` stood, or last.
class SectionMaker {
 public:
  SectionMaker(ParseContext& context, const Scope& scope, ComponentBody& body)
      : arena_(context.arena()), scope_(scope), body_(body) {}

  void make() {
    for (std::size_t i = 0; i < scope_.definitions.size(); ++i) {
      add_customs(i);
      const SectionId id = section_of(scope_.definitions[i].kind);
      if (section_.id != id || stands_alone(id)) finish();
      section_.id = id;
      ++section_.definitions;
    }
    finish();
    add_customs(scope_.definitions.size());
    add_names();
  }

 private:
  void finish() {
    section_.changed = true;
    if (section_.definitions != 0) body_.sections.push_back(arena_, section_);
    section_ = {};
  }

  void add_customs(std::size_t place) {
    for (; custom_ < scope_.customs.size() && scope_.customs[custom_].place == place; ++custom_) {
      const PendingCustom& custom = scope_.customs[custom_];
      finish();
      if (custom.is_names) {
        add_names();
        continue;
      }
      Section added;
      added.changed = true;
      added.name = custom.name;
      added.payload = custom.payload;
      body_.sections.push_back(arena_, added);
    }
  }

  void add_names() {
    if (!scope_.names.component && scope_.names.items.empty()) return;
    if (!std::exchange(needs_names_, false)) return;
    ComponentBody named;
    set_component_names(named, arena_, scope_.names);
    body_.sections.append(arena_, named.sections.span());
  }

  Arena& arena_;
  const Scope& scope_;
  ComponentBody& body_;
  std::size_t custom_ = 0;
  bool needs_names_ = true;
  Section section_;  // that is open
};

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
  ComponentBody body = parse_component_content(context, head.id, head.name, offset);
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

void parse_custom(ParseContext& context, const Annotation& annotation, std::size_t place) {
  TokenCursor& in = context.in;
  Lexer content(in.source().substr(0, annotation.end), context.memory());
  content.seek(annotation.content);
  Token token = content.next_in_annotation();
  if (token.kind != TokenKind::string) {
    return in.fault_at(token.offset, "@custom annotation: missing section name");
  }
  PendingCustom custom{.place = place, .name = string_value(content.text(token), context.arena()), .payload = {}};
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

OwnName parse_own_name(ParseContext& context, const Head& head) {
  TokenCursor& in = context.in;
  OwnName own{.name = head.name, .end = in.last_end()};
  if (!in.has_annotations()) return own;
  const auto annotation = in.take_annotation(AnnotationKind::own_name);
  if (!annotation) return own;
  Lexer content(in.source().substr(0, annotation->end), context.memory());
  content.seek(annotation->content);
  Token token = content.next_in_annotation();
  own = {.name = {}, .end = annotation->end};
  if (token.kind == TokenKind::string) {
    own.name = string_value(content.text(token), context.arena());
    if (!is_utf8(own.name)) in.fault_at(token.offset, "@own-name annotation: malformed UTF-8 encoding");
    token = content.next_in_annotation();
  }
  if (token.kind != TokenKind::right_paren) {
    in.fault_at(token.offset, "@own-name annotation: unexpected token, expected at most one string");
  }
  return own;
}

ComponentBody parse_component_content(ParseContext& context, std::string_view id, std::string_view own_name,
                                      std::uint32_t offset) {
  const Nesting nesting(context);
  open_scope(context, ScopeKind::component, id);
  if (context.options.keep_names && !own_name.empty()) context.scope().names.component = own_name;
  parse_definitions(context);
  define_pending_exports(context);
  ComponentBody body;
  body.offset = offset;
  const Scope& scope = close_scope(context);
  body.definitions = context.arena().copy(std::span<const Definition>(scope.definitions));
  SectionMaker(context, scope, body).make();
  return body;
}

Bytes parse_strings(ParseContext& context) {
  ByteWriter joined(context.arena());
  while (context.in.at(TokenKind::string)) joined.bytes(as_bytes(context.in.expect_string("a string")));
  return joined.view();
}

CoreModule parse_module_content(ParseContext& context, const OwnName& own_name, std::uint32_t offset) {
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
  const std::uint32_t begin = std::max(in.last_end(), own_name.end);
  in.skip_to_close();
  if (!in.ok()) return result;
  const std::uint32_t end = in.last_end() - 1;
  if (context.options.core_modules != nullptr) context.options.core_modules->push_back({.begin = begin, .end = end});
  in.drop_annotations_from(begin);  // the module's own
  in.rewind(end);                   // the parenthesis ends the definition
  result.bytes =
      encode(context, core::parse_module_fields(in.source(), begin, end, own_name.name, context.memory(), options));
  return result;
}

void parse_custom_annotations(ParseContext& context) {
  TokenCursor& in = context.in;
  if (!in.has_annotations()) return;
  for (const Annotation& annotation : in.annotations()) {
    const std::size_t place = context.scope().definitions.size();
    if (annotation.kind == AnnotationKind::custom) {
      parse_custom(context, annotation, place);
    } else if (annotation.kind == AnnotationKind::producers) {
      ByteWriter payload(context.arena());
      core::parse_producers(in, annotation, context.memory(), payload);
      context.scope().customs.push_back(
          {.place = place, .name = core::producers_section_name, .payload = payload.view()});
    } else if (annotation.kind == AnnotationKind::names) {
      context.scope().customs.push_back({.place = place, .is_names = true, .name = {}, .payload = {}});
    } else {
      in.drop_annotations(std::uint32_t{annotation.offset});
      return in.refuse_annotations(in.peek().offset);
    }
    if (!in.ok()) return;
  }
  in.drop_annotations(in.peek().offset);
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
