// Bodies: folded and flat instructions in one loop over tokens with an explicit stack of frames, so that nesting costs
// a frame of a few bytes and no native stack.
//
// A folded instruction `(op immediates operand...)` comes after its operands in the binary format. Its bytes are made
// when it is read, put aside at the end of `deferred`, and moved to the code when its parenthesis closes; the stack
// discipline of frames makes `deferred` a stack too. An instruction whose parenthesis closes at once, as most do, is
// written to the code directly.
//
// An `if` keeps its place in the same way until its condition is written; `else` and `end` of folded blocks are written
// when the parentheses say so.
#include "text/core/parse_body.hpp"

#include "text/core/parse_types.hpp"

namespace tenon::core {

namespace {

class BodyParser {
 public:
  explicit BodyParser(ParseContext& context) noexcept : context_(context), in_(context.in) {}

  // Until a parenthesis closes that was not opened here, or, with `one`, until one folded instruction is complete.
  void run(bool one);

 private:
  OpenBlock& top() noexcept { return context_.frames.back(); }
  void push(FrameKind kind) { push({.kind = kind}); }
  void push(const OpenBlock& frame);
  void open();
  void close();
  void plain();
  void open_folded();
  void open_clause();
  bool takes_plain() const noexcept;

  bool take_hint();
  void emit();
  std::size_t defer();
  void emit_deferred(const OpenBlock& frame);
  void emit_op(Op op) {
    mark_place(context_, text_offset_);
    context_.code.u8(static_cast<std::uint8_t>(info(op).code));
  }
  void record_hint(Op op, std::optional<std::uint8_t> hint);

  void read_block_head(Op op);
  void read_block_type();
  void read_catches();
  void push_label(std::string_view id, std::string_view name);
  void pop_label();
  void check_repeated_label();
  void flat_block(Op op);
  void flat_else();
  void flat_end();
  void flat_catch(Op op);
  void flat_delegate();
  void folded_block(Op op);
  void write_delegate();
  void write_catch(Op op);

  ParseContext& context_;
  TokenCursor& in_;
  std::uint32_t text_offset_ = 0;  // of the instruction, clause or end at hand
  std::string_view label_id_;
  std::string_view label_name_;
};

void BodyParser::push(const OpenBlock& frame) {
  if (context_.frames.size() >= limits::max_block_nesting) {
    return in_.fail_with(fail(ErrorKind::exhausted, in_.place(in_.peek().offset), "nesting too deep: the limit is ",
                              limits::max_block_nesting, " levels"));
  }
  context_.frames.push_back(frame);
}

void BodyParser::run(bool one) {
  context_.frames.clear();
  context_.pending_hint.reset();
  while (in_.ok()) {
    while (in_.has_annotations() && take_hint()) {
    }
    text_offset_ = in_.peek().offset;
    switch (in_.peek().kind) {
      case TokenKind::left_paren: open(); break;
      case TokenKind::keyword: plain(); break;
      case TokenKind::right_paren:
        if (context_.frames.empty()) {
          if (context_.pending_hint) {
            in_.fault_at(in_.peek().offset, "@metadata.code.branch_hint annotation: invalid placement");
          }
          return;
        }
        close();
        break;
      default: return in_.unexpected("an instruction");
    }
    if (one && context_.frames.empty()) return;
  }
}

// Hints

// Takes a hint that stands before the token at hand; false when there is none.
bool BodyParser::take_hint() {
  const auto annotation = in_.take_annotation(AnnotationKind::branch_hint);
  if (!annotation) {
    in_.refuse_annotations(in_.peek().offset);  // others have no business between instructions
    return false;
  }
  constexpr std::string_view title = "@metadata.code.branch_hint annotation: ";
  if (context_.pending_hint) in_.fault_at(annotation->offset, title, "duplicate annotation");
  Lexer content(in_.source().substr(0, annotation->end), context_.scratch_arena.upstream());
  content.seek(annotation->content);
  const Token value = content.next_in_annotation();
  const Token close = content.next_in_annotation();
  if (value.kind != TokenKind::string || close.kind != TokenKind::right_paren) {
    in_.fault_at(value.offset, title, "unexpected token, expected one string");
    return false;
  }
  const std::string_view bytes = string_value(content.text(value), in_.arena());
  if (bytes.size() != 1 || static_cast<std::uint8_t>(bytes[0]) > 1) {
    in_.fault_at(value.offset, title, "invalid hint value, expected \"\\00\" or \"\\01\"");
    return false;
  }
  context_.pending_hint = static_cast<std::uint8_t>(bytes[0]);
  return true;
}

void BodyParser::record_hint(Op op, std::optional<std::uint8_t> hint) {
  if (!hint) return;
  if (op != Op::if_ && op != Op::br_if) {
    return in_.fail_with(fail(ErrorKind::invalid, in_.place(in_.last_end()),
                              "@metadata.code.branch_hint annotation: invalid target: expected `if` or `br_if`"));
  }
  context_.hints.push_back({.offset = static_cast<std::uint32_t>(context_.code.size()), .value = *hint});
}

// Writing

void BodyParser::emit() {
  if (context_.pending_hint) {
    record_hint(context_.instruction.op, context_.pending_hint);
    context_.pending_hint.reset();
  }
  mark_place(context_, text_offset_);
  if (in_.ok()) write_instruction(context_.code, context_.instruction);
}

std::size_t BodyParser::defer() {
  const std::size_t from = context_.deferred.size();
  if (in_.ok()) write_instruction(context_.deferred, context_.instruction);
  return from;
}

void BodyParser::emit_deferred(const OpenBlock& frame) {
  if (frame.hint) record_hint(one_byte_ops[context_.deferred.view()[frame.deferred]], frame.hint);
  mark_place(context_, frame.text);
  context_.code.bytes(context_.deferred.view().subspan(frame.deferred));
  context_.deferred.truncate(frame.deferred);
}

// Labels

void BodyParser::push_label(std::string_view id, std::string_view name) {
  const auto position = static_cast<std::uint32_t>(context_.labels.size());
  Label label{.name = id};
  if (!id.empty()) label.shadowed = context_.label_ids.exchange(id, position);
  if (!name.empty()) context_.label_names.push_back({context_.label_count, name});
  ++context_.label_count;
  context_.labels.push_back(label);
}

void BodyParser::pop_label() {
  const Label label = context_.labels.back();
  context_.labels.pop_back();
  if (!label.name.empty()) context_.label_ids.exchange(label.name, label.shadowed);
}

// `end $l`, `else $l`: the identifier must be that of the block.
void BodyParser::check_repeated_label() {
  if (!in_.at(TokenKind::id)) return;
  const Token token = in_.next();
  const std::string_view id = in_.id_value(token);
  const std::string_view expected = context_.labels.empty() ? std::string_view{} : context_.labels.back().name;
  if (id == expected) return;
  if (expected.empty()) return in_.fault_at(token.offset, "mismatching label: found $", id, ", the block has none");
  in_.fault_at(token.offset, "mismatching label: found $", id, ", expected $", expected);
}

// Blocks

void BodyParser::read_block_type() {
  BlockType& type = context_.instruction.block;
  const std::uint32_t offset = in_.peek().offset;
  const auto named = parse_explicit_type(context_);
  parse_signature(context_, nullptr);
  if (named) {
    if (!context_.params.empty() || !context_.results.empty()) check_signature(context_, *named, offset);
    type = {.kind = BlockType::Kind::type, .value = {}, .type = *named};
  } else if (!context_.params.empty() || context_.results.size() > 1) {
    type = {.kind = BlockType::Kind::type, .value = {}, .type = find_or_add_type(context_)};
  } else if (context_.results.empty()) {
    type = {};
  } else {
    type = {.kind = BlockType::Kind::value, .value = context_.results[0], .type = {}};
  }
}

// Catch clauses name labels outside of their block.
void BodyParser::read_catches() {
  auto& catches = context_.lists.catches;
  catches.clear();
  while (in_.ok()) {
    Catch clause;
    if (in_.accept_open(Word::op_catch_)) {
      clause.kind = CatchKind::catch_;
    } else if (in_.accept_open(Word::catch_ref)) {
      clause.kind = CatchKind::catch_ref;
    } else if (in_.accept_open(Word::op_catch_all)) {
      clause.kind = CatchKind::catch_all;
    } else if (in_.accept_open(Word::catch_all_ref)) {
      clause.kind = CatchKind::catch_all_ref;
    } else {
      break;
    }
    if (clause.kind == CatchKind::catch_ || clause.kind == CatchKind::catch_ref) {
      clause.tag = TagIdx(parse_index(context_, context_.tags));
    }
    clause.label = LabelIdx(parse_label(context_));
    in_.expect_close();
    catches.push_back(clause);
  }
  context_.instruction.catches = catches;
}

// Label, type and catch clauses; the instruction is then complete, but its label not yet in scope.
void BodyParser::read_block_head(Op op) {
  label_name_ = parse_id_and_name(context_, label_id_);
  context_.instruction.op = op;
  read_block_type();
  if (op == Op::try_table) read_catches();
}

void BodyParser::flat_block(Op op) {
  read_block_head(op);
  emit();
  push(op == Op::if_ ? FrameKind::if_ : op == Op::try_ ? FrameKind::try_ : FrameKind::block);
  push_label(label_id_, label_name_);
}

void BodyParser::flat_else() {
  if (context_.frames.empty() || top().kind != FrameKind::if_) {
    return in_.fault_at(in_.peek().offset, "unexpected token: found `else` outside of an `if`");
  }
  in_.next();
  check_repeated_label();
  top().kind = FrameKind::else_;
  emit_op(Op::else_);
}

void BodyParser::flat_end() {
  if (context_.frames.empty() || top().kind > FrameKind::catch_all) {
    return in_.fault_at(in_.peek().offset, "unexpected token: found `end` outside of a block");
  }
  in_.next();
  check_repeated_label();
  context_.frames.pop_back();
  pop_label();
  emit_op(Op::end);
}

void BodyParser::write_catch(Op op) {
  context_.instruction.op = op;
  if (op == Op::catch_) context_.instruction.index = parse_index(context_, context_.tags);
  mark_place(context_, text_offset_);
  if (in_.ok()) write_instruction(context_.code, context_.instruction);
}

void BodyParser::flat_catch(Op op) {
  if (context_.frames.empty() || (top().kind != FrameKind::try_ && top().kind != FrameKind::catch_)) {
    return in_.fault_at(in_.peek().offset, "unexpected token: found `", info(op).mnemonic, "` outside of a `try`");
  }
  in_.next();
  if (op == Op::catch_all) check_repeated_label();
  top().kind = op == Op::catch_ ? FrameKind::catch_ : FrameKind::catch_all;
  write_catch(op);
}

// The label of `delegate` is seen from outside of its try.
void BodyParser::write_delegate() {
  pop_label();
  context_.instruction.op = Op::delegate;
  context_.instruction.index = parse_label(context_);
  mark_place(context_, text_offset_);
  if (in_.ok()) write_instruction(context_.code, context_.instruction);
}

void BodyParser::flat_delegate() {
  if (context_.frames.empty() || top().kind != FrameKind::try_) {
    return in_.fault_at(in_.peek().offset, "unexpected token: found `delegate` outside of a `try`");
  }
  in_.next();
  context_.frames.pop_back();
  write_delegate();
}

void BodyParser::folded_block(Op op) {
  const auto hint = context_.pending_hint;
  read_block_head(op);
  if (op == Op::if_) {
    context_.pending_hint.reset();
    const auto from = static_cast<std::uint32_t>(defer());
    // The condition stands outside of the label's scope, which `(then` opens; the label is kept here until then.
    push({.kind = FrameKind::folded_condition, .deferred = from, .hint = hint, .text = text_offset_});
    context_.waiting_labels.push_back({label_id_, label_name_});
    return;
  }
  emit();
  push(op == Op::try_ ? FrameKind::folded_try : FrameKind::folded_block);
  push_label(label_id_, label_name_);
}

// The loop's cases

bool BodyParser::takes_plain() const noexcept {
  if (context_.frames.empty()) return true;
  switch (context_.frames.back().kind) {
    case FrameKind::block:
    case FrameKind::if_:
    case FrameKind::else_:
    case FrameKind::try_:
    case FrameKind::catch_:
    case FrameKind::catch_all:
    case FrameKind::folded_block:
    case FrameKind::folded_arm: return true;
    default: return false;
  }
}

void BodyParser::plain() {
  const Op op = op_of(in_.peek().word);
  if (!takes_plain() || op == Op::invalid) return in_.unexpected(takes_plain() ? "an instruction" : "`(` or `)`");
  switch (op) {
    case Op::else_: return flat_else();
    case Op::end: return flat_end();
    case Op::catch_:
    case Op::catch_all: return flat_catch(op);
    case Op::delegate: return flat_delegate();
    default: break;
  }
  in_.next();
  switch (op) {
    case Op::block:
    case Op::loop:
    case Op::if_:
    case Op::try_:
    case Op::try_table: return flat_block(op);
    default: break;
  }
  context_.instruction.op = op;
  parse_immediates(context_);
  emit();
}

void BodyParser::open() {
  if (!context_.frames.empty()) {
    switch (top().kind) {
      case FrameKind::folded_condition:
        if (in_.at_open(Word::then)) return open_clause();
        break;
      case FrameKind::folded_after_then:
      case FrameKind::folded_after_else:
      case FrameKind::folded_try:
      case FrameKind::folded_after_do:
      case FrameKind::folded_after_catch:
      case FrameKind::folded_after_catch_all:
      case FrameKind::folded_after_delegate: return open_clause();
      default: break;
    }
  }
  open_folded();
}

void BodyParser::open_folded() {
  const Token& head = in_.peek_next();
  const Op op = head.kind == TokenKind::keyword ? op_of(head.word) : Op::invalid;
  switch (op) {
    case Op::invalid:
    case Op::else_:
    case Op::end:
    case Op::catch_:
    case Op::catch_all:
    case Op::delegate: return in_.unexpected(head, "an instruction");
    default: break;
  }
  text_offset_ = head.offset;
  in_.next();
  in_.next();
  switch (op) {
    case Op::block:
    case Op::loop:
    case Op::if_:
    case Op::try_:
    case Op::try_table: return folded_block(op);
    default: break;
  }
  context_.instruction.op = op;
  parse_immediates(context_);
  if (in_.at_close()) {
    emit();
    in_.next();
    return;
  }
  const auto hint = context_.pending_hint;
  context_.pending_hint.reset();
  const auto deferred = static_cast<std::uint32_t>(defer());
  push({.kind = FrameKind::folded_plain, .deferred = deferred, .hint = hint, .text = text_offset_});
}

// `(then`, `(else`, `(do`, `(catch`, `(catch_all`, `(delegate`, where the frame allows them.
void BodyParser::open_clause() {
  switch (top().kind) {
    case FrameKind::folded_condition: {
      in_.next(), in_.next();
      emit_deferred(top());
      const auto label = context_.waiting_labels.back();
      context_.waiting_labels.pop_back();
      push_label(label.first, label.second);
      top().kind = FrameKind::folded_after_then;
      return push(FrameKind::folded_arm);
    }
    case FrameKind::folded_after_then:
      if (!in_.accept_open(Word::op_else_)) return in_.unexpected(in_.peek_next(), "`else`");
      emit_op(Op::else_);
      top().kind = FrameKind::folded_after_else;
      return push(FrameKind::folded_arm);
    case FrameKind::folded_try:
      if (!in_.accept_open(Word::do_)) return in_.unexpected(in_.peek_next(), "`do`");
      top().kind = FrameKind::folded_after_do;
      return push(FrameKind::folded_arm);
    case FrameKind::folded_after_do:
    case FrameKind::folded_after_catch:
      if (in_.accept_open(Word::op_catch_)) {
        write_catch(Op::catch_);
        top().kind = FrameKind::folded_after_catch;
      } else if (in_.accept_open(Word::op_catch_all)) {
        write_catch(Op::catch_all);
        top().kind = FrameKind::folded_after_catch_all;
      } else if (top().kind == FrameKind::folded_after_do && in_.accept_open(Word::op_delegate)) {
        write_delegate();
        in_.expect_close();
        top().kind = FrameKind::folded_after_delegate;
        return;
      } else {
        return in_.unexpected(in_.peek_next(), "`catch`, `catch_all` or `delegate`");
      }
      return push(FrameKind::folded_arm);
    default: return in_.unexpected("`)`");
  }
}

void BodyParser::close() {
  const OpenBlock frame = top();
  switch (frame.kind) {
    case FrameKind::folded_plain: emit_deferred(frame); break;
    case FrameKind::folded_arm:
    case FrameKind::folded_after_delegate: break;
    case FrameKind::folded_block:
    case FrameKind::folded_after_then:
    case FrameKind::folded_after_else:
    case FrameKind::folded_after_do:
    case FrameKind::folded_after_catch:
    case FrameKind::folded_after_catch_all:
      emit_op(Op::end);
      pop_label();
      break;
    case FrameKind::folded_condition: return in_.unexpected("an operand or `(then`");
    case FrameKind::folded_try: return in_.unexpected("`(do`");
    default: return in_.unexpected("`end`");
  }
  if (context_.pending_hint) {
    return in_.fault_at(in_.peek().offset, "@metadata.code.branch_hint annotation: invalid placement");
  }
  context_.frames.pop_back();
  in_.next();
}

Expr take_const_expr(ParseContext& context, std::uint32_t offset) {
  mark_place(context, context.in.peek().offset);
  end_places(context, offset);
  context.code.u8(static_cast<std::uint8_t>(info(Op::end).code));
  context.hints.clear();
  return {.bytes = take_code(context), .offset = offset};
}

// Gives where the expression begins in the text.
std::uint32_t begin_const_expr(ParseContext& context) {
  begin_places(context);
  context.code.clear();
  context.locals.ids.clear();
  context.label_ids.clear();
  context.labels.clear();
  context.waiting_labels.clear();
  context.label_names.clear();
  return context.in.peek().offset;
}

}  // namespace

void parse_instructions(ParseContext& context) { BodyParser(context).run(false); }
void parse_folded_instruction(ParseContext& context) { BodyParser(context).run(true); }

Expr parse_const_expr(ParseContext& context) {
  const bool needs_data_count = context.needs_data_count;  // only bodies ask for it
  const std::uint32_t offset = begin_const_expr(context);
  parse_instructions(context);
  context.needs_data_count = needs_data_count;
  return take_const_expr(context, offset);
}

Expr parse_folded_const_expr(ParseContext& context) {
  const bool needs_data_count = context.needs_data_count;
  const std::uint32_t offset = begin_const_expr(context);
  if (!context.in.at(TokenKind::left_paren)) context.in.unexpected("`(`");
  parse_folded_instruction(context);
  context.needs_data_count = needs_data_count;
  return take_const_expr(context, offset);
}

}  // namespace tenon::core
