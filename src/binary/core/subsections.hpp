// What custom sections that Tenon knows have in common: lists, and subsections with an id and a size.
#pragma once

#include <limits>
#include <span>

#include "base/arena.hpp"
#include "binary/core/cursor.hpp"

namespace tenon::core {

// A list of anything that `read_one(in)` reads, at least `least_bytes` each. Not limited but by the bytes there are.
template <class T, class ReadOne>
std::span<const T> read_list(Cursor& in, Arena& arena, std::string_view what, std::size_t least_bytes,
                             ReadOne read_one) {
  const std::uint32_t count = in.count(std::numeric_limits<std::uint32_t>::max(), what, least_bytes);
  const std::span<T> items = arena.make_array<T>(count);
  for (T& item : items) {
    if (!in.ok()) return {};
    item = read_one(in);
  }
  return items;
}

// Calls `read(id, offset of the id, in)` for each subsection, with a cursor over its payload; what it leaves unread is
// a fault. `read` returns false for an id that it does not know: such a subsection is passed over.
template <class Read>
void read_subsections(Cursor& in, Read read) {
  while (in.ok() && !in.at_end()) {
    const std::uint64_t start = in.offset();
    const std::uint8_t id = in.u8();
    const std::uint32_t size = in.length("a subsection");
    const std::uint64_t offset = in.offset();
    Cursor payload(in.bytes(size), offset);
    if (!in.ok()) return;
    const bool is_known = read(id, start, payload);
    if (!payload.ok()) return in.fault(payload.take_error());
    if (is_known && !payload.at_end()) {
      return in.fault(ErrorKind::malformed, payload.offset(), "section size mismatch: ", payload.remaining(),
                      " bytes are left in subsection ", id);
    }
  }
}

// What was read, when nothing is left over.
template <class T>
Result<T> finish_section(Cursor& in, const T& value) {
  if (in.ok() && !in.at_end()) {
    in.fault(ErrorKind::malformed, in.offset(), "section size mismatch: ", in.remaining(), " bytes are left");
  }
  if (!in.ok()) return in.take_error();
  return value;
}

}  // namespace tenon::core
