// Values to text.
#include "abi/layout.hpp"
#include "abi/wave.hpp"
#include "base/float_text.hpp"
#include "base/utf8.hpp"

namespace tenon::component {

namespace {

// Words of the notation; a label that is one of them is written with % in front.
constexpr std::string_view words[] = {"true", "false", "inf", "nan", "some", "none", "ok", "err"};

void append_label(std::string& out, std::string_view label) {
  for (const std::string_view word : words) {
    if (label == word) out += '%';
  }
  out += label;
}

void append_escape(std::string& out, char32_t value) {
  constexpr char digits[] = "0123456789abcdef";
  out += "\\u{";
  int shift = 20;
  while (shift > 0 && value >> shift == 0) shift -= 4;
  for (; shift >= 0; shift -= 4) out += digits[value >> shift & 0xF];
  out += '}';
}

void append_character(std::string& out, char32_t value, char quote) {
  switch (value) {
    case '\\': out += "\\\\"; return;
    case '\t': out += "\\t"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    default: break;
  }
  if (value == static_cast<char32_t>(quote)) {
    out += '\\';
    out += quote;
  } else if (value < 0x20 || value == 0x7F) {
    append_escape(out, value);
  } else {
    char encoded[4];
    out.append(encoded, encode_utf8(value, encoded));
  }
}

void append_string(std::string& out, std::string_view text) {
  out += '"';
  const Bytes bytes = as_bytes(text);
  const std::uint8_t* const end = bytes.data() + bytes.size();
  for (const std::uint8_t* p = bytes.data(); p != end;) {
    const CodePoint point = decode_utf8(p, end);
    append_character(out, point.size == 0 ? 0xFFFD : point.value, '"');
    p += point.size == 0 ? 1 : point.size;
  }
  out += '"';
}

void append_float(std::string& out, const NumberText& text, bool is_nan) { out += is_nan ? "nan" : text.view(); }

void append_primitive(std::string& out, const Val& value) {
  switch (value.kind()) {
    case ValKind::boolean: out += value.boolean() ? "true" : "false"; return;
    case ValKind::s8:
    case ValKind::s16:
    case ValKind::s32:
    case ValKind::s64: out += std::to_string(value.signed_integer()); return;
    case ValKind::f32:
      append_float(out, print_f32(static_cast<std::uint32_t>(value.bits())), value.f32() != value.f32());
      return;
    case ValKind::f64: append_float(out, print_f64(value.bits()), value.f64() != value.f64()); return;
    case ValKind::character:
      out += '\'';
      append_character(out, value.character(), '\'');
      out += '\'';
      return;
    case ValKind::string: append_string(out, value.string()); return;
    default: out += std::to_string(value.unsigned_integer()); return;
  }
}

void append_variant(std::string& out, const Val& value, const ValueType& type) {
  switch (type.kind) {
    case TypeKind::option: out += value.index() == 0 ? "none" : "some"; break;
    case TypeKind::result: out += value.index() == 0 ? "ok" : "err"; break;
    case TypeKind::enum_: append_label(out, type.labels[value.index()]); break;
    default: append_label(out, type.members[value.index()].label); break;
  }
  if (!value.has_payload()) return;
  out += '(';
  print_wave(out, value.payload(), *CaseList{&type}.payload(value.index()));
  out += ')';
}

void append_flags(std::string& out, const Val& value, const ValueType& type) {
  out += '{';
  bool is_first = true;
  for (std::size_t i = 0; i < type.labels.size(); ++i) {
    if ((value.flags() >> i & 1) == 0) continue;
    if (!std::exchange(is_first, false)) out += ", ";
    append_label(out, type.labels[i]);
  }
  out += '}';
}

void append_record(std::string& out, const Val& value, const ValueType& type) {
  out += type.kind == TypeKind::record ? '{' : '(';
  for (std::uint32_t i = 0, n = field_count(type); i < n; ++i) {
    if (i != 0) out += ", ";
    if (type.kind == TypeKind::record) {
      append_label(out, type.members[i].label);
      out += ": ";
    }
    print_wave(out, value.fields()[i], field_type(type, i));
  }
  out += type.kind == TypeKind::record ? '}' : ')';
}

void append_list(std::string& out, const Val& value, const ValueType& type) {
  out += '[';
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (i != 0) out += ", ";
    if (type.kind == TypeKind::map) {
      append_record(out, value[i], type);
    } else {
      print_wave(out, value[i], *type.element);
    }
  }
  out += ']';
}

}  // namespace

void print_wave(std::string& out, const Val& value, const ValueType& type) {
  switch (type.kind) {
    case TypeKind::primitive:
      if (type.primitive != Primitive::error_context) return append_primitive(out, value);
      break;
    case TypeKind::list:
    case TypeKind::fixed_length_list:
    case TypeKind::map: return append_list(out, value, type);
    case TypeKind::record:
    case TypeKind::tuple: return append_record(out, value, type);
    case TypeKind::variant:
    case TypeKind::enum_:
    case TypeKind::option:
    case TypeKind::result: return append_variant(out, value, type);
    case TypeKind::flags: return append_flags(out, value, type);
    default: break;
  }
  constexpr std::string_view names[] = {"own", "borrow", "stream", "future"};
  const std::string_view name = type.kind == TypeKind::own      ? names[0]
                                : type.kind == TypeKind::borrow ? names[1]
                                : type.kind == TypeKind::stream ? names[2]
                                : type.kind == TypeKind::future ? names[3]
                                                                : "error-context";
  out += '<';
  out += name;
  out += '>';
}

}  // namespace tenon::component
