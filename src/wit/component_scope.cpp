#include "wit/component_scope.hpp"

#include "base/concat.hpp"
#include "spec/component_limits.hpp"

namespace tenon::wit {

using component::Sort;
using component::TypeKind;

void ComponentReader::fail(ErrorKind kind, std::string_view message) {
  if (failed_) return;
  failed_ = true;
  error_ = tenon::fail(kind, at_offset(offset_), message);
}

Result<ComponentReader::Contents> ComponentReader::open(const ComponentNode& component) {
  Contents contents = evaluate(component, nullptr);
  if (failed_) return error_;
  return contents;
}

Result<ComponentReader::Contents> ComponentReader::open(const component::ComponentBody& body) {
  allowed_items_ = limits::max_unfolded_items + body.size;  // a definition takes two bytes at least
  return open(ComponentNode{body.definitions, nullptr, false});
}

const TypeNode* ComponentReader::find_type(const Scope& scope, component::TypeIdx index) noexcept {
  return index.value < scope.types.size() ? scope.types[index.value] : nullptr;
}

ComponentReader::Contents ComponentReader::evaluate(const ComponentNode& component, const Arguments* arguments) {
  Contents contents;
  if (depth_ >= limits::max_component_nesting) {
    fail(ErrorKind::exhausted, "components are instantiated in one another too deeply");
    return contents;
  }
  ++depth_;
  Scope& scope = scopes_.emplace_back();
  scope.parent = component.scope;
  scope.is_type = component.is_type;
  for (const component::Definition& definition : component.definitions) {
    offset_ = definition.offset;
    if (++items_ > allowed_items_) {
      fail(ErrorKind::exhausted, "the component unfolds to too many definitions when it is instantiated");
    }
    if (!failed_) define(scope, definition, arguments, contents);
    if (failed_) break;
  }
  --depth_;
  return contents;
}

void ComponentReader::define(Scope& scope, const component::Definition& definition, const Arguments* arguments,
                             Contents& contents) {
  switch (definition.kind) {
    case component::DefinitionKind::type:
      return scope.types.push_back(&types_.emplace_back(definition.type, &scope, nullptr));
    case component::DefinitionKind::alias: return alias(scope, *definition.alias);
    case component::DefinitionKind::import: return import(scope, *definition.import, arguments, contents);
    case component::DefinitionKind::export_: return export_(scope, *definition.export_, contents);
    case component::DefinitionKind::instance: return instantiate(scope, *definition.instance);
    case component::DefinitionKind::component:
      return scope.components.push_back(
          &components_.emplace_back(definition.component->definitions.span(), &scope, false));
    case component::DefinitionKind::canon:
      if (definition.canon->op == CanonOp::lift) {
        scope.funcs.push_back(type_at(scope, definition.canon->type.value, TypeKind::func));
      }
      return;
    default: return;  // core definitions, values and starts say nothing of types
  }
}

const TypeNode* ComponentReader::type_at(const Scope& scope, std::uint32_t index, TypeKind kind) {
  const TypeNode* type = find_type(scope, component::TypeIdx(index));
  if (type == nullptr) {
    fail(ErrorKind::invalid, "unknown type: type index out of bounds");
  } else if (!type->is(kind)) {
    fail(ErrorKind::invalid, "type index is of a type of another kind than is expected here");
    return nullptr;
  }
  return type;
}

void ComponentReader::add(Scope& scope, const Node& node) {
  switch (node.sort) {
    case Sort::type: return scope.types.push_back(node.type);
    case Sort::func: return scope.funcs.push_back(node.type);
    case Sort::instance: return scope.instances.push_back(node.instance);
    case Sort::component: return scope.components.push_back(node.component);
    default: return;
  }
}

Node ComponentReader::node_of(const Scope& scope, component::SortIdx item) {
  Node node{.sort = item.sort};
  const auto at = [&](const auto& space, auto& slot) {
    if (item.index < space.size()) {
      slot = space[item.index];
    } else {
      fail(ErrorKind::invalid, "unknown item: index out of bounds");
    }
  };
  switch (item.sort) {
    case Sort::type: at(scope.types, node.type); break;
    case Sort::func: at(scope.funcs, node.type); break;
    case Sort::instance: at(scope.instances, node.instance); break;
    case Sort::component: at(scope.components, node.component); break;
    default: break;
  }
  return node;
}

void ComponentReader::alias(Scope& scope, const component::Alias& alias) {
  if (component::is_core(alias.sort) || alias.kind == component::AliasKind::core_export) return;
  if (alias.kind == component::AliasKind::outer) {
    const Scope* outer = &scope;
    for (std::uint32_t i = 0; i < alias.count && outer != nullptr; ++i) outer = outer->parent;
    if (outer == nullptr) return fail(ErrorKind::invalid, "invalid outer alias count");
    return add(scope, node_of(*outer, {alias.sort, alias.index}));
  }
  const Node instance = node_of(scope, {Sort::instance, alias.instance});
  if (failed_) return;
  const auto found = instance.instance->by_name.find(alias.name);
  if (found == instance.instance->by_name.end()) return fail(ErrorKind::invalid, "instance has no export of that name");
  const Node& node = instance.instance->exports[found->second].node;
  if (node.sort != alias.sort) return fail(ErrorKind::invalid, "the instance's export is of another sort");
  add(scope, node);
}

// A new import, or the export of a type: what the type says, under a name of its own.
Node ComponentReader::named(const Scope& scope, const component::ExternType& type) {
  Node node{.sort = type.sort};
  switch (type.sort) {
    case Sort::func: node.type = type_at(scope, type.index, TypeKind::func); break;
    case Sort::type:
      if (type.type_bound == component::TypeBound::sub_resource) {
        node.type = &types_.emplace_back();
      } else if (const TypeNode* equal = find_type(scope, component::TypeIdx(type.index)); equal != nullptr) {
        node.type = &types_.emplace_back(equal->type, equal->scope, equal);
      } else {
        fail(ErrorKind::invalid, "unknown type: type index out of bounds");
      }
      break;
    case Sort::instance:
      if (const TypeNode* instance = type_at(scope, type.index, TypeKind::instance); instance != nullptr) {
        node.instance = make_instance(evaluate({instance->type->declarations, instance->scope, true}, nullptr).exports);
      }
      break;
    case Sort::component:
      if (const TypeNode* component = type_at(scope, type.index, TypeKind::component); component != nullptr) {
        node.component = &components_.emplace_back(component->type->declarations, component->scope, true);
      }
      break;
    default: break;
  }
  return node;
}

const InstanceNode* ComponentReader::make_instance(std::vector<NamedNode> exports) {
  InstanceNode& instance = instances_.emplace_back(std::move(exports));
  for (std::size_t i = 0; i < instance.exports.size(); ++i) {
    instance.by_name.emplace(instance.exports[i].name.name, i);
  }
  return &instance;
}

// What an ascription leaves of an instance: the exports that it names. They stay what they are in the instance, for
// what the ascription says of their types would only hide where they come from.
const InstanceNode* ComponentReader::narrowed(const InstanceNode& instance, const InstanceNode& ascribed) {
  std::vector<NamedNode> exports;
  for (const NamedNode& wanted : ascribed.exports) {
    const auto found = instance.by_name.find(wanted.name.name);
    if (found == instance.by_name.end() || instance.exports[found->second].node.sort != wanted.node.sort) {
      fail(ErrorKind::invalid, "the instance's type is no subtype of the one that its export has");
      break;
    }
    NamedNode export_ = instance.exports[found->second];
    if (export_.node.instance != nullptr && wanted.node.instance != nullptr) {
      export_.node.instance = narrowed(*export_.node.instance, *wanted.node.instance);
    }
    exports.push_back(export_);
  }
  return make_instance(std::move(exports));
}

void ComponentReader::import(Scope& scope, const component::Import& import, const Arguments* arguments,
                             Contents& contents) {
  const std::uint64_t offset = offset_;
  if (arguments == nullptr) {
    const Node node = named(scope, import.type);
    if (failed_) return;
    add(scope, node);
    contents.imports.push_back({import.name, node, offset});
    return;
  }
  const auto found = arguments->find(import.name.name);
  if (found == arguments->end()) return fail(ErrorKind::invalid, "missing an argument for an import");
  if (found->second.sort != import.type.sort) return fail(ErrorKind::invalid, "an argument is of another sort");
  add(scope, found->second);
}

void ComponentReader::export_(Scope& scope, const component::Export& export_, Contents& contents) {
  const std::uint64_t offset = offset_;
  Node node;
  // A type says what its exports are; a component has them, and may say less of them.
  if (export_.type && (scope.is_type || export_.type->sort != Sort::instance)) {
    node = named(scope, *export_.type);
  } else if (export_.type) {
    node = node_of(scope, export_.item);
    const Node ascribed = named(scope, *export_.type);
    if (!failed_ && ascribed.instance != nullptr) node.instance = narrowed(*node.instance, *ascribed.instance);
  } else if (export_.item.sort == Sort::type) {
    component::ExternType type;
    type.sort = Sort::type;
    type.index = export_.item.index;
    node = named(scope, type);
  } else {
    node = node_of(scope, export_.item);
  }
  if (failed_) return;
  add(scope, node);
  contents.exports.push_back({export_.name, node, offset});
}

void ComponentReader::instantiate(Scope& scope, const component::Instance& instance) {
  if (!instance.component) {
    std::vector<NamedNode> exports;
    for (const component::NamedSortIdx& item : instance.items) {
      exports.push_back({item.name, node_of(scope, item.item), offset_});
    }
    return scope.instances.push_back(make_instance(std::move(exports)));
  }
  const Node component = node_of(scope, {Sort::component, instance.component->value});
  Arguments arguments;
  for (const component::NamedSortIdx& item : instance.items) {
    if (failed_) return;
    arguments.emplace(item.name.name, node_of(scope, item.item));
  }
  if (failed_) return;
  Contents contents = evaluate(*component.component, &arguments);
  if (!failed_) scope.instances.push_back(make_instance(std::move(contents.exports)));
}

}  // namespace tenon::wit
