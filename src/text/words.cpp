#include "text/words.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "base/nearest_name.hpp"

namespace tenon {

namespace {

constexpr std::string_view word_texts[] = {
#define TENON_INSTRUCTION(name, mnemonic, prefix, code, immediates, signature, width, feature, constant) mnemonic,
#include "spec/instructions.def"
#undef TENON_INSTRUCTION
#define TENON_NUMBER_TYPE(name, code, text, feature) text,
#define TENON_PACKED_TYPE(name, code, text) text,
#define TENON_HEAP_TYPE(name, code, text, ref_text, top, bottom, feature) text, ref_text,
#include "spec/valtypes.def"
#undef TENON_NUMBER_TYPE
#undef TENON_PACKED_TYPE
#undef TENON_HEAP_TYPE
#define TENON_KEYWORD(name, text) text,
#include "text/keywords.def"
#undef TENON_KEYWORD
#define TENON_CORE_SORT(name, code, text)
#define TENON_SORT(name, code, text, feature)
#define TENON_PRIMITIVE(name, code, text, size, feature) text,
#include "spec/component_types.def"
#undef TENON_CORE_SORT
#undef TENON_SORT
#undef TENON_PRIMITIVE
#define TENON_TYPE_KIND(name, code, text, feature) text,
#include "spec/component_type_kinds.def"
#undef TENON_TYPE_KIND
#define TENON_CANON(name, text, code, immediates, feature) text,
#include "spec/canon.def"
#undef TENON_CANON
};
static_assert(std::size(word_texts) == word_count);

constexpr std::uint64_t load(const char* from, std::size_t size) noexcept {
  std::uint64_t value = 0;
  if consteval {
    for (std::size_t i = 0; i < size; ++i) value |= std::uint64_t{static_cast<unsigned char>(from[i])} << (8 * i);
  } else {
    std::memcpy(&value, from, size);
  }
  return value;
}

constexpr std::size_t slot_count = 4096;

constexpr std::size_t hash(std::string_view text) noexcept {
  const char* p = text.data();
  const std::size_t size = text.size();
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  if (size >= 8) {
    first = load(p, 8);
    last = load(p + size - 8, 8);
  } else if (size >= 4) {
    first = load(p, 4);
    last = load(p + size - 4, 4);
  } else if (size >= 2) {
    first = load(p, 2);
    last = load(p + size - 2, 2);
  } else if (size == 1) {
    first = load(p, 1);
  }
  std::uint64_t mixed = (first + size) * 0x9E37'79B9'7F4A'7C15U;
  mixed ^= (mixed >> 29);
  mixed = (mixed + last) * 0xD6E8'FEB8'6659'FD93U;
  return static_cast<std::size_t>(mixed >> 52);
}
static_assert(slot_count == std::size_t{1} << (64 - 52));

constexpr auto slots = [] {
  std::array<std::uint16_t, slot_count> table{};
  table.fill(static_cast<std::uint16_t>(Word::unknown));
  for (std::size_t i = 0; i < word_count; ++i) {
    std::size_t slot = hash(word_texts[i]);
    bool known = false;
    while (table[slot] != static_cast<std::uint16_t>(Word::unknown) && !known) {
      known = word_texts[table[slot]] == word_texts[i];
      if (!known) slot = (slot + 1) % slot_count;
    }
    if (!known) table[slot] = static_cast<std::uint16_t>(i);
  }
  return table;
}();

std::string_view nearest_of(std::string_view text, std::span<const std::string_view> words) noexcept {
  NearestName nearest(text, text.size() < 4 ? 1 : 3);
  for (const std::string_view word : words) nearest.offer(word);
  return nearest.found();
}

// Names of the first years, some of which are still met, with today's.
struct Renamed {
  std::string_view old_name;
  Op op;
};
constexpr Renamed renamed[] = {
    {"get_local", Op::local_get},     {"set_local", Op::local_set},   {"tee_local", Op::local_tee},
    {"get_global", Op::global_get},   {"set_global", Op::global_set}, {"current_memory", Op::memory_size},
    {"grow_memory", Op::memory_grow},
};

}  // namespace

Word find_word(std::string_view text) noexcept {
  for (std::size_t slot = hash(text);; slot = (slot + 1) % slot_count) {
    const std::uint16_t word = slots[slot];
    if (word == static_cast<std::uint16_t>(Word::unknown)) return Word::unknown;
    if (word_texts[word] == text) return static_cast<Word>(word);
  }
}

std::string_view to_string(Word word) noexcept {
  return word == Word::unknown ? std::string_view("unknown word") : word_texts[static_cast<std::size_t>(word)];
}

std::string_view nearest_mnemonic(std::string_view text) noexcept {
  for (const Renamed& name : renamed) {
    if (name.old_name == text) return info(name.op).mnemonic;
  }
  return nearest_of(text, std::span(word_texts).first(op_count));
}

std::string_view nearest_component_word(std::string_view text) noexcept {
  return nearest_of(text, std::span(word_texts).subspan(static_cast<std::size_t>(Word::module)));
}

}  // namespace tenon
