// Prints any module that reads, flat and folded, parses the text, and compares. What must hold: both texts parse to the
// same bytes; and from there on nothing changes: printing and parsing what was parsed gives the same text and bytes
// again. (The first time, bytes may change: the text has no words for non-minimal numbers, and for some forms.)
#include <cstdlib>
#include <memory_resource>
#include <optional>
#include <string>

#include "binary/core/module.hpp"
#include "text/core/text.hpp"

namespace {

using namespace tenon;
using namespace tenon::core;

std::pmr::memory_resource& heap() { return *std::pmr::new_delete_resource(); }

void require(bool holds) {
  if (!holds) std::abort();
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
  const auto flat = print(as_chars({data, size}), false);
  if (!flat) return 0;
  const auto first = parse(*flat);
  if (!first)
    return 0;  // a module that is not valid may say what the text format cannot, such as a label that is not there
  const auto folded = print(as_chars({data, size}), true);
  require(folded && parse(*folded) == first);
  const auto again = print(*first, false);
  require(again && parse(*again) == first);
  return 0;
}
