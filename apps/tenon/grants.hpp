// What a guest is given, as options of `run`: nothing but what they name.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "tenon/wasi.hpp"

namespace tenon::program {

struct GrantOptions {
  std::vector<std::string> directories;  // HOST[::GUEST][:ro]
  std::vector<std::string> variables;    // K[=V]
  bool all_variables = false;
};

void declare_grants(CLI::App& command, GrantOptions& options);

// Errors: usage, naming the option.
Result<wasi::Config> read_grants(const GrantOptions& options);

// What a guest was refused, for the user who sees it fail. Each attempt is kept once.
class RefusalNotes {
 public:
  void add(const wasi::Refusal& refusal);
  // The notes as lines for standard error; few, however many there were.
  std::string text() const;

 private:
  std::vector<wasi::Refusal> refusals_;
  std::size_t dropped_ = 0;
};

}  // namespace tenon::program
