// Components for the tests of parsing and printing.
#pragma once

#include <gtest/gtest.h>
#include <memory_resource>
#include <string>
#include <string_view>

#include "binary/component/component.hpp"
#include "text/component/text.hpp"

namespace tenon::component {

inline std::pmr::memory_resource& test_memory() { return *std::pmr::new_delete_resource(); }

inline Result<Component> parse(std::string_view text) {
  return parse_component(text, test_memory(), {.features = Features::all()});
}

inline std::string write(const Component& component) {
  Arena arena(test_memory());
  ByteWriter out(arena);
  write_component(component.body, out);
  return std::string(as_chars(out.view()));
}

// Text to binary; the empty string, and a failure of the test, if it does not parse.
inline std::string assemble(std::string_view text) {
  const auto component = parse(text);
  if (component) return write(*component);
  ADD_FAILURE() << component.error().message() << " in line " << component.error().place().line << " of\n" << text;
  return {};
}

// The message of the error; the empty string if there is none.
inline std::string error_of(std::string_view text) {
  const auto component = parse(text);
  return component ? std::string() : std::string(component.error().message());
}

inline std::string print(std::string_view bytes, const PrintOptions& options = {.features = Features::all()}) {
  const auto component = read_component(as_bytes(bytes), test_memory(), {.features = Features::all()});
  if (!component) return "read: " + std::string(component.error().message());
  std::string text;
  const auto done = print_component(*component, text, options);
  return done ? text : "print: " + std::string(done.error().message());
}

}  // namespace tenon::component
