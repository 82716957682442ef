// Which functions the core modules of a component give each other, directly or through adapters.
#pragma once

#include <vector>

#include "fuse/plan.hpp"
#include "jit/linkage.hpp"

namespace tenon::detail {

// Of all modules of a plan, whose adapters are there. What it gives refers to the plan's modules.
class ComponentLinkage {
 public:
  explicit ComponentLinkage(const fuse::Plan& plan);

  struct Linked {
    jit::Linkage linkage;
    std::vector<fuse::ModuleIdx> modules;  // of the linkage, in the plan
  };
  // What a module's functions call, and what that calls, some modules far. Empty where nothing is known: the module is
  // instantiated in several ways, or by others.
  Linked of(fuse::ModuleIdx module) const;

 private:
  struct Function {
    fuse::ModuleIdx module{};
    core::FuncIdx index{};
    bool operator==(const Function&) const = default;
  };
  // What stands behind an import: a function, or an adapter and what that calls.
  struct Target {
    Function function;
    bool looks_up_handle = false;  // it is no guest's: jit::LinkedFunc
    const fuse::Adapter* adapter = nullptr;
    Function callee{};
    Function post_return{};
    Function caller_realloc{};
    Function callee_realloc{};
    bool operator==(const Target&) const = default;
  };
  class Walk;

  // A function of a module, or one that is lowered; neither: it is not known here.
  struct Source {
    Function function{};
    const fuse::Lower* lower = nullptr;
    bool looks_up_handle = false;
  };
  Source source_of(const fuse::Step& made) const;
  void note_helpers(const fuse::Adapter& adapter);
  Source source_of(const fuse::CoreItem& item) const;
  Target target_of(const fuse::CoreItem& item) const;

  const fuse::Plan& plan_;
  std::vector<std::vector<std::uint32_t>> imported_;  // by module and imported function: its place among the imports
  // By module and imported function. Empty: nothing is known.
  std::vector<std::vector<Target>> given_;
};

}  // namespace tenon::detail
