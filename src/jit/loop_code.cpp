#include "jit/loop_code.hpp"

#include <algorithm>

#include "jit/baseline/shapes.hpp"
#include "jit/enter.hpp"
#include "runtime/store.hpp"

namespace tenon::jit {

using interp::LoopHeader;
using interp::Registers;
using interp::Step;
using runtime::Cell;
using runtime::NativeThunk;
using runtime::Thread;

namespace {

// Field: the row. The frame at fp is that of the loop's function, at the beginning of a turn.
struct EnterLoop {
  static Step run(Registers& r) {
    const auto& row = *std::bit_cast<const LoopCode::Row*>(r.ip[1].bits);
    r.ip = row.header;
    if (!can_run_native(*r.instance) || !prepare_to_wait(*r.thread)) return Step::next;
    return run_compiled(r, row.slots, {.entry = nullptr, .thunk = row.entry}, row.header + 1);
  }
};

// Where the instruction goes that the guest is about to execute; nullptr: to no single place.
const Cell* target_of(const interp::Code& code, const Cell* ip) noexcept {
  const interp::CodeCompiler& compiler = code.compiler();
  const std::uint64_t handler = compiler.original == nullptr ? ip->bits : compiler.original(compiler.context, ip);
  const baseline::Shape* shape = baseline::find_shape(handler);
  if (shape == nullptr) return nullptr;
  unsigned at = 0;
  switch (shape->kind) {
    case baseline::Kind::jump: break;
    case baseline::Kind::branch: at = shape->result_at; break;
    default: return nullptr;
  }
  return ip + load_le<std::int32_t>(reinterpret_cast<const std::uint8_t*>(ip + 1) + at) / 8;
}

const LoopHeader* header_at(const interp::FunctionCode& function, const Cell* ip) noexcept {
  const auto cell = static_cast<std::uint32_t>(ip - function.begin);
  const auto found = std::ranges::lower_bound(function.loops, cell, {}, &LoopHeader::header);
  return found == function.loops.end() || found->header != cell ? nullptr : &*found;
}

}  // namespace

LoopCode::LoopCode(bool loop_dispatch, std::function<void()> compile) noexcept
    : compile_(std::move(compile)), handler_(handler_cell<interp::OutOfLine<EnterLoop>>(loop_dispatch)) {}

const Cell* LoopCode::find(interp::Code& code, const interp::FunctionCode& function, const Cell* ip,
                           bool stays) noexcept {
  if (function.loops.empty()) return nullptr;
  const LoopHeader* header = header_at(function, ip);
  if (header == nullptr) {
    const Cell* target = target_of(code, ip);
    if (target == nullptr || target > ip) return nullptr;
    header = header_at(function, target);
    if (header == nullptr) return nullptr;
  }
  std::unique_lock lock(mutex_);
  Row* row = row_of({function.index, header->offset});
  if (row == nullptr) return nullptr;
  row->header = function.begin + header->header;
  row->slots = runtime::value_slots(*code.validated->func_signatures[function.index]);
  if (stays) ++row->wanted;
  if (compile_ && !row->is_taken) {
    lock.unlock();
    compile_();
    lock.lock();
  }
  return row->entry == nullptr ? nullptr : row->bytecode.data();
}

// The row for the place, a new one if it has none; nullptr: there is no room.
LoopCode::Row* LoopCode::row_of(const LoopPlace& place) noexcept {
  const auto end = rows_.begin() + static_cast<std::ptrdiff_t>(count_);
  const auto found = std::find_if(rows_.begin(), end, [&](const Row& row) { return row.place == place; });
  if (found != end) return &*found;
  if (count_ == rows_.size()) return nullptr;
  Row& row = rows_[count_++];
  row.place = place;
  row.bytecode = {handler_, Cell{std::bit_cast<std::uint64_t>(&row)}};
  return &row;
}

std::optional<LoopCode::Wanted> LoopCode::wanted() noexcept {
  const std::lock_guard lock(mutex_);
  const Row* best = nullptr;
  for (const Row& row : std::span(rows_).first(count_)) {
    if (!row.is_taken && row.wanted > (best == nullptr ? 0 : best->wanted)) best = &row;
  }
  if (best == nullptr) return std::nullopt;
  return Wanted{best->place, best->wanted};
}

void LoopCode::take(const LoopPlace& place) noexcept {
  const std::lock_guard lock(mutex_);
  if (Row* row = row_of(place)) row->is_taken = true;
}

void LoopCode::add(const LoopPlace& place, NativeThunk entry) noexcept {
  const std::lock_guard lock(mutex_);
  Row* row = row_of(place);
  if (row == nullptr) return;
  row->is_taken = true;
  if (row->entry == nullptr) row->entry = entry;
}

}  // namespace tenon::jit
