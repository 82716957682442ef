// A client's connection to the server: requests one after the other, each with its response.
//
// Reading and writing are two halves that share little. The first half parses: head, then the body into the request's
// pipe, as long as there is room in it; then it stops until the response has gone out, so that what a client sends
// ahead waits in the system's buffers. The second half takes what the response's pipe has, whenever it has something,
// and writes it. Between requests a connection holds no buffer at all, so that thousands may stay open.
//
// A response whose whole body is known when its head is written goes out in one piece and with a length; otherwise it
// is chunked. A response that cannot be completed ends the connection, so that the client sees it.
//
// A client that begins with the preface of HTTP/2 gets a connection of that kind (http2.hpp) in the place of this one.
//
// https://www.rfc-editor.org/rfc/rfc9112
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <string>

#include "wasi/host/reactor.hpp"
#include "wasi/network/incoming.hpp"
#include "wasi/network/messages.hpp"

namespace tenon::wasi::network {

class Connection final : public Incoming, public std::enable_shared_from_this<Connection> {
 public:
  // Takes the descriptor. nullptr: it cannot be watched.
  static std::shared_ptr<Connection> make(Reactor& reactor, int descriptor, host::HttpHandler& handler);
  Connection(Reactor& reactor, host::HttpHandler& handler);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void begin();
  void close() override;
  void finish_if_idle() override;
  void check_time(Clock::time_point now) override;

  void respond(std::uint64_t number, host::HttpResponse response) override;
  void inform(std::uint64_t number, std::uint16_t status, const host::HttpFields& headers) override;
  void refuse(std::uint64_t number, std::uint16_t status) override;
  bool has_responded(std::uint64_t number) const override { return number != number_ || has_responded_; }

 private:
  // Goes on with one half of the connection when a pipe is ready for it.
  struct Half final : host::Waiter {
    Connection* connection = nullptr;
    void (Connection::*go_on)() = nullptr;
    bool is_posted = false;
    void wake() noexcept override;
  };

  // --- Reading
  void wait_to_read();
  void read();
  void settle_protocol(std::string_view bytes);
  void go_on_reading();
  bool parse(std::string_view bytes, std::size_t& used);
  void break_off(std::uint16_t status);
  bool check_head();
  void dispatch();
  void request_ended();

  // --- Writing
  void start_response();
  void append_head(std::optional<std::uint64_t> length);
  void go_on_writing();
  void gather();
  bool write_out();
  void response_ended();
  void linger();
  void next_request();

  void set_time(std::chrono::milliseconds time) { deadline_ = Clock::now() + time; }

  Reactor& reactor_;
  host::HttpHandler& handler_;
  Wire wire_;
  std::string remote_address_;
  Clock::time_point deadline_{};
  bool is_closed_ = false;
  bool is_reading_ = false;  // waits for the system
  bool is_writing_ = false;
  bool is_lingering_ = false;
  bool must_close_ = false;  // after this response
  bool is_at_eof_ = false;   // the client sends no more
  bool is_settled_ = false;  // it speaks HTTP/1

  // The request.
  std::string input_;  // read, and not parsed yet
  std::optional<Parser<true>> parser_;
  std::shared_ptr<host::Pipe> request_body_;
  std::uint64_t number_ = 0;  // of the exchange
  bool is_under_way_ = false;
  bool is_request_whole_ = false;
  std::string method_;
  std::string target_;
  Clock::time_point start_{};
  Half reading_;

  // The response.
  std::optional<host::HttpResponse> response_;
  std::shared_ptr<host::Pipe> response_body_;
  bool has_responded_ = false;
  bool is_head_written_ = false;
  bool is_chunked_ = false;
  bool has_no_body_ = false;
  bool is_whole_ = false;  // all of it is in `output_`, or gone
  std::optional<std::uint64_t> length_;
  std::uint64_t sent_ = 0;  // of the body
  std::string output_;
  std::size_t written_ = 0;
  Half writing_;
};

}  // namespace tenon::wasi::network
