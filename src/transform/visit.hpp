// Walks over the definitions of a component, with the scope that each stands in.
//
// Definitions refer only to those before them, in their scope and in those around it, so the lexical order has
// definitions before uses already; it is the order to write a component in. The other order is that of use: a component
// inside is entered where it is first instantiated, exported, aliased or given to an instance, and not at all if
// nothing does.
#pragma once

#include <cstdint>
#include <functional>

#include "validate/component/component.hpp"

namespace tenon::transform {

struct Visited {
  const component::Definition& definition;
  const component::Spaces& scope;  // complete: with what later definitions add, too
  std::uint32_t depth = 0;         // of components around
};

enum class VisitOrder : std::uint8_t { lexical, use };

// Calls `visit` with each definition; a component inside is visited before what it is made of (lexical), or by what
// uses it (use). Recursion follows the nesting of components.
void visit_definitions(const component::ValidatedComponent& component, VisitOrder order,
                       const std::function<void(const Visited&)>& visit);

}  // namespace tenon::transform
