#include "wast_expectations.hpp"

#include <algorithm>
#include <charconv>

namespace tenon::program {

bool path_ends_with(std::string_view path, std::string_view ending) {
  if (!path.ends_with(ending)) return false;
  return path.size() == ending.size() || path[path.size() - ending.size() - 1] == '/';
}

Result<void> Expectations::add(std::string_view list) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find('\n'), list.size());
    std::string_view text = list.substr(0, std::min(list.find('#'), end));
    list.remove_prefix(std::min(end + 1, list.size()));
    while (!text.empty() && (text.back() == ' ' || text.back() == '\r' || text.back() == '\t')) text.remove_suffix(1);
    if (text.empty()) continue;
    std::uint32_t line = 0;
    const std::size_t colon = text.rfind(':');
    if (colon != std::string_view::npos) {
      const std::string_view digits = text.substr(colon + 1);
      const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), line);
      if (parsed.ec != std::errc{} || parsed.ptr != digits.data() + digits.size() || line == 0) {
        return Error(ErrorKind::usage, "expected `path` or `path:line`, found \"" + std::string(text) + "\"");
      }
      text = text.substr(0, colon);
    }
    entries_.push_back({std::string(text), line});
  }
  return {};
}

bool Expectations::expects_failure(std::string_view path, std::uint32_t line) const {
  return std::ranges::any_of(entries_, [&](const Entry& entry) {
    return (entry.line == 0 || entry.line == line) && path_ends_with(path, entry.path);
  });
}

bool Expectations::expects_failure(std::string_view path) const {
  return std::ranges::any_of(entries_,
                             [&](const Entry& entry) { return entry.line == 0 && path_ends_with(path, entry.path); });
}

}  // namespace tenon::program
