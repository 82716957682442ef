#include "fuse/adapter_code.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

#include "binary/core/module.hpp"
#include "model/core/names.hpp"

namespace tenon::fuse {

namespace {

constexpr std::string_view helper_names[] = {
    "memory",      "memory",      "entered",       "may-not-leave", "may-not-leave",
    "pending",     "self",        "callee",        "post-return",   "realloc",
    "realloc",     "enter",       "leave",         "check-return",  "begin-post-return",
    "check-tuple", "place-tuple", "check-results", "string",        "bad-text",
    "copy-text",   "copy-list",   "begin-list",    "bad-list",      "bad-place",
    "end-realloc", "handle",      "borrow",        "bad-case",      "bad-char",
    "uncaught",
};
static_assert(std::size(helper_names) == static_cast<std::size_t>(AdapterHelper::uncaught) + 1);

std::string_view module_of(AdapterHelper helper) noexcept {
  switch (helper) {
    case AdapterHelper::caller_memory:
    case AdapterHelper::caller_realloc: return "caller";
    case AdapterHelper::callee_memory:
    case AdapterHelper::callee_may_not_leave:
    case AdapterHelper::callee_realloc:
    case AdapterHelper::callee:
    case AdapterHelper::post_return: return "callee";
    default: return "host";
  }
}

}  // namespace

std::string_view to_string(AdapterHelper helper) noexcept { return helper_names[static_cast<std::size_t>(helper)]; }

AdapterWriter::AdapterWriter(AdapterCode& out)
    : out_(out), arena_(out.module.arena), code_(arena_), locals_(&arena_.upstream()), free_(&arena_.upstream()) {}

core::TypeIdx AdapterWriter::type(std::span<const CoreKind> params, std::span<const CoreKind> results) {
  core::Module& module = out_.module;
  const auto agree = [](std::span<const CoreKind> kinds, std::span<const core::ValType> types) {
    return std::ranges::equal(kinds, types, [](CoreKind kind, core::ValType type) { return type_of(kind) == type; });
  };
  for (core::TypeIdx i(0U); i.value < module.types.size(); ++i.value) {
    const core::FuncType& known = module.types[i].func;
    if (agree(params, known.params) && agree(results, known.results)) return i;
  }
  const auto as_types = [&](std::span<const CoreKind> kinds) {
    const std::span<core::ValType> types = arena_.make_array<core::ValType>(kinds.size());
    std::ranges::transform(kinds, types.begin(), type_of);
    return std::span<const core::ValType>(types);
  };
  core::SubType type;
  type.func.params = as_types(params);
  type.func.results = as_types(results);
  const core::TypeIdx index = module.types.next_index();
  module.types.push_back(arena_, type);
  core::RecGroup group;
  group.first = index;
  module.rec_groups.push_back(arena_, group);
  return index;
}

void AdapterWriter::declare(std::span<const CoreKind> params, std::span<const CoreKind> results) {
  type_ = type(params, results);
  param_count_ = static_cast<std::uint32_t>(params.size());
}

Local AdapterWriter::take(CoreKind kind) {
  const auto unused = std::ranges::find(free_, kind, &Local::kind);
  if (unused != free_.end()) {
    const Local local = *unused;
    free_.erase(unused);
    return local;
  }
  locals_.push_back(kind);
  return {param_count_ + static_cast<std::uint32_t>(locals_.size()) - 1, kind};
}

void AdapterWriter::give_back(Local local) { free_.push_back(local); }

void AdapterWriter::add_import(const AdapterImport& import, const core::ExternType& type) {
  std::string_view name = to_string(import.helper);
  // Helpers of one name that serve different types, or both ways, are told apart by their number.
  if (import.helper > AdapterHelper::callee_realloc) {
    const auto same = std::ranges::count(out_.imports, import.helper, &AdapterImport::helper);
    if (same != 0) {
      TextBuffer text;
      append_text(text, name);
      append_text(text, "-");
      append_text(text, static_cast<std::uint64_t>(same) + 1);
      name = arena_.copy(text.view());
    }
  }
  out_.module.imports.push_back(arena_, {module_of(import.helper), name, type, 0});
  out_.imports.push_back(arena_, import);
}

std::uint32_t AdapterWriter::memory(AdapterHelper helper, const core::MemoryType& type) {
  std::uint32_t index = 0;
  for (const AdapterImport& known : out_.imports) {
    if (known.helper == helper) return index;
    if (kind_of(known.helper) == core::ExternKind::memory) ++index;
  }
  core::ExternType imported;
  imported.kind = core::ExternKind::memory;
  imported.memory = type;
  out_.module.memories.push_back(arena_, type);
  ++out_.module.imported_memories;
  add_import({.helper = helper}, imported);
  return index;
}

std::uint32_t AdapterWriter::global(AdapterHelper helper) {
  std::uint32_t index = 0;
  for (const AdapterImport& known : out_.imports) {
    if (known.helper == helper) return index;
    if (kind_of(known.helper) == core::ExternKind::global) ++index;
  }
  core::ExternType imported;
  imported.kind = core::ExternKind::global;
  imported.global = {.value = core::i64, .is_mutable = helper != AdapterHelper::self};
  out_.module.globals.push_back(arena_, {imported.global, {}});
  ++out_.module.imported_globals;
  add_import({.helper = helper}, imported);
  return index;
}

std::uint32_t AdapterWriter::function(const AdapterImport& import, std::span<const CoreKind> params,
                                      std::span<const CoreKind> results) {
  std::uint32_t index = 0;
  for (const AdapterImport& known : out_.imports) {
    if (known.helper == import.helper && known.is_result == import.is_result && known.parameter == import.parameter &&
        known.source == import.source && known.target == import.target) {
      return index;
    }
    if (kind_of(known.helper) == core::ExternKind::func) ++index;
  }
  core::ExternType imported;
  imported.func = type(params, results);
  out_.module.funcs.push_back(arena_, {imported.func, {}, 0});
  ++out_.module.imported_funcs;
  add_import(import, imported);
  return index;
}

void AdapterWriter::op(Op op) {
  core::Instruction instruction;
  instruction.op = op;
  write(instruction);
}

void AdapterWriter::indexed(Op op, std::uint32_t index) {
  core::Instruction instruction;
  instruction.op = op;
  instruction.index = index;
  write(instruction);
}

void AdapterWriter::branch_table(std::span<const std::uint32_t> labels) {
  core::Instruction instruction;
  instruction.op = Op::br_table;
  instruction.labels = labels;
  write(instruction);
}

void AdapterWriter::constant(CoreKind kind, std::uint64_t value) {
  core::Instruction instruction;
  const bool is_64 = kind == CoreKind::i64;
  instruction.op = is_64 ? Op::i64_const : Op::i32_const;
  instruction.bits = is_64 ? value : static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(value)});
  write(instruction);
}

void AdapterWriter::block(Op op) {
  core::Instruction instruction;
  instruction.op = op;
  write(instruction);
}

void AdapterWriter::try_block() {
  core::Instruction instruction;
  instruction.op = Op::try_table;
  const core::Catch clause[1] = {{.kind = core::CatchKind::catch_all, .tag = {}, .label = core::LabelIdx(0U)}};
  instruction.catches = clause;
  write(instruction);
}

void AdapterWriter::access(Op op, std::uint32_t memory, std::uint64_t offset, unsigned alignment) {
  core::Instruction instruction;
  instruction.op = op;
  instruction.mem.align_log2 =
      static_cast<std::uint32_t>(std::countr_zero(std::min<unsigned>(alignment, info(op).width)));
  instruction.mem.memory = core::MemoryIdx(memory);
  instruction.mem.offset = offset;
  write(instruction);
}

void AdapterWriter::copy_memory(std::uint32_t to, std::uint32_t from) {
  core::Instruction instruction;
  instruction.op = Op::memory_copy;
  instruction.index = to;
  instruction.second = from;
  write(instruction);
}

void AdapterWriter::memory_bytes(std::uint32_t memory) {
  const core::MemoryType& type = out_.module.memories[core::MemoryIdx(memory)];
  indexed(Op::memory_size, memory);
  if (!type.limits.is_64) op(Op::i64_extend_i32_u);
  constant(CoreKind::i64, type.page_size_log2);
  op(Op::i64_shl);
}

void AdapterWriter::grow_by(Local local, std::uint64_t amount) {
  get(local);
  constant(local.kind, amount);
  op(local.kind == CoreKind::i64 ? Op::i64_add : Op::i32_add);
  set(local);
}

void AdapterWriter::coerce(CoreKind from, CoreKind to) {
  if (from == to) return;
  if (from == CoreKind::f64) return op(Op::i64_reinterpret_f64);
  if (to == CoreKind::f64) return op(Op::f64_reinterpret_i64);
  if (from == CoreKind::f32) op(Op::i32_reinterpret_f32);
  if (from == CoreKind::i64) op(Op::i32_wrap_i64);
  if (to == CoreKind::i64) op(Op::i64_extend_i32_u);
  if (to == CoreKind::f32) op(Op::f32_reinterpret_i32);
}

void AdapterWriter::finish() {
  ByteWriter body(arena_);
  std::pmr::vector<core::LocalRun> runs(&arena_.upstream());
  for (const CoreKind kind : locals_) {
    if (runs.empty() || runs.back().type != type_of(kind)) runs.push_back({0, type_of(kind)});
    ++runs.back().count;
  }
  core::write_locals(body, runs);
  body.bytes(code_.view());
  core::Module& module = out_.module;
  const std::uint32_t own = static_cast<std::uint32_t>(module.funcs.size());
  module.funcs.push_back(arena_, {type_, body.view(), 0});
  module.exports.push_back(arena_, {"call", core::ExternKind::func, own, 0});
  for (const SectionId id :
       {SectionId::type, SectionId::import, SectionId::function, SectionId::export_, SectionId::code}) {
    module.mark_changed(id);
  }
}

}  // namespace tenon::fuse
