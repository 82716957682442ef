// Copying text that has to be UTF-8.
#pragma once

#include "base/bytes.hpp"

namespace tenon::component {

// Copies text to a place that is no part of it, and checks it on the way: each byte is read once. False: it is not
// UTF-8, and what is at `to` then means nothing. The second begins at the end, and so with what was written to `from`
// last, which is in the caches yet.
bool copy_utf8(Bytes from, std::uint8_t* to) noexcept;
bool copy_utf8_backwards(Bytes from, std::uint8_t* to) noexcept;

}  // namespace tenon::component
