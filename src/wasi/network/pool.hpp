// Connections to servers that requests went over, kept for the next request to the same place.
//
// A kept connection may be closed by its server at any moment. Most of these are seen when the connection is taken; a
// request that meets one later has failed before the server answered, and is sent again over a new connection. That is
// right only for requests that do the same when done twice, so no other is given a kept connection (RFC 9110, section
// 9.2.2). All guests of a reactor share its pool: they have the same grants, and a connection knows nothing of who used
// it before.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "wasi/host/http.hpp"
#include "wasi/network/tls.hpp"

namespace tenon::wasi::network {

// A connection to a server, plain or with TLS over it. Its operations hold it.
struct ClientConnection {
  explicit ClientConnection(boost::asio::io_context& io) : socket(io) {}
  boost::asio::ip::tcp::socket socket;
  std::optional<TlsStream> tls{};
};

class Pool {
 public:
  explicit Pool(boost::asio::io_context& io) : timer_(io) {}

  // A connection to that place that is alive as far as can be seen; nullptr for none.
  std::shared_ptr<ClientConnection> take(const host::HttpTarget& target);
  // Keeps a connection on which everything that was sent and answered has ended.
  void keep(std::shared_ptr<ClientConnection> connection, const host::HttpTarget& target);

 private:
  using Clock = std::chrono::steady_clock;
  struct Kept {
    std::string place;
    Clock::time_point until;
    std::shared_ptr<ClientConnection> connection;
  };
  void drop_old();

  std::list<Kept> kept_;  // the oldest first
  boost::asio::steady_timer timer_;
};

}  // namespace tenon::wasi::network
