// Streams of bytes between guests and the system, with the future that says how it ended.
//
// A source is read when a guest asks for bytes, and not before: nothing is taken from the system that nobody wants. A
// sink gets the bytes where they lie in the guest's memory, in the middle of its write; so nothing is lost when the
// guest ends right after it. Only what a sink does not take at once is kept, and the guest waits for it. What waits for
// the disk does so on another thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "wasi/p3/host.hpp"

namespace tenon::wasi::p3 {

// How an interface names its errors.
using ErrorValue = Val (*)(Errno error);

class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;
  // Zero bytes: the end. Errors: again, when there is nothing yet: `descriptor` is to be waited for, or, without one,
  // `read_from_disk` gives it.
  virtual Outcome<std::size_t> read(std::span<std::uint8_t> buffer) = 0;
  virtual Outcome<std::size_t> read_from_disk(std::span<std::uint8_t> buffer) { return read(buffer); }
  virtual int descriptor() const { return -1; }
  // Nobody reads any more.
  virtual void close() {}
};

class Sink {
 public:
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual ~Sink() = default;
  // Errors: again, when nothing can be taken yet: `descriptor` is to be waited for.
  virtual Outcome<std::size_t> write(std::span<const std::uint8_t> data) = 0;
  virtual int descriptor() const { return -1; }
  // Whether `write` may wait for the disk.
  virtual bool may_wait() const { return false; }
  // There will be no more.
  virtual Outcome<void> end() { return {}; }
  // Nothing more is taken.
  virtual void close() {}
};

// `tuple<stream<u8>, future<result<_, error-code>>>` with what the source gives. Errors: those of `make_stream`.
Answer read_stream(const Context& context, std::unique_ptr<Source> source, ErrorValue error_value);
// The same where there is nothing: a closed stream, and why.
Answer refused_stream(const Context& context, Val error);
// `future<result<_, error-code>>`: the stream in the value goes to the sink.
Answer write_stream(const Context& context, const Val& stream, std::unique_ptr<Sink> sink, ErrorValue error_value);
// A future that has its value already. An error drops the stream.
Result<Val> settled(const Context& context, Val value);

}  // namespace tenon::wasi::p3
