// Folded instructions: `(i32.add (local.get 0) (i32.const 1))`.
//
// The text format lets any instructions stand as operands of the one that follows them, so folding is a matter of
// taste, not of meaning: whatever is chosen reads back as the same sequence. A tree takes the instructions before it as
// far as their results are the operands it needs; what has no result, or more than are needed, ends the search and
// stays a statement of its own. So unvalidated and unreachable code needs no care here.
//
// A body is read into nodes first, each with the text of its instruction, and then laid out: a tree that fits in the
// line stays in one, others put each operand in a line of its own. Parentheses nest no deeper than the parser allows:
// trees stop growing at a depth of 500, and blocks nested deeper than 500 are printed flat.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <vector>

#include "text/core/print_arity.hpp"
#include "text/core/print_code.hpp"

namespace tenon::core {

class Folder {
 public:
  Folder(const PrintContext& context, std::pmr::memory_resource& memory);

  // Reads what `code` holds, and prints it: for a body, each statement in lines of its own from `depth` on.
  // `results` is the number of the body's results. Errors: malformed.
  Result<void> put_body(TextOutput& out, CodeReader& code, std::uint32_t results, std::uint64_t body_offset,
                        FunctionHints hints);
  // Reads a constant expression; then prints it in the line that was begun: a blank and a tree for each statement.
  Result<void> read_expression(CodeReader& code) { return read(code, 1, 0, {}); }
  std::size_t statement_count() const noexcept { return statements_.size(); }
  void put_expression(TextOutput& out, std::size_t depth) const;

 private:
  using NodeId = std::uint32_t;
  static constexpr NodeId no_node = 0xFFFF'FFFF;

  enum HintKind : std::uint8_t { no_hint, unlikely_hint, likely_hint };

  struct Node {
    std::uint32_t text_begin = 0;
    std::uint32_t text_size = 0;
    NodeId first_child = no_node;
    NodeId last_child = no_node;
    NodeId next_sibling = no_node;
    std::uint32_t width = 0;  // of all of it in one line
    std::uint32_t results = 0;
    std::uint16_t depth = 1;  // of its parentheses
    bool is_flat = false;     // without parentheses
    std::uint8_t hint = no_hint;
    std::uint64_t offset = 0;
  };
  // An open parenthesis: a block, or a part of an `if` or `try`; the body itself.
  struct Frame {
    NodeId node = no_node;
    std::uint32_t first_statement = 0;  // in `statements_`
    std::uint32_t barrier = 0;          // statements before this one are settled
    bool is_clause = false;             // `then`, `else`, `do`, `catch`: ends with its block
  };

  Result<void> read(CodeReader& code, std::uint32_t results, std::uint64_t body_offset, FunctionHints hints);
  void add_instruction(const CodeReader& code, std::uint8_t hint);
  void open_block(const CodeReader& code, std::uint8_t hint);
  void divide_block(const CodeReader& code);
  void close_block(const CodeReader& code);
  void open_frame(NodeId node, bool is_clause);
  void close_frame();
  void add_statement(NodeId node);
  void settle() noexcept { frames_.back().barrier = static_cast<std::uint32_t>(statements_.size()); }
  void take_operands(NodeId parent, std::uint32_t wanted);
  void append_child(NodeId parent, NodeId child);
  // A node with the text that was written from `text_begin` on.
  NodeId add_node(std::size_t text_begin, std::uint64_t offset);
  NodeId add_instruction_node(const CodeReader& code, std::uint8_t hint);
  NodeId add_keyword_node(std::string_view keyword, std::uint64_t offset);
  void put_tree(TextOutput& out, NodeId node, std::size_t depth) const;

  const PrintContext& context_;
  std::string text_storage_;
  TextOutput text_;
  std::pmr::vector<Node> nodes_;
  std::pmr::vector<NodeId> statements_;  // of all open frames
  std::pmr::vector<Frame> frames_;
  std::pmr::vector<std::uint32_t> label_arities_;
  std::size_t flat_blocks_ = 0;  // open blocks that are printed flat
};

}  // namespace tenon::core
