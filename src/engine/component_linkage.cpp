#include "engine/component_linkage.hpp"

#include <map>

#include "validate/core/module.hpp"

namespace tenon::detail {

using fuse::Adapter;
using fuse::AdapterHelper;
using fuse::CoreItem;
using fuse::Instantiation;
using fuse::ModuleIdx;

namespace {

// Modules that one module's linkage has at most, the imports of all but itself, and how far from it they are.
constexpr std::size_t most_modules = 64;
constexpr std::size_t most_imports = 4096;
constexpr unsigned most_steps = 4;
// How often a function may be handed on from instance to instance.
constexpr unsigned most_handed_on = 4;

// The modules that leave the component: anybody may instantiate them.
void note_exported(const fuse::InstanceItem& exports, std::vector<bool>& is_exported) {
  for (const fuse::ExportItem& item : exports.exports) {
    if (item.sort == component::Sort::core_module && !item.module.module.is_none()) {
      is_exported[item.module.module.value] = true;
    }
    if (item.instance != nullptr) note_exported(*item.instance, is_exported);
  }
}

}  // namespace

ComponentLinkage::ComponentLinkage(const fuse::Plan& plan)
    : plan_(plan), imported_(plan.modules.size()), given_(plan.modules.size()) {
  std::vector<bool> is_exported(plan.modules.size());
  note_exported(*plan.exports, is_exported);
  for (std::size_t i = 0; i < plan.modules.size(); ++i) {
    const auto imports = plan.modules[ModuleIdx(i)]->module->imports.span();
    for (std::uint32_t place = 0; place < imports.size(); ++place) {
      if (imports[place].type.kind == core::ExternKind::func) imported_[i].push_back(place);
    }
  }
  for (const fuse::Lower& lower : plan.lowers) {
    if (lower.adapter != nullptr) note_helpers(*lower.adapter);
  }
  std::vector<bool> is_made(plan.modules.size());
  for (const Instantiation& made : plan.instantiations.span()) {
    const ModuleIdx index = made.module.module;
    if (index.is_none() || is_exported[index.value]) continue;
    std::vector<Target>& given = given_[index.value];
    const std::vector<std::uint32_t>& imported = imported_[index.value];
    if (!is_made[index.value]) given.resize(imported.size());
    for (std::size_t i = 0; i < imported.size(); ++i) {
      const Target target = target_of(made.arguments[imported[i]]);
      if (!is_made[index.value]) {
        given[i] = target;
      } else if (!(given[i] == target)) {
        given[i] = {};
      }
    }
    is_made[index.value] = true;
  }
}

// What calls of an adapter's own code have in common: the helpers are the same for all that share it.
void ComponentLinkage::note_helpers(const Adapter& adapter) {
  std::vector<Target>& given = given_[adapter.module.value];
  if (!given.empty()) return;
  for (const fuse::AdapterImport& import : adapter.imports) {
    if (fuse::kind_of(import.helper) != core::ExternKind::func) continue;
    given.push_back({.function = {}, .looks_up_handle = import.helper == AdapterHelper::borrow});
  }
}

ComponentLinkage::Source ComponentLinkage::source_of(const fuse::Step& made) const {
  if (made.kind == fuse::Step::Kind::lower) return {.function = {}, .lower = &plan_.lowers[made.index]};
  const component::Canon& canon = *plan_.builtins[made.index].canon;
  return {.function = {}, .looks_up_handle = canon.op == CanonOp::resource_rep};
}

// What an item is in the end: an instance may hand on what it imports.
ComponentLinkage::Source ComponentLinkage::source_of(const CoreItem& item) const {
  const CoreItem* at = &item;
  for (unsigned i = 0; i < most_handed_on; ++i) {
    if (at->from == CoreItem::From::made) {
      return source_of(plan_.core_funcs[at->func]);
    }
    if (at->from != CoreItem::From::instance) return {};
    const Instantiation& made = plan_.instantiations[at->instance];
    if (made.module.module.is_none()) return {};
    const std::vector<std::uint32_t>& imported = imported_[made.module.module.value];
    if (at->entity >= imported.size()) return {.function = {made.module.module, core::FuncIdx(at->entity)}};
    at = &made.arguments[imported[at->entity]];
  }
  return {};
}

ComponentLinkage::Target ComponentLinkage::target_of(const CoreItem& item) const {
  const Source source = source_of(item);
  if (source.lower == nullptr) return {.function = source.function, .looks_up_handle = source.looks_up_handle};
  const fuse::Lower& lower = *source.lower;
  if (lower.adapter == nullptr) return {};
  const auto function_of = [this](const std::optional<CoreItem>& of) {
    return of ? source_of(*of).function : Function{};
  };
  const fuse::Lift& lift = plan_.lifts[lower.callee.lift];
  const core::Module& code = *plan_.modules[lower.adapter->module]->module;
  return {.function = {lower.adapter->module, core::FuncIdx(code.exports[0].index)},
          .adapter = lower.adapter,
          .callee = function_of(lift.callee),
          .post_return = function_of(lift.options.post_return),
          .caller_realloc = function_of(lower.options.realloc),
          .callee_realloc = function_of(lift.options.realloc)};
}

// From one module on to those that it reaches, nearest first.
class ComponentLinkage::Walk {
 public:
  explicit Walk(const ComponentLinkage& all) : all_(all) {}

  Linked run(ModuleIdx root) {
    place_of(root);
    std::size_t end = 1;
    for (unsigned step = 0; step < most_steps; ++step) {
      for (; next_ < end; ++next_) {
        if (const Target through = through_[next_]; through.adapter != nullptr) {
          link_adapter(through);
        } else {
          link_module(found_.modules[next_]);
        }
      }
      end = through_.size();
    }
    return std::move(found_);
  }

 private:
  std::vector<jit::LinkedFunc>& imports() { return found_.linkage.modules[next_].imports; }

  std::uint32_t add(ModuleIdx module, const Target& through) {
    const core::ValidatedModule* source = all_.plan_.modules[module];
    const std::size_t imports = source->module->imported_funcs;
    if (!through_.empty()) imports_ += imports;
    if (through_.size() == most_modules || imports_ > most_imports) return jit::LinkedFunc::unknown;
    through_.push_back(through);
    found_.modules.push_back(module);
    found_.linkage.modules.push_back(
        {.source = source, .imports = std::vector<jit::LinkedFunc>(imports), .globals = {}, .is_adapter = false});
    return static_cast<std::uint32_t>(through_.size() - 1);
  }

  std::uint32_t place_of(ModuleIdx module) {
    const auto known = places_.find(module.value);
    if (known != places_.end()) return known->second;
    const std::uint32_t place = add(module, {});
    if (place != jit::LinkedFunc::unknown) places_.emplace(module.value, place);
    return place;
  }

  jit::LinkedFunc linked(const Function& function) {
    if (function.module.is_none()) return {};
    return {place_of(function.module), function.index};
  }

  void link_module(ModuleIdx module) {
    const std::vector<Target>& given = all_.given_[module.value];
    for (std::size_t i = 0; i < given.size(); ++i) {
      const Target& target = given[i];
      if (target.adapter != nullptr) {
        const std::uint32_t place = add(target.function.module, target);
        imports()[i] = {place, target.function.index};
      } else if (target.looks_up_handle) {
        imports()[i].module = jit::LinkedFunc::looks_up_handle;
      } else {
        const jit::LinkedFunc func = linked(target.function);
        imports()[i] = func;
      }
    }
  }

  void link_adapter(const Target& target) {
    std::size_t at = 0;
    found_.linkage.modules[next_].is_adapter = true;
    std::vector<std::uint8_t>& globals = found_.linkage.modules[next_].globals;
    for (const fuse::AdapterImport& import : target.adapter->imports) {
      const core::ExternKind kind = fuse::kind_of(import.helper);
      if (kind == core::ExternKind::global) {
        // One adapter's callee is another one's caller.
        const bool is_callees = import.helper == AdapterHelper::callee_may_not_leave;
        const AdapterHelper use = is_callees ? AdapterHelper::may_not_leave : import.helper;
        globals.push_back(static_cast<std::uint8_t>(1 + static_cast<unsigned>(use)));
      }
      if (kind != core::ExternKind::func) continue;
      jit::LinkedFunc func;
      switch (import.helper) {
        case AdapterHelper::callee: func = linked(target.callee); break;
        case AdapterHelper::post_return: func = linked(target.post_return); break;
        case AdapterHelper::caller_realloc: func = linked(target.caller_realloc); break;
        case AdapterHelper::callee_realloc: func = linked(target.callee_realloc); break;
        case AdapterHelper::borrow: func.module = jit::LinkedFunc::looks_up_handle; break;
        default: break;
      }
      imports()[at++] = func;
    }
  }

  const ComponentLinkage& all_;
  Linked found_;
  std::vector<Target> through_;  // of the modules found: of adapters
  std::size_t imports_ = 0;
  std::map<std::uint32_t, std::uint32_t> places_;  // of modules that are no adapters
  std::size_t next_ = 0;
};

ComponentLinkage::Linked ComponentLinkage::of(ModuleIdx module) const { return Walk(*this).run(module); }

}  // namespace tenon::detail
