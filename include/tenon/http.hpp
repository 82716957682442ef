// An HTTP server whose requests a component answers: one that exports wasi:http/incoming-handler of
// 0.2, or wasi:http/handler of 0.3.
//
//   auto server = tenon::http::Server::start(engine, component, config, {.address = "127.0.0.1:0"}).value();
//   std::puts(server.url().c_str());
//   ...
//   server.stop();   // what is under way is finished first
//
// Each worker is a thread with an event loop and stores of its own; a guest that waits lets others go on. A guest that
// traps, takes too long or wants too much costs its own request only: the client gets a page that says "500" and no
// more, and the embedder gets the error.
//
// The server needs the library libtenon_network.so, beside the program or where libraries are.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "tenon/component.hpp"
#include "tenon/tenon.hpp"
#include "tenon/wasi.hpp"

namespace tenon::http {

// A request that is over.
struct Served {
  std::string_view method;
  std::string_view target;
  std::string_view client;   // its address
  std::uint16_t status = 0;  // 0: the client went before there was a response
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;  // of the bodies
  std::chrono::nanoseconds time{};
  bool is_complete = false;  // all of the response was sent
};

struct Options {
  std::string address = "127.0.0.1:8080";  // HOST:PORT; port 0 picks one
  // Files in PEM: the server's certificate with those that lead to its root, and its key. With them clients speak TLS,
  // and agree on HTTP/2 or HTTP/1.1 (ALPN); without, clear text.
  std::string tls_certificate{};
  std::string tls_key{};
  std::string metrics_address;                        // serves figures as Prometheus reads them; empty: nowhere
  unsigned workers = 1;                               // threads
  unsigned max_instances = 1'000;                     // guests at once; other requests wait for their turn
  unsigned max_concurrent = 10'000;                   // requests at once, with those that wait; more get a 503
  std::chrono::milliseconds timeout{30'000};          // for the guest, from when the request's head is there
  std::uint64_t max_body = std::uint64_t{1} << 30;    // of a request, in bytes; more gets a 413
  std::uint64_t max_memory = std::uint64_t{1} << 30;  // of an instance, in bytes
  bool reuse = false;                                 // an instance serves one request after the other, instead of one
  // Called on a worker's thread: for each request that is over, and for each guest that failed.
  std::function<void(const Served&)> on_served{};
  std::function<void(const Error&)> on_failure{};
};

class Server {
 public:
  // Listens, and starts the workers. Errors: io (the address, the certificate), unlinkable (an import that nobody
  // provides), usage (an address that is none; the component exports no handler).
  static Result<Server> start(const Engine& engine, const Component& component, const wasi::Config& config,
                              const Options& options);
  Server(Server&&) noexcept;
  Server& operator=(Server&&) noexcept;
  // Stops at once.
  ~Server();

  std::string url() const;          // "http://127.0.0.1:8080"; with a certificate, "https://..."
  std::string metrics_url() const;  // empty without one
  // Accepts no more, lets what is under way end for at most `grace`, and ends. False: not all was finished in time.
  bool stop(std::chrono::milliseconds grace = std::chrono::seconds(30));

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace tenon::http
