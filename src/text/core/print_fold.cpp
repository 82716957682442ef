#include "text/core/print_fold.hpp"

#include <algorithm>

namespace tenon::core {
namespace {

constexpr std::size_t line_width = 100;
constexpr std::uint32_t too_wide = 1'000'000;
constexpr std::uint16_t max_tree_depth = 500;
constexpr std::size_t max_open_frames = 500;
constexpr std::uint32_t hint_width = 36;  // `(@metadata.code.branch_hint "\01") `

}  // namespace

Folder::Folder(const PrintContext& context, std::pmr::memory_resource& memory)
    : context_(context),
      text_(text_storage_),
      nodes_(&memory),
      statements_(&memory),
      frames_(&memory),
      label_arities_(&memory) {}

Result<void> Folder::put_body(TextOutput& out, CodeReader& code, std::uint32_t results, std::uint64_t body_offset,
                              FunctionHints hints) {
  if (auto done = read(code, results, body_offset, hints); !done) return done;
  for (const NodeId statement : statements_) {
    put_line(out, context_.options, 2, nodes_[statement].offset);
    put_tree(out, statement, 2);
  }
  return {};
}

void Folder::put_expression(TextOutput& out, std::size_t depth) const {
  for (const NodeId statement : statements_) {
    out.put(' ');
    put_tree(out, statement, depth);
  }
}

Result<void> Folder::read(CodeReader& code, std::uint32_t results, std::uint64_t body_offset, FunctionHints hints) {
  text_.rewind();
  nodes_.clear();
  statements_.clear();
  frames_.assign(1, Frame{});
  label_arities_.assign(1, results);
  flat_blocks_ = 0;
  while (code.next()) {
    if (code.labels.empty()) continue;  // the body's own end
    const BranchHint* found = hints.take(code.offset - body_offset);
    const std::uint8_t hint = found == nullptr ? no_hint : found->is_likely ? likely_hint : unlikely_hint;
    switch (code.instruction.op) {
      case Op::else_:
      case Op::catch_:
      case Op::catch_all: divide_block(code); break;
      case Op::end:
      case Op::delegate: close_block(code); break;
      default: opens_block(code.instruction.op) ? open_block(code, hint) : add_instruction(code, hint);
    }
  }
  if (!code.ok()) return code.take_error();
  return {};
}

void Folder::add_instruction(const CodeReader& code, std::uint8_t hint) {
  const Arity arity = arity_of(code.instruction, context_, label_arities_);
  const NodeId node = add_instruction_node(code, hint);
  nodes_[node].results = arity.results;
  take_operands(node, arity.operands);
  add_statement(node);
}

void Folder::open_block(const CodeReader& code, std::uint8_t hint) {
  const Op op = code.instruction.op;
  const Arity arity = arity_of(code.instruction.block, context_);
  const NodeId node = add_instruction_node(code, hint);
  label_arities_.push_back(op == Op::loop ? arity.operands : arity.results);
  if (flat_blocks_ > 0 || frames_.size() >= max_open_frames) {
    nodes_[node].is_flat = true;
    ++flat_blocks_;
    return add_statement(node);
  }
  nodes_[node].results = arity.results;
  if (op == Op::if_) {
    take_operands(node, arity.operands + 1);
  } else if (arity.operands > 0) {
    settle();
  }
  open_frame(node, false);
  if (op == Op::if_) open_frame(add_keyword_node("then", code.offset), true);
  if (op == Op::try_) open_frame(add_keyword_node("do", code.offset), true);
}

// `else`, `catch`, `catch_all`: a clause ends, another one begins.
void Folder::divide_block(const CodeReader& code) {
  const NodeId node = add_instruction_node(code, no_hint);
  if (flat_blocks_ > 0) {
    nodes_[node].is_flat = true;
    return add_statement(node);
  }
  close_frame();
  open_frame(node, true);
}

// `end`, `delegate`.
void Folder::close_block(const CodeReader& code) {
  label_arities_.pop_back();
  const bool is_delegate = code.instruction.op == Op::delegate;
  if (flat_blocks_ > 0) {
    --flat_blocks_;
    const NodeId node = add_instruction_node(code, no_hint);
    nodes_[node].is_flat = true;
    return add_statement(node);
  }
  if (frames_.back().is_clause) close_frame();
  if (is_delegate) append_child(frames_.back().node, add_instruction_node(code, no_hint));
  close_frame();
}

void Folder::open_frame(NodeId node, bool is_clause) {
  const auto first = static_cast<std::uint32_t>(statements_.size());
  frames_.push_back({node, first, first, is_clause});
}

void Folder::close_frame() {
  const Frame frame = frames_.back();
  frames_.pop_back();
  const std::size_t count = statements_.size() - frame.first_statement;
  for (std::size_t i = frame.first_statement; i < statements_.size(); ++i) append_child(frame.node, statements_[i]);
  statements_.resize(frame.first_statement);
  if (count > 1 || (count == 1 && !frame.is_clause)) nodes_[frame.node].width = too_wide;
  if (!frame.is_clause) return add_statement(frame.node);
  append_child(frames_.back().node, frame.node);
  nodes_[frames_.back().node].width = too_wide;
}

void Folder::add_statement(NodeId node) {
  statements_.push_back(node);
  if (nodes_[node].results == 0) settle();
}

void Folder::take_operands(NodeId parent, std::uint32_t wanted) {
  const Frame& frame = frames_.back();
  std::size_t first = statements_.size();
  while (wanted > 0 && first > frame.barrier) {
    const Node& candidate = nodes_[statements_[first - 1]];
    if (candidate.results > wanted || candidate.depth >= max_tree_depth) break;
    wanted -= candidate.results;
    --first;
  }
  for (std::size_t i = first; i < statements_.size(); ++i) append_child(parent, statements_[i]);
  statements_.resize(first);
  if (wanted > 0) settle();
}

void Folder::append_child(NodeId parent_id, NodeId child_id) {
  Node& parent = nodes_[parent_id];
  const Node& child = nodes_[child_id];
  (parent.first_child == no_node ? parent.first_child : nodes_[parent.last_child].next_sibling) = child_id;
  parent.last_child = child_id;
  parent.width = std::min(parent.width + 1 + child.width, too_wide);
  parent.depth = std::max<std::uint16_t>(parent.depth, static_cast<std::uint16_t>(child.depth + 1));
}

Folder::NodeId Folder::add_node(std::size_t text_begin, std::uint64_t offset) {
  const auto id = static_cast<NodeId>(nodes_.size());
  Node node;
  node.text_begin = static_cast<std::uint32_t>(text_begin);
  node.text_size = static_cast<std::uint32_t>(text_.size() - text_begin);
  node.width = std::min(node.text_size + 2, too_wide);
  node.offset = offset;
  nodes_.push_back(node);
  return id;
}

Folder::NodeId Folder::add_instruction_node(const CodeReader& code, std::uint8_t hint) {
  const std::size_t begin = text_.size();
  code.put_instruction(text_);
  const NodeId node = add_node(begin, code.offset);
  nodes_[node].hint = hint;
  if (hint != no_hint) nodes_[node].width += hint_width;
  return node;
}

Folder::NodeId Folder::add_keyword_node(std::string_view keyword, std::uint64_t offset) {
  const std::size_t begin = text_.size();
  text_.put(keyword);
  return add_node(begin, offset);
}

// Recursion: the depth of trees is bounded by max_tree_depth and max_open_frames.
void Folder::put_tree(TextOutput& out, NodeId id, std::size_t depth) const {
  const Node& node = nodes_[id];
  if (node.hint != no_hint) {
    put_hint(out, {.is_likely = node.hint == likely_hint});
    out.put(' ');
  }
  const std::string_view text = text_.view(node.text_begin).substr(0, node.text_size);
  if (node.is_flat) return out.put(text);
  const bool fits = out.column() + node.width <= line_width;
  out.put('(');
  out.put(text);
  for (NodeId child = node.first_child; child != no_node; child = nodes_[child].next_sibling) {
    if (fits) {
      out.put(' ');
    } else {
      put_line(out, context_.options, depth + 1, nodes_[child].offset);
    }
    put_tree(out, child, depth + 1);
  }
  if (!fits && node.first_child != no_node) put_line(out, context_.options, depth);
  out.put(')');
}

}  // namespace tenon::core
