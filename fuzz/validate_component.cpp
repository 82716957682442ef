// Validates any bytes that read as a component. What must hold: nothing that they say crashes or hangs; what is valid
// is made of well-formed modules, and everything in it has a type without indices; what is valid with fewer features is
// valid with all.
#include <cstdlib>
#include <memory_resource>

#include "binary/component/component.hpp"
#include "transform/concretize.hpp"
#include "transform/visit.hpp"
#include "validate/component/component.hpp"

namespace {

using namespace tenon;
using namespace tenon::component;

std::pmr::memory_resource& heap() { return *std::pmr::new_delete_resource(); }

void require(bool holds) {
  if (!holds) std::abort();
}

// Whatever stands at an index has a type without indices, and both orders of visiting end.
void concretize_all(const Spaces& scope) {
  const std::pair<Sort, std::size_t> sorts[] = {
      {Sort::func, scope.funcs.size()},         {Sort::value, scope.values.size()},
      {Sort::type, scope.types.size()},         {Sort::component, scope.components.size()},
      {Sort::instance, scope.instances.size()}, {Sort::core_module, scope.core_modules.size()},
  };
  for (const auto& [sort, size] : sorts) {
    for (std::uint32_t i = 0; i < size; ++i) require(transform::concretize(scope, {sort, i}).has_value());
  }
  for (const Spaces* inside : scope.nested) concretize_all(*inside);
}

void check_types(const ValidatedComponent& validated) {
  concretize_all(*validated.root);
  for (const NamedEntity& item : validated.root->signature->exports) {
    const std::string_view path[] = {item.name.name};
    require(transform::concretize(validated, transform::Direction::export_, path)->sort == item.entity.sort);
  }
  std::size_t lexical = 0;
  std::size_t use = 0;
  visit_definitions(validated, transform::VisitOrder::lexical, [&](const transform::Visited&) { ++lexical; });
  visit_definitions(validated, transform::VisitOrder::use, [&](const transform::Visited&) { ++use; });
  require(use <= lexical);
}

bool is_valid(Bytes bytes, Features features) {
  const Result<Component> component = read_component(bytes, heap(), {.features = features});
  if (!component) return false;
  core::TypeRegistry registry(heap());
  Arena arena(heap());
  const Result<ValidatedComponent> validated = validate_component(*component, registry, arena, {.features = features});
  if (!validated) return false;
  require(check_core_modules(*component, features).has_value());
  check_types(*validated);
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes(data, size);
  const bool is_valid_with_all = is_valid(bytes, Features::all());
  if (is_valid(bytes, Features::defaults())) require(is_valid_with_all);
  return 0;
}
