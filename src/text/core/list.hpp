// Listings of a binary: its sections, and its disassembly with offsets and bytes.
//
// Modules must have been read from bytes; offsets are those in the outermost input. The disassembly shows every entry
// of every section with its offset where the model knows it, and code as bytes beside instructions:
//
//     0000a4  func 3 $sum (type 0) (param $n i32) (result i32)
//     0000a5    01 7f                     (local i32)
//     0000a7    20 00                     local.get $n
//
// Long instructions show their first bytes only. Bodies that do not decode end with their error, and the listing goes
// on with the next one, for looking at broken modules is what a listing is for.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/core/module.hpp"

namespace tenon::core {

struct SectionSummary {
  SectionId id = SectionId::custom;
  std::string_view title;            // "type", "code", "custom", ...
  std::string_view name;             // custom sections
  std::uint64_t offset = 0;          // of its contents, in the outermost input
  std::uint64_t size = 0;            // of its contents in bytes, a custom section's name included
  std::optional<std::size_t> count;  // entries, where it is a list
};

// The sections in their order.
std::pmr::vector<SectionSummary> summarize_sections(const Module& module, std::pmr::memory_resource& memory);

// A table of the sections, one a line.
void list_sections(const Module& module, std::string& out);

// Sections with their entries, and code disassembled.
void list_disassembly(const Module& module, std::string& out);

}  // namespace tenon::core
