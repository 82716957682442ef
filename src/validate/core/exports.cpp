// Exports. https://webassembly.github.io/spec/core/valid/modules.html#exports
#include <algorithm>
#include <utility>
#include <vector>

#include "validate/core/declarations.hpp"

namespace tenon::core {

namespace {

std::size_t size_of_index_space(const Module& module, ExternKind kind) noexcept {
  switch (kind) {
    case ExternKind::func: return module.funcs.size();
    case ExternKind::table: return module.tables.size();
    case ExternKind::memory: return module.memories.size();
    case ExternKind::global: return module.globals.size();
    case ExternKind::tag: return module.tags.size();
  }
  return 0;
}

std::string_view word_for(ExternKind kind) noexcept { return kind == ExternKind::func ? "function" : to_string(kind); }

// Names are compared after sorting, so that hostile ones cannot make it slow, as they can with a hash table.
Result<void> check_names(const Declarations& in) {
  std::pmr::vector<const Export*> sorted(&in.arena.upstream());
  sorted.reserve(in.module.exports.size());
  for (const Export& one : in.module.exports) sorted.push_back(&one);
  std::ranges::sort(sorted, [](const Export* one, const Export* other) {
    return std::pair(one->name, one) < std::pair(other->name, other);
  });
  const auto same = [](const Export* one, const Export* other) { return one->name == other->name; };
  const auto found = std::ranges::adjacent_find(sorted, same);
  if (found == sorted.end()) return {};
  const Export& second = *found[1];
  return fail(ErrorKind::invalid, at_offset(second.offset), "duplicate export name \"", second.name,
              "\": it is that of ", word_for(found[0]->kind), ' ', found[0]->index, " and of ", word_for(second.kind),
              ' ', second.index);
}

}  // namespace

Result<void> check_exports(Declarations& in) {
  for (std::uint32_t i = 0; i < in.module.exports.size(); ++i) {
    const Export& one = in.module.exports[i];
    const std::size_t size = size_of_index_space(in.module, one.kind);
    const ErrorPlace place = at_offset(one.offset);
    if (one.index >= size) {
      return in_item(fail(ErrorKind::invalid, place, "unknown ", word_for(one.kind), ' ', one.index, ": \"", one.name,
                          "\" exports it, and the index space has ", size),
                     "export", i);
    }
    if (one.kind == ExternKind::func) in.declared[one.index] = true;
    const bool is_mutable_global =
        one.kind == ExternKind::global && in.result.global_types[GlobalIdx(one.index)].is_mutable;
    if (is_mutable_global && !in.result.features.has(Feature::mutable_global)) {
      const NeedsFeature missing{"exporting a mutable global", Feature::mutable_global};
      return in_item(fail(ErrorKind::invalid, place, missing), "export", i);
    }
  }
  return check_names(in);
}

}  // namespace tenon::core
