// Component instances of a store: making them by running an instantiation plan.
//
// Everything that a plan's steps make is kept in arrays by the plan's numbers, so that a step refers to what came
// before by an index. The arrays and all that has no destructor lie in the store's arena; instances live as long as the
// store.
//
// Owner of this file: instantiation (see state.hpp).
#pragma once

#include <deque>
#include <list>
#include <memory>
#include <memory_resource>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fuse/plan.hpp"
#include "runtime/component/call.hpp"
#include "runtime/component/meter.hpp"
#include "runtime/component/scheduler.hpp"
#include "runtime/component/state.hpp"
#include "runtime/store.hpp"

namespace tenon::component {

// What one import of a plan was given; `ImportSlot::entity` says which field it is.
struct Given {
  Callee func{};
  runtime::CodeModule* module = nullptr;
  const RuntimeResourceType* resource = nullptr;
  const Val* value = nullptr;
};

// What one run of a plan made.
struct RootInstance {
  RootInstance(const fuse::Plan& from, std::pmr::memory_resource& memory)
      : plan(&from), instances(&memory), made_values(&memory) {}
  RootInstance(const RootInstance&) = delete;
  RootInstance& operator=(const RootInstance&) = delete;

  const fuse::Plan* plan;
  std::pmr::deque<ComponentInstance> instances;     // by fuse::InstanceIdx
  std::span<runtime::Instance*> core_instances;     // by fuse::CoreInstanceIdx
  std::span<runtime::Func*> core_funcs;             // by fuse::CoreFuncIdx
  std::span<LiftedFunc> lifts;                      // by fuse::LiftIdx
  std::span<const RuntimeResourceType*> resources;  // by the plan's ResourceId
  std::span<Given> imports;                         // by fuse::ImportIdx
  std::span<runtime::CodeModule* const> modules;    // by fuse::ModuleIdx
  std::span<const Val*> values;                     // by fuse::ValueIdx
  std::pmr::list<Val> made_values;                  // those that were not given

  Callee callee(const fuse::FuncItem& func) const noexcept {
    return func.lift.is_none() ? imports[func.import.value].func : Callee{.lifted = &lifts[func.lift.value]};
  }
  runtime::CodeModule* module(const fuse::ModuleItem& item) const noexcept {
    return item.module.is_none() ? imports[item.import.value].module : modules[item.module.value];
  }
};

// Where start functions of asynchronous types are called: whoever drives the store lets it go on until they return.
struct AsyncStart {
  virtual Result<std::vector<Val>> call_and_wait(const LiftedFunc& func, std::span<const Val> arguments) = 0;

 protected:
  ~AsyncStart() = default;
};

// The components of one store. Ends before the store does.
struct World {
  explicit World(runtime::Store& store, std::uint64_t seed = 0) : scheduler(store, seed), roots(store.resource) {}
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Scheduler scheduler;
  std::pmr::deque<RootInstance> roots;

  std::shared_ptr<CallObserver> observer;  // the scheduler's, kept
  Meter meter;                             // likewise
  AsyncStart* async_start = nullptr;       // nullptr: nobody drives the store
  // Of what is instantiated from now on: all instances, and those at a path ("outer.inner", see append_path).
  ComponentLimits limits;
  std::vector<std::pair<std::pmr::string, ComponentLimits>> named_limits;
};

// Runs a plan. `modules` is the code of the plan's modules, `imports` what its import slots are given, matched against
// their types by the caller; both are copied where they are needed later. Errors: trap, exhausted, unlinkable (a core
// module that was given).
Result<RootInstance*> instantiate(World& world, const fuse::Plan& plan, std::span<runtime::CodeModule* const> modules,
                                  std::span<const Given> imports);

// `canon lower` of a callee of synchronous type, without the option `async`: a callback like `call_lowered`
// (sync_call.cpp).
runtime::Outcome call_lowered_synchronously(runtime::Thread& core, const runtime::Func& func,
                                            runtime::Slot* frame) noexcept;

// Drops what an own handle stood for: runs the destructor, if there is one, for `caller` (nullptr: the host).
// (canon_resource.cpp) Errors: trap.
Result<void> run_destructor(const RuntimeResourceType& type, std::uint64_t rep, ComponentInstance* caller,
                            Scheduler& scheduler);

// Built-ins of this part (canon.hpp).
runtime::Outcome resource_new(runtime::Thread& core, const runtime::Func& func, runtime::Slot* frame) noexcept;
runtime::Outcome resource_drop(runtime::Thread& core, const runtime::Func& func, runtime::Slot* frame) noexcept;
runtime::Outcome resource_rep(runtime::Thread& core, const runtime::Func& func, runtime::Slot* frame) noexcept;

}  // namespace tenon::component
