// What compiled code is and where its frames go, from an object file: how to leave its frames (.eh_frame), what it was
// compiled from (the debug information), and where exceptions of its calls go (.gcc_except_table).
#pragma once

#include <llvm/Object/ELFObjectFile.h>
#include <map>
#include <optional>
#include <vector>

#include "jit/image.hpp"
#include "tenon/result.hpp"

namespace tenon::jit {

using ObjectFile = llvm::object::ELF64LEObjectFile;

// An object file whose sections have their places in the image.
struct Object {
  ObjectFile file;
  std::map<std::uint64_t, std::uint64_t> sections;  // section index -> place in the image
};

// The name of a function in the debug information: the number of its module and its index, with this between them.
inline constexpr char module_separator = ':';

// Where a symbol lies in the image; nullopt if it does not.
std::optional<std::uint64_t> place_of(const Object& object, const llvm::object::SymbolRef& symbol);

// An `UnwindRow` of any machine.
struct FrameRow {
  std::uint32_t begin = 0;
  std::uint32_t frame = UnwindRow::unknown;
  std::vector<std::uint32_t> saved;  // the words that follow
};

struct CodeTables {
  std::vector<FrameRow> unwind;
  std::vector<CodePlace> places;
  std::vector<CodeSite> sites;
  std::vector<LandingPad> pads;
  // By where they begin, once all objects were read.
  void sort();
};

// Errors: usage (a fault of the compiler's).
Result<void> read_tables(const Object& object, const Machine& machine, CodeTables& tables);

}  // namespace tenon::jit
