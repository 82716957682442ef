// Streams and futures: two ends, and what they share.
//
// Nothing is buffered. The end that comes first leaves its buffer with the shared part and waits; the other one copies,
// memory to memory, as much as both have room for. A buffer lies in a guest's memory or belongs to the host, which has
// ends of its own (`HostEnd`).
//
// Streams and futures share all code but a few rules: a future has one element, and is done after it.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#stream-state
#pragma once

#include <cstdint>

#include "runtime/component/state.hpp"
#include "runtime/component/waitable.hpp"
#include "tenon/component_values.hpp"

namespace tenon::component {

enum class CopyResult : std::uint8_t { completed = 0, dropped = 1, cancelled = 2 };
enum class CopyState : std::uint8_t { idle, copying, cancelling_copy, done };

struct HostEnd;

// Elements in a guest's memory, or of the host.
struct Buffer {
  static constexpr std::uint32_t max_length = (1U << 28) - 1;

  ComponentInstance* inst = nullptr;  // nullptr: the host's
  const CanonicalOptions* opts = nullptr;
  const ValueType* element = nullptr;  // in the resource ids of `inst`; nullptr: elements carry nothing
  std::uint64_t pointer = 0;           // of the next element
  HostEnd* host = nullptr;
  std::uint32_t length = 0;
  std::uint32_t progress = 0;

  std::uint32_t remain() const noexcept { return length - progress; }
  bool is_zero_length() const noexcept { return length == 0; }
};

struct CopyEnd;

// What both ends share (`SharedStreamImpl`, `SharedFutureImpl`).
struct SharedStream {
  Scheduler* scheduler = nullptr;
  // The stream or future type, in the resource ids of `inst`; nullptr as long as only the host has seen it.
  const ValueType* type = nullptr;
  const ComponentInstance* inst = nullptr;
  bool is_future = false;
  bool dropped = false;
  std::uint8_t users = 2;  // ends that are there
  // The end whose buffer waits; one of the two, or neither.
  CopyEnd* pending = nullptr;
  HostEnd* pending_host = nullptr;
  HostEnd* watcher = nullptr;  // is told when the other end goes
  bool has_pending() const noexcept { return pending != nullptr || pending_host != nullptr; }
};

// A guest's end (`ReadableStreamEnd`, ...; its kind says which).
struct CopyEnd final : Waitable {
  CopyEnd(HandleKind kind, SharedStream& shared) noexcept : Waitable(kind), shared(&shared) {}

  SharedStream* shared;
  CopyState state = CopyState::idle;
  CopyResult result = CopyResult::completed;  // of the pending event
  bool reclaim_buffer = false;                // the buffer still waits, until the event is delivered
  Buffer buffer;

  bool is_readable() const noexcept {
    return kind == HandleKind::readable_stream || kind == HandleKind::readable_future;
  }
  bool copying() const noexcept { return state == CopyState::copying || state == CopyState::cancelling_copy; }
};

// The host's end of a stream or future. What its elements are is its own affair: it moves them itself, to and from a
// guest's memory, or from the other end if that is the host's, too.
struct HostEnd {
  SharedStream* shared = nullptr;
  bool is_readable = false;
  Buffer buffer;

  // Moves the next `count` elements, which there are on both sides, but advances neither buffer. Errors: trap, usage.
  virtual Result<void> load(const Buffer& guest, std::uint32_t count) = 0;
  virtual Result<void> store(const Buffer& guest, std::uint32_t count) = 0;
  virtual Result<void> take(HostEnd& from, std::uint32_t count) = 0;
  // Some elements were copied, and the buffer still waits, until it is taken back (`host_reclaim`); or the copy is
  // over. Neither may begin another.
  virtual void on_copy() = 0;
  virtual void on_copy_done(CopyResult result) = 0;
  // The other end was dropped just now.
  virtual void on_drop() = 0;

 protected:
  ~HostEnd() = default;
};

SharedStream* make_shared_stream(ComponentInstance& inst, const ValueType& type);
// One of the host, with the type to be known when a guest gets an end of it.
SharedStream* make_shared_stream(Scheduler& scheduler, bool is_future);

// Copies between the end's buffer, which is set, and the other side's, or leaves it waiting. What comes of it is a
// pending event of either end. Errors: trap.
Result<void> copy(CopyEnd& end);
Result<void> host_copy(HostEnd& end);
// The host's buffer waits no more, without an event.
void host_reclaim(HostEnd& end) noexcept;
// The waiting buffer, which there is, is taken back: its end gets the event `cancelled`.
void cancel_copy(SharedStream& shared);
// The end is gone. The shared part, when it was the last.
void drop_shared(SharedStream& shared);

Event take_event(CopyEnd& end);

// Whether two stream or future types, each as its instance sees it, are the same.
bool same_payload(const ValueType& a, const ComponentInstance& a_inst, const ValueType& b,
                  const ComponentInstance& b_inst) noexcept;

bool same_value_type(const ValueType* a, const ComponentInstance& a_inst, const ValueType* b,
                     const ComponentInstance& b_inst) noexcept;

}  // namespace tenon::component
