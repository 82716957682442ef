#include <algorithm>
#include <utility>

#include "binary/core/instructions.hpp"
#include "text/core/list.hpp"
#include "text/core/print_code.hpp"
#include "text/core/print_strings.hpp"
#include "text/core/print_types.hpp"
#include "text/core/sections.hpp"

namespace tenon::core {
namespace {

constexpr std::size_t offset_digits = 6;
constexpr std::size_t shown_bytes = 8;
constexpr std::size_t shown_data_bytes = 16;

class Disassembly {
 public:
  Disassembly(const Module& module, std::string& text)
      : module_(module),
        context_(module, options_),
        out_(text),
        scratch_(context_.memory),
        code_(context_, scratch_, context_.memory),
        local_runs_(&context_.memory) {}

  void list() {
    bool is_first = true;
    for (const SectionSummary& summary : summarize_sections(module_, context_.memory)) {
      if (!std::exchange(is_first, false)) out_.put('\n');
      header(summary);
      entries(summary);
    }
  }

 private:
  void header(const SectionSummary& summary) {
    offset(summary.offset);
    out_.put("section ");
    out_.put(summary.title);
    if (summary.id == SectionId::custom) {
      out_.put(' ');
      put_name_string(out_, summary.name);
    }
    out_.put(": ");
    if (summary.count) {
      out_.put_number(*summary.count);
      out_.put(*summary.count == 1 ? " entry, " : " entries, ");
    }
    out_.put_number(summary.size);
    out_.put(summary.size == 1 ? " byte\n" : " bytes\n");
  }

  void offset(std::uint64_t value) {
    unsigned digits = offset_digits;
    while (digits < 16 && (value >> (4 * digits)) != 0) ++digits;
    out_.put_hex(value, digits);
    out_.put("  ");
  }

  // The start of an entry's line.
  void entry(std::string_view kind, const Identifiers& identifiers, std::uint32_t index,
             std::uint64_t at = ErrorPlace::no_offset) {
    if (at == ErrorPlace::no_offset) {
      out_.put_repeated(' ', offset_digits + 2);
    } else {
      offset(at);
    }
    out_.put("  ");
    out_.put(kind);
    out_.put(' ');
    out_.put_number(index);
    if (!identifiers.text(index).empty()) put_use(out_, identifiers, index);
  }

  void entries(const SectionSummary& summary) {
    switch (summary.id) {
      case SectionId::type: return each(module_.types.size(), [&](std::uint32_t i) { type(i); });
      case SectionId::import: return imports();
      case SectionId::function:
        return defined(module_.funcs.size(), module_.imported_funcs, [&](std::uint32_t i) {
          entry("func", context_.funcs, i);
          put_func_type_use(out_, context_, module_.funcs[FuncIdx(i)].type);
        });
      case SectionId::table:
        return defined(module_.tables.size(), module_.imported_tables, [&](std::uint32_t i) { table(i); });
      case SectionId::memory:
        return defined(module_.memories.size(), module_.imported_memories, [&](std::uint32_t i) {
          entry("memory", context_.memories, i);
          put_memory_type(out_, module_.memories[MemoryIdx(i)]);
        });
      case SectionId::tag:
        return defined(module_.tags.size(), module_.imported_tags, [&](std::uint32_t i) {
          entry("tag", context_.tags, i);
          put_func_type_use(out_, context_, module_.tags[TagIdx(i)].type);
        });
      case SectionId::global:
        return defined(module_.globals.size(), module_.imported_globals, [&](std::uint32_t i) { global(i); });
      case SectionId::export_: return exports();
      case SectionId::start: return start();
      case SectionId::element: return each(module_.elems.size(), [&](std::uint32_t i) { elem(i); });
      case SectionId::code:
        return defined(module_.funcs.size(), module_.imported_funcs, [&](std::uint32_t i) { func(FuncIdx(i)); });
      case SectionId::data: return each(module_.datas.size(), [&](std::uint32_t i) { data(i); });
      case SectionId::data_count:
      case SectionId::custom: return;
    }
  }

  template <class Print>
  void each(std::size_t count, Print print) {
    defined(count, 0, print);
  }
  template <class Print>
  void defined(std::size_t count, std::uint32_t imported, Print print) {
    for (std::uint32_t i = imported; i < count; ++i) {
      print(i);
      out_.put('\n');
    }
  }

  void type(std::uint32_t index) {
    entry("type", context_.types, index);
    out_.put(' ');
    put_type_definition(out_, context_, TypeIdx(index));
  }

  void imports() {
    std::uint32_t next[5] = {};  // by kind
    for (const Import& import : module_.imports) {
      const std::uint32_t index = next[static_cast<std::size_t>(import.type.kind) % 5]++;
      entry(to_string(import.type.kind), context_.identifiers(import.type.kind), index, import.offset);
      switch (import.type.kind) {
        case ExternKind::func: put_func_type_use(out_, context_, import.type.func); break;
        case ExternKind::table: put_table_type(out_, context_, import.type.table); break;
        case ExternKind::memory: put_memory_type(out_, import.type.memory); break;
        case ExternKind::global: put_global_type(out_, context_, import.type.global); break;
        case ExternKind::tag: put_func_type_use(out_, context_, import.type.tag.type); break;
      }
      out_.put(" <- ");
      put_name_string(out_, import.module);
      out_.put(' ');
      put_name_string(out_, import.name);
      out_.put('\n');
    }
  }

  void table(std::uint32_t index) {
    const Table& table = module_.tables[TableIdx(index)];
    entry("table", context_.tables, index);
    put_table_type(out_, context_, table.type);
    if (table.init) expression(*table.init);
  }

  void global(std::uint32_t index) {
    const Global& global = module_.globals[GlobalIdx(index)];
    entry("global", context_.globals, index);
    put_global_type(out_, context_, global.type);
    out_.put(" =");
    expression(global.init);
  }

  void exports() {
    for (const Export& item : module_.exports) {
      entry(to_string(item.kind), context_.identifiers(item.kind), item.index, item.offset);
      out_.put(" -> ");
      put_name_string(out_, item.name);
      out_.put('\n');
    }
  }

  void start() {
    if (!module_.start) return;
    entry("func", context_.funcs, module_.start->value, module_.start_offset);
    out_.put('\n');
  }

  void mode(SegmentMode mode) {
    out_.put(mode == SegmentMode::active ? " active" : mode == SegmentMode::passive ? " passive" : " declarative");
  }

  void elem(std::uint32_t index) {
    const Elem& elem = module_.elems[ElemIdx(index)];
    entry("elem", context_.elems, index);
    mode(elem.mode);
    if (elem.mode == SegmentMode::active) {
      out_.put(" table");
      put_use(out_, context_.tables, elem.table.value);
      expression(elem.table_offset);
    }
    out_.put(' ');
    put_val_type(out_, context_, elem.type);
    out_.put(' ');
    out_.put_number(elem.size());
    out_.put(elem.size() == 1 ? " item" : " items");
    if ((elem.flags & 4) != 0) return;
    out_.put(':');
    const std::size_t shown = std::min<std::size_t>(elem.size(), shown_bytes);
    for (std::size_t i = 0; i < shown; ++i) put_use(out_, context_.funcs, elem.functions[i].value);
    if (shown < elem.size()) out_.put(" ...");
  }

  void data(std::uint32_t index) {
    const Data& data = module_.datas[DataIdx(index)];
    entry("data", context_.datas, index, data.offset);
    mode(data.mode);
    if (data.mode == SegmentMode::active) {
      out_.put(" memory");
      put_use(out_, context_.memories, data.memory.value);
      expression(data.memory_offset);
    }
    out_.put(' ');
    out_.put_number(data.bytes.size());
    out_.put(data.bytes.size() == 1 ? " byte" : " bytes");
    if (data.bytes.empty()) return;
    out_.put(':');
    const std::size_t shown = std::min<std::size_t>(data.bytes.size(), shown_data_bytes);
    put_byte_strings(out_, options_, data.bytes.first(shown), 0);
    if (shown < data.bytes.size()) out_.put(" ...");
  }

  void expression(const Expr& expr) {
    scratch_.clear();
    code_.locals.clear();
    code_.start(Cursor(expr.bytes, expr.offset), FuncIdx::none());
    while (code_.next()) {
      if (code_.labels.empty()) continue;
      out_.put(' ');
      code_.put_instruction(out_);
    }
    if (!code_.ok()) error(code_.take_error());
  }

  void error(const Error& error) {
    out_.put(" error: ");
    out_.put(error.message());
  }

  // The bytes [from, to) of `body`, in columns.
  void bytes(const Func& func, std::uint64_t from, std::uint64_t to) {
    out_.put('\n');
    offset(from);
    out_.put("  ");
    const Bytes all =
        func.body.subspan(static_cast<std::size_t>(from - func.offset), static_cast<std::size_t>(to - from));
    const bool is_cut = all.size() > shown_bytes;
    const std::size_t shown = is_cut ? shown_bytes - 1 : all.size();
    for (std::size_t i = 0; i < shown; ++i) {
      out_.put_hex(all[i], 2);
      out_.put(' ');
    }
    if (is_cut) out_.put(".. ");
    out_.put_repeated(' ', 3 * (shown_bytes - shown - (is_cut ? 1 : 0)) + 1);
  }

  void func(FuncIdx index) {
    const Func& func = module_.funcs[index];
    scratch_.clear();
    entry("func", context_.funcs, index.value, func.offset);
    put_func_type_use(out_, context_, func.type);
    out_.put(':');
    local_runs_.clear();
    Cursor body(func.body, func.offset);
    const FuncType* signature = context_.func_type(func.type);
    const auto params = signature == nullptr ? 0 : static_cast<std::uint32_t>(signature->params.size());
    read_locals(body, local_runs_, params, Features::all());
    if (!body.ok()) return error(body.take_error());
    locals(func, body.offset());
    local_names(index, params);
    code_.start(body, index);
    while (code_.next()) {
      bytes(func, code_.offset, code_.end_offset());
      out_.put_repeated(' ', std::min<std::size_t>(code_.depth * options_.indent, max_indent_columns));
      code_.put_instruction(out_);
    }
    if (!code_.ok()) {
      out_.put('\n');
      offset(code_.offset);
      error(code_.take_error());
    }
  }

  void locals(const Func& func, std::uint64_t end) {
    if (local_runs_.empty()) return;
    bytes(func, func.offset, end);
    out_.put("local");
    for (const LocalRun& run : local_runs_) {
      out_.put(' ');
      put_val_type(out_, context_, run.type);
      if (run.count == 1) continue;
      out_.put(" x ");
      out_.put_number(run.count);
    }
  }

  void local_names(FuncIdx index, std::uint32_t params) {
    code_.locals.clear();
    const NameMap* names = context_.names ? find_names(context_.names->locals, index.value) : nullptr;
    if (names == nullptr) return;
    std::uint32_t count = params;
    for (const LocalRun& run : local_runs_) count += run.count;
    code_.locals.assign(*names, count, scratch_);
  }

  const Module& module_;
  const PrintOptions options_;
  PrintContext context_;
  TextOutput out_;
  Arena scratch_;  // of the function that is being listed
  CodeReader code_;
  std::pmr::vector<LocalRun> local_runs_;
};

}  // namespace

void list_disassembly(const Module& module, std::string& out) { Disassembly(module, out).list(); }

}  // namespace tenon::core
