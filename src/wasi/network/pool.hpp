// Connections to servers that requests went over, kept for the next request to the same place.
//
// A kept connection may be closed by its server at any moment. Most of these are seen when the connection is taken; a
// request that meets one later has failed before the server answered, and is sent again over a new connection. That is
// right only for requests that do the same when done twice, so no other is given a kept connection (RFC 9110, section
// 9.2.2). All guests of a reactor share its pool: they have the same grants, and a connection knows nothing of who used
// it before.
//
// A connection of HTTP/2 is never taken, but shared: any request may go over it, for its end is always seen, and what
// the server did not begin with is known (http2_client.hpp).
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

class Http2Client;

class Pool {
 public:
  explicit Pool(boost::asio::io_context& io) : timer_(io) {}

  // A connection to that place that is alive as far as can be seen; nullptr for none.
  std::shared_ptr<ClientConnection> take(const host::HttpTarget& target);
  // Keeps a connection on which everything that was sent and answered has ended.
  void keep(std::shared_ptr<ClientConnection> connection, const host::HttpTarget& target);

  // A connection of HTTP/2 to that place on which one more request can begin; nullptr for none. `is_repeatable`: the
  // request can be sent again, so that it does no harm if the server has just gone.
  std::shared_ptr<Http2Client> shared(const host::HttpTarget& target, bool is_repeatable);
  void share(std::shared_ptr<Http2Client> client, const host::HttpTarget& target);

 private:
  using Clock = std::chrono::steady_clock;
  struct Kept {
    std::string place;
    Clock::time_point until;
    std::shared_ptr<ClientConnection> connection;
  };
  struct Shared {
    std::string place;
    std::shared_ptr<Http2Client> client;
  };
  void drop_old();

  std::list<Kept> kept_;  // the oldest first
  std::list<Shared> shared_;
  bool is_timed_ = false;
  boost::asio::steady_timer timer_;
};

}  // namespace tenon::wasi::network
