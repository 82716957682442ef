// An outgoing request: look-up, connection, TLS, the request's body out of its pipe, the response into another.
//
// A connection of HTTP/1.1 serves one request at a time, and then the next to the same place (pool.hpp); that is all
// here. A server that prefers HTTP/2, which TLS tells at its beginning, gets the request as a stream
// (http2_client.hpp), and so do later ones to the same place. Both directions go on at the same time, each as far as
// its pipe lets it. The request lives as long as its operations: what ends it (an error, a time limit, a guest that is
// not interested any more) closes the socket, and then all of them end.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>

#include "wasi/host/reactor.hpp"
#include "wasi/network/messages.hpp"
#include "wasi/network/reactor.hpp"
#include "wasi/network/tls.hpp"

namespace tenon::wasi::network {

class Http2Client;

class Request final : public std::enable_shared_from_this<Request> {
 public:
  Request(Reactor& reactor, host::HttpRequest request, const host::HttpTarget& target);
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;
  static std::shared_ptr<host::HttpCall> send(Reactor& reactor, host::HttpRequest request,
                                              const host::HttpTarget& target);

  // --- For the connection on which it is a stream
  const host::HttpRequest& message() const noexcept { return request_; }
  void took_body() noexcept { took_body_ = true; }
  void responded(host::HttpResponse response);
  void progressed() { limit_time(target_.between_bytes_time, host::HttpError::connection_read_timeout); }
  // The stream ended early; `is_untouched`: the server says that it did nothing with the request.
  void broke_off(bool is_untouched, host::HttpFailure failure);
  void fail(host::HttpFailure failure);
  void end();

 private:
  struct Call;
  struct Half final : host::Waiter {
    Request* request = nullptr;
    void (Request::*go_on)() = nullptr;
    bool is_posted = false;
    void wake() noexcept override;
  };

  void begin();
  void look_up();
  void connect(const asio::ip::tcp::resolver::results_type& found);
  void shake_hands();
  void become_stream();
  bool become_stream_of(const std::shared_ptr<Http2Client>& client);
  void start();
  void append_head();
  void write();
  void read();
  void parse(std::size_t got);
  void take_header();
  void read_ended(const error_code& error);
  bool try_again();
  void keep_connection();
  void limit_time(std::chrono::nanoseconds time, host::HttpError reason);
  template <class Handler>
  auto guarded(Handler handler);
  template <class Handler>
  auto on_connection(Handler handler);

  Reactor& reactor_;
  host::HttpRequest request_;
  host::HttpTarget target_;
  std::weak_ptr<Call> call_;
  std::shared_ptr<ClientConnection> connection_;
  bool was_kept_ = false;              // the connection, from an earlier request
  std::weak_ptr<Http2Client> client_;  // on which it is a stream
  std::int32_t stream_ = 0;
  bool was_tried_again_ = false;
  asio::ip::tcp::resolver resolver_;
  asio::steady_timer timer_;
  host::HttpError time_reason_ = host::HttpError::connection_timeout;

  bool is_over_ = false;
  bool is_connected_ = false;
  bool took_body_ = false;  // a part of it, which could not be sent again
  bool is_writing_ = false;
  bool is_written_ = false;
  bool is_reading_ = false;
  bool is_chunked_ = false;
  std::string output_;
  Half writing_;

  std::string input_;
  std::string buffer_;
  std::optional<Parser<false>> parser_;
  std::shared_ptr<host::Pipe> response_body_;
  bool has_response_ = false;
  Half reading_;
};

}  // namespace tenon::wasi::network
