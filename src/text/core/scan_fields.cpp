// Step 1 of parsing: only what later steps must know beforehand is looked at here. What is wrong with the rest of a
// field is said by step 3, which reads it in full.
#include "text/core/parse_custom.hpp"
#include "text/core/parse_fields.hpp"

namespace tenon::core {

namespace {

class FieldScanner {
 public:
  explicit FieldScanner(ParseContext& context) noexcept : context_(context), in_(context.in) {}
  void run();

 private:
  void field(Word kind, std::uint32_t offset);
  void bind(IndexSpace& space, std::uint32_t offset);
  void definition(IndexSpace& space, std::string_view title, std::uint32_t offset);
  void import(std::uint32_t offset);
  void check_import_order(std::uint32_t offset);
  bool inline_import();
  void implied_segment(Word kind);

  ParseContext& context_;
  TokenCursor& in_;
  std::string_view defined_;  // the kind of the last definition: an import may not follow it
};

// What an import or a definition of this kind is counted in.
IndexSpace* space_of(ParseContext& context, Word kind) noexcept {
  switch (kind) {
    case Word::func: return &context.funcs;
    case Word::table: return &context.tables;
    case Word::memory: return &context.memories;
    case Word::global: return &context.globals;
    case Word::tag: return &context.tags;
    default: return nullptr;
  }
}

void FieldScanner::run() {
  for (;;) {
    parse_custom_annotations(context_);
    if (!in_.at(TokenKind::left_paren)) return;
    const std::uint32_t offset = in_.peek().offset;
    in_.next();
    if (!in_.at(TokenKind::keyword)) return in_.unexpected("a module field");
    const Word kind = in_.peek().word;
    context_.fields.push_back({.kind = kind, .offset = offset});
    field(kind, offset);
    in_.skip_to_close();
    in_.drop_annotations(in_.last_end());
    if (!in_.ok()) return;
  }
}

void FieldScanner::field(Word kind, std::uint32_t offset) {
  switch (kind) {
    case Word::type: in_.next(); return bind(context_.types, offset);
    case Word::rec:
      in_.next();
      while (in_.at_open(Word::type)) {
        const std::uint32_t of_type = in_.peek().offset;
        in_.accept_open(Word::type);
        bind(context_.types, of_type);
        in_.skip_to_close();
      }
      return;
    case Word::import: return import(offset);
    case Word::func: return definition(context_.funcs, "function", offset);
    case Word::table: return definition(context_.tables, "table", offset);
    case Word::memory: return definition(context_.memories, "memory", offset);
    case Word::global: return definition(context_.globals, "global", offset);
    case Word::tag: return definition(context_.tags, "tag", offset);
    case Word::elem: in_.next(); return bind(context_.elems, offset);
    case Word::data: in_.next(); return bind(context_.datas, offset);
    case Word::export_:
    case Word::start: return;
    default: return in_.unexpected("a module field");
  }
}

void FieldScanner::bind(IndexSpace& space, std::uint32_t offset) {
  const std::uint32_t index = space.count++;
  if (context_.options.definitions != nullptr) context_.options.definitions->push_back({space.title, index, offset});
  if (!in_.at(TokenKind::id)) return;
  const Token token = in_.next();
  const std::string_view id = in_.id_value(token);
  if (!space.ids.insert(id, index)) in_.fault_at(token.offset, "duplicate ", space.title, " $", id);
}

void FieldScanner::check_import_order(std::uint32_t offset) {
  if (defined_.empty()) return;
  in_.fault_at(offset, "import after ", defined_, " definition: all imports stand before all definitions");
}

void FieldScanner::definition(IndexSpace& space, std::string_view title, std::uint32_t offset) {
  const Word kind = in_.next().word;
  bind(space, offset);
  if (inline_import()) return check_import_order(offset);
  if (defined_.empty()) defined_ = title;
  if (kind == Word::table || kind == Word::memory) implied_segment(kind);
}

// Passes (export "...")*; true when (import "..." "...") follows.
bool FieldScanner::inline_import() {
  while (in_.accept_open(Word::export_)) in_.skip_to_close();
  return in_.at_open(Word::import);
}

// `(table i64 funcref (elem ...))` and `(memory (data ...))` define a segment too.
void FieldScanner::implied_segment(Word kind) {
  if (in_.at(Word::i32) || in_.at(Word::i64)) in_.next();
  if (kind == Word::memory) {
    if (in_.accept_open(Word::pagesize)) in_.skip_to_close();
    if (in_.at_open(Word::data)) ++context_.datas.count;
    return;
  }
  if (in_.accept_open(Word::ref)) {
    in_.skip_to_close();
  } else if (!in_.accept(TokenKind::keyword)) {
    return;
  }
  if (in_.at_open(Word::elem)) ++context_.elems.count;
}

void FieldScanner::import(std::uint32_t offset) {
  check_import_order(offset);
  in_.next();
  if (!in_.accept(TokenKind::string)) return in_.unexpected("a module name in quotes");
  if (!in_.accept(TokenKind::string)) return in_.unexpected("a name in quotes");
  in_.expect_open();
  IndexSpace* space = in_.at(TokenKind::keyword) ? space_of(context_, in_.peek().word) : nullptr;
  if (space == nullptr) return in_.unexpected("the kind of the import");
  in_.next();
  bind(*space, offset);
  in_.skip_to_close();
}

}  // namespace

void scan_fields(ParseContext& context) { FieldScanner(context).run(); }

}  // namespace tenon::core
