// The printer of modules: one field or import a line, in the order of the binary's sections.
//
// The text follows the binary closely, so that parsing it gives the same module: types are referred to by index,
// imports and exports are fields of their own in their own order, custom sections are annotations that say their place.
// The name section becomes identifiers (print_identifiers.hpp), and branch hints become annotations (print_hints.hpp);
// what cannot be expressed so stays a custom section with its bytes. Constant expressions are always folded, bodies on
// request (print_fold.hpp).
//
// Limits: what the text format has no words for is lost, that is, non-minimal LEBs, the split of locals into runs of
// one type, and which of several forms a segment or type had. A module without such things comes back byte for byte.
#include "text/core/print.hpp"

#include <algorithm>
#include <utility>

#include "base/concat.hpp"
#include "binary/core/instructions.hpp"
#include "text/core/print_strings.hpp"
#include "text/core/print_tool_sections.hpp"
#include "text/core/print_types.hpp"
#include "text/core/sections.hpp"
#include "text/core/text.hpp"

namespace tenon::core {
namespace {

constexpr std::size_t list_line_width = 100;

// The section's keyword in `(@custom "..." (after code))`.
std::string_view placement_keyword(SectionId id) noexcept {
  switch (id) {
    case SectionId::function: return "func";
    case SectionId::element: return "elem";
    case SectionId::data_count: return "datacount";
    default: return section_title(id);
  }
}

}  // namespace

ModulePrinter::ModulePrinter(const Module& module, std::string& out, const PrintOptions& options)
    : module_(module),
      options_(options),
      context_(module, options),
      out_(out),
      hints_(module, context_.arena),
      scratch_(context_.memory),
      code_(context_, scratch_, context_.memory),
      folder_(context_, context_.memory),
      local_runs_(&context_.memory) {
  if (context_.names) name_section_ = module.find_custom("name");
}

Result<void> ModulePrinter::print() {
  out_.put("(module");
  if (context_.names && context_.names->module) module_name(*context_.names->module);
  const std::size_t begin = out_.size();
  if (auto done = sections(); !done) return done;
  out_.put(out_.size() == begin ? ")\n" : "\n)\n");
  return {};
}

Result<void> ModulePrinter::print_inside(std::string_view name) {
  const std::string_view own = context_.names ? context_.names->module.value_or("") : "";
  if (own != name) put_own_name(out_, own);
  const std::size_t begin = out_.size();
  if (auto done = sections(); !done) return done;
  if (out_.size() != begin) put_line(out_, options_, 0);
  return {};
}

Result<void> ModulePrinter::sections() {
  const Section* last_known = nullptr;  // one that the text will give back, too
  for (const Section& section : module_.sections) {
    if (section.id == SectionId::custom) {
      custom(section, last_known);
      continue;
    }
    if (is_printed(section.id)) last_known = &section;
    if (auto done = fields(section.id); !done) return done;
  }
  return {};
}

// Whether the text holds something that gives the section again; custom sections may refer to such ones only.
bool ModulePrinter::is_printed(SectionId id) const noexcept {
  return id == SectionId::start || section_count(module_, id).value_or(0) != 0;
}

void ModulePrinter::module_name(std::string_view name) {
  const std::string_view text = identifier_text(name, context_.arena);
  if (text.empty()) return put_name_annotation(out_, name);
  out_.put(" $");
  out_.put(text);
}

Result<void> ModulePrinter::fields(SectionId id) {
  const auto each = [](auto count, auto print_one) -> Result<void> {
    for (std::uint32_t i = 0; i < count; ++i) {
      if (auto done = print_one(i); !done) return done;
    }
    return {};
  };
  const auto defined = [&](const auto& list, std::uint32_t imported, auto print_one) {
    return each(list.size() - imported, [&](std::uint32_t i) { return print_one(i + imported); });
  };
  switch (id) {
    case SectionId::type: return types(), Result<void>();
    case SectionId::import: return imports(), Result<void>();
    case SectionId::table:
      return defined(module_.tables, module_.imported_tables, [&](std::uint32_t i) { return table(TableIdx(i)); });
    case SectionId::memory:
      return defined(module_.memories, module_.imported_memories,
                     [&](std::uint32_t i) { return memory(MemoryIdx(i)); });
    case SectionId::tag:
      return defined(module_.tags, module_.imported_tags, [&](std::uint32_t i) { return tag(TagIdx(i)); });
    case SectionId::global:
      return defined(module_.globals, module_.imported_globals, [&](std::uint32_t i) { return global(GlobalIdx(i)); });
    case SectionId::export_: return exports(), Result<void>();
    case SectionId::start: return start(), Result<void>();
    case SectionId::element: return each(module_.elems.size(), [&](std::uint32_t i) { return elem(ElemIdx(i)); });
    case SectionId::code:
      return defined(module_.funcs, module_.imported_funcs, [&](std::uint32_t i) { return func(FuncIdx(i)); });
    case SectionId::data: return each(module_.datas.size(), [&](std::uint32_t i) { return data(DataIdx(i)); });
    case SectionId::function:
    case SectionId::data_count:
    case SectionId::custom: return {};
  }
  return {};
}

void ModulePrinter::custom(const Section& section, const Section* last_known) {
  if (&section == name_section_) {
    is_behind_names_ = true;
    return;
  }
  if (&section == hints_.section() || (!options_.names && section.name == "name")) return;
  // Behind all known sections, the default place is right, but for sections that stand before the names.
  const Section* end = module_.sections.end();
  const Section* next = std::find_if(&section, end, [&](const Section& other) { return is_printed(other.id); });
  const bool is_last = next == end && (name_section_ == nullptr || is_behind_names_);
  const bool is_first = last_known == nullptr;
  const ToolSectionPlace place = is_last    ? ToolSectionPlace::last
                                 : is_first ? ToolSectionPlace::first
                                            : ToolSectionPlace::other;
  if (put_tool_section(out_, options_, section, place, context_.memory)) return;
  put_line(out_, options_, 1, section.offset);
  out_.put("(@custom ");
  put_name_string(out_, section.name);
  if (!is_last) {
    if (is_first) {
      out_.put(" (before first)");
    } else {
      out_.put(" (after ");
      out_.put(placement_keyword(last_known->id));
      out_.put(')');
    }
  }
  if (options_.skeleton) {
    out_.put(" ...");
  } else {
    put_byte_strings(out_, options_, section.payload, 2);
  }
  out_.put(')');
}

void ModulePrinter::types() {
  for (const RecGroup& group : module_.rec_groups) {
    const std::size_t depth = group.is_explicit ? 2 : 1;
    if (group.is_explicit) {
      put_line(out_, options_, 1);
      out_.put("(rec");
    }
    for (std::uint32_t i = 0; i < group.size; ++i) {
      put_line(out_, options_, depth);
      put_type_definition(out_, context_, TypeIdx(group.first.value + i));
    }
    if (!group.is_explicit) continue;
    if (group.size > 0) put_line(out_, options_, 1);
    out_.put(')');
  }
}

void ModulePrinter::imports() {
  std::uint32_t next[5] = {};  // by kind
  for (const Import& import : module_.imports) {
    put_line(out_, options_, 1, import.offset);
    out_.put("(import ");
    put_name_string(out_, import.module);
    out_.put(' ');
    put_name_string(out_, import.name);
    out_.put(" (");
    const ExternKind kind = import.type.kind;
    out_.put(to_string(kind));
    const std::uint32_t index = next[static_cast<std::size_t>(kind) % 5]++;
    put_definition(out_, context_.identifiers(kind), index);
    switch (kind) {
      case ExternKind::func: func_signature(FuncIdx(index), import.type.func, 0); break;
      case ExternKind::table: put_table_type(out_, context_, import.type.table); break;
      case ExternKind::memory: put_memory_type(out_, import.type.memory); break;
      case ExternKind::global: put_global_type(out_, context_, import.type.global); break;
      case ExternKind::tag: put_func_type_use(out_, context_, import.type.tag.type); break;
    }
    out_.put("))");
  }
}

void ModulePrinter::begin_field(std::string_view keyword, const Identifiers& identifiers, std::uint32_t index,
                                std::uint64_t offset) {
  put_line(out_, options_, 1, offset);
  out_.put('(');
  out_.put(keyword);
  put_definition(out_, identifiers, index);
}

Result<void> ModulePrinter::table(TableIdx index) {
  const Table& table = module_.tables[index];
  begin_field("table", context_.tables, index.value);
  put_table_type(out_, context_, table.type);
  if (table.init) {
    if (auto done = expression(*table.init, {}); !done) return done;
  }
  out_.put(')');
  return {};
}

Result<void> ModulePrinter::memory(MemoryIdx index) {
  begin_field("memory", context_.memories, index.value);
  put_memory_type(out_, module_.memories[index]);
  out_.put(')');
  return {};
}

Result<void> ModulePrinter::tag(TagIdx index) {
  begin_field("tag", context_.tags, index.value);
  put_func_type_use(out_, context_, module_.tags[index].type);
  out_.put(')');
  return {};
}

Result<void> ModulePrinter::global(GlobalIdx index) {
  const Global& global = module_.globals[index];
  begin_field("global", context_.globals, index.value, global.init.offset);
  put_global_type(out_, context_, global.type);
  if (auto done = expression(global.init, {}); !done) return done;
  out_.put(')');
  return {};
}

void ModulePrinter::exports() {
  for (const Export& item : module_.exports) {
    put_line(out_, options_, 1, item.offset);
    out_.put("(export ");
    put_name_string(out_, item.name);
    out_.put(" (");
    out_.put(to_string(item.kind));
    put_use(out_, context_.identifiers(item.kind), item.index);
    out_.put("))");
  }
}

void ModulePrinter::start() {
  if (!module_.start) return;
  put_line(out_, options_, 1, module_.start_offset);
  out_.put("(start");
  put_use(out_, context_.funcs, module_.start->value);
  out_.put(')');
}

Result<void> ModulePrinter::elem(ElemIdx index) {
  const Elem& elem = module_.elems[index];
  const bool is_active = elem.mode == SegmentMode::active;
  begin_field("elem", context_.elems, index.value, is_active ? elem.table_offset.offset : ErrorPlace::no_offset);
  const bool has_expressions = (elem.flags & 4) != 0;
  const bool has_table = is_active && (elem.flags & 2) != 0;
  if (elem.mode == SegmentMode::declarative) out_.put(" declare");
  if (has_table) {
    out_.put(" (table");
    put_use(out_, context_.tables, elem.table.value);
    out_.put(')');
  }
  if (is_active) {
    if (auto done = expression(elem.table_offset, "offset"); !done) return done;
  }
  out_.put(' ');
  if (has_expressions) {
    put_val_type(out_, context_, elem.type);
  } else {
    out_.put("func");
  }
  if (auto done = elem_items(elem, has_expressions); !done) return done;
  out_.put(')');
  return {};
}

Result<void> ModulePrinter::elem_items(const Elem& elem, bool has_expressions) {
  if (options_.skeleton) {
    if (elem.size() > 0) out_.put(" ...");
    return {};
  }
  for (std::size_t i = 0; i < elem.size(); ++i) {
    if (out_.column() > list_line_width) {
      put_line(out_, options_, 2);
      out_.put(' ');
    }
    if (!has_expressions) {
      put_use(out_, context_.funcs, elem.functions[i].value);
    } else if (auto done = expression(elem.items[i], "item"); !done) {
      return done;
    }
  }
  return {};
}

Result<void> ModulePrinter::data(DataIdx index) {
  const Data& data = module_.datas[index];
  begin_field("data", context_.datas, index.value, data.offset);
  if (data.mode == SegmentMode::active) {
    if (data.memory.value != 0) {
      out_.put(" (memory");
      put_use(out_, context_.memories, data.memory.value);
      out_.put(')');
    }
    if (auto done = expression(data.memory_offset, "offset"); !done) return done;
  }
  if (options_.skeleton) {
    out_.put(" ...");
  } else {
    put_byte_strings(out_, options_, data.bytes, 2);
  }
  out_.put(')');
  return check_size();
}

// Folded. More or fewer than one tree need the parentheses of `wrapper`, where there is one.
Result<void> ModulePrinter::expression(const Expr& expr, std::string_view wrapper) {
  scratch_.clear();
  code_.locals.clear();
  code_.start(Cursor(expr.bytes, expr.offset), FuncIdx::none());
  if (auto done = folder_.read_expression(code_); !done) return done;
  const bool is_wrapped = !wrapper.empty() && folder_.statement_count() != 1;
  if (is_wrapped) {
    out_.put(" (");
    out_.put(wrapper);
  }
  folder_.put_expression(out_, 1);
  if (is_wrapped) out_.put(')');
  return {};
}

// ` (type $t) (param $x i32) (param f32) (result i32)`, with the names in `code_.locals`, which are assigned here.
void ModulePrinter::func_signature(FuncIdx index, TypeIdx type, std::uint32_t local_count) {
  const FuncType* signature = context_.func_type(type);
  const auto param_count = signature == nullptr ? 0 : static_cast<std::uint32_t>(signature->params.size());
  const NameMap* names = context_.names ? find_names(context_.names->locals, index.value) : nullptr;
  code_.locals.clear();
  if (names != nullptr) code_.locals.assign(*names, param_count + local_count, scratch_);
  if (code_.locals.empty() || signature == nullptr) return put_func_type_use(out_, context_, type);
  put_type_use(out_, context_, type);
  local_index_ = 0;
  for (const ValType param : signature->params) local("(param", param);
  close_locals();
  put_type_list(out_, context_, "result", signature->results);
}

// One parameter or local: with a name, in parentheses of its own; else in one list with its neighbours.
void ModulePrinter::local(std::string_view opening, ValType type) {
  const std::uint32_t index = local_index_++;
  const bool is_named = !code_.locals.text(index).empty() || code_.locals.annotation(index) != nullptr;
  if (is_named) close_locals();
  if (!is_list_open_) {
    if (!std::exchange(is_line_begun_, false)) out_.put(' ');
    out_.put(opening);
  }
  if (is_named) put_definition(out_, code_.locals, index);
  out_.put(' ');
  put_val_type(out_, context_, type);
  is_list_open_ = true;
  if (is_named) close_locals();
}

void ModulePrinter::close_locals() {
  if (is_list_open_) out_.put(')');
  is_list_open_ = false;
}

// The line of local declarations.
void ModulePrinter::local_declarations(std::uint32_t param_count) {
  if (local_runs_.empty()) return;
  put_line(out_, options_, 2);
  local_index_ = param_count;
  is_line_begun_ = true;
  for (const LocalRun& run : local_runs_) {
    for (std::uint32_t i = 0; i < run.count; ++i) local("(local", run.type);
  }
  close_locals();
}

Result<void> ModulePrinter::func(FuncIdx index) {
  const Func& func = module_.funcs[index];
  scratch_.clear();
  Cursor body(func.body, func.offset);
  local_runs_.clear();
  const FuncType* signature = context_.func_type(func.type);
  const auto param_count = signature == nullptr ? 0 : static_cast<std::uint32_t>(signature->params.size());
  read_locals(body, local_runs_, param_count, Features::all());
  if (!body.ok()) return in_function(body.take_error(), index);
  std::uint32_t local_count = 0;
  for (const LocalRun& run : local_runs_) local_count += run.count;

  begin_field("func", context_.funcs, index.value, func.offset);
  func_signature(index, func.type, local_count);
  if (options_.skeleton) {
    out_.put(" ...)");
    return {};
  }
  if (local_count > 0) local_declarations(param_count);
  code_.start(body, index);
  const FunctionHints hints = hints_.take(index);
  const auto results = signature == nullptr ? 0 : static_cast<std::uint32_t>(signature->results.size());
  const std::size_t before = out_.size();
  Result<void> done = options_.fold ? folder_.put_body(out_, code_, results, func.offset, hints)
                                    : put_flat_code(out_, code_, func.offset, hints);
  if (!done) return in_function(std::move(done).error(), index);
  if (out_.size() != before || local_count > 0) put_line(out_, options_, 1);
  out_.put(')');
  return check_size();
}

Error ModulePrinter::in_function(Error error, FuncIdx index) const {
  TextBuffer text;
  append_text(text, "function ");
  append_text(text, index.value);
  if (const std::string_view name = context_.funcs.text(index.value); !name.empty()) {
    append_text(text, " $");
    append_text(text, name);
  }
  return std::move(error).with_context(text.view());
}

Result<void> ModulePrinter::check_size() const {
  if (out_.size() <= limits::max_text_size) return {};
  return fail(ErrorKind::exhausted, {}, "the text is longer than ", limits::max_text_size, " bytes");
}

// To make room once: growing a large string costs more than all the printing. An instruction takes two bytes and
// becomes a line of some twenty characters and its indentation.
std::size_t expected_text_size(const Module& module, const PrintOptions& options) {
  constexpr std::size_t characters_per_code_byte = 36;
  constexpr std::size_t characters_per_other_byte = 3;
  std::size_t size = 0;
  for (const Section& section : module.sections) {
    const bool is_left_out = options.skeleton && (section.id == SectionId::code || section.id == SectionId::data);
    if (is_left_out) continue;
    size +=
        section.payload.size() * (section.id == SectionId::code ? characters_per_code_byte : characters_per_other_byte);
  }
  return std::min<std::size_t>(size, limits::max_text_size);
}

Result<void> print_module(const Module& module, std::string& out, const PrintOptions& options) {
  out.reserve(out.size() + expected_text_size(module, options));
  ModulePrinter printer(module, out, options);
  return printer.print();
}

}  // namespace tenon::core
