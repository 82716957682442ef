#include "compose/check.hpp"

#include "validate/component/component.hpp"

namespace tenon::compose {

Result<void> check_component(const component::Component& component, Features features, bool with_bodies) {
  std::pmr::memory_resource& memory = component.arena.upstream();
  core::TypeRegistry registry(memory);
  Arena facts(memory);
  auto valid =
      component::validate_component(component, registry, facts, {.features = features, .validate_bodies = with_bodies});
  if (valid) return {};
  return std::move(valid).error();
}

}  // namespace tenon::compose
