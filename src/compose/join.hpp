// The worlds of several core modules as one: what the component imports and exports.
//
// A module made for components says its world in custom sections, one for each library that was linked into it, and
// each with a WIT of its own; adapters bring worlds too. Joining copies all of them into one set of types, by name. An
// interface that is both imported and exported becomes two, since its types are two; types of an exported interface
// refer to those of other exported interfaces where the world exports these, and to imports otherwise. Imports in
// compatible versions become the latest of them.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <span>
#include <vector>

#include "model/wit/resolve.hpp"
#include "tenon/result.hpp"

namespace tenon::compose {

struct WorldPart {
  const wit::Resolve* resolve = nullptr;
  wit::WorldIdx world;
  std::size_t module = 0;  // whose part it is; exports are that module's to implement
};

struct JoinedExport {
  wit::WorldItem item;
  std::size_t module = 0;
};

// Interfaces stand behind those that they use.
struct JoinedWorld {
  explicit JoinedWorld(std::pmr::memory_resource& memory) : resolve(memory) {}
  wit::Resolve resolve;
  std::vector<wit::WorldItem> imports;
  std::vector<JoinedExport> exports;
};

struct JoinOptions {
  bool merges_versions = true;
};

// Errors: invalid, when two modules export the same.
Result<JoinedWorld> join_worlds(std::span<const WorldPart> parts, std::pmr::memory_resource& memory,
                                const JoinOptions& options);

// The name of an import or export: its plain name, or its interface's.
std::string item_name(const wit::Resolve& resolve, const wit::WorldItem& item);

}  // namespace tenon::compose
