#include "text/token_cursor.hpp"

#include <algorithm>

#include "base/float_text.hpp"
#include "base/utf8.hpp"

namespace tenon {

TokenCursor::TokenCursor(std::string_view source, Arena& arena, std::pmr::memory_resource& memory) noexcept
    : lexer_(source, memory), arena_(&arena) {
  if (source.size() > limits::max_text_size) {
    fail_with(fail(ErrorKind::exhausted, {}, "text too large: ", source.size(), " bytes, the limit is ",
                   limits::max_text_size));
    return;
  }
  current_ = lexer_.next();
}

void TokenCursor::fail_with(Error error) noexcept {
  if (failed_) return;
  error_ = std::move(error);
  failed_ = true;
  has_ahead_ = false;
  const auto end = static_cast<std::uint32_t>(lexer_.source().size());
  lexer_.seek(end);
  current_ = {.offset = end, .kind = TokenKind::end};
  ahead_ = current_;
}

void TokenCursor::seek(std::uint32_t offset) noexcept {
  if (failed_) return;
  lexer_.seek(offset);
  has_ahead_ = false;
  last_end_ = offset;
  current_ = lexer_.next();
}

void TokenCursor::rewind(std::uint32_t offset) noexcept {
  drop_annotations_from(offset);
  seek(offset);
}

void TokenCursor::skip_to_close() noexcept {
  if (failed_) return;
  const std::uint32_t from = current_.offset;
  lexer_.seek(from);
  has_ahead_ = false;
  if (lexer_.skip_to_close()) {
    last_end_ = lexer_.offset();
    current_ = lexer_.next();
    return;
  }
  // Something is not closed: the tokens say what.
  lexer_.seek(from);
  do {
    current_ = lexer_.next();
  } while (current_.kind != TokenKind::end && current_.kind != TokenKind::error);
  unexpected("`)`");
}

void TokenCursor::unexpected(const Token& token, std::string_view expected) noexcept {
  if (failed_) return;
  const std::string_view found = text(token);
  switch (token.kind) {
    case TokenKind::error: return fault_at(token.offset, message(token.fault));
    case TokenKind::end:
      return fault_at(token.offset, "unexpected token: found the end of the text, expected ", expected);
    case TokenKind::reserved: {
      const std::string_view nearest = nearest_(found);
      if (nearest.empty()) return fault_at(token.offset, "unknown operator ", found, ", expected ", expected);
      return fault_at(token.offset, "unknown operator ", found, ", expected ", expected, "; did you mean `", nearest,
                      "`?");
    }
    default: return fault_at(token.offset, "unexpected token: found `", found.substr(0, 64), "`, expected ", expected);
  }
}

void TokenCursor::expect_open() noexcept {
  if (!accept(TokenKind::left_paren)) unexpected("`(`");
}
void TokenCursor::expect_close() noexcept {
  if (!accept(TokenKind::right_paren)) unexpected("`)`");
}
void TokenCursor::expect(Word word) noexcept {
  if (!accept(word)) unexpected(to_string(word));
}

std::string_view TokenCursor::expect_string(std::string_view what) noexcept {
  if (!at(TokenKind::string)) {
    unexpected(what);
    return {};
  }
  return string_value(text(next()), *arena_);
}

std::string_view TokenCursor::expect_name() noexcept {
  const std::uint32_t offset = current_.offset;
  const std::string_view name = expect_string("a name in quotes");
  if (!is_utf8(name)) fault_at(offset, "malformed UTF-8 encoding of a name");
  return name;
}

std::string_view TokenCursor::accept_id() noexcept {
  if (!at(TokenKind::id)) return {};
  return id_value(next());
}

std::string_view TokenCursor::id_value(const Token& token) noexcept {
  const std::string_view name = text(token).substr(1);
  if (name.front() != '"') return name;
  const std::string_view value = string_value(name, *arena_);
  if (!is_utf8(value)) fault_at(token.offset, "malformed UTF-8 encoding of an identifier");
  return value;
}

std::uint64_t TokenCursor::expect_natural(unsigned width, std::string_view type) noexcept {
  if (!at(TokenKind::natural)) {
    unexpected("a number");
    return 0;
  }
  const Token token = next();
  const std::string_view digits = text(token);
  if (digits.size() == 1) return static_cast<std::uint64_t>(digits[0] - '0');
  const ParsedNumber number = parse_unsigned(digits, width);
  if (number.fault != NumberFault::none) {
    fault_at(token.offset, type, " constant out of range: found ", digits, ", the greatest is ",
             ~std::uint64_t{0} >> (64 - width));
  }
  return number.bits;
}

std::uint32_t TokenCursor::expect_u32() noexcept { return static_cast<std::uint32_t>(expect_natural(32, "i32")); }
std::uint64_t TokenCursor::expect_u64() noexcept { return expect_natural(64, "i64"); }
std::uint8_t TokenCursor::expect_u8() noexcept { return static_cast<std::uint8_t>(expect_natural(8, "i8")); }

std::span<const Annotation> TokenCursor::annotations() noexcept {
  const auto& all = lexer_.annotations();
  std::size_t count = all.size();
  while (count != 0 && all[count - 1].offset >= current_.offset) --count;  // met when looking ahead
  return {all.data(), count};
}

std::optional<Annotation> TokenCursor::take_annotation(AnnotationKind kind) noexcept {
  const auto before = annotations();
  const auto found = std::ranges::find(before, kind, &Annotation::kind);
  if (found == before.end()) return std::nullopt;
  const Annotation taken = *found;
  lexer_.annotations().erase(lexer_.annotations().begin() + (found - before.begin()));
  last_end_ = std::max(last_end_, taken.end);
  return taken;
}

void TokenCursor::drop_annotations(std::uint32_t offset) noexcept {
  std::erase_if(lexer_.annotations(), [&](const Annotation& each) { return each.offset < offset; });
}

void TokenCursor::drop_annotations_from(std::uint32_t offset) noexcept {
  std::erase_if(lexer_.annotations(), [&](const Annotation& each) { return each.offset >= offset; });
}

void TokenCursor::refuse_annotations(std::uint32_t offset) noexcept {
  if (!has_annotations() || lexer_.annotations().front().offset >= offset) return;
  const Annotation& each = lexer_.annotations().front();
  switch (each.kind) {
    case AnnotationKind::custom: return fault_at(each.offset, "misplaced @custom annotation");
    case AnnotationKind::name: return fault_at(each.offset, "misplaced @name annotation");
    case AnnotationKind::own_name: return fault_at(each.offset, "misplaced @own-name annotation");
    case AnnotationKind::names: return fault_at(each.offset, "misplaced @names annotation");
    case AnnotationKind::producers: return fault_at(each.offset, "misplaced @producers annotation");
    case AnnotationKind::dylink: return fault_at(each.offset, "misplaced @dylink.0 annotation");
    case AnnotationKind::branch_hint:
      return fault_at(each.offset, "@metadata.code.branch_hint annotation: not in a function");
  }
}

}  // namespace tenon
