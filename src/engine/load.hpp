// A module from a file's contents, whichever of the two formats they are in.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "model/component/component.hpp"
#include "model/core/module.hpp"
#include "spec/features.hpp"
#include "tenon/result.hpp"

namespace tenon::tools {

// All of a file. Errors: io (it cannot be opened or read; it may be a folder).
Result<std::string> read_file(const std::string& path);

// Whether the input is a component, in either format.
bool is_component(std::string_view input);

// A module together with the binary it borrows from, when that was made here from text.
struct LoadedModule {
  std::unique_ptr<const std::string> encoded;  // of text input; a binary input is borrowed
  std::string_view binary;
  core::Module module;
};

// Text is parsed, encoded and read again, so that every offset in the result is one of the binary. The result borrows
// from `input`. Errors: malformed, exhausted.
Result<LoadedModule> load_module(std::string_view input, Features features);

// The same for components.
struct LoadedComponent {
  std::unique_ptr<const std::string> encoded;
  std::string_view binary;
  component::Component component;
};
Result<LoadedComponent> load_component(std::string_view input, Features features);

// An error of validating the binary form of `input`, with its place in the text where `input` is one. Validating the
// text itself gives the same error there.
Error in_text(Error error, std::string_view input, Features features);

// A place in a part of a text, which begins at `start`, as a place in the whole.
ErrorPlace place_in_whole(ErrorPlace start, ErrorPlace inside) noexcept;

}  // namespace tenon::tools
