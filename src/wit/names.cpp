#include "wit/names.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

namespace tenon::wit {

namespace {

bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
char lower(char c) noexcept { return is_upper(c) ? static_cast<char>(c + 32) : c; }

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = lower(c);
  return result;
}

std::string_view word_fault(std::string_view word, bool is_first) noexcept {
  if (word.empty()) return "a name's words, between '-', are not empty";
  if (is_first && is_digit(word.front())) return "a name begins with a letter";
  bool has_lower = false;
  bool has_upper = false;
  for (const char c : word) {
    if (is_lower(c)) {
      has_lower = true;
    } else if (is_upper(c)) {
      has_upper = true;
    } else if (!is_digit(c)) {
      return "a name has only letters from a to z, digits and '-'";
    }
  }
  if (has_lower && has_upper) return "each word of a name is all lower case or all upper case";
  return {};
}

// Identifiers of a pre-release or a build; `strict` forbids leading zeros in numbers.
bool valid_identifiers(std::string_view text, bool strict) noexcept {
  while (true) {
    const std::size_t dot = text.find('.');
    const std::string_view part = text.substr(0, dot);
    if (part.empty()) return false;
    const auto allowed = [](char c) { return is_lower(c) || is_upper(c) || is_digit(c) || c == '-'; };
    if (!std::ranges::all_of(part, allowed)) return false;
    if (strict && part.size() > 1 && part.front() == '0' && std::ranges::all_of(part, is_digit)) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool take_number(std::string_view& text, std::uint64_t& out) noexcept {
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), out);
  const auto size = static_cast<std::size_t>(end - text.data());
  if (status != std::errc{} || size == 0 || (size > 1 && text.front() == '0')) return false;
  text.remove_prefix(size);
  return true;
}

bool take(std::string_view& text, char c) noexcept {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string_view label_fault(std::string_view label) noexcept {
  if (label.empty()) return "a name is not empty";
  for (bool is_first = true;; is_first = false) {
    const std::size_t dash = label.find('-');
    if (const std::string_view fault = word_fault(label.substr(0, dash), is_first); !fault.empty()) return fault;
    if (dash == std::string_view::npos) return {};
    label.remove_prefix(dash + 1);
  }
}

std::string unique_key(std::string_view name) {
  if (name.starts_with("[constructor]")) return lower(name);
  if (name.starts_with('[')) name.remove_prefix(std::min(name.size(), name.find(']') + 1));
  std::string key = lower(name);
  const std::size_t dot = key.find('.');
  // A member that has its resource's name collides with the resource.
  if (dot != std::string::npos && key.substr(0, dot) == key.substr(dot + 1)) key.resize(dot);
  return key;
}

std::string_view parse_version(std::string_view text, Version& out) noexcept {
  constexpr std::string_view numbers = "a version is three numbers without leading zeros, as in 1.2.3";
  out = {};
  out.text = text;
  std::string_view rest = text;
  if (!take_number(rest, out.major) || !take(rest, '.')) return numbers;
  if (!take_number(rest, out.minor) || !take(rest, '.')) return numbers;
  if (!take_number(rest, out.patch)) return numbers;
  if (take(rest, '-')) {
    out.pre = rest.substr(0, rest.find('+'));
    rest.remove_prefix(out.pre.size());
    if (!valid_identifiers(out.pre, true)) return "a pre-release is identifiers joined by '.', as in 1.2.3-rc.1";
  }
  if (take(rest, '+')) {
    out.build = rest;
    rest = {};
    if (!valid_identifiers(out.build, false)) return "build metadata is identifiers joined by '.', as in 1.2.3+a.1";
  }
  return rest.empty() ? std::string_view{} : numbers;
}

bool satisfies(const Version& available, const Version& wanted) noexcept {
  if (!available.pre.empty() || !wanted.pre.empty()) return available == wanted;
  return compatibility_track(available) == compatibility_track(wanted) && (available <=> wanted) >= 0;
}

std::string_view compatibility_track(const Version& version) noexcept {
  const std::string_view whole = version.text.substr(0, version.text.find('+'));
  if (!version.pre.empty()) return whole;
  const std::size_t first_dot = whole.find('.');
  if (version.major != 0) return whole.substr(0, first_dot);
  const std::size_t second_dot = whole.find('.', first_dot + 1);
  return version.minor != 0 ? whole.substr(0, second_dot) : whole;
}

bool parse_qualified_name(std::string_view text, QualifiedName& out) noexcept {
  out = {};
  if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
    out.version = text.substr(at + 1);
    text = text.substr(0, at);
    if (out.version.empty()) return false;
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  out.namespace_ = text.substr(0, colon);
  out.package = text.substr(colon + 1);
  if (const std::size_t slash = out.package.rfind('/'); slash != std::string_view::npos) {
    out.item = out.package.substr(slash + 1);
    out.package = out.package.substr(0, slash);
    if (out.item.empty()) return false;
  }
  return !out.namespace_.empty() && !out.package.empty();
}

std::string to_string(const PackageName& name) {
  std::string result(name.namespace_);
  result += ':';
  result += name.name;
  if (name.version != nullptr) result.append(1, '@').append(name.version->text);
  return result;
}

std::string interface_name(const Resolve& resolve, InterfaceIdx index) {
  const Interface& interface = resolve.interfaces[index];
  if (interface.name.empty()) return {};
  const PackageName& package = resolve.packages[interface.package].name;
  std::string result(package.namespace_);
  result.append(1, ':').append(package.name).append(1, '/').append(interface.name);
  if (package.version != nullptr) result.append(1, '@').append(package.version->text);
  return result;
}

const WorldItem* find_compatible(const Resolve& resolve, std::span<const WorldItem> items, std::string_view name) {
  QualifiedName wanted;
  Version version;
  const bool is_qualified = parse_qualified_name(name, wanted) && !wanted.item.empty();
  const bool has_version = is_qualified && !wanted.version.empty() && parse_version(wanted.version, version).empty();
  const WorldItem* best = nullptr;
  const Version* best_version = nullptr;
  for (const WorldItem& item : items) {
    if (!item.name.empty()) {
      if (item.name == name) return &item;
      continue;
    }
    if (!is_qualified) continue;
    const Interface& interface = resolve.interfaces[item.interface];
    const PackageName& package = resolve.packages[interface.package].name;
    if (interface.name != wanted.item || package.name != wanted.package || package.namespace_ != wanted.namespace_) {
      continue;
    }
    if (!has_version || package.version == nullptr) {
      if (package.version == nullptr && wanted.version.empty()) return &item;
      continue;
    }
    if (!satisfies(*package.version, version)) continue;
    if (best == nullptr || *best_version < *package.version) {
      best = &item;
      best_version = package.version;
    }
  }
  return best;
}

// Levenshtein's distance, in one row; names are short and looked at only when an error is certain.
std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates) {
  constexpr std::size_t longest = 100;
  if (name.empty() || name.size() > longest) return {};
  const std::size_t near_enough = std::max<std::size_t>(1, name.size() / 3);
  std::size_t best = near_enough + 1;
  std::string_view result;
  std::vector<std::size_t> row;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > name.size() + near_enough || candidate.size() + near_enough < name.size()) continue;
    row.resize(candidate.size() + 1);
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = i;
    for (std::size_t i = 0; i < name.size(); ++i) {
      std::size_t diagonal = std::exchange(row[0], i + 1);
      for (std::size_t j = 0; j < candidate.size(); ++j) {
        const std::size_t replaced = diagonal + (lower(name[i]) == lower(candidate[j]) ? 0 : 1);
        diagonal = row[j + 1];
        row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
      }
    }
    if (row.back() < best) {
      best = row.back();
      result = candidate;
    }
  }
  return result;
}

}  // namespace tenon::wit
