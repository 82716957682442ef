// The parts of the page that `explore_native` gives.
#pragma once

#include <string>
#include <string_view>

#include "tenon/result.hpp"
#include "validate/core/module.hpp"

namespace tenon::detail {

// Appends the functions of a module to the page: their text beside their machine code, out of the assembler that the
// compiler wrote for the module. Errors: malformed.
Result<void> explore_module(const core::ValidatedModule& module, std::string_view assembler, std::string& page);
// The page around them.
std::string explore_page(std::string_view functions);

}  // namespace tenon::detail
