// Whether a component fits a world, and whether a world can take the place of another.
//
// Both are questions of subtyping, and are put to validation: a component is made up that imports a component of the
// world's type, and is given the one in question. The explanation of a failure is validation's.
#pragma once

#include <memory_resource>

#include "base/bytes.hpp"
#include "model/wit/resolve.hpp"
#include "spec/features.hpp"
#include "tenon/result.hpp"

namespace tenon::compose {

struct ConformOptions {
  Features features = Features::defaults();
  // Interfaces of compatible versions are held against one another; otherwise only those of the same.
  bool matches_versions = false;
};

// Whether the component imports no more than the world, and exports no less. Errors: those of reading and validating
// the component; unlinkable, with the first difference.
Result<void> check_targets(wit::Resolve& resolve, wit::WorldIdx world, Bytes component, const ConformOptions& options);

// Whether whatever was made for the world `previous` fits `next` too. Versions are not looked at. Both functions leave
// `resolve` with other versions than it had. Errors: unlinkable, with the first difference.
Result<void> check_semver(wit::Resolve& resolve, wit::WorldIdx previous, wit::WorldIdx next,
                          const ConformOptions& options);

}  // namespace tenon::compose
