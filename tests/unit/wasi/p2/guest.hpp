// A guest of WASI 0.2 with a folder and the network of this machine, without a component.
#pragma once

#include <filesystem>
#include <fstream>
#include <stdlib.h>
#include <string>
#include <vector>

#include "unit/wasi/p2/calls.hpp"

namespace tenon::wasi::p2 {

class P2Functions : public Calls {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/tenon-p2-XXXXXX";
    folder = mkdtemp(pattern);
    std::ofstream(folder / "a.txt") << "hello";
    open(Access::read_write);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  void open(Access access) {
    Config config;
    config.args({"guest.wasm", "x"}).env("name", "value").stdin_bytes("input");
    config.stdout_to([this](std::string_view piece) { output += piece; });
    config.stderr_to([this](std::string_view piece) { errors += piece; });
    grant(config.dir(folder.string(), "/", access).allow_net("127.0.0.1:*").allow_net("localhost:*"));
    directory = call("get-directories")[0].fields()[0];
  }

  // A method of a resource.
  Val method(const char* type, const Val& self, std::string_view name, std::vector<Val> values = {}) {
    values.insert(values.begin(), self);
    const std::string full = "[method]" + std::string(type) + "." + std::string(name);
    auto answer = bindings::call_by_name(interfaces(), full, *host, values,
                                         [&](const Function& function) { return function.run(*host, values); });
    EXPECT_TRUE(answer.has_value()) << full << ": " << (answer ? "" : answer.error().message());
    return answer && !answer->empty() ? answer->front() : Val();
  }
  Val at(std::string_view name, std::vector<Val> values) { return method("descriptor", directory, name, values); }
  Val on(const Val& file, std::string_view name, std::vector<Val> values = {}) {
    return method("descriptor", file, name, values);
  }
  // The descriptor of a file: path flags, path, open flags, descriptor flags.
  Val open_at(std::string_view path, std::uint32_t how, std::uint32_t flags) {
    return at("open-at", {Val::flags(1), text(path), Val::flags(how), Val::flags(flags)});
  }
  std::string read_all(const Val& stream) {
    std::string all;
    for (;;) {
      const Val piece = call("[method]input-stream.blocking-read", {stream, Val::u64(100)});
      if (piece.index() != 0) {
        EXPECT_EQ(piece.payload().index(), 1U) << "expected the end of the stream";
        return all;
      }
      all += text_of(piece.payload());
    }
  }
  static std::uint32_t error_of(const Val& result) {
    EXPECT_EQ(result.index(), 1U);
    return result.has_payload() ? result.payload().index() : ~0U;
  }
  std::string content(std::string_view name) const {
    std::ifstream file(folder / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::filesystem::path folder;
  std::string output, errors;
  Val directory;
};

// error-code of wasi:filesystem, as far as it is expected here.
enum : std::uint32_t {
  bad_descriptor = 3,
  exist = 7,
  file_too_large = 8,
  illegal_byte_sequence = 9,
  invalid = 12,
  is_directory = 14,
  name_too_long = 18,
  no_entry = 20,
  not_directory = 24,
  not_empty = 25,
  not_permitted = 31,
  read_only = 33
};
inline constexpr std::uint32_t create = 1, in_directory = 2, exclusive = 4, truncate = 8, reads = 1, writes = 2;

enum : std::uint32_t {
  access_denied = 1,
  invalid_argument = 3,
  not_in_progress = 7,
  would_block = 8,
  invalid_state = 9,
  new_socket_limit = 10,
  address_in_use = 12,
  connection_refused = 14,
  datagram_too_large = 17
};

inline Val address(std::uint8_t first, std::uint8_t last, std::uint16_t port) {
  return Val::variant(0, record({Val::u16(port), record({Val::u8(first), Val::u8(0), Val::u8(0), Val::u8(last)})}));
}

class P2Sockets : public P2Functions {
 protected:
  Val tcp() { return ok("create-tcp-socket", {Val::enumeration(0)}); }
  Val udp() { return ok("create-udp-socket", {Val::enumeration(0)}); }
  Val on_tcp(const Val& socket, std::string_view name, std::vector<Val> values = {}) {
    return method("tcp-socket", socket, name, std::move(values));
  }
  Val on_udp(const Val& socket, std::string_view name, std::vector<Val> values = {}) {
    return method("udp-socket", socket, name, std::move(values));
  }
  Val network() { return call("instance-network"); }
  // A listener at a port that the system picked, and its address.
  std::pair<Val, Val> listener() {
    const Val socket = tcp();
    EXPECT_EQ(on_tcp(socket, "start-bind", {network(), address(127, 1, 0)}), Val::ok());
    EXPECT_EQ(on_tcp(socket, "finish-bind"), Val::ok());
    EXPECT_EQ(on_tcp(socket, "start-listen"), Val::ok());
    EXPECT_EQ(on_tcp(socket, "finish-listen"), Val::ok());
    return {socket, on_tcp(socket, "local-address").payload()};
  }
};

}  // namespace tenon::wasi::p2
