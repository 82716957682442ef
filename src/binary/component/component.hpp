// Reading and writing components. https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md
#pragma once

#include <memory_resource>

#include "base/bytes.hpp"
#include "binary/core/byte_writer.hpp"
#include "model/component/component.hpp"
#include "spec/features.hpp"
#include "tenon/result.hpp"

namespace tenon::component {

struct ReadOptions {
  Features features = Features::defaults();
  std::uint64_t base_offset = 0;  // where `bytes` stands in the outermost input, for offsets in errors
};

// Whether the layer in the first 8 bytes says component; such bytes may still be malformed.
bool is_component(Bytes bytes) noexcept;

// Reads a whole component, those inside included. The result borrows from `bytes`, which must outlive it. Checks what
// the binary format prescribes; of core modules only that they begin as modules do (`check_core_modules` reads on), and
// of values only their sizes, since their types are known to validation. Errors: malformed, exhausted (a limit of
// limits.hpp).
Result<Component> read_component(Bytes bytes, std::pmr::memory_resource& memory, const ReadOptions& options = {});

// Reads every core module inside, at any depth, with its bodies: a component for which this also succeeds is
// well-formed. Errors: those of `core::read_module` and `core::check_bodies`.
Result<void> check_core_modules(const Component& component, Features features);

// The section in which definitions of a kind stand; custom for those that stand in module types only.
SectionId section_of(DefinitionKind kind) noexcept;

// Appends the component's binary form: unchanged sections byte for byte, changed ones in canonical form.
void write_component(const ComponentBody& component, ByteWriter& out);

// Decodes the component name section, if there is one; a component inside another has its own. A malformed one is no
// reason to refuse a component; the error is for tools. Lists are made in `arena`.
Result<Names> read_component_names(const ComponentBody& component, Arena& arena);
// Replaces the component's name section (or appends one); an empty `names` removes it. `arena` is the component's.
void set_component_names(ComponentBody& component, Arena& arena, const Names& names);

inline constexpr std::string_view name_section_name = "component-name";

}  // namespace tenon::component
