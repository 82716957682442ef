#include "engine/script_component_values.hpp"

#include <algorithm>
#include <bit>
#include <string>
#include <vector>

#include "base/arena.hpp"
#include "base/concat.hpp"
#include "base/float_text.hpp"
#include "base/utf8.hpp"
#include "text/token_cursor.hpp"

namespace tenon::tools {

namespace {

using component::Member;
using component::Primitive;
using component::TypeKind;
using component::Val;
using component::ValueType;

constexpr unsigned max_nesting = 100;

class ConstantReader {
 public:
  ConstantReader(std::string_view source, Arena& arena) : in_(source, arena, arena.upstream()) {}

  Result<Val> run(const ValueType& type) {
    Val value = read(type);
    if (!in_.ok()) return fail(ErrorKind::usage, {}, in_.take_error().message());
    if (wrong_.empty()) return value;
    return fail(ErrorKind::usage, {}, std::string_view(wrong_), ": ", in_.source());
  }

 private:
  Val wrong(std::string_view expected) {
    if (wrong_.empty()) wrong_ = "expected a constant of type " + std::string(expected);
    return {};
  }
  bool goes_on() const { return in_.ok() && wrong_.empty(); }

  // With or without parentheses around it.
  Val read(const ValueType& type) {
    if (++nesting_ > max_nesting) return wrong("less nesting");
    const bool open = in_.accept(TokenKind::left_paren);
    const std::string_view keyword = in_.text(in_.next());
    Val value = read(type, keyword);
    if (open && goes_on()) in_.expect_close();
    --nesting_;
    return value;
  }

  Val read(const ValueType& type, std::string_view keyword) {
    switch (type.kind) {
      case TypeKind::primitive: return read_primitive(type.primitive, keyword);
      case TypeKind::record: return keyword == "record.const" ? read_record(type) : wrong("record");
      case TypeKind::tuple: return keyword == "tuple.const" ? read_tuple(type) : wrong("tuple");
      case TypeKind::list:
      case TypeKind::fixed_length_list: return keyword == "list.const" ? read_list(*type.element) : wrong("list");
      case TypeKind::map: return keyword == "map.const" ? read_map(type) : wrong("map");
      case TypeKind::flags: return keyword == "flags.const" ? read_flags(type) : wrong("flags");
      case TypeKind::enum_: return keyword == "enum.const" ? read_enum(type) : wrong("enum");
      case TypeKind::variant: return keyword == "variant.const" ? read_variant(type) : wrong("variant");
      case TypeKind::option:
        if (keyword == "option.none") return Val::none();
        return keyword == "option.some" ? Val::some(read(*type.element)) : wrong("option");
      case TypeKind::result:
        if (keyword == "result.ok") return read_case(0, type.element);
        return keyword == "result.err" ? read_case(1, type.second) : wrong("result");
      default: return wrong("another kind");
    }
  }

  template <class T>
  Val read_integer(Val (*make)(T)) {
    const ParsedNumber number = parse_integer(in_.text(in_.next()), 64);
    return number.fault == NumberFault::none ? make(static_cast<T>(number.bits)) : wrong("an integer");
  }

  Val read_float(bool is_double) {
    const std::string_view text = in_.text(in_.next());
    const bool is_nan = text.find("nan") != std::string_view::npos;
    if (is_double) {
      const std::uint64_t bits = is_nan ? 0x7FF8'0000'0000'0000 : parse_f64(text).bits;
      return Val::f64(std::bit_cast<double>(bits));
    }
    const auto bits = is_nan ? 0x7FC0'0000 : static_cast<std::uint32_t>(parse_f32(text).bits);
    return Val::f32(std::bit_cast<float>(bits));
  }

  Val read_char() {
    const std::string_view text = in_.expect_string("a character");
    const CodePoint point = decode_utf8(as_bytes(text).data(), as_bytes(text).data() + text.size());
    return point.size == text.size() && point.size != 0 ? Val::character(point.value) : wrong("char");
  }

  Val read_primitive(Primitive type, std::string_view keyword) {
    const auto is = [&](std::string_view expected) { return keyword == expected; };
    switch (type) {
      case Primitive::bool_: return is("bool.const") ? Val::boolean(in_.text(in_.next()) == "true") : wrong("bool");
      case Primitive::s8: return is("s8.const") ? read_integer<std::int8_t>(Val::s8) : wrong("s8");
      case Primitive::u8: return is("u8.const") ? read_integer<std::uint8_t>(Val::u8) : wrong("u8");
      case Primitive::s16: return is("s16.const") ? read_integer<std::int16_t>(Val::s16) : wrong("s16");
      case Primitive::u16: return is("u16.const") ? read_integer<std::uint16_t>(Val::u16) : wrong("u16");
      case Primitive::s32: return is("s32.const") ? read_integer<std::int32_t>(Val::s32) : wrong("s32");
      case Primitive::u32: return is("u32.const") ? read_integer<std::uint32_t>(Val::u32) : wrong("u32");
      case Primitive::s64: return is("s64.const") ? read_integer<std::int64_t>(Val::s64) : wrong("s64");
      case Primitive::u64: return is("u64.const") ? read_integer<std::uint64_t>(Val::u64) : wrong("u64");
      case Primitive::f32: return is("f32.const") ? read_float(false) : wrong("f32");
      case Primitive::f64: return is("f64.const") ? read_float(true) : wrong("f64");
      case Primitive::char_: return is("char.const") ? read_char() : wrong("char");
      case Primitive::string: return is("str.const") ? Val::string(in_.expect_string("a string")) : wrong("string");
      case Primitive::error_context: return wrong("error-context");
    }
    return {};
  }

  Val read_record(const ValueType& type) {
    std::vector<Val> fields(type.members.size());
    for (std::size_t i = 0; i < fields.size() && goes_on(); ++i) {
      in_.expect_open();
      if (in_.text(in_.next()) != "field") return wrong("record (field ...)");
      const std::size_t place = find_member(type.members, in_.expect_string("a field's name"));
      if (place == fields.size()) return wrong("record with this field");
      fields[place] = read(*type.members[place].type);
      in_.expect_close();
    }
    return Val::record(fields);
  }

  static std::size_t find_member(std::span<const Member> members, std::string_view label) {
    const auto found = std::ranges::find(members, label, &Member::label);
    return static_cast<std::size_t>(found - members.begin());
  }

  Val read_tuple(const ValueType& type) {
    std::vector<Val> fields;
    for (const ValueType* field : type.types) fields.push_back(read(*field));
    return Val::record(fields);
  }

  Val read_list(const ValueType& element) {
    std::vector<Val> items;
    while (goes_on() && in_.at(TokenKind::left_paren)) items.push_back(read(element));
    return Val::list(items);
  }

  Val read_map(const ValueType& type) {
    std::vector<Val> items;
    while (goes_on() && in_.accept(TokenKind::left_paren)) {
      (void)in_.next();  // the keyword of an entry
      const Val entry[2] = {read(*type.second), read(*type.element)};
      items.push_back(Val::record(entry));
      in_.expect_close();
    }
    return Val::list(items);
  }

  Val read_flags(const ValueType& type) {
    std::uint32_t bits = 0;
    while (goes_on() && in_.at(TokenKind::string)) {
      const auto found = std::ranges::find(type.labels, in_.expect_string("a flag's name"));
      if (found == type.labels.end()) return wrong("flags with this label");
      bits |= std::uint32_t{1} << static_cast<unsigned>(found - type.labels.begin());
    }
    return Val::flags(bits);
  }

  Val read_enum(const ValueType& type) {
    const auto found = std::ranges::find(type.labels, in_.expect_string("a case's name"));
    if (found == type.labels.end()) return wrong("enum with this case");
    return Val::enumeration(static_cast<std::uint32_t>(found - type.labels.begin()));
  }

  Val read_variant(const ValueType& type) {
    const std::size_t place = find_member(type.members, in_.expect_string("a case's name"));
    if (place == type.members.size()) return wrong("variant with this case");
    return read_case(static_cast<std::uint32_t>(place), type.members[place].type);
  }

  Val read_case(std::uint32_t index, const ValueType* payload) {
    return payload == nullptr ? Val::variant(index) : Val::variant(index, read(*payload));
  }

  TokenCursor in_;
  std::string wrong_;
  unsigned nesting_ = 0;
};

}  // namespace

Result<Val> parse_component_constant(std::string_view source, const ValueType& type) {
  Arena arena(*std::pmr::new_delete_resource());
  return ConstantReader(source, arena).run(type);
}

}  // namespace tenon::tools
