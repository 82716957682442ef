// Writing the one function of an adapter: instructions, locals, and the imports that it turns out to need.
//
// Imports are made when they are first asked for, each once. Locals are given back when what they held is no longer
// needed, so that a large type needs few: the interpreter clears a frame's locals at each call.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "abi/layout.hpp"
#include "binary/core/instructions.hpp"
#include "fuse/adapter.hpp"

namespace tenon::fuse {

using component::CoreKind;

constexpr core::ValType type_of(CoreKind kind) noexcept {
  constexpr core::ValType types[] = {core::i32, core::i64, core::f32, core::f64};
  return types[static_cast<std::size_t>(kind)];
}

struct Local {
  std::uint32_t index = 0;
  CoreKind kind = CoreKind::i32;
};

class AdapterWriter {
 public:
  explicit AdapterWriter(AdapterCode& out);
  AdapterWriter(const AdapterWriter&) = delete;
  AdapterWriter& operator=(const AdapterWriter&) = delete;

  std::size_t size() const noexcept { return code_.size(); }

  // The function's own type; its parameters are locals 0 and up.
  void declare(std::span<const CoreKind> params, std::span<const CoreKind> results);
  Local take(CoreKind kind);
  void give_back(Local local);

  // The index of an import.
  std::uint32_t memory(AdapterHelper helper, const core::MemoryType& type);
  std::uint32_t global(AdapterHelper helper);
  std::uint32_t function(const AdapterImport& import, std::span<const CoreKind> params,
                         std::span<const CoreKind> results);

  void op(Op op);
  void get(Local local) { indexed(Op::local_get, local.index); }
  void set(Local local) { indexed(Op::local_set, local.index); }
  void tee(Local local) { indexed(Op::local_tee, local.index); }
  void get(AdapterHelper number) { indexed(Op::global_get, global(number)); }
  void set(AdapterHelper number) { indexed(Op::global_set, global(number)); }
  void call(std::uint32_t function) { indexed(Op::call, function); }
  void branch(Op op, std::uint32_t depth) { indexed(op, depth); }
  void branch_table(std::span<const std::uint32_t> labels);
  void constant(CoreKind kind, std::uint64_t value);
  void block(Op op);
  void try_block();  // try_table whose only clause branches to the innermost label outside
  void access(Op op, std::uint32_t memory, std::uint64_t offset, unsigned alignment);
  void copy_memory(std::uint32_t to, std::uint32_t from);
  void memory_bytes(std::uint32_t memory);          // its size, as 64 bits
  void grow_by(Local local, std::uint64_t amount);  // local += amount
  // Bits as another core type: narrowing takes the low half, widening fills with zeros.
  void coerce(CoreKind from, CoreKind to);

  void finish();

 private:
  void indexed(Op op, std::uint32_t index);
  void write(const core::Instruction& instruction) { core::write_instruction(code_, instruction); }
  core::TypeIdx type(std::span<const CoreKind> params, std::span<const CoreKind> results);
  void add_import(const AdapterImport& import, const core::ExternType& type);

  AdapterCode& out_;
  Arena& arena_;
  ByteWriter code_;
  core::TypeIdx type_;
  std::uint32_t param_count_ = 0;
  std::pmr::vector<CoreKind> locals_;  // behind the parameters
  std::pmr::vector<Local> free_;
};

}  // namespace tenon::fuse
