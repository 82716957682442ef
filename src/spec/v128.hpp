// A vector value: sixteen bytes, the first lane in the first bytes.
#pragma once

#include <cstdint>

namespace tenon {

struct V128 {
  alignas(16) std::uint8_t bytes[16] = {};
  bool operator==(const V128&) const noexcept = default;
};

}  // namespace tenon
