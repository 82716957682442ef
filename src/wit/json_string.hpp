// Strings in JSON. https://www.rfc-editor.org/rfc/rfc8259#section-7
#pragma once

#include <string>
#include <string_view>

namespace tenon::wit {

// Appends the text in quotes, with as few escapes as there may be.
void append_json_string(std::string& out, std::string_view text);

}  // namespace tenon::wit
