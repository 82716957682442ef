// The program `tenon`: one subcommand a file; this one finds which is asked for, and lets it declare its options.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <span>
#include <string>
#include <string_view>

#include "subcommand.hpp"
#include "tenon/tools.hpp"

namespace tenon::program {

namespace {

constexpr Subcommand subcommands[] = {
    {"run", "Run a module, or call one of its functions", declare_run},
    {"serve", "Serve HTTP with a component", declare_serve},
    {"compile", "Make machine code ahead of time", declare_compile},
    {"explore", "Show functions beside their machine code, as a page for a browser", declare_explore},
    {"cache", "Look at the compiled code that is kept, or remove it", declare_cache},
    {"parse", "Translate the text format to the binary format", declare_parse},
    {"print", "Show a module in the text format", declare_print},
    {"validate", "Check modules against the validation rules", declare_validate},
    {"objdump", "Show what a module holds, with offsets and bytes", declare_objdump},
    {"strip", "Remove custom sections", declare_strip},
    {"wit", "Show WIT, or encode it", declare_wit},
    {"component", "Make components, and work with WIT", declare_component},
    {"wast", "Run test scripts", declare_wast},
    {"completion", "Write a shell's completion script", declare_completion},
};

constexpr const char* footer =
    "Every FILE may be in the binary or the text format, whatever its name, and - is standard input.\n"
    "Exit codes: 0 done, 1 the input was refused or a test failed, 2 wrong usage, 3 input or output failed, 4 a trap.";

// Completion scripts are made from the declarations of all subcommands.
bool needs_all(std::string_view asked) { return asked == "completion"; }

// Marks where the guest's words begin, if `--` says so.
void mark_guest_words(std::span<char*> words, char* marker) {
  const auto dashes =
      std::ranges::find(words, std::string_view("--"), [](char* word) { return std::string_view(word); });
  if (dashes != words.end()) *dashes = marker;
}

int report_unknown(std::string_view asked) {
  std::fprintf(stderr, "error: there is no subcommand \"%.*s\"; `tenon --help` lists those there are\n",
               static_cast<int>(asked.size()), asked.data());
  return static_cast<int>(ExitCode::usage);
}

std::string usage_message(const CLI::App*, const CLI::Error& error) {
  return "error: " + std::string(error.what()) + "\nRun with --help for more information.\n";
}

int run(int argc, char** argv) {
  CLI::App app("Runs, reads, checks, prints and changes WebAssembly modules.", "tenon");
  app.set_version_flag("-V,--version", "tenon " + std::string(tools::version()));
  app.require_subcommand(1);
  app.failure_message(usage_message);
  app.footer(footer);
  const std::string_view asked = argc > 1 ? argv[1] : "";
  Action action;
  const bool is_known = std::ranges::find(subcommands, asked, &Subcommand::name) != std::end(subcommands);
  if (!is_known && !asked.empty() && !asked.starts_with('-')) return report_unknown(asked);
  const bool needs_others = needs_all(asked) || !is_known;
  for (const Subcommand& subcommand : subcommands) {
    if (subcommand.name != asked && !needs_others) continue;  // its help is not asked for
    CLI::App* command = app.add_subcommand(std::string(subcommand.name), std::string(subcommand.summary));
    if (subcommand.name != asked && !needs_all(asked)) continue;
    Action declared = subcommand.declare(*command);
    if (subcommand.name == asked) action = std::move(declared);
  }
  char marker[sizeof guest_words_marker];
  std::ranges::copy(guest_words_marker, marker);
  if (asked == "run") mark_guest_words(std::span(argv, static_cast<std::size_t>(argc)), marker);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool is_request = error.get_exit_code() == 0;  // --help and --version
    app.exit(error);
    return static_cast<int>(is_request ? ExitCode::ok : ExitCode::usage);
  }
  if (!action) {  // an option stands before the subcommand
    std::fprintf(stderr, "tenon: the subcommand must come first\n");
    return static_cast<int>(ExitCode::usage);
  }
  return static_cast<int>(action());
}

}  // namespace

}  // namespace tenon::program

int main(int argc, char** argv) {
  try {
    return tenon::program::run(argc, argv);
  } catch (const std::exception& exception) {  // the host's memory, or the command line library
    std::fprintf(stderr, "error: %s\n", exception.what());
    return static_cast<int>(tenon::program::ExitCode::io);
  }
}
