// Value definitions. A value is written in the binary format of its type, so that the type has to be known here: its
// definition is looked for in this component and, through outer aliases, around it. What comes from elsewhere (an
// import, an instance) is known to validation only; its values can be written as `(binary "...")`, as any value can.
#include "base/float_text.hpp"
#include "base/utf8.hpp"
#include "text/component/parse_fields.hpp"
#include "text/component/parse_types.hpp"

namespace tenon::component {

namespace {

constexpr std::uint32_t f32_nan = 0x7FC0'0000;
constexpr std::uint64_t f64_nan = 0x7FF8'0000'0000'0000;

// The definition of a type by its index in a scope. Null where it is none of ours.
KnownType find_type(ParseContext& context, std::size_t depth, std::uint32_t index) {
  const auto& types = context.scopes[depth].types;
  return index < types.size() ? types[index] : KnownType{};
}

class ValueParser {
 public:
  explicit ValueParser(ParseContext& context)
      : context_(context), in_(context.in), scratch_(context.memory()), out_(scratch_) {}

  Bytes parse(ValType type) {
    value(type, context_.depth - 1);
    return context_.arena().copy(out_.view());
  }
  Bytes parse_binary() {
    while (in_.at(TokenKind::string)) out_.bytes(as_bytes(in_.expect_string("a string")));
    return context_.arena().copy(out_.view());
  }

 private:
  // `depth` is that of the scope whose indices `type` has.
  void value(ValType type, std::size_t depth) {
    if (type.is_primitive()) return primitive(type.primitive());
    const std::uint32_t offset = in_.peek().offset;
    const auto [found, found_depth] = find_type(context_, depth, type.index().value);
    if (found == nullptr) {
      return in_.fault_at(offset, "the type ", type.index().value,
                          " is not defined here, so that its values can be written as `(binary \"...\")` only");
    }
    if (found->kind == TypeKind::primitive) return primitive(found->primitive);
    const Nesting nesting(context_);
    if (!in_.ok()) return;
    constructed(*found, found_depth);
  }

  void constructed(const Type& type, std::size_t depth) {
    switch (type.kind) {
      case TypeKind::record:
        open(Word::type_record);
        for (const Labelled& field : type.fields) value(*field.type, depth);
        return in_.expect_close();
      case TypeKind::tuple:
        open(Word::type_tuple);
        for (const ValType member : type.types) value(member, depth);
        return in_.expect_close();
      case TypeKind::list:
      case TypeKind::fixed_length_list: return list(type, depth);
      case TypeKind::map: return map(type, depth);
      case TypeKind::variant: return variant(type, depth);
      case TypeKind::enum_: return enumeration(type);
      case TypeKind::flags: return flags(type);
      case TypeKind::option: return option(type, depth);
      case TypeKind::result: return result(type, depth);
      default: return in_.unexpected("a value of a type that has values: this one has none");
    }
  }

  void open(Word word) {
    if (!in_.accept_open(word)) in_.unexpected(to_string(word));
  }

  void primitive(Primitive type) {
    switch (type) {
      case Primitive::bool_: return boolean();
      case Primitive::s8:
      case Primitive::u8: return number<std::uint8_t>();
      case Primitive::s16:
      case Primitive::u16: return leb<std::int16_t>(16, type == Primitive::u16);
      case Primitive::s32:
      case Primitive::u32: return leb<std::int32_t>(32, type == Primitive::u32);
      case Primitive::s64:
      case Primitive::u64: return leb<std::int64_t>(64, type == Primitive::u64);
      case Primitive::f32: return out_.fixed(static_cast<std::uint32_t>(floating(parse_f32, f32_nan)));
      case Primitive::f64: return out_.fixed(floating(parse_f64, f64_nan));
      case Primitive::char_: return character();
      case Primitive::string: return out_.name(in_.expect_name());
      case Primitive::error_context: return in_.unexpected("a value of a type that has values: error-context has none");
    }
  }

  void boolean() {
    const Token token = in_.next();
    const std::string_view text = in_.text(token);
    if (text != "true" && text != "false") return in_.unexpected(token, "true or false");
    out_.u8(text == "true" ? 1 : 0);
  }

  std::uint64_t integer(unsigned width) {
    const Token token = in_.next();
    const ParsedNumber parsed = parse_integer(in_.text(token), width);
    if (parsed.fault == NumberFault::malformed) in_.unexpected(token, "an integer");
    if (parsed.fault == NumberFault::out_of_range) {
      in_.fault_at(token.offset, "i", width, " constant out of range: found ", in_.text(token).substr(0, 64));
    }
    return parsed.bits;
  }
  template <class T>
  void number() {
    out_.fixed(static_cast<T>(integer(sizeof(T) * 8)));
  }
  template <class T>
  void leb(unsigned width, bool is_unsigned) {
    const std::uint64_t bits = integer(width);
    if (is_unsigned) return out_.u64(bits);
    out_.s64(static_cast<T>(bits));
  }

  std::uint64_t floating(ParsedNumber (*parse)(std::string_view) noexcept, std::uint64_t nan) {
    const Token token = in_.next();
    const std::string_view text = in_.text(token);
    if (text == "nan") return nan;
    const ParsedNumber parsed = parse(text);
    if (parsed.fault == NumberFault::malformed || text.contains("nan")) in_.unexpected(token, "a number or nan");
    if (parsed.fault == NumberFault::out_of_range) {
      in_.fault_at(token.offset, "floating-point constant out of range: found ", text.substr(0, 64));
    }
    return parsed.bits;
  }

  // One character in single quotes, or, since these hold no escapes here, in double ones.
  void character() {
    const std::uint32_t offset = in_.peek().offset;
    const std::string_view quoted = in_.text(in_.peek());
    const bool is_single = in_.at(TokenKind::reserved) && quoted.size() == 3 && quoted[0] == '\'' && quoted[2] == '\'';
    if (is_single) in_.next();
    const std::string_view text = is_single ? quoted.substr(1, 1) : in_.expect_name();
    if (!in_.ok()) return;
    const Bytes bytes = as_bytes(text);
    if (text.empty() || decode_utf8(bytes.data(), bytes.data() + bytes.size()).size != text.size()) {
      return in_.fault_at(offset, "unexpected token: expected one character in quotes");
    }
    out_.bytes(bytes);
  }

  // Values up to the parenthesis; the count stands before them.
  template <class ValueOf>
  void counted(ValueOf value_of) {
    ByteWriter before = std::exchange(out_, ByteWriter(scratch_));
    std::uint32_t count = 0;
    for (; in_.ok() && !in_.at_close(); ++count) value_of();
    const ByteWriter members = std::exchange(out_, before);
    out_.u32(count);
    out_.bytes(members.view());
  }

  void list(const Type& type, std::size_t depth) {
    const std::uint32_t offset = in_.peek().offset;
    open(Word::type_list);
    if (type.kind == TypeKind::list) {
      counted([&] { value(*type.element, depth); });
    } else {
      std::uint32_t count = 0;
      for (; in_.ok() && !in_.at_close(); ++count) value(*type.element, depth);
      if (count != type.length) in_.fault_at(offset, "a list of ", count, " values, expected ", type.length);
    }
    in_.expect_close();
  }

  void map(const Type& type, std::size_t depth) {
    open(Word::type_list);
    counted([&] {
      open(Word::type_tuple);
      value(*type.second, depth);
      value(*type.element, depth);
      in_.expect_close();
    });
    in_.expect_close();
  }

  void variant(const Type& type, std::size_t depth) {
    open(Word::type_variant);
    const std::uint32_t offset = in_.peek().offset;
    const std::string_view label = in_.expect_name();
    for (std::uint32_t i = 0; i < type.fields.size(); ++i) {
      if (type.fields[i].label != label) continue;
      out_.u32(i);
      if (type.fields[i].type) value(*type.fields[i].type, depth);
      return in_.expect_close();
    }
    in_.fault_at(offset, "unknown case \"", label, "\" of a variant");
  }

  std::uint32_t label_of(const Type& type) {
    const std::uint32_t offset = in_.peek().offset;
    const std::string_view label = in_.expect_name();
    for (std::uint32_t i = 0; i < type.labels.size(); ++i) {
      if (type.labels[i] == label) return i;
    }
    in_.fault_at(offset, "unknown label \"", label, "\"");
    return 0;
  }

  void enumeration(const Type& type) {
    open(Word::type_enum_);
    out_.u32(label_of(type));
    in_.expect_close();
  }

  void flags(const Type& type) {
    constexpr std::size_t bits = 8;
    open(Word::type_flags);
    const std::span<std::uint8_t> set = scratch_.make_array<std::uint8_t>((type.labels.size() + bits - 1) / bits);
    while (in_.at(TokenKind::string)) {
      const std::uint32_t label = label_of(type);
      if (in_.ok()) set[label / bits] |= static_cast<std::uint8_t>(1U << (label % bits));
    }
    out_.bytes(set);
    in_.expect_close();
  }

  bool accept(std::string_view word) {
    if (in_.text(in_.peek()) != word) return false;
    in_.next();
    return true;
  }

  void option(const Type& type, std::size_t depth) {
    if (accept("none")) return out_.u8(0);
    in_.expect_open();
    if (!accept("some")) return in_.unexpected("none or `(some`");
    out_.u8(1);
    value(*type.element, depth);
    in_.expect_close();
  }

  void result(const Type& type, std::size_t depth) {
    const bool has_payload = in_.accept(TokenKind::left_paren);
    const bool is_ok = accept("ok");
    if (!is_ok && !in_.accept(Word::error)) return in_.unexpected("ok or error");
    out_.u8(is_ok ? 0 : 1);
    const std::optional<ValType> payload = is_ok ? type.element : type.second;
    if (has_payload != payload.has_value()) return in_.unexpected(payload ? "a value in parentheses" : "no value");
    if (!payload) return;
    value(*payload, depth);
    in_.expect_close();
  }

  ParseContext& context_;
  TokenCursor& in_;
  Arena scratch_;
  ByteWriter out_;
};

}  // namespace

void parse_value(ParseContext& context, std::uint32_t offset) {
  TokenCursor& in = context.in;
  const Head head = parse_head(context);
  Value value;
  value.type = resolve_val_type(context, parse_val_type(context));
  if (in.accept_open(Word::binary)) {
    value.bytes = ValueParser(context).parse_binary();
    in.expect_close();
  } else {
    value.bytes = ValueParser(context).parse(value.type);
  }
  define_item(context, DefinitionKind::value, &Definition::value, value, Sort::value, head, offset);
}

}  // namespace tenon::component
