// Frames of compiled code: whose they are, and how to leave them one by one.
//
// Compiled code keeps no frame pointers. What the compiler knows of its frames is in the image's tables (image.hpp), so
// that a walk is exact wherever it begins, and costs nothing until there is one. Exceptions go to a landing pad of the
// innermost frame that has one for its call, with the registers as they were there; that decides whether it catches,
// and raises again if not. A walk ends at the thunk through which an activation was entered.
#pragma once

#include <atomic>

#include "jit/image.hpp"
#include "runtime/executor.hpp"
#include "runtime/native.hpp"
#include "runtime/thread.hpp"

namespace tenon::jit {

// Code that is mapped, for whoever has nothing but an address in it.
struct CodeMap {
  std::atomic<const std::uint8_t*> begin = nullptr;
  std::atomic<const std::uint8_t*> end = nullptr;
  std::span<const runtime::CodeModule* const> modules;  // that sites name, the code's own first; set before `end`
  Image image;                                          // its bytes as they are mapped; likewise
  CodeMap* next = nullptr;
};

// Rows are reused, never freed: a signal's handler may look at any time. What the arguments refer to stays until the
// row is removed.
CodeMap* add_code_map(const Image& mapped, std::span<const runtime::CodeModule* const> modules);
void remove_code_map(CodeMap* map) noexcept;
// nullptr: no compiled code is there.
const CodeMap* find_code_map(const void* pc) noexcept;

// A frame of compiled code as it is.
struct MachineFrame {
  std::uintptr_t pc = 0;
  std::uintptr_t sp = 0;
  std::uintptr_t saved[saved_registers] = {};
  bool is_call = true;  // pc is where a call comes back to, else an instruction that is about to run
};
// The frame of compiled code that called a function whose frame is at `frame`; of the registers it knows the frame
// pointer only, which is enough for walks that end in no landing pad.
MachineFrame caller_of(const runtime::Slot* frame) noexcept;

// The code that the frame is of; nullptr: it is none of compiled code.
const CodeMap* map_of(const MachineFrame& frame) noexcept;

// Goes to the caller's frame. False: nothing is known of this one.
bool step_out(const CodeMap& map, MachineFrame& frame) noexcept;
// What the frame's code was compiled from; nullptr: nothing.
const CodeSite* site_of(const CodeMap& map, const MachineFrame& frame) noexcept;
inline const CodeSite* caller_of(const CodeMap& map, const CodeSite& site) noexcept {
  return site.caller == not_compiled
             ? nullptr
             : &map.image.table<CodeSite>(map.image.layout.sites, map.image.layout.site_count)[site.caller];
}

// `NativeModule::kept_frames`.
runtime::NativeBacktrace& kept_frames() noexcept;

// Keeps the frames from this one to the activation's begin, for a backtrace. `callee` is the frame on the managed stack
// that the innermost called; nullptr: that is where the guest stopped.
void keep_frames(runtime::Thread& thread, MachineFrame frame, const runtime::Slot* callee);

// Keeps all compiled frames of a thread that is under way: for whoever looks in between. At most that many of each
// activation.
void keep_frames_under_way(runtime::Thread& thread, std::size_t most);

// Goes on at the landing pad for the exception that `frame` has under way; comes back if the activation has none.
void go_to_landing_pad(MachineFrame frame, runtime::Slot exception) noexcept;

}  // namespace tenon::jit
