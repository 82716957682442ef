// Finding a world by what a user says, and names of files for packages.
#pragma once

#include <string>
#include <string_view>

#include "model/wit/resolve.hpp"
#include "tenon/result.hpp"

namespace tenon::wit {

// `name`: empty for the only world of the main package, "world" for one of the main package, or "ns:pkg/world@1.0.0";
// the version may be left out where only one is there. Errors: usage, with the worlds that there are.
Result<WorldIdx> select_world(const Resolve& resolve, std::string_view name);

// Where the package goes in a folder: "name.wit" for the main one, "deps/name.wit" for others; namespace and version
// are added where two have one name.
std::string file_name(const Resolve& resolve, PackageIdx package);

}  // namespace tenon::wit
