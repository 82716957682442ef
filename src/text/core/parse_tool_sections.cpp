#include "text/core/parse_tool_sections.hpp"

#include <algorithm>
#include <vector>

#include "base/float_text.hpp"
#include "base/utf8.hpp"
#include "binary/core/custom.hpp"

namespace tenon::core {

namespace {

// The tokens of an annotation, as TokenCursor has those of the module; a fault is the module's.
class Content {
 public:
  Content(TokenCursor& in, const Annotation& annotation, std::pmr::memory_resource& memory, std::string_view title)
      : in_(in), lexer_(in_.source().substr(0, annotation.end), memory), title_(title) {
    lexer_.seek(annotation.content);
    token_ = lexer_.next_in_annotation();
  }

  bool ok() const noexcept { return in_.ok(); }
  bool at(TokenKind kind) const noexcept { return ok() && token_.kind == kind; }
  bool at_item() const noexcept { return ok() && token_.kind != TokenKind::right_paren; }
  void expected(std::string_view what) { expected_at(token_.offset, what); }
  // The keyword that was opened last is none of those.
  void expected_item(std::string_view what) { expected_at(keyword_, what); }
  std::string_view next() {
    const std::string_view text = lexer_.text(token_);
    token_ = lexer_.next_in_annotation();
    return text;
  }

  // "(" and its keyword.
  std::string_view open(std::string_view what) {
    if (!at(TokenKind::left_paren)) return expected(what), "";
    next();
    keyword_ = token_.offset;
    return next();
  }
  void open_word(std::string_view word) {
    if (at(TokenKind::left_paren)) next();
    if (lexer_.text(token_) != word) expected(word);
    next();
  }
  void close() {
    if (!at(TokenKind::right_paren)) return expected("`)`");
    next();
  }
  std::string_view name() {
    if (!at(TokenKind::string)) return expected("a string"), "";
    const std::uint32_t offset = token_.offset;
    const std::string_view value = string_value(next(), in_.arena());
    if (!is_utf8(value)) in_.fault_at(offset, title_, "malformed UTF-8 encoding");
    return value;
  }
  std::uint32_t number() {
    const ParsedNumber number = parse_unsigned(lexer_.text(token_), 32);
    if (!at_item() || number.fault != NumberFault::none) return expected("a number of 32 bits"), 0;
    next();
    return static_cast<std::uint32_t>(number.bits);
  }
  std::uint32_t flags() {
    std::uint32_t flags = 0;
    while (at_item()) {
      const auto* known = std::ranges::find(symbol_flags, lexer_.text(token_), &SymbolFlag::name);
      flags |= known != std::end(symbol_flags) ? (next(), known->bit) : number();
    }
    return flags;
  }

 private:
  void expected_at(std::uint32_t offset, std::string_view what) {
    in_.fault_at(offset, title_, "unexpected token, expected ", what);
  }

  TokenCursor& in_;
  Lexer lexer_;
  std::string_view title_;
  Token token_;
  std::uint32_t keyword_ = 0;  // where the last one stands
};

// What is not said is nothing.
DylinkMemory parse_memory_info(Content& in) {
  DylinkMemory memory;
  in.open_word("memory");
  memory.memory_size = in.number();
  memory.memory_align_log2 = in.number();
  in.close();
  if (!in.at(TokenKind::left_paren)) return memory;
  in.open_word("table");
  memory.table_size = in.number();
  memory.table_align_log2 = in.number();
  in.close();
  return memory;
}

// The lists of a dylink section while they grow.
struct DylinkLists {
  explicit DylinkLists(std::pmr::memory_resource& memory)
      : needed(&memory), exports(&memory), imports(&memory), paths(&memory) {}
  std::pmr::vector<std::string_view> needed;
  std::pmr::vector<DylinkExport> exports;
  std::pmr::vector<DylinkImport> imports;
  std::pmr::vector<std::string_view> paths;
};

void parse_dylink_item(Content& in, std::string_view kind, Dylink& dylink, DylinkLists& lists) {
  if (kind == "mem-info") {
    dylink.memory = parse_memory_info(in);
  } else if (kind == "needed") {
    while (in.at(TokenKind::string)) lists.needed.push_back(in.name());
  } else if (kind == "runtime-path") {
    while (in.at(TokenKind::string)) lists.paths.push_back(in.name());
  } else if (kind == "export-info") {
    const std::string_view name = in.name();
    lists.exports.push_back({.name = name, .flags = in.flags()});
  } else if (kind == "import-info") {
    const std::string_view module = in.name();
    const std::string_view name = in.name();
    lists.imports.push_back({.module = module, .name = name, .flags = in.flags()});
  } else {
    in.expected_item("an item: mem-info, needed, export-info, import-info or runtime-path");
  }
}

}  // namespace

void parse_producers(TokenCursor& cursor, const Annotation& annotation, std::pmr::memory_resource& memory,
                     ByteWriter& payload) {
  constexpr std::string_view field_names[] = {"language", "processed-by", "sdk"};
  constexpr std::size_t field_count = std::size(field_names);
  Content in(cursor, annotation, memory, "@producers annotation: ");
  std::pmr::vector<Producer> producers[] = {std::pmr::vector<Producer>(&memory), std::pmr::vector<Producer>(&memory),
                                            std::pmr::vector<Producer>(&memory)};
  std::size_t order[field_count] = {};
  std::size_t used = 0;
  while (in.at_item()) {
    const std::string_view word = in.open("a field");
    const auto field = static_cast<std::size_t>(std::ranges::find(field_names, word) - std::begin(field_names));
    if (field == field_count) return in.expected_item("a field: language, processed-by or sdk");
    if (producers[field].empty()) order[used++] = field;
    const std::string_view name = in.name();
    producers[field].push_back({.name = name, .version = in.name()});
    in.close();
  }
  if (!in.ok()) return;
  ProducerField fields[field_count];
  for (std::size_t i = 0; i < used; ++i) fields[i] = {field_names[order[i]], producers[order[i]]};
  write_producers(payload, std::span(fields, used));
}

void parse_dylink(TokenCursor& cursor, const Annotation& annotation, std::pmr::memory_resource& memory,
                  ByteWriter& payload) {
  Content in(cursor, annotation, memory, "@dylink.0 annotation: ");
  Dylink dylink;
  DylinkLists lists(memory);
  while (in.at_item()) {
    parse_dylink_item(in, in.open("an item"), dylink, lists);
    in.close();
  }
  if (!in.ok()) return;
  dylink.needed = lists.needed;
  dylink.exports = lists.exports;
  dylink.imports = lists.imports;
  dylink.runtime_path = lists.paths;
  write_dylink(payload, dylink);
}

}  // namespace tenon::core
