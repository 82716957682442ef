#include "model/wit/resolve.hpp"

#include <algorithm>
#include <charconv>

namespace tenon::wit {

namespace {

bool is_number(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Dot-separated identifiers: numbers by value and before words, words by their bytes, a longer list last.
std::strong_ordering compare_identifiers(std::string_view left, std::string_view right) noexcept {
  while (!left.empty() && !right.empty()) {
    const std::string_view a = left.substr(0, left.find('.'));
    const std::string_view b = right.substr(0, right.find('.'));
    left.remove_prefix(std::min(left.size(), a.size() + 1));
    right.remove_prefix(std::min(right.size(), b.size() + 1));
    const bool a_number = is_number(a);
    const bool b_number = is_number(b);
    if (a_number != b_number) return a_number ? std::strong_ordering::less : std::strong_ordering::greater;
    if (a_number && a.size() != b.size()) return a.size() <=> b.size();
    if (const auto order = a <=> b; order != 0) return order;
  }
  return !left.empty() <=> !right.empty();
}

bool same_version(const Version* left, const Version* right) noexcept {
  return left == right || (left != nullptr && right != nullptr && *left == *right);
}

}  // namespace

std::strong_ordering operator<=>(const Version& left, const Version& right) noexcept {
  if (const auto order = left.major <=> right.major; order != 0) return order;
  if (const auto order = left.minor <=> right.minor; order != 0) return order;
  if (const auto order = left.patch <=> right.patch; order != 0) return order;
  if (left.pre.empty() != right.pre.empty()) return left.pre.empty() <=> right.pre.empty();
  if (const auto order = compare_identifiers(left.pre, right.pre); order != 0) return order;
  return compare_identifiers(left.build, right.build);
}

std::strong_ordering operator<=>(const PackageName& left, const PackageName& right) noexcept {
  if (const auto order = left.namespace_ <=> right.namespace_; order != 0) return order;
  if (const auto order = left.name <=> right.name; order != 0) return order;
  if (left.version == nullptr || right.version == nullptr) {
    return (left.version != nullptr) <=> (right.version != nullptr);
  }
  return *left.version <=> *right.version;
}

bool operator==(const Stability& left, const Stability& right) noexcept {
  return left.feature == right.feature && same_version(left.since, right.since) &&
         same_version(left.deprecated, right.deprecated);
}

std::string_view Function::item_name() const noexcept {
  if (kind == FunctionKind::freestanding) return name;
  if (kind == FunctionKind::constructor) return {};
  return name.substr(name.find('.') + 1);
}

PackageIdx Resolve::find_package(const PackageName& name) const noexcept {
  for (std::uint32_t i = 0; i < packages.size(); ++i) {
    if (packages[PackageIdx(i)].name == name) return PackageIdx(i);
  }
  return {};
}

InterfaceIdx Resolve::find_interface(PackageIdx package, std::string_view name) const noexcept {
  for (const InterfaceIdx index : packages[package].interfaces) {
    if (interfaces[index].name == name) return index;
  }
  return {};
}

WorldIdx Resolve::find_world(PackageIdx package, std::string_view name) const noexcept {
  for (const WorldIdx index : packages[package].worlds) {
    if (worlds[index].name == name) return index;
  }
  return {};
}

InterfaceIdx used_interface(const Resolve& resolve, const TypeDef& type) noexcept {
  if (type.kind != TypeKind::alias || !type.first.is_defined()) return {};
  const TypeDef& target = resolve.types[type.first.index];
  if (target.owner.kind != OwnerKind::interface || target.owner == type.owner) return {};
  return target.owner.interface;
}

}  // namespace tenon::wit
