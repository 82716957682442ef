// What a thread does while it waits for another to leave a few instructions' worth of a lock. With an operating system
// (`os/posix/give_way.cpp`) the other may have to be let run first; the embedded profile links its own definition. A
// link-time choice, as for the memory of errors.
#pragma once

namespace tenon {

// To be called again and again; `turns` counts the calls.
void give_way(unsigned turns) noexcept;

}  // namespace tenon
