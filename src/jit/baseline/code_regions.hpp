// Machine code of one module: regions of memory that fill up, and where their accesses of memory go on when they fault.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "jit/baseline/emitter.hpp"
#include "os/code_memory.hpp"

namespace tenon::jit::baseline {

class CodeRegions {
 public:
  CodeRegions();
  CodeRegions(const CodeRegions&) = delete;
  CodeRegions& operator=(const CodeRegions&) = delete;
  // Nothing runs in them any more.
  ~CodeRegions();

  // Places a function's code; gives its address, or nullptr when the system has no room. One call at a time.
  const std::uint8_t* place(const Emitted& emitted);
  std::size_t size() const noexcept { return size_; }

 private:
  struct Region;
  bool add_region(std::size_t least);

  std::vector<std::unique_ptr<Region>> regions_;
  std::size_t size_ = 0;  // bytes of code
};

}  // namespace tenon::jit::baseline
