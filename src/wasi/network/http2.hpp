// A client's connection that speaks HTTP/2: many requests at once, each a stream of its own.
//
// libnghttp2 has the protocol: frames, header compression, the order of what is sent, and the limits that keep a client
// from making work for nothing (of settings, pings, resets). It is given what was read and gives what is to be
// written; it never touches the socket. What is here is the rest: streams to exchanges, bodies to pipes, and time.
//
// Backpressure is the protocol's windows. A stream's window is given back to the client as long as there is room in the
// request's pipe, and later when the guest has read; so a slow guest holds up its own stream, with at most the window
// and the pipe in memory, and no other. The connection's window is always given back, for the streams' windows and
// their number bound what may come. Responses are taken out of their pipes when the library asks, which is when the
// client has room; what has nothing to send is left out until its pipe wakes us.
//
// Clients come here by prior knowledge, or because both sides agreed on it under TLS: they begin with the preface. The
// upgrade of an HTTP/1.1 request was dropped from the standard.
//
// https://www.rfc-editor.org/rfc/rfc9113
#pragma once

#include <map>
#include <memory>
#include <nghttp2/nghttp2.h>
#include <optional>
#include <string>
#include <string_view>

#include "wasi/network/incoming.hpp"

namespace tenon::wasi::network {

class Http2Connection final : public Incoming, public std::enable_shared_from_this<Http2Connection> {
 public:
  static constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  // Takes the connection, of which `bytes` were read.
  static void begin(Reactor& reactor, Wire wire, host::HttpHandler& handler, std::string remote_address,
                    std::string_view bytes);
  Http2Connection(Reactor& reactor, Wire wire, host::HttpHandler& handler, std::string remote_address);
  Http2Connection(const Http2Connection&) = delete;
  Http2Connection& operator=(const Http2Connection&) = delete;
  ~Http2Connection() override;

  void close() override;
  void finish_if_idle() override;
  void check_time(Clock::time_point now) override;
  void respond(std::uint64_t number, host::HttpResponse response) override;
  void inform(std::uint64_t number, std::uint16_t status, const host::HttpFields& headers) override;
  void refuse(std::uint64_t number, std::uint16_t status) override;
  bool has_responded(std::uint64_t number) const override;

 private:
  struct Stream;
  struct Callbacks;  // what the library calls

  bool open_session();
  Stream* find(std::uint64_t number) const;

  // --- Requests
  void take_field(Stream& stream, std::string_view name, std::string_view value);
  void dispatch(Stream& stream);
  void take_data(Stream& stream, std::string_view bytes);
  void request_ended(Stream& stream);
  void break_off(Stream& stream, std::uint16_t status);

  // --- Responses
  void go_on(std::int32_t number);
  void submit(Stream& stream);
  ssize_t give_data(Stream& stream, std::span<std::uint8_t> room, std::uint32_t& flags);
  void submit_fields(Stream& stream, std::uint16_t status, const host::HttpFields& fields, bool is_final);
  void reset(const Stream& stream, std::uint32_t code);
  void stream_closed(Stream& stream);

  // --- The connection
  void wait_to_read();
  void read();
  void take(std::string_view bytes);
  void flush();
  bool write_out();
  void linger();
  void set_time(std::chrono::milliseconds time) { deadline_ = Clock::now() + time; }

  Reactor& reactor_;
  host::HttpHandler& handler_;
  Wire wire_;
  std::string remote_address_;
  std::unique_ptr<nghttp2_session, decltype(&nghttp2_session_del)> session_{nullptr, nghttp2_session_del};
  std::map<std::int32_t, std::unique_ptr<Stream>> streams_;
  Clock::time_point deadline_{};  // of the client, between requests or while it takes nothing
  bool is_closed_ = false;
  bool is_reading_ = false;  // waits for the system
  bool is_writing_ = false;
  bool is_finishing_ = false;
  bool is_lingering_ = false;
  std::string output_;
  std::size_t written_ = 0;
};

}  // namespace tenon::wasi::network
