// Values of components that belong to no guest: whether they are of a type, and the numbers that they are.
#pragma once

#include <span>
#include <vector>

#include "abi/context.hpp"
#include "model/component/signatures.hpp"
#include "tenon/component_values.hpp"

namespace tenon {

// A memory that values are lowered to only to see whether they are of a type. It has no handles.
class TrialContext final : public component::LiftLowerContext {
 public:
  Result<std::uint64_t> reallocate(std::uint64_t, std::uint64_t, std::uint32_t alignment, std::uint64_t size) override;
  Result<component::Handle> lift_handle(const component::ValueType&, std::uint32_t) override;
  Result<std::uint32_t> lower_handle(const component::ValueType&, const component::Handle&) override;

 private:
  std::vector<std::uint8_t> bytes_;
  std::uint64_t used_ = 0;
};

// Errors: usage, when the value is not of the type, or holds a handle.
Result<void> check_value(const component::Val& value, const component::ValueType& type);

}  // namespace tenon
