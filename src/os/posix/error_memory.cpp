#include "base/error_memory.hpp"

#include <cstdio>
#include <cstdlib>

#include "tenon/result.hpp"

namespace tenon {

void* error_allocate(std::size_t size) noexcept { return std::malloc(size); }
void error_free(void* memory) noexcept { std::free(memory); }

void detail::bad_result_access(const Error& error) noexcept {
  const auto kind = to_string(error.kind());
  const auto message = error.message();
  std::fprintf(stderr, "tenon: value() was asked of an error (%.*s): %.*s\n", static_cast<int>(kind.size()),
               kind.data(), static_cast<int>(message.size()), message.data());
  std::abort();
}

}  // namespace tenon
