// What the functions of WASI 0.3 refuse, and what they say to arguments that make no sense, and those that need another
// side: functions.txt has the list.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "unit/wasi/component/paths.hpp"
#include "unit/wasi/p3/guest.hpp"

namespace tenon::wasi::p3 {
namespace {

using test::PathError;

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

class P3Refusals : public P3Functions {
 protected:
  Val on(const char* type, const Val& self, std::string_view name, std::vector<Val> values = {}) {
    values.insert(values.begin(), self);
    return call("[method]" + std::string(type) + "." + std::string(name), values);
  }
  Val tcp() { return call("[static]tcp-socket.create", {Val::enumeration(0)}).payload(); }
  Val udp() { return call("[static]udp-socket.create", {Val::enumeration(0)}).payload(); }
  Val connect(const Val& socket, const Val& where) {
    return wait_for_socket("[method]tcp-socket.connect", {socket, where});
  }
  Val trailers() {
    auto future = make_future<Val>(StoreHandle(store)).value();
    future.writer.write(Val::ok(Val::none()));
    return std::move(future.reader).to_val();
  }
};

// Listens on this machine, and does something with the connection that comes.
class Peer {
 public:
  explicit Peer(std::function<void(int)> serve) : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const name = static_cast<sockaddr*>(static_cast<void*>(&address));
    EXPECT_EQ(::bind(listener_, name, size), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    EXPECT_EQ(::getsockname(listener_, name, &size), 0);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this, serve = std::move(serve)] {
      const int connection = ::accept(listener_, nullptr, nullptr);
      if (connection < 0) return;
      serve(connection);
      ::close(connection);
    });
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  std::uint16_t port = 0;

 private:
  int listener_;
  std::thread thread_;
};

// --- Files

TEST_F(P3Refusals, PathsThatAreNoneOrLeadOut) {
  std::filesystem::create_directory(folder / "sub");
  for (const auto& [text, error] : test::bad_paths()) {
    for (const auto& function : test::path_functions(directory)) {
      const Val result = method(function.name, function.arguments(Val::string(text)));
      EXPECT_EQ(error_of(result), code_of(error)) << function.name << " " << text;
    }
  }
  EXPECT_EQ(content("a.txt"), "hello");
  EXPECT_FALSE(std::filesystem::exists(folder / "new"));
}

TEST_F(P3Refusals, ChangesWhereNothingMayChange) {
  std::filesystem::create_directory(folder / "sub");
  open(Access::read_only);
  for (const auto& [name, arguments] : test::changes(directory)) {
    EXPECT_EQ(error_of(method(name, arguments)), read_only) << name;
  }
  EXPECT_EQ(content("a.txt"), "hello");
}

TEST_F(P3Refusals, PlacesInFilesThatThereCannotBe) {
  const Val file = open_at("a.txt", 0, reads | writes).payload();
  const Val far = Val::u64(~std::uint64_t{0});
  EXPECT_EQ(error_of(on("descriptor", file, "set-size", {far})), file_too_large);
  EXPECT_EQ(error_of(on("descriptor", file, "advise", {far, Val::u64(1), Val::enumeration(0)})), invalid);
  EXPECT_FALSE(read_all(on("descriptor", file, "read-via-stream", {far})).second);
  EXPECT_FALSE(settle(on("descriptor", file, "write-via-stream", {stream_of("x"), far})));
  const Val late = Val::variant(2, record({Val::s64(0), Val::u32(1'000'000'000)}));
  EXPECT_EQ(error_of(on("descriptor", file, "set-times", {Val::variant(0), late})), invalid);
  const Val unwritable = open_at("a.txt", 0, reads).payload();
  EXPECT_FALSE(settle(on("descriptor", unwritable, "append-via-stream", {stream_of("x")})));
}

TEST_F(P3Refusals, NamesThatMeanSomethingElse) {
  EXPECT_EQ(error_of(method("rename-at", {Val::string("none"), directory, Val::string("c")})), no_entry);
  EXPECT_EQ(error_of(method("create-directory-at", {Val::string("a.txt")})), exist);
  EXPECT_EQ(error_of(method("stat-at", {Val::flags(0), Val::string("none")})), no_entry);
}

// --- Standard streams, clocks

TEST_F(P3Refusals, BothOutputsTakeBytes) {
  EXPECT_TRUE(settle(call("wasi:cli/stderr#write-via-stream", {stream_of("said")})));
  EXPECT_GE(call("wasi:clocks/system-clock#get-resolution").unsigned_integer(), 1U);
}

// --- HTTP

enum : std::uint32_t { denied = 15, refused = 6, bad_uri = 19, incomplete = 25 };

TEST_F(P3Refusals, FieldsThatMayNotBeChangedOrNamed) {
  const Val fields = call("[constructor]fields");
  const auto bar = Val::list(std::vector{bytes(std::vector<std::uint8_t>{'b'})});
  const Val syntax = Val::error(Val::variant(0)), immutable = Val::error(Val::variant(2));
  EXPECT_EQ(on("fields", fields, "set", {Val::string("foo"), bar}), Val::ok());
  EXPECT_EQ(on("fields", fields, "get-and-delete", {Val::string("a b")}), syntax);
  EXPECT_EQ(on("fields", fields, "delete", {Val::string("a b")}), syntax);
  const Val response = call("[static]response.new", {fields, Val::none(), trailers()}).fields()[0];
  const Val headers = call("[method]response.get-headers", {response});
  EXPECT_EQ(on("fields", headers, "set", {Val::string("foo"), bar}), immutable);
  EXPECT_EQ(on("fields", headers, "append", {Val::string("foo"), bar[0]}), immutable);
  EXPECT_EQ(on("fields", headers, "delete", {Val::string("foo")}), immutable);
  EXPECT_EQ(on("fields", headers, "get-and-delete", {Val::string("foo")}), immutable);
}

TEST_F(P3Refusals, OptionsThatBelongToARequest) {
  const Val options = call("[constructor]request-options");
  const Val time = Val::some(Val::u64(5));
  EXPECT_EQ(on("request-options", options, "set-connect-timeout", {time}), Val::ok());
  const Val request =
      call("[static]request.new", {call("[constructor]fields"), Val::none(), trailers(), Val::some(options)})
          .fields()[0];
  const Val kept = call("[method]request.get-options", {request}).payload();
  for (const char* name : {"set-connect-timeout", "set-first-byte-timeout", "set-between-bytes-timeout"}) {
    EXPECT_EQ(error_of(on("request-options", kept, name, {time})), 1U) << "immutable";
  }
  const Val copy = call("[method]request-options.clone", {kept});
  EXPECT_EQ(on("request-options", copy, "get-connect-timeout"), time);
  EXPECT_EQ(on("request-options", copy, "set-connect-timeout", {Val::none()}), Val::ok());
}

TEST_F(P3Refusals, RequestsThatAreSentWhereTheyMayBe) {
  const auto send = [&](std::string_view authority) {
    const Val request =
        call("[static]request.new", {call("[constructor]fields"), Val::none(), trailers(), Val::none()}).fields()[0];
    host->requests[bindings::number_of(request)].authority = std::string(authority);
    EXPECT_EQ(call("[method]request.set-scheme", {request, Val::some(Val::variant(0))}), Val::ok());
    const auto result = wait_for("send", {request}, "(result (own $response) (error $error))",
                                 "(export \"response\" (type $response (sub resource)))" + errors(39));
    EXPECT_TRUE(result) << result.error().message();
    return result ? *result : Val();
  };
  {
    const Peer peer([](int connection) {
      char buffer[1000];
      EXPECT_GT(::recv(connection, buffer, sizeof buffer, 0), 0);
      constexpr std::string_view answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";
      EXPECT_GT(::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL), 0);
    });
    EXPECT_EQ(send("127.0.0.1:" + std::to_string(peer.port)).index(), 0U);
  }
  EXPECT_EQ(error_of(send("127.0.0.1:1")), refused);
  EXPECT_EQ(error_of(send("example.test")), denied);
  EXPECT_EQ(error_of(send("user@127.0.0.1")), bad_uri);
}

// --- Sockets

TEST_F(P3Refusals, OptionsThatMakeNoSense) {
  EXPECT_EQ(error_of(on("tcp-socket", tcp(), "set-hop-limit", {Val::u8(0)})), invalid_argument);
  EXPECT_EQ(error_of(on("tcp-socket", tcp(), "set-keep-alive-count", {Val::u32(0)})), invalid_argument);
  EXPECT_EQ(error_of(on("udp-socket", udp(), "set-unicast-hop-limit", {Val::u8(0)})), invalid_argument);
}

TEST_F(P3Refusals, SocketsWhereThereIsNoRoomForMore) {
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit none{0, limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const Val stream = call("[static]tcp-socket.create", {Val::enumeration(0)});
  const Val datagram = call("[static]udp-socket.create", {Val::enumeration(0)});
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(stream.index(), 1U);
  EXPECT_EQ(datagram.index(), 1U);
}

TEST_F(P3Refusals, ConnectionsPassBytesBothWays) {
  const Peer peer([](int connection) {
    char buffer[4];
    EXPECT_EQ(::recv(connection, buffer, 4, MSG_WAITALL), 4);
    EXPECT_EQ(std::string_view(buffer, 4), "ping");
    EXPECT_EQ(::send(connection, "pong", 4, MSG_NOSIGNAL), 4);
  });
  const Val socket = tcp();
  EXPECT_EQ(connect(socket, address(1, peer.port)), Val::ok());
  EXPECT_EQ(on("tcp-socket", socket, "get-remote-address"), Val::ok(address(1, peer.port)));
  EXPECT_EQ(error_of(connect(socket, address(1, peer.port))), invalid_state);
  EXPECT_TRUE(settle(on("tcp-socket", socket, "send", {stream_of("ping")})));
  EXPECT_EQ(read_all(on("tcp-socket", socket, "receive")), std::pair(std::string("pong"), true));
  EXPECT_FALSE(settle(on("tcp-socket", socket, "send", {stream_of("again")}))) << "it can be called once";
  EXPECT_FALSE(read_all(on("tcp-socket", socket, "receive")).second);
}

TEST_F(P3Refusals, ConnectionsToWhereThereCanBeNone) {
  EXPECT_EQ(error_of(connect(tcp(), address(1, 1))), connection_refused);
  EXPECT_EQ(error_of(connect(tcp(), address(1, 0))), invalid_argument);
  const Val elsewhere =
      Val::variant(0, record({Val::u16(80), record({Val::u8(10), Val::u8(0), Val::u8(0), Val::u8(1)})}));
  EXPECT_EQ(error_of(connect(tcp(), elsewhere)), access_denied);
  const Val v6 = Val::variant(1, record({Val::u16(80), Val::u32(0),
                                         record({Val::u16(0), Val::u16(0), Val::u16(0), Val::u16(0), Val::u16(0),
                                                 Val::u16(0), Val::u16(0), Val::u16(1)}),
                                         Val::u32(0)}));
  EXPECT_EQ(error_of(connect(tcp(), v6)), invalid_argument);
  EXPECT_EQ(error_of(on("udp-socket", udp(), "bind", {v6})), invalid_argument);
  EXPECT_EQ(error_of(on("udp-socket", udp(), "bind", {elsewhere})), access_denied);
  EXPECT_EQ(error_of(on("udp-socket", udp(), "connect", {elsewhere})), access_denied);
}

TEST_F(P3Refusals, DatagramsPassBetweenSockets) {
  const std::string types = errors(15) + R"(
    (type $a4 (tuple u8 u8 u8 u8)) (export "ipv4-address" (type $ipv4 (eq $a4)))
    (type $a6 (tuple u16 u16 u16 u16 u16 u16 u16 u16)) (export "ipv6-address" (type $ipv6 (eq $a6)))
    (type $r4 (record (field "port" u16) (field "address" $ipv4))) (export "ipv4-place" (type $place4 (eq $r4)))
    (type $r6 (record (field "port" u16) (field "flow-info" u32) (field "address" $ipv6) (field "scope-id" u32)))
    (export "ipv6-place" (type $place6 (eq $r6)))
    (type $p (variant (case "ipv4" $place4) (case "ipv6" $place6))) (export "place" (type $place (eq $p))))";
  const auto send = [&](const Val& socket, std::size_t size, const Val& where) {
    return wait_for_socket("[method]udp-socket.send", {socket, bytes(std::vector<std::uint8_t>(size, 'x')), where});
  };
  const auto receive = [&](const Val& socket) {
    const auto got =
        wait_for("[method]udp-socket.receive", {socket}, "(result (tuple (list u8) $place) (error $error))", types);
    EXPECT_TRUE(got) << got.error().message();
    return got ? *got : Val();
  };
  const Val left = udp(), right = udp();
  EXPECT_EQ(error_of(receive(left)), invalid_state);
  EXPECT_EQ(on("udp-socket", left, "bind", {address(1, 0)}), Val::ok());
  EXPECT_EQ(on("udp-socket", right, "bind", {address(1, 0)}), Val::ok());
  const Val to = on("udp-socket", right, "get-local-address").payload();
  EXPECT_EQ(send(left, 4, Val::some(to)), Val::ok());
  const Val got = receive(right);
  ASSERT_EQ(got.index(), 0U);
  EXPECT_EQ(got.payload().fields()[0].size(), 4U);
  EXPECT_EQ(Val::ok(got.payload().fields()[1]), on("udp-socket", left, "get-local-address"));
  EXPECT_EQ(error_of(send(left, 70'000, Val::some(to))), datagram_too_large);
  EXPECT_EQ(error_of(send(left, 1, Val::none())), invalid_argument);
  EXPECT_EQ(error_of(send(left, 1, Val::some(address(1, 0)))), invalid_argument);
  const Val elsewhere =
      Val::variant(0, record({Val::u16(9), record({Val::u8(10), Val::u8(0), Val::u8(0), Val::u8(1)})}));
  EXPECT_EQ(error_of(send(left, 1, Val::some(elsewhere))), access_denied);
}

TEST_F(P3Refusals, NamesThatAreNone) {
  const std::string types = errors(6) + R"(
    (type $a4 (tuple u8 u8 u8 u8)) (export "ipv4-address" (type $ipv4 (eq $a4)))
    (type $a6 (tuple u16 u16 u16 u16 u16 u16 u16 u16)) (export "ipv6-address" (type $ipv6 (eq $a6)))
    (type $i (variant (case "ipv4" $ipv4) (case "ipv6" $ipv6))) (export "ip" (type $ip (eq $i))))";
  const auto look_up = [&](const std::string& name) {
    const auto found = wait_for("resolve-addresses", {Val::string(name)}, "(result (list $ip) (error $error))", types);
    EXPECT_TRUE(found) << found.error().message();
    return found ? *found : Val();
  };
  for (const std::string& name : {std::string(), std::string("a\0b", 3), std::string("a b")}) {
    EXPECT_EQ(error_of(look_up(name)), 1U) << name;
  }
  EXPECT_EQ(error_of(look_up("example.test")), 0U) << "access-denied";
  EXPECT_EQ(look_up("127.0.0.1").index(), 0U);
}

}  // namespace
}  // namespace tenon::wasi::p3
