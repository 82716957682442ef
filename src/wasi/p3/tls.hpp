// wasi:tls: connections that guests encrypt on their way through the host.
//
// A connector is a pair of transformations: what a guest writes as cleartext comes out as ciphertext, and the other way
// round; the guest carries the ciphertext to and from a socket itself. So the interface grants nothing: who may connect
// to whom is decided at the socket.
//
// One object has all four ends of streams. Whatever happens at one of them, `go_on` looks at all: bytes are taken in
// only when those before them went out, so that nothing piles up in between.
//
// The standard, a draft: https://github.com/WebAssembly/wasi-tls.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tenon/component_async.hpp"
#include "wasi/host/tls.hpp"

namespace tenon::wasi::p3 {

struct Host;

inline constexpr const char* tls_version = "@0.3.0-draft";

class TlsConnection : public std::enable_shared_from_this<TlsConnection> {
 public:
  TlsConnection(const std::shared_ptr<Host>& host, StoreHandle store) : host_(host), store_(std::move(store)) {}

  // One way through it. `input` is where the guest writes.
  struct Way {
    tenon::Stream<std::uint8_t> input;
    StreamWriter<std::uint8_t> output;
    FutureWriter<component::Val> result;
    bool is_there = false;
    bool is_reading = false;
    bool is_writing = false;
    bool has_input_ended = false;
    bool is_over = false;
  };
  Way outgoing;  // cleartext to ciphertext
  Way incoming;  // ciphertext to cleartext

  // `done` gets nothing, or what failed.
  using Done = std::function<void(std::optional<std::string> error)>;
  void connect(std::unique_ptr<host::TlsSession> session, Done done);
  bool is_used() const noexcept { return session_ != nullptr; }
  // Nobody will connect any more.
  void abandon();
  const StoreHandle& store() const noexcept { return store_; }

 private:
  void go_on();
  void shake_hands();
  void send();
  void receive();
  void deliver();
  void write(Way& way, std::vector<std::uint8_t> bytes);
  void end(Way& way, const std::optional<std::string>& error);
  void fail(const std::string& error);

  std::weak_ptr<Host> host_;
  StoreHandle store_;
  std::unique_ptr<host::TlsSession> session_;
  Done done_;
  bool is_established_ = false;
};

void drop_connector(Host& host, std::uint64_t rep);

}  // namespace tenon::wasi::p3
