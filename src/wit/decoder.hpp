// From what a component's names stand for to WIT: the parts of decode_component.
#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/concat.hpp"
#include "wit/component_scope.hpp"
#include "wit/decode.hpp"
#include "wit/names.hpp"

namespace tenon::wit {

class WitDecoder {
 public:
  WitDecoder(Resolve& out, ComponentReader& reader) : out_(out), reader_(reader) {}

  // The whole of an encoded package: one component type for each interface and world.
  void package(const std::vector<NamedNode>& exports);
  // The older form: one component type `ns:pkg/wit` with all interfaces and worlds.
  void old_package(const NamedNode& document);
  // The world of a component.
  WorldIdx component(const ComponentReader::Contents& contents);
  // A component type that exports one component type: a world under its full name.
  WorldIdx single_world(const TypeNode& type);
  void finish();

  bool failed() const noexcept { return failed_; }
  Error take_error() noexcept { return std::move(error_); }

 private:
  struct PackageDraft {
    PackageName name;
    std::vector<InterfaceIdx> interfaces;
    std::vector<WorldIdx> worlds;
    std::vector<InterfaceIdx> inline_interfaces;
    bool is_main = false;
  };
  using ByName = std::unordered_map<std::string_view, TypeIdx>;

  template <class... Pieces>
  void fail(const Pieces&... pieces) {
    if (failed_) return;
    failed_ = true;
    error_ = tenon::fail(ErrorKind::invalid, at_offset(offset_), pieces...);
  }

  // decoder.cpp: packages, worlds and interfaces
  ComponentReader::Contents open(const TypeNode& type);
  bool parse_interface_name(const component::ExternName& name, std::string_view text, QualifiedName& out,
                            PackageName& package);
  void set_main_package(const PackageName& name);
  std::size_t package_draft(const PackageName& name);
  void interface_document(const ComponentReader::Contents& contents, const NamedNode& item);
  WorldIdx world(const NamedNode& item);
  void world_items(WorldIdx index, const ComponentReader::Contents& contents, bool skips_others);
  bool world_item(WorldIdx world, const NamedNode& item, bool is_import, bool skips_others);
  void world_instance(const NamedNode& item, WorldItem& out);
  InterfaceIdx used_interface(std::string_view name, const NamedNode& item);
  InterfaceIdx own_interface(const NamedNode& item, std::string_view name);
  InterfaceIdx make_interface(std::string_view name);
  void add_used_type(InterfaceIdx index, bool is_own, const NamedNode& item);
  void visit_package(std::size_t index, std::vector<std::size_t>& order, std::vector<bool>& seen);
  void insert_package(const PackageDraft& draft);

  // decoder_types.cpp: types and functions
  TypeIdx type_export(const NamedNode& item, const Owner& owner);
  Function function(const NamedNode& item, const Owner& owner);
  void function_kind(Function& function, const Owner& owner);
  TypeIdx find_alias(const TypeNode* type) const;
  Type value(component::ValType type, const Scope& scope);
  Type optional(const std::optional<component::ValType>& type, const Scope& scope);
  TypeDef definition(const TypeNode& node);
  void members(TypeDef& out, const component::Type& type, const Scope& scope);
  TypeIdx resource(component::TypeIdx index, const Scope& scope);
  void unify(TypeIdx known, const TypeNode& node);
  void unify(const Type& known, const std::optional<component::ValType>& type, const Scope& scope);
  std::string_view copy(std::string_view text) { return out_.arena.copy(text); }

  Resolve& out_;
  ComponentReader& reader_;
  PackageDraft main_;
  std::vector<PackageDraft> foreign_;
  std::unordered_map<std::string, std::size_t> foreign_by_name_;
  std::unordered_map<std::uint32_t, std::size_t> foreign_of_;  // by InterfaceIdx
  std::unordered_map<std::string, InterfaceIdx> interfaces_;   // all with a name, by full name
  std::unordered_set<std::uint32_t> own_interfaces_;           // of the main package
  std::unordered_map<std::uint32_t, ByName> interface_types_;  // by InterfaceIdx
  std::unordered_map<std::uint32_t, std::unordered_set<std::string_view>> interface_functions_;
  std::unordered_map<std::uint32_t, ByName> interface_resources_;  // by InterfaceIdx
  std::unordered_map<std::uint32_t, ByName> world_resources_;      // by WorldIdx
  std::unordered_map<const TypeNode*, TypeIdx> types_;
  bool is_whole_package_ = false;  // all interfaces of the main package stand in it
  std::uint32_t depth_ = 0;        // of types without a name
  std::uint64_t offset_ = 0;       // of the import or export at hand
  bool failed_ = false;
  Error error_;
};

}  // namespace tenon::wit
