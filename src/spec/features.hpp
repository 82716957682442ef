// The proposals that can be switched on and off, from features.def.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tenon {

enum class Feature : std::uint8_t {
#define TENON_FEATURE(name, option, on, title, link) name,
#include "spec/features.def"
#undef TENON_FEATURE
};

inline constexpr std::size_t feature_count = 0
#define TENON_FEATURE(name, option, on, title, link) +1
#include "spec/features.def"
#undef TENON_FEATURE
    ;
static_assert(feature_count <= 64);

struct FeatureInfo {
  std::string_view option;
  std::string_view title;
  std::string_view link;
  bool on_by_default;
};

inline constexpr FeatureInfo feature_infos[] = {
#define TENON_FEATURE(name, option, on, title, link) {option, title, link, on},
#include "spec/features.def"
#undef TENON_FEATURE
};

constexpr const FeatureInfo& info(Feature feature) noexcept { return feature_infos[static_cast<std::size_t>(feature)]; }

// A set of features.
class Features {
 public:
  constexpr Features() noexcept = default;
  static constexpr Features defaults() noexcept {
    Features set;
    for (std::size_t i = 0; i < feature_count; ++i) set.set(static_cast<Feature>(i), feature_infos[i].on_by_default);
    return set;
  }
  static constexpr Features all() noexcept {
    Features set;
    for (std::size_t i = 0; i < feature_count; ++i) set.set(static_cast<Feature>(i), true);
    return set;
  }
  static constexpr Features none() noexcept {
    Features set;
    set.set(Feature::mvp, true);
    return set;
  }
  constexpr bool has(Feature feature) const noexcept { return (bits_ >> static_cast<unsigned>(feature) & 1) != 0; }
  constexpr void set(Feature feature, bool on) noexcept {
    const std::uint64_t bit = std::uint64_t{1} << static_cast<unsigned>(feature);
    bits_ = on ? bits_ | bit : bits_ & ~bit;
  }
  constexpr std::uint64_t bits() const noexcept { return bits_; }
  static constexpr Features from_bits(std::uint64_t bits) noexcept {
    Features set;
    set.bits_ = bits;
    return set;
  }
  constexpr bool operator==(const Features&) const noexcept = default;

 private:
  std::uint64_t bits_ = 0;
};

}  // namespace tenon
