// Parses any bytes as the text of a component. What must hold: nothing that they say crashes; what parses is written as
// a binary that reads again, prints, and parses to the same bytes, unless it is invalid: an attribute that is given
// twice has no text.
#include <cstdlib>
#include <memory_resource>
#include <string>
#include <string_view>

#include "binary/component/component.hpp"
#include "text/component/text.hpp"
#include "validate/component/component.hpp"

namespace {

using namespace tenon;
using namespace tenon::component;

void require(bool holds) {
  if (!holds) std::abort();
}

std::string write(const Component& component) {
  Arena arena(*std::pmr::new_delete_resource());
  ByteWriter out(arena);
  write_component(component.body, out);
  return std::string(as_chars(out.view()));
}

bool is_valid(const Component& component) {
  std::pmr::memory_resource& heap = *std::pmr::new_delete_resource();
  core::TypeRegistry registry(heap);
  Arena arena(heap);
  return validate_component(component, registry, arena, {.features = Features::all()}).has_value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::pmr::memory_resource& heap = *std::pmr::new_delete_resource();
  const std::string_view text = as_chars({data, size});
  const auto component = parse_component(text, heap, {.features = Features::all()});
  if (!component) {
    require(!component.error().message().empty());
    return 0;
  }
  const std::string bytes = write(*component);
  const auto again = read_component(as_bytes(bytes), heap, {.features = Features::all()});
  if (!again) {
    require(again.error().kind() == ErrorKind::exhausted);
    return 0;
  }
  require(again->body.definitions.size() == component->body.definitions.size());
  std::string printed;
  if (!print_component(*again, printed, {.features = Features::all()})) return 0;  // a core module in binary form
  const auto reparsed = parse_component(printed, heap, {.features = Features::all()});
  if (!reparsed) {
    require(reparsed.error().kind() == ErrorKind::exhausted || !is_valid(*again));
    return 0;
  }
  std::string reprinted;
  const std::string second = write(*reparsed);
  const auto third = read_component(as_bytes(second), heap, {.features = Features::all()});
  require(third.has_value() && print_component(*third, reprinted, {.features = Features::all()}).has_value());
  require(printed == reprinted);
  return 0;
}
