// Child processes: run many command lines, a few at a time, each with a time limit, and collect what they write. The
// program runs every test script in a process of its own with it, so that a crash or a hang costs one file.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "tenon/result.hpp"

namespace tenon::tools {

// How a child process ended.
struct ProcessOutcome {
  int exit_code = 0;       // meaningful when `signal` is 0
  int signal = 0;          // the signal that killed it; 0 when it exited by itself
  bool timed_out = false;  // it was killed because its time was up
  std::string output{};    // what it wrote to standard output
  std::string errors{};    // what it wrote to standard error
};

struct ProcessOptions {
  unsigned jobs = 0;                                  // processes at once; 0 means one for each core
  std::chrono::milliseconds time_limit{0};            // for each process; 0 means none
  std::size_t output_limit = std::size_t{256} << 20;  // bytes kept of each stream; the rest is read and dropped
  // Called in the caller's thread for each process that ended, in the order of ending, with its place in the list.
  std::function<void(std::size_t, ProcessOutcome&&)> on_exit{};
};

// Runs command lines (program first, found by PATH; no shell) with an empty standard input. Errors: io, when one could
// not be started (those still running are stopped then); usage, for an empty command line.
Result<void> run_processes(std::span<const std::vector<std::string>> commands, const ProcessOptions& options);

// The path of the running program, to start it again. Errors: io.
Result<std::string> program_path();

}  // namespace tenon::tools
