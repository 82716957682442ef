// Values of components as text: WAVE, the notation of WIT's types for values.
//
//   7, -1.5, nan, -inf, true, 'a', "text\n", [1, 2], (1, "two"), {a: 1, b: some(2)}, some(1), none, ok(1), err("no"),
//   north, circle(1.5), {read, write}
//
// A value is read by its type, so that a number needs no suffix and a name is looked for among the cases that there
// are. Of an option, a value may stand for `some` of it. Handles have no text: they are shown as `<own>`, and cannot be
// read.
// https://github.com/bytecodealliance/wasm-tools/tree/main/crates/wasm-wave
#include <algorithm>

#include "base/float_text.hpp"
#include "base/utf8.hpp"
#include "engine/component_state.hpp"
#include "spec/limits.hpp"

namespace tenon {

namespace {

using component::Member;
using component::Primitive;
using component::TypeKind;
using component::Val;
using component::ValueType;

// --- Reading -------------------------------------------------------------------------------------------------------

class WaveReader {
 public:
  explicit WaveReader(std::string_view text) : text_(text) {}

  Result<std::vector<Val>> arguments(std::span<const Member> params) {
    std::vector<Val> values;
    expect('(');
    for (const Member& param : params) {
      if (!values.empty()) expect(',');
      values.push_back(read(*param.type));
    }
    (void)accept(',');
    expect(')');
    if (at_ != text_.size()) wrong("the end");
    if (failed_) return std::move(error_);
    return values;
  }

 private:
  Val wrong(std::string_view expected) {
    if (failed_) return {};
    failed_ = true;
    const std::string_view rest = text_.substr(at_, 20);
    error_ = fail(ErrorKind::usage, {}, "expected ", expected, ", found ", rest.empty() ? "the end" : "`", rest,
                  rest.empty() ? "" : "`", " at character ", at_ + 1, " of the arguments");
    return {};
  }

  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) ++at_;
  }
  bool accept(char c) {
    skip_space();
    if (failed_ || at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    skip_space();
    return true;
  }
  void expect(char c) {
    if (!accept(c)) wrong(std::string_view(&c, 1));
  }
  // A name, a keyword or a number.
  std::string_view word() {
    skip_space();
    const std::size_t begin = at_;
    const auto belongs = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '+' ||
             c == '.' || c == '_' || c == '%';
    };
    while (at_ < text_.size() && belongs(text_[at_])) ++at_;
    const std::string_view found = text_.substr(begin, at_ - begin);
    skip_space();
    return found;
  }
  std::string_view label() {
    std::string_view found = word();
    if (found.starts_with('%')) found.remove_prefix(1);
    return found;
  }

  Val read(const ValueType& type) {
    if (failed_) return {};
    if (depth_ == limits::max_wit_type_nesting) return wrong("less nesting");
    ++depth_;
    Val value = read_kind(type);
    --depth_;
    return value;
  }

  Val read_kind(const ValueType& type) {
    switch (type.kind) {
      case TypeKind::primitive: return read_primitive(type.primitive);
      case TypeKind::record: return read_record(type);
      case TypeKind::tuple: return read_tuple(type);
      case TypeKind::list:
      case TypeKind::fixed_length_list: return read_list(type);
      case TypeKind::map: return read_map(type);
      case TypeKind::flags: return read_flags(type);
      case TypeKind::enum_: return read_enum(type);
      case TypeKind::variant: return read_variant(type);
      case TypeKind::option: return read_option(type);
      case TypeKind::result: return read_result(type);
      default: return wrong("a value that has a text; handles have none");
    }
  }

  template <class T>
  Val read_integer(Val (*make)(T)) {
    const std::size_t begin = at_;
    const ParsedNumber number = parse_integer(word(), 64);
    const auto value = static_cast<T>(number.bits);
    const bool is_negative = text_.substr(begin).starts_with('-');
    const bool fits =
        static_cast<std::uint64_t>(value) == number.bits && is_negative == (std::is_signed_v<T> && value < T{0});
    if (number.fault == NumberFault::none && fits) return make(value);
    at_ = begin;
    return wrong("an integer in the range of its type");
  }
  template <class T>
  Val read_float(ParsedNumber (*parse)(std::string_view) noexcept, Val (*make)(T)) {
    const std::size_t begin = at_;
    const ParsedNumber number = parse(word());
    if (number.fault == NumberFault::none) {
      if constexpr (sizeof(T) == 4)
        return make(std::bit_cast<float>(static_cast<std::uint32_t>(number.bits)));
      else
        return make(std::bit_cast<double>(number.bits));
    }
    at_ = begin;
    return wrong("a number");
  }

  Val read_primitive(Primitive type) {
    switch (type) {
      case Primitive::bool_: return read_bool();
      case Primitive::s8: return read_integer<std::int8_t>(Val::s8);
      case Primitive::u8: return read_integer<std::uint8_t>(Val::u8);
      case Primitive::s16: return read_integer<std::int16_t>(Val::s16);
      case Primitive::u16: return read_integer<std::uint16_t>(Val::u16);
      case Primitive::s32: return read_integer<std::int32_t>(Val::s32);
      case Primitive::u32: return read_integer<std::uint32_t>(Val::u32);
      case Primitive::s64: return read_integer<std::int64_t>(Val::s64);
      case Primitive::u64: return read_integer<std::uint64_t>(Val::u64);
      case Primitive::f32: return read_float<float>(parse_f32, Val::f32);
      case Primitive::f64: return read_float<double>(parse_f64, Val::f64);
      case Primitive::char_: return read_char();
      case Primitive::string: return Val::string(quoted('"'));
      case Primitive::error_context: return wrong("a value that has a text");
    }
    return {};
  }

  Val read_bool() {
    const std::size_t begin = at_;
    const std::string_view found = word();
    if (found == "true" || found == "false") return Val::boolean(found == "true");
    at_ = begin;
    return wrong("true or false");
  }
  Val read_char() {
    const std::string text = quoted('\'');
    const CodePoint point = decode_utf8(as_bytes(text).data(), as_bytes(text).data() + text.size());
    return point.size != 0 && point.size == text.size() ? Val::character(point.value) : wrong("one character");
  }

  // A quoted text, its escapes resolved.
  std::string quoted(char quote) {
    skip_space();
    std::string text;
    if (at_ == text_.size() || text_[at_] != quote) {
      wrong(std::string_view(&quote, 1));
      return text;
    }
    ++at_;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\\') {
        ++at_;
        escape(text);
      } else {
        text += text_[at_++];
      }
      if (failed_) return text;
    }
    if (at_ == text_.size()) wrong("the closing quote");
    ++at_;
    skip_space();
    return text;
  }
  void escape(std::string& text) {
    constexpr std::string_view letters = "tnr\\'\"";
    constexpr std::string_view meanings = "\t\n\r\\'\"";
    if (at_ == text_.size()) return (void)wrong("an escape");
    const std::size_t known = letters.find(text_[at_]);
    if (known != std::string_view::npos) {
      text += meanings[known];
      ++at_;
      return;
    }
    const std::size_t end = text_.find('}', at_);
    if (!text_.substr(at_).starts_with("u{") || end == std::string_view::npos) return (void)wrong("an escape");
    const ParsedNumber number = parse_integer("0x" + std::string(text_.substr(at_ + 2, end - at_ - 2)), 32);
    if (number.fault != NumberFault::none || !is_scalar_value(static_cast<char32_t>(number.bits)))
      return (void)wrong("a character's number");
    char bytes[4];
    text.append(bytes, encode_utf8(static_cast<char32_t>(number.bits), bytes));
    at_ = end + 1;
  }

  Val read_record(const ValueType& type) {
    std::vector<Val> fields(type.members.size());
    std::vector<bool> given(fields.size());
    expect('{');
    while (!failed_ && !accept('}')) {
      const auto member = std::ranges::find(type.members, label(), &Member::label);
      if (member == type.members.end()) return wrong("one of the record's fields");
      const auto place = static_cast<std::size_t>(member - type.members.begin());
      if (given[place]) return wrong("each field once");
      expect(':');
      fields[place] = read(*member->type);
      given[place] = true;
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
      // What is an option may be left out.
      if (!given[i] && type.members[i].type->kind == TypeKind::option)
        fields[i] = Val::none();
      else if (!given[i])
        return wrong("the record's field `" + std::string(type.members[i].label) + "`");
    }
    return Val::record(fields);
  }

  Val read_tuple(const ValueType& type) {
    std::vector<Val> fields;
    expect('(');
    for (const ValueType* field : type.types) {
      if (!fields.empty()) expect(',');
      fields.push_back(read(*field));
    }
    (void)accept(',');
    expect(')');
    return Val::record(fields);
  }

  Val read_list(const ValueType& type) {
    std::vector<Val> items;
    expect('[');
    while (!failed_ && !accept(']')) {
      items.push_back(read(*type.element));
      if (accept(',')) continue;
      expect(']');
      break;
    }
    if (type.kind == TypeKind::fixed_length_list && items.size() != type.length)
      return wrong("a list of the type's length");
    return Val::list(items);
  }

  Val read_map(const ValueType& type) {
    std::vector<Val> items;
    expect('{');
    while (!failed_ && !accept('}')) {
      Val entry[2];
      entry[0] = read(*type.second);
      expect(':');
      entry[1] = read(*type.element);
      items.push_back(Val::record(entry));
      if (accept(',')) continue;
      expect('}');
      break;
    }
    return Val::list(items);
  }

  Val read_flags(const ValueType& type) {
    std::uint32_t bits = 0;
    expect('{');
    while (!failed_ && !accept('}')) {
      const auto found = std::ranges::find(type.labels, label());
      if (found == type.labels.end()) return wrong("one of the flags");
      bits |= std::uint32_t{1} << static_cast<unsigned>(found - type.labels.begin());
      if (accept(',')) continue;
      expect('}');
      break;
    }
    return Val::flags(bits);
  }

  Val read_enum(const ValueType& type) {
    const auto found = std::ranges::find(type.labels, label());
    if (found == type.labels.end()) return wrong("one of the enumeration's cases");
    return Val::enumeration(static_cast<std::uint32_t>(found - type.labels.begin()));
  }

  Val read_variant(const ValueType& type) {
    const auto found = std::ranges::find(type.members, label(), &Member::label);
    if (found == type.members.end()) return wrong("one of the variant's cases");
    return payload(static_cast<std::uint32_t>(found - type.members.begin()), found->type);
  }
  Val payload(std::uint32_t index, const ValueType* type) {
    if (type == nullptr) return Val::variant(index);
    expect('(');
    Val value = read(*type);
    expect(')');
    return Val::variant(index, std::move(value));
  }

  Val read_option(const ValueType& type) {
    const std::size_t begin = at_;
    const std::string_view found = word();
    if (found == "none") return Val::none();
    if (found == "some") return payload(1, type.element);
    at_ = begin;
    return Val::some(read(*type.element));
  }
  Val read_result(const ValueType& type) {
    const std::string_view found = word();
    if (found == "ok") return payload(0, type.element);
    if (found == "err") return payload(1, type.second);
    return wrong("ok or err");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  unsigned depth_ = 0;
  bool failed_ = false;
  Error error_;
};

// --- Printing ------------------------------------------------------------------------------------------------------

std::string quote(std::string_view text, char mark) {
  std::string out(1, mark);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == mark || c == '\\') {
      (out += '\\') += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (byte < 0x20 || byte == 0x7F) {
      TextBuffer hex;
      hex.append_number(static_cast<unsigned>(byte), 16);
      out += "\\u{" + std::string(hex.view()) + "}";
    } else {
      out += c;
    }
  }
  return out + mark;
}

std::string print(const Val& value, const ValueType& type);

std::string print_primitive(const Val& value, Primitive type) {
  switch (type) {
    case Primitive::bool_: return value.boolean() ? "true" : "false";
    case Primitive::s8:
    case Primitive::s16:
    case Primitive::s32:
    case Primitive::s64: return std::to_string(value.signed_integer());
    case Primitive::u8:
    case Primitive::u16:
    case Primitive::u32:
    case Primitive::u64: return std::to_string(value.unsigned_integer());
    case Primitive::f32: return std::string(print_f32(std::bit_cast<std::uint32_t>(value.f32())).view());
    case Primitive::f64: return std::string(print_f64(std::bit_cast<std::uint64_t>(value.f64())).view());
    case Primitive::char_: {
      char bytes[4];
      return quote({bytes, encode_utf8(value.character(), bytes)}, '\'');
    }
    case Primitive::string: return quote(value.string(), '"');
    case Primitive::error_context: return "<error-context>";
  }
  return {};
}

std::string print_payload(std::string_view name, const Val& value, const ValueType* type) {
  std::string text(name);
  if (type != nullptr && value.has_payload()) text += "(" + print(value.payload(), *type) + ")";
  return text;
}

template <class TextOf>
std::string print_items(std::size_t count, char open, char close, TextOf text_of) {
  std::string text(1, open);
  for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : ", ") + text_of(i);
  return text + close;
}

std::string print_flags(const Val& value, const ValueType& type) {
  std::string text;
  for (std::size_t i = 0; i < type.labels.size(); ++i) {
    if ((value.flags() >> i & 1) != 0) text += (text.empty() ? "" : ", ") + std::string(type.labels[i]);
  }
  return "{" + text + "}";
}

std::string print(const Val& value, const ValueType& type) {
  switch (type.kind) {
    case TypeKind::primitive: return print_primitive(value, type.primitive);
    case TypeKind::record:
      return print_items(type.members.size(), '{', '}', [&](std::size_t i) {
        return std::string(type.members[i].label) + ": " + print(value.fields()[i], *type.members[i].type);
      });
    case TypeKind::tuple:
      return print_items(type.types.size(), '(', ')',
                         [&](std::size_t i) { return print(value.fields()[i], *type.types[i]); });
    case TypeKind::list:
    case TypeKind::fixed_length_list:
      return print_items(value.size(), '[', ']', [&](std::size_t i) { return print(value[i], *type.element); });
    case TypeKind::map:
      return print_items(value.size(), '{', '}', [&](std::size_t i) {
        const Val entry = value[i];
        return print(entry.fields()[0], *type.second) + ": " + print(entry.fields()[1], *type.element);
      });
    case TypeKind::flags: return print_flags(value, type);
    case TypeKind::enum_: return std::string(type.labels[value.index()]);
    case TypeKind::variant: {
      const Member& member = type.members[value.index()];
      return print_payload(member.label, value, member.type);
    }
    case TypeKind::option: return print_payload(value.index() == 0 ? "none" : "some", value, type.element);
    case TypeKind::result:
      return print_payload(value.index() == 0 ? "ok" : "err", value, value.index() == 0 ? type.element : type.second);
    default: return "<" + detail::type_text(&type, nullptr) + ">";
  }
}

}  // namespace

Result<std::vector<component::Val>> ComponentFunc::parse_arguments(std::string_view text) const {
  if (func_ == nullptr) return detail::usage("the function handle is empty");
  if (!store_->is_alive()) return detail::dead_store();
  return detail::guarded([&] { return WaveReader(text).arguments(func_->type->params); });
}

std::string ComponentFunc::format_result(const component::Val& result) const {
  if (func_ == nullptr || !store_->is_alive() || func_->type->result == nullptr) return {};
  return print(result, *func_->type->result);
}

}  // namespace tenon
