#include "binary/core/cursor.hpp"

#include "base/utf8.hpp"
#include "binary/core/fault_texts.hpp"

namespace tenon {

Error Cursor::end_error(std::uint64_t offset) noexcept {
  return fail(ErrorKind::malformed, at_offset(offset), unexpected_end_text);
}

Error Cursor::leb_fault_error(LebFault reason, unsigned bits, std::uint64_t offset) noexcept {
  if (reason == LebFault::integer_too_large) {
    return fail(ErrorKind::malformed, at_offset(offset), "integer too large: it does not fit in ", bits, " bits");
  }
  return fail(ErrorKind::malformed, at_offset(offset), "integer representation too long: ", bits, " bits take at most ",
              (bits + 6) / 7, " bytes");
}

std::uint32_t Cursor::count(std::uint32_t limit, std::string_view what, std::size_t least_bytes) noexcept {
  const std::uint64_t start = offset();
  const std::uint32_t count = u32();
  if (count == 0) return 0;
  if (at_end()) return fail_with(end_error(offset())), 0;
  if (count > remaining() / least_bytes) {
    fault(ErrorKind::malformed, start, out_of_bounds_text, count, " ", what, " do not fit in the remaining ",
          remaining(), " bytes");
    return 0;
  }
  if (count > limit) {
    fault(ErrorKind::exhausted, start, "too many ", what, ": ", count, ", and the limit is ", limit);
    return 0;
  }
  return count;
}

std::uint32_t Cursor::length(std::string_view what) noexcept {
  const std::uint64_t start = offset();
  const std::uint32_t size = u32();
  if (size > remaining()) {
    fault(ErrorKind::malformed, start, out_of_bounds_text, what, " of ", size, " bytes, and only ", remaining(),
          " are left");
    return 0;
  }
  return size;
}

std::string_view Cursor::name() noexcept {
  const Bytes text = bytes(length("a name"));
  const std::size_t good = utf8_prefix(text);
  if (good != text.size()) [[unlikely]] {
    fault(ErrorKind::malformed, offset() - text.size() + good, "malformed UTF-8 encoding");
    return {};
  }
  return as_chars(text);
}

}  // namespace tenon
