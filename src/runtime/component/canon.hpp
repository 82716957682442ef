// The canonical built-ins as host functions of core code.
//
// Each row of spec/canon.def but `lift` and `lower` is one callback; what its immediates say, resolved, is the
// function's data, a `BuiltIn`. Order of checks, and so which trap comes first, is that of the definition.
#pragma once

#include <cstdint>

#include "runtime/component/state.hpp"
#include "spec/canon.hpp"

namespace tenon::component {

struct BuiltIn {
  runtime::HandleLookup lookup{};  // resource.rep
  CanonOp op = CanonOp::lift;
  ComponentInstance* inst = nullptr;
  const ValueType* type = nullptr;  // stream or future type; task.return: the result's type, nullptr: none
  const RuntimeResourceType* resource = nullptr;  // resource.*
  CanonicalOptions opts;                          // options; `memory` of waitable-set.*; `async` flags
  bool flag = false;                              // async, cancellable or shared
  std::uint32_t slot = 0;                         // context.*
  bool is_64 = false;                             // context.*: i64; thread.new-indirect: takes an i64
  runtime::Table* table = nullptr;                // thread.new-indirect, thread.spawn-indirect
  core::TypeIdx func_type;                        // thread.*: canonical
};

// What a built-in's callback gives when it fails. A trap of its own, that is none of the guest's code, names it.
runtime::Outcome trap_in(const BuiltIn& built_in, runtime::Thread& core, Error error) noexcept;

// The callback for `op`, to be given to `runtime::make_host_func` with a `const BuiltIn*` as its data.
runtime::HostCallback built_in_callback(CanonOp op) noexcept;

// Has compiled code call `func`, made for `op`, with its arguments in registers, if that is one of the resources'.
void call_resource_directly(runtime::Func& func, CanonOp op) noexcept;

}  // namespace tenon::component
