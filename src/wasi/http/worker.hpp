// One thread of a server: an event loop, and the guests that it runs.
//
// A request gets a fiber, and on it an instance: a new one, or one that served before. Guests that may be under way at
// once are bounded; further requests wait in order. While a guest's fiber runs, the worker's linker leads its calls of
// WASI to the guest's own host, and the server's watch knows when its time is over.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tenon/component.hpp"
#include "tenon/http.hpp"
#include "tenon/interrupt.hpp"
#include "tenon/native_stack.hpp"
#include "wasi/http/interfaces.hpp"
#include "wasi/http/metrics.hpp"
#include "wasi/p3/host.hpp"

namespace tenon::wasi::http {

// An instance, and all that is its own.
struct Guest {
  std::shared_ptr<p2::Host> host;
  std::shared_ptr<p3::Host> newer_host;
  Store store;
  ComponentFunc handle;
};

// What all workers of a server share, and none changes.
struct Serving {
  Engine engine;
  Component component;
  tenon::http::Options options;
  std::string handler;  // the export's name, with its version
  Metrics metrics{};
};

// The name of the interface with which the component handles requests. Errors: usage.
Result<std::string> find_handler(const Component& component);

class Worker final : public host::HttpHandler {
 public:
  // Errors: io, usage.
  static Result<std::unique_ptr<Worker>> make(Serving& serving, const wasi::Config& config);
  explicit Worker(Serving& serving);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();

  host::Reactor& reactor() noexcept { return *reactor_; }
  // Makes an instance and lets it go: whether it can be made. Errors: unlinkable, trap.
  Result<void> try_instance();
  void start();
  // From any thread. The first lets what is under way end, the second does not.
  void finish();
  void give_up();
  void end();
  unsigned running() const noexcept { return running_; }
  // After `finish`: nothing is under way any more.
  bool is_finished() const noexcept { return is_finishing_ && connections_ == 0 && running_ == 0; }
  // Stops the guest that runs if its time is over, and has it stand back for others when it was there at the last look
  // already; from any thread.
  void watch(std::uint64_t now);

  void handle(std::shared_ptr<host::HttpExchange> exchange) override;
  void ended(const host::HttpRecord& record) override;

 private:
  class Request;
  struct Waiting {
    std::shared_ptr<host::HttpExchange> exchange;
    std::uint64_t due;
  };
  // At `guest` from the start, for its code may run, and wait, already while it is made.
  Result<void> make_guest(std::unique_ptr<Guest>& guest);
  void start_waiting();
  void serve(Request& request);
  bool stand_back();
  // Errors: of the guest.
  Result<void> call_incoming_handler(Request& request);
  Result<void> call_handler(Request& request);
  void await_connections();

  Serving& serving_;
  std::unique_ptr<host::Reactor> reactor_;
  Linker linker_;
  std::shared_ptr<const bindings::Grants> grants_;  // what each guest is given
  std::shared_ptr<p2::HostOf> current_ = std::make_shared<p2::HostOf>();
  std::shared_ptr<p3::HostOf> newer_current_ = std::make_shared<p3::HostOf>();  // the same for WASI 0.3
  host::Signal stop_;
  std::vector<std::unique_ptr<Guest>> idle_;
  std::deque<Waiting> waiting_;
  unsigned most_instances_;
  unsigned most_requests_;
  std::atomic<unsigned> running_ = 0;
  std::atomic<std::size_t> connections_ = 0;
  std::atomic<bool> is_finishing_ = false;
  std::thread thread_;

  // Read by the watch.
  std::mutex watched_mutex_;
  Store* watched_ = nullptr;
  std::uint64_t watched_due_ = 0;
  std::uint64_t stretch_ = 0;  // counts how often a guest went on
  std::uint64_t seen_stretch_ = 0;
};

}  // namespace tenon::wasi::http
