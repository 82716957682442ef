// Reads any bytes as a module. What must hold: nothing that they say crashes; reading in pieces says the same as
// reading whole; an unchanged module is written back byte for byte; a rewritten one reads again, and then stays as it
// is.
#include <algorithm>
#include <cstdlib>
#include <memory_resource>
#include <string_view>

#include "binary/core/custom.hpp"
#include "binary/core/module.hpp"

namespace {

using namespace tenon;
using namespace tenon::core;

std::pmr::memory_resource& heap() { return *std::pmr::new_delete_resource(); }

void require(bool holds) {
  if (!holds) std::abort();
}

void require_same_error(const Error& a, const Error& b) {
  require(a.kind() == b.kind() && a.message() == b.message() && a.place().offset == b.place().offset);
}

// Two pieces, cut at a place that depends on the input.
void read_in_pieces(Bytes bytes, const Result<Module>& whole) {
  const std::size_t cut = bytes.empty() ? 0 : bytes.back() * bytes.size() / 256;
  ModuleReader reader(heap(), {.features = Features::all()});
  (void)reader.feed(bytes.first(cut)).has_value();
  (void)reader.feed(bytes.subspan(cut)).has_value();
  const Result<Module> pieces = reader.finish();
  require(pieces.has_value() == whole.has_value());
  if (!whole) return require_same_error(whole.error(), pieces.error());
  Arena arena(heap());
  ByteWriter out(arena);
  write_module(*pieces, out);
  require(std::ranges::equal(out.view(), bytes));
}

void read_custom_sections(const Module& module) {
  Arena arena(heap());
  (void)read_names(module, arena).has_value();
  for (const Section& section : module.sections) {
    if (section.id != SectionId::custom) continue;
    (void)read_producers(section, arena).has_value();
    (void)read_target_features(section, arena).has_value();
    (void)read_branch_hints(section, arena).has_value();
    (void)read_dylink(section, arena).has_value();
    (void)read_linking(section, arena).has_value();
    (void)read_relocations(section, arena).has_value();
  }
}

void rewrite(Module& module) {
  Arena arena(heap());
  ByteWriter first(arena);
  for (Section& section : module.sections) section.changed = true;
  write_module(module, first);
  Result<Module> again = read_module(first.view(), heap(), {.features = Features::all()});
  require(again.has_value());
  for (Section& section : again->sections) section.changed = true;
  ByteWriter second(arena);
  write_module(*again, second);
  require(std::ranges::equal(first.view(), second.view()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes(data, size);
  Result<Module> module = read_module(bytes, heap(), {.features = Features::all()});
  read_in_pieces(bytes, module);
  if (!module) return 0;
  (void)check_bodies(*module, Features::all()).has_value();
  read_custom_sections(*module);
  Arena arena(heap());
  ByteWriter out(arena);
  write_module(*module, out);
  require(std::ranges::equal(out.view(), bytes));
  rewrite(*module);
  return 0;
}
