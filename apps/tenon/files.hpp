// Files and terminals as the subcommands see them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "exit_code.hpp"
#include "tenon/result.hpp"

namespace tenon::program {

// The whole of a file, or of standard input for "-". Errors: io.
Result<std::string> read_input(const std::string& path);

// For an input that is to be run, and has no bytes.
Error nothing_to_read();

// Writes to a file, or to standard output for "-". Errors: io; usage, for a binary that would go to a terminal.
Result<void> write_output(const std::string& path, std::string_view contents);

// Whether errors are shown in colour, for `--color` auto, always or never.
bool wants_colour(std::string_view choice, int descriptor);

// Shows an error on standard error, with a note where a file that should be WebAssembly is none, and gives the exit
// code that goes with its kind.
enum class Language : std::uint8_t { wasm, wit };
ExitCode report(const Error& error, std::string_view file, std::string_view source, bool colour,
                Language language = Language::wasm);

// The name to show for a path: "-" is standard input.
std::string_view shown_name(std::string_view path);

}  // namespace tenon::program
