#include "jit/optimizing/link.hpp"

#include <cstring>
#include <llvm/BinaryFormat/ELF.h>
#include <llvm/Object/ELFObjectFile.h>
#include <llvm/Support/LEB128.h>
#include <map>
#include <optional>

#include "base/concat.hpp"
#include "jit/optimizing/fuel_calls.hpp"
#include "jit/optimizing/tables.hpp"

namespace tenon::jit {

namespace {

Error internal(std::string_view what) {
  return fail(ErrorKind::usage, {}, "the optimizing compiler's object file ", what);
}

// What is read here, and not by the code.
bool is_about_code(const llvm::object::ELFSectionRef& section) {
  auto name = section.getName();
  return name && (*name == ".eh_frame" || *name == ".gcc_except_table" || name->starts_with(".data.DW.ref"));
}

class Linker {
 public:
  explicit Linker(const Machine& machine) : machine_(machine) {}

  Result<void> open(llvm::MemoryBufferRef buffer) {
    auto opened = ObjectFile::create(buffer);
    if (!opened) {
      llvm::consumeError(opened.takeError());
      return internal("cannot be read");
    }
    objects_.push_back({std::move(*opened), {}});
    return {};
  }

  // Instructions first, then, from a page on, everything else.
  void lay_out() {
    place_sections(true);
    bytes.resize((bytes.size() + machine_.image_page - 1) & ~(machine_.image_page - 1), 0xCC);
    constants = bytes.size();
    place_sections(false);
    for (const Object& object : objects_) {
      for (const llvm::object::ELFSymbolRef symbol : object.file.symbols()) {
        auto name = symbol.getName();
        const auto at = place_of(object, symbol);
        if (name && at && symbol.getBinding() == llvm::ELF::STB_GLOBAL) symbols_[name->str()] = *at;
      }
    }
  }

  Result<void> relocate() {
    for (const Object& object : objects_) {
      for (const llvm::object::ELFSectionRef section : object.file.sections()) {
        auto target = section.getRelocatedSection();
        if (!target || *target == object.file.section_end() || !object.sections.contains((*target)->getIndex()))
          continue;
        for (const llvm::object::ELFRelocationRef relocation : section.relocations()) {
          if (auto done = relocate(object, **target, relocation); !done) return done;
        }
      }
    }
    return {};
  }

  std::vector<std::uint32_t> look_up(llvm::ArrayRef<std::string> names) const {
    std::vector<std::uint32_t> places;
    for (const std::string& name : names) {
      const auto found = symbols_.find(name);
      places.push_back(found == symbols_.end() ? not_compiled : static_cast<std::uint32_t>(found->second));
    }
    return places;
  }

  // The section that says how large the frames are: for each function its address, which a relocation gives, and the
  // size.
  std::map<std::uint64_t, std::uint64_t> frame_sizes() const {
    std::map<std::uint64_t, std::uint64_t> sizes;  // by place in the image
    for (const Object& object : objects_) {
      for (const llvm::object::ELFSectionRef section : object.file.sections()) {
        auto target = section.getRelocatedSection();
        if (!target || *target == object.file.section_end()) continue;
        auto name = (*target)->getName();
        auto contents = (*target)->getContents();
        if (!name || !contents || *name != ".stack_sizes") continue;
        for (const llvm::object::ELFRelocationRef relocation : section.relocations()) {
          auto addend = relocation.getAddend();
          const auto function = place_of(object, *relocation.getSymbol());
          const std::uint64_t at = relocation.getOffset() + 8;
          if (!function || !addend || at >= contents->size()) continue;
          sizes[*function + static_cast<std::uint64_t>(*addend)] =
              llvm::decodeULEB128(contents->bytes_begin() + at, nullptr, contents->bytes_end());
        }
      }
    }
    return sizes;
  }

  Result<CodeTables> tables() {
    CodeTables tables;
    for (const Object& object : objects_) {
      if (auto read = read_tables(object, machine_, tables); !read) return std::move(read).error();
    }
    tables.sort();
    return tables;
  }

  std::vector<std::uint8_t> bytes;
  std::uint64_t constants = 0;

 private:
  void place_sections(bool text) {
    for (Object& object : objects_) {
      for (const llvm::object::ELFSectionRef section : object.file.sections()) {
        const bool is_allocated = (section.getFlags() & llvm::ELF::SHF_ALLOC) != 0 && section.getSize() != 0;
        auto contents = section.getContents();
        if (!is_allocated || section.isText() != text || is_about_code(section) || !contents) continue;
        const std::uint64_t alignment = std::max<std::uint64_t>(section.getAlignment().value(), 1);
        const std::uint64_t at = (bytes.size() + alignment - 1) & ~(alignment - 1);
        bytes.resize(at, 0xCC);
        object.sections[section.getIndex()] = at;
        bytes.insert(bytes.end(), contents->bytes_begin(), contents->bytes_end());
      }
    }
  }

  Result<void> relocate(const Object& object, const llvm::object::SectionRef& target,
                        const llvm::object::ELFRelocationRef& relocation) {
    auto name = relocation.getSymbol()->getName();
    auto addend = relocation.getAddend();
    if (!name || !addend) return internal("has a relocation that cannot be read");
    auto symbol = place_of(object, *relocation.getSymbol());
    if (const auto found = symbols_.find(*name); !symbol && found != symbols_.end()) symbol = found->second;
    if (!symbol) {
      return fail(ErrorKind::usage, {}, "the optimizing compiler's object file refers to ",
                  std::string_view(name->data(), name->size()));
    }
    const std::uint64_t at = object.sections.at(target.getIndex()) + relocation.getOffset();
    const std::uint64_t place = *symbol + static_cast<std::uint64_t>(*addend);
    return machine_.kind == MachineKind::aarch64 ? resolve_aarch64(relocation.getType(), at, place)
                                                 : resolve_x86_64(relocation.getType(), at, place);
  }

  // The machine's relocations: what is at `at` refers to `target`. Both are places in the image, which begins at a
  // page.
  Result<void> resolve_aarch64(std::uint32_t type, std::uint64_t at, std::uint64_t target) {
    const std::uint64_t distance = target - at;
    switch (type) {
      case llvm::ELF::R_AARCH64_CALL26:
      case llvm::ELF::R_AARCH64_JUMP26:
        if (!fits(distance, 28)) return internal("is too large");
        return change(at, 0x03FF'FFFF, static_cast<std::uint32_t>(distance >> 2));
      case llvm::ELF::R_AARCH64_ADR_PREL_PG_HI21: {
        const auto pages = static_cast<std::uint32_t>((target >> 12) - (at >> 12));
        return change(at, 0x60FF'FFE0, (pages & 3) << 29 | (pages >> 2 & 0x7'FFFF) << 5);
      }
      case llvm::ELF::R_AARCH64_ADD_ABS_LO12_NC:
      case llvm::ELF::R_AARCH64_LDST8_ABS_LO12_NC: return change_offset(at, target, 0);
      case llvm::ELF::R_AARCH64_LDST16_ABS_LO12_NC: return change_offset(at, target, 1);
      case llvm::ELF::R_AARCH64_LDST32_ABS_LO12_NC: return change_offset(at, target, 2);
      case llvm::ELF::R_AARCH64_LDST64_ABS_LO12_NC: return change_offset(at, target, 3);
      case llvm::ELF::R_AARCH64_LDST128_ABS_LO12_NC: return change_offset(at, target, 4);
      case llvm::ELF::R_AARCH64_PREL32: return put<std::uint32_t>(at, distance);
      case llvm::ELF::R_AARCH64_PREL64: return put<std::uint64_t>(at, distance);
      default: return unknown(type);
    }
  }

  static bool fits(std::uint64_t distance, unsigned bits) {
    return (distance + (std::uint64_t{1} << (bits - 1))) >> bits == 0;
  }
  // The bits of an instruction that `mask` has.
  Result<void> change(std::uint64_t at, std::uint32_t mask, std::uint32_t value) {
    std::uint32_t instruction = 0;
    std::memcpy(&instruction, bytes.data() + at, sizeof instruction);
    instruction = (instruction & ~mask) | (value & mask);
    std::memcpy(bytes.data() + at, &instruction, sizeof instruction);
    return {};
  }
  // The place within its page, in units of an access.
  Result<void> change_offset(std::uint64_t at, std::uint64_t target, unsigned unit) {
    return change(at, 0x003F'FC00, static_cast<std::uint32_t>((target & 0xFFF) >> unit) << 10);
  }

  Result<void> resolve_x86_64(std::uint32_t type, std::uint64_t at, std::uint64_t target) {
    switch (type) {
      case llvm::ELF::R_X86_64_PC32:
      case llvm::ELF::R_X86_64_PLT32: return put<std::uint32_t>(at, target - at);
      case llvm::ELF::R_X86_64_PC64: return put<std::uint64_t>(at, target - at);
      default: return unknown(type);
    }
  }

  static Error unknown(std::uint32_t type) {
    return fail(ErrorKind::usage, {}, "the optimizing compiler's object file has a relocation of type ", type);
  }
  // A number that may be less than zero.
  template <class T>
  Result<void> put(std::uint64_t at, std::uint64_t value) {
    const auto narrow = static_cast<T>(value);
    if (static_cast<std::int64_t>(value) != static_cast<std::make_signed_t<T>>(narrow)) {
      return internal("is too large");
    }
    std::memcpy(bytes.data() + at, &narrow, sizeof narrow);
    return {};
  }

  const Machine& machine_;
  std::vector<Object> objects_;
  std::map<std::string, std::uint64_t, std::less<>> symbols_;
};

// How large frames are. A function that passes fuel in registers has two.
void measure_frames(const Linker& linker, llvm::ArrayRef<std::string> functions, Linked& linked) {
  auto sizes = linker.frame_sizes();
  const auto take = [&](std::uint32_t place) {
    const auto found = sizes.extract(place);
    return found.empty() ? 0 : found.mapped();
  };
  std::vector<std::string> paid;
  for (const std::string& function : functions) paid.push_back(function + paid_suffix);
  const auto entries = linker.look_up(functions);
  const auto codes = linker.look_up(paid);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    linked.frame_sizes.push_back(std::max(take(entries[i]), take(codes[i])));
  }
  linked.loop_frame_size = take(linked.image.layout.loop);
  for (const auto& [place, size] : sizes) linked.other_frame_size = std::max(linked.other_frame_size, size);
}

// The rows as images have them.
std::vector<std::uint32_t> words_of(llvm::ArrayRef<FrameRow> rows) {
  std::vector<std::uint32_t> words;
  for (const FrameRow& row : rows) {
    words.insert(words.end(), {row.begin, row.frame});
    words.insert(words.end(), row.saved.begin(), row.saved.end());
  }
  return words;
}

}  // namespace

Result<Linked> link_image(const Machine& machine, llvm::ArrayRef<llvm::MemoryBufferRef> objects,
                          llvm::ArrayRef<std::string> functions, llvm::ArrayRef<std::string> thunks,
                          const std::string& loop) {
  Linker linker(machine);
  for (const llvm::MemoryBufferRef object : objects) {
    if (auto opened = linker.open(object); !opened) return std::move(opened).error();
  }
  linker.lay_out();
  if (auto done = linker.relocate(); !done) return std::move(done).error();
  auto tables = linker.tables();
  if (!tables) return std::move(tables).error();
  Linked linked;
  const auto entries = linker.look_up(functions);
  auto bytes = std::make_shared<std::vector<std::uint8_t>>(std::move(linker.bytes));
  ImageLayout& layout = linked.image.layout;
  layout.functions = static_cast<std::uint32_t>(entries.size());
  layout.constants = linker.constants;
  if (!loop.empty()) {
    const auto found = linker.look_up({loop, loop + loop_entry_suffix});
    layout.loop = found[0];
    layout.loop_entry = found[1];
  }
  measure_frames(linker, functions, linked);
  if (!bytes->empty()) {
    const auto append = [&](const auto& rows) {
      bytes->resize((bytes->size() + 15) & ~std::size_t{15});
      const auto at = static_cast<std::uint32_t>(bytes->size());
      const auto* begin = reinterpret_cast<const std::uint8_t*>(rows.data());
      bytes->insert(bytes->end(), begin, begin + rows.size() * sizeof(rows[0]));
      return at;
    };
    const auto count = [](const auto& rows) { return static_cast<std::uint32_t>(rows.size()); };
    layout.entries = append(entries);
    layout.thunks = append(linker.look_up(thunks));
    layout.unwind = append(words_of(tables->unwind));
    layout.unwind_count = count(tables->unwind);
    layout.places = append(tables->places);
    layout.place_count = count(tables->places);
    layout.sites = append(tables->sites);
    layout.site_count = count(tables->sites);
    layout.pads = append(tables->pads);
    layout.pad_count = count(tables->pads);
  }
  linked.image.bytes = *bytes;
  linked.image.keep = std::move(bytes);
  return linked;
}

}  // namespace tenon::jit
