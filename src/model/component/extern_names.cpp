#include "model/component/extern_names.hpp"

#include <algorithm>

#include "base/concat.hpp"
#include "spec/needs_feature.hpp"

namespace tenon::component {

namespace {

constexpr std::string_view constructor_prefix = "[constructor]";
constexpr std::string_view method_prefix = "[method]";
constexpr std::string_view static_prefix = "[static]";

constexpr bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
constexpr bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

template <class... Pieces>
Error invalid(const Pieces&... pieces) {
  return fail(ErrorKind::invalid, {}, pieces...);
}

std::string_view word_fault(std::string_view word, bool is_first) noexcept {
  if (word.empty()) return "a name's words, between '-', are not empty";
  if (is_first && is_digit(word.front())) return "a name begins with a letter";
  bool has_lower = false;
  bool has_upper = false;
  for (const char c : word) {
    has_lower |= is_lower(c);
    has_upper |= is_upper(c);
    if (!is_lower(c) && !is_upper(c) && !is_digit(c)) return "a name has only letters from a to z, digits and '-'";
  }
  if (has_lower && has_upper) return "each word of a name is all lower case or all upper case";
  return {};
}

Result<void> check_label(std::string_view label) {
  if (label_fault(label).empty()) return {};
  return invalid('`', label,
                 "` is not in kebab case: words of one case, joined by '-', of which the first begins with "
                 "a letter, are expected");
}

// A label without acronyms, as namespaces and packages are.
Result<void> check_words(std::string_view label) {
  if (Result<void> checked = check_label(label); !checked) return checked;
  if (std::ranges::none_of(label, is_upper)) return {};
  return invalid('`', label, "` is not in lower case, as namespaces and packages are");
}

// Reads a semantic version; https://semver.org
class VersionReader {
 public:
  explicit VersionReader(std::string_view text) : rest_(text) {}

  Result<void> read() {
    if (rest_.empty()) return invalid("empty string, expected a version such as 1.2.3");
    constexpr std::string_view parts[] = {"major", "minor", "patch"};
    for (const std::string_view part : parts) {
      if (Result<void> number = read_number(part); !number) return number;
      if (part == parts[2]) break;
      if (rest_.empty()) return at_end(part);
      if (rest_.front() != '.')
        return invalid("unexpected character '", rest_.front(), "' after ", part, " version number");
      rest_.remove_prefix(1);
    }
    if (take('-')) {
      if (Result<void> read = read_identifiers("pre-release identifier", true); !read) return read;
    }
    if (take('+')) {
      if (Result<void> read = read_identifiers("build metadata", false); !read) return read;
    }
    if (!rest_.empty()) return invalid("unexpected character '", rest_.front(), "' after patch version number");
    return {};
  }

 private:
  static Error at_end(std::string_view part) {
    return invalid("unexpected end of input while parsing ", part, " version number");
  }
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  Result<void> read_number(std::string_view part) {
    if (rest_.empty()) return at_end(part);
    if (!is_digit(rest_.front())) {
      return invalid("unexpected character '", rest_.front(), "' while parsing ", part, " version number");
    }
    const auto end = std::ranges::find_if_not(rest_, is_digit);
    const auto size = static_cast<std::size_t>(end - rest_.begin());
    if (size > 1 && rest_.front() == '0') return invalid("invalid leading zero in ", part, " version number");
    if (size > max_digits) return invalid("value of ", part, " version number is too large");
    rest_.remove_prefix(size);
    return {};
  }
  Result<void> read_identifiers(std::string_view what, bool numbers_are_numbers) {
    while (true) {
      const auto allowed = [](char c) { return is_lower(c) || is_upper(c) || is_digit(c) || c == '-'; };
      const auto size = static_cast<std::size_t>(std::ranges::find_if_not(rest_, allowed) - rest_.begin());
      const std::string_view segment = rest_.substr(0, size);
      if (segment.empty()) return invalid("empty identifier segment in ", what);
      if (numbers_are_numbers && segment.size() > 1 && segment.front() == '0' &&
          std::ranges::all_of(segment, is_digit)) {
        return invalid("invalid leading zero in ", what);
      }
      rest_.remove_prefix(size);
      if (!take('.')) return {};
    }
  }

  static constexpr std::size_t max_digits = 19;
  std::string_view rest_;
};

bool is_number_above_zero(std::string_view text) noexcept {
  return !text.empty() && text.front() != '0' && std::ranges::all_of(text, is_digit);
}

// "1", "0.2", "0.0.3" or "0.0.0".
bool is_canonical_version(std::string_view text) noexcept {
  if (text == "0.0.0") return true;
  if (text.starts_with("0.0.")) return is_number_above_zero(text.substr(4));
  if (text.starts_with("0.")) return is_number_above_zero(text.substr(2));
  return is_number_above_zero(text);
}

Result<void> check_interface_version(ParsedName& name, Features features) {
  const bool allows_canonical = features.has(Feature::component_canonical_names);
  name.has_canonical_version = is_canonical_version(name.version);
  if (name.has_canonical_version && allows_canonical) return {};
  return check_version(name.version);
}

Result<ParsedName> parse_interface(std::string_view text, std::size_t colon, Features features) {
  ParsedName name;
  name.kind = ParsedName::Kind::interface;
  const bool allows_nested = features.has(Feature::component_nested_names);
  if (Result<void> checked = check_words(text.substr(0, colon)); !checked) return std::move(checked.error());
  std::string_view rest = text.substr(colon + 1);
  const NeedsFeature nested{"a nested name", Feature::component_nested_names};
  while (true) {
    const std::size_t end = std::min(rest.find_first_of(":/@"), rest.size());
    if (Result<void> checked = check_words(rest.substr(0, end)); !checked) return std::move(checked.error());
    if (end < rest.size() && rest[end] == ':' && allows_nested) {
      colon += end + 1;
      rest.remove_prefix(end + 1);
      continue;
    }
    if (end < rest.size() && rest[end] == ':') return invalid("expected `/` after package name: ", nested);
    if (end == rest.size() || rest[end] != '/') return invalid("expected `/` after package name");
    name.package = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    break;
  }
  name.namespace_ = text.substr(0, colon);
  const std::size_t at = rest.find('@');
  name.interface = rest.substr(0, at);
  for (std::string_view labels = name.interface;;) {
    const std::size_t slash = labels.find('/');
    if (Result<void> checked = check_label(labels.substr(0, slash)); !checked) return std::move(checked.error());
    if (slash == std::string_view::npos) break;
    if (!allows_nested) return invalid("trailing characters found: `", labels.substr(slash), "`: ", nested);
    labels.remove_prefix(slash + 1);
  }
  if (at == std::string_view::npos) return name;
  name.version = rest.substr(at + 1);
  if (Result<void> checked = check_interface_version(name, features); !checked) return std::move(checked.error());
  return name;
}

Result<ParsedName> parse_member(std::string_view text, ParsedName::Kind kind) {
  ParsedName name;
  name.kind = kind;
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return invalid("failed to find `.` character between a resource and its member");
  name.resource = text.substr(0, dot);
  name.label = text.substr(dot + 1);
  if (Result<void> checked = check_label(name.resource); !checked) return std::move(checked.error());
  if (Result<void> checked = check_label(name.label); !checked) return std::move(checked.error());
  return name;
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

Result<void> check_version(std::string_view version) { return VersionReader(version).read(); }

Result<ParsedName> parse_extern_name(std::string_view name, Features features) {
  if (name.starts_with(method_prefix)) {
    return parse_member(name.substr(method_prefix.size()), ParsedName::Kind::method);
  }
  if (name.starts_with(static_prefix)) {
    return parse_member(name.substr(static_prefix.size()), ParsedName::Kind::static_);
  }
  ParsedName result;
  if (name.starts_with(constructor_prefix)) {
    result.kind = ParsedName::Kind::constructor;
    result.resource = name.substr(constructor_prefix.size());
    if (Result<void> checked = check_label(result.resource); !checked) return std::move(checked.error());
    return result;
  }
  if (const std::size_t colon = name.find(':'); colon != std::string_view::npos) {
    return parse_interface(name, colon, features);
  }
  result.label = name;
  if (Result<void> checked = check_label(name); !checked) return std::move(checked.error());
  return result;
}

std::string uniqueness_key(std::string_view name) {
  const bool is_member = name.starts_with(method_prefix) || name.starts_with(static_prefix);
  if (is_member) name.remove_prefix(name.find(']') + 1);
  std::string key(name);
  for (char& c : key) {
    if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
  }
  const std::size_t dot = is_member ? key.find('.') : std::string::npos;
  if (dot != std::string::npos && key.compare(0, dot, key, dot + 1) == 0) key.resize(dot);
  return key;
}

}  // namespace tenon::component
