// Adapters cut down to what is used of them.
//
// An adapter implements a whole interface of core functions, and a module uses a few. What is not reached from them
// goes, so that the component imports no more than it needs. An adapter has no memory of its own: it works in the main
// module's. So it also has no stack there; when it has a global `__stack_pointer`, a page is allocated for it, by the
// main module's realloc at the first call, where the adapter keeps an `allocation_state` (the module may not be ready
// before), or else by growing the memory when it is instantiated.
#pragma once

#include <memory_resource>
#include <span>
#include <string_view>

#include "model/core/module.hpp"
#include "spec/features.hpp"
#include "tenon/result.hpp"

namespace tenon::compose {

struct TrimOptions {
  Features features = Features::defaults();
  std::string_view main_realloc{};  // the main module's export; empty: there is none, or it is not to be used
};

// The module with these exports only and what they reach. It borrows from `adapter`. Errors: invalid, for an export
// that is missing, and for what an adapter cannot have: segments, a table, a memory of its own.
Result<core::Module> trim_adapter(const core::Module& adapter, std::span<const std::string_view> exports,
                                  const TrimOptions& options, std::pmr::memory_resource& memory);

}  // namespace tenon::compose
