#include "jit/optimizing/link.hpp"

#include <cstring>
#include <llvm/BinaryFormat/ELF.h>
#include <llvm/Object/ELFObjectFile.h>
#include <llvm/Support/LEB128.h>
#include <map>
#include <optional>

#include "base/concat.hpp"

namespace tenon::jit {

namespace {

using File = llvm::object::ELF64LEObjectFile;

Error internal(std::string_view what) {
  return fail(ErrorKind::usage, {}, "the optimizing compiler's object file ", what);
}

struct Object {
  File file;
  std::map<std::uint64_t, std::uint64_t> sections;  // section index -> place in the image
};

class Linker {
 public:
  Result<void> open(llvm::MemoryBufferRef buffer) {
    auto opened = File::create(buffer);
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
    image.bytes.resize((image.bytes.size() + image_page - 1) & ~(image_page - 1), 0xCC);
    image.constants = image.bytes.size();
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

  Image image;

 private:
  void place_sections(bool text) {
    for (Object& object : objects_) {
      for (const llvm::object::ELFSectionRef section : object.file.sections()) {
        const bool is_allocated = (section.getFlags() & llvm::ELF::SHF_ALLOC) != 0 && section.getSize() != 0;
        auto contents = section.getContents();
        if (!is_allocated || section.isText() != text || !contents) continue;
        const std::uint64_t alignment = std::max<std::uint64_t>(section.getAlignment().value(), 1);
        const std::uint64_t at = (image.bytes.size() + alignment - 1) & ~(alignment - 1);
        image.bytes.resize(at, 0xCC);
        object.sections[section.getIndex()] = at;
        image.bytes.insert(image.bytes.end(), contents->bytes_begin(), contents->bytes_end());
      }
    }
  }

  static std::optional<std::uint64_t> place_of(const Object& object, const llvm::object::SymbolRef& symbol) {
    auto section = symbol.getSection();
    auto value = symbol.getValue();
    if (!section || !value || *section == object.file.section_end()) return std::nullopt;
    const auto found = object.sections.find((*section)->getIndex());
    if (found == object.sections.end()) return std::nullopt;
    return found->second + *value;
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
    const std::uint64_t distance = *symbol + static_cast<std::uint64_t>(*addend) - at;
    switch (relocation.getType()) {
      case llvm::ELF::R_X86_64_PC32:
      case llvm::ELF::R_X86_64_PLT32: {
        const auto narrow = static_cast<std::int32_t>(distance);
        if (static_cast<std::int64_t>(distance) != narrow) return internal("is too large");
        std::memcpy(image.bytes.data() + at, &narrow, 4);
        return {};
      }
      case llvm::ELF::R_X86_64_PC64: std::memcpy(image.bytes.data() + at, &distance, 8); return {};
      default:
        return fail(ErrorKind::usage, {}, "the optimizing compiler's object file has a relocation of type ",
                    relocation.getType());
    }
  }

  std::vector<Object> objects_;
  std::map<std::string, std::uint64_t, std::less<>> symbols_;
};

}  // namespace

Result<Linked> link_image(llvm::ArrayRef<llvm::MemoryBufferRef> objects, llvm::ArrayRef<std::string> functions,
                          llvm::ArrayRef<std::string> thunks) {
  Linker linker;
  for (const llvm::MemoryBufferRef object : objects) {
    if (auto opened = linker.open(object); !opened) return std::move(opened).error();
  }
  linker.lay_out();
  if (auto done = linker.relocate(); !done) return std::move(done).error();
  Linked linked;
  linker.image.functions = linker.look_up(functions);
  linker.image.thunks = linker.look_up(thunks);
  const auto sizes = linker.frame_sizes();
  for (const std::uint32_t place : linker.image.functions) {
    const auto found = sizes.find(place);
    linked.frame_sizes.push_back(found == sizes.end() ? 0 : found->second);
  }
  linked.image = std::move(linker.image);
  return linked;
}

}  // namespace tenon::jit
