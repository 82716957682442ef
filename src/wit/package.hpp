// One package while it is resolved: the parts of resolve_package.
//
// Two steps. The first (declare, then define) gives every name its meaning, and makes a draft of each type, interface
// and world, gated ones included; drafts have indexes behind those of the result so far, so that one index type serves
// both. The second (publish) moves to the result what no gate holds back, in topological order. A mention of what was
// held back, by something that was not, is then an error.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "wit/state.hpp"
#include "wit/toposort.hpp"
#include "wit/worlds.hpp"

namespace tenon::wit {

struct DraftWorld {
  World world;
  std::vector<WorldItem> imports;
  std::vector<WorldItem> exports;
  std::vector<Include> includes;
};

// Names that have to be strongly unique.
class UniqueNames {
 public:
  // The name that this one conflicts with; empty when there is none.
  std::string_view add(std::string_view name);

 private:
  std::unordered_map<std::string, std::string_view> names_;
};

class PackageResolver {
 public:
  PackageResolver(State& state, const PackageUnit& unit)
      : state_(state),
        out_(state.out),
        unit_(unit),
        package_(out_.packages.next_index()),
        first_type_(static_cast<std::uint32_t>(out_.types.size())),
        first_interface_(static_cast<std::uint32_t>(out_.interfaces.size())),
        first_world_(static_cast<std::uint32_t>(out_.worlds.size())) {}

  void run() {
    // What the package's names are, and the order in which its items depend on one another.
    declare();
    if (!state_.failed) order_items();
    if (!state_.failed) name_files();
    // What they mean.
    if (!state_.failed) define();
    // What of it is not held back, in the result.
    if (!state_.failed) publish();
  }

 private:
  struct Node {
    std::string_view name;
    std::size_t scope = 0;
    ast::ItemKind kind{};
    const ast::InterfaceItem* interface = nullptr;
    const ast::WorldItem* world = nullptr;
    Target target;
  };
  struct FileName {
    bool is_foreign = false;
    std::uint32_t node = 0;
  };

  // declare.cpp
  void declare();
  void order_items();
  NameMap<FileName> names_of(const ast::Scope& scope);
  void add_edge(const NameMap<FileName>& names, std::vector<Edge>& edges, const ast::UsePath& path);
  void name_files();
  Target foreign(const ast::UsePath& path, bool may_be_absent);
  Target find(std::size_t scope, const ast::UsePath& path, bool may_be_absent);
  InterfaceIdx find_interface(std::size_t scope, const ast::UsePath& path, bool may_be_absent);
  std::vector<std::string_view> names_in_reach(std::size_t scope) const;

  // define.cpp
  void define();
  void define_interface(InterfaceIdx index, std::size_t scope, const ast::InterfaceBody& body, Docs docs,
                        const ast::Attributes& attributes);
  void define_world(const Node& node);
  WorldItem define_extern(std::size_t scope, const ast::ExternItem& item);
  void define_includes(DraftWorld& draft, std::size_t scope, const ast::WorldBody& body);
  void add_extern(DraftWorld& draft, const ast::ExternItem& item, const WorldItem& out, UniqueNames& names);
  void add_world_types(DraftWorld& draft, UniqueNames& names);
  void define_types(Owner owner, std::size_t scope, const ast::InterfaceBody& body);
  void define_use(Owner owner, std::size_t scope, const ast::UseItem& use);
  std::vector<std::vector<Edge>> type_edges(const ast::InterfaceBody& body, std::vector<const ast::TypeItem*>& nodes);
  void define_name(const ast::Id& id, TypeIdx type);
  Stability stability(const ast::Attributes& attributes);
  InterfaceIdx draft_interface(std::string_view name, Span span);

  // define_types.cpp
  TypeDef definition(const ast::TypeExpr& expr, const Stability& stability);
  void define_members(TypeDef& type, const ast::TypeExpr& expr, const Stability& stability);
  Type mention(const ast::TypeExpr* expr, const Stability& stability);
  Type intern(const TypeDef& type);
  Stability inherited(const TypeDef& type, const Stability& stability) const;
  TypeIdx find_type(const ast::Id& id);
  TypeIdx find_resource(const ast::Id& id);
  TypeIdx draft_type(const TypeDef& type);
  const TypeDef& type_at(TypeIdx index) const;
  bool is_resource(TypeIdx index) const;
  Function function(const ast::Func& func, TypeIdx resource, std::string_view resource_name);
  void function_params(Function& function, const ast::Func& func);
  void function_result(Function& function, const ast::Func& func);

  // publish.cpp
  void publish();
  void publish_types();
  void publish_interfaces();
  void publish_owners();
  void publish_worlds();
  void publish_items(const std::vector<WorldItem>& drafts, ItemSet& out);
  void publish_function(Function& function);
  void list_items();
  TypeIdx published(TypeIdx index, Span span);
  InterfaceIdx published(InterfaceIdx index, Span span);
  void publish_definition(TypeDef& type);
  void publish_mention(Type& type, Span span);
  bool is_kept(const Stability& stability) const;

  State& state_;
  Resolve& out_;
  const PackageUnit& unit_;
  PackageIdx package_;
  std::uint32_t first_type_;
  std::uint32_t first_interface_;
  std::uint32_t first_world_;

  std::vector<Node> nodes_;
  NameMap<std::uint32_t> node_of_;
  std::vector<std::uint32_t> node_order_;
  std::vector<NameMap<Target>> file_names_;  // by scope

  // Drafts, by index less the first one.
  std::vector<TypeDef> types_;
  std::vector<bool> type_is_resource_;
  std::vector<Interface> interfaces_;
  std::vector<NameMap<TypeIdx>> interface_types_;
  std::vector<DraftWorld> worlds_;
  std::unordered_map<std::string, TypeIdx> anonymous_;

  // The namespace whose types are being defined, in order.
  std::vector<NamedType> named_;
  std::vector<Span> named_spans_;
  NameMap<TypeIdx> lookup_;

  // What the drafts became; none for what is held back.
  std::vector<TypeIdx> published_types_;
  std::vector<InterfaceIdx> published_interfaces_;
  std::vector<WorldIdx> published_worlds_;
  std::unordered_map<std::uint32_t, TypeIdx> own_;  // by published resource
};

}  // namespace tenon::wit
