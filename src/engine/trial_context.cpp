#include "engine/trial_context.hpp"

#include "abi/lower.hpp"
#include "engine/state.hpp"

namespace tenon {

namespace {

Error no_handles() { return detail::usage("a value without handles was expected"); }

std::uint64_t align_up(std::uint64_t at, std::uint64_t alignment) {
  return (at + alignment - 1) / alignment * alignment;
}

}  // namespace

Result<std::uint64_t> TrialContext::reallocate(std::uint64_t, std::uint64_t, std::uint32_t alignment,
                                               std::uint64_t size) {
  const std::uint64_t at = align_up(used_, alignment);
  used_ = at + size;
  if (used_ > bytes_.size()) bytes_.resize(2 * used_);
  memory = bytes_;
  return at;
}

Result<component::Handle> TrialContext::lift_handle(const component::ValueType&, std::uint32_t) { return no_handles(); }

Result<std::uint32_t> TrialContext::lower_handle(const component::ValueType&, const component::Handle&) {
  return no_handles();
}

Result<void> check_value(const component::Val& value, const component::ValueType& type) {
  TrialContext trial;
  const component::Member member{.label = {}, .type = &type};
  std::uint64_t at = 0;
  auto lowered = component::lower_flat_values(trial, 0, {&value, 1}, {&member, 1}, &at);
  if (!lowered) return std::move(lowered).error();
  return {};
}

}  // namespace tenon
