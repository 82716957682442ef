// error-context.*.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-error-contextnew
#include "abi/lower.hpp"
#include "abi/strings.hpp"
#include "runtime/component/built_in.hpp"
#include "runtime/component/guest_context.hpp"

namespace tenon::component {

namespace {

Result<void> error_context_new(const BuiltIn& built_in, runtime::Slot* frame) {
  GuestContext cx(*built_in.inst, built_in.opts, nullptr, nullptr);
  const bool is_64 = cx.is_memory64;
  auto text = load_string_from_range(cx, {is_64 ? frame[0] : u32(frame[0]), is_64 ? frame[1] : u32(frame[1])});
  if (!text) return std::move(text).error();
  Scheduler& scheduler = *built_in.inst->scheduler;
  auto* context = scheduler.make<ErrorContext>(1U, std::pmr::string(text->string(), scheduler.store->resource));
  auto index = built_in.inst->handles.add(*context);
  if (!index) return std::move(index).error();
  frame[0] = *index;
  return {};
}

Result<void> error_context_debug_message(const BuiltIn& built_in, runtime::Slot* frame) {
  auto context = built_in.inst->handles.error_context(u32(frame[0]));
  if (!context) return std::move(context).error();
  GuestContext cx(*built_in.inst, built_in.opts, nullptr, nullptr);
  const std::uint64_t pointer = cx.is_memory64 ? frame[1] : u32(frame[1]);
  const unsigned word = cx.pointer_size();
  if (pointer % word != 0 || pointer > cx.memory.size() || cx.memory.size() - pointer < 2 * word) {
    return trapped("invalid debug message pointer: ", 2 * word, " bytes at an address that is a multiple of ", word,
                   " were expected, found ", pointer, " of ", cx.memory.size());
  }
  auto range = store_string_into_range(cx, StringView::of((*context)->debug_message));
  if (!range) return std::move(range).error();
  store_int(cx, range->pointer, pointer, word);
  store_int(cx, range->tagged_code_units, pointer + word, word);
  return {};
}

Result<void> error_context_drop(const BuiltIn& built_in, runtime::Slot* frame) {
  const std::uint32_t index = u32(frame[0]);
  auto context = built_in.inst->handles.error_context(index);
  if (!context) return std::move(context).error();
  built_in.inst->handles.remove(index);
  if (--(*context)->users == 0) built_in.inst->scheduler->destroy(*context);
  return {};
}

}  // namespace

runtime::HostCallback error_context_built_in(CanonOp op) noexcept {
  switch (op) {
    case CanonOp::error_context_new: return leaving<error_context_new>;
    case CanonOp::error_context_debug_message: return leaving<error_context_debug_message>;
    case CanonOp::error_context_drop: return leaving<error_context_drop>;
    default: return nullptr;
  }
}

}  // namespace tenon::component
