// Parsing test scripts: one pass, in which modules are skipped by their parentheses.
//
// The words of scripts are not in the keyword table of the module parser, for a module must refuse them like any other
// unknown word; here they are compared as text. Places are found by counting line feeds from one directive to the next,
// so that a long script takes linear time.
#include "text/wast/script.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "spec/limits.hpp"
#include "text/token_cursor.hpp"
#include "text/wast/constants.hpp"

namespace tenon::wast {

namespace {

struct DirectiveName {
  std::string_view text;
  DirectiveKind kind;
};
constexpr DirectiveName directive_names[] = {
#define TENON_DIRECTIVE(name, text) {text, DirectiveKind::name},
#include "text/wast/directives.def"
#undef TENON_DIRECTIVE
};

// Lines and columns for offsets that mostly grow.
class PlaceFinder {
 public:
  explicit PlaceFinder(std::string_view source) : source_(source) {}
  ErrorPlace at(std::uint32_t offset) {
    if (offset < offset_) *this = PlaceFinder(source_);
    for (; offset_ < offset; ++offset_) {
      if (source_[offset_] != '\n') continue;
      ++line_;
      line_start_ = offset_ + 1;
    }
    return {.offset = offset, .line = line_, .column = offset - line_start_ + 1};
  }

 private:
  std::string_view source_;
  std::uint32_t offset_ = 0;
  std::uint32_t line_start_ = 0;
  std::uint32_t line_ = 1;
};

class ScriptParser {
 public:
  ScriptParser(TokenCursor& in, std::pmr::memory_resource& memory) : in_(in), places_(in.source()), memory_(memory) {}

  std::span<const Directive> parse() {
    if (in_.at(TokenKind::left_paren) && !begins_directive(in_.text(in_.peek_next()))) return inline_module();
    return parse_directives();
  }

 private:
  static bool begins_directive(std::string_view word) {
    return word == "component" ||
           std::ranges::find(directive_names, word, &DirectiveName::text) != std::ranges::end(directive_names);
  }

  // A text of module fields alone.
  std::span<const Directive> inline_module() {
    Directive directive{
        .kind = DirectiveKind::module, .subject = Subject::module, .place = places_.at(in_.peek().offset)};
    directive.source = in_.source();
    directive.module = {.contents = in_.source(), .contents_place = places_.at(0), .place = directive.place};
    in_.seek(static_cast<std::uint32_t>(in_.source().size()));
    ArenaVector<Directive> only;
    only.push_back(in_.arena(), directive);
    return only;
  }

  // Up to the end, or the parenthesis that closes.
  std::span<const Directive> parse_directives() {
    std::pmr::vector<Directive> directives(&memory_);
    while (in_.ok() && !in_.at_end() && !in_.at_close()) directives.push_back(parse_directive());
    if (in_.ok() && in_.at_close() && nesting_ == 0) in_.unexpected("a directive");
    return in_.arena().copy(std::span<const Directive>(directives));
  }

  Directive parse_directive() {
    const Token open = in_.peek();
    Directive directive{.place = places_.at(open.offset)};
    in_.expect_open();
    const Token keyword = in_.next();
    const std::string_view word = in_.text(keyword);
    const auto* const name = std::ranges::find(directive_names, word, &DirectiveName::text);
    if (word == "module" || word == "component") {
      parse_subject(directive, open, word);
      directive.kind = directive.subject == Subject::instance ? DirectiveKind::instance : DirectiveKind::module;
    } else if (name == std::ranges::end(directive_names) || name->kind == DirectiveKind::instance) {
      in_.unexpected(keyword, "a directive");
    } else {
      directive.kind = name->kind;
      parse_rest(directive, open);
    }
    directive.source = in_.source().substr(open.offset, in_.last_end() - open.offset);
    return directive;
  }

  // From behind the keyword to behind the closing parenthesis.
  void parse_rest(Directive& directive, const Token& open) {
    switch (directive.kind) {
      case DirectiveKind::invoke:
      case DirectiveKind::get:
        directive.subject = Subject::action;
        directive.action = parse_action(directive.kind, open);
        return;
      case DirectiveKind::register_:
        directive.text = in_.expect_string("a name");
        directive.instance = in_.accept_id();
        break;
      case DirectiveKind::assert_return:
        parse_subject_in_parentheses(directive);
        directive.results = parse_constants(in_, ConstantRole::result);
        break;
      case DirectiveKind::assert_exception: parse_subject_in_parentheses(directive); break;
      case DirectiveKind::thread: parse_thread(directive); break;
      case DirectiveKind::wait: directive.instance = expect_id(); break;
      case DirectiveKind::script:
        directive.instance = in_.accept_id();
        parse_body(directive);
        break;
      case DirectiveKind::input:
      case DirectiveKind::output:
        directive.instance = in_.accept_id();
        if (in_.at(TokenKind::string)) directive.text = in_.expect_string("a file name");
        break;
      default:
        parse_subject_in_parentheses(directive);
        directive.text = in_.expect_string("the message that is expected");
    }
    in_.expect_close();
  }

  void parse_thread(Directive& directive) {
    directive.instance = expect_id();
    if (in_.at(TokenKind::left_paren) && in_.text(in_.peek_next()) == "shared") {
      in_.next();
      in_.next();
      in_.expect_open();
      in_.expect(Word::module);
      directive.shared = expect_id();
      in_.expect_close();
      in_.expect_close();
    }
    parse_body(directive);
  }

  void parse_body(Directive& directive) {
    if (nesting_ == limits::max_script_nesting) {
      in_.fail_with(fail(ErrorKind::exhausted, directive.place, "nesting too deep: the limit of scripts is ",
                         limits::max_script_nesting));
      return;
    }
    ++nesting_;
    directive.body = parse_directives();
    --nesting_;
  }

  std::string_view expect_id() {
    if (!in_.at(TokenKind::id)) in_.unexpected("an identifier");
    return in_.accept_id();
  }

  // What an assertion is about: an action, a module, or an instance.
  void parse_subject_in_parentheses(Directive& directive) {
    const Token open = in_.peek();
    in_.expect_open();
    const Token keyword = in_.next();
    const std::string_view word = in_.text(keyword);
    if (word == "module" || word == "component") return parse_subject(directive, open, word);
    if (word != "invoke" && word != "get") return in_.unexpected(keyword, "an action or a module");
    directive.subject = Subject::action;
    directive.action = parse_action(word == "get" ? DirectiveKind::get : DirectiveKind::invoke, open);
  }

  Action parse_action(DirectiveKind kind, const Token& open) {
    Action action{.kind = kind == DirectiveKind::get ? ActionKind::get : ActionKind::invoke,
                  .place = places_.at(open.offset)};
    action.instance = in_.accept_id();
    action.name = in_.expect_string("the name of an export");
    if (kind == DirectiveKind::invoke) action.arguments = parse_constants(in_, ConstantRole::argument);
    in_.expect_close();
    return action;
  }

  bool accept(std::string_view word) {
    const bool is_there = in_.text(in_.peek()) == word;
    if (is_there) in_.next();
    return is_there;
  }

  // Behind `(module` or `(component`: a module, or `instance`.
  void parse_subject(Directive& directive, const Token& open, std::string_view word) {
    directive.is_component = word == "component";
    if (accept("instance")) {
      directive.subject = Subject::instance;
      directive.definition = in_.accept_id();
      if (in_.at(TokenKind::id)) directive.instance = std::exchange(directive.definition, in_.accept_id());
      return in_.expect_close();
    }
    directive.subject = Subject::module;
    ModuleSource& module = directive.module;
    module.is_component = directive.is_component;
    module.place = places_.at(open.offset);
    module.is_definition = accept("definition");
    module.name = in_.accept_id();
    if (accept("binary")) return parse_strings(module, SourceForm::binary);
    if (accept("quote")) return parse_strings(module, SourceForm::quote);
    const std::uint32_t fields = in_.peek().offset;
    in_.skip_to_close();
    const std::uint32_t begin = module.is_definition ? fields : open.offset;
    const std::uint32_t end = module.is_definition ? in_.last_end() - 1 : in_.last_end();
    if (!in_.ok()) return;
    module.contents = in_.source().substr(begin, end - begin);
    module.contents_place = places_.at(begin);
  }

  void parse_strings(ModuleSource& module, SourceForm form) {
    module.form = form;
    ArenaVector<char> joined;
    std::string_view first;
    for (std::size_t count = 0; in_.at(TokenKind::string); ++count) {
      const std::string_view piece = in_.expect_string("a string");
      if (count == 0) first = piece;
      if (count == 1) joined.append(in_.arena(), first);
      if (count >= 1) joined.append(in_.arena(), piece);
    }
    module.contents = joined.empty() ? first : std::string_view(joined.data(), joined.size());
    in_.expect_close();
  }

  TokenCursor& in_;
  PlaceFinder places_;
  std::pmr::memory_resource& memory_;
  std::uint32_t nesting_ = 0;
};

}  // namespace

std::string_view to_string(DirectiveKind kind) noexcept { return directive_names[static_cast<std::size_t>(kind)].text; }

Result<Script> parse_script(std::string_view source, std::pmr::memory_resource& memory) {
  Script script(memory);
  TokenCursor in(source, script.arena, memory);
  script.directives = ScriptParser(in, memory).parse();
  if (!in.ok()) return in.take_error();
  return script;
}

}  // namespace tenon::wast
