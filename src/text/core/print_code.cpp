#include "text/core/print_code.hpp"

#include <array>

#include "base/float_text.hpp"
#include "binary/core/custom.hpp"
#include "binary/core/immediates.hpp"
#include "text/core/print_types.hpp"

namespace tenon::core {
namespace {

// Mnemonics in storage of one size, so that copying one is a few instructions.
struct Mnemonic {
  char text[40];
  std::uint8_t size;
};
constexpr auto make_mnemonics() {
  std::array<Mnemonic, op_count> table{};
  for (std::size_t i = 0; i < op_count; ++i) {
    const std::string_view text = instruction_infos[i].mnemonic;
    for (std::size_t k = 0; k < text.size(); ++k) table[i].text[k] = text[k];
    table[i].size = static_cast<std::uint8_t>(text.size());
  }
  return table;
}
constexpr auto mnemonics = make_mnemonics();

void put_block_type(TextOutput& out, const PrintContext& context, const BlockType& type) {
  switch (type.kind) {
    case BlockType::Kind::empty: return;
    case BlockType::Kind::value: return put_type_list(out, context, "result", {&type.value, 1});
    case BlockType::Kind::type: return put_func_type_use(out, context, type.type);
  }
}

std::string_view keyword(CatchKind kind) noexcept {
  switch (kind) {
    case CatchKind::catch_: return " (catch";
    case CatchKind::catch_ref: return " (catch_ref";
    case CatchKind::catch_all: return " (catch_all";
    case CatchKind::catch_all_ref: return " (catch_all_ref";
  }
  return " (catch";
}

void put_vector(TextOutput& out, const V128& vector) {
  out.put(" i32x4");
  for (std::size_t lane = 0; lane < 4; ++lane) {
    out.put(" 0x");
    out.put_hex(load_le<std::uint32_t>(vector.bytes + 4 * lane), 8);
  }
}

}  // namespace

bool opens_block(Op op) noexcept {
  const Immediates shape = info(op).immediates;
  return shape == Immediates::block_type || shape == Immediates::try_table;
}

CodeReader::CodeReader(const PrintContext& print_context, Arena& arena, std::pmr::memory_resource& memory)
    : context(print_context), locals(memory), labels(&memory), lists_(memory), arena_(arena) {}

void CodeReader::start(const Cursor& code, FuncIdx function) {
  cursor_ = code;
  labels.assign(1, OpenLabel{});
  label_names_ = context.names && !function.is_none() ? find_names(context.names->labels, function.value) : nullptr;
  next_label_name_ = 0;
  label_count_ = 0;
  is_closed_ = false;
}

bool CodeReader::next() {
  if (is_closed_) {
    if (!cursor_.at_end())
      cursor_.fault(ErrorKind::malformed, cursor_.offset(), "unexpected code behind the body's end");
    return false;
  }
  read();
  if (!cursor_.ok()) return false;
  const Op op = instruction.op;
  depth = labels.size() - 1;
  if (opens_block(op)) {
    open_label();
    return true;
  }
  switch (op) {
    case Op::end:
    case Op::else_:
    case Op::catch_:
    case Op::catch_all:
    case Op::delegate: close(op); return cursor_.ok();
    default: return true;
  }
}

void CodeReader::read() {
  offset = cursor_.offset();
  if (cursor_.at_end())
    return cursor_.fault(ErrorKind::malformed, offset, "unexpected end: expected an instruction or `end`");
  instruction.op = read_op(cursor_);
  if (cursor_.ok()) read_immediates(cursor_, instruction, lists_, Features::all());
}

void CodeReader::open_label() {
  const std::uint32_t ordinal = label_count_++;
  std::string_view text;
  if (label_names_ != nullptr && next_label_name_ < label_names_->size()) [[unlikely]] {
    const NameAssoc& name = (*label_names_)[next_label_name_];
    if (name.index == ordinal) {
      text = identifier_text(name.name, arena_);
      ++next_label_name_;
    }
  }
  if (labels.size() > limits::max_block_nesting) {
    return cursor_.fault(ErrorKind::exhausted, offset, "blocks are nested too deep: more than ",
                         limits::max_block_nesting);
  }
  labels.push_back({text, instruction.op});
}

// `end`, or what divides a block; `depth` becomes that of the block itself.
void CodeReader::close(Op op) {
  const Op opener = labels.back().op;
  const bool fits = op == Op::end || (op == Op::else_ ? opener == Op::if_ : opener == Op::try_ || opener == Op::catch_);
  if (!fits || (labels.size() == 1 && op != Op::end) || (op == Op::delegate && opener != Op::try_)) {
    return cursor_.fault(ErrorKind::malformed, offset, "unexpected ", info(op).mnemonic,
                         ": no block is open that it belongs to");
  }
  if (op != Op::end && op != Op::delegate) {
    labels.back().op = op;
    --depth;
    return;
  }
  labels.pop_back();
  is_closed_ = labels.empty();
  depth = is_closed_ ? 0 : labels.size() - 1;
}

void CodeReader::put_instruction(TextOutput& out) const {
  const Mnemonic& mnemonic = mnemonics[static_cast<std::size_t>(instruction.op)];
  out.put_padded(mnemonic.text, mnemonic.size);
  put_immediates(out);
}

// A label is named if no block inside of its own has the same name; `first` is how many of the open labels a reference
// skips before it counts.
void CodeReader::put_label_use(TextOutput& out, std::uint32_t index, std::size_t first) const {
  out.put(' ');
  const std::size_t open = labels.size() - first;
  if (index >= open) return out.put_number(index);
  const std::string_view text = labels[open - 1 - index].text;
  constexpr std::uint32_t most_compared = 200;
  bool is_named = !text.empty() && index <= most_compared;
  for (std::uint32_t inner = 0; is_named && inner < index; ++inner) is_named = labels[open - 1 - inner].text != text;
  if (is_named) {
    out.put('$');
    return out.put(text);
  }
  out.put_number(index);
  out.put(" (;@");
  out.put_number(open - 1 - index);
  out.put(";)");
}

void CodeReader::put_label_table(TextOutput& out) const {
  for (const std::uint32_t label : instruction.labels) put_label_use(out, label, 0);
}

void CodeReader::put_catches(TextOutput& out) const {
  for (const Catch& clause : instruction.catches) {
    out.put(keyword(clause.kind));
    if (clause.kind == CatchKind::catch_ || clause.kind == CatchKind::catch_ref)
      put_use(out, context.tags, clause.tag.value);
    put_label_use(out, clause.label.value, 1);
    out.put(')');
  }
}

void CodeReader::put_block_header(TextOutput& out) const {
  const std::string_view text = labels.back().text;
  if (!text.empty()) {
    out.put(" $");
    out.put(text);
  } else {
    out.put(" (;@");
    out.put_number(labels.size() - 1);
    out.put(";)");
  }
  put_block_type(out, context, instruction.block);
}

void CodeReader::put_memory_argument(TextOutput& out) const {
  const MemArg& mem = instruction.mem;
  if (mem.memory.value != 0) put_use(out, context.memories, mem.memory.value);
  if (mem.offset != 0) {
    out.put(" offset=");
    out.put_number(mem.offset);
  }
  const std::uint64_t align = std::uint64_t{1} << (mem.align_log2 & 63);
  if (align != info(instruction.op).width) {
    out.put(" align=");
    out.put_number(align);
  }
}

// Two indices of which both or none is written: the binary always has both, and zeros go without saying.
void CodeReader::put_pair(TextOutput& out, const Identifiers& first, const Identifiers& second) const {
  if (instruction.index == 0 && instruction.second == 0) return;
  put_use(out, first, instruction.index);
  put_use(out, second, instruction.second);
}

void CodeReader::put_immediates(TextOutput& out) const {
  const Instruction& in = instruction;
  const auto optional_use = [&](const Identifiers& identifiers, std::uint32_t index) {
    if (index != 0) put_use(out, identifiers, index);
  };
  const auto two_uses = [&](const Identifiers& first, const Identifiers& second) {
    put_use(out, first, in.index);
    put_use(out, second, in.second);
  };
  const auto number = [&](auto value) {
    out.put(' ');
    out.put_number(value);
  };
  switch (info(in.op).immediates) {
    case Immediates::none:
    case Immediates::zero_byte: return;
    case Immediates::block_type: return put_block_header(out);
    case Immediates::try_table: return put_block_header(out), put_catches(out);
    case Immediates::label: return put_label_use(out, in.index, 0);
    case Immediates::label_table: return put_label_table(out);
    case Immediates::func: return put_use(out, context.funcs, in.index);
    case Immediates::tag: return put_use(out, context.tags, in.index);
    case Immediates::type: return put_use(out, context.types, in.index);
    case Immediates::local: return put_use(out, locals, in.index);
    case Immediates::global: return put_use(out, context.globals, in.index);
    case Immediates::elem: return put_use(out, context.elems, in.index);
    case Immediates::data: return put_use(out, context.datas, in.index);
    case Immediates::table: return optional_use(context.tables, in.index);
    case Immediates::memory: return optional_use(context.memories, in.index);
    case Immediates::type_table:
      optional_use(context.tables, in.second);
      return put_type_use(out, context, TypeIdx(in.index));
    case Immediates::elem_table: optional_use(context.tables, in.second); return put_use(out, context.elems, in.index);
    case Immediates::data_memory:
      optional_use(context.memories, in.second);
      return put_use(out, context.datas, in.index);
    case Immediates::table_table: return put_pair(out, context.tables, context.tables);
    case Immediates::memory_memory: return put_pair(out, context.memories, context.memories);
    case Immediates::mem_arg: return put_memory_argument(out);
    case Immediates::mem_arg_lane: return put_memory_argument(out), number(in.lane);
    case Immediates::i32_const: return number(static_cast<std::int32_t>(in.bits));
    case Immediates::i64_const: return number(static_cast<std::int64_t>(in.bits));
    case Immediates::f32_const: return out.put(' '), out.put(print_f32(static_cast<std::uint32_t>(in.bits)).view());
    case Immediates::f64_const: return out.put(' '), out.put(print_f64(in.bits).view());
    case Immediates::v128_const: return put_vector(out, in.vector);
    case Immediates::lanes16:
      for (const std::uint8_t lane : in.vector.bytes) number(lane);
      return;
    case Immediates::lane: return number(in.lane);
    case Immediates::value_types:
      put_type_list(out, context, "result", in.value_types);
      if (in.value_types.empty()) out.put(" (result)");
      return;
    case Immediates::heap_type:
      out.put(' ');
      if (in.op == Op::ref_null) return put_heap_type(out, context, in.heap);
      return put_ref_type(out, context, in.heap, in.op == Op::ref_test_null || in.op == Op::ref_cast_null);
    case Immediates::type_field: return two_uses(context.types, context.fields(in.index));
    case Immediates::type_count: return put_use(out, context.types, in.index), number(in.second);
    case Immediates::type_data: return two_uses(context.types, context.datas);
    case Immediates::type_elem: return two_uses(context.types, context.elems);
    case Immediates::type_type: return two_uses(context.types, context.types);
    case Immediates::cast_branch:
      put_label_use(out, in.index, 0);
      out.put(' ');
      put_ref_type(out, context, in.source_heap, (in.cast_flags & 1) != 0);
      out.put(' ');
      return put_ref_type(out, context, in.heap, (in.cast_flags & 2) != 0);
  }
}

void put_hint(TextOutput& out, const BranchHint& hint) {
  out.put("(@");
  out.put(branch_hint_section_name);
  out.put(hint.is_likely ? " \"\\01\")" : " \"\\00\")");
}

Result<void> put_flat_code(TextOutput& out, CodeReader& code, std::uint64_t body_offset, FunctionHints hints) {
  const PrintOptions& options = code.context.options;
  while (code.next()) {
    if (code.labels.empty()) continue;  // the body's own end
    const std::size_t depth = code.depth + 2;
    if (const BranchHint* hint = hints.take(code.offset - body_offset)) {
      put_line(out, options, depth);
      put_hint(out, *hint);
    }
    put_line(out, options, depth, code.offset);
    code.put_instruction(out);
  }
  if (!code.ok()) return code.take_error();
  return {};
}

}  // namespace tenon::core
