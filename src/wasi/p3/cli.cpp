// wasi:cli, wasi:clocks and wasi:random: what takes no path and opens nothing.
#include <algorithm>
#include <array>

#include "wasi/host/clocks.hpp"
#include "wasi/host/poll.hpp"
#include "wasi/host/random.hpp"
#include "wasi/p3/transfer.hpp"

namespace tenon::wasi::p3 {

namespace {

// --- cli

Answer get_environment(const Context& context, Values) {
  std::vector<Val> variables;
  for (const auto& [name, value] : context.host->environment) {
    variables.push_back(record({Val::string(name), Val::string(value)}));
  }
  return one(Val::list(variables));
}

Answer get_arguments(const Context& context, Values) {
  std::vector<Val> arguments;
  for (const std::string& argument : context.host->arguments) arguments.push_back(Val::string(argument));
  return one(Val::list(arguments));
}

Answer get_initial_cwd(const Context&, Values) { return one(Val::none()); }

Error exit_with(std::uint32_t code) {
  return Error(ErrorKind::exit, "the guest ended with exit code " + std::to_string(code)).with_code(code);
}

Answer exit(const Context&, Values values) { return exit_with(values[0].index()); }  // ok is 0, error 1
Answer exit_with_code(const Context&, Values values) {
  return exit_with(static_cast<std::uint32_t>(values[0].unsigned_integer()));
}

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
  return read_stream(context, std::make_unique<Input>(context.host->input), stdio_error);
}
Answer write_stdout(const Context& context, Values values) {
  return write_stream(context, values[0], std::make_unique<Output>(context.host->output), stdio_error);
}
Answer write_stderr(const Context& context, Values values) {
  return write_stream(context, values[0], std::make_unique<Output>(context.host->errors), stdio_error);
}

// A terminal has nothing but its being there, so that one number serves all.
Answer terminal(const host::ByteStream& stream) {
  return one(stream.type() == host::FileType::character_device ? Val::some(handle(1)) : Val::none());
}
Answer get_terminal_stdin(const Context& context, Values) { return terminal(*context.host->input); }
Answer get_terminal_stdout(const Context& context, Values) { return terminal(*context.host->output); }
Answer get_terminal_stderr(const Context& context, Values) { return terminal(*context.host->errors); }

constexpr Function environment_functions[] = {
    {"get-environment", get_environment}, {"get-arguments", get_arguments}, {"get-initial-cwd", get_initial_cwd}};
constexpr Function exit_functions[] = {{"exit", exit}, {"exit-with-code", exit_with_code}};
constexpr Function stdin_functions[] = {{"read-via-stream", read_stdin}};
constexpr Function stdout_functions[] = {{"write-via-stream", write_stdout}};
constexpr Function stderr_functions[] = {{"write-via-stream", write_stderr}};
constexpr Function terminal_stdin_functions[] = {{"get-terminal-stdin", get_terminal_stdin}};
constexpr Function terminal_stdout_functions[] = {{"get-terminal-stdout", get_terminal_stdout}};
constexpr Function terminal_stderr_functions[] = {{"get-terminal-stderr", get_terminal_stderr}};

// --- clocks

std::uint64_t time_of(host::Clock clock) { return host::now(clock).value_or(0); }

Answer monotonic_now(const Context&, Values) { return one(Val::u64(time_of(host::Clock::monotonic))); }
Answer monotonic_resolution(const Context&, Values) {
  return one(Val::u64(host::resolution(host::Clock::monotonic).value_or(1)));
}

Result<void> wait_until_time(const Context& context, std::uint64_t due, ComponentCompletion done) {
  if (due <= time_of(host::Clock::monotonic)) return done.resolve({});
  context.store.add_events(context.host->events);
  context.host->events->when({.due = due, .happen = [done = std::move(done)] { (void)done.resolve({}); }});
  return {};
}
Result<void> wait_until(const Context& context, Values values, ComponentCompletion done) {
  return wait_until_time(context, values[0].unsigned_integer(), std::move(done));
}
Result<void> wait_for(const Context& context, Values values, ComponentCompletion done) {
  const std::uint64_t start = time_of(host::Clock::monotonic);
  const std::uint64_t duration = values[0].unsigned_integer();
  return wait_until_time(context, start + std::min(duration, ~std::uint64_t{0} - start), std::move(done));
}

Answer system_now(const Context&, Values) { return one(instant(time_of(host::Clock::realtime))); }
Answer system_resolution(const Context&, Values) {
  return one(Val::u64(host::resolution(host::Clock::realtime).value_or(1)));
}

constexpr Function monotonic_functions[] = {{"now", monotonic_now},
                                            {"get-resolution", monotonic_resolution},
                                            {"wait-until", nullptr, wait_until},
                                            {"wait-for", nullptr, wait_for}};
constexpr Function system_functions[] = {{"now", system_now}, {"get-resolution", system_resolution}};

// --- random

constexpr std::uint64_t most_random_bytes = std::uint64_t{1} << 26;  // of one call

Error no_random(Errno error) {
  return Error(ErrorKind::trap, "no random bytes: " + std::string(host::to_string(error)));
}

Answer random_bytes(const Context&, Values values) {
  const std::uint64_t size = std::min(values[0].unsigned_integer(), most_random_bytes);
  std::span<std::uint8_t> buffer;
  Val list = Val::packed_buffer(component::ValKind::u8, static_cast<std::size_t>(size), buffer);
  if (const auto filled = host::fill_random(buffer); !filled) return no_random(filled.error());
  return one(std::move(list));
}

Outcome<std::array<std::uint64_t, 2>> random_words() {
  std::array<std::uint8_t, 16> data{};
  if (const auto filled = host::fill_random(data); !filled) return refuse(filled.error());
  std::array<std::uint64_t, 2> words{};
  for (std::size_t i = 0; i < data.size(); ++i) words[i / 8] = words[i / 8] << 8 | data[i];
  return words;
}

Answer random_u64(const Context&, Values) {
  const auto words = random_words();
  if (!words) return no_random(words.error());
  return one(Val::u64((*words)[0]));
}

// The same each time, for one guest.
Answer insecure_seed(const Context& context, Values) {
  auto& seed = context.host->insecure_seed;
  if (!seed) {
    const auto words = random_words();
    if (!words) return no_random(words.error());
    seed = *words;
  }
  return one(record({Val::u64((*seed)[0]), Val::u64((*seed)[1])}));
}

constexpr Function random_functions[] = {{"get-random-bytes", random_bytes}, {"get-random-u64", random_u64}};
constexpr Function insecure_functions[] = {{"get-insecure-random-bytes", random_bytes},
                                           {"get-insecure-random-u64", random_u64}};
constexpr Function insecure_seed_functions[] = {{"get-insecure-seed", insecure_seed}};

}  // namespace

Val instant(std::uint64_t nanoseconds) {
  return record({Val::s64(static_cast<std::int64_t>(nanoseconds / 1'000'000'000)),
                 Val::u32(static_cast<std::uint32_t>(nanoseconds % 1'000'000'000))});
}

const Interface cli_environment{"wasi:cli/environment", environment_functions};
const Interface cli_exit{"wasi:cli/exit", exit_functions};
const Interface cli_stdin{"wasi:cli/stdin", stdin_functions};
const Interface cli_stdout{"wasi:cli/stdout", stdout_functions};
const Interface cli_stderr{"wasi:cli/stderr", stderr_functions};
const Interface cli_terminal_stdin{"wasi:cli/terminal-stdin", terminal_stdin_functions};
const Interface cli_terminal_stdout{"wasi:cli/terminal-stdout", terminal_stdout_functions};
const Interface cli_terminal_stderr{"wasi:cli/terminal-stderr", terminal_stderr_functions};
const Interface clocks_monotonic{"wasi:clocks/monotonic-clock", monotonic_functions};
const Interface clocks_system{"wasi:clocks/system-clock", system_functions};
const Interface random_random{"wasi:random/random", random_functions};
const Interface random_insecure{"wasi:random/insecure", insecure_functions};
const Interface random_insecure_seed{"wasi:random/insecure-seed", insecure_seed_functions};

}  // namespace tenon::wasi::p3
