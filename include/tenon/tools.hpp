// Tools over whole files: parse, print, validate, list and strip modules and components, and run test scripts. This is
// what the program `tenon` is made of; each function takes bytes or text and gives bytes or text.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tenon/result.hpp"
#include "tenon/tier.hpp"

namespace tenon::tools {

// "0.1.0".
std::string_view version() noexcept;

// Proposals switched on, as a bit set; get one from `parse_features`.
struct FeatureSet {
  std::uint64_t bits;
};
FeatureSet default_features() noexcept;
// "all", "none", or a comma-separated list that starts from the defaults: "gc,-simd,threads". Errors: usage (an unknown
// name, with the nearest known one).
Result<FeatureSet> parse_features(std::string_view list);
struct FeatureDescription {
  std::string_view option;
  std::string_view title;
  bool on_by_default;
};
std::vector<FeatureDescription> list_features();

// True when the bytes begin like a Wasm binary; anything else is taken for text.
bool is_binary(std::string_view bytes) noexcept;

// Text to binary. A binary comes back as it is.
struct ParseOptions {
  FeatureSet features = default_features();
  bool keep_names = true;
};
Result<std::string> parse(std::string_view source, const ParseOptions& options = {});

// Binary or text to text.
struct PrintOptions {
  FeatureSet features = default_features();
  bool fold = false;
  bool skeleton = false;
  bool offsets = false;
  bool names = true;
};
Result<std::string> print(std::string_view input, const PrintOptions& options = {});

// Checks a binary or text. `threads` validate function bodies in parallel; 0 means one for each core.
struct ValidateOptions {
  FeatureSet features = default_features();
  unsigned threads = 1;
};
Result<void> validate(std::string_view input, const ValidateOptions& options = {});

// A listing of a binary: its sections with offsets and sizes, or the disassembly with offsets, or a JSON of the
// sections; of a component also the core modules through which its guests call one another, as text.
enum class ListingForm : std::uint8_t { sections, disassembly, json, adapters };
struct ListingOptions {
  FeatureSet features = default_features();
  ListingForm form = ListingForm::disassembly;
};
Result<std::string> list(std::string_view input, const ListingOptions& options = {});

// Removes custom sections: all but the names (the default), or all, or those named.
struct StripOptions {
  FeatureSet features = default_features();
  bool all = false;                     // the name section too
  std::vector<std::string> sections{};  // only these, when not empty
};
Result<std::string> strip(std::string_view input, const StripOptions& options = {});

// The outcome of one directive of a test script.
enum class Outcome : std::uint8_t { passed, failed, skipped };
std::string_view to_string(Outcome outcome) noexcept;

struct DirectiveReport {
  std::string_view directive;  // "module", "assert_return", ...
  Outcome outcome;
  std::uint32_t line;
  std::uint32_t column;
  std::string_view message;  // why it failed or was skipped; empty when it passed
  // The place to look at: a fault inside the directive's module where that is known, otherwise the directive itself.
  std::uint32_t fault_line;
  std::uint32_t fault_column;
};
struct ScriptOptions {
  FeatureSet features = FeatureSet{~std::uint64_t{0}};
  std::function<void(const DirectiveReport&)> on_directive{};
  std::uint32_t only_line = 0;  // only the directive that begins in this line is reported (all run); 0: all
  bool loop_dispatch = false;   // run the interpreter's loop dispatch instead of its tail calls
  Tier tier = Tier::interpreter;
  // Threads of components go on in an order that this number makes, of those that the standard allows; 0: first come,
  // first served.
  std::uint64_t seed = 0;
};
struct ScriptReport {
  std::uint32_t passed = 0;
  std::uint32_t failed = 0;
  std::uint32_t skipped = 0;
};
// Runs a script in the WAST language. An assertion passes for its own reason only: `assert_malformed` needs a parse
// error, `assert_invalid` a validation error, and so on, with the script's text as a prefix of our message. Errors:
// malformed, when the script itself does not parse.
Result<ScriptReport> run_script(std::string_view source, const ScriptOptions& options = {});

// The directives of a script, in order, without running any. Errors: malformed.
struct ListedDirective {
  std::string_view directive;
  std::uint32_t line;
  std::uint32_t column;
};
Result<std::vector<ListedDirective>> list_script(std::string_view source);

// Renders an error as a compiler does: `error: message`, the place, the source line (or the bytes) with a caret, what
// the place is part of, and what to do where that is known. `source` is the input that `file` holds, text or binary, or
// empty when there is none. Control characters of the input do not reach the result. Ends with a line feed.
std::string render(const Error& error, std::string_view file, std::string_view source, bool colour);

}  // namespace tenon::tools
