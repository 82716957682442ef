// Values from one guest to another: lifting and lowering in one walk, with no value of the host between them.
//
// Strings are transcoded, and lists of numbers copied, straight from memory to memory. What can be told from the
// outside is the same as of lifting to the host and lowering from there (the tests hold the two against one another),
// but for the order of traps: a bad value deep inside is found after what stands before it was stored.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#lifting-and-lowering-values
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "abi/context.hpp"
#include "abi/strings.hpp"

namespace tenon::component {

// One side of a transfer: its context, its types (the same but for resources, which each side knows by its own ids),
// and how many core values it takes before memory is used.
struct TransferSide {
  LiftLowerContext* cx;
  std::span<const Member> types;
  unsigned max_flat;
  std::string_view function{};  // for traps
};

// `flat` are the source's core values, `to` takes the target's; gives how many. `out_pointer`: as of lower_flat_values.
Result<unsigned> transfer_values(const TransferSide& source, std::span<const std::uint64_t> flat,
                                 const TransferSide& target, std::uint64_t* to,
                                 std::optional<std::uint64_t> out_pointer = {});

// What most calls pass are numbers and truth values: every core value is one, or has one in its lower bits.
inline bool is_number(const ValueType& type) noexcept {
  return type.kind == TypeKind::primitive && type.primitive != Primitive::string &&
         type.primitive != Primitive::char_ && type.primitive != Primitive::error_context;
}
// The bits of a number that a core value stands for; those above its width are clear, or extended to an i32.
std::uint64_t number_bits(std::uint64_t bits, Primitive primitive) noexcept;
// Values that are core values on both sides, if all of them are numbers; false: some are not, and `to` says nothing.
bool pass_numbers(std::span<const Member> types, const std::uint64_t* flat, std::uint64_t* to) noexcept;
// A number to memory; false: it can't be at `pointer`, which `transfer_values` says better.
bool store_number(MutableBytes memory, std::uint64_t bits, const Layout& layout, std::uint64_t pointer) noexcept;

// Checks a list or map (`pointer` and number of elements) and makes room for it: where the elements go. Errors: trap.
Result<std::uint64_t> place_list(LiftLowerContext& source, StringRange from, const ValueType& source_type,
                                 LiftLowerContext& target, const ValueType& target_type);

// `length` elements that lie in both memories, aligned: streams and futures. Errors: trap.
Result<void> transfer_elements(LiftLowerContext& source, std::uint64_t from, const ValueType& source_type,
                               LiftLowerContext& target, std::uint64_t to, const ValueType& target_type,
                               std::uint64_t length);

}  // namespace tenon::component
