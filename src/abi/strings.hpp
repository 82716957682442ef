// Strings in a guest's memory, in the three encodings of the canonical ABI.
//
// The host has UTF-8; guests that use UTF-16 or latin1+utf16 have their strings transcoded. What decides speed is
// validation and copying of long text that is mostly ASCII, so all loops take 32 or 64 bytes at a time where they can
// and go on by single characters where they can't. The calls of realloc, with their sizes, are those of the definition,
// which guests can see: `store_string` takes what encoding the string comes from, since that decides them.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#loading
#pragma once

#include <cstdint>
#include <string_view>

#include "abi/context.hpp"

namespace tenon::component {

// What the two words of a string in memory or in core values are.
struct StringRange {
  std::uint64_t pointer = 0;
  std::uint64_t tagged_code_units = 0;
};

// One of the four forms of text; latin1+utf16 stands for one of two, which the tag bit of the length says.
enum class TextForm : std::uint8_t { utf8, utf16, latin1 };

// A string where it lies in some guest's memory, checked.
struct StringView {
  const std::uint8_t* data = nullptr;
  std::uint64_t code_units = 0;
  TextForm form = TextForm::utf8;
  bool is_latin1_utf16 = false;  // the encoding was latin1+utf16

  std::uint64_t byte_length() const noexcept { return form == TextForm::utf16 ? 2 * code_units : code_units; }
  static StringView of(std::string_view utf8) noexcept { return {as_bytes(utf8).data(), utf8.size()}; }
};

// Bounds, alignment, and that the content is what its encoding says. Errors: trap.
Result<StringView> check_string(const LiftLowerContext& cx, StringRange range);
// The same as UTF-8 of the host.
Result<Val> load_string_from_range(const LiftLowerContext& cx, StringRange range);

// Copies a checked string into the memory of `cx`, transcoded. `source` may lie in another memory, but not in the one
// of `cx`. Errors: trap.
Result<StringRange> store_string_into_range(LiftLowerContext& cx, const StringView& source);

// The kernels, for tests and benchmarks.
bool is_utf16(const std::uint8_t* data, std::uint64_t code_units) noexcept;
// Bytes of UTF-8 that the code units of (valid) UTF-16 or Latin-1 become.
std::uint64_t utf8_size_of_utf16(const std::uint8_t* data, std::uint64_t code_units) noexcept;
std::uint64_t utf8_size_of_latin1(const std::uint8_t* data, std::uint64_t size) noexcept;
// The transcoders give the number of bytes written; the room behind `to` is what the sizes above say, or the worst
// case.
std::uint64_t utf16_to_utf8(const std::uint8_t* from, std::uint64_t code_units, std::uint8_t* to) noexcept;
std::uint64_t latin1_to_utf8(const std::uint8_t* from, std::uint64_t size, std::uint8_t* to) noexcept;
std::uint64_t utf8_to_utf16(const std::uint8_t* from, std::uint64_t size, std::uint8_t* to) noexcept;
// Widens in place as well: `from` may be `to`.
void latin1_to_utf16(const std::uint8_t* from, std::uint64_t size, std::uint8_t* to) noexcept;
// As many leading characters as are below U+0100, as Latin-1; `consumed` are the bytes of the source.
struct Latin1Prefix {
  std::uint64_t consumed = 0;
  std::uint64_t written = 0;
};
Latin1Prefix utf8_to_latin1(const std::uint8_t* from, std::uint64_t size, std::uint8_t* to) noexcept;
Latin1Prefix utf16_to_latin1(const std::uint8_t* from, std::uint64_t code_units, std::uint8_t* to) noexcept;

}  // namespace tenon::component
