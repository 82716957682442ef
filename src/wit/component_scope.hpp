// What the index spaces of a component hold, as far as WIT is concerned: types with their identity, functions,
// instances and components.
//
// WIT asks more than what a type is: it asks where it was named, and which earlier name it stands for (`use`). So a
// component is evaluated here, definition by definition: each name that an import or export gives a type makes a node
// of its own that knows the node it renames. Instantiating evaluates the inner component with the arguments in place of
// its imports; that is what substitution means, without a substitution. A component may unfold to more than its size,
// so the work is counted: each definition once, and `limits::max_unfolded_items` beyond that.
//
// Nothing is validated beyond what reading needs: indices in range, names that are there, sorts that fit.
#pragma once

#include <deque>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/component/component.hpp"
#include "tenon/result.hpp"

namespace tenon::wit {

struct Scope;

// A type where it was defined or named. Its indices refer to `scope`. `type` is null for a resource that was bound by
// an import or export.
struct TypeNode {
  const component::Type* type = nullptr;
  const Scope* scope = nullptr;
  const TypeNode* renamed = nullptr;

  bool is_resource() const noexcept { return type == nullptr || type->kind == component::TypeKind::resource; }
  bool is(component::TypeKind kind) const noexcept { return type != nullptr && type->kind == kind; }
};

struct InstanceNode;

// A component: a definition, or a type.
struct ComponentNode {
  std::span<const component::Definition> definitions;
  const Scope* scope = nullptr;  // that it stands in
  bool is_type = false;
};

// What an import, an export or an index stands for; other sorts than these have no pointer.
struct Node {
  component::Sort sort = component::Sort::core_module;
  const TypeNode* type = nullptr;  // of a func, or the type itself
  const InstanceNode* instance = nullptr;
  const ComponentNode* component = nullptr;
};

struct NamedNode {
  component::ExternName name;
  Node node;
  std::uint64_t offset = 0;
};

struct InstanceNode {
  std::vector<NamedNode> exports;
  std::unordered_map<std::string_view, std::size_t> by_name;
};

struct Scope {
  const Scope* parent = nullptr;
  bool is_type = false;
  std::vector<const TypeNode*> types;
  std::vector<const TypeNode*> funcs;
  std::vector<const InstanceNode*> instances;
  std::vector<const ComponentNode*> components;
};

class ComponentReader {
 public:
  struct Contents {
    std::vector<NamedNode> imports;
    std::vector<NamedNode> exports;
  };

  // Evaluates a component or type with imports of its own. Errors: invalid, exhausted.
  Result<Contents> open(const ComponentNode& component);
  // The definitions of the outermost component.
  Result<Contents> open(const component::ComponentBody& body);

  // The type that an index of the node's scope stands for; nullptr when there is none.
  static const TypeNode* find_type(const Scope& scope, component::TypeIdx index) noexcept;

 private:
  using Arguments = std::unordered_map<std::string_view, Node>;

  Contents evaluate(const ComponentNode& component, const Arguments* arguments);
  void define(Scope& scope, const component::Definition& definition, const Arguments* arguments, Contents& contents);
  void alias(Scope& scope, const component::Alias& alias);
  void import(Scope& scope, const component::Import& import, const Arguments* arguments, Contents& contents);
  void export_(Scope& scope, const component::Export& export_, Contents& contents);
  void instantiate(Scope& scope, const component::Instance& instance);
  Node node_of(const Scope& scope, component::SortIdx item);
  Node named(const Scope& scope, const component::ExternType& type);
  const TypeNode* type_at(const Scope& scope, std::uint32_t index, component::TypeKind kind);
  const InstanceNode* make_instance(std::vector<NamedNode> exports);
  const InstanceNode* narrowed(const InstanceNode& instance, const InstanceNode& ascribed);
  void add(Scope& scope, const Node& node);
  void fail(ErrorKind kind, std::string_view message);

  std::deque<Scope> scopes_;
  std::deque<TypeNode> types_;
  std::deque<InstanceNode> instances_;
  std::deque<ComponentNode> components_;
  std::uint64_t items_ = 0;
  std::uint64_t allowed_items_ = 0;
  std::uint32_t depth_ = 0;
  std::uint64_t offset_ = 0;  // of the definition at hand
  bool failed_ = false;
  Error error_;
};

}  // namespace tenon::wit
