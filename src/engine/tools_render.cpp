// Errors as a good compiler shows them.
//
//   error: type mismatch: expected i32, found f64
//     --> file.wat:3:14
//      |
//    3 |   (i32.add (f64.const 1) (i32.const 2))
//      |             ^~~~~~~~~
//      = in function 0 $main
//
// A binary has no lines, so its bytes around the fault are shown, and the section that holds it is named. Everything
// that comes from the input passes `append_visible`: a file that we show cannot move the cursor or set colours. Long
// lines (a megabyte in one line is common for generated text) are cut to a window around the caret.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/leb128.hpp"
#include "spec/sections.hpp"
#include "tenon/tools.hpp"

namespace tenon::tools {

namespace {

struct Palette {
  std::string_view error;
  std::string_view strong;
  std::string_view frame;
  std::string_view caret;
  std::string_view plain;
};

constexpr Palette colours{"\x1b[1;31m", "\x1b[1m", "\x1b[1;34m", "\x1b[1;31m", "\x1b[0m"};
constexpr Palette no_colours{};

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }
bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Text of the input, with everything that a terminal would obey replaced. C1 controls are the bytes C2 80 to C2 9F.
void append_visible(std::string& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_c1 = text[i] == '\xC2' && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (is_c1) ++i;
    if (is_c1 || is_control(text[i])) {
      out += text[i] == '\t' ? " " : "\xEF\xBF\xBD";
    } else {
      out += text[i];
    }
  }
}

// The same with line feeds kept: for messages and backtraces.
void append_visible_lines(std::string& out, std::string_view text, std::string_view line_start) {
  for (;;) {
    const std::size_t end = text.find('\n');
    append_visible(out, text.substr(0, end));
    if (end == std::string_view::npos) return;
    out += line_start;
    text.remove_prefix(end + 1);
  }
}

std::string hex(std::uint64_t value, unsigned width) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  do {
    text.insert(text.begin(), digits[value & 15]);
    value >>= 4;
  } while (value != 0);
  while (text.size() < width) text.insert(text.begin(), '0');
  return text;
}

std::string_view line_of(std::string_view source, std::uint32_t number) {
  for (std::uint32_t line = 1; line < number; ++line) {
    const std::size_t end = source.find('\n');
    if (end == std::string_view::npos) return {};
    source.remove_prefix(end + 1);
  }
  std::string_view line = source.substr(0, source.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// The text format of modules and components begins with a parenthesis or a comment of its kind; what else has lines is
// WIT.
bool is_wit(std::string_view source) {
  const std::size_t first = source.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && source[first] != '(' && source[first] != ';';
}

// Bytes of the word that begins here, for the length of the underline. In WIT more characters end a word, but not those
// inside a version.
std::size_t word_size(std::string_view text, bool is_wit) {
  if (text.empty()) return 1;
  if (text.front() == '(' || text.front() == ')') return 1;
  if (text.front() == '"') {
    for (std::size_t i = 1; i < text.size(); ++i) {
      if (text[i] == '\\') {
        ++i;
      } else if (text[i] == '"') {
        return i + 1;
      }
    }
    return text.size();
  }
  const bool is_number = text.front() >= '0' && text.front() <= '9';
  const std::string_view ends = !is_wit ? " \t();\"" : is_number ? " \t();\"{}<>,:=@/" : " \t();\"{}<>,:=@/.";
  return std::max<std::size_t>(1, std::min(text.find_first_of(ends), text.size()));
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return !is_continuation(c); }));
}

// `gutter | line`, and under it `gutter | ^~~`.
void append_marked_line(std::string& out, const Palette& paint, std::string_view label, std::string_view before,
                        std::string_view marked, std::string_view after) {
  const std::string blank(label.size(), ' ');
  out.append(paint.frame).append(blank).append(" |\n").append(label).append(" | ").append(paint.plain);
  std::string line;
  append_visible(line, before);
  const std::size_t indent = characters(line);
  append_visible(line, marked);
  append_visible(line, after);
  out.append(line).append("\n");
  out.append(paint.frame).append(blank).append(" | ").append(paint.plain).append(indent, ' ').append(paint.caret);
  out.append("^").append(std::max<std::size_t>(1, characters(marked)) - 1, '~').append(paint.plain).append("\n");
}

void append_source_line(std::string& out, const Palette& paint, std::string_view source, ErrorPlace place) {
  std::string_view line = line_of(source, place.line);
  std::size_t column = std::min<std::size_t>(place.column == 0 ? 0 : place.column - 1, line.size());
  constexpr std::size_t window = 160;
  constexpr std::size_t window_before = 60;
  if (line.size() > window && column > window_before) {
    std::size_t cut = column - window_before;
    while (cut < column && is_continuation(line[cut])) ++cut;
    line.remove_prefix(cut);
    column -= cut;
  }
  if (line.size() > window) {
    std::size_t end = window;
    while (end > column && is_continuation(line[end])) --end;
    line = line.substr(0, end);
  }
  const std::size_t marked = std::min(word_size(line.substr(column), is_wit(source)), line.size() - column);
  std::string label = std::to_string(place.line);
  label.insert(0, label.size() < 4 ? 4 - label.size() : 0, ' ');
  append_marked_line(out, paint, label, line.substr(0, column), line.substr(column, marked),
                     line.substr(column + marked));
}

void append_bytes(std::string& out, const Palette& paint, std::string_view source, std::uint64_t offset) {
  constexpr std::size_t bytes_before = 6;
  constexpr std::size_t bytes_shown = 16;
  const std::size_t at = static_cast<std::size_t>(offset);
  const std::size_t first = at < bytes_before ? 0 : at - bytes_before;
  const std::string_view shown = source.substr(first, bytes_shown);
  std::string before;
  std::string marked;
  std::string after;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    std::string& part = first + i < at ? before : first + i == at ? marked : after;
    const std::string digits = hex(static_cast<unsigned char>(shown[i]), 2);
    part += first + i < at ? digits + " " : first + i == at ? digits : " " + digits;
  }
  append_marked_line(out, paint, " 0x" + hex(first, 1), before, marked, after);
}

// "the code section (0x21 to 0x40)", for the offset of a byte in a core module or component; empty when it is in none.
std::string describe_section(std::string_view source, std::uint64_t offset) {
  constexpr std::size_t header_size = 8;
  const Bytes bytes = as_bytes(source);
  const std::uint8_t* const begin = bytes.data();
  const std::uint8_t* const end = begin + bytes.size();
  if (bytes.size() < header_size || offset < header_size) return "the header";
  const bool is_component = bytes[6] != 0;
  for (const std::uint8_t* p = begin + header_size; p < end;) {
    const std::uint8_t id = *p;
    const auto start = static_cast<std::uint64_t>(p - begin);
    std::uint32_t size = 0;
    LebFault fault = LebFault::none;
    const std::uint8_t* payload = decode_leb<std::uint32_t>(p + 1, end, size, fault);
    const bool is_whole = payload != nullptr && size <= static_cast<std::size_t>(end - payload);
    const std::uint64_t section_end = is_whole ? static_cast<std::uint64_t>(payload - begin) + size : bytes.size();
    if (offset >= start && (offset < section_end || !is_whole || section_end == bytes.size())) {
      const std::string_view title = is_component ? std::string_view("component") : section_title(SectionId{id});
      return "the " + std::string(title) + " section (0x" + hex(start, 1) + " to 0x" + hex(section_end, 1) + ")";
    }
    if (!is_whole) return {};
    p = payload + size;
  }
  return {};
}

void append_note(std::string& out, const Palette& paint, std::string_view note) {
  out.append(paint.frame).append("     = ").append(paint.plain);
  append_visible_lines(out, note, "\n       ");
  out += "\n";
}

}  // namespace

std::string render(const Error& error, std::string_view file, std::string_view source, bool colour) {
  const Palette& paint = colour ? colours : no_colours;
  const ErrorPlace place = error.place();
  std::string out;
  out.append(paint.error).append("error").append(paint.plain).append(paint.strong).append(": ");
  append_visible_lines(out, error.message(), "\n       ");
  out.append(paint.plain).append("\n");
  if (!file.empty()) {
    out.append(paint.frame).append("  --> ").append(paint.plain);
    append_visible(out, file);
    if (place.line != 0) {
      out += ":" + std::to_string(place.line) + ":" + std::to_string(std::max(1U, place.column));
    } else if (place.offset != ErrorPlace::no_offset) {
      out += is_binary(source) ? ": byte " : ": byte (of the binary form) ";
      out += "0x" + hex(place.offset, 1) + " (" + std::to_string(place.offset) + ")";
    }
    out += "\n";
  }
  const bool shows_bytes = place.line == 0 && place.offset <= source.size() && is_binary(source);
  if (place.line != 0 && !source.empty()) append_source_line(out, paint, source, place);
  if (shows_bytes) append_bytes(out, paint, source, place.offset);
  if (!error.context().empty()) {
    const bool is_backtrace = error.kind() == ErrorKind::trap || error.kind() == ErrorKind::exhausted;
    append_note(out, paint, (is_backtrace ? "" : "in ") + std::string(error.context()));
  }
  if (shows_bytes) {
    if (const std::string section = describe_section(source, place.offset); !section.empty()) {
      append_note(out, paint, "in " + section);
    }
  }
  return out;
}

}  // namespace tenon::tools
