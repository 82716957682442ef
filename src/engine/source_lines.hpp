// Source lines of a module's instructions, from its DWARF.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace tenon::detail {

// Opens the reader (src/dwarf) when first asked, and keeps it; any thread may ask.
class SourceLines {
 public:
  // Of the module in these bytes, which outlive this; `code_begin` is the offset of its code section's contents, which
  // DWARF counts from.
  SourceLines(std::string_view module, std::uint64_t code_begin) noexcept : module_(module), code_begin_(code_begin) {}
  SourceLines(const SourceLines&) = delete;
  SourceLines& operator=(const SourceLines&) = delete;
  ~SourceLines();

  // "file:line:column" of the instruction at this offset in the module; empty if the module does not say, or the reader
  // is not installed.
  std::string at(std::uint64_t offset);

 private:
  std::string_view module_;
  std::mutex mutex_;
  bool was_opened_ = false;
  void* lines_ = nullptr;
  std::uint64_t code_begin_;
};

}  // namespace tenon::detail
