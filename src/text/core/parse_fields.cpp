#include "text/core/parse_fields.hpp"

#include <algorithm>

#include "text/core/parse_body.hpp"
#include "text/core/parse_types.hpp"

namespace tenon::core {

namespace {

// "(" and the field's keyword.
void enter_field(ParseContext& context) {
  context.in.next();
  context.in.next();
}

void add_export(ParseContext& context, std::string_view name, ExternKind kind, std::uint32_t index,
                std::uint32_t offset) {
  context.module.exports.push_back(context.in.arena(), {.name = name, .kind = kind, .index = index, .offset = offset});
}

// (export "name")* of the entity being defined.
void parse_inline_exports(ParseContext& context, ExternKind kind, std::uint32_t index) {
  TokenCursor& in = context.in;
  while (in.at_open(Word::export_)) {
    const std::uint32_t offset = in.peek().offset;
    in.next(), in.next();
    add_export(context, in.expect_name(), kind, index, offset);
    in.expect_close();
  }
}

struct ImportName {
  std::string_view module;
  std::string_view name;
  std::uint32_t offset = 0;
};

// (import "module" "name"), if it stands there.
std::optional<ImportName> parse_inline_import(ParseContext& context) {
  TokenCursor& in = context.in;
  const std::uint32_t offset = in.peek().offset;
  if (!in.accept_open(Word::import)) return std::nullopt;
  ImportName import{.module = in.expect_name(), .name = in.expect_name(), .offset = offset};
  in.expect_close();
  return import;
}

void add_import(ParseContext& context, const ImportName& name, const ExternType& type) {
  Module& module = context.module;
  Arena& arena = context.in.arena();
  module.imports.push_back(arena, {.module = name.module, .name = name.name, .type = type, .offset = name.offset});
  switch (type.kind) {
    case ExternKind::func:
      module.funcs.push_back(arena, {.type = type.func, .body = {}});
      ++module.imported_funcs;
      return;
    case ExternKind::table:
      module.tables.push_back(arena, {.type = type.table, .init = {}});
      ++module.imported_tables;
      return;
    case ExternKind::memory:
      module.memories.push_back(arena, type.memory);
      ++module.imported_memories;
      return;
    case ExternKind::global:
      module.globals.push_back(arena, {.type = type.global, .init = {}});
      ++module.imported_globals;
      return;
    case ExternKind::tag:
      module.tags.push_back(arena, type.tag);
      ++module.imported_tags;
      return;
  }
}

void begin_function(ParseContext& context) {
  context.locals.ids.clear();
  context.label_ids.clear();
  context.name_list.clear();
  context.label_names.clear();
  context.labels.clear();
  context.waiting_labels.clear();
  context.local_runs.clear();
  context.hints.clear();
  context.code.clear();
  context.deferred.clear();
  context.label_count = 0;
}

// The names of a function's locals and labels go to the name section.
void keep_local_names(ParseContext& context, std::uint32_t func) {
  const auto keep = [&](std::pmr::vector<NameAssoc>& list, IndirectNameMap& map) {
    if (list.empty()) return;
    const auto names = context.in.arena().copy(std::span<const NameAssoc>(list));
    map.push_back(context.in.arena(), {.index = func, .names = NameMap(names)});
  };
  keep(context.name_list, context.names.locals);
  keep(context.label_names, context.names.labels);
}

TypeIdx parse_func_type_use(ParseContext& context, std::uint32_t func) {
  begin_function(context);
  const TypeIdx type = parse_type_use(context, &context.name_list).type;
  keep_local_names(context, func);
  return type;
}

struct KindOfWord {
  Word word;
  ExternKind kind;
};
constexpr KindOfWord extern_kinds[] = {
    {Word::func, ExternKind::func},     {Word::table, ExternKind::table}, {Word::memory, ExternKind::memory},
    {Word::global, ExternKind::global}, {Word::tag, ExternKind::tag},
};

NameMap& names_of(ParseContext& context, ExternKind kind) noexcept {
  switch (kind) {
    case ExternKind::table: return context.names.tables;
    case ExternKind::memory: return context.names.memories;
    case ExternKind::global: return context.names.globals;
    case ExternKind::tag: return context.names.tags;
    case ExternKind::func: break;
  }
  return context.names.functions;
}

IndexSpace& space_of(ParseContext& context, ExternKind kind) noexcept {
  switch (kind) {
    case ExternKind::table: return context.tables;
    case ExternKind::memory: return context.memories;
    case ExternKind::global: return context.globals;
    case ExternKind::tag: return context.tags;
    case ExternKind::func: break;
  }
  return context.funcs;
}

std::uint32_t next_index(const Module& module, ExternKind kind) noexcept {
  switch (kind) {
    case ExternKind::table: return static_cast<std::uint32_t>(module.tables.size());
    case ExternKind::memory: return static_cast<std::uint32_t>(module.memories.size());
    case ExternKind::global: return static_cast<std::uint32_t>(module.globals.size());
    case ExternKind::tag: return static_cast<std::uint32_t>(module.tags.size());
    case ExternKind::func: break;
  }
  return static_cast<std::uint32_t>(module.funcs.size());
}

// What all five kinds of definitions begin with: identifier, inline exports, and perhaps an inline import, which is
// then the whole field: true.
bool parse_definition_head(ParseContext& context, ExternKind kind) {
  const std::uint32_t index = next_index(context.module, kind);
  parse_definition_name(context, names_of(context, kind), index);
  parse_inline_exports(context, kind, index);
  const auto import = parse_inline_import(context);
  if (!import) return false;
  add_import(context, *import, parse_extern_type(context, kind));
  context.in.expect_close();
  return true;
}

// The number of parameters before the locals. A type use without parameters takes them from its type, which must then
// exist; but only where locals have names (`none` otherwise), as the type is not needed in the text where they have
// not.
constexpr std::uint32_t unknown_count = 0xFFFF'FFFF;

std::uint32_t parameter_count(const ParseContext& context, const TypeUse& use) noexcept {
  if (use.has_signature || !use.is_explicit) return static_cast<std::uint32_t>(context.params.size());
  const Module& module = context.module;
  if (!module.types.contains(use.type) || module.types[use.type].kind != CompositeKind::func) return unknown_count;
  return static_cast<std::uint32_t>(module.types[use.type].func.params.size());
}

void bind_local(ParseContext& context, std::uint32_t params, std::uint32_t index) {
  TokenCursor& in = context.in;
  const std::uint32_t offset = in.peek().offset;
  std::string_view id;
  context.name_list.push_back({index, parse_id_and_name(context, id)});
  if (params == unknown_count) in.fault_at(offset, "unknown type: the local $", id, " stands behind its parameters");
  if (!id.empty() && !context.locals.ids.insert(id, index)) in.fault_at(offset, "duplicate local $", id);
}

// (local ...)*: names, and runs of equal types.
void parse_locals(ParseContext& context, std::uint32_t params) {
  TokenCursor& in = context.in;
  std::uint32_t index = params == unknown_count ? 0 : params;
  const auto add = [&](ValType type) {
    if (++index > limits::max_locals) {
      in.fail_with(
          fail(ErrorKind::exhausted, in.place(in.last_end()), "too many locals: the limit is ", limits::max_locals));
    }
    if (context.local_runs.empty() || context.local_runs.back().type != type) {
      context.local_runs.push_back({.count = 0, .type = type});
    }
    ++context.local_runs.back().count;
  };
  while (in.accept_open(Word::local)) {
    if (at_id_or_name(in)) {
      bind_local(context, params, index);
      add(parse_val_type(context));
    } else {
      while (!in.at_close() && in.ok()) add(parse_val_type(context));
    }
    in.expect_close();
  }
}

void keep_hints(ParseContext& context, std::uint32_t func) {
  if (context.hints.empty()) return;
  ByteWriter& out = context.hint_entries;
  ++context.hinted_functions;
  out.u32(func);
  out.u32(static_cast<std::uint32_t>(context.hints.size()));
  for (const NotedBranchHint& hint : context.hints) {
    out.u32(hint.offset);
    out.u32(1);
    out.u8(hint.value);
  }
}

Expr zero_offset(ParseContext& context, bool is_64) {
  context.code.clear();
  context.instruction.op = is_64 ? Op::i64_const : Op::i32_const;
  context.instruction.bits = 0;
  write_instruction(context.code, context.instruction);
  context.code.u8(static_cast<std::uint8_t>(info(Op::end).code));
  return {.bytes = take_code(context)};
}

// (offset instr*) or one folded instruction.
Expr parse_offset(ParseContext& context) {
  TokenCursor& in = context.in;
  if (!in.accept_open(Word::offset)) return parse_folded_const_expr(context);
  const Expr offset = parse_const_expr(context);
  in.expect_close();
  return offset;
}

// The strings up to the closing parenthesis, joined.
Bytes parse_strings(ParseContext& context) {
  TokenCursor& in = context.in;
  if (!in.at(TokenKind::string)) return {};
  const std::string_view first = in.expect_string("a string");
  if (!in.at(TokenKind::string)) return as_bytes(first);
  context.code.clear();
  context.code.bytes(as_bytes(first));
  while (in.at(TokenKind::string)) context.code.bytes(as_bytes(in.expect_string("a string")));
  return take_code(context);
}

// Element segments: function indices, or expressions. Of the forms that the binary format has for one segment, the
// longer one with the table's index is chosen where the text names the table, or the segment stands in one.
void parse_elem_indices(ParseContext& context, Elem& elem) {
  ArenaVector<FuncIdx> functions;
  while (at_index(context) && context.in.ok()) {
    functions.push_back(context.in.arena(), FuncIdx(parse_index(context, context.funcs)));
  }
  elem.functions = functions.span();
}

void parse_elem_items(ParseContext& context, Elem& elem) {
  TokenCursor& in = context.in;
  ArenaVector<Expr> items;
  while (in.at(TokenKind::left_paren)) {
    if (in.accept_open(Word::item)) {
      items.push_back(in.arena(), parse_const_expr(context));
      in.expect_close();
    } else {
      items.push_back(in.arena(), parse_folded_const_expr(context));
    }
  }
  elem.items = items.span();
}

constexpr std::uint8_t elem_not_active = 1;
constexpr std::uint8_t elem_has_index = 2;  // or, when not active: declarative
constexpr std::uint8_t elem_has_items = 4;

// `func` indices, a reference type with expressions, or (where a segment needs no type) indices alone.
void parse_elem_list(ParseContext& context, Elem& elem, bool type_may_lack) {
  TokenCursor& in = context.in;
  if (at_ref_type(context)) {
    elem.type = parse_ref_type(context);
    elem.flags |= elem_has_items;
    // The form without a type is for funcref in table 0.
    if (elem.mode == SegmentMode::active && elem.type != funcref) elem.flags |= elem_has_index;
    return parse_elem_items(context, elem);
  }
  if (!in.accept(Word::func) && !(type_may_lack && (at_index(context) || in.at_close()))) {
    return in.unexpected("`func` or a reference type");
  }
  parse_elem_indices(context, elem);
}

// Indices where items are wanted: `ref.func` of each.
void indices_to_items(ParseContext& context, Elem& elem) {
  ArenaVector<Expr> items;
  items.reserve(context.in.arena(), elem.functions.size());
  for (const FuncIdx func : elem.functions) {
    context.code.clear();
    context.instruction.op = Op::ref_func;
    context.instruction.index = func.value;
    write_instruction(context.code, context.instruction);
    context.code.u8(static_cast<std::uint8_t>(info(Op::end).code));
    items.push_back(context.in.arena(), {.bytes = take_code(context)});
  }
  elem.functions = {};
  elem.items = items.span();
}

// `(elem ...)` inside of a table's definition.
void parse_table_elements(ParseContext& context, TableIdx table, bool is_64, ValType type) {
  TokenCursor& in = context.in;
  in.next(), in.next();
  Elem elem;
  elem.mode = SegmentMode::active;
  elem.table = table;
  elem.table_offset = zero_offset(context, is_64);
  elem.type = type;
  if (in.at(TokenKind::left_paren)) {
    elem.flags = elem_has_items;
    parse_elem_items(context, elem);
  } else {
    parse_elem_indices(context, elem);
    if (type != funcref) {
      elem.flags = elem_has_items;
      indices_to_items(context, elem);
    }
  }
  elem.flags |= elem_has_index;
  in.expect_close();
  const std::uint64_t size = elem.size();
  context.module.elems.push_back(in.arena(), elem);
  const Limits limits{.min = size, .max = size, .is_64 = is_64};
  context.module.tables.push_back(in.arena(), {.type = {.element = type, .limits = limits}, .init = {}});
}

}  // namespace

std::optional<ExternKind> extern_kind(const Token& token) noexcept {
  if (token.kind != TokenKind::keyword) return std::nullopt;
  const auto* found = std::ranges::find(extern_kinds, token.word, &KindOfWord::word);
  if (found == std::end(extern_kinds)) return std::nullopt;
  return found->kind;
}

ExternType parse_extern_type(ParseContext& context, ExternKind kind) {
  ExternType type;
  type.kind = kind;
  switch (kind) {
    case ExternKind::func:
      type.func = parse_func_type_use(context, static_cast<std::uint32_t>(context.module.funcs.size()));
      break;
    case ExternKind::table: type.table = parse_table_type(context); break;
    case ExternKind::memory: type.memory = parse_memory_type(context); break;
    case ExternKind::global: type.global = parse_global_type(context); break;
    case ExternKind::tag:
      context.locals.ids.clear();
      context.name_list.clear();
      type.tag.type = parse_type_use(context, &context.name_list).type;
      break;
  }
  return type;
}

void parse_import(ParseContext& context) {
  TokenCursor& in = context.in;
  ImportName name;
  name.offset = in.peek().offset;
  enter_field(context);
  name.module = in.expect_name();
  name.name = in.expect_name();
  in.expect_open();
  const auto kind = extern_kind(in.peek());
  if (!kind) return in.unexpected("the kind of the import");
  in.next();
  parse_definition_name(context, names_of(context, *kind), next_index(context.module, *kind));
  add_import(context, name, parse_extern_type(context, *kind));
  in.expect_close();
  in.expect_close();
}

void parse_func(ParseContext& context) {
  TokenCursor& in = context.in;
  enter_field(context);
  const auto index = static_cast<std::uint32_t>(context.module.funcs.size());
  if (parse_definition_head(context, ExternKind::func)) return;
  begin_function(context);
  const std::uint32_t offset = in.peek().offset;
  const TypeUse use = parse_type_use(context, &context.name_list);
  parse_locals(context, parameter_count(context, use));
  context.labels.push_back({});  // the body's own
  begin_places(context);
  write_locals(context.code, context.local_runs);
  parse_instructions(context);
  mark_place(context, in.peek().offset);
  end_places(context, offset);
  context.code.u8(static_cast<std::uint8_t>(info(Op::end).code));
  in.expect_close();
  if (!in.ok()) return;
  keep_local_names(context, index);
  keep_hints(context, index);
  context.module.funcs.push_back(in.arena(), {.type = use.type, .body = take_code(context), .offset = offset});
}

void parse_table(ParseContext& context) {
  TokenCursor& in = context.in;
  enter_field(context);
  const TableIdx index = context.module.tables.next_index();
  if (parse_definition_head(context, ExternKind::table)) return;
  const bool is_64 = parse_address_type(context);
  if (at_ref_type(context)) {
    const ValType type = parse_ref_type(context);
    if (!in.at_open(Word::elem)) return in.unexpected("`(elem`");
    parse_table_elements(context, index, is_64, type);
    return in.expect_close();
  }
  Table table;
  table.type.limits = parse_limits(context, is_64);
  table.type.element = parse_ref_type(context);
  if (!in.at_close()) table.init = parse_const_expr(context);
  in.expect_close();
  context.module.tables.push_back(in.arena(), table);
}

void parse_memory(ParseContext& context) {
  TokenCursor& in = context.in;
  enter_field(context);
  const MemoryIdx index = context.module.memories.next_index();
  if (parse_definition_head(context, ExternKind::memory)) return;
  const bool is_64 = parse_address_type(context);
  if (!in.at_open(Word::data) && !in.at_open(Word::pagesize)) {
    MemoryType type = parse_memory_type(context);
    type.limits.is_64 = is_64;
    in.expect_close();
    context.module.memories.push_back(in.arena(), type);
    return;
  }
  MemoryType type;
  type.limits.is_64 = is_64;
  if (const auto page_size = parse_page_size(context)) {
    type.page_size_log2 = *page_size;
    type.has_page_size = true;
  }
  if (!in.accept_open(Word::data)) return in.unexpected("`(data`");
  Data data;
  data.mode = SegmentMode::active;
  data.flags = index.value == 0 ? 0 : 2;
  data.memory = index;
  data.memory_offset = zero_offset(context, is_64);
  data.offset = in.peek().offset;
  data.bytes = parse_strings(context);
  in.expect_close();
  in.expect_close();
  const std::uint64_t rest = (std::uint64_t{1} << type.page_size_log2) - 1;
  type.limits.min = (data.bytes.size() + rest) >> type.page_size_log2;
  type.limits.max = type.limits.min;
  context.module.datas.push_back(in.arena(), data);
  context.module.memories.push_back(in.arena(), type);
}

void parse_global(ParseContext& context) {
  TokenCursor& in = context.in;
  enter_field(context);
  if (parse_definition_head(context, ExternKind::global)) return;
  Global global{.type = parse_global_type(context), .init = {}};
  global.init = parse_const_expr(context);
  in.expect_close();
  context.module.globals.push_back(in.arena(), global);
}

void parse_tag(ParseContext& context) {
  enter_field(context);
  if (parse_definition_head(context, ExternKind::tag)) return;
  const ExternType type = parse_extern_type(context, ExternKind::tag);
  context.in.expect_close();
  context.module.tags.push_back(context.in.arena(), type.tag);
}

void parse_export(ParseContext& context) {
  TokenCursor& in = context.in;
  const std::uint32_t offset = in.peek().offset;
  enter_field(context);
  const std::string_view name = in.expect_name();
  in.expect_open();
  const auto kind = extern_kind(in.peek());
  if (!kind) return in.unexpected("the kind of the export");
  in.next();
  add_export(context, name, *kind, parse_index(context, space_of(context, *kind)), offset);
  in.expect_close();
  in.expect_close();
}

void parse_start(ParseContext& context) {
  TokenCursor& in = context.in;
  const std::uint32_t offset = in.peek().offset;
  enter_field(context);
  if (context.module.start) in.fault_at(offset, "multiple start sections: a module has at most one");
  context.module.start = FuncIdx(parse_index(context, context.funcs));
  context.module.start_offset = offset;
  in.expect_close();
}

void parse_elem(ParseContext& context) {
  TokenCursor& in = context.in;
  enter_field(context);
  parse_definition_name(context, context.names.elems, static_cast<std::uint32_t>(context.module.elems.size()));
  Elem elem;
  elem.flags = elem_not_active;
  elem.table = TableIdx(0U);
  if (in.accept(Word::declare)) {
    elem.mode = SegmentMode::declarative;
    elem.flags |= elem_has_index;
    parse_elem_list(context, elem, false);
  } else if (in.at(TokenKind::natural) || (in.at(TokenKind::left_paren) && !in.at_open(Word::ref))) {
    elem.mode = SegmentMode::active;
    elem.flags = 0;
    const bool has_table_use = in.accept_open(Word::table);
    if (has_table_use) {
      elem.table = TableIdx(parse_index(context, context.tables));
      elem.flags = elem_has_index;
      in.expect_close();
    } else if (in.at(TokenKind::natural)) {  // as in WebAssembly 1.0: the bare index
      elem.table = TableIdx(in.expect_u32());
      elem.flags = elem_has_index;
    }
    elem.table_offset = parse_offset(context);
    parse_elem_list(context, elem, !has_table_use);
  } else {
    parse_elem_list(context, elem, false);
  }
  in.expect_close();
  context.module.elems.push_back(in.arena(), elem);
}

void parse_data(ParseContext& context) {
  TokenCursor& in = context.in;
  enter_field(context);
  parse_definition_name(context, context.names.datas, static_cast<std::uint32_t>(context.module.datas.size()));
  Data data;
  data.flags = 1;
  data.offset = in.peek().offset;
  if (in.at(TokenKind::left_paren) || in.at(TokenKind::natural)) {
    data.mode = SegmentMode::active;
    data.memory = MemoryIdx(0U);
    if (in.accept_open(Word::memory)) {
      data.memory = MemoryIdx(parse_index(context, context.memories));
      in.expect_close();
    } else if (in.at(TokenKind::natural)) {  // as in WebAssembly 1.0: the bare index
      data.memory = MemoryIdx(in.expect_u32());
    }
    data.flags = data.memory.value == 0 ? 0 : 2;
    data.memory_offset = parse_offset(context);
  }
  data.bytes = parse_strings(context);
  in.expect_close();
  context.module.datas.push_back(in.arena(), data);
}

}  // namespace tenon::core
