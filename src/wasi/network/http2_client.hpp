// The other side of http2.hpp: requests of guests as streams of one connection to a server that chose HTTP/2 when TLS
// began (ALPN).
//
// One connection serves all requests to its place at the same time, whoever sends them; it stays in the pool (pool.hpp)
// until nobody has used it for a while, the server goes away, or it breaks. It reads all the time, so that a server's
// GOAWAY is seen before the next request, and what a server says of its windows is heard. Backpressure is as on the
// other side: a stream's window is given back as the guest reads, the connection's always; a request's body is taken
// out of its pipe when the server has room for it.
//
// A request that the server certainly did not begin with (it refused the stream, or went away before it) can be sent
// again; its `Request` decides.
//
// https://www.rfc-editor.org/rfc/rfc9113
#pragma once

#include <map>
#include <memory>
#include <nghttp2/nghttp2.h>
#include <string>
#include <string_view>

#include "wasi/network/pool.hpp"
#include "wasi/network/request.hpp"

namespace tenon::wasi::network {

class Http2Client final : public std::enable_shared_from_this<Http2Client> {
 public:
  // What is offered when TLS begins, the better first; and whether the server took HTTP/2.
  static bool offer(TlsStream& tls);
  static bool was_chosen(const TlsStream& tls);

  // Takes a connection whose handshake is over. nullptr: no memory.
  static std::shared_ptr<Http2Client> begin(Reactor& reactor, std::shared_ptr<ClientConnection> connection);
  Http2Client(Reactor& reactor, std::shared_ptr<ClientConnection> connection);
  Http2Client(const Http2Client&) = delete;
  Http2Client& operator=(const Http2Client&) = delete;
  ~Http2Client();

  // Whether one more request can begin now.
  bool has_room() const;
  bool is_closed() const noexcept { return is_closed_; }
  bool is_idle() const noexcept { return streams_.empty(); }
  Clock::time_point idle_since() const noexcept { return idle_since_; }
  ClientConnection& connection() const noexcept { return *connection_; }
  // Begins a stream and gives its number; negative: it cannot.
  std::int32_t send(const std::shared_ptr<Request>& request);
  // The request wants nothing more of its stream.
  void give_up(std::int32_t number);
  void close();

 private:
  struct Stream;
  struct Callbacks;  // what the library calls

  bool open_session();
  Stream* find(std::int32_t number) const;
  void take_field(Stream& stream, std::string_view name, std::string_view value);
  void head_ended(Stream& stream, bool is_last);
  void take_data(Stream& stream, std::string_view bytes);
  void message_ended(Stream& stream);
  ssize_t give_data(Stream& stream, std::span<std::uint8_t> room, std::uint32_t& flags);
  void stream_closed(std::int32_t number, std::uint32_t code);
  void go_on(std::int32_t number);
  void read();
  void flush();

  Reactor& reactor_;
  std::shared_ptr<ClientConnection> connection_;
  std::unique_ptr<nghttp2_session, decltype(&nghttp2_session_del)> session_{nullptr, nghttp2_session_del};
  std::map<std::int32_t, std::unique_ptr<Stream>> streams_;
  Clock::time_point idle_since_ = Clock::now();
  bool is_closed_ = false;
  bool is_writing_ = false;
  bool is_in_library_ = false;  // what is submitted meanwhile goes out when it returns
  std::string output_;
  std::string buffer_;
};

}  // namespace tenon::wasi::network
