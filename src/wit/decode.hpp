// Components back to WIT: packages that were encoded as components, the world in a core module's `component-type`
// section, and the world of any component.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/WIT.md#package-format
//
// The result borrows nothing. Errors: invalid, with the offset of the import or export, when WIT has no words for what
// the component does, or what it says of itself does not fit; malformed; exhausted.
#pragma once

#include <memory_resource>

#include "base/bytes.hpp"
#include "model/component/component.hpp"
#include "model/wit/resolve.hpp"
#include "spec/features.hpp"
#include "tenon/result.hpp"

namespace tenon::wit {

struct Decoded {
  Resolve resolve;
  WorldIdx world;  // of a component, or of a module's section; none when a package was encoded
};

// A package, or else the world `root` of the component in the package `root:component`.
Result<Decoded> decode_component(const component::Component& component, std::pmr::memory_resource& memory);

// One world with the way its functions pass strings.
struct DecodedWorld {
  Decoded wit;
  component::StringEncoding encoding{};
};
// What `encode_world_metadata` wrote, or other tools did. `offset` is where the payload stands in its module.
Result<DecodedWorld> decode_world_metadata(Bytes payload, std::uint64_t offset, Features features,
                                           std::pmr::memory_resource& memory);

// Adds what a `package-docs` section says to the package. False when it does not fit.
bool decode_package_docs(Resolve& resolve, PackageIdx package, Bytes payload);

}  // namespace tenon::wit
