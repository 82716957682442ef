// Resolves any bytes as a WIT file. What must hold: nothing that they say crashes; an error has a place inside the
// text; what resolves is printed as a text that resolves again and prints the same.
// Seeds: text
#include <cstdlib>
#include <memory_resource>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "wit/print.hpp"
#include "wit/resolve.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tenon;
  std::pmr::memory_resource& heap = *std::pmr::new_delete_resource();
  const wit::ResolveOptions options{
      .features = Features::all(), .unstable = {}, .all_unstable = true, .target_version = {}};
  const wit::Source source{"fuzz.wit", as_chars({data, size})};
  const auto resolve = wit::resolve_file(source, heap, options);
  if (!resolve) {
    require(!resolve.error().message().empty());
    const std::uint64_t offset = resolve.error().place().offset;
    require(offset == ErrorPlace::no_offset || offset <= size);
    return 0;
  }
  const std::string printed = wit::print_all(*resolve, {.docs = false});
  require(!wit::print_json(*resolve).empty());
  const auto again = wit::resolve_file({"printed.wit", printed}, heap, options);
  require(again.has_value());
  require(wit::print_all(*again, {.docs = false}) == printed);
  return 0;
}
