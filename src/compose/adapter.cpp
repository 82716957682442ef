#include "compose/adapter.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/concat.hpp"
#include "binary/core/instructions.hpp"
#include "binary/core/module.hpp"
#include "compose/first_error.hpp"
#include "model/core/names.hpp"

namespace tenon::compose {

namespace {

using core::ExternKind;
using core::FuncIdx;
using core::GlobalIdx;
using core::Instruction;
using core::TypeIdx;

constexpr std::int32_t page_size = 1 << 16;
constexpr std::string_view main_module = "__main_module__";

enum AllocationState : std::int32_t { unallocated = 0, allocating = 1, allocated = 2 };

// A function's code, one instruction after the other.
class Code {
 public:
  explicit Code(Arena& arena) : out_(arena) {}
  void locals(std::span<const core::LocalRun> runs) { core::write_locals(out_, runs); }
  void op(Op op, std::uint64_t immediate = 0) {
    Instruction instruction;
    instruction.op = op;
    instruction.index = static_cast<std::uint32_t>(immediate);
    instruction.bits = immediate;
    core::write_instruction(out_, instruction);
  }
  void number(std::int32_t value) { op(Op::i32_const, static_cast<std::uint64_t>(std::int64_t{value})); }
  // Traps unless the local has the value.
  void require(std::uint32_t local, std::int32_t value) {
    number(value);
    op(Op::local_get, local);
    op(Op::i32_ne);
    op(Op::if_);
    op(Op::unreachable);
    op(Op::end);
  }
  ByteWriter& out() noexcept { return out_; }
  Bytes take() {
    op(Op::end);
    return out_.view();
  }

 private:
  ByteWriter out_;
};

class Trimmer : FirstError {
 public:
  Trimmer(const core::Module& in, const TrimOptions& options, core::Module& out)
      : in_(in),
        options_(options),
        out_(out),
        live_(in.funcs.size()),
        live_globals_(in.globals.size()),
        new_index_(in.funcs.size()) {}

  Result<void> run(std::span<const std::string_view> exports) {
    // What is reached.
    keep_exports(exports);
    for (const core::Global& global : in_.globals) visit(global.init.bytes);
    while (!work_.empty() && !failed_) {
      const FuncIdx next = work_.back();
      work_.pop_back();
      if (!in_.is_imported(next)) visit_body(in_.funcs[next].body);
    }
    if (!failed_) check();
    if (failed_) return std::move(error_);
    // What there is in its place.
    find_globals();
    out_.types = copy(in_.types);
    out_.rec_groups = copy(in_.rec_groups);
    import_all();
    number_functions();
    write_functions();
    add_stack();
    export_all();
    finish();
    return {};
  }

 private:
  template <class V>
  V copy(const V& from) {
    V result;
    result.append(out_.arena, from.span());
    return result;
  }

  void keep_exports(std::span<const std::string_view> names) {
    for (const std::string_view name : names) {
      const auto found = std::ranges::find(in_.exports, name, &core::Export::name);
      if (found == in_.exports.end()) return fail("expected an export `", name, "`, found none of that name");
      exports_.push_back(*found);
      if (found->kind == ExternKind::func) keep(FuncIdx(found->index));
      if (found->kind == ExternKind::memory) uses_memory_ = true;
    }
  }

  void keep(FuncIdx index) {
    if (live_[index.value]) return;
    live_[index.value] = true;
    work_.push_back(index);
  }

  void visit_body(Bytes body) {
    Cursor in(body, 0);
    std::pmr::vector<core::LocalRun> runs(&out_.arena.upstream());
    core::read_locals(in, runs, 0, options_.features);
    visit(body.subspan(body.size() - in.remaining()));
  }

  void visit(Bytes code) {
    core::InstructionReader reader(code, 0, options_.features, out_.arena.upstream());
    Instruction instruction;
    while (reader.next(instruction)) {
      switch (info(instruction.op).immediates) {
        case Immediates::func: keep(FuncIdx(instruction.index)); break;
        case Immediates::global: live_globals_[instruction.index] = true; break;
        case Immediates::mem_arg:
        case Immediates::mem_arg_lane:
        case Immediates::memory:
        case Immediates::memory_memory: uses_memory_ = true; break;
        case Immediates::type_table:
        case Immediates::table:
        case Immediates::table_table:
        case Immediates::elem_table: fail("an adapter has no table, but a function of it uses one"); break;
        case Immediates::data:
        case Immediates::data_memory:
        case Immediates::elem: fail("an adapter has no segments, but a function of it uses one"); break;
        default: break;
      }
    }
    if (!reader.ok()) {
      failed_ = true;
      error_ = reader.take_error();
    }
  }

  void check() {
    if (!in_.elems.empty() || !in_.datas.empty()) {
      fail("an adapter can have no segments: it works in the main module's memory");
    }
    if (in_.memories.size() > in_.imported_memories) fail("an adapter can have no memory of its own");
    if (!in_.tags.empty()) fail("an adapter can have no tags");
    if (in_.start) fail("an adapter can have no start function");
  }

  // Globals by their names in the name section: mutable numbers of 32 bits.
  void find_globals() {
    const auto names = core::read_names(in_, out_.arena);
    if (!names) return;
    for (std::uint32_t i = in_.imported_globals; i < in_.globals.size(); ++i) {
      const core::GlobalType& type = in_.globals[GlobalIdx(i)].type;
      if (!live_globals_[i] || !type.is_mutable || type.value != core::i32) continue;
      const std::string_view name = core::find_name(names->globals, i);
      if (name == "__stack_pointer") stack_pointer_ = GlobalIdx(i);
      if (name == "allocation_state") allocation_state_ = GlobalIdx(i);
    }
  }

  static bool is_realloc(const core::Import& import) {
    return import.module == main_module && (import.name == "cabi_realloc" || import.name == "canonical_abi_realloc");
  }

  TypeIdx add_type(std::size_t params, std::size_t results) {
    static constexpr core::ValType words[] = {core::i32, core::i32, core::i32, core::i32};
    core::SubType type;
    type.func.params = std::span(words, params);
    type.func.results = std::span(words, results);
    core::RecGroup group;
    group.first = out_.types.next_index();
    out_.types.push_back(out_.arena, type);
    out_.rec_groups.push_back(out_.arena, group);
    return group.first;
  }

  FuncIdx add_import(const core::Import& import, TypeIdx type) {
    const FuncIdx index = out_.funcs.next_index();
    out_.imports.push_back(out_.arena, import);
    out_.funcs.push_back(out_.arena, {type, {}, 0});
    ++out_.imported_funcs;
    return index;
  }

  void import_all() {
    std::uint32_t next_function = 0;
    for (const core::Import& import : in_.imports) {
      if (import.type.kind == ExternKind::func) {
        const FuncIdx index(next_function++);
        if (!live_[index.value]) continue;
        if (!is_realloc(import)) {
          new_index_[index.value] = add_import(import, import.type.func);
        } else if (!options_.main_realloc.empty()) {
          core::Import renamed = import;
          renamed.name = options_.main_realloc;
          new_index_[index.value] = add_import(renamed, import.type.func);
          realloc_ = new_index_[index.value];
        }
      } else if (import.type.kind != ExternKind::memory || uses_memory_) {
        out_.imports.push_back(out_.arena, import);
      }
    }
    if (realloc_ || options_.main_realloc.empty() || !stack_pointer_) return;
    core::Import import;
    import.module = main_module;
    import.name = options_.main_realloc;
    import.type.func = add_type(4, 1);
    realloc_ = add_import(import, import.type.func);
  }

  FuncIdx add_function(TypeIdx type, Bytes body) {
    const FuncIdx index = out_.funcs.next_index();
    out_.funcs.push_back(out_.arena, {type, body, 0});
    return index;
  }

  // Places first, since bodies refer to one another.
  void number_functions() {
    for (std::uint32_t i = 0; i < in_.funcs.size(); ++i) {
      if (!live_[i] || !new_index_[i].is_none()) continue;
      const core::Func& function = in_.funcs[FuncIdx(i)];
      const bool is_missing_realloc = in_.is_imported(FuncIdx(i));
      new_index_[i] = add_function(function.type, is_missing_realloc ? realloc_by_growing() : Bytes{});
      if (is_missing_realloc) realloc_ = new_index_[i];
    }
    if (stack_pointer_ && allocation_state_ && !options_.main_realloc.empty()) {
      lazy_stack_ = add_function(add_type(0, 0), {});
    }
  }

  void write_functions() {
    for (std::uint32_t i = in_.imported_funcs; i < in_.funcs.size(); ++i) {
      if (!live_[i]) continue;
      const bool is_exported = std::ranges::any_of(
          exports_, [&](const core::Export& each) { return each.kind == ExternKind::func && each.index == i; });
      out_.funcs[new_index_[i]].body = renumbered(in_.funcs[FuncIdx(i)].body, is_exported && lazy_stack_.has_value());
    }
  }

  Bytes renumbered(Bytes body, bool needs_stack) {
    Cursor in(body, 0);
    std::pmr::vector<core::LocalRun> runs(&out_.arena.upstream());
    core::read_locals(in, runs, 0, options_.features);
    const std::size_t locals_size = body.size() - in.remaining();
    Code code(out_.arena);
    code.out().bytes(body.first(locals_size));
    if (needs_stack) code.op(Op::call, lazy_stack_->value);
    core::InstructionReader reader(body.subspan(locals_size), 0, options_.features, out_.arena.upstream());
    Instruction instruction;
    while (reader.next(instruction)) {
      if (info(instruction.op).immediates == Immediates::func) {
        instruction.index = new_index_[instruction.index].value;
      }
      core::write_instruction(code.out(), instruction);
    }
    return code.out().view();
  }

  // A realloc that only ever gives a new page.
  Bytes realloc_by_growing() {
    Code code(out_.arena);
    const core::LocalRun runs[] = {{1, core::i32}};
    code.locals(runs);
    code.require(0, 0);
    code.require(1, 0);
    code.require(3, page_size);
    code.number(1);
    code.op(Op::memory_grow);
    code.op(Op::local_tee, 4);
    code.number(-1);
    code.op(Op::i32_eq);
    code.op(Op::if_);
    code.op(Op::unreachable);
    code.op(Op::end);
    code.op(Op::local_get, 4);
    code.number(16);
    code.op(Op::i32_shl);
    return code.take();
  }

  Bytes allocate_stack() {
    Code code(out_.arena);
    code.locals({});
    if (allocation_state_) {
      code.op(Op::global_get, allocation_state_->value);
      code.number(unallocated);
      code.op(Op::i32_eq);
      code.op(Op::if_);
      code.number(allocating);
      code.op(Op::global_set, allocation_state_->value);
    }
    code.number(0);
    code.number(0);
    code.number(8);
    code.number(page_size);
    code.op(Op::call, realloc_->value);
    code.number(page_size);
    code.op(Op::i32_add);
    code.op(Op::global_set, stack_pointer_->value);
    if (allocation_state_) {
      code.number(allocated);
      code.op(Op::global_set, allocation_state_->value);
      code.op(Op::end);
    }
    return code.take();
  }

  void add_stack() {
    if (!stack_pointer_) return;
    if (lazy_stack_) {
      out_.funcs[*lazy_stack_].body = allocate_stack();
      return;
    }
    if (!uses_memory_) return;
    // The main module may not be ready for its realloc to be called while the adapter is instantiated.
    if (!realloc_ || !allocation_state_) realloc_ = add_function(add_type(4, 1), realloc_by_growing());
    out_.start = add_function(add_type(0, 0), allocate_stack());
  }

  void export_all() {
    for (core::Export each : exports_) {
      if (each.kind == ExternKind::func) each.index = new_index_[each.index].value;
      out_.exports.push_back(out_.arena, each);
    }
  }

  void finish() {
    for (std::uint32_t i = 0; i < in_.imported_memories && uses_memory_; ++i) {
      out_.memories.push_back(out_.arena, in_.memories[core::MemoryIdx(i)]);
      ++out_.imported_memories;
    }
    for (std::uint32_t i = 0; i < in_.imported_tables; ++i) {
      out_.tables.push_back(out_.arena, in_.tables[core::TableIdx(i)]);
      ++out_.imported_tables;
    }
    out_.imported_globals = in_.imported_globals;
    out_.globals = copy(in_.globals);
    using Id = SectionId;
    for (const Id id : {Id::type, Id::import, Id::function, Id::global, Id::export_, Id::start, Id::code}) {
      out_.mark_changed(id);
    }
  }

  const core::Module& in_;
  const TrimOptions& options_;
  core::Module& out_;
  std::vector<bool> live_;
  std::vector<bool> live_globals_;
  std::vector<FuncIdx> new_index_;
  std::vector<FuncIdx> work_;
  std::vector<core::Export> exports_;
  bool uses_memory_ = false;
  std::optional<GlobalIdx> stack_pointer_;
  std::optional<GlobalIdx> allocation_state_;
  std::optional<FuncIdx> realloc_;
  std::optional<FuncIdx> lazy_stack_;
};

}  // namespace

Result<core::Module> trim_adapter(const core::Module& adapter, std::span<const std::string_view> exports,
                                  const TrimOptions& options, std::pmr::memory_resource& memory) {
  core::Module out(memory);
  if (auto trimmed = Trimmer(adapter, options, out).run(exports); !trimmed) return std::move(trimmed).error();
  return out;
}

}  // namespace tenon::compose
