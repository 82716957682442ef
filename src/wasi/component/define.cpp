#include "wasi/component/define.hpp"

#include <algorithm>
#include <utility>

namespace tenon::wasi::inline bindings {

namespace {

// "@0.2.12" and "@0.2.0-draft" are versions of "@0.2".
constexpr std::size_t family_length = 4;

std::string family_of(std::string_view name, std::string_view version) {
  return std::string(name) + std::string(version.substr(0, family_length));
}

}  // namespace

Wanted::Wanted(const Component& component) : is_all_(false) {
  std::string_view last;
  const auto imports = component.imports();
  for (const ComponentItemType& item : imports) {
    const std::string_view instance = item.instance;
    if (std::exchange(last, instance) == instance) continue;
    const std::size_t at = std::min(instance.find('@'), instance.size());
    names_.insert(family_of(instance.substr(0, at), instance.substr(at)));
  }
}

bool Wanted::operator()(std::string_view name, std::string_view version) const {
  return is_all_ || names_.contains(family_of(name, version));
}

}  // namespace tenon::wasi::inline bindings
