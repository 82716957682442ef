#include "wasi/host/streams.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <sys/uio.h>
#include <unistd.h>
#include <utility>

#include "wasi/host/posix/system.hpp"

namespace tenon::wasi::host {

namespace {

// A stream of this process.
class Inherited final : public ByteStream {
 public:
  explicit Inherited(int descriptor) : descriptor_(descriptor) {}

  Outcome<std::size_t> read(Buffers buffers) override {
    if (descriptor_ != 0) return refuse(Errno::badf);
    return transfer(buffers, ::readv);
  }
  Outcome<std::size_t> write(ConstBuffers buffers) override {
    if (descriptor_ == 0) return refuse(Errno::badf);
    return transfer(buffers, ::writev);
  }
  FileType type() const override {
    if (isatty(descriptor_) == 1) return FileType::character_device;
    const auto found = posix::stat_descriptor(descriptor_);
    return !found || found->type == FileType::character_device ? FileType::unknown : found->type;
  }
  int descriptor() const override { return descriptor_; }

 private:
  template <class Byte>
  Outcome<std::size_t> transfer(std::span<const std::span<Byte>> buffers,
                                ssize_t (*call)(int, const iovec*, int)) const {
    std::array<iovec, most_buffers> vectors;
    const std::size_t count = std::min(buffers.size(), most_buffers);
    for (std::size_t i = 0; i < count; ++i) {
      vectors[i] = {const_cast<std::uint8_t*>(buffers[i].data()), buffers[i].size()};
    }
    for (;;) {
      const ssize_t size = call(descriptor_, vectors.data(), static_cast<int>(count));
      if (size >= 0) return static_cast<std::size_t>(size);
      if (errno != EINTR) return refuse_by_system();
    }
  }

  int descriptor_;
};

// Bytes that were given beforehand.
class GivenInput final : public ByteStream {
 public:
  explicit GivenInput(std::string bytes) : bytes_(std::move(bytes)) {}

  Outcome<std::size_t> read(Buffers buffers) override {
    std::size_t total = 0;
    for (const std::span<std::uint8_t> buffer : buffers) {
      const std::size_t size = std::min(buffer.size(), bytes_.size() - at_);
      if (size != 0) std::memcpy(buffer.data(), bytes_.data() + at_, size);
      at_ += size;
      total += size;
    }
    return total;
  }
  Outcome<std::size_t> write(ConstBuffers) override { return refuse(Errno::badf); }
  FileType type() const override { return FileType::unknown; }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

// What is written goes to a function, or nowhere.
class TakenOutput final : public ByteStream {
 public:
  explicit TakenOutput(std::function<void(std::string_view)> sink) : sink_(std::move(sink)) {}

  Outcome<std::size_t> read(Buffers) override { return refuse(Errno::badf); }
  Outcome<std::size_t> write(ConstBuffers buffers) override {
    std::size_t total = 0;
    for (const std::span<const std::uint8_t> buffer : buffers) {
      total += buffer.size();
      if (sink_ && !buffer.empty()) {
        const void* bytes = buffer.data();
        sink_({static_cast<const char*>(bytes), buffer.size()});
      }
    }
    return total;
  }
  FileType type() const override { return FileType::unknown; }

 private:
  std::function<void(std::string_view)> sink_;
};

}  // namespace

std::shared_ptr<ByteStream> make_input(const Stream& stream) {
  if (stream.kind == Stream::Kind::inherited) return std::make_shared<Inherited>(0);
  return std::make_shared<GivenInput>(stream.bytes);
}

std::shared_ptr<ByteStream> make_output(const Stream& stream, int descriptor) {
  if (stream.kind == Stream::Kind::inherited) return std::make_shared<Inherited>(descriptor);
  return std::make_shared<TakenOutput>(stream.sink);
}

}  // namespace tenon::wasi::host
