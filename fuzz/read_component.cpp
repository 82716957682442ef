// Reads any bytes as a component. What must hold: nothing that they say crashes; an unchanged component is written back
// byte for byte; a rewritten one reads again, and then stays as it is.
#include <algorithm>
#include <cstdlib>
#include <memory_resource>

#include "binary/component/component.hpp"

namespace {

using namespace tenon;
using namespace tenon::component;

std::pmr::memory_resource& heap() { return *std::pmr::new_delete_resource(); }

void require(bool holds) {
  if (!holds) std::abort();
}

void mark_changed(ComponentBody& body) {
  for (Section& section : body.sections) section.changed = true;
}

// A component that its own definitions give, without the sections that it was read from.
void rewrite(Component& component) {
  Arena arena(heap());
  ByteWriter first(arena);
  mark_changed(component.body);
  write_component(component.body, first);
  Result<Component> again = read_component(first.view(), heap(), {.features = Features::all()});
  require(again.has_value());
  mark_changed(again->body);
  ByteWriter second(arena);
  write_component(again->body, second);
  require(std::ranges::equal(first.view(), second.view()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes(data, size);
  Result<Component> component = read_component(bytes, heap(), {.features = Features::all()});
  if (!component) return 0;
  (void)check_core_modules(*component, Features::all()).has_value();
  Arena arena(heap());
  (void)read_component_names(component->body, arena).has_value();
  ByteWriter out(arena);
  write_component(component->body, out);
  require(std::ranges::equal(out.view(), bytes));
  rewrite(*component);
  return 0;
}
