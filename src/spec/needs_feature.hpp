// The text of every "switched off" error, the same wherever a feature is asked for.
#pragma once

#include <string_view>

#include "base/concat.hpp"
#include "spec/features.hpp"

namespace tenon {

// A piece of a message: "<what> needs the feature `gc`, which is off (--features gc)".
struct NeedsFeature {
  std::string_view what;
  Feature feature;
};

inline void append_text(TextBuffer& out, const NeedsFeature& missing) noexcept {
  const std::string_view option = info(missing.feature).option;
  out.append(missing.what);
  out.append(" needs the feature `");
  out.append(option);
  out.append("`, which is off (--features ");
  out.append(option);
  out.append(')');
}

}  // namespace tenon
