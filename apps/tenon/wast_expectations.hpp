// Expected failures of test scripts: a list that is checked in beside the tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tenon/result.hpp"

namespace tenon::program {

// Lines `path:line` (the directive that begins there) or `path` (some directive of the file, or the file itself). A
// path stands for every file whose path ends with it. `#` begins a comment.
class Expectations {
 public:
  // Adds the lines of a list. Errors: usage, with the line.
  Result<void> add(std::string_view list);
  bool expects_failure(std::string_view path, std::uint32_t line) const;
  // True when the list names the file as a whole.
  bool expects_failure(std::string_view path) const;

 private:
  struct Entry {
    std::string path;
    std::uint32_t line;  // 0: the whole file
  };
  std::vector<Entry> entries_;
};

// True when `path` is `ending`, or ends with it behind a slash.
bool path_ends_with(std::string_view path, std::string_view ending);

}  // namespace tenon::program
