// wasi:cli, wasi:clocks and wasi:random: what 0.3 has of its own there.
#include <algorithm>

#include "wasi/host/clocks.hpp"
#include "wasi/host/poll.hpp"
#include "wasi/p3/transfer.hpp"

namespace tenon::wasi::p3 {

namespace {

// --- cli

// error-code of wasi:cli/types, in its order.
Val stdio_error(Errno error) {
  enum : std::uint32_t { io, illegal_byte_sequence, pipe };
  if (error == Errno::pipe) return Val::enumeration(pipe);
  return Val::enumeration(error == Errno::ilseq ? illegal_byte_sequence : io);
}

class Input final : public Source {
 public:
  explicit Input(std::shared_ptr<host::ByteStream> stream) : stream_(std::move(stream)) {}
  Outcome<std::size_t> read(std::span<std::uint8_t> buffer) override { return stream_->read(std::span(&buffer, 1)); }
  int descriptor() const override { return stream_->descriptor(); }

 private:
  std::shared_ptr<host::ByteStream> stream_;
};

class Output final : public Sink {
 public:
  explicit Output(std::shared_ptr<host::ByteStream> stream) : stream_(std::move(stream)) {}
  Outcome<std::size_t> write(std::span<const std::uint8_t> data) override {
    // A stream of this process may be one that does not wait by itself; what a program prints must not be lost.
    for (;;) {
      auto put = stream_->write(std::span(&data, 1));
      if (put || put.error() != Errno::again) return put;
      if (const auto waited = host::wait(stream_->descriptor(), true, {}); !waited) return refuse(waited.error());
    }
  }

 private:
  std::shared_ptr<host::ByteStream> stream_;
};

Answer read_stdin(const Context& context, Values) {
  return read_stream(context, std::make_unique<Input>(context.host->grants->input), stdio_error);
}
Answer write_stdout(const Context& context, Values values) {
  return write_stream(context, values[0], std::make_unique<Output>(context.host->grants->output), stdio_error);
}
Answer write_stderr(const Context& context, Values values) {
  return write_stream(context, values[0], std::make_unique<Output>(context.host->grants->errors), stdio_error);
}

constexpr Function environment_functions[] = {{"get-initial-cwd", common<bindings::no_directory>}};
constexpr Function stdin_functions[] = {{"read-via-stream", read_stdin}};
constexpr Function stdout_functions[] = {{"write-via-stream", write_stdout}};
constexpr Function stderr_functions[] = {{"write-via-stream", write_stderr}};

// --- clocks

Result<void> wait_until_time(const Context& context, std::uint64_t due, ComponentCompletion done) {
  if (due <= host::monotonic_time()) return done.resolve({});
  context.store.add_events(context.host->events);
  context.host->events->when({.due = due, .happen = [done = std::move(done)] { (void)done.resolve({}); }});
  return {};
}
Result<void> wait_until(const Context& context, Values values, ComponentCompletion done) {
  return wait_until_time(context, values[0].unsigned_integer(), std::move(done));
}
Result<void> wait_for(const Context& context, Values values, ComponentCompletion done) {
  const std::uint64_t start = host::monotonic_time();
  const std::uint64_t duration = values[0].unsigned_integer();
  return wait_until_time(context, start + std::min(duration, ~std::uint64_t{0} - start), std::move(done));
}

Answer system_resolution(const Context&, Values) {
  return one(Val::u64(host::resolution(host::Clock::realtime).value_or(1)));
}

// Where the host is, is nobody's business: no timezone is exposed.
Answer no_zone(const Context&, Values) { return one(Val::none()); }
Answer zone_text(const Context&, Values) { return one(Val::string("none")); }

constexpr Function zone_functions[] = {{"iana-id", no_zone}, {"utc-offset", no_zone}, {"to-debug-string", zone_text}};
constexpr Function monotonic_functions[] = {{"now", common<bindings::monotonic_now>},
                                            {"get-resolution", common<bindings::monotonic_resolution>},
                                            {"wait-until", nullptr, wait_until},
                                            {"wait-for", nullptr, wait_for}};
constexpr Function system_functions[] = {{"now", common<bindings::system_now>}, {"get-resolution", system_resolution}};

// --- random

// The same each time, for one guest.
Answer insecure_seed(const Context& context, Values) {
  auto& seed = context.host->insecure_seed;
  if (!seed) {
    const auto words = bindings::random_words();
    if (!words) return bindings::no_random(words.error());
    seed = *words;
  }
  return one(record({Val::u64((*seed)[0]), Val::u64((*seed)[1])}));
}

constexpr Function insecure_seed_functions[] = {{"get-insecure-seed", insecure_seed}};

}  // namespace

Val instant(std::uint64_t nanoseconds) {
  return record({Val::s64(static_cast<std::int64_t>(nanoseconds / 1'000'000'000)),
                 Val::u32(static_cast<std::uint32_t>(nanoseconds % 1'000'000'000))});
}

const Interface cli_environment{"wasi:cli/environment", environment_functions, &bindings::environment_functions};
const Interface cli_stdin{"wasi:cli/stdin", stdin_functions};
const Interface cli_stdout{"wasi:cli/stdout", stdout_functions};
const Interface cli_stderr{"wasi:cli/stderr", stderr_functions};
const Interface clocks_monotonic{"wasi:clocks/monotonic-clock", monotonic_functions};
const Interface clocks_system{"wasi:clocks/system-clock", system_functions};
const Interface clocks_timezone{"wasi:clocks/timezone", zone_functions};
const Interface random_insecure_seed{"wasi:random/insecure-seed", insecure_seed_functions};

}  // namespace tenon::wasi::p3
