// The component around core modules, definition by definition: the parts of `componentize`.
#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/concat.hpp"
#include "compose/first_error.hpp"
#include "compose/flat.hpp"
#include "compose/inputs.hpp"
#include "compose/join.hpp"
#include "compose/shim.hpp"
#include "wit/component_builder.hpp"
#include "wit/type_encoder.hpp"

namespace tenon::compose {

// A stand-in for something that needs an instance which is not there yet.
struct Shim {
  std::size_t module = 0;          // whose import it is, or whose destructor
  const ImportUse* use = nullptr;  // null for a destructor
  const ExportUse* destructor = nullptr;
};

class ComponentEncoder : FirstError {
 public:
  ComponentEncoder(const JoinedWorld& world, const FlatTypes& flat, std::span<CoreInput* const> modules, Arena& arena);
  ComponentEncoder(const ComponentEncoder&) = delete;
  ComponentEncoder& operator=(const ComponentEncoder&) = delete;

  // In the order in which definitions need one another.
  Result<void> run();
  wit::ComponentBuilder& builder() noexcept { return builder_; }

 private:
  // encoder_imports.cpp: what is live of the imports, and the component's imports
  void find_live();
  void mark_live(const wit::Type& type);
  void mark_live(const wit::Function& function);
  bool is_live(wit::TypeIdx type) const { return live_.contains(type.value); }
  bool is_lowered(const wit::Function& function) const { return lowered_.contains(&function); }
  void encode_imports();
  void import_interface(const wit::WorldItem& item);
  component::TypeIdx reach(wit::TypeIdx type);

  // encoder_modules.cpp: instances of core modules, and what they import
  void encode_modules();
  void find_shims();
  bool needs_shim(const ImportUse& use) const;
  ShimFunction signature_of(const Shim& shim) const;
  void instantiate_shims();
  void declare_exported_types();
  void instantiate(std::size_t module);
  component::SortIdx provide(std::size_t module, const ImportUse& use);
  void instantiate_fixup();
  component::CoreFuncIdx core_export(component::CoreInstanceIdx instance, std::string_view name);
  std::uint32_t core_alias(component::Sort sort, component::CoreInstanceIdx instance, std::string_view name);

  // encoder_canon.cpp: canonical definitions
  component::CoreFuncIdx define(std::size_t module, const ImportUse& use);
  component::CoreFuncIdx lower(std::size_t module, const ImportUse& use);
  component::CoreFuncIdx task_return(std::size_t module, const ImportUse& use);
  component::CoreFuncIdx payload(std::size_t module, const ImportUse& use);
  component::CoreFuncIdx builtin(std::size_t module, const ImportUse& use);
  component::CanonOptions options(const NeededOptions& needed, component::StringEncoding encoding, std::size_t module,
                                  std::string_view realloc);
  void add_option(component::CanonOptions& options, component::CanonOption option);
  component::StringEncoding encoding_of(std::size_t module, const ImportUse& use) const;
  component::TypeIdx payload_type(const ImportUse& use);

  // encoder_exports.cpp: the component's exports
  void encode_exports();
  component::FuncIdx lift(const JoinedExport& item, const wit::Function& function);
  void export_interface(const JoinedExport& item);
  std::vector<wit::TypeIdx> types_used_by(const wit::Interface& interface) const;

  const JoinedWorld& world_;
  const wit::Resolve& resolve_;
  const FlatTypes& flat_;
  std::span<CoreInput* const> modules_;  // the main one first
  Arena& arena_;
  wit::ComponentBuilder builder_;
  wit::TypeEncoder types_;

  std::unordered_set<std::uint32_t> live_;                                  // TypeIdx
  std::unordered_set<const wit::Function*> lowered_;                        // imported functions that are called
  std::unordered_map<std::uint32_t, component::InstanceIdx> instances_;     // by InterfaceIdx: imported or exported
  std::unordered_map<const wit::Function*, component::FuncIdx> functions_;  // imported

  std::vector<Shim> shims_;
  std::map<std::pair<std::size_t, const void*>, std::uint32_t> shim_numbers_;  // by module and use
  component::CoreInstanceIdx shim_instance_;
  std::vector<component::CoreModuleIdx> core_modules_;
  std::vector<component::CoreInstanceIdx> core_instances_;  // by module; none before it is instantiated
  component::CoreMemoryIdx memory_;
  std::map<std::pair<std::uint32_t, std::string>, std::uint32_t> aliases_;
};

}  // namespace tenon::compose
