#include "model/component/types.hpp"

namespace tenon::component {

std::string_view keyword_of(Primitive type) noexcept {
  switch (type) {
#define TENON_CORE_SORT(name, code, text)
#define TENON_SORT(name, code, text, feature)
#define TENON_PRIMITIVE(name, code, text, size, feature) \
  case Primitive::name: return text;
#include "spec/component_types.def"
#undef TENON_CORE_SORT
#undef TENON_SORT
#undef TENON_PRIMITIVE
  }
  return {};
}

std::string_view keyword_of(TypeKind kind) noexcept {
  switch (kind) {
    case TypeKind::primitive: return "primitive";
#define TENON_TYPE_KIND(name, code, text, feature) \
  case TypeKind::name: return text;
#include "spec/component_type_kinds.def"
#undef TENON_TYPE_KIND
  }
  return {};
}

}  // namespace tenon::component
