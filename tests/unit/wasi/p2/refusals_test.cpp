// What the functions of WASI 0.2 refuse, and what they say to arguments that make no sense: functions.txt has the list.
#include <sys/resource.h>
#include <sys/stat.h>

#include "tenon/keyvalue.hpp"
#include "unit/wasi/component/paths.hpp"
#include "unit/wasi/p2/guest.hpp"
#include "wasi/http/interfaces.hpp"

namespace tenon::wasi::p2 {
namespace {

using test::PathError;

// --- Files

std::uint32_t code_of(PathError error) {
  switch (error) {
    case PathError::no_entry: return no_entry;
    case PathError::invalid: return invalid;
    case PathError::not_utf8: return illegal_byte_sequence;
    case PathError::name_too_long: return name_too_long;
    case PathError::not_permitted: return not_permitted;
  }
  return ~0U;
}

class P2Refusals : public P2Sockets {};

TEST_F(P2Refusals, PathsThatAreNoneOrLeadOut) {
  std::filesystem::create_directory(folder / "sub");
  for (const auto& [text, error] : test::bad_paths()) {
    for (const auto& function : test::path_functions(directory)) {
      const Val result = at(function.name, function.arguments(Val::string(text)));
      EXPECT_EQ(error_of(result), code_of(error)) << function.name << " " << text;
    }
  }
  EXPECT_EQ(content("a.txt"), "hello");
  EXPECT_FALSE(std::filesystem::exists(folder / "new"));
}

TEST_F(P2Refusals, ChangesWhereNothingMayChange) {
  std::filesystem::create_directory(folder / "sub");
  open(Access::read_only);
  for (const auto& [name, arguments] : test::changes(directory)) {
    EXPECT_EQ(error_of(at(name, arguments)), read_only) << name;
  }
  EXPECT_EQ(content("a.txt"), "hello");
}

TEST_F(P2Refusals, PlacesInFilesThatThereCannotBe) {
  const Val file = open_at("a.txt", 0, reads | writes).payload();
  const Val far = Val::u64(~std::uint64_t{0});
  EXPECT_EQ(error_of(on(file, "read", {Val::u64(1), far})), invalid);
  EXPECT_EQ(error_of(on(file, "write", {data("x"), far})), invalid);
  EXPECT_EQ(error_of(on(file, "set-size", {far})), file_too_large);
  EXPECT_EQ(error_of(on(file, "advise", {far, Val::u64(1), Val::enumeration(0)})), invalid);
  const Val stream = on(file, "read-via-stream", {far}).payload();
  EXPECT_TRUE(fails("[method]input-stream.blocking-read", {stream, Val::u64(1)}));
  const Val late = Val::variant(2, record({Val::u64(0), Val::u32(1'000'000'000)}));
  EXPECT_EQ(error_of(on(file, "set-times", {Val::variant(0), late})), invalid);
}

TEST_F(P2Refusals, WhatCannotBeSynced) {
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  const Val pipe = open_at("pipe", 0, reads).payload();
  EXPECT_EQ(error_of(on(pipe, "sync")), invalid);
  EXPECT_EQ(error_of(on(pipe, "sync-data")), invalid);
}

TEST_F(P2Refusals, ADirectoryThatIsGone) {
  std::filesystem::create_directory(folder / "sub");
  const Val sub = open_at("sub", in_directory, reads).payload();
  std::filesystem::remove(folder / "sub");
  const Val listed = on(sub, "read-directory");
  if (listed.index() == 0) {
    EXPECT_EQ(error_of(call("[method]directory-entry-stream.read-directory-entry", {listed.payload()})), no_entry);
  }
  EXPECT_EQ(error_of(on(sub, "create-directory-at", {text("x")})), no_entry);
}

// --- Streams

TEST_F(P2Refusals, StreamsThatAreAtTheirEnd) {
  const Val file = open_at("a.txt", 0, reads).payload();
  const auto at_end = [&] { return on(file, "read-via-stream", {Val::u64(5)}).payload(); };
  const Val closed = Val::error(Val::variant(1));
  for (const char* name : {"read", "blocking-read", "skip", "blocking-skip"}) {
    const Val stream = at_end();
    const std::string full = std::string("[method]input-stream.") + name;
    call(full, {stream, Val::u64(1)});
    EXPECT_EQ(call(full, {stream, Val::u64(1)}), closed) << name;
  }
  const Val out = call("get-stdout");
  for (const char* name : {"splice", "blocking-splice"}) {
    const Val stream = at_end();
    const std::string full = std::string("[method]output-stream.") + name;
    call(full, {out, stream, Val::u64(1)});
    EXPECT_EQ(call(full, {out, stream, Val::u64(1)}), closed) << name;
  }
}

TEST_F(P2Refusals, StreamsThatNobodyReads) {
  const Val closed = Val::error(Val::variant(1));
  for (const char* name : {"check-write", "flush", "blocking-flush", "write", "blocking-write-and-flush",
                           "write-zeroes", "blocking-write-zeroes-and-flush", "splice", "blocking-splice"}) {
    const Val response = call("[constructor]outgoing-response", {call("[constructor]fields")});
    const Val body = ok("[method]outgoing-response.body", {response});
    const Val stream = ok("[method]outgoing-body.write", {body});
    host->outgoing_bodies[number_of(body)].pipe->abandon();
    const std::string full = std::string("[method]output-stream.") + name;
    const std::string_view kind = name;
    const Val source = on(open_at("a.txt", 0, reads).payload(), "read-via-stream", {Val::u64(0)}).payload();
    if (kind.ends_with("splice")) {
      EXPECT_EQ(call(full, {stream, source, Val::u64(1)}), closed) << name;
    } else if (kind.find("zeroes") != kind.npos) {
      EXPECT_EQ(call(full, {stream, Val::u64(1)}), closed) << name;
    } else if (kind.find("-and-") != kind.npos || kind == "write") {
      EXPECT_EQ(call(full, {stream, data("x")}), closed) << name;
    } else {
      EXPECT_EQ(call(full, {stream}), closed) << name;
    }
  }
}

TEST_F(P2Refusals, MoreZeroesThanTheGuestMayAskFor) {
  const auto trap = [&](std::string_view name, std::initializer_list<Val> values) {
    const auto answer = try_call(name, values);
    return !answer && answer.error().kind() == ErrorKind::trap;
  };
  const Val out = call("get-stdout");
  EXPECT_TRUE(trap("[method]output-stream.write-zeroes", {out, Val::u64(~std::uint64_t{0})}));
  EXPECT_TRUE(trap("[method]output-stream.blocking-write-zeroes-and-flush", {out, Val::u64(~std::uint64_t{0})}));
}

// --- HTTP

TEST_F(P2Refusals, FieldsWithNamesThatAreNone) {
  const Val fields = call("[constructor]fields");
  const Val syntax = Val::error(Val::variant(0));
  EXPECT_EQ(call("[method]fields.delete", {fields, text("a b")}), syntax);
  EXPECT_EQ(call("[method]fields.append", {fields, text(""), data("x")}), syntax);
  EXPECT_EQ(call("[method]fields.has", {fields, text("a b")}), Val::boolean(false));
  EXPECT_EQ(call("[method]fields.get", {fields, text("a b")}).size(), 0U);
}

// --- Sockets

TEST_F(P2Refusals, OptionsThatMakeNoSense) {
  EXPECT_EQ(error_of(on_tcp(tcp(), "set-hop-limit", {Val::u8(0)})), invalid_argument);
  EXPECT_EQ(error_of(on_tcp(tcp(), "set-keep-alive-count", {Val::u32(0)})), invalid_argument);
  EXPECT_EQ(error_of(on_udp(udp(), "set-unicast-hop-limit", {Val::u8(0)})), invalid_argument);
}

TEST_F(P2Refusals, SocketsWhereThereIsNoRoomForMore) {
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit none{0, limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const Val stream = call("create-tcp-socket", {Val::enumeration(0)});
  const Val datagram = call("create-udp-socket", {Val::enumeration(0)});
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(error_of(stream), new_socket_limit);
  EXPECT_EQ(error_of(datagram), new_socket_limit);
}

TEST_F(P2Refusals, DatagramsWhereTheyMayNotBeBoundOrSent) {
  EXPECT_EQ(error_of(on_udp(udp(), "start-bind", {network(), address(10, 1, 0)})), access_denied);
  EXPECT_EQ(error_of(on_udp(udp(), "finish-bind")), not_in_progress);
  const Val v6 = Val::variant(1, record({Val::u16(0), Val::u32(0),
                                         record({Val::u16(0), Val::u16(0), Val::u16(0), Val::u16(0), Val::u16(0),
                                                 Val::u16(0), Val::u16(0), Val::u16(1)}),
                                         Val::u32(0)}));
  EXPECT_EQ(error_of(on_udp(udp(), "start-bind", {network(), v6})), invalid_argument);
  const Val socket = udp();
  EXPECT_EQ(on_udp(socket, "start-bind", {network(), address(127, 1, 0)}), Val::ok());
  EXPECT_EQ(on_udp(socket, "finish-bind"), Val::ok());
  const Val here = on_udp(socket, "local-address").payload();
  const Val second = udp();
  EXPECT_EQ(error_of(on_udp(second, "start-bind", {network(), here})), address_in_use);
  // Bound, and a peer that is not there: the system says so to who receives.
  const Val streams = on_udp(socket, "stream", {Val::some(address(127, 1, 1))}).payload();
  const Val sending = streams.fields()[1];
  ASSERT_GT(ok("[method]outgoing-datagram-stream.check-send", {sending}).unsigned_integer(), 0U);
  const Val large = record({data(std::string(70'000, 'x')), Val::none()});
  EXPECT_EQ(error_of(call("[method]outgoing-datagram-stream.send", {sending, Val::list(std::vector{large})})),
            datagram_too_large);
  ok("[method]outgoing-datagram-stream.check-send", {sending});
  ok("[method]outgoing-datagram-stream.send", {sending, Val::list(std::vector{record({data("x"), Val::none()})})});
  EXPECT_EQ(error_of(call("[method]incoming-datagram-stream.receive", {streams.fields()[0], Val::u64(1)})),
            connection_refused);
}

TEST_F(P2Refusals, MoreDatagramsThanWereAllowed) {
  const Val socket = udp();
  EXPECT_EQ(on_udp(socket, "start-bind", {network(), address(127, 1, 0)}), Val::ok());
  EXPECT_EQ(on_udp(socket, "finish-bind"), Val::ok());
  const Val sending = on_udp(socket, "stream", {Val::none()}).payload().fields()[1];
  const auto sent = try_call("[method]outgoing-datagram-stream.send",
                             {sending, Val::list(std::vector{record({data("x"), Val::some(address(127, 1, 9))})})});
  ASSERT_FALSE(sent.has_value()) << "check-send was not called";
  EXPECT_EQ(sent.error().kind(), ErrorKind::trap);
}

TEST_F(P2Refusals, NamesThatAreNone) {
  for (const std::string& name : {std::string(), std::string("a\0b", 3), std::string("a b")}) {
    EXPECT_EQ(error_of(call("resolve-addresses", {network(), text(name)})), invalid_argument) << name;
  }
  grant(Config().allow_net("*:*"));
  const Val lookup = ok("resolve-addresses", {network(), text(std::string(64, 'a') + ".test")});
  call("[method]pollable.block", {call("[method]resolve-address-stream.subscribe", {lookup})});
  EXPECT_TRUE(fails("[method]resolve-address-stream.resolve-next-address", {lookup}));
}

// --- A store whose every function fails

class BrokenStore final : public KeyValues {
 public:
  Result<std::optional<std::string>> get(const std::string&, const std::string&) override { return broken(); }
  Result<void> set(const std::string&, const std::string&, std::string_view) override { return broken(); }
  Result<void> remove(const std::string&, const std::string&) override { return broken(); }
  Result<std::vector<std::string>> keys(const std::string&, std::uint64_t, std::size_t) override { return broken(); }
  Result<std::uint64_t> increment(const std::string&, const std::string&, std::uint64_t) override { return broken(); }

 private:
  static Error broken() { return Error(ErrorKind::io, "the disk is gone"); }
};

TEST_F(P2Refusals, AStoreThatFailsIsToldInItsWords) {
  grant(Config().keyvalue(std::make_shared<BrokenStore>()));
  const Val bucket = ok("open", {text("b")});
  const Val failed = Val::error(Val::variant(2, text("the disk is gone")));
  const Val keys = Val::list(std::vector{text("a")});
  EXPECT_EQ(call("[method]bucket.get", {bucket, text("a")}), failed);
  EXPECT_EQ(call("[method]bucket.set", {bucket, text("a"), data("x")}), failed);
  EXPECT_EQ(call("[method]bucket.delete", {bucket, text("a")}), failed);
  EXPECT_EQ(call("[method]bucket.exists", {bucket, text("a")}), failed);
  EXPECT_EQ(call("[method]bucket.list-keys", {bucket, Val::none()}), failed);
  EXPECT_EQ(call("increment", {bucket, text("a"), Val::u64(1)}), failed);
  EXPECT_EQ(call("get-many", {bucket, keys}), failed);
  EXPECT_EQ(call("set-many", {bucket, Val::list(std::vector{record({text("a"), data("x")})})}), failed);
  EXPECT_EQ(call("delete-many", {bucket, keys}), failed);
}

}  // namespace
}  // namespace tenon::wasi::p2
