#include "text/core/parse_context.hpp"

#include "base/utf8.hpp"

namespace tenon::core {

bool at_index(const ParseContext& context) noexcept {
  return context.in.at(TokenKind::natural) || context.in.at(TokenKind::id);
}

std::uint32_t parse_index(ParseContext& context, const IndexSpace& space, std::uint32_t scope) {
  TokenCursor& in = context.in;
  if (in.at(TokenKind::id)) {
    const Token token = in.next();
    const std::string_view id = in.id_value(token);
    const std::uint32_t index = space.ids.find(id, scope);
    if (index != IdMap::none) return index;
    in.fault_at(token.offset, "unknown ", space.title, " $", id);
    return 0;
  }
  if (in.at(TokenKind::natural)) return in.expect_u32();
  in.unexpected("an index");
  return 0;
}

std::optional<std::uint32_t> parse_optional_index(ParseContext& context, const IndexSpace& space) {
  if (!at_index(context)) return std::nullopt;
  return parse_index(context, space);
}

std::string_view parse_id_and_name(ParseContext& context, std::string_view& id) {
  TokenCursor& in = context.in;
  id = in.accept_id();
  if (!in.has_annotations()) return id;
  const auto annotation = in.take_annotation(AnnotationKind::name);
  if (!annotation) return id;
  Lexer content(in.source().substr(0, annotation->end), context.scratch_arena.upstream());
  content.seek(annotation->content);
  const Token name = content.next_in_annotation();
  const Token close = content.next_in_annotation();
  if (name.kind != TokenKind::string || close.kind != TokenKind::right_paren) {
    in.fault_at(name.offset, "@name annotation: unexpected token, expected one string");
    return id;
  }
  const std::string_view value = string_value(content.text(name), in.arena());
  if (!is_utf8(value)) in.fault_at(name.offset, "@name annotation: malformed UTF-8 encoding");
  return value;
}

void parse_definition_name(ParseContext& context, NameMap& map, std::uint32_t index) {
  std::string_view id;
  const std::string_view name = parse_id_and_name(context, id);
  if (!name.empty()) map.push_back(context.in.arena(), {.index = index, .name = name});
}

Bytes take_code(ParseContext& context) {
  const Bytes bytes = context.module.arena.copy(context.code.view());
  context.code.clear();
  return bytes;
}

void begin_places(ParseContext& context) {
  if (context.options.places != nullptr) context.first_place = context.options.places->size();
}

void end_places(ParseContext& context, std::uint32_t offset) {
  if (context.options.places == nullptr) return;
  auto& places = *context.options.places;
  for (std::size_t i = context.first_place; i < places.size(); ++i) places[i].offset += offset;
}

}  // namespace tenon::core
