// Every keyword of the text format as a number, so that the parser compares and switches on integers.
//
// The words are those of several tables: the instructions' mnemonics, the types' names, keywords.def, and for
// components the primitive types, the kinds of types and the canonical definitions. The first `op_count` words are the
// instructions in the order of `Op`, and the last ones the canonical definitions in the order of `CanonOp`; where two
// rows share a text, the first one's number stands for it. A word is looked up in an open-addressed hash table that is
// built at compile time; its key is made of the size and the first and last eight bytes, so that hashing takes no loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "model/core/types.hpp"
#include "spec/canon.hpp"
#include "spec/instructions.hpp"

namespace tenon {

enum class Word : std::uint16_t {
#define TENON_INSTRUCTION(name, mnemonic, prefix, code, immediates, signature, width, feature, constant) op_##name,
#include "spec/instructions.def"
#undef TENON_INSTRUCTION
#define TENON_NUMBER_TYPE(name, code, text, feature) name,
#define TENON_PACKED_TYPE(name, code, text) name,
#define TENON_HEAP_TYPE(name, code, text, ref_text, top, bottom, feature) heap_##name, ref_##name##_,
#include "spec/valtypes.def"
#undef TENON_NUMBER_TYPE
#undef TENON_PACKED_TYPE
#undef TENON_HEAP_TYPE
#define TENON_KEYWORD(name, text) name,
#include "text/keywords.def"
#undef TENON_KEYWORD
#define TENON_CORE_SORT(name, code, text)
#define TENON_SORT(name, code, text, feature)
#define TENON_PRIMITIVE(name, code, text, size, feature) primitive_##name,
#include "spec/component_types.def"
#undef TENON_CORE_SORT
#undef TENON_SORT
#undef TENON_PRIMITIVE
#define TENON_TYPE_KIND(name, code, text, feature) type_##name,
#include "spec/component_type_kinds.def"
#undef TENON_TYPE_KIND
#define TENON_CANON(name, text, code, immediates, feature) canon_##name,
#include "spec/canon.def"
#undef TENON_CANON
  unknown,
  // Heap types whose names are also keywords.
  func = heap_func,
  struct_ = heap_struct_,
  array = heap_array,
};

inline constexpr std::size_t word_count = static_cast<std::size_t>(Word::unknown);

// The word with this text, or Word::unknown.
Word find_word(std::string_view text) noexcept;
std::string_view to_string(Word word) noexcept;

// The instruction that a word names, or Op::invalid.
constexpr Op op_of(Word word) noexcept {
  const auto number = static_cast<std::size_t>(word);
  return number < op_count ? static_cast<Op>(number) : Op::invalid;
}
// The word of an instruction.
constexpr Word word_of(Op op) noexcept { return static_cast<Word>(op); }

// The canonical definition that a word names.
constexpr std::optional<CanonOp> canon_op_of(Word word) noexcept {
  constexpr auto first = static_cast<std::size_t>(Word::canon_lift);
  const auto number = static_cast<std::size_t>(word);
  if (number < first || number >= word_count) return std::nullopt;
  return static_cast<CanonOp>(number - first);
}

// The instruction whose mnemonic is nearest to `text`, for suggestions; empty when none is near.
std::string_view nearest_mnemonic(std::string_view text) noexcept;
// The same among the words of components.
std::string_view nearest_component_word(std::string_view text) noexcept;

}  // namespace tenon
