#include "wasi/network/reactor.hpp"

#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <optional>
#include <sys/socket.h>
#include <unistd.h>

#include "wasi/network/connection.hpp"
#include "wasi/network/session.hpp"
#include "wasi/network/tls.hpp"

namespace tenon::wasi::network {

namespace {

constexpr std::size_t scratch_size = std::size_t{64} << 10;
constexpr std::chrono::milliseconds tick_time{250};
constexpr std::size_t background_threads = 2;

// Who waits outside of any fiber.
struct MainWaiter final : host::Waiter {
  bool is_awake = false;
  void wake() noexcept override { is_awake = true; }
};

// Makes a waiter known to all that it waits for, as long as it lives.
class Registration {
  struct Alarm {
    host::Waiter* waiter;  // nullptr when nobody waits any more
  };
  auto handler() {
    return [alarm = alarm_](const error_code&) {
      if (alarm->waiter != nullptr) alarm->waiter->wake();
    };
  }

 public:
  Registration(asio::io_context& io, std::span<const host::Awaited> awaited, host::Waiter& waiter)
      : awaited_(awaited), waiter_(waiter), alarm_(std::make_shared<Alarm>(Alarm{&waiter})) {
    std::optional<std::uint64_t> due;
    for (const host::Awaited& one : awaited) {
      if (one.signal != nullptr) one.signal->add(waiter);
      if (one.due) due = std::min(due.value_or(*one.due), *one.due);
      if (one.descriptor >= 0) add_descriptor(io, one);
    }
    if (due && *due <= static_cast<std::uint64_t>(INT64_MAX)) {
      timer_.emplace(io, Clock::time_point(std::chrono::nanoseconds(*due)));
      timer_->async_wait(handler());
    }
  }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;
  ~Registration() {
    alarm_->waiter = nullptr;
    for (const host::Awaited& one : awaited_) {
      if (one.signal != nullptr) one.signal->remove(waiter_);
    }
  }

 private:
  // A copy of the descriptor: one may be waited for several times at once. What cannot be watched (a file) is ready.
  void add_descriptor(asio::io_context& io, const host::Awaited& one) {
    const int copy = ::dup(one.descriptor);
    error_code failed;
    auto descriptor = std::make_unique<asio::posix::stream_descriptor>(io);
    if (copy >= 0) descriptor->assign(copy, failed);
    if (copy < 0 || failed) {
      if (copy >= 0) ::close(copy);
      waiter_.wake();
      return;
    }
    descriptor->async_wait(
        one.to_write ? asio::posix::stream_descriptor::wait_write : asio::posix::stream_descriptor::wait_read,
        handler());
    descriptors_.push_back(std::move(descriptor));
  }

  std::span<const host::Awaited> awaited_;
  host::Waiter& waiter_;
  std::shared_ptr<Alarm> alarm_;
  std::optional<asio::steady_timer> timer_;
  std::vector<std::unique_ptr<asio::posix::stream_descriptor>> descriptors_;
};

}  // namespace

struct Reactor::Acceptor {
  asio::ip::tcp::acceptor socket;
  asio::steady_timer pause;
  std::function<void(int)> accept;
};

Reactor::Reactor() : scratch_(scratch_size) {}

Reactor::~Reactor() {
  for (const auto& connection : std::list(connections_)) connection->close();
}

// --- Fibers

void Reactor::make_ready(Fiber& fiber) {
  if (std::exchange(fiber.is_queued, true)) return;
  ready_.push_back(&fiber);
}

void Reactor::start(std::unique_ptr<host::Task> task) {
  fibers_.push_back(std::make_unique<Fiber>(*this, stacks_, std::move(task)));
  fibers_.back()->place = std::prev(fibers_.end());
  make_ready(*fibers_.back());
}

void Reactor::resume(Fiber& fiber) {
  current_ = &fiber;
  fiber.resume();
  current_ = nullptr;
  if (fiber.has_ended()) fibers_.erase(fiber.place);
}

void Reactor::run_ready() {
  // Those that become ready meanwhile have to wait until the system was asked.
  for (std::size_t left = ready_.size(); left > 0; --left) {
    Fiber* fiber = ready_.front();
    ready_.pop_front();
    fiber->is_queued = false;
    resume(*fiber);
  }
}

void Reactor::wait(std::span<const host::Awaited> awaited) {
  if (current_ != nullptr) {
    Fiber& fiber = *current_;
    const Registration registration(io_, awaited, fiber);
    fiber.suspend();
    return;
  }
  MainWaiter waiter;
  const Registration registration(io_, awaited, waiter);
  while (!waiter.is_awake) {
    run_ready();
    if (!waiter.is_awake) ready_.empty() ? io_.run_one() : io_.poll_one();
  }
}

void Reactor::post(std::function<void()> work) { asio::post(io_, std::move(work)); }

void Reactor::in_background(std::function<void()> work, std::function<void()> then) {
  if (!threads_) threads_.emplace(background_threads);
  asio::post(*threads_, [this, work = std::move(work), then = std::move(then)]() mutable {
    work();
    asio::post(io_, std::move(then));
  });
}

void Reactor::run() {
  is_stopped_ = false;
  while (!is_stopped_) {
    run_ready();
    if (is_stopped_) break;
    ready_.empty() ? io_.run_one() : io_.poll_one();
  }
}

void Reactor::stop() { is_stopped_ = true; }

// --- Listening

host::Reactor::Listening Reactor::listen(const std::string& address, std::function<void(int descriptor)> accept) {
  using asio::ip::tcp;
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return {.address = {}, .error = "expected HOST:PORT, found \"" + address + "\""};
  std::string host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  error_code failed;
  tcp::resolver resolver(io_);
  const auto found = resolver.resolve(host, address.substr(colon + 1), tcp::resolver::numeric_service, failed);
  if (failed || found.empty()) return {.address = {}, .error = address + ": " + failed.message()};
  const tcp::endpoint endpoint = *found.begin();
  auto acceptor = std::make_shared<Acceptor>(tcp::acceptor(io_), asio::steady_timer(io_), std::move(accept));
  acceptor->socket.open(endpoint.protocol(), failed);
  if (!failed) acceptor->socket.set_option(tcp::acceptor::reuse_address(true), failed);
  if (!failed) acceptor->socket.bind(endpoint, failed);
  if (!failed) acceptor->socket.listen(4096, failed);
  if (!failed) acceptor->socket.non_blocking(true, failed);
  if (failed) return {.address = {}, .error = address + ": " + failed.message()};
  const tcp::endpoint bound = acceptor->socket.local_endpoint(failed);
  acceptors_.push_back(acceptor);
  accept_next(acceptor);
  const std::string shown = bound.address().to_string();
  return {.address = (bound.address().is_v6() ? "[" + shown + "]" : shown) + ":" + std::to_string(bound.port()),
          .error = {}};
}

void Reactor::accept_next(const std::shared_ptr<Acceptor>& acceptor) {
  acceptor->socket.async_wait(asio::ip::tcp::acceptor::wait_read, [this, acceptor](const error_code& failed) {
    if (failed) return;  // it was closed
    constexpr int most_at_once = 64;
    for (int i = 0; i < most_at_once; ++i) {
      const int descriptor =
          ::accept4(acceptor->socket.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (descriptor >= 0) {
        acceptor->accept(descriptor);
        continue;
      }
      if (errno == ECONNABORTED || errno == EINTR) continue;
      if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM) break;
      // No room: others have to end first.
      acceptor->pause.expires_after(std::chrono::milliseconds(100));
      acceptor->pause.async_wait([this, acceptor](const error_code& cancelled) {
        if (!cancelled && acceptor->socket.is_open()) accept_next(acceptor);
      });
      return;
    }
    accept_next(acceptor);
  });
}

void Reactor::stop_listening() {
  for (const auto& acceptor : acceptors_) {
    error_code ignored;
    acceptor->socket.close(ignored);
    acceptor->pause.cancel();
  }
  acceptors_.clear();
}

// --- Connections

host::Reactor::LoadedIdentity Reactor::load_identity(const std::string& certificates, const std::string& key) {
  auto identity = std::make_shared<ServerTls>();
  std::string error = identity->load(certificates, key);
  if (!error.empty()) identity = nullptr;
  return {std::move(identity), std::move(error)};
}

void Reactor::serve_http(int descriptor, host::HttpHandler& handler) {
  auto connection = Connection::make(*this, descriptor, handler);
  if (connection == nullptr) return;
  keep(connection);
  connection->begin();
}

void Reactor::keep(const std::shared_ptr<Incoming>& connection) {
  connections_.push_back(connection);
  connection->place = std::prev(connections_.end());
  if (!is_ticking_) tick();
}
void Reactor::forget(Incoming& connection) { connections_.erase(connection.place); }

void Reactor::finish_connections() {
  is_finishing_ = true;
  for (const auto& connection : std::list(connections_)) connection->finish_if_idle();
}

void Reactor::tick() {
  is_ticking_ = !connections_.empty();
  if (!is_ticking_) return;
  ticker_.expires_after(tick_time);
  ticker_.async_wait([this](const error_code& cancelled) {
    if (cancelled) return;
    const Clock::time_point now = Clock::now();
    for (auto at = connections_.begin(); at != connections_.end();) {
      const std::shared_ptr<Incoming> connection = *at++;  // it may go
      connection->check_time(now);
    }
    tick();
  });
}

const std::string& Reactor::date() {
  const Clock::time_point now = Clock::now();
  if (now < date_until_) return date_;
  date_until_ = now + std::chrono::milliseconds(500);
  const std::time_t seconds = std::time(nullptr);
  std::tm time{};
  ::gmtime_r(&seconds, &time);
  static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  char text[64];
  const int size =
      std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[time.tm_wday], time.tm_mday,
                    months[time.tm_mon], time.tm_year + 1900, time.tm_hour, time.tm_min, time.tm_sec);
  date_.assign(text, static_cast<std::size_t>(size));
  return date_;
}

TlsContext& Reactor::tls() {
  if (tls_ == nullptr) tls_ = std::make_unique<TlsContext>();
  return *tls_;
}

std::unique_ptr<host::TlsSession> Reactor::open_tls(const std::string& host) {
  return std::make_unique<Session>(*tls().context().native_handle(), host);
}

}  // namespace tenon::wasi::network

// What the library is opened for.
extern "C" __attribute__((visibility("default"))) tenon::wasi::host::Reactor* tenon_network_make_reactor() {
  return new tenon::wasi::network::Reactor();
}
