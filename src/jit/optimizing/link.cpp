#include "jit/optimizing/link.hpp"

#include <cstring>
#include <llvm/BinaryFormat/ELF.h>
#include <llvm/Object/ELFObjectFile.h>
#include <llvm/Support/LEB128.h>
#include <map>

#include "base/concat.hpp"

namespace tenon::jit {

namespace {

using Object = llvm::object::ELF64LEObjectFile;

Error internal(std::string_view what) {
  return fail(ErrorKind::usage, {}, "the optimizing compiler's object file ", what);
}

struct Layout {
  std::map<std::uint64_t, std::uint64_t> sections;  // section index -> place in the image
};

void place(Image& image, Layout& layout, const llvm::object::ELFSectionRef& section) {
  const std::uint64_t alignment = std::max<std::uint64_t>(section.getAlignment().value(), 1);
  const std::uint64_t at = (image.bytes.size() + alignment - 1) & ~(alignment - 1);
  image.bytes.resize(at, 0xCC);
  auto contents = section.getContents();
  if (!contents) {
    llvm::consumeError(contents.takeError());
    return;
  }
  layout.sections[section.getIndex()] = at;
  image.bytes.insert(image.bytes.end(), contents->bytes_begin(), contents->bytes_end());
}

Result<void> relocate(Image& image, const Layout& layout, const llvm::object::SectionRef& target,
                      const llvm::object::ELFRelocationRef& relocation) {
  const auto symbol = relocation.getSymbol();
  auto addend = relocation.getAddend();
  if (!addend) return internal("has a relocation without an addend");
  auto section = symbol->getSection();
  auto value = symbol->getValue();
  if (!section || !value) return internal("has a symbol that cannot be read");
  const auto found = layout.sections.find((*section)->getIndex());
  if (found == layout.sections.end()) {
    auto name = symbol->getName();
    return fail(ErrorKind::usage, {}, "the optimizing compiler's object file refers to ",
                name ? std::string_view(name->data(), name->size()) : "a nameless symbol");
  }
  const std::uint64_t at = layout.sections.at(target.getIndex()) + relocation.getOffset();
  const std::uint64_t wanted = found->second + *value + static_cast<std::uint64_t>(*addend);
  switch (relocation.getType()) {
    case llvm::ELF::R_X86_64_PC32:
    case llvm::ELF::R_X86_64_PLT32: {
      const auto distance = static_cast<std::int64_t>(wanted - at);
      if (distance != static_cast<std::int32_t>(distance)) return internal("is too large");
      const auto narrow = static_cast<std::int32_t>(distance);
      std::memcpy(image.bytes.data() + at, &narrow, 4);
      return {};
    }
    case llvm::ELF::R_X86_64_PC64: {
      const std::uint64_t distance = wanted - at;
      std::memcpy(image.bytes.data() + at, &distance, 8);
      return {};
    }
    default:
      return fail(ErrorKind::usage, {}, "the optimizing compiler's object file has a relocation of type ",
                  relocation.getType());
  }
}

// The section that says how large the frames are: for each function its address, which a relocation gives, and the
// size.
std::map<std::uint64_t, std::uint64_t> read_frame_sizes(const Object& object, const Layout& layout) {
  std::map<std::uint64_t, std::uint64_t> sizes;  // by place in the image
  for (const llvm::object::ELFSectionRef section : object.sections()) {
    auto target = section.getRelocatedSection();
    if (!target || *target == object.section_end()) continue;
    auto name = (*target)->getName();
    auto contents = (*target)->getContents();
    if (!name || !contents || *name != ".stack_sizes") continue;
    for (const llvm::object::ELFRelocationRef relocation : section.relocations()) {
      const auto symbol = relocation.getSymbol();
      auto text = symbol->getSection();
      auto value = symbol->getValue();
      auto addend = relocation.getAddend();
      const std::uint64_t at = relocation.getOffset() + 8;
      if (!text || !value || !addend || at >= contents->size()) continue;
      const auto found = layout.sections.find((*text)->getIndex());
      if (found == layout.sections.end()) continue;
      const std::uint64_t size = llvm::decodeULEB128(contents->bytes_begin() + at, nullptr, contents->bytes_end());
      sizes[found->second + *value + static_cast<std::uint64_t>(*addend)] = size;
    }
  }
  return sizes;
}

}  // namespace

Result<Linked> link_image(llvm::MemoryBufferRef buffer, llvm::ArrayRef<std::string> functions,
                          llvm::ArrayRef<std::string> thunks) {
  auto opened = Object::create(buffer);
  if (!opened) {
    llvm::consumeError(opened.takeError());
    return internal("cannot be read");
  }
  const Object& object = *opened;
  Linked linked;
  Image& image = linked.image;
  Layout layout;
  const auto is_allocated = [](const llvm::object::ELFSectionRef& section) {
    return (section.getFlags() & llvm::ELF::SHF_ALLOC) != 0 && section.getSize() != 0;
  };
  for (const llvm::object::ELFSectionRef section : object.sections()) {
    if (is_allocated(section) && section.isText()) place(image, layout, section);
  }
  image.bytes.resize((image.bytes.size() + image_page - 1) & ~(image_page - 1), 0xCC);
  image.constants = image.bytes.size();
  for (const llvm::object::ELFSectionRef section : object.sections()) {
    if (is_allocated(section) && !section.isText()) place(image, layout, section);
  }
  for (const llvm::object::ELFSectionRef section : object.sections()) {
    auto target = section.getRelocatedSection();
    if (!target || *target == object.section_end() || !layout.sections.contains((*target)->getIndex())) continue;
    for (const llvm::object::ELFRelocationRef relocation : section.relocations()) {
      if (auto done = relocate(image, layout, **target, relocation); !done) return std::move(done).error();
    }
  }
  std::map<std::string, std::uint32_t, std::less<>> symbols;
  for (const llvm::object::ELFSymbolRef symbol : object.symbols()) {
    auto name = symbol.getName();
    auto section = symbol.getSection();
    auto value = symbol.getValue();
    if (!name || !section || !value || *section == object.section_end()) continue;
    const auto found = layout.sections.find((*section)->getIndex());
    if (found != layout.sections.end()) symbols[name->str()] = static_cast<std::uint32_t>(found->second + *value);
  }
  const auto look_up = [&](llvm::ArrayRef<std::string> names, std::vector<std::uint32_t>& places) {
    for (const std::string& name : names) {
      const auto found = symbols.find(name);
      places.push_back(found == symbols.end() || name.empty() ? not_compiled : found->second);
    }
  };
  look_up(functions, image.functions);
  look_up(thunks, image.thunks);
  const auto sizes = read_frame_sizes(object, layout);
  for (const std::uint32_t place : image.functions) {
    const auto found = sizes.find(place);
    linked.frame_sizes.push_back(found == sizes.end() ? 0 : found->second);
  }
  return linked;
}

}  // namespace tenon::jit
