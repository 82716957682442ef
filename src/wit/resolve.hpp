// WIT texts to resolved packages: parse, order the packages, give every name its meaning, elaborate the worlds.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/WIT.md#name-resolution
//
// Nothing here opens a file: a folder is a list of paths and texts, so that an editor, a test and a program without
// files use the same entry. An error's place is in the file that its context names.
#pragma once

#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>

#include "model/wit/resolve.hpp"
#include "spec/features.hpp"
#include "tenon/result.hpp"

namespace tenon::wit {

struct ResolveOptions {
  Features features = Features::defaults();
  std::span<const std::string_view> unstable;  // the @unstable features that are wanted
  bool all_unstable = false;
  // Items of the main package that were added after this version are left out, and the package gets this version.
  std::optional<std::string_view> target_version;
};

// One file that holds all it needs: a package, and others in `package x { ... }`.
Result<Resolve> resolve_file(const Source& file, std::pmr::memory_resource& memory, const ResolveOptions& options = {});

// A folder. Paths are relative to it, with '/': the files `*.wit` at its top are the main package, each file and each
// folder in `deps/` is one more. Other files are ignored.
Result<Resolve> resolve_folder(std::span<const Source> files, std::pmr::memory_resource& memory,
                               const ResolveOptions& options = {});

}  // namespace tenon::wit
