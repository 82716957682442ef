// Core modules taken out of a component, which then imports them.
#pragma once

#include <string>
#include <vector>

#include "model/component/component.hpp"
#include "spec/features.hpp"
#include "tenon/result.hpp"

namespace tenon::compose {

struct UnbundledModule {
  std::string_view name;  // that the component imports it by
  Bytes bytes;
};

// Replaces each core module of the outermost component that is larger than `threshold` bytes by an import
// `unbundled-moduleN`, from 0 on, without those that the component imports already. Errors: those of reading and
// validating the component.
Result<std::vector<UnbundledModule>> unbundle(component::Component& component, std::size_t threshold,
                                              Features features);

}  // namespace tenon::compose
