#include "model/component/component.hpp"

namespace tenon::component {

std::string_view to_string(Sort sort) noexcept {
  switch (sort) {
#define TENON_CORE_SORT(name, code, text) \
  case Sort::name: return "core " text;
#define TENON_SORT(name, code, text, feature) \
  case Sort::name: return text;
#define TENON_PRIMITIVE(name, code, text, size, feature)
#include "spec/component_types.def"
#undef TENON_CORE_SORT
#undef TENON_SORT
#undef TENON_PRIMITIVE
  }
  return "unknown";
}

}  // namespace tenon::component
