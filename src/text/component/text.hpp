// The text format of components: parsing to the model and printing from it.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#grammar
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>

#include "model/component/component.hpp"
#include "spec/features.hpp"
#include "tenon/result.hpp"

namespace tenon::component {

// The fields of a core module in the text.
struct CoreModuleText {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

struct ParseOptions {
  Features features = Features::defaults();
  bool keep_names = true;  // identifiers and (@name ...) become name sections, of core modules inside too
  std::pmr::vector<CoreModuleText>* core_modules = nullptr;  // where given, gets the place of each
};

// Whether the text begins as a component does: "(component".
bool is_component_text(std::string_view source);

// Parses one component: `(component ...)`, or its definitions alone. The result owns or borrows from `source`, which
// must outlive it. All of its sections are `changed`; what the text abbreviates is written out in full: inline types,
// aliases, exports and instances are definitions of their own before (inline exports: behind) what holds them. Offsets
// in the result are offsets in `source`; core modules are encoded. Errors: malformed, with line and column; exhausted
// (limits::max_component_nesting, max_component_items).
Result<Component> parse_component(std::string_view source, std::pmr::memory_resource& memory,
                                  const ParseOptions& options = {});

struct PrintOptions {
  Features features = Features::defaults();  // for core modules, which are read when they are printed
  bool fold = false;                         // folded instructions
  bool skeleton = false;                     // function bodies, data and element contents as `...`
  bool offsets = false;                      // a comment with the binary offset before each item and instruction
  bool names = true;                         // identifiers from the name sections
  unsigned indent = 2;
};

// Appends the component's text to `out`: one definition a line, in their order, each written out in full. Errors: those
// of reading the core modules inside; exhausted (limits::max_text_size).
Result<void> print_component(const Component& component, std::string& out, const PrintOptions& options = {});

}  // namespace tenon::component
