// Parsing one module out of a larger text, as test scripts need it.
#pragma once

#include "text/core/text.hpp"

namespace tenon::core {

// Parses the module in [begin, end) of `source`, which is what `parse_module` takes; places in errors are places in
// `source` (but inside of a quoted module: in the quoted text).
Result<Module> parse_module_in(std::string_view source, std::uint32_t begin, std::uint32_t end,
                               std::pmr::memory_resource& memory, const ParseOptions& options = {});
// Parses module fields alone, likewise; `name` becomes the module's name.
Result<Module> parse_module_fields(std::string_view source, std::uint32_t begin, std::uint32_t end,
                                   std::string_view name, std::pmr::memory_resource& memory,
                                   const ParseOptions& options = {});

}  // namespace tenon::core
