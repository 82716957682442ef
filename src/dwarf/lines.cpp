// Source lines from the DWARF of a module, by LLVM's reader. A shared library of its own, so that LLVM is loaded when
// the first line is asked for and not before; `engine/source_lines.cpp` opens it. The interface is three C functions.
//
// LLVM's reader is made for the output of compilers, not for hostile input: whoever asks for source lines trusts the
// module that far.
#include <cstdint>
#include <llvm/DebugInfo/DIContext.h>
#include <llvm/DebugInfo/DWARF/DWARFContext.h>
#include <llvm/Object/ObjectFile.h>
#include <llvm/Support/MemoryBuffer.h>
#include <memory>
#include <string>

namespace {

struct Lines {
  std::unique_ptr<llvm::object::ObjectFile> object;
  std::unique_ptr<llvm::DWARFContext> context;
};

}  // namespace

extern "C" {

// The lines of the module in these bytes, which must stay; nullptr if LLVM cannot read them.
void* tenon_dwarf_open(const char* bytes, std::size_t size) {
  const llvm::MemoryBufferRef buffer(llvm::StringRef(bytes, size), "module");
  auto object = llvm::object::ObjectFile::createObjectFile(buffer);
  if (!object) {
    llvm::consumeError(object.takeError());
    return nullptr;
  }
  auto lines = std::make_unique<Lines>();
  lines->object = std::move(*object);
  // What is wrong in them is not worth a word: there is no line then.
  const auto ignore = [](llvm::Error error) { llvm::consumeError(std::move(error)); };
  lines->context = llvm::DWARFContext::create(*lines->object, llvm::DWARFContext::ProcessDebugRelocations::Ignore,
                                              nullptr, "", ignore, ignore);
  return lines.release();
}

void tenon_dwarf_close(void* lines) { delete static_cast<Lines*>(lines); }

// Writes "file:line:column" of the instruction at this offset in the contents of the code section; gives how many
// bytes, 0 if it is not known.
std::size_t tenon_dwarf_line(void* lines, std::uint64_t offset, char* out, std::size_t room) {
  const llvm::DILineInfoSpecifier what(llvm::DILineInfoSpecifier::FileLineInfoKind::RelativeFilePath,
                                       llvm::DINameKind::None);
  const llvm::object::SectionedAddress address{offset, llvm::object::SectionedAddress::UndefSection};
  const llvm::DILineInfo info = static_cast<Lines*>(lines)->context->getLineInfoForAddress(address, what);
  if (info.Line == 0 || info.FileName == llvm::DILineInfo::BadString) return 0;
  const std::string text = info.FileName + ":" + std::to_string(info.Line) + ":" + std::to_string(info.Column);
  return text.copy(out, room);
}

}  // extern "C"
