// The core modules that a component is made of, read and understood.
#pragma once

#include <deque>
#include <memory_resource>
#include <string>
#include <unordered_map>
#include <vector>

#include "compose/componentize.hpp"
#include "compose/join.hpp"
#include "compose/uses.hpp"
#include "model/core/module.hpp"
#include "wit/decode.hpp"

namespace tenon::compose {

// How a module passes strings, by function. Names have no versions, since those may be merged.
class StringEncodings {
 public:
  void add(const wit::DecodedWorld& world);
  component::StringEncoding find(const wit::Resolve& resolve, const wit::WorldItem& item, std::string_view function,
                                 bool is_export) const;

 private:
  std::unordered_map<std::string, component::StringEncoding> by_name_;
};

struct CoreInput {
  explicit CoreInput(std::pmr::memory_resource& memory) : arena(memory), module(memory) {}
  std::string_view name;  // an adapter's; empty for the main module
  Arena arena;
  core::Module module;
  Bytes bytes;  // as it goes into the component
  std::vector<wit::DecodedWorld> worlds;
  StringEncodings encodings;
  ModuleUses uses;
  bool is_used = true;  // false for an adapter that nothing asks for
};

// Reads a module and takes its worlds out of it.
Result<void> read_input(Bytes bytes, Features features, CoreInput& out);

// Writes the module again, without what componentizing takes from it.
void write_input(CoreInput& input);

}  // namespace tenon::compose
