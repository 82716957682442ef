// Canonical definitions. Which immediates each has is said by canon.def; here stands how immediates are written. Each
// definition can be written as `(canon ...)` with what it defines at its end, or the other way round:
// `(core func $f (canon lower ...))`, `(func $f (param ...) (canon lift ...))`.
#include "text/component/parse_fields.hpp"
#include "text/component/parse_types.hpp"
#include "text/core/parse_types.hpp"

namespace tenon::component {

namespace {

// An option with what it refers to.
struct OptionDraft {
  CanonOption option = CanonOption::utf8;
  std::optional<Reference> reference;
};

// A canonical definition as read: its references are resolved in the order of these fields.
struct CanonDraft {
  Canon canon;
  std::optional<Reference> func_type;  // lift
  std::optional<TypeDraft> result;
  std::optional<Reference> type;
  std::optional<Reference> func;  // lift, lower
  std::optional<Reference> core_func_type;
  std::optional<Reference> table;
  std::optional<Reference> memory;
  std::span<const OptionDraft> options;
};

struct OptionWord {
  Word word;
  CanonOption option;
};
constexpr OptionWord plain_options[] = {
    {Word::utf8, CanonOption::utf8},
    {Word::utf16, CanonOption::utf16},
    {Word::latin1_utf16, CanonOption::latin1_utf16},
    {Word::async, CanonOption::async},
};
struct ReferringOption {
  Word word;
  CanonOption option;
  Sort sort;
};
constexpr ReferringOption referring_options[] = {
    {Word::memory, CanonOption::memory, Sort::core_memory},
    {Word::realloc, CanonOption::realloc, Sort::core_func},
    {Word::post_return, CanonOption::post_return, Sort::core_func},
    {Word::callback, CanonOption::callback, Sort::core_func},
};

// `(memory ...)` from behind its keyword: an index, or `(core memory ...)`; before the format asked for `core`, also an
// index with the name of an export.
Reference parse_memory_content(ParseContext& context) {
  const Reference reference = at_index(context) ? parse_index_and_names(context, Sort::core_memory)
                                                : parse_reference(context, Sort::core_memory);
  context.in.expect_close();
  return reference;
}

std::optional<OptionDraft> accept_option(ParseContext& context) {
  TokenCursor& in = context.in;
  for (const OptionWord& each : plain_options) {
    if (in.accept(each.word)) return OptionDraft{.option = each.option, .reference = {}};
  }
  for (const ReferringOption& each : referring_options) {
    if (!in.accept_open(each.word)) continue;
    if (each.option == CanonOption::memory) return OptionDraft{each.option, parse_memory_content(context)};
    const OptionDraft draft{each.option, parse_reference(context, each.sort)};
    in.expect_close();
    return draft;
  }
  return std::nullopt;
}

std::span<const OptionDraft> parse_options(ParseContext& context) {
  ArenaVector<OptionDraft> options;
  while (const auto option = accept_option(context)) options.push_back(context.arena(), *option);
  return options.span();
}

void resolve_options(ParseContext& context, const CanonDraft& draft, CanonOptions& options) {
  const std::span<CanonOption> given = context.arena().make_array<CanonOption>(draft.options.size());
  for (std::size_t i = 0; i < given.size(); ++i) {
    const OptionDraft& each = draft.options[i];
    given[i] = each.option;
    const std::uint32_t index = each.reference ? resolve(context, *each.reference) : 0;
    switch (each.option) {
      case CanonOption::utf8:
      case CanonOption::utf16:
      case CanonOption::latin1_utf16: options.encoding = static_cast<StringEncoding>(each.option); break;
      case CanonOption::memory: options.memory = CoreMemoryIdx(index); break;
      case CanonOption::realloc: options.realloc = CoreFuncIdx(index); break;
      case CanonOption::post_return: options.post_return = CoreFuncIdx(index); break;
      case CanonOption::async: options.is_async = true; break;
      case CanonOption::callback: options.callback = CoreFuncIdx(index); break;
    }
  }
  options.given = given;
}

// What follows the keyword `canon` and the name of the definition, but not what it defines.
void parse_immediates(ParseContext& context, CanonDraft& draft) {
  TokenCursor& in = context.in;
  const auto parse_type = [&] { draft.type = parse_reference(context, Sort::type); };
  const auto parse_core_func_type = [&] { draft.core_func_type = parse_reference(context, Sort::core_type); };
  const auto parse_table = [&] { draft.table = parse_reference(context, Sort::core_table); };
  const auto parse_flag = [&](Word word) { draft.canon.flag = in.accept(word); };
  switch (info(draft.canon.op).immediates) {
    case CanonImmediates::none: return;
    case CanonImmediates::lift: draft.func = parse_reference(context, Sort::core_func); break;
    case CanonImmediates::lower: draft.func = parse_reference(context, Sort::func); break;
    case CanonImmediates::type: return parse_type();
    case CanonImmediates::type_options: parse_type(); break;
    case CanonImmediates::type_async: parse_type(); [[fallthrough]];
    case CanonImmediates::async: return parse_flag(Word::async);
    case CanonImmediates::options: break;
    case CanonImmediates::results_options:
      if (in.accept_open(Word::result)) {
        draft.result = parse_val_type(context);
        in.expect_close();
      }
      break;
    case CanonImmediates::core_type_slot:
      draft.canon.core_type = core::parse_val_type(context.core);
      draft.canon.slot = in.expect_u32();
      return;
    case CanonImmediates::cancellable: return parse_flag(Word::cancellable);
    case CanonImmediates::cancellable_memory:
      parse_flag(Word::cancellable);
      if (!in.accept_open(Word::memory)) in.unexpected("`(memory`");
      draft.memory = parse_memory_content(context);
      return;
    case CanonImmediates::shared: return parse_flag(Word::shared);
    case CanonImmediates::core_func_type_table: return parse_core_func_type(), parse_table();
    case CanonImmediates::shared_core_func_type: parse_flag(Word::shared); return parse_core_func_type();
    case CanonImmediates::shared_core_func_type_table:
      parse_flag(Word::shared);
      return parse_core_func_type(), parse_table();
  }
  draft.options = parse_options(context);
}

Canon resolve_canon(ParseContext& context, const CanonDraft& draft) {
  Canon canon = draft.canon;
  if (draft.func_type) canon.type = TypeIdx(resolve(context, *draft.func_type));
  if (draft.result) canon.result = resolve_val_type(context, *draft.result);
  if (draft.type) canon.type = TypeIdx(resolve(context, *draft.type));
  if (draft.func) {
    const std::uint32_t index = resolve(context, *draft.func);
    if (canon.op == CanonOp::lift) canon.core_func = CoreFuncIdx(index);
    if (canon.op == CanonOp::lower) canon.func = FuncIdx(index);
  }
  if (draft.core_func_type) canon.core_func_type = CoreTypeIdx(resolve(context, *draft.core_func_type));
  if (draft.table) canon.table = CoreTableIdx(resolve(context, *draft.table));
  if (draft.memory) canon.memory = CoreMemoryIdx(resolve(context, *draft.memory));
  resolve_options(context, draft, canon.options);
  return canon;
}

// The name of a canonical definition and its immediates.
CanonDraft parse_canon_draft(ParseContext& context) {
  TokenCursor& in = context.in;
  CanonDraft draft;
  const auto op = in.at(TokenKind::keyword) ? canon_op_of(in.peek().word) : std::nullopt;
  if (!op) {
    in.unexpected("a canonical definition: lift, lower, or a built-in");
    return draft;
  }
  in.next();
  draft.canon.op = *op;
  parse_immediates(context, draft);
  return draft;
}

std::uint32_t define_canon(ParseContext& context, const CanonDraft& draft, const Head& head, std::uint32_t offset) {
  const Sort sort = draft.canon.op == CanonOp::lift ? Sort::func : Sort::core_func;
  const Canon canon = resolve_canon(context, draft);
  return define_item(context, DefinitionKind::canon, &Definition::canon, canon, sort, head, offset);
}

}  // namespace

void parse_canon(ParseContext& context, std::uint32_t offset) {
  TokenCursor& in = context.in;
  CanonDraft draft = parse_canon_draft(context);
  if (!in.ok()) return;
  if (!in.at(TokenKind::left_paren)) return in.unexpected("an option, or what is defined");
  in.next();
  if (draft.canon.op != CanonOp::lift && !in.accept(Word::core)) return in.unexpected("an option, or `core func`");
  if (!in.accept(Word::func)) return in.unexpected("an option, or `func`");
  const Head head = parse_head(context);
  if (draft.canon.op == CanonOp::lift) draft.func_type = parse_type_use(context, Sort::func);
  in.expect_close();
  define_canon(context, draft, head, offset);
}

bool accept_inline_canon(ParseContext& context, const Head& head, std::uint32_t offset) {
  TokenCursor& in = context.in;
  if (!in.accept_open(Word::canon)) return false;
  if (in.at(Word::canon_lift)) in.unexpected("a canonical definition of a core function");
  const CanonDraft draft = parse_canon_draft(context);
  in.expect_close();
  define_canon(context, draft, head, offset);
  return true;
}

void parse_func(ParseContext& context, std::uint32_t offset) {
  TokenCursor& in = context.in;
  const Head head = parse_head(context);
  const std::size_t exports = parse_inline_exports(context);
  std::optional<std::uint32_t> index = accept_inline_import(context, Sort::func, head, offset);
  if (!index) index = accept_inline_alias(context, Sort::func, head, offset);
  if (!index) {
    const Reference type = parse_type_use(context, Sort::func);
    if (!in.accept_open(Word::canon)) return in.unexpected("`(canon lift`, `(import` or `(alias`");
    if (!in.at(Word::canon_lift)) return in.unexpected("`lift`");
    CanonDraft draft = parse_canon_draft(context);
    draft.func_type = type;
    in.expect_close();
    index = define_canon(context, draft, head, offset);
  }
  finish_inline_exports(context, exports, {Sort::func, *index});
}

}  // namespace tenon::component
