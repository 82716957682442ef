// What is known of test scripts beforehand: expected failures, and the features that old scripts were written for. A
// list that is checked in beside the tests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenon/result.hpp"

namespace tenon::program {

// Lines, in which `#` begins a comment:
//
//     path:line             the directive that begins there fails
//     path                  some directive of the file fails, or the file as a whole
//     path --features LIST  the file runs with these features instead of those of the command line
//
// A path stands for every file whose path ends with it, and `folder/` for every file in such a folder.
class Expectations {
 public:
  // Adds the lines of a list. Errors: usage.
  Result<void> add(std::string_view list);
  bool expects_failure(std::string_view path, std::uint32_t line) const;
  // True when the list names the file as a whole.
  bool expects_failure(std::string_view path) const;
  std::optional<std::string> features_of(std::string_view path) const;

 private:
  struct Entry {
    std::string path;
    std::uint32_t line = 0;               // 0: the whole file
    std::optional<std::string> features;  // then it is no expected failure
  };
  Result<void> add_line(std::string_view text);
  std::vector<Entry> entries_;
};

// True when `path` is `ending`, or ends with it behind a slash; for an ending with a slash, when it is a folder on the
// way.
bool path_matches(std::string_view path, std::string_view ending);

}  // namespace tenon::program
