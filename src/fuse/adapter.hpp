// Adapters: a synchronous call from one guest to another as a core module.
//
// `canon lower` of a function that `canon lift` made joins two sides, each with a memory, an encoding and a realloc of
// its own. What passes between them is known when the component is loaded: so the way of the values is written down as
// core code once, with two memories, and every tier runs it like any other code. A call then needs no frame of the
// host: the adapter is a guest function between two others.
//
// What is bytecode and what is not: scalars, records, variants, loops over lists and the copying of plain data are
// instructions of the adapter. What is a loop over bytes (text: checking, transcoding), what looks into a handle table,
// and what is the same for all types (entering and leaving, places in memory with their checks and calls of realloc)
// are functions of the host that the adapter imports: `AdapterHelper`. A string of 20 KB is worth nothing in an
// interpreted loop, and a list's bounds are checked once for all its elements.
//
// Each distinct adapter is a module of its own, read back and validated like any other; adapters whose bytes are the
// same share one (`AdapterCache` in adapters.cpp). Types stand in an adapter as sizes and offsets only, so calls that
// differ in their resources share it too; what its helpers need to know of types is in the list of its imports.
//
// Values whose adapter would be large (limits::max_adapter_code), and calls that may wait (asynchronous types, the
// option `async`), take the way of abi/transfer.hpp, which is also what tests compare adapters with.
//
// Rejected: one module for all of a component's calls (it could only be instantiated after all that it imports, and
// then the first memory, whose accesses are fastest, would be that of one pair only); bytecode for text.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#canon-lower
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/arena.hpp"
#include "fuse/plan.hpp"

namespace tenon::fuse {

// One side of a call, as far as its adapter's code depends on it.
struct AdapterSide {
  component::StringEncoding encoding = component::StringEncoding::utf8;
  std::optional<core::MemoryType> memory{};
  bool is_64() const noexcept { return memory && memory->limits.is_64; }
};

struct AdapterCall {
  AdapterSide caller;
  AdapterSide callee;
  const FuncSignature* lowered = nullptr;  // the same types but for resources
  const FuncSignature* lifted = nullptr;
  bool has_post_return = false;
};

// What the adapter wrote: a module without sections, built but not validated; the arena of the module holds all of it.
struct AdapterCode {
  explicit AdapterCode(std::pmr::memory_resource& memory) : module(memory) {}
  core::Module module;
  ArenaVector<AdapterImport> imports;  // in the arena of `module`
};

// Writes the adapter into `code`; false when it would be larger than the limit.
bool write_adapter(const AdapterCall& call, AdapterCode& code);

// Gives each lowered function of the plan that takes one its adapter; the modules are added to the plan's. Everything
// lies in `arena`. Errors: none that a valid component could cause; what the validator says otherwise.
Result<void> add_adapters(Plan& plan, core::TypeRegistry& types, Arena& arena);

}  // namespace tenon::fuse
