// Guests that take turns.
//
// `Store::interrupt` stops the guest that runs in a store. An embedder that serves many guests on one thread may want
// it to stand back instead: it gives the store a function that is asked then, in the middle of guest code, and that may
// switch to other work (on another native stack, tenon/native_stack.hpp) before it answers.
#pragma once

#include <functional>

#include "tenon/tenon.hpp"

namespace tenon {

// From now on, `ask` is called on the guest's thread when the store is interrupted: true lets the guest go on, false
// stops it with the trap "deadline exceeded". It must not use the store, nor throw. An empty function asks nobody.
void set_interrupt_handler(Store& store, std::function<bool()> ask);

}  // namespace tenon
