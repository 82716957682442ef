// The guest frames of a thread, where it stands.
#pragma once

#include "runtime/store.hpp"

namespace tenon::runtime {

inline constexpr unsigned most_frames_shown = 32;

// Puts the innermost frames into `Store::backtrace`; gives how many there are in all. Of compiled frames it knows those
// in what compiled code kept of them (runtime/native.hpp), which are then forgotten.
std::size_t walk(Thread& thread, std::size_t most_frames = most_frames_shown);

}  // namespace tenon::runtime
