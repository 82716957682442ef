// Validates any bytes that read as a component. What must hold: nothing that they say crashes or hangs; what is valid
// is made of well-formed modules; what is valid with fewer features is valid with all.
#include <cstdlib>
#include <memory_resource>

#include "binary/component/component.hpp"
#include "validate/component/component.hpp"

namespace {

using namespace tenon;
using namespace tenon::component;

std::pmr::memory_resource& heap() { return *std::pmr::new_delete_resource(); }

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_valid(Bytes bytes, Features features) {
  const Result<Component> component = read_component(bytes, heap(), {.features = features});
  if (!component) return false;
  core::TypeRegistry registry(heap());
  Arena arena(heap());
  const Result<ValidatedComponent> validated = validate_component(*component, registry, arena, {.features = features});
  if (!validated) return false;
  require(check_core_modules(*component, features).has_value());
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes(data, size);
  const bool is_valid_with_all = is_valid(bytes, Features::all());
  if (is_valid(bytes, Features::defaults())) require(is_valid_with_all);
  return 0;
}
