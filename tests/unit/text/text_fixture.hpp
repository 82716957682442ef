// Modules for the tests of printing and listing: text goes through the parser and the writer, so that what is printed
// was read from bytes.
#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>

#include "binary/core/module.hpp"
#include "text/core/text.hpp"

namespace tenon::core {

inline std::pmr::memory_resource& test_memory() { return *std::pmr::new_delete_resource(); }

// Text to binary; the empty string, and a failure of the test, if it does not parse.
inline std::string assemble(std::string_view text) {
  ParseOptions options;
  options.features = Features::all();
  const auto module = parse_module(text, test_memory(), options);
  if (!module) {
    ADD_FAILURE() << module.error().message() << " in line " << module.error().place().line << " of\n" << text;
    return {};
  }
  Arena arena(test_memory());
  ByteWriter out(arena);
  write_module(*module, out);
  return std::string(as_chars(out.view()));
}

inline Result<Module> read(std::string_view bytes) {
  ReadOptions options;
  options.features = Features::all();
  return read_module(as_bytes(bytes), test_memory(), options);
}

// Binary to text, or the error's message.
inline std::string print(std::string_view bytes, const PrintOptions& options = {}) {
  const auto module = read(bytes);
  if (!module) return "read: " + std::string(module.error().message());
  std::string text;
  const auto done = print_module(*module, text, options);
  return done ? text : "print: " + std::string(done.error().message());
}

}  // namespace tenon::core
