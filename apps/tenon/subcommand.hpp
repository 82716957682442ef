// What a subcommand is to the program: a name, a line of help, and a function that declares its options and gives back
// what to do once they are read. Only the subcommand in use declares its options, so a start costs no more for many of
// them (docs/adding-a-subcommand.md).
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string_view>

#include "exit_code.hpp"

namespace tenon::program {

using Action = std::function<ExitCode()>;

struct Subcommand {
  std::string_view name;
  std::string_view summary;
  Action (*declare)(CLI::App& command);
};

// Stands for the first `--` among the words of a subcommand that passes words on to a guest: CLI11 would keep it, and
// lose the order of what is behind it.
inline constexpr char guest_words_marker[] = "\x01--";

Action declare_parse(CLI::App& command);
Action declare_print(CLI::App& command);
Action declare_validate(CLI::App& command);
Action declare_objdump(CLI::App& command);
Action declare_run(CLI::App& command);
Action declare_serve(CLI::App& command);
Action declare_strip(CLI::App& command);
Action declare_wit(CLI::App& command);
Action declare_component(CLI::App& command);
Action declare_wast(CLI::App& command);
Action declare_compile(CLI::App& command);
Action declare_explore(CLI::App& command);
Action declare_cache(CLI::App& command);
Action declare_completion(CLI::App& command);

}  // namespace tenon::program
