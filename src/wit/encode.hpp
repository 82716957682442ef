// WIT packages and worlds as components: the standard's binary form of WIT.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/WIT.md#package-format
#pragma once

#include <string_view>

#include "binary/core/byte_writer.hpp"
#include "model/component/component.hpp"
#include "model/wit/resolve.hpp"
#include "wit/component_builder.hpp"

namespace tenon::wit {

inline constexpr std::string_view package_docs_section = "package-docs";
inline constexpr std::string_view component_type_section = "component-type";
inline constexpr std::string_view encoding_section = "wit-component-encoding";
inline constexpr std::uint8_t encoding_version = 4;

// Appends the package as a component: a type export for each interface and world, with docs and gates in the custom
// section `package-docs`. `producer` is what the `producers` section says of who made it ("name version").
struct Producer {
  std::string_view name;
  std::string_view version;
};
void encode_package(const Resolve& resolve, PackageIdx package, const Producer& producer, ByteWriter& out);

// Appends what the custom section `component-type` of a core module says: one world, and how its functions pass
// strings.
void encode_world_metadata(const Resolve& resolve, WorldIdx world, component::StringEncoding encoding,
                           const Producer& producer, ByteWriter& out);

// Adds the world as a component type: what a component of that world imports and exports.
component::TypeIdx add_world_type(const Resolve& resolve, WorldIdx world, ComponentBuilder& out);

// The docs and gates of a package, as the custom section holds them.
std::string encode_package_docs(const Resolve& resolve, PackageIdx package);

}  // namespace tenon::wit
