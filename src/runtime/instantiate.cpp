// Instantiation. https://webassembly.github.io/spec/core/exec/modules.html#instantiation
//
// The steps in the standard's order: match the imports, make the instance and what it defines, evaluate globals and
// element segments, initialize tables and memories, run the start function. A trap on the way leaves what was written
// so far, as the standard says, and the instance reachable from whatever refers to its functions.
#include <algorithm>
#include <cassert>

#include "model/core/type_text.hpp"
#include "runtime/evaluate.hpp"
#include "runtime/store.hpp"

namespace tenon::runtime {

namespace {

using core::append_text;

class Instantiation {
 public:
  Instantiation(Store& store, CodeModule& code, std::span<const Extern> imports)
      : store_(store), code_(code), validated_(*code.validated), module_(*validated_.module), imports_(imports) {}

  Result<Instance*> run() {
    if (auto result = match_imports(); !result) return result.error();
    if (auto result = check_limits(); !result) return result.error();
    make_instance();
    bind_imports();
    if (auto result = make_memories(); !result) return result.error();
    make_tags();
    // Imports and functions are in place: constant expressions can be evaluated from here on.
    if (auto result = make_globals(); !result) return result.error();
    if (auto result = make_tables(); !result) return result.error();
    if (auto result = evaluate_elems(); !result) return result.error();
    // Everything is allocated and evaluated: from here on the instance changes what others can see.
    if (auto result = initialize_tables(); !result) return result.error();
    if (auto result = initialize_memories(); !result) return result.error();
    if (auto result = run_start(); !result) return result.error();
    return instance_;
  }

 private:
  // --- Imports
  // ---------------------------------------------------------------------------------------------------------

  template <class... Pieces>
  Error unlinkable(const core::Import& import, const Pieces&... pieces) const {
    return fail(ErrorKind::unlinkable, at_offset(import.offset), "incompatible import type: \"", import.module, "\" \"",
                import.name, "\": ", pieces...);
  }

  Result<void> match_imports() const {
    if (imports_.size() < module_.imports.size()) {
      const core::Import& missing = module_.imports[imports_.size()];
      return fail(ErrorKind::unlinkable, at_offset(missing.offset), "unknown import: \"", missing.module, "\" \"",
                  missing.name, "\" is not provided");
    }
    std::uint32_t func = 0;
    std::uint32_t table = 0;
    std::uint32_t global = 0;
    std::uint32_t tag = 0;
    for (std::size_t i = 0; i < module_.imports.size(); ++i) {
      const core::Import& import = module_.imports[i];
      const Extern& given = imports_[i];
      if (given.kind != import.type.kind) {
        return unlinkable(import, "expected a ", import.type.kind, ", found a ", given.kind);
      }
      Result<void> matched;
      switch (given.kind) {
        case core::ExternKind::func:
          matched = match_func(import, validated_.func_types[core::FuncIdx(func++)], *given.func);
          break;
        case core::ExternKind::table:
          matched = match_table(import, validated_.table_types[core::TableIdx(table++)], *given.table);
          break;
        case core::ExternKind::memory: matched = match_memory(import, *given.memory); break;
        case core::ExternKind::global:
          matched = match_global(import, validated_.global_types[core::GlobalIdx(global++)], *given.global);
          break;
        case core::ExternKind::tag:
          matched = match_tag(import, validated_.tag_types[core::TagIdx(tag++)], *given.tag);
          break;
      }
      if (!matched) return matched;
    }
    return {};
  }

  Error wrong_store(const core::Import& import) const {
    return fail(ErrorKind::usage, at_offset(import.offset), "the import \"", import.module, "\" \"", import.name,
                "\" was given something of another store");
  }

  Result<void> match_func(const core::Import& import, core::TypeIdx expected, const Func& given) const {
    if (given.store != &store_) return wrong_store(import);
    if (given.type == expected || store_.types->is_subtype(given.type, expected)) return {};
    return unlinkable(import, "expected a func ", (*store_.types)[expected].type.func, ", found a func ",
                      (*store_.types)[given.type].type.func);
  }

  static bool limits_match(const core::Limits& expected, const core::Limits& given, std::uint64_t size) {
    if (expected.is_64 != given.is_64 || expected.is_shared != given.is_shared || size < expected.min) return false;
    return !expected.max || (given.max && *given.max <= *expected.max);
  }

  Result<void> match_table(const core::Import& import, const core::TableType& expected, const Table& given) const {
    if (given.store != &store_) return wrong_store(import);
    if (expected.element == given.type.element && limits_match(expected.limits, given.type.limits, given.size))
      return {};
    return unlinkable(import, "expected a table ", expected, ", found a table ", given.type, " of size ", given.size);
  }

  Result<void> match_memory(const core::Import& import, const Memory& given) const {
    if (given.store != &store_ && given.store != nullptr) return wrong_store(import);
    const core::MemoryType& expected = import.type.memory;
    if (expected.page_size_log2 == given.type.page_size_log2 &&
        limits_match(expected.limits, given.type.limits, given.pages())) {
      return {};
    }
    return unlinkable(import, "expected a memory ", expected, ", found a memory ", given.type, " of ", given.pages(),
                      " pages");
  }

  Result<void> match_global(const core::Import& import, const core::GlobalType& expected, const Global& given) const {
    if (given.store != &store_) return wrong_store(import);
    const bool matches = expected.is_mutable ? expected.value == given.type.value
                                             : store_.types->matches(given.type.value, expected.value);
    if (expected.is_mutable == given.type.is_mutable && matches) return {};
    return unlinkable(import, "expected a global ", expected, ", found a global ", given.type);
  }

  Result<void> match_tag(const core::Import& import, core::TypeIdx expected, const Tag& given) const {
    if (given.store != &store_) return wrong_store(import);
    if (given.type == expected) return {};
    return unlinkable(import, "expected a tag ", (*store_.types)[expected].type.func, ", found a tag ",
                      (*store_.types)[given.type].type.func);
  }

  // --- The instance
  // ----------------------------------------------------------------------------------------------------

  Result<void> check_limits() const {
    if (store_.instances.size() < store_.limits.instances) return {};
    return fail(ErrorKind::exhausted, {}, "the store's limit of ", store_.limits.instances, " instances is reached");
  }

  template <class T>
  T* array(std::size_t size) {
    return store_.arena.make_array<T>(size).data();
  }

  void make_instance() {
    instance_ = ::new (store_.arena.allocate(sizeof(Instance), alignof(Instance))) Instance{};
    instance_->store = &store_;
    instance_->control = &store_.control;
    instance_->module = &code_;
    instance_->code = code_.code;
    instance_->memory0 = &store_.no_memory;
    instance_->funcs = array<Func*>(module_.funcs.size());
    instance_->globals = array<Global*>(module_.globals.size());
    instance_->tables = array<Table*>(module_.tables.size());
    instance_->memories = array<Memory*>(module_.memories.size());
    instance_->tags = array<Tag*>(module_.tags.size());
    instance_->dropped_elems = array<bool>(module_.elems.size());
    instance_->dropped_datas = array<bool>(module_.datas.size());
    instance_->elem_values = array<std::span<Slot>>(module_.elems.size());
    store_.instances.push_back(instance_);
  }

  void bind_imports() {
    Func** func = instance_->funcs;
    Table** table = instance_->tables;
    Memory** memory = instance_->memories;
    Global** global = instance_->globals;
    Tag** tag = instance_->tags;
    for (std::size_t i = 0; i < module_.imports.size(); ++i) {
      const Extern& given = imports_[i];
      switch (given.kind) {
        case core::ExternKind::func: *func++ = given.func; break;
        case core::ExternKind::table: *table++ = given.table; break;
        case core::ExternKind::memory: *memory++ = given.memory; break;
        case core::ExternKind::global: *global++ = given.global; break;
        case core::ExternKind::tag: *tag++ = given.tag; break;
      }
    }
  }

  Result<void> make_memories() {
    for (std::uint32_t i = module_.imported_memories; i < module_.memories.size(); ++i) {
      auto memory = make_memory(store_, module_.memories[core::MemoryIdx(i)]);
      if (!memory) return memory.error();
      instance_->memories[i] = *memory;
    }
    instance_->has_guards = have_guards(*instance_);
    if (module_.memories.empty()) return {};
    instance_->memory0 = instance_->memories[0];
    CodeModule& code = *instance_->module;
    constexpr std::uint64_t reach = std::uint64_t{2} << 32;  // of an address and an offset
    if (code.give_up_guards != nullptr && instance_->memory0->reserved < reach) code.give_up_guards(code);
    return {};
  }

  void make_tags() {
    for (std::uint32_t i = module_.imported_tags; i < module_.tags.size(); ++i) {
      instance_->tags[i] = make_tag(store_, validated_.tag_types[core::TagIdx(i)]);
    }
  }

  Result<void> make_globals() {
    for (std::uint32_t i = module_.imported_globals; i < module_.globals.size(); ++i) {
      auto value = evaluate(*instance_, module_.globals[core::GlobalIdx(i)].init);
      if (!value) return value.error();
      const Slot slots[2] = {value->low, value->high};
      instance_->globals[i] = make_global(store_, validated_.global_types[core::GlobalIdx(i)], slots);
    }
    return {};
  }

  Result<void> make_tables() {
    for (std::uint32_t i = module_.imported_tables; i < module_.tables.size(); ++i) {
      Slot init = null_ref;
      if (const auto& expr = module_.tables[core::TableIdx(i)].init) {
        auto value = evaluate(*instance_, *expr);
        if (!value) return value.error();
        init = value->low;
      }
      auto table = make_table(store_, validated_.table_types[core::TableIdx(i)], init);
      if (!table) return table.error();
      instance_->tables[i] = *table;
    }
    return {};
  }

  // Segments of function indices stay in the model: their items are looked up when they are used.
  Result<void> evaluate_elems() {
    for (std::uint32_t i = 0; i < module_.elems.size(); ++i) {
      const core::Elem& elem = module_.elems[core::ElemIdx(i)];
      if ((elem.flags & 4) == 0) continue;
      const std::span<Slot> values = store_.arena.make_array<Slot>(elem.items.size());
      instance_->elem_values[i] = values;
      for (std::size_t item = 0; item < elem.items.size(); ++item) {
        auto value = evaluate(*instance_, elem.items[item]);
        if (!value) return value.error();
        values[item] = value->low;
      }
    }
    return {};
  }

  Error trapped(Trap trap, std::string_view what, std::size_t index) const {
    TextBuffer context;
    append_text(context, "while initializing from ");
    append_text(context, what);
    append_text(context, index);
    return Error(ErrorKind::trap, message(trap))
        .with_code(static_cast<std::uint32_t>(trap))
        .with_context(context.view());
  }

  Result<void> initialize_tables() {
    for (std::uint32_t i = 0; i < module_.elems.size(); ++i) {
      const core::Elem& elem = module_.elems[core::ElemIdx(i)];
      if (elem.mode == core::SegmentMode::active) {
        auto at = evaluate(*instance_, elem.table_offset);
        if (!at) return at.error();
        const Trap trap =
            table_init(*instance_, *instance_->tables[elem.table.value], core::ElemIdx(i), at->low, 0, elem.size());
        if (trap != Trap::none) return trapped(trap, "element segment ", i);
      }
      if (elem.mode != core::SegmentMode::passive) drop_elem(*instance_, core::ElemIdx(i));
    }
    return {};
  }

  Result<void> initialize_memories() {
    for (std::uint32_t i = 0; i < module_.datas.size(); ++i) {
      const core::Data& data = module_.datas[core::DataIdx(i)];
      if (data.mode != core::SegmentMode::active) continue;
      auto at = evaluate(*instance_, data.memory_offset);
      if (!at) return at.error();
      const Trap trap = memory_init(*instance_, *instance_->memories[data.memory.value], core::DataIdx(i), at->low, 0,
                                    data.bytes.size());
      if (trap != Trap::none) return trapped(trap, "data segment ", i);
      instance_->dropped_datas[i] = true;
    }
    return {};
  }

  Result<void> run_start() {
    if (!module_.start) return {};
    return call(store_, *func_ref(*instance_, *module_.start), {});
  }

  Store& store_;
  CodeModule& code_;
  const core::ValidatedModule& validated_;
  const core::Module& module_;
  std::span<const Extern> imports_;
  Instance* instance_ = nullptr;
};

}  // namespace

Result<Instance*> instantiate(Store& store, CodeModule& code, std::span<const Extern> imports) {
  return Instantiation(store, code, imports).run();
}

void drop_elem(Instance& instance, core::ElemIdx elem) noexcept {
  instance.dropped_elems[elem.value] = true;
  instance.elem_values[elem.value] = {};
}

}  // namespace tenon::runtime
