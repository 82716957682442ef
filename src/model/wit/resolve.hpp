// WIT packages with every name resolved: what the parser makes, and bindings, encoders and printers read.
//
// Everything lies in one arena, texts included; an index is good for the `Resolve` it came from. Packages, interfaces
// and types stand in topological order: what one refers to has a smaller index.
#pragma once

#include <memory_resource>
#include <string_view>

#include "model/wit/types.hpp"

namespace tenon::wit {

struct NamedType {
  std::string_view name;
  TypeIdx type;
};

struct Interface {
  std::string_view name;  // empty when it is written inline in a world
  PackageIdx package;
  ArenaVector<NamedType> types;
  ArenaVector<Function> functions;
  Docs docs;
  Stability stability;
  Span span;
  InterfaceIdx clone_of;  // set when an `include` made a copy of an inline interface
};

enum class WorldItemKind : std::uint8_t { interface, function, type };

// An import or an export. Its key is its plain name or, when that is empty, the interface.
struct WorldItem {
  WorldItemKind kind{};
  std::string_view name;
  InterfaceIdx interface;
  TypeIdx type;
  Function function;
  Docs docs;            // of an interface's statement; a function has its own
  Stability stability;  // likewise
  std::optional<std::string_view> external_id;
  Span span;
};

// Imports and exports are elaborated: what an import needs stands before it, though the world does not name it.
struct World {
  std::string_view name;
  PackageIdx package;
  ArenaVector<WorldItem> imports;
  ArenaVector<WorldItem> exports;
  Docs docs;
  Stability stability;
  Span span;
};

struct Package {
  PackageName name;
  Docs docs;
  ArenaVector<InterfaceIdx> interfaces;  // those with a name
  ArenaVector<WorldIdx> worlds;
};

struct Source {
  std::string_view path;
  std::string_view text;
  bool is_spare = false;  // its packages are left out where another file has them
};

struct Resolve {
  explicit Resolve(std::pmr::memory_resource& memory) : arena(memory) {}

  Arena arena;
  IndexVector<SourceIdx, Source> sources;
  IndexVector<PackageIdx, Package> packages;
  IndexVector<InterfaceIdx, Interface> interfaces;
  IndexVector<WorldIdx, World> worlds;
  IndexVector<TypeIdx, TypeDef> types;
  PackageIdx main;  // the package that was asked for

  // nullptr or none when there is none of that name.
  PackageIdx find_package(const PackageName& name) const noexcept;
  InterfaceIdx find_interface(PackageIdx package, std::string_view name) const noexcept;
  WorldIdx find_world(PackageIdx package, std::string_view name) const noexcept;
};

// The interface that a type is imported from by `use`; none for every other type.
InterfaceIdx used_interface(const Resolve& resolve, const TypeDef& type) noexcept;

}  // namespace tenon::wit
