// Validates any bytes that read as a module. What must hold: nothing that they say crashes or hangs; the fast handlers
// and the steps give every body the same verdict; a thread of its own gives what the same validator gave before, so
// nothing of one body reaches the next; and what is valid with fewer features is valid with all.
#include <cstdlib>
#include <memory_resource>

#include "binary/core/module.hpp"
#include "validate/core/body.hpp"
#include "validate/core/module.hpp"

namespace {

using namespace tenon;
using namespace tenon::core;

std::pmr::memory_resource& heap() { return *std::pmr::new_delete_resource(); }

void require(bool holds) {
  if (!holds) std::abort();
}

void require_same(const Result<void>& a, const Result<void>& b) {
  require(a.has_value() == b.has_value());
  if (a) return;
  require(a.error().kind() == b.error().kind() && a.error().message() == b.error().message());
  require(a.error().place().offset == b.error().place().offset);
}

bool validate_bodies(const ValidatedModule& validated) {
  Body fast(validated, heap());
  Body steps(validated, heap());
  steps.takes_only_steps = true;
  bool is_valid = true;
  const Module& module = *validated.module;
  for (std::uint32_t i = module.imported_funcs; i < module.funcs.size(); ++i) {
    const Result<void> verdict = fast.validate_function(FuncIdx(i));
    require_same(verdict, steps.validate_function(FuncIdx(i)));
    Body fresh(validated, heap());
    require_same(verdict, fresh.validate_function(FuncIdx(i)));
    is_valid = is_valid && verdict.has_value();
  }
  return is_valid;
}

bool is_valid(Bytes bytes, Features features) {
  const Result<Module> module = read_module(bytes, heap(), {.features = features});
  if (!module) return false;
  TypeRegistry registry(heap());
  Arena arena(heap());
  const Result<ValidatedModule> validated = validate_declarations(*module, registry, arena, {.features = features});
  if (!validated) return false;
  const bool valid = validate_bodies(*validated);
  require(valid == validate_module(*module, registry, arena, {.features = features}).has_value());
  return valid;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes(data, size);
  const bool is_valid_with_all = is_valid(bytes, Features::all());
  if (is_valid(bytes, Features::defaults())) require(is_valid_with_all);
  Features old = Features::none();
  old.set(Feature::simd, true);
  old.set(Feature::sign_extension, true);
  old.set(Feature::bulk_memory, true);
  if (is_valid(bytes, old)) require(is_valid_with_all);
  return 0;
}
