#include "wit/json_reader.hpp"

#include <charconv>

#include "base/utf8.hpp"

namespace tenon::wit {

void JsonReader::space() {
  const std::size_t end = rest_.find_first_not_of(" \t\r\n");
  rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end);
}

bool JsonReader::take_if(char c) {
  if (!rest_.starts_with(c)) return false;
  rest_.remove_prefix(1);
  return true;
}

bool JsonReader::null() {
  space();
  if (!rest_.starts_with("null")) return false;
  rest_.remove_prefix(4);
  return true;
}

std::string JsonReader::string() {
  std::string out;
  if (!take('"')) return fail(), out;
  while (true) {
    std::size_t run = 0;
    while (run < rest_.size() && rest_[run] != '"' && rest_[run] != '\\' &&
           static_cast<unsigned char>(rest_[run]) >= ' ')
      ++run;
    out += rest_.substr(0, run);
    rest_.remove_prefix(run);
    if (take_if('"')) return out;
    if (!take_if('\\')) return fail(), std::string();
    escape(out);
    if (!ok_) return {};
  }
}

std::uint32_t JsonReader::hex4() {
  std::uint32_t value = 0;
  if (rest_.size() < 4) return fail(), 0;
  const auto [end, status] = std::from_chars(rest_.data(), rest_.data() + 4, value, 16);
  if (status != std::errc{} || end != rest_.data() + 4) return fail(), 0;
  rest_.remove_prefix(4);
  return value;
}

void JsonReader::escape(std::string& out) {
  constexpr std::string_view letters = "btnfr\"\\/";
  constexpr std::string_view meanings = "\b\t\n\f\r\"\\/";
  if (rest_.empty()) return fail();
  const char letter = rest_.front();
  rest_.remove_prefix(1);
  if (const std::size_t at = letters.find(letter); at != std::string_view::npos) {
    out += meanings[at];
    return;
  }
  if (letter != 'u') return fail();
  std::uint32_t point = hex4();
  const bool is_first_half = point >= 0xD800 && point < 0xDC00;
  if (is_first_half) {
    if (!rest_.starts_with("\\u")) return fail();
    rest_.remove_prefix(2);
    const std::uint32_t second = hex4();
    if (second < 0xDC00 || second > 0xDFFF) return fail();
    point = 0x10000 + ((point - 0xD800) << 10) + (second - 0xDC00);
  } else if (point >= 0xDC00 && point < 0xE000) {
    return fail();
  }
  char encoded[4];
  out.append(encoded, encode_utf8(point, encoded));
}

}  // namespace tenon::wit
