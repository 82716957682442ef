// Every keyword of the text format as a number, so that the parser compares and switches on integers.
//
// The words are those of three tables: the instructions' mnemonics, the types' names, and keywords.def. The first
// `op_count` words are the instructions in the order of `Op`; where two instructions share a mnemonic, the first one's
// number stands for it. A word is looked up in an open-addressed hash table that is built at compile time; its key is
// made of the size and the first and last eight bytes, so that hashing takes no loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "model/core/types.hpp"
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

// The instruction whose mnemonic is nearest to `text`, for suggestions; empty when none is near.
std::string_view nearest_mnemonic(std::string_view text) noexcept;

}  // namespace tenon
