// Tools over WIT, the language of component interfaces: read, show and encode packages, give a core module the world it
// was made for, and make a component of it. Each function takes texts and bytes and gives texts and bytes; nothing here
// opens a file.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/WIT.md
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tenon/result.hpp"
#include "tenon/tools.hpp"

namespace tenon::tools {

struct WitFile {
  std::string path;  // in a folder: relative to it, with '/'
  std::string contents;
};

// A package: one file that holds all it needs, or a folder. In a folder the files `*.wit` at its top are the package,
// and each file or folder in `deps/` is one that it depends on. A file may also be a component, binary or text: an
// encoded package, or (a single file) any component, for its world.
struct WitInput {
  std::vector<WitFile> files;
  bool is_folder = false;
};

struct WitOptions {
  FeatureSet features = default_features();
  std::vector<std::string> unstable{};  // the @unstable features that are wanted
  bool all_unstable = false;
  // Items of the package that were added after this version are left out; empty: none are.
  std::string target_version{};
};

enum class WitForm : std::uint8_t {
  text,    // canonical WIT of the package, and of those it depends on behind it
  json,    // it and all that it depends on, resolved
  binary,  // the package as a component
};

// A world turned round: `importize` makes imports of its exports, for who uses a component of it; `exportize` makes
// exports of its imports, for who implements them.
enum class WitTurn : std::uint8_t { none, importize, exportize };

// An error's place is in the file that its context names.
struct WitPrintOptions {
  WitOptions wit{};
  WitForm form = WitForm::text;
  bool docs = true;
  WitTurn turn = WitTurn::none;
  std::string world{};                        // to turn; empty: a component's, or the only one of the package
  std::string turned_world{};                 // its name then; empty: the old one with "-importized" or "-exportized"
  std::vector<std::string> turned_imports{};  // only these become exports; empty: all do
};
Result<std::string> print_wit(const WitInput& input, const WitPrintOptions& options = {});

// The package and each that it depends on as files for a folder: `name.wit`, and `deps/name.wit`.
Result<std::vector<WitFile>> print_wit_files(const WitInput& input, const WitPrintOptions& options = {});

// How strings are passed between a core module and its component.
enum class StringEncoding : std::uint8_t { utf8, utf16, latin1_utf16 };

// Adds to a core module what componentizing needs to know: the world it was made for, as the custom section
// `component-type`. `world` names it: "name", or "ns:pkg/name@1.0.0"; empty when the package has only one. Errors:
// those of the WIT and of the module; usage, when the world is not there.
struct EmbedOptions {
  WitOptions wit{};
  std::string world{};
  StringEncoding encoding = StringEncoding::utf8;
};
Result<std::string> embed_world(std::string_view module, const WitInput& input, const EmbedOptions& options = {});

// A core module as a component. Which world it was made for is said by its custom sections `component-type*`
// (`embed_world`), and how its imports and exports belong to that by their names.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md
//
// An adapter is a core module that implements what the main module imports from `name`, as those that turn
// `wasi_snapshot_preview1` into WASI 0.2; only what is used of it goes into the component. Errors: malformed; invalid,
// with the import or export in the context.
struct Adapter {
  std::string name;
  std::string module;  // binary or text
};
struct ComponentizeOptions {
  FeatureSet features = default_features();
  std::vector<Adapter> adapters{};
  bool merges_versions = true;           // imports of one interface in compatible versions become the latest of them
  bool realloc_via_memory_grow = false;  // adapters take whole pages, and do not ask the module to allocate for them
};
Result<std::string> componentize(std::string_view module, const ComponentizeOptions& options = {});

// Whether a component fits a world: it imports no more, and exports no less. Errors: unlinkable, with the first
// difference; those of the component, and of the WIT; usage, when the world is not there.
struct TargetsOptions {
  WitOptions wit{};
  std::string world{};
  bool matches_versions = false;  // 0.2.1 and 0.2.3 of an interface are held against one another
};
Result<void> check_targets(std::string_view component, const WitInput& input, const TargetsOptions& options = {});

// Whether whatever was made for the world `previous` fits `next` too; versions are not looked at. Errors: unlinkable,
// with the first difference; usage, when a world is not there.
Result<void> check_semver(const WitInput& input, std::string_view previous, std::string_view next,
                          const WitOptions& options = {});

// The component with its large core modules as imports, `unbundled-module0` and so on, and these modules as files.
struct UnbundleOptions {
  FeatureSet features = default_features();
  std::size_t threshold = 10 << 10;  // in bytes: larger modules are taken out
};
struct Unbundled {
  std::string component;
  std::vector<WitFile> modules;
};
Result<Unbundled> unbundle(std::string_view component, const UnbundleOptions& options = {});

}  // namespace tenon::tools
