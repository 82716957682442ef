// An instantiation plan: a component, however nested, flattened to a list of steps.
//
// A component says by name and by nesting what is to be made and how it is joined: components are instantiated with
// other components' exports, aliases reach into instances and outwards. All of that is known once the component is
// validated; only what the root imports is not. So the nesting is interpreted once, when a component is loaded
// (flatten.hpp), and what remains is a list: instantiate this core module with these items, make that lowered function.
// A component that is instantiated twice is in the list twice. Running the list (runtime/component/instance.hpp) looks
// nothing up by name, but for the exports of core modules that the host gives: those are only known by name.
//
// Items are numbered in the order in which the steps make them. Resource types are numbered anew: the `ResourceId`s in
// a plan's types are those of the plan, `plan.resources` says what each is, and signatures were substituted so that one
// array of resources serves the whole instance tree.
//
// Rejected: keeping the tree and instantiating recursively (names would be looked up at each instantiation, and calls
// between instances would find their callee at run time only, too late for adapters).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/arena.hpp"
#include "base/index.hpp"
#include "model/component/component.hpp"
#include "model/component/signatures.hpp"
#include "validate/component/component.hpp"

namespace tenon::fuse {

using component::FuncSignature;
using component::ResourceId;
using component::ValueType;

using InstanceIdx = Index<struct PlanInstanceTag>;          // component instances: state, handles
using ModuleIdx = Index<struct PlanModuleTag>;              // core modules inside of the component
using CoreInstanceIdx = Index<struct PlanCoreInstanceTag>;  // instantiated core modules
using CoreFuncIdx = Index<struct PlanCoreFuncTag>;          // functions made by canonical definitions
using LiftIdx = Index<struct PlanLiftTag>;
using ImportIdx = Index<struct PlanImportTag>;  // what the root needs from outside, leaf by leaf
using ValueIdx = Index<struct PlanValueTag>;

// A core function, table, memory, global or tag.
struct CoreItem {
  enum class From : std::uint8_t {
    instance,  // entity `entity` of the core instance's index space of `kind`
    named,     // the export `name` of an instance of an imported module
    made,      // the function `func`
  };
  From from = From::instance;
  core::ExternKind kind = core::ExternKind::func;
  CoreInstanceIdx instance{};
  std::uint32_t entity = 0;
  CoreFuncIdx func{};
  std::string_view name{};
};

// A component function: one that a step lifts, or one from outside.
struct FuncItem {
  LiftIdx lift{};      // none: imported
  ImportIdx import{};  // none: lifted
};

// A core module: one inside, or one from outside.
struct ModuleItem {
  ModuleIdx module{};
  ImportIdx import{};
};

// --- What steps make

struct Options {
  component::StringEncoding encoding = component::StringEncoding::utf8;
  bool is_async = false;
  std::optional<CoreItem> memory{};
  std::optional<CoreItem> realloc{};
  std::optional<CoreItem> post_return{};
  std::optional<CoreItem> callback{};
};

// The state of a component instance. The root is instance 0, a parent comes before its children.
struct NewInstance {
  InstanceIdx parent{};     // none for the root
  std::string_view name{};  // of the name section of the component that makes it; may be empty
};

// Arguments are in the order of the module's imports; for an imported module, of its type's imports.
struct Instantiation {
  InstanceIdx owner{};
  ModuleItem module{};
  std::span<const CoreItem> arguments{};
  const component::ModuleSignature* type = nullptr;  // imported modules
};

struct NewResource {
  InstanceIdx owner{};
  ResourceId id{};
  core::ValType rep{};
  std::optional<CoreItem> destructor{};
};

struct Lift {
  InstanceIdx owner{};
  CoreItem callee{};
  const FuncSignature* type = nullptr;
  Options options{};
  std::string_view name{};  // of the first export that names it; for messages
};

// What an adapter (fuse/adapter.hpp) imports: entities of the two sides, and helpers of the host.
enum class AdapterHelper : std::uint8_t {
  caller_memory,
  callee_memory,
  // Globals of the runtime, numbers of 64 bits (runtime/component/adapter.hpp).
  entered,               // of the callee's instance: 0 when nothing is under way in it
  may_not_leave,         // of the caller's: 0 when it may call out
  callee_may_not_leave,  // of the callee's
  pending,               // the innermost call that has no activation yet
  self,                  // what stands for calls of this adapter in `entered` and `pending`
  callee,
  post_return,
  caller_realloc,
  callee_realloc,
  // From here on functions of the host. Pointers and lengths have the width of the memory that they speak of.
  enter,              // (): the callee's instance is entered, when that takes more than a note in the globals
  leave,              // (): and left
  check_return,       // (): the callee has dropped what it borrowed
  begin_post_return,  // (): what the call borrowed is given back, and the callee may not call out until it is left
  check_tuple,        // (pointer): the parameters that the caller has in memory
  place_tuple,        // () -> (pointer): the callee's parameters get memory
  check_results,      // (pointer, pointer): the results in the callee's memory, and where the caller wants them
  string,             // (pointer, length) -> (pointer, length)
  bad_text,           // (pointer, length): trap, for text that is not in its memory
  copy_text,          // (pointer, pointer, length): to the target from the source, if it is UTF-8
  copy_list,          // (pointer, length) -> (pointer): of plain elements
  begin_list,         // (pointer, length) -> (pointer): the elements follow
  bad_list,           // (pointer, length): trap
  bad_place,          // (pointer, size): trap, for what realloc has given
  end_realloc,        // (): realloc has returned, whose activation somebody asked for
  handle,             // (i32) -> (i32)
  borrow,             // (i32) -> (i32): a borrow, in a call that does not lend (`lends`)
  bad_case,           // (i32): trap
  bad_char,           // (i32): trap
  uncaught,           // (): trap
};
std::string_view to_string(AdapterHelper helper) noexcept;
constexpr core::ExternKind kind_of(AdapterHelper helper) noexcept {
  if (helper <= AdapterHelper::callee_memory) return core::ExternKind::memory;
  return helper <= AdapterHelper::self ? core::ExternKind::global : core::ExternKind::func;
}

// While a realloc runs that an adapter has called: its instance's `may_not_leave`, together with the parameter that it
// is for, and what is added to the adapter's own number in `pending`.
inline constexpr std::uint64_t reallocates = 2;
inline constexpr unsigned reallocates_shift = 8;
inline constexpr std::uint64_t pending_in_callee = 1;
inline constexpr std::uint64_t pending_in_caller = 2;

inline constexpr std::uint32_t all_parameters = 0xFFFF'FFFF;
struct AdapterImport {
  AdapterHelper helper = AdapterHelper::enter;
  bool is_result = false;             // from the callee to the caller
  std::uint32_t parameter = 0;        // which one, for traps; `all_parameters`: they as a whole
  const ValueType* source = nullptr;  // lists: the list; handles, bad_case
  const ValueType* target = nullptr;
};

// Whether a call must note what it has lent. While it is under way its caller does not run, so nobody could see it but
// the call itself, when it gives away a handle that it has lent.
inline bool lends(const FuncSignature& type) noexcept {
  const auto any = [&](bool component::ValueType::* fact) {
    return std::ranges::any_of(type.params, [&](const component::Member& param) { return param.type->*fact; });
  };
  return any(&component::ValueType::has_borrow) && any(&component::ValueType::has_own);
}

struct Adapter {
  ModuleIdx module{};
  std::span<const AdapterImport> imports{};  // in the order of the module's
};

struct Lower {
  InstanceIdx owner{};
  FuncItem callee{};
  const FuncSignature* type = nullptr;
  Options options{};
  core::TypeIdx core_type{};
  const Adapter* adapter = nullptr;  // none: by lifting and lowering (adapters.cpp says when)
};

// Any other canonical definition.
struct Builtin {
  InstanceIdx owner{};
  const component::Canon* canon = nullptr;
  core::TypeIdx core_type{};
  ResourceId resource{};             // resource.*
  const ValueType* type = nullptr;   // the stream or future type; the result of task.return (null: none)
  Options options{};                 // where the definition has options
  std::optional<CoreItem> memory{};  // the immediate of waitable-set.wait and .poll
  std::optional<CoreItem> table{};   // of thread.new-indirect and thread.spawn-indirect
  core::TypeIdx func_type{};         // of thread.*: of the function that the thread runs
};

// `start` 🪙: calls a function with values; its results are values.
struct StartCall {
  InstanceIdx owner{};
  FuncItem callee{};
  const FuncSignature* type = nullptr;
  std::span<const ValueIdx> arguments{};
  ValueIdx result{};  // none when there is none
};

// A value definition 🪙 or an imported value.
struct NewValue {
  const ValueType* type = nullptr;
  Bytes bytes{};  // in the value format
  ImportIdx import{};
};

// `index` is into the table of its kind: `instances`, `instantiations`, ...
struct Step {
  enum class Kind : std::uint8_t { instance, instantiate, resource, lift, lower, builtin, start, value };
  Kind kind = Kind::instance;
  std::uint32_t index = 0;
};

// --- What comes in and what goes out

// One leaf of the root's imports. `path` are the names from the root's import down: an import's name, and the names of
// exports inside of it if it is an instance.
struct ImportSlot {
  std::span<const std::string_view> path{};
  component::EntitySignature entity{};  // func, core_module, value, or type (a resource: `resource` is set)
  ResourceId resource{};
  std::uint32_t root = 0;  // which of the root's imports this is part of
};

struct ExportItem;
struct Closure;  // a component with its surroundings: while flattening (flatten.cpp)

// The exports of an instance, in their order, and their places sorted by name.
struct InstanceItem {
  std::span<const ExportItem> exports{};
  std::span<const std::uint32_t> by_name{};
};

// One export of an instance; what it is.
struct ExportItem {
  component::ExternName name{};
  component::Sort sort = component::Sort::func;
  FuncItem func{};
  const FuncSignature* func_type = nullptr;
  ModuleItem module{};
  const component::ModuleSignature* module_type = nullptr;
  ValueIdx value{};
  const ValueType* type = nullptr;  // sort type: a value type; sort value: its type
  ResourceId resource{};            // sort type: a resource type
  const InstanceItem* instance = nullptr;
  const Closure* component = nullptr;
};

// The export of that name, or nullptr.
const ExportItem* find(const InstanceItem& instance, std::string_view name) noexcept;

struct ResourceItem {
  InstanceIdx owner{};  // of those defined inside
  ImportIdx import{};   // of those given from outside
  std::string_view name{};
};

// Everything lies in the arena that was given to `flatten`; immutable.
struct Plan {
  const component::ValidatedComponent* component = nullptr;
  ArenaVector<Step> steps;

  IndexVector<InstanceIdx, NewInstance> instances;
  IndexVector<ModuleIdx, const core::ValidatedModule*> modules;
  IndexVector<CoreInstanceIdx, Instantiation> instantiations;
  IndexVector<ResourceId, ResourceItem> resources;
  ArenaVector<NewResource> new_resources;
  IndexVector<LiftIdx, Lift> lifts;
  // Core functions that canonical definitions make: `lower` or `builtin` steps; which one says `core_funcs`.
  ArenaVector<Lower> lowers;
  ArenaVector<Builtin> builtins;
  IndexVector<CoreFuncIdx, Step> core_funcs;
  ArenaVector<StartCall> starts;
  IndexVector<ValueIdx, NewValue> values;

  IndexVector<ImportIdx, ImportSlot> imports;
  const InstanceItem* exports = nullptr;
};

}  // namespace tenon::fuse
