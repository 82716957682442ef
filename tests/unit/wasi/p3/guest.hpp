// A guest of WASI 0.3 with a folder and the network of this machine; functions that wait are called by a component.
#pragma once

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <list>
#include <stdlib.h>
#include <string>
#include <vector>

#include "unit/wasi/component/by_name.hpp"
#include "unit/wasi/p3/passthrough.hpp"
#include "wasi/p3/host.hpp"

namespace tenon::wasi::p3 {

class P3Functions : public ::testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/tenon-p3-XXXXXX";
    folder = mkdtemp(pattern);
    std::ofstream(folder / "a.txt") << "hello";
    open(Access::read_write);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  void open(Access access) {
    Config config;
    config.args({"guest.wasm", "x"}).env("name", "value").stdin_bytes("input");
    config.stdout_to([this](std::string_view text) { output += text; });
    config.dir(folder.string(), "/", access).allow_net("127.0.0.1:*");
    host = std::make_shared<Host>(bindings::Grants::make(config).value());
    const auto directories = call("get-directories");
    directory = directories[0].fields()[0];
  }

  // The result of the function of that name, which must not be an error of the host.
  Val call(std::string_view name, const std::vector<Val>& values = {}) {
    Answer answer = try_call(name, values);
    EXPECT_TRUE(answer) << name << ": " << answer.error().message();
    return answer && !answer->empty() ? answer->front() : Val();
  }
  Answer try_call(std::string_view name, const std::vector<Val>& values = {}) {
    return bindings::call_by_name(interfaces(), name, *host, values, [&](const Function& function) -> Answer {
      if (function.run == nullptr) return Error(ErrorKind::usage, "an async function");
      return function.run({host, store}, values);
    });
  }
  Val method(std::string_view name, std::vector<Val> values) {
    values.insert(values.begin(), directory);
    return call("[method]descriptor." + std::string(name), values);
  }
  // The descriptor of a file: path flags, path, open flags, descriptor flags.
  Val open_at(std::string_view path, std::uint32_t how, std::uint32_t flags) {
    return method("open-at", {Val::flags(1), Val::string(path), Val::flags(how), Val::flags(flags)});
  }
  static std::uint32_t error_of(const Val& result) {
    EXPECT_EQ(result.index(), 1U);
    return result.has_payload() ? result.payload().index() : ~0U;
  }
  // All that a `tuple<stream<u8>, future<...>>` gives, and whether it ended well.
  std::pair<std::string, bool> read_all(const Val& pair) {
    auto stream = tenon::Stream<std::uint8_t>::from(pair.fields()[0]).value();
    std::string text;
    bool is_over = false;
    while (!is_over) {
      bool has_come = false;
      stream.read(1'000'000, [&](Result<Piece<std::uint8_t>> piece) {
        text.append(piece->items.begin(), piece->items.end());
        is_over = piece->is_over;
        has_come = true;
      });
      const auto driven = run_until(store, [&] { return has_come; });
      EXPECT_TRUE(driven) << driven.error().message();
      if (!driven) break;
    }
    return {text, settle(pair.fields()[1])};
  }
  bool settle(const Val& value) {
    auto future = Future<Val>::from(value).value();
    bool is_good = false;
    bool is_settled = false;
    future.read([&](Result<Val> result) {
      is_good = result && result->index() == 0;
      if (result) test::record_later(test::outcome_of(*result));
      is_settled = true;
    });
    EXPECT_TRUE(run_until(store, [&] { return is_settled; }));
    return is_good;
  }
  // What a function that waits gives, as a guest gets it (passthrough.hpp).
  Result<Val> wait_for(std::string_view name, std::vector<Val> values, std::string_view type, std::string types) {
    Passthrough& call = calls.emplace_back(name, std::move(values));
    auto func = call.make(engine, store, host, type, types);
    if (!func) return std::move(func).error();
    auto results = func->call({});
    call.record(results);
    if (!results) return std::move(results).error();
    return results->front();
  }
  // error-code, of which only the number of cases matters here; the last is `other`.
  static std::string errors(int count) {
    std::string cases;
    for (int i = 0; i + 1 < count; ++i) cases += "(case \"c" + std::to_string(i) + "\")";
    return "(type $e (variant " + cases + "(case \"other\" (option string)))) (export \"error\" (type $error (eq $e)))";
  }
  Val wait_for_file(std::string_view name, const std::vector<Val>& values) {
    auto result = wait_for(name, values, "(result (error $error))", errors(37));
    EXPECT_TRUE(result) << name << ": " << result.error().message();
    return result ? *result : Val();
  }
  Val wait_for_socket(std::string_view name, const std::vector<Val>& values) {
    auto result = wait_for(name, values, "(result (error $error))", errors(15));
    EXPECT_TRUE(result) << name << ": " << result.error().message();
    return result ? *result : Val();
  }
  // A stream with this text, and its end.
  Val stream_of(std::string_view text) {
    auto pair = make_stream<std::uint8_t>(StoreHandle(store)).value();
    auto writer = std::make_shared<StreamWriter<std::uint8_t>>(std::move(pair.writer));
    writer->write({text.begin(), text.end()}, [writer](Result<Copied>) { writer->close(); });
    return std::move(pair.reader).to_val();
  }
  std::string content(std::string_view name) const {
    std::ifstream file(folder / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::filesystem::path folder;
  std::string output;
  Engine engine;
  Store store{engine};
  std::list<Passthrough> calls;
  std::shared_ptr<Host> host;
  Val directory;
};

// error-code of wasi:filesystem, as far as it is expected here.
enum : std::uint32_t {
  bad_descriptor = 2,
  exist = 6,
  file_too_large = 7,
  illegal_byte_sequence = 8,
  invalid = 11,
  is_directory = 13,
  name_too_long = 17,
  no_entry = 19,
  not_directory = 23,
  not_empty = 24,
  not_permitted = 30,
  read_only = 32
};
inline constexpr std::uint32_t create = 1, in_directory = 2, exclusive = 4, reads = 1, writes = 2;

// --- Sockets

enum : std::uint32_t {
  access_denied = 0,
  invalid_argument = 2,
  invalid_state = 5,
  address_in_use = 7,
  connection_refused = 9,
  datagram_too_large = 13
};

inline Val address(std::uint8_t last, std::uint16_t port) {
  return Val::variant(0, record({Val::u16(port), record({Val::u8(127), Val::u8(0), Val::u8(0), Val::u8(last)})}));
}

}  // namespace tenon::wasi::p3
