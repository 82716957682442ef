// How the program ends; docs/exit-codes.md says the same to users.
#pragma once

namespace tenon::program {

enum class ExitCode : int {
  ok = 0,       // done
  refused = 1,  // the input is not what it should be, or a test failed
  usage = 2,    // the command line is wrong
  io = 3,       // a file could not be read or written, or a process not started
  trap = 4,     // the guest trapped, or passed a limit
};

}  // namespace tenon::program
