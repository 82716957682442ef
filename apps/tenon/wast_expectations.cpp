#include "wast_expectations.hpp"

#include <algorithm>
#include <charconv>

namespace tenon::program {

bool path_matches(std::string_view path, std::string_view ending) {
  if (ending.ends_with('/')) {
    return path.starts_with(ending) || path.find("/" + std::string(ending)) != std::string_view::npos;
  }
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
    auto added = add_line(text);
    if (!added) return added;
  }
  return {};
}

Result<void> Expectations::add_line(std::string_view text) {
  constexpr std::string_view option = " --features ";
  if (const std::size_t at = text.find(option); at != std::string_view::npos) {
    entries_.push_back({std::string(text.substr(0, at)), 0, std::string(text.substr(at + option.size()))});
    return {};
  }
  std::uint32_t line = 0;
  if (const std::size_t colon = text.rfind(':'); colon != std::string_view::npos) {
    const std::string_view digits = text.substr(colon + 1);
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), line);
    if (parsed.ec != std::errc{} || parsed.ptr != digits.data() + digits.size() || line == 0) {
      return Error(ErrorKind::usage,
                   "expected `path`, `path:line` or `path --features LIST`, found \"" + std::string(text) + "\"");
    }
    text = text.substr(0, colon);
  }
  entries_.push_back({std::string(text), line, std::nullopt});
  return {};
}

bool Expectations::expects_failure(std::string_view path, std::uint32_t line) const {
  return std::ranges::any_of(entries_, [&](const Entry& entry) {
    return !entry.features && (entry.line == 0 || entry.line == line) && path_matches(path, entry.path);
  });
}

bool Expectations::expects_failure(std::string_view path) const {
  return std::ranges::any_of(entries_, [&](const Entry& entry) {
    return !entry.features && entry.line == 0 && path_matches(path, entry.path);
  });
}

std::optional<std::string> Expectations::features_of(std::string_view path) const {
  const auto found = std::ranges::find_if(
      entries_, [&](const Entry& entry) { return entry.features && path_matches(path, entry.path); });
  return found == entries_.end() ? std::nullopt : found->features;
}

}  // namespace tenon::program
