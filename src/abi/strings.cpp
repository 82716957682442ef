#include "abi/strings.hpp"

#include <algorithm>
#include <cstring>

#include "abi/traps.hpp"
#include "base/utf8.hpp"
#include "spec/component_limits.hpp"

namespace tenon::component {

namespace {

std::uint16_t unit_at(const std::uint8_t* p, std::uint64_t unit) noexcept {
  return load_le<std::uint16_t>(p + 2 * unit);
}

// The scalar value at a code unit of UTF-16; size 0 when it is half of a pair.
CodePoint decode_utf16(const std::uint8_t* p, std::uint64_t unit, std::uint64_t code_units) noexcept {
  const std::uint16_t first = unit_at(p, unit);
  if (first < 0xD800 || first > 0xDFFF) return {first, 1};
  if (first > 0xDBFF || unit + 1 == code_units) return {};
  const std::uint16_t second = unit_at(p, unit + 1);
  if (second < 0xDC00 || second > 0xDFFF) return {};
  return {0x10000 + (static_cast<char32_t>(first - 0xD800) << 10) + (second - 0xDC00U), 2};
}

// What the first bad sequence of a text that is not UTF-8 is.
Error not_utf8(const std::uint8_t* p, std::uint64_t size) {
  const std::size_t good = utf8_prefix(Bytes(p, size));
  const std::uint8_t lead = p[good];
  const unsigned length = lead < 0xC2 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 1;
  const bool is_cut = length > size - good &&
                      std::all_of(p + good + 1, p + size, [](std::uint8_t byte) { return (byte & 0xC0) == 0x80; });
  return trapped(is_cut ? "incomplete utf-8 byte sequence" : "invalid utf-8", " in a string, at byte ", good, " of ",
                 size);
}

std::uint64_t utf16_tag(const LiftLowerContext& cx) noexcept { return std::uint64_t{1} << (cx.is_memory64 ? 63 : 31); }

}  // namespace

bool is_utf16(const std::uint8_t* p, std::uint64_t code_units) noexcept {
  std::uint64_t unit = 0;
  while (unit < code_units) {
    // Runs without surrogates, by 16 units: those are the units whose high bits are 11011.
    while (code_units - unit >= 16) {
      bool has_surrogate = false;
      for (unsigned i = 0; i < 16; ++i) has_surrogate |= (unit_at(p, unit + i) & 0xF800) == 0xD800;
      if (has_surrogate) break;
      unit += 16;
    }
    if (unit == code_units) break;
    const CodePoint point = decode_utf16(p, unit, code_units);
    if (point.size == 0) return false;
    unit += point.size;
  }
  return true;
}

std::uint64_t utf8_size_of_utf16(const std::uint8_t* p, std::uint64_t code_units) noexcept {
  std::uint64_t size = code_units;
  for (std::uint64_t i = 0; i < code_units; ++i) {
    const std::uint16_t unit = unit_at(p, i);
    // A pair of surrogates is 4 bytes: 2 for each.
    size += (unit >= 0x80 ? 1 : 0) + (unit >= 0x800 && (unit & 0xF800) != 0xD800 ? 1 : 0);
  }
  return size;
}

std::uint64_t utf8_size_of_latin1(const std::uint8_t* p, std::uint64_t size) noexcept {
  std::uint64_t result = size;
  for (std::uint64_t i = 0; i < size; ++i) result += p[i] >> 7;
  return result;
}

std::uint64_t utf16_to_utf8(const std::uint8_t* from, std::uint64_t code_units, std::uint8_t* to) noexcept {
  std::uint8_t* const begin = to;
  std::uint64_t unit = 0;
  while (unit < code_units) {
    while (code_units - unit >= 16) {
      std::uint16_t bits = 0;
      for (unsigned i = 0; i < 16; ++i) bits = static_cast<std::uint16_t>(bits | unit_at(from, unit + i));
      if (bits >= 0x80) break;
      for (unsigned i = 0; i < 16; ++i) to[i] = static_cast<std::uint8_t>(unit_at(from, unit + i));
      to += 16;
      unit += 16;
    }
    if (unit == code_units) break;
    const CodePoint point = decode_utf16(from, unit, code_units);
    char encoded[4];
    const unsigned size = encode_utf8(point.value, encoded);
    std::memcpy(to, encoded, size);
    to += size;
    unit += point.size;
  }
  return static_cast<std::uint64_t>(to - begin);
}

std::uint64_t latin1_to_utf8(const std::uint8_t* from, std::uint64_t size, std::uint8_t* to) noexcept {
  std::uint8_t* const begin = to;
  std::uint64_t done = 0;
  while (done < size) {
    const std::uint64_t ascii = ascii_prefix(Bytes(from + done, size - done));
    std::memcpy(to, from + done, ascii);
    to += ascii;
    done += ascii;
    for (; done < size && from[done] >= 0x80; ++done) {
      *to++ = static_cast<std::uint8_t>(0xC0 | from[done] >> 6);
      *to++ = static_cast<std::uint8_t>(0x80 | (from[done] & 0x3F));
    }
  }
  return static_cast<std::uint64_t>(to - begin);
}

void latin1_to_utf16(const std::uint8_t* from, std::uint64_t size, std::uint8_t* to) noexcept {
  if (from != to) {
    for (std::uint64_t i = 0; i < size; ++i) store_le<std::uint16_t>(to + 2 * i, from[i]);
    return;
  }
  for (std::uint64_t i = size; i-- > 0;) store_le<std::uint16_t>(to + 2 * i, from[i]);
}

std::uint64_t utf8_to_utf16(const std::uint8_t* from, std::uint64_t size, std::uint8_t* to) noexcept {
  std::uint8_t* const begin = to;
  std::uint64_t done = 0;
  while (done < size) {
    const std::uint64_t ascii = ascii_prefix(Bytes(from + done, size - done));
    latin1_to_utf16(from + done, ascii, to);
    to += 2 * ascii;
    done += ascii;
    while (done < size && from[done] >= 0x80) {
      const CodePoint point = decode_utf8(from + done, from + size);
      done += point.size;
      if (point.value < 0x10000) {
        store_le(to, static_cast<std::uint16_t>(point.value));
        to += 2;
        continue;
      }
      const char32_t rest = point.value - 0x10000;
      store_le(to, static_cast<std::uint16_t>(0xD800 + (rest >> 10)));
      store_le(to + 2, static_cast<std::uint16_t>(0xDC00 + (rest & 0x3FF)));
      to += 4;
    }
  }
  return static_cast<std::uint64_t>(to - begin);
}

Latin1Prefix utf8_to_latin1(const std::uint8_t* from, std::uint64_t size, std::uint8_t* to) noexcept {
  Latin1Prefix at;
  while (at.consumed < size) {
    const std::uint64_t ascii = ascii_prefix(Bytes(from + at.consumed, size - at.consumed));
    std::memcpy(to + at.written, from + at.consumed, ascii);
    at.consumed += ascii;
    at.written += ascii;
    while (at.consumed < size && from[at.consumed] >= 0x80) {
      const CodePoint point = decode_utf8(from + at.consumed, from + size);
      if (point.value > 0xFF) return at;
      to[at.written++] = static_cast<std::uint8_t>(point.value);
      at.consumed += point.size;
    }
  }
  return at;
}

Latin1Prefix utf16_to_latin1(const std::uint8_t* from, std::uint64_t code_units, std::uint8_t* to) noexcept {
  std::uint64_t unit = 0;
  for (; unit < code_units; ++unit) {
    const std::uint16_t value = unit_at(from, unit);
    if (value > 0xFF) break;
    to[unit] = static_cast<std::uint8_t>(value);
  }
  return {2 * unit, unit};
}

Result<StringView> check_string(const LiftLowerContext& cx, StringRange range) {
  StringView view{.code_units = range.tagged_code_units};
  view.is_latin1_utf16 = cx.string_encoding == StringEncoding::latin1_utf16;
  unsigned alignment = 2;
  switch (cx.string_encoding) {
    case StringEncoding::utf8: alignment = 1; break;
    case StringEncoding::utf16: view.form = TextForm::utf16; break;
    case StringEncoding::latin1_utf16:
      view.form = (range.tagged_code_units & utf16_tag(cx)) != 0 ? TextForm::utf16 : TextForm::latin1;
      view.code_units &= ~utf16_tag(cx);
      break;
  }
  const std::uint64_t most = limits::max_string_bytes >> (view.form == TextForm::utf16 ? 1 : 0);
  if (view.code_units > most) {
    return trapped("string content out-of-bounds: string pointer/length out of bounds of memory: a length of at most ",
                   most, " was expected, found ", view.code_units);
  }
  const std::uint64_t size = view.byte_length();
  if (range.pointer % alignment != 0) return trapped("unaligned pointer: string pointer not aligned to 2");
  if (auto checked = check_range(cx, range.pointer, size, "string"); !checked) return std::move(checked).error();
  view.data = cx.memory.data() + range.pointer;
  if (view.form == TextForm::utf8 && !is_utf8(Bytes(view.data, size))) return not_utf8(view.data, size);
  if (view.form == TextForm::utf16 && !is_utf16(view.data, view.code_units)) {
    return trapped("unpaired surrogate in a string of UTF-16: invalid utf-16");
  }
  return view;
}

Result<Val> load_string_from_range(const LiftLowerContext& cx, StringRange range) {
  auto view = check_string(cx, range);
  if (!view) return std::move(view).error();
  std::span<char> buffer;
  const std::uint8_t* data = view->data;
  switch (view->form) {
    case TextForm::utf8: {
      Val val = Val::string_buffer(view->code_units, buffer);
      if (!buffer.empty()) std::memcpy(buffer.data(), data, buffer.size());
      return val;
    }
    case TextForm::utf16: {
      Val val = Val::string_buffer(utf8_size_of_utf16(data, view->code_units), buffer);
      utf16_to_utf8(data, view->code_units, as_mutable_bytes(buffer).data());
      return val;
    }
    case TextForm::latin1: break;
  }
  Val val = Val::string_buffer(utf8_size_of_latin1(data, view->code_units), buffer);
  latin1_to_utf8(data, view->code_units, as_mutable_bytes(buffer).data());
  return val;
}

namespace {

// Storing strings, in the order of the definition: each function is the one of that name there.

Result<StringRange> store_string_copy(LiftLowerContext& cx, const StringView& source) {
  const bool is_wide = cx.string_encoding == StringEncoding::utf16 || source.form == TextForm::utf16;
  const std::uint64_t size = (is_wide ? 2 : 1) * source.code_units;
  auto pointer = reallocate(cx, 0, 0, cx.string_encoding == StringEncoding::utf8 ? 1 : 2, size, "string");
  if (!pointer) return std::move(pointer).error();
  std::uint8_t* to = cx.memory.data() + *pointer;
  if (is_wide && source.form == TextForm::latin1) {
    latin1_to_utf16(source.data, source.code_units, to);
  } else if (size != 0) {
    std::memcpy(to, source.data, size);
  }
  return StringRange{*pointer, source.code_units};
}

Result<StringRange> store_string_to_utf8(LiftLowerContext& cx, const StringView& source, std::uint64_t worst_case) {
  auto pointer = reallocate(cx, 0, 0, 1, source.code_units, "string");
  if (!pointer) return std::move(pointer).error();
  // The characters before the first that is not ASCII take a byte each.
  std::uint64_t ascii = 0;
  std::uint8_t* to = cx.memory.data() + *pointer;
  if (source.form == TextForm::latin1) {
    ascii = ascii_prefix(Bytes(source.data, source.code_units));
    if (ascii != 0) std::memcpy(to, source.data, ascii);
  } else {
    for (; ascii < source.code_units && unit_at(source.data, ascii) < 0x80; ++ascii) {
      to[ascii] = static_cast<std::uint8_t>(unit_at(source.data, ascii));
    }
  }
  if (ascii == source.code_units) return StringRange{*pointer, ascii};
  pointer = reallocate(cx, *pointer, source.code_units, 1, worst_case, "string");
  if (!pointer) return std::move(pointer).error();
  to = cx.memory.data() + *pointer + ascii;
  const std::uint64_t rest = source.code_units - ascii;
  const std::uint64_t written =
      ascii + (source.form == TextForm::latin1 ? latin1_to_utf8(source.data + ascii, rest, to)
                                               : utf16_to_utf8(source.data + 2 * ascii, rest, to));
  if (written < worst_case) {
    pointer = reallocate(cx, *pointer, worst_case, 1, written, "string");
    if (!pointer) return std::move(pointer).error();
  }
  return StringRange{*pointer, written};
}

Result<StringRange> store_utf8_to_utf16(LiftLowerContext& cx, const StringView& source) {
  const std::uint64_t worst_case = 2 * source.code_units;
  auto pointer = reallocate(cx, 0, 0, 2, worst_case, "string");
  if (!pointer) return std::move(pointer).error();
  const std::uint64_t written = utf8_to_utf16(source.data, source.code_units, cx.memory.data() + *pointer);
  if (written < worst_case) {
    pointer = reallocate(cx, *pointer, worst_case, 2, written, "string");
    if (!pointer) return std::move(pointer).error();
  }
  return StringRange{*pointer, written / 2};
}

Result<StringRange> store_string_to_latin1_or_utf16(LiftLowerContext& cx, const StringView& source) {
  auto pointer = reallocate(cx, 0, 0, 2, source.code_units, "string");
  if (!pointer) return std::move(pointer).error();
  const bool is_utf8 = source.form == TextForm::utf8;
  std::uint8_t* to = cx.memory.data() + *pointer;
  const Latin1Prefix prefix = is_utf8 ? utf8_to_latin1(source.data, source.code_units, to)
                                      : utf16_to_latin1(source.data, source.code_units, to);
  if (prefix.consumed == source.byte_length()) {
    if (prefix.written < source.code_units) {
      pointer = reallocate(cx, *pointer, source.code_units, 2, prefix.written, "string");
      if (!pointer) return std::move(pointer).error();
    }
    return StringRange{*pointer, prefix.written};
  }
  const std::uint64_t worst_case = 2 * source.code_units;
  pointer = reallocate(cx, *pointer, source.code_units, 2, worst_case, "string");
  if (!pointer) return std::move(pointer).error();
  to = cx.memory.data() + *pointer;
  latin1_to_utf16(to, prefix.written, to);
  std::uint64_t written = 2 * prefix.written;
  const std::uint64_t rest = source.byte_length() - prefix.consumed;
  if (is_utf8) {
    written += utf8_to_utf16(source.data + prefix.consumed, rest, to + written);
  } else {
    std::memcpy(to + written, source.data + prefix.consumed, rest);
    written += rest;
  }
  if (written < worst_case) {
    pointer = reallocate(cx, *pointer, worst_case, 2, written, "string");
    if (!pointer) return std::move(pointer).error();
  }
  return StringRange{*pointer, written / 2 | utf16_tag(cx)};
}

Result<StringRange> store_probably_utf16_to_latin1_or_utf16(LiftLowerContext& cx, const StringView& source) {
  const std::uint64_t size = 2 * source.code_units;
  auto pointer = reallocate(cx, 0, 0, 2, size, "string");
  if (!pointer) return std::move(pointer).error();
  std::uint8_t* to = cx.memory.data() + *pointer;
  if (size != 0) std::memcpy(to, source.data, size);
  bool is_wide = false;
  for (std::uint64_t i = 0; i < source.code_units; ++i) is_wide |= unit_at(source.data, i) > 0xFF;
  if (is_wide) return StringRange{*pointer, source.code_units | utf16_tag(cx)};
  for (std::uint64_t i = 0; i < source.code_units; ++i) to[i] = to[2 * i];
  pointer = reallocate(cx, *pointer, size, 1, source.code_units, "string");
  if (!pointer) return std::move(pointer).error();
  return StringRange{*pointer, source.code_units};
}

}  // namespace

Result<StringRange> store_string_into_range(LiftLowerContext& cx, const StringView& source) {
  switch (cx.string_encoding) {
    case StringEncoding::utf8:
      switch (source.form) {
        case TextForm::utf8: return store_string_copy(cx, source);
        case TextForm::utf16: return store_string_to_utf8(cx, source, 3 * source.code_units);
        case TextForm::latin1: return store_string_to_utf8(cx, source, 2 * source.code_units);
      }
      break;
    case StringEncoding::utf16:
      return source.form == TextForm::utf8 ? store_utf8_to_utf16(cx, source) : store_string_copy(cx, source);
    case StringEncoding::latin1_utf16: break;
  }
  if (!source.is_latin1_utf16) return store_string_to_latin1_or_utf16(cx, source);
  return source.form == TextForm::latin1 ? store_string_copy(cx, source)
                                         : store_probably_utf16_to_latin1_or_utf16(cx, source);
}

}  // namespace tenon::component
