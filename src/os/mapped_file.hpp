// A file's contents in memory, without reading them first.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::os {

class MappedFile {
 public:
  // Not open where there is no such file, or it cannot be mapped.
  explicit MappedFile(const std::string& path) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();
  bool is_open() const noexcept { return data_ != nullptr; }
  std::string_view contents() const noexcept { return {static_cast<const char*>(data_), size_}; }
  int descriptor() const noexcept { return descriptor_; }

 private:
  int descriptor_ = -1;
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace tenon::os
