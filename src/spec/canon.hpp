// Canonical definitions as data, from canon.def.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "spec/features.hpp"

namespace tenon {

// The shape of a canonical definition's immediates in the order of the binary format.
enum class CanonImmediates : std::uint8_t {
  none,
  lift,          // sort byte, core function, options, function type
  lower,         // sort byte, function, options
  type,          // component type index
  type_options,  // component type index, options
  type_async,    // component type index, async flag
  async,         // async flag
  options,
  results_options,              // result list, options
  core_type_slot,               // core value type, slot number
  cancellable,                  // cancellable flag
  cancellable_memory,           // cancellable flag, core memory
  core_func_type_table,         // core type index, core table
  shared_core_func_type,        // shared flag, core type index
  shared_core_func_type_table,  // shared flag, core type index, core table
  shared,                       // shared flag
};

enum class CanonOp : std::uint8_t {
#define TENON_CANON(name, text, code, immediates, feature) name,
#include "spec/canon.def"
#undef TENON_CANON
};

struct CanonInfo {
  std::string_view text;
  std::uint8_t code;
  CanonImmediates immediates;
  Feature feature;
};

inline constexpr CanonInfo canon_infos[] = {
#define TENON_CANON(name, text, code, immediates, feature) {text, code, CanonImmediates::immediates, Feature::feature},
#include "spec/canon.def"
#undef TENON_CANON
};

constexpr const CanonInfo& info(CanonOp op) noexcept { return canon_infos[static_cast<std::size_t>(op)]; }

}  // namespace tenon
