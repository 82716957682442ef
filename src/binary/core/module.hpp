// Reading and writing core modules. https://webassembly.github.io/spec/core/binary/modules.html
#pragma once

#include <memory_resource>

#include "base/bytes.hpp"
#include "binary/core/byte_writer.hpp"
#include "model/core/module.hpp"
#include "model/core/names.hpp"
#include "spec/features.hpp"
#include "tenon/result.hpp"

namespace tenon::core {

struct ReadOptions {
  Features features = Features::defaults();
  std::uint64_t base_offset = 0;  // where `bytes` stands in the outermost input, for offsets in errors
};

// Reads a whole module. The result borrows from `bytes`, which must outlive it. Checks what the binary format
// prescribes, the bytes of bodies and constant expressions excepted: those are checked when they are decoded
// (validation). Errors: malformed, exhausted (a limit of limits.hpp).
Result<Module> read_module(Bytes bytes, std::pmr::memory_resource& memory, const ReadOptions& options = {});

// Reads the instructions of every body and constant expression, without validating: a module for which this also
// succeeds is well-formed. Errors: malformed, with the offset of the fault.
Result<void> check_bodies(const Module& module, Features features);

// The fault of a body whose bytes end too early: where an opcode should stand, or inside an instruction. What it is
// called depends on what follows the body, which its reader does not see: whoever finds such a fault (one whose offset
// is the end of the body) reports this one in its place.
Error early_end(const Module& module, FuncIdx func, Features features);

// Incremental reading: feed the input in any pieces; the result and the errors are those of `read_module`.
class ModuleReader {
 public:
  explicit ModuleReader(std::pmr::memory_resource& memory, const ReadOptions& options = {});
  ModuleReader(const ModuleReader&) = delete;
  ModuleReader& operator=(const ModuleReader&) = delete;
  ~ModuleReader();
  // Takes the next bytes (copied). A fault in them is reported as soon as it is certain.
  Result<void> feed(Bytes piece);
  // The input is complete. The module borrows from this reader, which must outlive it.
  Result<Module> finish();

 private:
  struct State;
  State* state_;
};

// Appends the module's binary form: unchanged sections byte for byte, changed ones in canonical form.
void write_module(const Module& module, ByteWriter& out);

// Decodes the name section, if there is one. A malformed one is no reason to refuse a module; the error is for tools.
Result<Names> read_names(const Module& module, Arena& arena);
// Replaces the module's name section (or appends one); an empty `names` removes it.
void set_names(Module& module, const Names& names);

}  // namespace tenon::core
