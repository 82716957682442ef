// What the processor can do: code made for one may not run on another.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace tenon::os {

// Bits of the system's own numbering, all of them capabilities: code made where some are set may need them.
using ProcessorFeatures = std::array<std::uint32_t, 12>;

const ProcessorFeatures& processor_features() noexcept;
// Which kind of processor it is, for code that is tuned to it: equal numbers, equal kinds.
std::uint64_t processor_model() noexcept;
// Names of the features in `features` that this processor lacks; empty: none.
std::string missing_features(const ProcessorFeatures& features);

}  // namespace tenon::os
