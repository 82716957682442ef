// Any bytes as a component, and its WIT. What must hold: nothing that they say crashes; what comes out is printed, and
// a package that is encoded again comes out the same (other packages are left out that it does not use).
#include <cstdlib>
#include <memory_resource>
#include <string>

#include "base/bytes.hpp"
#include "binary/component/component.hpp"
#include "wit/decode.hpp"
#include "wit/encode.hpp"
#include "wit/print.hpp"

namespace {

using namespace tenon;

void require(bool holds) {
  if (!holds) std::abort();
}

std::pmr::memory_resource& heap() { return *std::pmr::new_delete_resource(); }

Result<wit::Decoded> decode(Bytes bytes) {
  auto component = component::read_component(bytes, heap(), {.features = Features::all()});
  if (!component) return std::move(component).error();
  return wit::decode_component(*component, heap());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto metadata = wit::decode_world_metadata({data, size}, 0, Features::all(), heap());
  require(metadata || !metadata.error().message().empty());
  const auto decoded = decode({data, size});
  if (!decoded) {
    require(!decoded.error().message().empty());
    return 0;
  }
  require(!wit::print_json(decoded->resolve).empty());
  (void)wit::print_all(decoded->resolve);
  const std::string printed = wit::print_package(decoded->resolve, decoded->resolve.main);
  if (!decoded->world.is_none()) return 0;
  Arena arena(heap());
  ByteWriter out(arena);
  wit::encode_package(decoded->resolve, decoded->resolve.main, {"fuzz", "1"}, out);
  const auto again = decode(out.view());
  require(again.has_value());
  require(wit::print_package(again->resolve, again->resolve.main) == printed);
  return 0;
}
