#include "transform/visit.hpp"

#include <unordered_map>

namespace tenon::transform {

namespace {

using component::Definition;
using component::DefinitionKind;
using component::Sort;
using component::SortIdx;
using component::Spaces;

using Visit = std::function<void(const Visited&)>;

void visit_lexically(const Spaces& scope, std::uint32_t depth, const Visit& visit) {
  std::size_t next_inner = 0;
  for (const Definition& definition : scope.body->definitions) {
    visit({definition, scope, depth});
    if (definition.kind == DefinitionKind::component) {
      visit_lexically(*scope.nested.span()[next_inner++], depth + 1, visit);
    }
  }
}

// Components are told apart by their signatures: each that is defined has one of its own, which every alias and export
// of it shares.
class UseOrder {
 public:
  explicit UseOrder(const Visit& visit) : visit_(visit) {}

  void run(const Spaces& scope, std::uint32_t depth) {
    for (const Spaces* inner : scope.nested) unused_.emplace(inner->signature, inner);
    for (const Definition& definition : scope.body->definitions) {
      use_components_of(definition, scope, depth);
      visit_({definition, scope, depth});
    }
  }

 private:
  void use(const Spaces& scope, SortIdx item, std::uint32_t depth) {
    if (item.sort != Sort::component) return;
    const auto found = unused_.find(scope.components.span()[item.index]);
    if (found == unused_.end()) return;
    const Spaces& inner = *found->second;
    unused_.erase(found);
    run(inner, depth + 1);
  }

  void use_components_of(const Definition& definition, const Spaces& scope, std::uint32_t depth) {
    switch (definition.kind) {
      case DefinitionKind::instance:
        if (definition.instance->component) {
          use(scope, {Sort::component, definition.instance->component->value}, depth);
        }
        for (const component::NamedSortIdx& item : definition.instance->items) use(scope, item.item, depth);
        return;
      case DefinitionKind::export_: return use(scope, definition.export_->item, depth);
      default: return;
    }
  }

  const Visit& visit_;
  std::unordered_map<const component::ComponentSignature*, const Spaces*> unused_;
};

}  // namespace

void visit_definitions(const component::ValidatedComponent& component, VisitOrder order, const Visit& visit) {
  if (order == VisitOrder::lexical) return visit_lexically(*component.root, 0, visit);
  UseOrder(visit).run(*component.root, 0);
}

}  // namespace tenon::transform
