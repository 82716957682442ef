// The sections that linkers and compilers leave behind: `linking`, `reloc.*`, `dylink.0`, and branch hints.
#include <algorithm>

#include "binary/core/custom.hpp"
#include "binary/core/subsections.hpp"

namespace tenon::core {

namespace {

constexpr std::uint32_t linking_version = 2;
enum LinkingSubsection : std::uint8_t { segment_info = 5, init_functions = 6, comdat_info = 7, symbol_table = 8 };
enum DylinkSubsection : std::uint8_t {
  memory_info = 1,
  needed = 2,
  export_info = 3,
  import_info = 4,
  runtime_path = 5
};

// The relocations with an addend: those of addresses in memory, and of offsets in functions and sections.
constexpr std::uint8_t kinds_with_addend[] = {3, 4, 5, 8, 9, 11, 14, 15, 16, 17, 21, 22, 23, 25};
constexpr std::uint8_t last_relocation_kind = 26;

std::string_view read_plain_name(Cursor& in) { return in.name(); }

Symbol read_symbol(Cursor& in) {
  const std::uint64_t start = in.offset();
  const std::uint8_t kind = in.u8();
  if (kind > static_cast<std::uint8_t>(SymbolKind::table)) {
    in.fault(ErrorKind::malformed, start, "malformed symbol kind: ", Hex{kind}, " is none");
  }
  Symbol symbol;
  symbol.kind = static_cast<SymbolKind>(kind);
  symbol.flags = in.u32();
  const bool is_defined = (symbol.flags & symbol_is_undefined) == 0;
  if (symbol.kind == SymbolKind::section) {
    symbol.index = in.u32();
  } else if (symbol.kind == SymbolKind::data) {
    symbol.name = in.name();
    if (!is_defined) return symbol;
    symbol.index = in.u32();
    symbol.offset = in.u64();
    symbol.size = in.u64();
  } else {
    symbol.index = in.u32();
    if (is_defined || (symbol.flags & symbol_has_explicit_name) != 0) symbol.name = in.name();
  }
  return symbol;
}

LinkingSegment read_segment(Cursor& in) {
  LinkingSegment segment;
  segment.name = in.name();
  segment.align_log2 = in.u32();
  segment.flags = in.u32();
  return segment;
}

InitFunction read_init_function(Cursor& in) {
  InitFunction function;
  function.priority = in.u32();
  function.symbol = in.u32();
  return function;
}

Comdat read_comdat(Cursor& in, Arena& arena) {
  Comdat comdat;
  comdat.name = in.name();
  comdat.flags = in.u32();
  comdat.items = read_list<ComdatItem>(in, arena, "items of a comdat", 2, [](Cursor& at) {
    ComdatItem item;
    item.kind = at.u8();
    item.index = at.u32();
    return item;
  });
  return comdat;
}

Relocation read_relocation(Cursor& in) {
  const std::uint64_t start = in.offset();
  Relocation relocation;
  relocation.kind = in.u8();
  if (relocation.kind > last_relocation_kind) {
    in.fault(ErrorKind::malformed, start, "malformed relocation kind: ", relocation.kind, " is none");
  }
  relocation.offset = in.u32();
  relocation.index = in.u32();
  if (std::ranges::find(kinds_with_addend, relocation.kind) != std::end(kinds_with_addend))
    relocation.addend = in.s64();
  return relocation;
}

DylinkMemory read_dylink_memory(Cursor& in) {
  DylinkMemory memory;
  memory.memory_size = in.u32();
  memory.memory_align_log2 = in.u32();
  memory.table_size = in.u32();
  memory.table_align_log2 = in.u32();
  return memory;
}

DylinkExport read_dylink_export(Cursor& in) {
  DylinkExport result;
  result.name = in.name();
  result.flags = in.u32();
  return result;
}

DylinkImport read_dylink_import(Cursor& in) {
  DylinkImport result;
  result.module = in.name();
  result.name = in.name();
  result.flags = in.u32();
  return result;
}

BranchHint read_branch_hint(Cursor& in) {
  BranchHint hint;
  hint.offset = in.u32();
  const std::uint64_t size_offset = in.offset();
  if (in.u32() != 1) in.fault(ErrorKind::malformed, size_offset, "malformed branch hint: its size is not 1");
  const std::uint64_t value_offset = in.offset();
  const std::uint8_t value = in.u8();
  if (value > 1) in.fault(ErrorKind::malformed, value_offset, "malformed branch hint: ", value, " is neither 0 nor 1");
  hint.is_likely = value == 1;
  return hint;
}

}  // namespace

Result<Linking> read_linking(const Section& section, Arena& arena) {
  Cursor in(section.payload, section.offset);
  Linking linking;
  linking.version = in.u32();
  if (in.ok() && linking.version != linking_version) {
    in.fault(ErrorKind::malformed, section.offset, "unknown version of linking metadata: ", linking.version);
  }
  read_subsections(in, [&](std::uint8_t id, std::uint64_t, Cursor& at) {
    switch (id) {
      case symbol_table: linking.symbols = read_list<Symbol>(at, arena, "symbols", 3, read_symbol); return true;
      case segment_info:
        linking.segments = read_list<LinkingSegment>(at, arena, "segments", 3, read_segment);
        return true;
      case init_functions:
        linking.init_functions = read_list<InitFunction>(at, arena, "functions", 2, read_init_function);
        return true;
      case comdat_info:
        linking.comdats =
            read_list<Comdat>(at, arena, "comdats", 3, [&](Cursor& comdat) { return read_comdat(comdat, arena); });
        return true;
      default: return false;
    }
  });
  return finish_section(in, linking);
}

Result<Relocations> read_relocations(const Section& section, Arena& arena) {
  Cursor in(section.payload, section.offset);
  Relocations relocations;
  relocations.section = in.u32();
  relocations.entries = read_list<Relocation>(in, arena, "relocations", 3, read_relocation);
  return finish_section(in, relocations);
}

Result<Dylink> read_dylink(const Section& section, Arena& arena) {
  Cursor in(section.payload, section.offset);
  Dylink dylink;
  read_subsections(in, [&](std::uint8_t id, std::uint64_t, Cursor& at) {
    switch (id) {
      case memory_info: dylink.memory = read_dylink_memory(at); return true;
      case needed: dylink.needed = read_list<std::string_view>(at, arena, "libraries", 1, read_plain_name); return true;
      case export_info:
        dylink.exports = read_list<DylinkExport>(at, arena, "exports", 2, read_dylink_export);
        return true;
      case import_info:
        dylink.imports = read_list<DylinkImport>(at, arena, "imports", 3, read_dylink_import);
        return true;
      case runtime_path:
        dylink.runtime_path = read_list<std::string_view>(at, arena, "paths", 1, read_plain_name);
        return true;
      default: return false;
    }
  });
  return finish_section(in, dylink);
}

void write_dylink(ByteWriter& out, const Dylink& dylink) {
  Arena scratch(out.arena().upstream());
  ByteWriter payload(scratch);
  const auto put_list = [&](DylinkSubsection id, const auto& items, auto put_one) {
    if (items.empty()) return;
    payload.clear();
    payload.u32(static_cast<std::uint32_t>(items.size()));
    for (const auto& item : items) put_one(item);
    out.u8(id);
    out.sized(payload.view());
  };
  const auto put_name = [&](std::string_view name) { payload.name(name); };
  if (dylink.memory) {
    payload.u32(dylink.memory->memory_size);
    payload.u32(dylink.memory->memory_align_log2);
    payload.u32(dylink.memory->table_size);
    payload.u32(dylink.memory->table_align_log2);
    out.u8(memory_info);
    out.sized(payload.view());
  }
  put_list(needed, dylink.needed, put_name);
  put_list(export_info, dylink.exports, [&](const DylinkExport& item) {
    payload.name(item.name);
    payload.u32(item.flags);
  });
  put_list(import_info, dylink.imports, [&](const DylinkImport& item) {
    payload.name(item.module);
    payload.name(item.name);
    payload.u32(item.flags);
  });
  put_list(runtime_path, dylink.runtime_path, put_name);
}

Result<std::span<const FuncBranchHints>> read_branch_hints(const Section& section, Arena& arena) {
  Cursor in(section.payload, section.offset);
  const auto read_func = [&](Cursor& at) {
    FuncBranchHints func;
    func.func = FuncIdx(at.u32());
    func.hints = read_list<BranchHint>(at, arena, "branch hints", 3, read_branch_hint);
    return func;
  };
  const std::span<const FuncBranchHints> hints = read_list<FuncBranchHints>(in, arena, "functions", 2, read_func);
  return finish_section(in, hints);
}

void write_branch_hints(ByteWriter& out, std::span<const FuncBranchHints> hints) {
  out.u32(static_cast<std::uint32_t>(hints.size()));
  for (const FuncBranchHints& func : hints) {
    out.u32(func.func.value);
    out.u32(static_cast<std::uint32_t>(func.hints.size()));
    for (const BranchHint& hint : func.hints) {
      out.u32(hint.offset);
      out.u32(1);
      out.u8(hint.is_likely ? 1 : 0);
    }
  }
}

}  // namespace tenon::core
