// wasi:cli, wasi:clocks and wasi:random: what takes no path and opens nothing. And the list of the interfaces that are
// the same in both versions.
#include "wasi/component/host.hpp"
#include "wasi/host/clocks.hpp"
#include "wasi/host/random.hpp"

namespace tenon::wasi::inline bindings {

namespace {

// --- cli

Answer get_environment(CommonHost& host, Values) {
  std::vector<Val> variables;
  for (const auto& [name, value] : host.grants->environment) {
    variables.push_back(record({Val::string(name), Val::string(value)}));
  }
  return one(Val::list(variables));
}

Answer get_arguments(CommonHost& host, Values) {
  std::vector<Val> arguments;
  for (const std::string& argument : host.grants->arguments) arguments.push_back(Val::string(argument));
  return one(Val::list(arguments));
}

Error exit_with(std::uint32_t code) {
  return Error(ErrorKind::exit, "the guest ended with exit code " + std::to_string(code)).with_code(code);
}
Answer exit(CommonHost&, Values values) { return exit_with(values[0].index()); }  // ok is 0, error 1
Answer exit_with_code(CommonHost&, Values values) {
  return exit_with(static_cast<std::uint32_t>(values[0].unsigned_integer()));
}

// A terminal has nothing but its being there, so that one number serves all.
template <auto stream>
Answer terminal(CommonHost& host, Values) {
  const bool is_terminal = ((*host.grants).*stream)->type() == host::FileType::character_device;
  return one(is_terminal ? Val::some(handle(1)) : Val::none());
}

constexpr CommonFunction environment[] = {{"get-environment", get_environment}, {"get-arguments", get_arguments}};
constexpr CommonFunction exits[] = {{"exit", exit}, {"exit-with-code", exit_with_code}};
constexpr CommonFunction terminal_stdin[] = {{"get-terminal-stdin", terminal<&Grants::input>}};
constexpr CommonFunction terminal_stdout[] = {{"get-terminal-stdout", terminal<&Grants::output>}};
constexpr CommonFunction terminal_stderr[] = {{"get-terminal-stderr", terminal<&Grants::errors>}};

// --- random

constexpr std::uint64_t most_random_bytes = std::uint64_t{1} << 26;  // of one call

// More than that is refused, or cut, as the version has it.
Answer random_bytes(CommonHost& host, Values values) {
  std::uint64_t size = values[0].unsigned_integer();
  if (size > most_random_bytes) {
    if (!host.dialect.gives_fewer_random_bytes) {
      return Error(ErrorKind::trap, "more than 64 MiB of random bytes at once");
    }
    size = most_random_bytes;
  }
  std::span<std::uint8_t> buffer;
  Val list = Val::packed_buffer(component::ValKind::u8, static_cast<std::size_t>(size), buffer);
  if (const auto filled = host::fill_random(buffer); !filled) return no_random(filled.error());
  return one(std::move(list));
}

Answer random_u64(CommonHost&, Values) {
  const auto words = random_words();
  if (!words) return no_random(words.error());
  return one(Val::u64((*words)[0]));
}

constexpr CommonFunction random[] = {{"get-random-bytes", random_bytes}, {"get-random-u64", random_u64}};
constexpr CommonFunction insecure[] = {{"get-insecure-random-bytes", random_bytes},
                                       {"get-insecure-random-u64", random_u64}};

constexpr CommonFunction preopens[] = {{"get-directories", get_directories}};

constexpr CommonInterface interfaces[] = {
    {"wasi:cli/exit", exits},
    {"wasi:cli/terminal-stdin", terminal_stdin},
    {"wasi:cli/terminal-stdout", terminal_stdout},
    {"wasi:cli/terminal-stderr", terminal_stderr},
    {"wasi:filesystem/preopens", preopens},
    {"wasi:random/random", random},
    {"wasi:random/insecure", insecure},
};

}  // namespace

const std::span<const CommonInterface> common_interfaces = interfaces;
const CommonFunctions environment_functions = environment;

Answer no_directory(CommonHost&, Values) { return one(Val::none()); }

Answer monotonic_now(CommonHost&, Values) { return one(Val::u64(host::monotonic_time())); }
Answer monotonic_resolution(CommonHost&, Values) {
  return one(Val::u64(host::resolution(host::Clock::monotonic).value_or(1)));
}
Answer system_now(CommonHost& host, Values) {
  return one(host.dialect.instant(host::now(host::Clock::realtime).value_or(0)));
}

Outcome<std::array<std::uint64_t, 2>> random_words() {
  std::array<std::uint8_t, 16> data{};
  if (const auto filled = host::fill_random(data); !filled) return refuse(filled.error());
  std::array<std::uint64_t, 2> words{};
  for (std::size_t i = 0; i < data.size(); ++i) words[i / 8] = words[i / 8] << 8 | data[i];
  return words;
}
Error no_random(Errno error) {
  return Error(ErrorKind::trap, "no random bytes: " + std::string(host::to_string(error)));
}

Result<host::Reactor*> CommonHost::get_reactor() {
  if (reactor != nullptr) return reactor;
  auto made = host::make_reactor();
  if (!made) return std::move(made).error();
  own_reactor = std::move(*made);
  return reactor = own_reactor.get();
}

}  // namespace tenon::wasi::inline bindings
