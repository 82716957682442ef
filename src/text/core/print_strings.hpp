// String literals and identifiers as the text format writes them.
// https://webassembly.github.io/spec/core/text/values.html
#pragma once

#include <string_view>

#include "base/bytes.hpp"
#include "text/core/print_context.hpp"
#include "text/core/print_output.hpp"

namespace tenon::core {

// Characters that may stand in an identifier without quotes.
bool is_id_char(char c) noexcept;
// Not empty, and all characters may stand in an identifier.
bool is_plain_id(std::string_view text) noexcept;

// A quoted name: `text` is UTF-8. Letters of all scripts stay readable; characters that hide or reorder text are
// escaped.
void put_name_string(TextOutput& out, std::string_view text);

// Bytes as string literals, each with a blank or a line break before it: in the same line if they are few, else in
// lines at `depth` that end with the line breaks in the data, so that text in it can be read. Printable ASCII stays,
// everything else is escaped.
void put_byte_strings(TextOutput& out, const PrintOptions& options, Bytes bytes, std::size_t depth);

}  // namespace tenon::core
