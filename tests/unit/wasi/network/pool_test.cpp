// Outgoing requests and the connections that they leave for the next one, against a server that counts.
#include <arpa/inet.h>
#include <atomic>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "unit/wasi/p2/calls.hpp"

namespace tenon::wasi::p2 {
namespace {

// Answers each request; after so many on one connection it closes that, without having said so.
class CountingServer {
 public:
  explicit CountingServer(int requests_a_connection, std::string fields = {})
      : most_(requests_a_connection), fields_(std::move(fields)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const name = static_cast<sockaddr*>(static_cast<void*>(&address));
    EXPECT_EQ(::bind(listener_, name, size), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    EXPECT_EQ(::getsockname(listener_, name, &size), 0);
    place = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { serve(); });
  }
  CountingServer(const CountingServer&) = delete;
  CountingServer& operator=(const CountingServer&) = delete;
  ~CountingServer() {
    is_over_ = true;
    thread_.join();
    ::close(listener_);
  }

  std::string place;
  std::atomic<int> connections = 0;
  std::atomic<int> requests = 0;

 private:
  bool wait(int descriptor) const {
    pollfd one{descriptor, POLLIN, 0};
    while (!is_over_) {
      if (::poll(&one, 1, 10) > 0) return true;
    }
    return false;
  }
  void serve() {
    while (wait(listener_)) {
      ++connections;
      threads_.emplace_back([this, connection = ::accept(listener_, nullptr, nullptr)] {
        for (int i = 0; i < most_ && answer(connection);) ++i;
        ::close(connection);
      });
    }
    for (std::thread& thread : threads_) thread.join();
  }
  bool answer(int connection) {
    std::string got;
    while (got.find("\r\n\r\n") == std::string::npos) {
      char piece[1000];
      if (!wait(connection)) return false;
      const auto size = ::recv(connection, piece, sizeof piece, 0);
      if (size <= 0) return false;
      got.append(piece, static_cast<std::size_t>(size));
    }
    ++requests;
    const std::string response = "HTTP/1.1 200 OK\r\n" + fields_ + "content-length: 2\r\n\r\nhi";
    return ::send(connection, response.data(), response.size(), MSG_NOSIGNAL) > 0;
  }

  int most_;
  std::string fields_;
  int listener_ = -1;
  std::atomic<bool> is_over_ = false;
  std::vector<std::thread> threads_;
  std::thread thread_;
};

class KeptConnections : public Calls {
 protected:
  void SetUp() override { grant(Config().allow_net("127.0.0.1:*")); }

  // Sends a request and reads the whole response; gives its body.
  std::string ask(const CountingServer& server, std::uint32_t method = 0) {
    const Val request = call("[constructor]outgoing-request", {call("[constructor]fields")});
    ok("[method]outgoing-request.set-method", {request, Val::variant(method)});
    ok("[method]outgoing-request.set-scheme", {request, Val::some(Val::variant(0))});
    ok("[method]outgoing-request.set-authority", {request, Val::some(text(server.place))});
    const Val future = ok("handle", {request, Val::none()});
    call("[method]pollable.block", {call("[method]future-incoming-response.subscribe", {future})});
    const Val result = call("[method]future-incoming-response.get", {future}).payload().payload();
    EXPECT_EQ(result.index(), 0U);
    if (result.index() != 0) return "";
    const Val body = ok("[method]incoming-response.consume", {result.payload()});
    const Val stream = ok("[method]incoming-body.stream", {body});
    std::string all;
    for (;;) {
      const Val piece = call("[method]input-stream.blocking-read", {stream, Val::u64(100)});
      if (piece.index() != 0) return all;
      all += text_of(piece.payload());
    }
  }
};

TEST_F(KeptConnections, TheNextRequestTakesTheConnection) {
  const CountingServer server(100);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(server), "hi");
  EXPECT_EQ(server.connections, 1);
  EXPECT_EQ(server.requests, 3);
}

TEST_F(KeptConnections, AConnectionThatTheServerClosedIsNotMissed) {
  const CountingServer server(1);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(server), "hi");
  EXPECT_EQ(server.connections, 3);
}

TEST_F(KeptConnections, WhatMustNotBeDoneTwiceGetsAConnectionOfItsOwn) {
  const CountingServer server(100);
  EXPECT_EQ(ask(server), "hi");
  EXPECT_EQ(ask(server, 2), "hi");  // POST
  EXPECT_EQ(server.connections, 2);
}

TEST_F(KeptConnections, AServerThatClosesIsBelieved) {
  const CountingServer server(100, "connection: close\r\n");
  for (int i = 0; i < 2; ++i) EXPECT_EQ(ask(server), "hi");
  EXPECT_EQ(server.connections, 2);
}

}  // namespace
}  // namespace tenon::wasi::p2
