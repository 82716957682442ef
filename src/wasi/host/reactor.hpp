// One thread that serves many guests: fibers, and what they wait for.
//
// A guest of WASI 0.2 blocks in the middle of a call: `poll` returns when something is ready. So that one thread can
// serve many of them, each call runs on a fiber, a native stack of its own; waiting switches to another fiber that can
// go on, and to the system's event loop when none can. A program that runs a single guest has no fiber: there, waiting
// runs the event loop until something is ready.
//
// The reactor stands on Boost.Asio and lies in a shared library of its own, libtenon_network, with HTTP and TLS; a
// guest that waits for descriptors and times only (host/poll.hpp) needs none of it, and never loads it. This header is
// the whole of what both sides know of each other: interfaces and plain data, no symbols.
//
// Rejected: suspending guests on their managed stacks only. That would serve the interpreter, but not compiled code or
// a call from component to component, which stand on the native stack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "tenon/result.hpp"
#include "wasi/host/http.hpp"
#include "wasi/host/signal.hpp"
#include "wasi/host/tls.hpp"

namespace tenon::wasi::host {

// What can be waited for: a signal, a time, or a descriptor of the system; whatever is there of these.
struct Awaited {
  Signal* signal = nullptr;
  std::optional<std::uint64_t> due{};  // on the monotonic clock, in nanoseconds
  int descriptor = -1;
  bool to_write = false;
};

// What runs on a fiber.
class Task {
 public:
  virtual ~Task() = default;
  virtual void run() = 0;
  // Around each stretch of running, also the first and the last; `stack_limit` is the fiber's lowest address.
  virtual void resumed(std::uintptr_t stack_limit) noexcept = 0;
  virtual void suspended() noexcept = 0;
};

class Reactor {
 public:
  virtual ~Reactor() = default;

  // Waits until one of them is ready, or longer: who waits looks again. On a fiber, the others go on meanwhile.
  virtual void wait(std::span<const Awaited> awaited) = 0;
  // Runs the task on a fiber of its own, soon.
  virtual void start(std::unique_ptr<Task> task) = 0;
  // Calls it on the reactor's thread, soon; from any thread.
  virtual void post(std::function<void()> work) = 0;
  // Does the work, which waits for the system, on another thread, and then calls `then` on the reactor's.
  virtual void in_background(std::function<void()> work, std::function<void()> then) = 0;
  // Serves until `stop`; from the thread whose reactor it is.
  virtual void run() = 0;
  virtual void stop() = 0;

  // Listens at HOST:PORT, in numbers or a name; port 0 picks one. `accept` gets each connection as a descriptor that it
  // owns. What it gives is the address with the port, or an error in words.
  struct Listening {
    std::string address;
    std::string error;
  };
  virtual Listening listen(const std::string& address, std::function<void(int descriptor)> accept) = 0;
  // Accepts no more connections.
  virtual void stop_listening() = 0;

  // A server's certificates and its key, from files in PEM; or what is wrong with them, in words. For all reactors.
  struct LoadedIdentity {
    std::shared_ptr<const TlsIdentity> identity;
    std::string error;
  };
  virtual LoadedIdentity load_identity(const std::string& certificates, const std::string& key) = 0;
  // Serves HTTP on a connection, until it ends. The handler must live as long as the reactor.
  virtual void serve_http(int descriptor, HttpHandler& handler) = 0;
  // Connections that wait for their next request end at once, others with the response under way.
  virtual void finish_connections() = 0;
  virtual std::size_t connection_count() const = 0;

  // Sends a request to where `target` says.
  virtual std::shared_ptr<HttpCall> send(HttpRequest request, const HttpTarget& target) = 0;

  // A client's side of a TLS connection to that host, whose certificate is checked against the system's.
  virtual std::unique_ptr<TlsSession> open_tls(const std::string& host) = 0;
};

// Errors: io (the library is missing).
Result<std::unique_ptr<Reactor>> make_reactor();
// Gives the monotonic clock's time as `Awaited::due` has it.
std::uint64_t monotonic_time() noexcept;

}  // namespace tenon::wasi::host
