// wasi:io: poll, error, streams.
#include <algorithm>
#include <array>

#include "wasi/host/clocks.hpp"
#include "wasi/host/poll.hpp"
#include "wasi/p2/host.hpp"

namespace tenon::wasi::p2 {

namespace {

std::uint64_t monotonic_now() { return host::now(host::Clock::monotonic).value_or(0); }

// --- poll

Answer pollable_ready(Host& host, Values values) {
  return one(Val::boolean(is_ready(host.pollables[number_of(values[0])])));
}

Answer pollable_block(Host& host, Values values) {
  const Pollable* pollable = &host.pollables[number_of(values[0])];
  wait_for(std::span(&pollable, 1));
  return nothing();
}

Answer poll(Host& host, Values values) {
  std::vector<const Pollable*> pollables;
  for (std::size_t i = 0; i < values[0].size(); ++i) pollables.push_back(&host.pollables[number_of(values[0][i])]);
  if (pollables.empty()) return Error(ErrorKind::trap, "poll: the list of pollables is empty");
  wait_for(pollables);
  std::vector<std::uint32_t> ready;
  for (std::uint32_t i = 0; i < pollables.size(); ++i) {
    if (is_ready(*pollables[i])) ready.push_back(i);
  }
  return one(Val::packed(std::span<const std::uint32_t>(ready)));
}

// --- error

Answer error_to_debug_string(Host& host, Values values) {
  return one(Val::string(host::to_string(host.io_errors[number_of(values[0])])));
}

// --- streams

// stream-error: that the stream is closed, or what failed.
Val closed() { return Val::error(Val::variant(1)); }
Val failed(Host& host, Errno error) {
  if (error == Errno::pipe) return closed();
  return Val::error(Val::variant(0, handle(host.io_errors.insert(error))));
}

// Reads a piece. Nothing: the end.
Outcome<std::vector<std::uint8_t>> read_piece(InputStream& input, std::uint64_t size) {
  std::vector<std::uint8_t> data(static_cast<std::size_t>(std::min(size, largest_piece)));
  const std::span<std::uint8_t> buffer(data);
  Outcome<std::size_t> got = 0;
  if (input.stream) {
    got = input.stream->read(std::span(&buffer, 1));
  } else {
    got = host::read_at(*input.file, std::span(&buffer, 1), input.offset);
    if (!got && got.error() == Errno::spipe) got = host::read(*input.file, std::span(&buffer, 1));
    if (got) input.offset += *got;
  }
  if (!got) return refuse(got.error());
  data.resize(*got);
  return data;
}

Outcome<std::size_t> write_some(OutputStream& output, std::span<const std::uint8_t> data) {
  if (output.stream) return output.stream->write(std::span(&data, 1));
  if (output.appends) return host::append(*output.file, std::span(&data, 1));
  auto put = host::write_at(*output.file, std::span(&data, 1), output.offset);
  if (!put && put.error() == Errno::spipe) put = host::write(*output.file, std::span(&data, 1));
  if (put) output.offset += *put;
  return put;
}

Outcome<void> write_all(OutputStream& output, std::span<const std::uint8_t> data) {
  while (!data.empty()) {
    const auto put = write_some(output, data);
    if (!put && put.error() == Errno::again) {  // a socket's buffer is full
      const Pollable pollable = pollable_of(output);
      const Pollable* const pointer = &pollable;
      wait_for(std::span(&pointer, 1));
      continue;
    }
    if (!put) return refuse(put.error());
    data = data.subspan(*put);
  }
  return {};
}

// What a read gives, when it was waited for or something is there.
Val read_result(Host& host, InputStream& input, std::uint64_t size, bool blocks) {
  if (size == 0) return Val::ok(bytes({}));
  const Pollable pollable = pollable_of(input);
  const Pollable* const pointer = &pollable;
  if (blocks) {
    wait_for(std::span(&pointer, 1));
  } else if (!is_ready(pollable)) {
    return Val::ok(bytes({}));
  }
  const auto data = read_piece(input, size);
  if (!data) return failed(host, data.error());
  return data->empty() ? closed() : Val::ok(bytes(*data));
}

template <bool blocks>
Answer input_read(Host& host, Values values) {
  return one(read_result(host, host.inputs[number_of(values[0])], values[1].unsigned_integer(), blocks));
}

template <bool blocks>
Answer input_skip(Host& host, Values values) {
  Val read = read_result(host, host.inputs[number_of(values[0])], values[1].unsigned_integer(), blocks);
  if (read.index() != 0) return one(std::move(read));
  return one(Val::ok(Val::u64(read.payload().size())));
}

Answer input_subscribe(Host& host, Values values) {
  return one(handle(host.pollables.insert(pollable_of(host.inputs[number_of(values[0])]))));
}

Answer output_check_write(Host& host, Values values) {
  const bool ready = is_ready(pollable_of(host.outputs[number_of(values[0])]));
  return one(Val::ok(Val::u64(ready ? largest_piece : 0)));
}

Val write_result(Host& host, OutputStream& output, std::span<const std::uint8_t> data) {
  const auto written = write_all(output, data);
  return written ? Val::ok() : failed(host, written.error());
}

Answer output_write(Host& host, Values values) {
  return one(write_result(host, host.outputs[number_of(values[0])], values[1].packed_bytes()));
}

Answer output_flush(Host&, Values) { return one(Val::ok()); }

Answer output_subscribe(Host& host, Values values) {
  return one(handle(host.pollables.insert(pollable_of(host.outputs[number_of(values[0])]))));
}

Answer output_write_zeroes(Host& host, Values values) {
  static constexpr std::array<std::uint8_t, 4096> zeroes{};
  std::uint64_t left = values[1].unsigned_integer();
  if (left > largest_piece) return Error(ErrorKind::trap, "write-zeroes: more bytes than check-write allowed");
  Val result = Val::ok();
  while (left > 0 && result.index() == 0) {
    const std::uint64_t size = std::min<std::uint64_t>(left, zeroes.size());
    result =
        write_result(host, host.outputs[number_of(values[0])], std::span(zeroes).first(static_cast<std::size_t>(size)));
    left -= size;
  }
  return one(std::move(result));
}

template <bool blocks>
Answer output_splice(Host& host, Values values) {
  Val read = read_result(host, host.inputs[number_of(values[1])], values[2].unsigned_integer(), blocks);
  if (read.index() != 0) return one(std::move(read));
  const auto data = read.payload().packed_bytes();
  Val written = write_result(host, host.outputs[number_of(values[0])], data);
  return one(written.index() == 0 ? Val::ok(Val::u64(data.size())) : std::move(written));
}

constexpr Function poll_functions[] = {
    {"[method]pollable.ready", pollable_ready},
    {"[method]pollable.block", pollable_block},
    {"poll", poll},
};
constexpr Function error_functions[] = {{"[method]error.to-debug-string", error_to_debug_string}};
constexpr Function stream_functions[] = {
    {"[method]input-stream.read", input_read<false>},
    {"[method]input-stream.blocking-read", input_read<true>},
    {"[method]input-stream.skip", input_skip<false>},
    {"[method]input-stream.blocking-skip", input_skip<true>},
    {"[method]input-stream.subscribe", input_subscribe},
    {"[method]output-stream.check-write", output_check_write},
    {"[method]output-stream.write", output_write},
    {"[method]output-stream.blocking-write-and-flush", output_write},
    {"[method]output-stream.flush", output_flush},
    {"[method]output-stream.blocking-flush", output_flush},
    {"[method]output-stream.subscribe", output_subscribe},
    {"[method]output-stream.write-zeroes", output_write_zeroes},
    {"[method]output-stream.blocking-write-zeroes-and-flush", output_write_zeroes},
    {"[method]output-stream.splice", output_splice<false>},
    {"[method]output-stream.blocking-splice", output_splice<true>},
};

}  // namespace

const Interface io_poll{"wasi:io/poll", poll_functions};
const Interface io_error{"wasi:io/error", error_functions};
const Interface io_streams{"wasi:io/streams", stream_functions};

Pollable pollable_of(const InputStream& stream) {
  if (stream.stream) return {.descriptor = stream.stream->descriptor(), .owner = stream.stream};
  return {.descriptor = stream.file->descriptor.number(), .owner = stream.file};
}

Pollable pollable_of(const OutputStream& stream) {
  if (stream.stream) return {.descriptor = stream.stream->descriptor(), .to_write = true, .owner = stream.stream};
  return {.descriptor = stream.file->descriptor.number(), .to_write = true, .owner = stream.file};
}

bool is_ready(const Pollable& pollable) {
  if (pollable.due) return *pollable.due <= monotonic_now();
  host::Wait wait{.descriptor = pollable.descriptor, .to_write = pollable.to_write};
  return !host::wait(std::span(&wait, 1), 0, {}) || wait.is_ready;
}

void wait_for(std::span<const Pollable* const> pollables) {
  std::vector<host::Wait> waits;
  std::optional<std::uint64_t> shortest;
  const std::uint64_t start = monotonic_now();
  for (const Pollable* pollable : pollables) {
    if (pollable->due) {
      const std::uint64_t left = *pollable->due - std::min(*pollable->due, start);
      shortest = std::min(shortest.value_or(left), left);
    } else {
      waits.push_back({.descriptor = pollable->descriptor, .to_write = pollable->to_write});
    }
  }
  // What cannot be waited for is reported as ready, and says why when it is used.
  static_cast<void>(host::wait(waits, shortest, {}));
}

}  // namespace tenon::wasi::p2
