// Semantic versions 2.0, and the names of packages. https://semver.org/
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

namespace tenon::wit {

struct Version {
  std::uint64_t major = 0;
  std::uint64_t minor = 0;
  std::uint64_t patch = 0;
  std::string_view pre;    // behind '-', without it
  std::string_view build;  // behind '+', without it
  std::string_view text;   // all of it, as written
};

// Precedence as semver.org has it (its section 11); versions that differ only in their build are ordered by that.
std::strong_ordering operator<=>(const Version& left, const Version& right) noexcept;
inline bool operator==(const Version& left, const Version& right) noexcept { return (left <=> right) == 0; }

// `namespace:name@version`. With nested names (a gated feature) the namespace has more labels, joined by ':', and the
// name has more, joined by '/'.
struct PackageName {
  std::string_view namespace_;
  std::string_view name;
  const Version* version = nullptr;
};
std::strong_ordering operator<=>(const PackageName& left, const PackageName& right) noexcept;
inline bool operator==(const PackageName& left, const PackageName& right) noexcept { return (left <=> right) == 0; }

}  // namespace tenon::wit
