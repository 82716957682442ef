// Values that components export and import.
//
//   linker.define_dynamic("", "greeting", [](std::span<const Val>) -> tenon::Result<std::vector<Val>> {
//     return std::vector{Val::string("Ahoi")};
//   }).value();
//   auto instance = linker.instantiate(store, component).value();
//   auto length = tenon::value_of(instance, "length").value();
//
// A component may import a value, pass it to its start function, and export what that gives. A value is given by a
// dynamic host function of that name without parameters, asked once for each instance, or by another instance
// (`Linker::define_instance`); it is checked against the import's type before anything runs, and holds no handles.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#-value-definitions
#pragma once

#include <string_view>

#include "tenon/component.hpp"

namespace tenon {

// A value that the instance exports; `inside`: the exported instance that it stands in. Errors: usage (no such export,
// or of another sort).
Result<component::Val> value_of(const ComponentInstance& instance, std::string_view name, std::string_view inside = {});

}  // namespace tenon
