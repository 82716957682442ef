// Parses any bytes as a text module. What must hold: nothing that they say crashes; what parses is written as a binary
// that reads again with the same lists; an error has a place inside the text.
// Seeds: text
#include <cstdlib>
#include <memory_resource>
#include <string_view>

#include "binary/core/module.hpp"
#include "text/core/text.hpp"

namespace {

using namespace tenon;
using namespace tenon::core;

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::pmr::memory_resource& heap = *std::pmr::new_delete_resource();
  const std::string_view text = as_chars({data, size});
  const auto module = parse_module(text, heap, {.features = Features::all()});
  if (!module) {
    require(module.error().kind() == ErrorKind::malformed || module.error().kind() == ErrorKind::exhausted ||
            module.error().kind() == ErrorKind::invalid);
    require(!module.error().message().empty());
    return 0;
  }
  Arena arena(heap);
  ByteWriter out(arena);
  write_module(*module, out);
  const auto again = read_module(out.view(), heap, {.features = Features::all()});
  if (!again) {
    require(again.error().kind() == ErrorKind::exhausted);
    return 0;
  }
  require(again->types.size() == module->types.size());
  require(again->funcs.size() == module->funcs.size());
  require(again->elems.size() == module->elems.size());
  require(again->datas.size() == module->datas.size());
  require(again->exports.size() == module->exports.size());
  // Not so when the text is a binary in strings, whose bodies nobody has read.
  const bool has_bodies_from_text = check_bodies(*module, Features::all()).has_value();
  require(check_bodies(*again, Features::all()).has_value() == has_bodies_from_text);
  return 0;
}
