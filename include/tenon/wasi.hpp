// WASI: what a guest may use of the system. Nothing is granted but what a `Config` names.
//
//   tenon::wasi::add_to(linker, tenon::wasi::Config()
//                                   .args({"grep", "tenon"})
//                                   .inherit_stdio()
//                                   .dir("./data", "/data", tenon::wasi::Access::read_only)).value();
//
// A guest that ends itself (`proc_exit`, `exit`) gives its caller an error of kind `exit`, whose `code()` is the exit
// code.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tenon/keyvalue.hpp"
#include "tenon/result.hpp"
#include "tenon/tenon.hpp"

namespace tenon::wasi {

enum class Access : std::uint8_t { read_only, read_write };

// Something that a guest tried and was not allowed: "write to /data/x", and the option of `tenon run` that grants it.
struct Refusal {
  std::string attempt;
  std::string remedy;
};

// Where a standard stream leads.
struct Stream {
  enum class Kind : std::uint8_t {
    closed,     // input is at its end; output is dropped
    inherited,  // the stream of this process
    piped,      // `bytes` are the input; `sink` takes the output
  };
  Kind kind = Kind::closed;
  std::string bytes{};
  std::function<void(std::string_view)> sink{};
};

// A directory of the host, and the name under which the guest finds it.
struct Directory {
  std::string host_path;
  std::string guest_path;
  Access access = Access::read_write;
};

// What a guest is given. Plain data; the functions are for writing it in one expression.
class Config {
 public:
  // The first is the program's name, as usual.
  Config& args(std::vector<std::string> values) { return arguments = std::move(values), *this; }
  Config& env(std::string name, std::string value) {
    return environment.emplace_back(std::move(name), std::move(value)), *this;
  }
  // All variables that this process has now.
  Config& inherit_env();
  Config& inherit_stdio() { return inherit_stdin().inherit_stdout().inherit_stderr(); }
  Config& inherit_stdin() { return input.kind = Stream::Kind::inherited, *this; }
  Config& inherit_stdout() { return output.kind = Stream::Kind::inherited, *this; }
  Config& inherit_stderr() { return errors.kind = Stream::Kind::inherited, *this; }
  Config& stdin_bytes(std::string bytes) { return input = {Stream::Kind::piped, std::move(bytes), {}}, *this; }
  Config& stdout_to(std::function<void(std::string_view)> sink) {
    return output = {Stream::Kind::piped, {}, std::move(sink)}, *this;
  }
  Config& stderr_to(std::function<void(std::string_view)> sink) {
    return errors = {Stream::Kind::piped, {}, std::move(sink)}, *this;
  }
  // An empty guest path stands for the host path as it is given.
  Config& dir(std::string host_path, std::string guest_path = {}, Access access = Access::read_write) {
    if (guest_path.empty()) guest_path = host_path;
    return directories.push_back({std::move(host_path), std::move(guest_path), access}), *this;
  }
  // Addresses that a component may connect to, send to, bind to and listen at: HOST:PORT, where either may be `*`. A
  // HOST may be a name, which the guest may then look up.
  Config& allow_net(std::string pattern) { return networks.push_back(std::move(pattern)), *this; }
  // A TCP listener, as HOST:PORT in numbers ([HOST]:PORT for IPv6), that a guest of preview1 finds as a descriptor
  // behind those of its directories, and accepts connections from.
  Config& listen(std::string address) { return listeners.push_back(std::move(address)), *this; }
  // What wasi:config/store gives.
  Config& setting(std::string name, std::string value) {
    return settings.emplace_back(std::move(name), std::move(value)), *this;
  }
  // What wasi:keyvalue opens (tenon/keyvalue.hpp); all guests that the configuration is given to share it.
  Config& keyvalue(std::shared_ptr<KeyValues> store) { return key_values = std::move(store), *this; }
  // Called on the guest's thread for each attempt that was refused for want of a grant.
  Config& on_refusal(std::function<void(const Refusal&)> observer) { return refusal = std::move(observer), *this; }

  std::vector<std::string> arguments{};
  std::vector<std::pair<std::string, std::string>> environment{};
  Stream input{};
  Stream output{};
  Stream errors{};
  std::vector<Directory> directories{};
  std::vector<std::string> networks{};
  std::vector<std::string> listeners{};
  std::vector<std::pair<std::string, std::string>> settings{};
  std::shared_ptr<KeyValues> key_values{};
  std::function<void(const Refusal&)> refusal{};
};

// The grants that a policy file names, in TOML (docs/capabilities.md). Errors: usage, with the line.
Result<Config> read_policy(std::string_view text);

// Defines what guests import of WASI: for core modules the functions of `wasi_snapshot_preview1`, for components the
// interfaces of WASI 0.2 (every 0.2.x is served) and 0.3. All guests that this linker instantiates share one table of
// descriptors, so a guest that is to have one of its own takes a linker of its own.
// Errors: io (a directory that cannot be opened, an address that cannot be listened at), usage.
Result<void> add_to(Linker& linker, const Config& config);
// Of the interfaces for components, only those that this one imports: less work where few guests are linked.
Result<void> add_to(Linker& linker, const Config& config, const Component& component);
// The names of the interfaces for components, with their versions: "wasi:io/poll@0.2.12". Each serves every older
// version of the same 0.x too.
std::vector<std::string> interfaces();
// The names of the functions of preview1: "fd_write".
std::vector<std::string> preview1_functions();
// A part of it, for who knows what the guest is.
Result<void> add_preview1_to(Linker& linker, const Config& config);
Result<void> add_preview2_to(Linker& linker, const Config& config);
Result<void> add_preview3_to(Linker& linker, const Config& config);

}  // namespace tenon::wasi
