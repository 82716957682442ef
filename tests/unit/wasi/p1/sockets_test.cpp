#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>

#include "unit/wasi/p1/guest.hpp"

namespace tenon::wasi::p1::test {

namespace {

// A guest that listens at a port of this machine as descriptor 3, and a client outside.
struct Sockets : FileGuest {
  int client = -1;

  void SetUp() override {
    const std::uint16_t port = free_port();
    guest_.emplace(config().listen("127.0.0.1:" + std::to_string(port)));
    client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = local(port);
    const void* name = &address;
    ASSERT_EQ(::connect(client, static_cast<const sockaddr*>(name), sizeof address), 0);
  }
  void TearDown() override { ::close(client); }

  static sockaddr_in local(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  static std::uint16_t free_port() {
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = local(0);
    void* name = &address;
    socklen_t size = sizeof address;
    ::bind(probe, static_cast<const sockaddr*>(name), size);
    ::getsockname(probe, static_cast<sockaddr*>(name), &size);
    ::close(probe);
    return ntohs(address.sin_port);
  }

  std::int32_t accepted(std::int32_t flags = 0) {
    EXPECT_EQ(guest().call("sock_accept", 3, flags, result_at), Errno::success);
    return guest().get<std::int32_t>(result_at);
  }
  Errno receive(std::int32_t fd, std::int32_t size, std::int32_t flags = 0) {
    return guest().call("sock_recv", fd, list_of(size), 1, flags, result_at, result_at + 8);
  }
  Errno send(std::int32_t fd, std::string_view text, std::int32_t flags = 0) {
    guest().put_text(bytes_at, text);
    return guest().call("sock_send", fd, list_of(static_cast<std::int32_t>(text.size())), 1, flags, result_at);
  }
  std::string client_reads() const {
    char buffer[100];
    const ssize_t size = ::recv(client, buffer, sizeof buffer, 0);
    return size < 0 ? "error" : std::string(buffer, static_cast<std::size_t>(size));
  }
};

TEST_F(Sockets, AcceptReceiveAndSend) {
  const std::int32_t fd = accepted();
  ASSERT_EQ(::send(client, "question", 8, 0), 8);
  EXPECT_EQ(receive(fd, 5, 1), Errno::success);  // a look
  EXPECT_EQ(given(), "quest");
  EXPECT_EQ(receive(fd, 5), Errno::success);
  EXPECT_EQ(given(), "quest");
  EXPECT_EQ(guest().get<std::uint16_t>(result_at + 8), 0);
  EXPECT_EQ(read(fd, 100), Errno::success);  // like any descriptor
  EXPECT_EQ(given(), "ion");
  EXPECT_EQ(send(fd, "answer"), Errno::success);
  EXPECT_EQ(client_reads(), "answer");
  EXPECT_EQ(write(fd, "more"), Errno::success);
  EXPECT_EQ(client_reads(), "more");
}

TEST_F(Sockets, ShutdownEndsOneDirection) {
  const std::int32_t fd = accepted();
  EXPECT_EQ(guest().call("sock_shutdown", fd, 0), Errno::inval);
  EXPECT_EQ(guest().call("sock_shutdown", fd, 4), Errno::inval);
  EXPECT_EQ(guest().call("sock_shutdown", fd, 2), Errno::success);
  EXPECT_EQ(client_reads(), "");
  EXPECT_EQ(send(fd, "x"), Errno::pipe);
  ASSERT_EQ(::send(client, "late", 4, 0), 4);
  EXPECT_EQ(receive(fd, 10), Errno::success);
  EXPECT_EQ(given(), "late");
  ::shutdown(client, SHUT_WR);
  EXPECT_EQ(receive(fd, 10), Errno::success);
  EXPECT_EQ(given(), "");
}

TEST_F(Sockets, NonblockingOnesSayThatThereIsNothing) {
  const std::int32_t fd = accepted(4);
  EXPECT_EQ(receive(fd, 10), Errno::again);
  EXPECT_EQ(guest().call("fd_fdstat_get", fd, result_at), Errno::success);
  EXPECT_EQ(guest().get<std::uint8_t>(result_at), 6);
  EXPECT_EQ(guest().get<std::uint16_t>(result_at + 2), 4);
  EXPECT_EQ(guest().call("fd_fdstat_set_flags", 3, 4), Errno::success);
  EXPECT_EQ(guest().call("sock_accept", 3, 0, result_at), Errno::again);
  EXPECT_EQ(guest().call("fd_fdstat_set_flags", fd, 1), Errno::inval);
}

TEST_F(Sockets, TakeNoFlagsThatAreNone) {
  EXPECT_EQ(guest().call("sock_accept", 3, 1, result_at), Errno::inval);
  const std::int32_t fd = accepted();
  EXPECT_EQ(receive(fd, 1, 4), Errno::inval);
  EXPECT_EQ(send(fd, "x", 1), Errno::inval);
}

TEST_F(Sockets, AreOfOneKind) {
  const std::int32_t fd = accepted();
  EXPECT_EQ(receive(3, 1), Errno::inval);
  EXPECT_EQ(send(3, "x"), Errno::inval);
  EXPECT_EQ(guest().call("sock_shutdown", 3, 1), Errno::inval);
  EXPECT_EQ(guest().call("sock_accept", fd, 0, result_at), Errno::inval);
  EXPECT_EQ(receive(0, 1), Errno::notsock);
  EXPECT_EQ(send(1, "x"), Errno::notsock);
  EXPECT_EQ(guest().call("sock_shutdown", 1, 1), Errno::notsock);
  EXPECT_EQ(guest().call("sock_accept", 0, 0, result_at), Errno::notsock);
}

TEST_F(Sockets, AskForTheirRights) {
  const std::int32_t fd = accepted();
  EXPECT_EQ(guest().call("fd_fdstat_set_rights", fd, 0, 0), Errno::success);
  EXPECT_EQ(receive(fd, 1), Errno::notcapable);
  EXPECT_EQ(send(fd, "x"), Errno::notcapable);
  EXPECT_EQ(guest().call("sock_shutdown", fd, 1), Errno::notcapable);
  EXPECT_EQ(guest().call("fd_fdstat_set_rights", 3, 0, 0), Errno::success);
  EXPECT_EQ(guest().call("sock_accept", 3, 0, result_at), Errno::notcapable);
}

TEST(Listeners, AtNoAddressAreErrors) {
  Engine engine;
  Linker linker(engine);
  for (const char* address :
       {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", "localhost:80", "[::1:80", "1.2.3.4:x"}) {
    EXPECT_EQ(add_to(linker, Config().listen(address)).error().kind(), ErrorKind::io) << address;
  }
}

// A guest that waits for what never comes is stopped all the same.
struct Waiting : FileGuest {
  void expect_stopped(const char* name, const std::vector<std::int64_t>& arguments) {
    std::jthread other([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        guest().store.interrupt();
      }
    });
    const Func func = guest().instance->func(name).value();
    const FuncType type = func.type();
    std::vector<Val> values;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      values.push_back(Val::from_bits(type.params.at(i), static_cast<std::uint64_t>(arguments[i])));
    }
    const auto result = func.call(values);
    ASSERT_FALSE(result.has_value()) << name;
    EXPECT_EQ(result.error().message(), "deadline exceeded") << name;
  }
};

TEST_F(Waiting, ForAClockIsInterrupted) {
  guest().put<std::uint32_t>(list_at + 16, 1);
  guest().put<std::uint64_t>(list_at + 24, 3'600'000'000'000);
  expect_stopped("poll_oneoff", {list_at, bytes_at, 1, result_at});
}

TEST_F(Waiting, ForConnectionsIsInterrupted) {
  guest_.emplace(config().listen("127.0.0.1:0"));
  expect_stopped("sock_accept", {3, 0, result_at});
}

TEST_F(Waiting, ForAPipeIsInterrupted) {
  ASSERT_EQ(mkfifo((folder.path / "pipe").c_str(), 0600), 0);
  const std::int32_t reader = opened("pipe", 0, right::fd_read);
  opened("pipe", 0, right::fd_write);
  expect_stopped("fd_read", {reader, list_of(1), 1, result_at});
}

}  // namespace

}  // namespace tenon::wasi::p1::test
