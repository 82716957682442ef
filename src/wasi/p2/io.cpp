// wasi:io: poll, error, streams.
#include <algorithm>
#include <array>

#include "wasi/component/aside.hpp"
#include "wasi/component/filesystem.hpp"
#include "wasi/host/poll.hpp"
#include "wasi/p2/host.hpp"

namespace tenon::wasi::p2 {

namespace {

// --- poll

Answer pollable_ready(Host& host, Values values) {
  return one(Val::boolean(is_ready(host.pollables[number_of(values[0])])));
}

Answer pollable_block(Host& host, Values values) {
  const Pollable* pollable = &host.pollables[number_of(values[0])];
  if (auto waited = wait_for(host, std::span(&pollable, 1)); !waited) return std::move(waited).error();
  return nothing();
}

Answer poll(Host& host, Values values) {
  std::vector<const Pollable*> pollables;
  for (std::size_t i = 0; i < values[0].size(); ++i) pollables.push_back(&host.pollables[number_of(values[0][i])]);
  if (pollables.empty()) return Error(ErrorKind::trap, "poll: the list of pollables is empty");
  if (auto waited = wait_for(host, pollables); !waited) return std::move(waited).error();
  std::vector<std::uint32_t> ready;
  for (std::uint32_t i = 0; i < pollables.size(); ++i) {
    if (is_ready(*pollables[i])) ready.push_back(i);
  }
  return one(Val::packed(std::span<const std::uint32_t>(ready)));
}

// --- error

Answer error_to_debug_string(Host& host, Values values) {
  const IoError& error = host.io_errors[number_of(values[0])];
  return one(Val::string(error.http ? "the body ended early" : host::to_string(error.error)));
}

// --- streams

// stream-error: that the stream is closed, or what failed.
Val closed() { return Val::error(Val::variant(1)); }
Val failed(Host& host, Errno error) {
  if (error == Errno::pipe) return closed();
  return Val::error(Val::variant(0, handle(host.io_errors.insert({.error = error}))));
}
Val failed(Host& host, const host::HttpFailure& failure) {
  return Val::error(Val::variant(0, handle(host.io_errors.insert({.http = failure}))));
}

Result<void> wait_for(Host& host, const Pollable& pollable) {
  const Pollable* const pointer = &pollable;
  return p2::wait_for(host, std::span(&pointer, 1));
}

Outcome<std::size_t> read_from_file(const Host& host, InputStream& input, std::span<std::uint8_t> buffer) {
  if (host.reactor != nullptr) {
    auto got = bindings::read_on_at_once(*input.file, input.offset, buffer);
    if (got || got.error() != Errno::again) return got;
  }
  return bindings::aside(host, [&] { return bindings::read_on(*input.file, input.offset, buffer); });
}

// Reads a piece. Nothing: the end.
Outcome<std::vector<std::uint8_t>> read_piece(const Host& host, InputStream& input, std::uint64_t size) {
  std::vector<std::uint8_t> data(static_cast<std::size_t>(std::min(size, largest_piece)));
  const std::span<std::uint8_t> buffer(data);
  const auto got = input.stream ? input.stream->read(std::span(&buffer, 1)) : read_from_file(host, input, buffer);
  if (!got) return refuse(got.error());
  data.resize(*got);
  return data;
}

Outcome<std::size_t> write_some(const Host& host, OutputStream& output, std::span<const std::uint8_t> data) {
  if (output.stream) return output.stream->write(std::span(&data, 1));
  const auto write = [&] {
    return output.appends ? bindings::append(*output.file, data)
                          : bindings::write_on(*output.file, output.offset, data);
  };
  auto put = bindings::may_wait_to_write(*output.file, output.written) ? bindings::aside(host, write) : write();
  if (put) output.written += *put;
  return put;
}

// A socket's buffer may be full in the middle.
Result<Val> write_all(Host& host, OutputStream& output, std::span<const std::uint8_t> data) {
  while (!data.empty()) {
    const auto put = write_some(host, output, data);
    if (!put && put.error() == Errno::again) {
      if (auto waited = wait_for(host, pollable_of(output)); !waited) return std::move(waited).error();
      continue;
    }
    if (!put) return failed(host, put.error());
    data = data.subspan(*put);
  }
  return Val::ok();
}

// Into a pipe, as much as there is room for; the rest, when there is.
Result<Val> write_to_pipe(Host& host, OutputStream& output, std::span<const std::uint8_t> data) {
  host::Pipe& pipe = *output.pipe;
  if (output.length.stated && data.size() > *output.length.stated - std::min(*output.length.stated, pipe.total())) {
    return failed(host, {.code = output.length.error, .size = pipe.total() + data.size()});
  }
  while (!data.empty()) {
    if (pipe.is_abandoned() || pipe.is_ended()) return closed();
    const std::size_t size = std::min(data.size(), pipe.room());
    if (size == 0) {
      if (auto waited = wait_for(host, pollable_of(output)); !waited) return std::move(waited).error();
      continue;
    }
    pipe.write({static_cast<const char*>(static_cast<const void*>(data.data())), size});
    data = data.subspan(size);
  }
  return pipe.is_abandoned() ? closed() : Val::ok();
}

Result<Val> write_result(Host& host, OutputStream& output, std::span<const std::uint8_t> data) {
  return output.pipe ? write_to_pipe(host, output, data) : write_all(host, output, data);
}

// What a pipe has now.
Val read_from_pipe(Host& host, host::Pipe& pipe, std::uint64_t size) {
  if (pipe.available() > 0) {
    const std::string data = pipe.read(static_cast<std::size_t>(std::min(size, largest_piece)));
    return Val::ok(bytes(data));
  }
  if (!pipe.is_ended()) return Val::ok(bytes(std::string_view()));
  return pipe.failure ? failed(host, *pipe.failure) : closed();
}

// What a read gives, when it was waited for or something is there.
Result<Val> read_result(Host& host, InputStream& input, std::uint64_t size, bool blocks) {
  if (size == 0) return Val::ok(bytes(std::string_view()));
  const Pollable pollable = pollable_of(input);
  if (blocks) {
    if (auto waited = wait_for(host, pollable); !waited) return std::move(waited).error();
  } else if (!is_ready(pollable)) {
    return Val::ok(bytes(std::string_view()));
  }
  if (input.pipe) return read_from_pipe(host, *input.pipe, size);
  const auto data = read_piece(host, input, size);
  if (!data) return failed(host, data.error());
  return data->empty() ? closed() : Val::ok(bytes(*data));
}

Answer answer(Result<Val> value) {
  if (!value) return std::move(value).error();
  return one(std::move(*value));
}

template <bool blocks>
Answer input_read(Host& host, Values values) {
  return answer(read_result(host, host.inputs[number_of(values[0])], values[1].unsigned_integer(), blocks));
}

template <bool blocks>
Answer input_skip(Host& host, Values values) {
  auto read = read_result(host, host.inputs[number_of(values[0])], values[1].unsigned_integer(), blocks);
  if (!read || read->index() != 0) return answer(std::move(read));
  return one(Val::ok(Val::u64(read->payload().size())));
}

Answer input_subscribe(Host& host, Values values) {
  return one(pollable_handle(host, host.inputs, values[0], pollable_of(host.inputs[number_of(values[0])])));
}

// How much may be written without waiting.
std::uint64_t permitted(const OutputStream& output) {
  if (output.pipe) return output.pipe->room();
  return is_ready(pollable_of(output)) ? largest_piece : 0;
}

Answer output_check_write(Host& host, Values values) {
  const OutputStream& output = host.outputs[number_of(values[0])];
  if (output.pipe && output.pipe->is_abandoned()) return one(closed());
  return one(Val::ok(Val::u64(permitted(output))));
}

template <bool blocks>
Answer output_write(Host& host, Values values) {
  OutputStream& output = host.outputs[number_of(values[0])];
  const auto data = values[1].packed_bytes();
  if (!blocks && output.pipe && !output.pipe->is_abandoned() && data.size() > output.pipe->room()) {
    return Error(ErrorKind::trap, "output-stream.write: more bytes than check-write allowed");
  }
  return answer(write_result(host, output, data));
}

// Bytes in a pipe are on their way; what can be waited for is that more of them fit.
Answer output_flush(Host& host, Values values) {
  const OutputStream& output = host.outputs[number_of(values[0])];
  return one(output.pipe && output.pipe->is_abandoned() ? closed() : Val::ok());
}
Answer output_blocking_flush(Host& host, Values values) {
  const OutputStream& output = host.outputs[number_of(values[0])];
  if (output.pipe) {
    if (auto waited = wait_for(host, pollable_of(output)); !waited) return std::move(waited).error();
  }
  return output_flush(host, values);
}

Answer output_subscribe(Host& host, Values values) {
  return one(pollable_handle(host, host.outputs, values[0], pollable_of(host.outputs[number_of(values[0])])));
}

Answer output_write_zeroes(Host& host, Values values) {
  static constexpr std::array<std::uint8_t, 4096> zeroes{};
  std::uint64_t left = values[1].unsigned_integer();
  if (left > largest_piece) return Error(ErrorKind::trap, "write-zeroes: more bytes than check-write allowed");
  Result<Val> result = Val::ok();
  while (left > 0 && result && result->index() == 0) {
    const std::uint64_t size = std::min<std::uint64_t>(left, zeroes.size());
    result =
        write_result(host, host.outputs[number_of(values[0])], std::span(zeroes).first(static_cast<std::size_t>(size)));
    left -= size;
  }
  return answer(std::move(result));
}

template <bool blocks>
Answer output_splice(Host& host, Values values) {
  OutputStream& output = host.outputs[number_of(values[0])];
  if (blocks) {
    if (auto waited = wait_for(host, pollable_of(output)); !waited) return std::move(waited).error();
  }
  const std::uint64_t size = std::min(values[2].unsigned_integer(), permitted(output));
  auto read = read_result(host, host.inputs[number_of(values[1])], size, blocks);
  if (!read || read->index() != 0) return answer(std::move(read));
  const auto data = read->payload().packed_bytes();
  auto written = write_result(host, output, data);
  if (!written || written->index() != 0) return answer(std::move(written));
  return one(Val::ok(Val::u64(data.size())));
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
    {"[method]output-stream.write", output_write<false>},
    {"[method]output-stream.blocking-write-and-flush", output_write<true>},
    {"[method]output-stream.flush", output_flush},
    {"[method]output-stream.blocking-flush", output_blocking_flush},
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
  if (stream.pipe) return {.owner = stream.pipe, .signal = &stream.pipe->readable};
  if (stream.stream) return {.descriptor = stream.stream->descriptor(), .owner = stream.stream};
  return {.descriptor = stream.file->descriptor.number(), .owner = stream.file};
}

Pollable pollable_of(const OutputStream& stream) {
  if (stream.pipe) return {.owner = stream.pipe, .signal = &stream.pipe->writable};
  if (stream.stream) return {.descriptor = stream.stream->descriptor(), .to_write = true, .owner = stream.stream};
  return {.descriptor = stream.file->descriptor.number(), .to_write = true, .owner = stream.file};
}

bool is_ready(const Pollable& pollable) {
  if (pollable.signal != nullptr) return pollable.signal->is_set();
  if (pollable.due) return *pollable.due <= host::monotonic_time();
  host::Wait wait{.descriptor = pollable.descriptor, .to_write = pollable.to_write};
  return !host::wait(std::span(&wait, 1), 0, {}) || wait.is_ready;
}

namespace {

Error out_of_time() { return Error(ErrorKind::trap, "deadline exceeded"); }

// In the system's `poll`: for a guest that has the thread to itself.
Result<void> wait_alone(const Host& host, std::span<const Pollable* const> pollables) {
  std::vector<host::Wait> waits;
  std::optional<std::uint64_t> shortest;
  const std::uint64_t start = host::monotonic_time();
  for (const Pollable* pollable : pollables) {
    if (pollable->due) {
      const std::uint64_t left = *pollable->due - std::min(*pollable->due, start);
      shortest = std::min(shortest.value_or(left), left);
    } else {
      waits.push_back({.descriptor = pollable->descriptor, .to_write = pollable->to_write});
    }
  }
  const auto waited = host::wait(waits, shortest, [&] { return host.is_interrupted(); });
  // What cannot be waited for is reported as ready, and says why when it is used.
  return waited || waited.error() != Errno::intr ? Result<void>() : out_of_time();
}

}  // namespace

Result<void> wait_for(Host& host, std::span<const Pollable* const> pollables) {
  if (host.reactor == nullptr) return wait_alone(host, pollables);
  // The guest may drop a pollable only when it goes on, and what is waited for is held until then.
  std::vector<host::Awaited> awaited;
  for (const Pollable* pollable : pollables) {
    awaited.push_back({.signal = pollable->signal,
                       .due = pollable->due,
                       .descriptor = pollable->descriptor,
                       .to_write = pollable->to_write});
  }
  awaited.push_back({.signal = host.stop, .due = host.deadline});
  // Nobody but the guest itself looks at its time, unless a server does.
  host::Awaited* const look = host.stop == nullptr ? &awaited.emplace_back() : nullptr;
  const auto is_any_ready = [&] {
    return std::ranges::any_of(pollables, [](const Pollable* pollable) { return is_ready(*pollable); });
  };
  while (!is_any_ready()) {
    // A server interrupts its guests also to let others have their turn, and who waits does that already.
    const bool is_late = host.deadline && *host.deadline <= host::monotonic_time();
    if (is_late || (host.stop == nullptr && host.is_interrupted())) return out_of_time();
    if (look != nullptr) look->due = host::monotonic_time() + 50'000'000;
    if (host.stop != nullptr && host.stop->is_set()) return Error(ErrorKind::trap, "the guest was stopped");
    host.reactor->wait(awaited);
  }
  return {};
}

}  // namespace tenon::wasi::p2
