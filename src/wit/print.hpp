// Resolved packages back to text: canonical WIT, and JSON for other tools.
#pragma once

#include <string>

#include "model/wit/resolve.hpp"

namespace tenon::wit {

struct PrintOptions {
  bool docs = true;
};

// One package; resolving the text gives the same package, where those it depends on are at hand.
std::string print_package(const Resolve& resolve, PackageIdx package, const PrintOptions& options = {});
// The main package, and all others after it in `package x { ... }`: a file that needs no other.
std::string print_all(const Resolve& resolve, const PrintOptions& options = {});

// A type as it is mentioned: `list<u8>`, `my-record`.
std::string print_type(const Resolve& resolve, const Type& type);

// The whole of it as JSON, in the shape that `wasm-tools component wit --json` made common.
std::string print_json(const Resolve& resolve);

}  // namespace tenon::wit
