// wasi:cli, wasi:clocks and wasi:random: what takes no path and opens nothing.
#include <algorithm>
#include <array>

#include "wasi/host/clocks.hpp"
#include "wasi/host/random.hpp"
#include "wasi/p2/host.hpp"

namespace tenon::wasi::p2 {

namespace {

// --- cli

Answer get_environment(Host& host, Values) {
  std::vector<Val> variables;
  for (const auto& [name, value] : host.environment) {
    variables.push_back(record({Val::string(name), Val::string(value)}));
  }
  return one(Val::list(variables));
}

Answer get_arguments(Host& host, Values) {
  std::vector<Val> arguments;
  for (const std::string& argument : host.arguments) arguments.push_back(Val::string(argument));
  return one(Val::list(arguments));
}

Answer initial_cwd(Host&, Values) { return one(Val::none()); }

Error exit_with(std::uint32_t code) {
  return Error(ErrorKind::exit, "the guest ended with exit code " + std::to_string(code)).with_code(code);
}

Answer exit(Host&, Values values) { return exit_with(values[0].index()); }  // ok is 0, error 1
Answer exit_with_code(Host&, Values values) {
  return exit_with(static_cast<std::uint32_t>(values[0].unsigned_integer()));
}

Answer get_stdin(Host& host, Values) { return one(handle(host.inputs.insert({.stream = host.input}))); }
Answer get_stdout(Host& host, Values) { return one(handle(host.outputs.insert({.stream = host.output}))); }
Answer get_stderr(Host& host, Values) { return one(handle(host.outputs.insert({.stream = host.errors}))); }

// A terminal has nothing but its being there, so that one number serves all.
Answer terminal(const host::ByteStream& stream) {
  return one(stream.type() == host::FileType::character_device ? Val::some(handle(1)) : Val::none());
}
Answer get_terminal_stdin(Host& host, Values) { return terminal(*host.input); }
Answer get_terminal_stdout(Host& host, Values) { return terminal(*host.output); }
Answer get_terminal_stderr(Host& host, Values) { return terminal(*host.errors); }

constexpr Function environment_functions[] = {
    {"get-environment", get_environment}, {"get-arguments", get_arguments}, {"initial-cwd", initial_cwd}};
constexpr Function exit_functions[] = {{"exit", exit}, {"exit-with-code", exit_with_code}};
constexpr Function stdin_functions[] = {{"get-stdin", get_stdin}};
constexpr Function stdout_functions[] = {{"get-stdout", get_stdout}};
constexpr Function stderr_functions[] = {{"get-stderr", get_stderr}};
constexpr Function terminal_stdin_functions[] = {{"get-terminal-stdin", get_terminal_stdin}};
constexpr Function terminal_stdout_functions[] = {{"get-terminal-stdout", get_terminal_stdout}};
constexpr Function terminal_stderr_functions[] = {{"get-terminal-stderr", get_terminal_stderr}};

// --- clocks

std::uint64_t time_of(host::Clock clock) { return host::now(clock).value_or(0); }

Answer monotonic_now(Host&, Values) { return one(Val::u64(time_of(host::Clock::monotonic))); }
Answer monotonic_resolution(Host&, Values) {
  return one(Val::u64(host::resolution(host::Clock::monotonic).value_or(1)));
}
Answer subscribe_instant(Host& host, Values values) {
  return one(handle(host.pollables.insert({.due = values[0].unsigned_integer()})));
}
Answer subscribe_duration(Host& host, Values values) {
  const std::uint64_t start = time_of(host::Clock::monotonic);
  const std::uint64_t duration = values[0].unsigned_integer();
  return one(handle(host.pollables.insert({.due = start + std::min(duration, ~std::uint64_t{0} - start)})));
}
Answer wall_now(Host&, Values) { return one(datetime(time_of(host::Clock::realtime))); }
Answer wall_resolution(Host&, Values) { return one(datetime(host::resolution(host::Clock::realtime).value_or(1))); }

constexpr Function monotonic_functions[] = {{"now", monotonic_now},
                                            {"resolution", monotonic_resolution},
                                            {"subscribe-instant", subscribe_instant},
                                            {"subscribe-duration", subscribe_duration}};
constexpr Function wall_functions[] = {{"now", wall_now}, {"resolution", wall_resolution}};

// --- random

constexpr std::uint64_t most_random_bytes = std::uint64_t{1} << 26;  // of one call

Error no_random(Errno error) {
  return Error(ErrorKind::trap, "no random bytes: " + std::string(host::to_string(error)));
}

Answer random_bytes(Host&, Values values) {
  const std::uint64_t size = values[0].unsigned_integer();
  if (size > most_random_bytes) return Error(ErrorKind::trap, "more than 64 MiB of random bytes at once");
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

Answer random_u64(Host&, Values) {
  const auto words = random_words();
  if (!words) return no_random(words.error());
  return one(Val::u64((*words)[0]));
}

Answer insecure_seed(Host&, Values) {
  const auto words = random_words();
  if (!words) return no_random(words.error());
  return one(record({Val::u64((*words)[0]), Val::u64((*words)[1])}));
}

constexpr Function random_functions[] = {{"get-random-bytes", random_bytes}, {"get-random-u64", random_u64}};
constexpr Function insecure_functions[] = {{"get-insecure-random-bytes", random_bytes},
                                           {"get-insecure-random-u64", random_u64}};
constexpr Function insecure_seed_functions[] = {{"insecure-seed", insecure_seed}};

}  // namespace

Val datetime(std::uint64_t nanoseconds) {
  return record(
      {Val::u64(nanoseconds / 1'000'000'000), Val::u32(static_cast<std::uint32_t>(nanoseconds % 1'000'000'000))});
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
const Interface clocks_wall{"wasi:clocks/wall-clock", wall_functions};
const Interface random_random{"wasi:random/random", random_functions};
const Interface random_insecure{"wasi:random/insecure", insecure_functions};
const Interface random_insecure_seed{"wasi:random/insecure-seed", insecure_seed_functions};

}  // namespace tenon::wasi::p2
