// What is known without reading any module: the version, the format of an input, and feature lists as the command line
// writes them.
#include <algorithm>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "base/concat.hpp"
#include "spec/features.hpp"
#include "tenon/tools.hpp"

namespace tenon::tools {

namespace {

// Edits (insert, remove, replace a character) that turn one word into the other.
std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string_view nearest_feature(std::string_view word) {
  const auto nearest = std::ranges::min_element(
      feature_infos, {}, [&](const FeatureInfo& feature) { return edit_distance(word, feature.option); });
  return nearest->option;
}

std::optional<Feature> find_feature(std::string_view option) {
  for (std::size_t i = 0; i < feature_count; ++i) {
    if (feature_infos[i].option == option) return static_cast<Feature>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view version() noexcept { return TENON_VERSION; }

bool is_binary(std::string_view bytes) noexcept { return !bytes.empty() && bytes.front() == '\0'; }

FeatureSet default_features() noexcept { return {Features::defaults().bits()}; }

Result<FeatureSet> parse_features(std::string_view list) {
  Features set = Features::defaults();
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view word = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (word == "all" || word == "none") {
      set = word == "all" ? Features::all() : Features::none();
      continue;
    }
    const bool on = !word.starts_with('-');
    word.remove_prefix(word.starts_with('-') || word.starts_with('+') ? 1 : 0);
    const auto feature = find_feature(word);
    if (!feature) {
      return fail(ErrorKind::usage, {}, "unknown feature \"", word, "\": expected one like \"", nearest_feature(word),
                  "\"");
    }
    set.set(*feature, on);
  }
  return FeatureSet{set.bits()};
}

std::vector<FeatureDescription> list_features() {
  std::vector<FeatureDescription> features;
  for (const FeatureInfo& feature : feature_infos) {
    features.push_back({feature.option, feature.title, feature.on_by_default});
  }
  return features;
}

}  // namespace tenon::tools
