#include "runtime/component/canon.hpp"

#include "runtime/component/built_in.hpp"
#include "runtime/component/instance.hpp"

namespace tenon::component {

namespace {

runtime::HostCallback resource_built_in(CanonOp op) noexcept {
  switch (op) {
    case CanonOp::resource_new: return resource_new;
    case CanonOp::resource_drop: return resource_drop;
    case CanonOp::resource_rep: return resource_rep;
    default: return nullptr;
  }
}

}  // namespace

bool is_blocking(const BuiltIn& built_in) noexcept {
  switch (built_in.op) {
    case CanonOp::waitable_set_wait: return true;
    case CanonOp::subtask_cancel:
    case CanonOp::stream_cancel_read:
    case CanonOp::stream_cancel_write:
    case CanonOp::future_cancel_read:
    case CanonOp::future_cancel_write: return !built_in.flag;
    case CanonOp::stream_read:
    case CanonOp::stream_write:
    case CanonOp::future_read:
    case CanonOp::future_write: return !built_in.opts.async;
    default: return false;
  }
}

runtime::Outcome trap_in(const BuiltIn& built_in, runtime::Thread& core, Error error) noexcept {
  const bool is_its_own = error.context().empty();
  return failed(core, is_its_own ? with_where(std::move(error), ", in `", info(built_in.op).text, "`") : error);
}

runtime::HostCallback built_in_callback(CanonOp op) noexcept {
  using Family = runtime::HostCallback (*)(CanonOp) noexcept;
  constexpr Family families[] = {resource_built_in, task_built_in,   waitable_built_in,
                                 stream_built_in,   thread_built_in, error_context_built_in};
  for (const Family family : families) {
    if (const runtime::HostCallback callback = family(op)) return callback;
  }
  return nullptr;
}

}  // namespace tenon::component
