// Constants nest as values do; their members stand in parentheses, but the fields of a record need none.
#include "text/wast/component_constants.hpp"

#include <algorithm>

#include "base/utf8.hpp"
#include "spec/limits.hpp"

namespace tenon::wast {

namespace {

// What a constant's keyword says, and what follows it.
enum class Form : std::uint8_t {
  boolean,
  integer,
  floating,
  character,
  string,
  members,          // list, tuple
  fields,           // record
  label_payload,    // variant
  label,            // enum
  labels,           // flags
  flagged_nothing,  // option.none
  flagged_payload,  // option.some, result.ok, result.err
};
struct ConstantWord {
  std::string_view text;
  ComponentConstantKind kind;
  Form form;
  unsigned width = 0;  // bits of a number
  bool flag = false;
};
using Kind = ComponentConstantKind;
constexpr ConstantWord constant_words[] = {
    {"bool.const", Kind::bool_, Form::boolean},
    {"u8.const", Kind::u8, Form::integer, 8},
    {"s8.const", Kind::s8, Form::integer, 8},
    {"u16.const", Kind::u16, Form::integer, 16},
    {"s16.const", Kind::s16, Form::integer, 16},
    {"u32.const", Kind::u32, Form::integer, 32},
    {"s32.const", Kind::s32, Form::integer, 32},
    {"u64.const", Kind::u64, Form::integer, 64},
    {"s64.const", Kind::s64, Form::integer, 64},
    {"f32.const", Kind::f32, Form::floating, 32},
    {"f64.const", Kind::f64, Form::floating, 64},
    {"char.const", Kind::char_, Form::character},
    {"str.const", Kind::string, Form::string},
    {"list.const", Kind::list, Form::members},
    {"tuple.const", Kind::tuple, Form::members},
    {"record.const", Kind::record, Form::fields},
    {"variant.const", Kind::variant, Form::label_payload},
    {"enum.const", Kind::enum_, Form::label},
    {"flags.const", Kind::flags, Form::labels},
    {"option.none", Kind::option, Form::flagged_nothing},
    {"option.some", Kind::option, Form::flagged_payload, 0, true},
    {"result.ok", Kind::result, Form::flagged_payload, 0, true},
    {"result.err", Kind::result, Form::flagged_payload},
};

bool is_signed(Kind kind) noexcept {
  return kind == Kind::s8 || kind == Kind::s16 || kind == Kind::s32 || kind == Kind::s64;
}

const ConstantWord* find_word(std::string_view text) noexcept {
  const auto* const found = std::ranges::find(constant_words, text, &ConstantWord::text);
  return found == std::ranges::end(constant_words) ? nullptr : found;
}

class ComponentConstantParser {
 public:
  ComponentConstantParser(TokenCursor& in, ConstantRole role) : in_(in), role_(role) {}

  ComponentConstant parse(const ConstantWord& word) {
    ComponentConstant constant{.kind = word.kind, .flag = word.flag};
    if (++nesting_ > limits::max_script_nesting) {
      in_.fail_with(fail(ErrorKind::exhausted, in_.place(in_.peek().offset),
                         "nesting too deep: the limit of constants is ", limits::max_script_nesting));
      return constant;
    }
    switch (word.form) {
      case Form::boolean: constant.flag = parse_boolean(); break;
      case Form::integer: constant.bits = parse_integer(word); break;
      case Form::floating: {
        const Number number = parse_float_constant(in_, word.width, role_);
        constant.bits = number.bits;
        constant.nan = number.nan;
        break;
      }
      case Form::character: constant.bits = parse_character(); break;
      case Form::string:
      case Form::label: constant.text = in_.expect_name(); break;
      case Form::members: constant.members = parse_members(); break;
      case Form::fields: parse_fields(constant); break;
      case Form::label_payload: constant.text = in_.expect_name(); [[fallthrough]];
      case Form::flagged_payload: constant.members = parse_payload(); break;
      case Form::labels: constant.labels = parse_labels(); break;
      case Form::flagged_nothing: break;
    }
    --nesting_;
    return constant;
  }

 private:
  bool parse_boolean() {
    const Token token = in_.next();
    const std::string_view text = in_.text(token);
    if (text != "true" && text != "false") in_.unexpected(token, "true or false");
    return text == "true";
  }

  std::uint64_t parse_integer(const ConstantWord& word) {
    const std::uint64_t bits = parse_integer_constant(in_, word.width).bits;
    if (!is_signed(word.kind) || word.width == 64) return bits;
    const std::uint64_t sign = std::uint64_t{1} << (word.width - 1);
    return (bits ^ sign) - sign;
  }

  std::uint64_t parse_character() {
    const std::uint32_t offset = in_.peek().offset;
    const std::string_view text = in_.expect_name();
    if (!in_.ok()) return 0;
    const Bytes bytes = as_bytes(text);
    const CodePoint point = text.empty() ? CodePoint{} : decode_utf8(bytes.data(), bytes.data() + bytes.size());
    if (text.empty() || point.size != text.size()) in_.fault_at(offset, "unexpected token: expected one character");
    return point.value;
  }

  // The keyword of a constant and what follows it.
  ComponentConstant parse_at_keyword() {
    const Token keyword = in_.next();
    const ConstantWord* const word = find_word(in_.text(keyword));
    if (word != nullptr) return parse(*word);
    in_.unexpected(keyword, "a constant of a component");
    return {};
  }
  ComponentConstant parse_in_parentheses() {
    in_.expect_open();
    const ComponentConstant constant = parse_at_keyword();
    in_.expect_close();
    return constant;
  }

  std::span<const ComponentConstant> parse_members() {
    ArenaVector<ComponentConstant> members;
    while (in_.at(TokenKind::left_paren)) members.push_back(in_.arena(), parse_in_parentheses());
    return members.span();
  }

  std::span<const ComponentConstant> parse_payload() {
    if (!in_.at(TokenKind::left_paren)) return {};
    const ComponentConstant payload = parse_in_parentheses();
    return in_.arena().copy(std::span<const ComponentConstant>(&payload, 1));
  }

  void parse_fields(ComponentConstant& record) {
    ArenaVector<ComponentConstant> members;
    ArenaVector<std::string_view> labels;
    while (in_.accept_open(Word::field)) {
      labels.push_back(in_.arena(), in_.expect_name());
      const bool has_parentheses = in_.at(TokenKind::left_paren);
      members.push_back(in_.arena(), has_parentheses ? parse_in_parentheses() : parse_at_keyword());
      in_.expect_close();
    }
    record.members = members.span();
    record.labels = labels.span();
  }

  std::span<const std::string_view> parse_labels() {
    ArenaVector<std::string_view> labels;
    while (in_.at(TokenKind::string)) labels.push_back(in_.arena(), in_.expect_name());
    return labels.span();
  }

  TokenCursor& in_;
  ConstantRole role_;
  std::uint32_t nesting_ = 0;
};

}  // namespace

std::optional<ComponentConstant> parse_component_constant(TokenCursor& in, std::string_view keyword,
                                                          ConstantRole role) {
  const ConstantWord* const word = find_word(keyword);
  if (word == nullptr) return std::nullopt;
  return ComponentConstantParser(in, role).parse(*word);
}

}  // namespace tenon::wast
