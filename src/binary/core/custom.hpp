// Decoders of well-known custom sections, on demand: nothing else in Tenon depends on what such a section says, and a
// malformed one is no reason to refuse a module.
//
// Each takes the section found by `Module::find_custom` and an arena for its lists. Errors: malformed, with the offset.
#pragma once

#include "base/arena.hpp"
#include "binary/core/byte_writer.hpp"
#include "model/core/custom.hpp"
#include "model/core/module.hpp"
#include "tenon/result.hpp"

namespace tenon::core {

inline constexpr std::string_view name_section_name = "name";
inline constexpr std::string_view producers_section_name = "producers";
inline constexpr std::string_view target_features_section_name = "target_features";
inline constexpr std::string_view branch_hint_section_name = "metadata.code.branch_hint";
inline constexpr std::string_view dylink_section_name = "dylink.0";
inline constexpr std::string_view linking_section_name = "linking";
inline constexpr std::string_view reloc_section_prefix = "reloc.";

Result<std::span<const ProducerField>> read_producers(const Section& section, Arena& arena);
Result<std::span<const TargetFeature>> read_target_features(const Section& section, Arena& arena);
Result<std::span<const FuncBranchHints>> read_branch_hints(const Section& section, Arena& arena);
Result<Dylink> read_dylink(const Section& section, Arena& arena);
Result<Linking> read_linking(const Section& section, Arena& arena);
Result<Relocations> read_relocations(const Section& section, Arena& arena);

// Appends the payload of a section with these hints.
void write_branch_hints(ByteWriter& out, std::span<const FuncBranchHints> hints);
void write_dylink(ByteWriter& out, const Dylink& dylink);
void write_producers(ByteWriter& out, std::span<const ProducerField> fields);

}  // namespace tenon::core
