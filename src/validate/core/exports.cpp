// Exports. https://webassembly.github.io/spec/core/valid/modules.html#exports
#include <bit>
#include <vector>

#include "base/bytes.hpp"
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

// The exports by name, in a hash table with open addressing. The seed is an address, so that nobody can prepare names
// that collide. (Sorting the names instead takes four times as long where there are ten thousands.)
class ExportNames {
 public:
  explicit ExportNames(const Declarations& in)
      : exports_(in.module.exports.span()),
        slots_(std::bit_ceil(exports_.size() * 2 + 1), Slot{}, &in.arena.upstream()),
        seed_(std::bit_cast<std::uint64_t>(slots_.data()) | 1) {}

  // Adds the export, or gives the one that has its name already.
  const Export* add(const Export& one) {
    const std::uint64_t hash = hash_of(one.name);
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
      Slot& slot = slots_[i];
      if (slot.entry == nullptr) {
        slot = {hash, &one};
        return nullptr;
      }
      if (slot.hash == hash && slot.entry->name == one.name) return slot.entry;
    }
  }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    const Export* entry = nullptr;
  };
  std::uint64_t hash_of(std::string_view name) const noexcept {
    constexpr std::uint64_t factor = 0x9E37'79B9'7F4A'7C15U;
    std::uint64_t hash = seed_ ^ name.size();
    const auto mix = [&](std::uint64_t word) {
      hash = (hash ^ word) * factor;
      hash ^= hash >> 29;
    };
    for (; name.size() >= 8; name.remove_prefix(8)) mix(load_le<std::uint64_t>(name.data()));
    std::uint64_t rest = 0;
    for (const char c : name) rest = rest << 8 | static_cast<std::uint8_t>(c);
    mix(rest);
    return hash;
  }
  std::span<const Export> exports_;
  std::pmr::vector<Slot> slots_;
  std::uint64_t seed_;
};

Result<void> check_names(const Declarations& in) {
  ExportNames names(in);
  for (const Export& one : in.module.exports) {
    const Export* same = names.add(one);
    if (same == nullptr) continue;
    return fail(ErrorKind::invalid, at_offset(one.offset), "duplicate export name \"", one.name, "\": it is that of ",
                word_for(same->kind), ' ', same->index, " and of ", word_for(one.kind), ' ', one.index);
  }
  return {};
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
