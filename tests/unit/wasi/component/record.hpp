// What the tests saw of each function of WASI, so that tests/unit/wasi/check_functions.py can hold it against
// tests/unit/wasi/functions.txt. Lines of "VERSION INTERFACE#FUNCTION OUTCOME" go to the file that the variable
// TENON_WASI_RECORD names; without it, nothing is written.
#pragma once

#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tenon/component_values.hpp"
#include "tenon/result.hpp"

namespace tenon::wasi::test {

// What was recorded last, "0.3 wasi:cli/stdin#read-via-stream": an outcome that comes later is one of its own.
inline std::string& last_recorded() {
  static std::string line;  // of the test that runs
  return line;
}

inline void record_outcome(std::string_view version, std::string_view function, const std::string& outcome) {
  last_recorded() = std::string(version) + " " + std::string(function);
  static const char* const path = std::getenv("TENON_WASI_RECORD");
  if (path == nullptr) return;
  static std::ofstream file(path, std::ios::app);
  static std::set<std::string> seen;
  const std::string line = last_recorded() + " " + outcome + "\n";
  if (seen.insert(line).second) file << line << std::flush;
}

// Of the function that was recorded last: what its future gave.
inline void record_later(const std::string& outcome) {
  const std::size_t space = last_recorded().find(' ');
  const std::string of = last_recorded();
  record_outcome(of.substr(0, space), of.substr(space + 1), outcome);
}

// "0", "1" or "1:4" for results, options and other variants: the case, and that of its payload; "value" for the rest.
inline std::string outcome_of(const component::Val& value) {
  if (value.kind() != component::ValKind::variant) return "value";
  const std::string first = std::to_string(value.index());
  if (value.index() == 0 || !value.has_payload()) return first;
  const component::Val payload = value.payload();
  return payload.kind() == component::ValKind::variant ? first + ":" + std::to_string(payload.index()) : first;
}
inline std::string outcome_of(const Error& error) {
  if (error.kind() == ErrorKind::trap) return "trap";
  return error.kind() == ErrorKind::exit ? "exit" : "failure";
}
inline std::string outcome_of(const Result<std::vector<component::Val>>& answer) {
  if (!answer) return outcome_of(answer.error());
  return answer->empty() ? "value" : outcome_of(answer->front());
}

}  // namespace tenon::wasi::test
