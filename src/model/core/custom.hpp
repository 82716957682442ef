// What well-known custom sections say, as data. All views are of the module's bytes, or of the arena they were read
// into. The name section has a header of its own (names.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "model/core/types.hpp"

namespace tenon::core {

// `producers`. https://github.com/WebAssembly/tool-conventions/blob/main/ProducersSection.md
struct Producer {
  std::string_view name;
  std::string_view version;
};
struct ProducerField {
  std::string_view name;  // "language", "processed-by" or "sdk"
  std::span<const Producer> producers;
};

// `target_features`: what the code was compiled for.
// https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md#target-features-section
struct TargetFeature {
  char prefix = '+';  // '+' used, '-' must not be linked with, '=' required
  std::string_view name;
};

// `metadata.code.branch_hint`. https://webassembly.github.io/branch-hinting/core/appendix/custom.html
struct BranchHint {
  std::uint32_t offset = 0;  // of the branch, from the start of the body
  bool is_likely = false;
};
struct FuncBranchHints {
  FuncIdx func;
  std::span<const BranchHint> hints;  // by offset
};

// `dylink.0`. https://github.com/WebAssembly/tool-conventions/blob/main/DynamicLinking.md
struct SymbolFlag {
  std::uint32_t bit;
  std::string_view name;
};
inline constexpr SymbolFlag symbol_flags[] = {
    {0x01, "binding-weak"}, {0x02, "binding-local"}, {0x04, "visibility-hidden"},
    {0x10, "undefined"},    {0x20, "exported"},      {0x40, "explicit-name"},
    {0x80, "no-strip"},     {0x100, "tls"},          {0x200, "absolute"},
};
struct DylinkMemory {
  std::uint32_t memory_size = 0;
  std::uint32_t memory_align_log2 = 0;
  std::uint32_t table_size = 0;
  std::uint32_t table_align_log2 = 0;
};
struct DylinkExport {
  std::string_view name;
  std::uint32_t flags = 0;
};
struct DylinkImport {
  std::string_view module;
  std::string_view name;
  std::uint32_t flags = 0;
};
struct Dylink {
  std::optional<DylinkMemory> memory;
  std::span<const std::string_view> needed;
  std::span<const DylinkExport> exports;
  std::span<const DylinkImport> imports;
  std::span<const std::string_view> runtime_path;
};

// `linking`, of relocatable objects. https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md
enum class SymbolKind : std::uint8_t { function = 0, data = 1, global = 2, section = 3, tag = 4, table = 5 };
inline constexpr std::uint32_t symbol_is_undefined = 0x10;
inline constexpr std::uint32_t symbol_has_explicit_name = 0x40;
inline constexpr std::uint32_t symbol_is_absolute = 0x200;
struct Symbol {
  SymbolKind kind = SymbolKind::function;
  std::uint32_t flags = 0;
  std::string_view name;     // empty for sections, and where the import's name serves
  std::uint32_t index = 0;   // of the function, global, section, tag, table; of the segment of defined data
  std::uint64_t offset = 0;  // of defined data, in its segment
  std::uint64_t size = 0;
};
struct LinkingSegment {
  std::string_view name;
  std::uint32_t align_log2 = 0;
  std::uint32_t flags = 0;
};
struct InitFunction {
  std::uint32_t priority = 0;
  std::uint32_t symbol = 0;
};
struct ComdatItem {
  std::uint8_t kind = 0;
  std::uint32_t index = 0;
};
struct Comdat {
  std::string_view name;
  std::uint32_t flags = 0;
  std::span<const ComdatItem> items;
};
struct Linking {
  std::uint32_t version = 2;
  std::span<const Symbol> symbols;
  std::span<const LinkingSegment> segments;
  std::span<const InitFunction> init_functions;
  std::span<const Comdat> comdats;
};

// `reloc.<section>`. Its kinds are numbers of the tool convention; all that matters here is which have an addend.
struct Relocation {
  std::uint8_t kind = 0;
  std::uint32_t offset = 0;  // in the payload of the section
  std::uint32_t index = 0;   // of the symbol, or of the type
  std::int64_t addend = 0;
};
struct Relocations {
  std::uint32_t section = 0;  // index in the module's list of sections
  std::span<const Relocation> entries;
};

}  // namespace tenon::core
