// What lifting and lowering need of the instance that they work on: its memory, its realloc, and its handles.
//
// Values pass between a guest's memory and the host through a `LiftLowerContext`. The memory is a span that the context
// renews after each call of realloc, since that may have grown it, or run into a trap. Handles are behind virtual
// functions, so that this folder knows no store.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#lifting-and-lowering-context
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "model/component/signatures.hpp"
#include "spec/component_limits.hpp"
#include "tenon/component_values.hpp"
#include "tenon/result.hpp"

namespace tenon::component {

struct LiftLowerContext {
  MutableBytes memory;  // empty where the options name none
  StringEncoding string_encoding = StringEncoding::utf8;
  bool is_memory64 = false;
  std::uint64_t lift_budget = limits::max_lifted_bytes;  // of host memory that lifted values may still take

  LiftLowerContext() = default;
  LiftLowerContext(const LiftLowerContext&) = delete;
  LiftLowerContext& operator=(const LiftLowerContext&) = delete;

  unsigned pointer_size() const noexcept { return is_memory64 ? 8 : 4; }
  const Layout& layout(const ValueType& type) const noexcept { return type.layout[is_memory64 ? 1 : 0]; }

  // Calls realloc and renews `memory`; what is given back is not checked yet. Errors: trap.
  virtual Result<std::uint64_t> reallocate(std::uint64_t old_pointer, std::uint64_t old_size, std::uint32_t alignment,
                                           std::uint64_t new_size) = 0;

  // Handles of the instance's tables. `type` is own, borrow, stream, future or error-context. Lifting takes an own
  // handle, a stream or a future out of the table, and lends for a borrow. Errors: trap.
  virtual Result<Handle> lift_handle(const ValueType& type, std::uint32_t index) = 0;
  virtual Result<std::uint32_t> lower_handle(const ValueType& type, const Handle& handle) = 0;

 protected:
  ~LiftLowerContext() = default;
};

}  // namespace tenon::component
