// Prints any module that reads, flat and folded, parses the text, and compares. What must hold: the text of a valid
// module parses; both texts parse to the same bytes; and from there on nothing changes: printing and parsing what was
// parsed gives the same bytes again. (The first time, bytes may change: the text has no words for non-minimal numbers,
// for some forms, and for names of what is not there.)
#include <algorithm>
#include <cstdlib>
#include <memory_resource>
#include <optional>
#include <string>

#include "binary/core/module.hpp"
#include "text/core/text.hpp"
#include "validate/core/module.hpp"

namespace {

using namespace tenon;
using namespace tenon::core;

std::pmr::memory_resource& heap() { return *std::pmr::new_delete_resource(); }

void require(bool holds) {
  if (!holds) std::abort();
}

// Of several name sections, the first one is understood and the others are bytes, until one of them is the first.
bool has_at_most_one_name_section(const Module& module) {
  return std::ranges::count(module.sections, std::string_view("name"), &Section::name) <= 1;
}

bool is_valid(const Module& module) {
  TypeRegistry registry(heap());
  Arena arena(heap());
  return validate_module(module, registry, arena, {.features = Features::all()}).has_value();
}

std::optional<std::string> print(std::string_view bytes, bool fold) {
  const auto module = read_module(as_bytes(bytes), heap(), {.features = Features::all()});
  if (!module) return std::nullopt;
  std::string text;
  PrintOptions options;
  options.fold = fold;
  if (!print_module(*module, text, options)) return std::nullopt;
  return text;
}

std::optional<std::string> parse(std::string_view text) {
  ParseOptions options;
  options.features = Features::all();
  const auto module = parse_module(text, heap(), options);
  if (!module) return std::nullopt;
  Arena arena(heap());
  ByteWriter out(arena);
  write_module(*module, out);
  return std::string(as_chars(out.view()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto module = read_module({data, size}, heap(), {.features = Features::all()});
  if (!module || !has_at_most_one_name_section(*module)) return 0;
  const auto flat = print(as_chars({data, size}), false);
  if (!flat) return require(!is_valid(*module)), 0;
  const auto first = parse(*flat);
  if (!first) return require(!is_valid(*module)), 0;  // other modules may say what the text cannot
  const auto folded = print(as_chars({data, size}), true);
  require(folded && parse(*folded) == first);
  const auto again = print(*first, false);
  require(again && parse(*again) == first);
  return 0;
}
