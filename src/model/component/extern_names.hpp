// Names of imports and exports as data: what an annotation or an interface's name says in its parts.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#import-and-export-definitions
#pragma once

#include <string>
#include <string_view>

#include "spec/features.hpp"
#include "tenon/result.hpp"

namespace tenon::component {

// All texts are views of the name.
struct ParsedName {
  enum class Kind : std::uint8_t {
    label,        // `label`
    constructor,  // `[constructor]resource`
    method,       // `[method]resource.label`
    static_,      // `[static]resource.label`
    interface,    // `namespace_:package/interface@version`
  };
  Kind kind = Kind::label;
  std::string_view label;
  std::string_view resource;
  std::string_view namespace_;  // with nested names, several joined by ':'
  std::string_view package;
  std::string_view interface;          // with nested names, several joined by '/'
  std::string_view version;            // without '@'; empty when there is none
  bool has_canonical_version = false;  // as "1", "0.2" or "0.0.1"; what was cut off may stand in `version_suffix`
};

// Errors: invalid, without a place; the message says which part is wrong.
Result<ParsedName> parse_extern_name(std::string_view name, Features features);

// Two names are strongly unique exactly when their keys differ.
std::string uniqueness_key(std::string_view name);

// What is wrong with a label (words of one case each, joined by '-', the first beginning with a letter); empty when
// nothing is.
std::string_view label_fault(std::string_view label) noexcept;

// Checks a semantic version. Errors: invalid, without a place.
Result<void> check_version(std::string_view version);

}  // namespace tenon::component
