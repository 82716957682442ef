// Text to values: a descent over the type, which says what may come next.
#include <cctype>
#include <vector>

#include "abi/layout.hpp"
#include "abi/wave.hpp"
#include "base/concat.hpp"
#include "base/float_text.hpp"
#include "base/utf8.hpp"

namespace tenon::component {

namespace {

class WaveParser {
 public:
  explicit WaveParser(std::string_view text) : text_(text) {}

  Result<Val> whole(const ValueType& type) {
    auto parsed = value(type);
    if (!parsed) return parsed;
    skip_space();
    if (at_ != text_.size()) return unexpected("the end");
    return parsed;
  }

 private:
  ErrorPlace here() const noexcept { return {.offset = at_, .line = 1, .column = static_cast<std::uint32_t>(at_ + 1)}; }
  Error unexpected(std::string_view expected) const {
    const std::string_view rest = text_.substr(at_, 20);
    if (rest.empty()) return fail(ErrorKind::malformed, here(), "expected ", expected, ", found the end");
    return fail(ErrorKind::malformed, here(), "expected ", expected, ", found `", rest, "`");
  }
  Error wrong_count(std::size_t expected, std::string_view what, std::size_t found) const {
    return fail(ErrorKind::malformed, here(), "expected ", expected, " ", what, ", found ", found);
  }

  void skip_space() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        ++at_;
      } else if (text_.substr(at_, 2) == "//") {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else {
        return;
      }
    }
  }

  bool take(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  // A word: a label, a keyword or a number.
  std::string_view word() {
    skip_space();
    const std::size_t begin = at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      const bool is_part = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '+' || c == '.' || c == '_' || c == '%';
      if (!is_part) break;
      ++at_;
    }
    return text_.substr(begin, at_ - begin);
  }
  std::string_view peek_word() {
    const std::size_t before = at_;
    const std::string_view found = word();
    at_ = before;
    return found;
  }
  static std::string_view label_of(std::string_view found) { return found.starts_with('%') ? found.substr(1) : found; }

  Result<char32_t> character(char quote) {
    if (at_ >= text_.size()) return unexpected("a character");
    const Bytes rest = as_bytes(text_.substr(at_));
    if (rest[0] != '\\') {
      const CodePoint point = decode_utf8(rest.data(), rest.data() + rest.size());
      if (point.size == 0 || point.value == static_cast<char32_t>(quote)) return unexpected("a character");
      at_ += point.size;
      return point.value;
    }
    if (rest.size() < 2) return unexpected("an escape");
    at_ += 2;
    switch (rest[1]) {
      case 't': return U'\t';
      case 'n': return U'\n';
      case 'r': return U'\r';
      case '\\':
      case '\'':
      case '"': return static_cast<char32_t>(rest[1]);
      case 'u': return code_point();
      default: at_ -= 2; return unexpected("an escape");
    }
  }

  Result<char32_t> code_point() {
    if (at_ >= text_.size() || text_[at_] != '{') return unexpected("{");
    ++at_;
    char32_t value = 0;
    unsigned digits = 0;
    for (; at_ < text_.size() && text_[at_] != '}'; ++at_, ++digits) {
      const char c = text_[at_];
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0 || digits == 6) return unexpected("up to six hexadecimal digits and }");
      value = value * 16 + static_cast<char32_t>(digit);
    }
    if (at_ >= text_.size() || digits == 0) return unexpected("up to six hexadecimal digits and }");
    ++at_;
    if (!is_scalar_value(value)) return unexpected("a Unicode scalar value");
    return value;
  }

  Result<Val> string() {
    if (!take('"')) return unexpected("a string");
    std::string text;
    while (at_ < text_.size() && text_[at_] != '"') {
      auto next = character('"');
      if (!next) return std::move(next).error();
      char encoded[4];
      text.append(encoded, encode_utf8(*next, encoded));
    }
    if (at_ >= text_.size()) return unexpected("\" at the end of a string");
    ++at_;
    return Val::string(text);
  }

  Result<Val> number(Primitive type) {
    const std::size_t before = at_;
    const std::string_view text = word();
    ParsedNumber parsed;
    const bool is_signed =
        type == Primitive::s8 || type == Primitive::s16 || type == Primitive::s32 || type == Primitive::s64;
    const auto integer = [&](unsigned width) {
      if (!is_signed) {
        parsed = parse_unsigned(text, width);
        return;
      }
      parsed = parse_integer(text, 64);
      const auto value = static_cast<std::int64_t>(parsed.bits);
      const bool is_large = parsed.bits >> 63 != 0 && !text.starts_with('-');
      if (is_large || value < static_cast<std::int64_t>(~std::uint64_t{0} << (width - 1)) ||
          value > static_cast<std::int64_t>((std::uint64_t{1} << (width - 1)) - 1)) {
        if (width != 64 || is_large) parsed.fault = NumberFault::out_of_range;
      }
    };
    ValKind kind = ValKind::f64;
    switch (type) {
      case Primitive::s8: integer(8), kind = ValKind::s8; break;
      case Primitive::u8: integer(8), kind = ValKind::u8; break;
      case Primitive::s16: integer(16), kind = ValKind::s16; break;
      case Primitive::u16: integer(16), kind = ValKind::u16; break;
      case Primitive::s32: integer(32), kind = ValKind::s32; break;
      case Primitive::u32: integer(32), kind = ValKind::u32; break;
      case Primitive::s64: integer(64), kind = ValKind::s64; break;
      case Primitive::u64: integer(64), kind = ValKind::u64; break;
      case Primitive::f32: parsed = parse_f32(text), kind = ValKind::f32; break;
      default: parsed = parse_f64(text); break;
    }
    if (text.empty() || parsed.fault != NumberFault::none) {
      at_ = before;
      skip_space();
      return unexpected(parsed.fault == NumberFault::out_of_range ? "a number in the range of its type" : "a number");
    }
    return Val::from_bits(kind, parsed.bits);
  }

  Result<Val> primitive(Primitive type) {
    switch (type) {
      case Primitive::bool_: {
        const std::string_view found = peek_word();
        if (found != "true" && found != "false") return unexpected("true or false");
        word();
        return Val::boolean(found == "true");
      }
      case Primitive::char_: {
        if (!take('\'')) return unexpected("a character in single quotes");
        auto found = character('\'');
        if (!found) return std::move(found).error();
        if (at_ >= text_.size() || text_[at_] != '\'') return unexpected("'");
        ++at_;
        return Val::character(*found);
      }
      case Primitive::string: return string();
      case Primitive::error_context: return unexpected("a value that has a text; error contexts have none");
      default: return number(type);
    }
  }

  // Items up to `close`, which was opened.
  template <class Item>
  Result<void> items(char close, const Item& item) {
    while (!take(close)) {
      if (auto parsed = item(); !parsed) return parsed;
      if (take(',')) continue;
      if (take(close)) return {};
      const char expected[] = {',', ' ', 'o', 'r', ' ', close, '\0'};
      return unexpected(expected);
    }
    return {};
  }

  Result<Val> list(const ValueType& type) {
    if (!take('[')) return unexpected("[");
    std::vector<Val> found;
    auto parsed = items(']', [&]() -> Result<void> {
      auto item = type.kind == TypeKind::map ? tuple(type) : value(*type.element);
      if (!item) return std::move(item).error();
      found.push_back(std::move(*item));
      return {};
    });
    if (!parsed) return std::move(parsed).error();
    if (type.kind == TypeKind::fixed_length_list && found.size() != type.length) {
      return wrong_count(type.length, "items", found.size());
    }
    return Val::list(found);
  }

  Result<Val> tuple(const ValueType& type) {
    if (!take('(')) return unexpected("(");
    std::vector<Val> found;
    const std::uint32_t count = field_count(type);
    auto parsed = items(')', [&]() -> Result<void> {
      if (found.size() == count) return unexpected(")");
      auto item = value(field_type(type, static_cast<std::uint32_t>(found.size())));
      if (!item) return std::move(item).error();
      found.push_back(std::move(*item));
      return {};
    });
    if (!parsed) return std::move(parsed).error();
    if (found.size() != count) return wrong_count(count, "fields", found.size());
    return Val::record(found);
  }

  Result<Val> record(const ValueType& type) {
    if (!take('{')) return unexpected("{");
    take(':');  // {:} is a record whose fields are all left out
    std::vector<Val> found(type.members.size());
    std::vector<bool> is_given(type.members.size());
    auto parsed = items('}', [&]() -> Result<void> {
      const std::string_view label = label_of(peek_word());
      for (std::size_t i = 0; i < type.members.size(); ++i) {
        if (type.members[i].label != label || is_given[i]) continue;
        word();
        if (!take(':')) return unexpected(":");
        auto item = value(*type.members[i].type);
        if (!item) return std::move(item).error();
        found[i] = std::move(*item);
        is_given[i] = true;
        return {};
      }
      skip_space();
      return unexpected("a field's label");
    });
    if (!parsed) return std::move(parsed).error();
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (is_given[i]) continue;
      if (type.members[i].type->kind != TypeKind::option) {
        return fail(ErrorKind::malformed, here(), "expected the field `", type.members[i].label, "`, found none");
      }
      found[i] = Val::none();
    }
    return Val::record(found);
  }

  Result<Val> flags(const ValueType& type) {
    if (!take('{')) return unexpected("{");
    std::uint32_t bits = 0;
    auto parsed = items('}', [&]() -> Result<void> {
      const std::string_view label = label_of(peek_word());
      for (std::size_t i = 0; i < type.labels.size(); ++i) {
        if (type.labels[i] != label) continue;
        word();
        bits |= 1U << i;
        return {};
      }
      skip_space();
      return unexpected("a flag");
    });
    if (!parsed) return std::move(parsed).error();
    return Val::flags(bits);
  }

  // What follows the name of a case.
  Result<Val> payload(std::uint32_t index, const ValueType* type) {
    if (type == nullptr) return Val::variant(index);
    if (!take('(')) return unexpected("(");
    auto found = value(*type);
    if (!found) return found;
    if (!take(')')) return unexpected(")");
    return Val::variant(index, std::move(*found));
  }

  Result<Val> variant(const ValueType& type) {
    const std::string_view label = label_of(peek_word());
    for (std::uint32_t i = 0, n = CaseList{&type}.size(); i < n; ++i) {
      if ((type.kind == TypeKind::enum_ ? type.labels[i] : type.members[i].label) != label) continue;
      word();
      return payload(i, CaseList{&type}.payload(i));
    }
    skip_space();
    return unexpected("the name of a case");
  }

  // An option or result: by its keyword, or the payload of `otherwise` alone.
  Result<Val> option_or_result(const ValueType& type) {
    const bool is_option = type.kind == TypeKind::option;
    const std::string_view names[2] = {is_option ? "none" : "ok", is_option ? "some" : "err"};
    const std::string_view found = peek_word();
    for (std::uint32_t i = 0; i < 2; ++i) {
      if (found != names[i]) continue;
      word();
      return payload(i, CaseList{&type}.payload(i));
    }
    const std::uint32_t otherwise = is_option ? 1 : 0;
    const ValueType* inner = CaseList{&type}.payload(otherwise);
    if (inner == nullptr || inner->kind == TypeKind::option || inner->kind == TypeKind::result) {
      skip_space();
      return unexpected(is_option ? "some or none" : "ok or err");
    }
    auto bare = value(*inner);
    if (!bare) return bare;
    return Val::variant(otherwise, std::move(*bare));
  }

  Result<Val> value(const ValueType& type) {
    switch (type.kind) {
      case TypeKind::primitive: return primitive(type.primitive);
      case TypeKind::list:
      case TypeKind::fixed_length_list:
      case TypeKind::map: return list(type);
      case TypeKind::tuple: return tuple(type);
      case TypeKind::record: return record(type);
      case TypeKind::flags: return flags(type);
      case TypeKind::variant:
      case TypeKind::enum_: return variant(type);
      case TypeKind::option:
      case TypeKind::result: return option_or_result(type);
      default: skip_space(); return unexpected("a value that has a text; handles have none");
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<Val> parse_wave(std::string_view text, const ValueType& type) { return WaveParser(text).whole(type); }

}  // namespace tenon::component
