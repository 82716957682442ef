// What was meant by a name that is not there: of those that are, the nearest by edit distance, if it is near enough.
// Names are short, and looked at only when an error is certain.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "base/concat.hpp"

namespace tenon {

class NearestName {
 public:
  // At most `bound` letters differ. By default a third of the name's, but not the only one.
  explicit NearestName(std::string_view name) noexcept
      : NearestName(name, name.size() < 2 ? 0 : std::max<std::size_t>(1, name.size() / 3)) {}
  NearestName(std::string_view name, std::size_t bound) noexcept : name_(name), best_(bound + 1) {}

  void offer(std::string_view candidate) noexcept {
    if (name_.empty() || name_.size() > longest || candidate.size() > longest || candidate == name_) return;
    if (candidate.size() >= name_.size() + best_ || name_.size() >= candidate.size() + best_) return;
    const std::size_t found = distance(candidate);
    if (found >= best_) return;
    best_ = found;
    found_ = candidate;
  }
  // Empty when none is near.
  std::string_view found() const noexcept { return found_; }

 private:
  static constexpr std::size_t longest = 128;

  static constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

  // Levenshtein's, in one row.
  std::size_t distance(std::string_view candidate) const noexcept {
    std::array<std::size_t, longest + 1> row{};
    for (std::size_t j = 0; j <= candidate.size(); ++j) row[j] = j;
    for (std::size_t i = 0; i < name_.size(); ++i) {
      std::size_t diagonal = std::exchange(row[0], i + 1);
      for (std::size_t j = 0; j < candidate.size(); ++j) {
        const std::size_t replaced = diagonal + (lower(name_[i]) == lower(candidate[j]) ? 0 : 1);
        diagonal = row[j + 1];
        row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
      }
    }
    return row[candidate.size()];
  }

  std::string_view name_;
  std::size_t best_;
  std::string_view found_;
};

// ", did you mean `x`?" in a message, or nothing.
inline void append_text(TextBuffer& out, const NearestName& nearest) noexcept {
  if (nearest.found().empty()) return;
  out.append(", did you mean `");
  out.append(nearest.found());
  out.append("`?");
}

}  // namespace tenon
