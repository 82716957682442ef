// The text format of core modules: parsing to the model and printing from it.
// https://webassembly.github.io/spec/core/text/index.html
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "model/core/module.hpp"
#include "model/core/names.hpp"
#include "spec/features.hpp"
#include "tenon/result.hpp"

namespace tenon::core {

// Where an instruction of the binary form stands in the text.
struct CodePlace {
  std::uint64_t offset = 0;  // of the instruction, as an error of validation says it
  std::uint64_t text = 0;    // of its keyword or parenthesis in the text
};

// Where a definition or an import stands in the text.
struct DefinitionPlace {
  std::string_view kind;    // "function", "table", "type", ...
  std::uint32_t index = 0;  // in its index space
  std::uint64_t text = 0;
};

struct ParseOptions {
  Features features = Features::defaults();
  bool keep_names = true;                                    // identifiers and (@name ...) become a name section
  std::pmr::vector<CodePlace>* places = nullptr;             // where given, gets the place of every instruction
  std::pmr::vector<DefinitionPlace>* definitions = nullptr;  // where given, gets the place of every definition
};

// Parses one module: `(module ...)`, or module fields alone. The result owns or borrows from `source`, which must
// outlive it. All of its sections are `changed`. When `keep_names` found any, a name section stands after the known
// sections and what `(@custom ...)` placed by them, and before what was placed `(after last)`, as linkers write it:
// name, then producers. Offsets in the result (and so those in errors of validation) are offsets in `source`; inside
// code they count bytes of the binary form from where the body or expression begins in `source`, and
// `ParseOptions::places` tells what stands there. Errors: malformed, with line and column; messages as in the official
// suite.
Result<Module> parse_module(std::string_view source, std::pmr::memory_resource& memory,
                            const ParseOptions& options = {});

struct PrintOptions {
  bool fold = false;      // folded instructions
  bool skeleton = false;  // function bodies, data and element contents as `...`
  bool offsets = false;   // a comment with the binary offset before each item and instruction
  bool names = true;      // identifiers from the name section
  unsigned indent = 2;
  unsigned depth = 0;  // of the module in what is printed around it
};

// About how many bytes the text will have, rather too many than too few: what `print_module` reserves, for callers who
// want to prepare the memory.
std::size_t expected_text_size(const Module& module, const PrintOptions& options = {});

// Appends the module's text to `out`. Errors: malformed (a body that does not decode).
Result<void> print_module(const Module& module, std::string& out, const PrintOptions& options = {});

}  // namespace tenon::core
