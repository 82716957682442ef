// The reactor of host/reactor.hpp, on Boost.Asio.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wasi/host/reactor.hpp"
#include "wasi/network/fiber.hpp"
#include "wasi/network/pool.hpp"

namespace tenon::wasi::network {

namespace asio = boost::asio;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

class Incoming;
class TlsContext;

class Reactor final : public host::Reactor {
 public:
  Reactor();
  ~Reactor() override;
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  void wait(std::span<const host::Awaited> awaited) override;
  void start(std::unique_ptr<host::Task> task) override;
  void post(std::function<void()> work) override;
  void in_background(std::function<void()> work, std::function<void()> then) override;
  void run() override;
  void stop() override;
  Listening listen(const std::string& address, std::function<void(int descriptor)> accept) override;
  void stop_listening() override;
  LoadedIdentity load_identity(const std::string& certificates, const std::string& key) override;
  void serve_http(int descriptor, host::HttpHandler& handler) override;
  void finish_connections() override;
  std::size_t connection_count() const override { return connections_.size(); }
  std::shared_ptr<host::HttpCall> send(host::HttpRequest request, const host::HttpTarget& target) override;
  std::unique_ptr<host::TlsSession> open_tls(const std::string& host) override;

  asio::io_context& io() noexcept { return io_; }
  void make_ready(Fiber& fiber);
  // For reading what is used up at once.
  std::span<char> scratch() noexcept { return scratch_; }
  // "Sat, 21 Nov 2026 08:00:00 GMT"
  const std::string& date();
  bool is_finishing() const noexcept { return is_finishing_; }
  // Keeps a connection until it is closed.
  void keep(const std::shared_ptr<Incoming>& connection);
  void forget(Incoming& connection);
  TlsContext& tls();
  Pool& pool() noexcept { return pool_; }

 private:
  struct Acceptor;
  void run_ready();
  void resume(Fiber& fiber);
  void accept_next(const std::shared_ptr<Acceptor>& acceptor);
  void tick();

  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  asio::steady_timer ticker_{io_};
  Stacks stacks_;
  std::list<std::unique_ptr<Fiber>> fibers_;
  std::deque<Fiber*> ready_;
  Fiber* current_ = nullptr;
  bool is_stopped_ = false;
  bool is_finishing_ = false;
  bool is_ticking_ = false;
  std::vector<std::shared_ptr<Acceptor>> acceptors_;
  std::list<std::shared_ptr<Incoming>> connections_;
  std::unique_ptr<TlsContext> tls_;
  Pool pool_{io_};
  std::vector<char> scratch_;
  std::string date_;
  Clock::time_point date_until_{};
  std::optional<asio::thread_pool> threads_;  // ends first: what they do comes back to the others
};

}  // namespace tenon::wasi::network
