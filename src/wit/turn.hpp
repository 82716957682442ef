// A world turned round: what a component exports, as the imports of who uses it, and the other way.
#pragma once

#include <span>
#include <string_view>

#include "model/wit/resolve.hpp"
#include "tenon/result.hpp"

namespace tenon::wit {

// The world imports what it exported, and exports nothing; of its imports only types stay, and what is needed. `name`
// is its new name; empty: the old one with "-importized". Errors: invalid, when an export has the name of a type;
// usage, when the name is none or taken.
Result<void> importize(Resolve& resolve, WorldIdx world, std::string_view name);

// The world exports what it imported, or only the imports of these names (plain ones, or an interface's short name);
// other imports stay. `name`: as above, with "-exportized". Errors: invalid, when an interface would have to be
// imported and exported; usage, as above.
Result<void> exportize(Resolve& resolve, WorldIdx world, std::string_view name,
                       std::span<const std::string_view> imports = {});

}  // namespace tenon::wit
