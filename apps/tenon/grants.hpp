// What a guest is given, as options of `run` and `serve`: nothing but what they name.
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
  std::string policy;                  // a file
  std::vector<std::string> networks;   // HOST:PORT, either may be *
  std::vector<std::string> listeners;  // HOST:PORT
  std::vector<std::string> settings;   // K=V
  std::string key_values;              // mem or sqlite:FILE
};

void declare_grants(CLI::App& command, GrantOptions& options);

// Errors: usage, naming the option; io (the policy's file).
Result<wasi::Config> read_grants(const GrantOptions& options);

// What to tell the user of a guest that failed: each attempt that was refused, once, and other lines.
class Notes {
 public:
  void add(const wasi::Refusal& refusal);
  void add_text(std::string_view lines) { lines_ += lines; }
  // The notes as lines for standard error; few, however many there were.
  std::string text() const;

 private:
  std::string lines_;
  std::vector<wasi::Refusal> refusals_;
  std::size_t dropped_ = 0;
};

}  // namespace tenon::program
