// A module in three steps, as parse_context.hpp explains.
#include "text/core/parse_module.hpp"

#include "binary/core/module.hpp"
#include "text/core/parse_context.hpp"
#include "text/core/parse_custom.hpp"
#include "text/core/parse_fields.hpp"
#include "text/core/parse_types.hpp"

namespace tenon::core {

namespace {

void parse_types(ParseContext& context) {
  for (const FieldPlace& field : context.fields) {
    if (field.kind != Word::type && field.kind != Word::rec) continue;
    Module& module = context.module;
    context.in.seek(field.offset);
    const TypeIdx first = module.types.next_index();
    if (field.kind == Word::rec) {
      parse_rec_group(context);
    } else {
      parse_type_definition(context);
      if (!context.in.ok()) return;
      module.rec_groups.push_back(module.arena, {.first = first, .size = 1, .is_explicit = false});
      index_type(context, first);
    }
    if (!context.in.ok()) return;
    context.in.refuse_annotations(context.in.last_end());
    context.in.drop_annotations();
  }
}

void parse_field(ParseContext& context, Word kind) {
  switch (kind) {
    case Word::import: return parse_import(context);
    case Word::func: return parse_func(context);
    case Word::table: return parse_table(context);
    case Word::memory: return parse_memory(context);
    case Word::global: return parse_global(context);
    case Word::tag: return parse_tag(context);
    case Word::export_: return parse_export(context);
    case Word::start: return parse_start(context);
    case Word::elem: return parse_elem(context);
    case Word::data: return parse_data(context);
    default: return;  // types, which are done
  }
}

void parse_other_fields(ParseContext& context) {
  TokenCursor& in = context.in;
  for (const FieldPlace& field : context.fields) {
    if (field.kind == Word::type || field.kind == Word::rec) continue;
    if (in.peek().offset != field.offset) in.seek(field.offset);
    parse_field(context, field.kind);
    if (in.has_annotations()) {
      in.refuse_annotations(in.last_end());
      in.drop_annotations();
    }
    if (!in.ok()) return;
  }
}

void parse_module_name(ParseContext& context) {
  std::string_view id;
  const std::string_view name = parse_id_and_name(context, id);
  if (!name.empty()) context.names.module = name;
  if (const auto second = context.in.take_annotation(AnnotationKind::name)) {
    context.in.fault_at(second->offset, "@name annotation: multiple module names");
  }
}

// Behind the fields: what may follow, and whether the module is closed.
void finish_module(ParseContext& context, bool is_wrapped) {
  TokenCursor& in = context.in;
  in.refuse_annotations(in.peek().offset);
  in.drop_annotations();
  if (is_wrapped) in.expect_close();
  if (in.ok() && !in.at_end()) in.unexpected(is_wrapped ? "the end of the text" : "a module field");
}

Bytes join_strings(ParseContext& context) {
  TokenCursor& in = context.in;
  context.code.clear();
  while (in.at(TokenKind::string)) context.code.bytes(as_bytes(in.expect_string("a string")));
  return context.code.view();
}

// `(module binary "...")` and `(module quote "...")`: the module is made from the strings, which it borrows from.
Result<Module> parse_nested(ParseContext& context, bool is_binary) {
  TokenCursor& in = context.in;
  in.next();
  Arena arena(context.scratch_arena.upstream());
  const Bytes content = arena.copy(join_strings(context));
  finish_module(context, true);
  if (!in.ok()) return in.take_error();
  std::pmr::memory_resource& memory = context.scratch_arena.upstream();
  Result<Module> module = is_binary ? read_module(content, memory, {.features = context.options.features})
                                    : parse_module(as_chars(content), memory, context.options);
  if (module) module->arena.adopt(std::move(arena));
  return module;
}

// Where the module stands in the text; annotations before it are not the module's.
void seek_to_begin(ParseContext& context, std::uint32_t begin) {
  if (begin == 0) return;
  context.in.drop_annotations();
  context.in.seek(begin);
}

Result<Module> parse_fields(ParseContext& context, bool is_wrapped) {
  scan_fields(context);
  finish_module(context, is_wrapped);
  parse_types(context);
  parse_other_fields(context);
  if (!context.in.ok()) return context.in.take_error();
  make_sections(context);
  return std::move(context.module);
}

Result<Module> parse(ParseContext& context, std::uint32_t begin) {
  TokenCursor& in = context.in;
  seek_to_begin(context, begin);
  const bool is_wrapped = in.accept_open(Word::module);
  if (is_wrapped) {
    in.accept(Word::definition);
    parse_module_name(context);
    if (in.at(Word::binary) || in.at(Word::quote)) return parse_nested(context, in.at(Word::binary));
  }
  return parse_fields(context, is_wrapped);
}

}  // namespace

Result<Module> parse_module(std::string_view source, std::pmr::memory_resource& memory, const ParseOptions& options) {
  ParseContext context(source, memory, options);
  return parse(context, 0);
}

Result<Module> parse_module_in(std::string_view source, std::uint32_t begin, std::uint32_t end,
                               std::pmr::memory_resource& memory, const ParseOptions& options) {
  ParseContext context(source.substr(0, end), memory, options);
  return parse(context, begin);
}

Result<Module> parse_module_fields(std::string_view source, std::uint32_t begin, std::uint32_t end,
                                   std::string_view name, std::pmr::memory_resource& memory,
                                   const ParseOptions& options) {
  ParseContext context(source.substr(0, end), memory, options);
  seek_to_begin(context, begin);
  if (!name.empty()) context.names.module = name;
  return parse_fields(context, false);
}

}  // namespace tenon::core
