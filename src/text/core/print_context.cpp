#include "text/core/print_context.hpp"

#include <algorithm>

#include "binary/core/module.hpp"
#include "text/core/print_strings.hpp"

namespace tenon::core {

PrintContext::PrintContext(const Module& printed, const PrintOptions& print_options)
    : module(printed),
      options(print_options),
      memory(printed.arena.upstream()),
      arena(memory),
      types(memory),
      funcs(memory),
      tables(memory),
      memories(memory),
      globals(memory),
      tags(memory),
      elems(memory),
      datas(memory),
      fields_(&memory),
      no_fields_(memory) {
  if (!options.names) return;
  auto read = read_names(module, arena);
  if (!read) return;  // the section is printed as bytes then
  names = *read;
  const auto count = [](const auto& list) { return static_cast<std::uint32_t>(list.size()); };
  types.assign(names->types, count(module.types), arena);
  funcs.assign(names->functions, count(module.funcs), arena);
  tables.assign(names->tables, count(module.tables), arena);
  memories.assign(names->memories, count(module.memories), arena);
  globals.assign(names->globals, count(module.globals), arena);
  tags.assign(names->tags, count(module.tags), arena);
  elems.assign(names->elems, count(module.elems), arena);
  datas.assign(names->datas, count(module.datas), arena);
  for (const IndirectNameAssoc& type : names->fields) {
    if (type.index >= module.types.size()) break;
    fields_.push_back({type.index, Identifiers(memory)});
    fields_.back().identifiers.assign(type.names, count(module.types[TypeIdx(type.index)].fields), arena);
  }
}

const Identifiers& PrintContext::identifiers(ExternKind kind) const noexcept {
  switch (kind) {
    case ExternKind::func: return funcs;
    case ExternKind::table: return tables;
    case ExternKind::memory: return memories;
    case ExternKind::global: return globals;
    case ExternKind::tag: return tags;
  }
  return funcs;
}

const Identifiers& PrintContext::fields(std::uint32_t type) const noexcept {
  const auto found = std::ranges::lower_bound(fields_, type, {}, &TypeFields::type);
  return found != fields_.end() && found->type == type ? found->identifiers : no_fields_;
}

const FuncType* PrintContext::func_type(TypeIdx type) const noexcept {
  if (!module.types.contains(type) || module.types[type].kind != CompositeKind::func) return nullptr;
  return &module.types[type].func;
}

void put_line(TextOutput& out, const PrintOptions& options, std::size_t depth, std::uint64_t offset) {
  const std::size_t indent = std::min((options.depth + depth) * options.indent, max_indent_columns);
  if (!options.offsets) return out.new_line(indent);
  if (offset == ErrorPlace::no_offset) return out.new_line(indent + offset_columns);
  out.new_line(0);
  out.put("(;@");
  out.put_number(offset, 16);
  if (out.column() < offset_columns - 3) out.put_repeated(' ', offset_columns - 3 - out.column());
  out.put(";)");
  out.put_repeated(' ', indent + 1);
}

void put_use(TextOutput& out, const Identifiers& identifiers, std::uint32_t index) {
  const std::string_view text = identifiers.text(index);
  if (text.empty()) {
    out.put(' ');
    out.put_number(index);
    return;
  }
  out.reserve(text.size() + 2);
  out.put(" $");
  out.put(text);
}

void put_definition(TextOutput& out, const Identifiers& identifiers, std::uint32_t index) {
  if (identifiers.text(index).empty()) {
    out.put(" (;");
    out.put_number(index);
    out.put(";)");
  } else {
    put_use(out, identifiers, index);
  }
  if (const std::string_view* name = identifiers.annotation(index)) put_name_annotation(out, *name);
}

void put_own_name(TextOutput& out, std::string_view name) {
  out.put(" (@own-name");
  if (!name.empty()) {
    out.put(' ');
    put_name_string(out, name);
  }
  out.put(')');
}

void put_name_annotation(TextOutput& out, std::string_view name) {
  out.put(" (@name ");
  put_name_string(out, name);
  out.put(')');
}

}  // namespace tenon::core
