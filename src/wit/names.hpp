// The rules of names: versions, qualified names, and the nearest name for a suggestion.
#pragma once

#include <memory_resource>
#include <span>
#include <string>
#include <string_view>

#include "base/arena.hpp"
#include "model/wit/resolve.hpp"

namespace tenon::wit {

// What is wrong with a semantic version; empty when nothing is, and then `out` is the version. Its texts are views.
std::string_view parse_version(std::string_view text, Version& out) noexcept;

// Whether an import that asks for `wanted` may be given `available`: the same version, or a later one with the same
// first number that is not zero. Pre-releases are compatible with themselves only.
bool satisfies(const Version& available, const Version& wanted) noexcept;
// What versions that are compatible with one another share: "1", "0.2", "0.0.3", or all of a pre-release.
std::string_view compatibility_track(const Version& version) noexcept;

// Splits "ns:pkg/item@1.2.3"; item and version may be absent. False when it is not of that form.
struct QualifiedName {
  std::string_view namespace_;
  std::string_view package;
  std::string_view item;
  std::string_view version;
};
bool parse_qualified_name(std::string_view text, QualifiedName& out) noexcept;
// "ns:pkg/item@1.2.3", the name of an interface in components. Empty for an inline interface.
std::string interface_name(const Resolve& resolve, InterfaceIdx index);
std::string to_string(const PackageName& name);

// The world's import (or export) that satisfies an item of this name: the very name, or else the interface of the same
// package and name in the highest compatible version. nullptr when there is none.
const WorldItem* find_compatible(const Resolve& resolve, std::span<const WorldItem> items, std::string_view name);

// The candidate nearest to `name` that is near enough to be what was meant; empty when none is.
std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace tenon::wit
