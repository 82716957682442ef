// Standard input and output as a guest sees them: a stream of this process, bytes that the embedder gives or takes, or
// nothing. Streams have no place that could be moved, and are never closed on the system's side.
#pragma once

#include <memory>

#include "tenon/wasi.hpp"
#include "wasi/host/filesystem.hpp"

namespace tenon::wasi::host {

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  // Zero bytes: the end. Errors: badf, for a stream of the other direction.
  virtual Outcome<std::size_t> read(Buffers buffers) = 0;
  virtual Outcome<std::size_t> write(ConstBuffers buffers) = 0;
  // `character_device` for a terminal, and for nothing else, for that is how guests know one.
  virtual FileType type() const = 0;
  // The system's descriptor to wait for; -1 for a stream that never makes anybody wait.
  virtual int descriptor() const { return -1; }
};

std::shared_ptr<ByteStream> make_input(const Stream& stream);
// `descriptor` is 1 or 2, used when the stream is inherited.
std::shared_ptr<ByteStream> make_output(const Stream& stream, int descriptor);

}  // namespace tenon::wasi::host
