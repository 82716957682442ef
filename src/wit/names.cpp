#include "wit/names.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/nearest_name.hpp"
#include "model/component/extern_names.hpp"

namespace tenon::wit {

namespace {

// A number of a version that was checked, and the dot behind it.
std::uint64_t take_number(std::string_view& text) noexcept {
  std::uint64_t number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(std::min(static_cast<std::size_t>(end - text.data()) + 1, text.size()));
  return number;
}

}  // namespace

std::string_view parse_version(std::string_view text, Version& out) noexcept {
  out = {};
  out.text = text;
  if (!component::check_version(text)) {
    return "a version is three numbers without leading zeros, as in 1.2.3, or with more as in 1.2.3-rc.1 or 1.2.3+a.1";
  }
  const std::size_t plus = std::min(text.find('+'), text.size());
  out.build = text.substr(std::min(plus + 1, text.size()));
  std::string_view rest = text.substr(0, plus);
  const std::size_t dash = std::min(rest.find('-'), rest.size());
  out.pre = rest.substr(std::min(dash + 1, rest.size()));
  rest = rest.substr(0, dash);
  out.major = take_number(rest);
  out.minor = take_number(rest);
  out.patch = take_number(rest);
  return {};
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

std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates) {
  NearestName nearest(name);
  for (const std::string_view candidate : candidates) nearest.offer(candidate);
  return nearest.found();
}

}  // namespace tenon::wit
