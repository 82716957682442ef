// wasi:cli, wasi:clocks and wasi:random: what 0.2 has of its own there.
#include <algorithm>

#include "wasi/host/clocks.hpp"
#include "wasi/p2/host.hpp"

namespace tenon::wasi::p2 {

namespace {

// --- cli

Answer get_stdin(Host& host, Values) { return one(handle(host.inputs.insert({.stream = host.grants->input}))); }
Answer get_stdout(Host& host, Values) { return one(handle(host.outputs.insert({.stream = host.grants->output}))); }
Answer get_stderr(Host& host, Values) { return one(handle(host.outputs.insert({.stream = host.grants->errors}))); }

constexpr Function environment_functions[] = {{"initial-cwd", common<bindings::no_directory>}};
constexpr Function stdin_functions[] = {{"get-stdin", get_stdin}};
constexpr Function stdout_functions[] = {{"get-stdout", get_stdout}};
constexpr Function stderr_functions[] = {{"get-stderr", get_stderr}};

// --- clocks

Answer subscribe_instant(Host& host, Values values) {
  return one(handle(host.pollables.insert({.due = values[0].unsigned_integer()})));
}
Answer subscribe_duration(Host& host, Values values) {
  const std::uint64_t start = host::monotonic_time();
  const std::uint64_t duration = values[0].unsigned_integer();
  return one(handle(host.pollables.insert({.due = start + std::min(duration, ~std::uint64_t{0} - start)})));
}
Answer wall_resolution(Host&, Values) { return one(datetime(host::resolution(host::Clock::realtime).value_or(1))); }

constexpr Function monotonic_functions[] = {{"now", common<bindings::monotonic_now>},
                                            {"resolution", common<bindings::monotonic_resolution>},
                                            {"subscribe-instant", subscribe_instant},
                                            {"subscribe-duration", subscribe_duration}};
constexpr Function wall_functions[] = {{"now", common<bindings::system_now>}, {"resolution", wall_resolution}};

// --- random

Answer insecure_seed(Host&, Values) {
  const auto words = bindings::random_words();
  if (!words) return bindings::no_random(words.error());
  return one(record({Val::u64((*words)[0]), Val::u64((*words)[1])}));
}

constexpr Function insecure_seed_functions[] = {{"insecure-seed", insecure_seed}};

}  // namespace

Val datetime(std::uint64_t nanoseconds) {
  return record(
      {Val::u64(nanoseconds / 1'000'000'000), Val::u32(static_cast<std::uint32_t>(nanoseconds % 1'000'000'000))});
}

const Interface cli_environment{"wasi:cli/environment", environment_functions, &bindings::environment_functions};
const Interface cli_stdin{"wasi:cli/stdin", stdin_functions};
const Interface cli_stdout{"wasi:cli/stdout", stdout_functions};
const Interface cli_stderr{"wasi:cli/stderr", stderr_functions};
const Interface clocks_monotonic{"wasi:clocks/monotonic-clock", monotonic_functions};
const Interface clocks_wall{"wasi:clocks/wall-clock", wall_functions};
const Interface random_insecure_seed{"wasi:random/insecure-seed", insecure_seed_functions};

}  // namespace tenon::wasi::p2
