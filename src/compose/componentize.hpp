// A core module and its adapters as a component: `component new`.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md
#pragma once

#include <memory_resource>
#include <span>
#include <string_view>
#include <utility>

#include "base/bytes.hpp"
#include "binary/core/byte_writer.hpp"
#include "spec/features.hpp"
#include "tenon/result.hpp"
#include "wit/encode.hpp"

namespace tenon::compose {

// A core module that answers to the imports from `name` with what the component model has.
struct AdapterModule {
  std::string_view name;
  Bytes bytes;
};

struct ComponentizeOptions {
  Features features = Features::defaults();
  wit::Producer producer{"tenon", ""};
  bool merges_versions = true;           // imports of compatible versions become one
  bool realloc_via_memory_grow = false;  // adapters allocate pages of their own, not by the main module's realloc
};

// Appends the component. Its world is what the custom sections `component-type*` of all the modules say. Errors:
// malformed, invalid (the context names the module's import or export).
Result<void> componentize(Bytes module, std::span<const AdapterModule> adapters, const ComponentizeOptions& options,
                          ByteWriter& out);

}  // namespace tenon::compose
