// tenon::http::Server: the workers, the watch over their guests, and the metrics.
#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "tenon/http.hpp"
#include "wasi/http/worker.hpp"

namespace tenon::http {

using wasi::http::Serving;
using wasi::http::Worker;
namespace host = wasi::host;

namespace {

constexpr std::chrono::milliseconds watch_time{10};

// The system would take the lower 16 bits of any number.
bool has_port(std::string_view address) {
  const std::string_view digits = address.substr(std::min(address.rfind(':'), address.size() - 1) + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return error == std::errc() && end == digits.data() + digits.size();
}

// Answers every request with the metrics.
class MetricsPage final : public host::HttpHandler {
 public:
  explicit MetricsPage(const wasi::http::Metrics& metrics) : metrics_(metrics) {}
  void handle(std::shared_ptr<host::HttpExchange> exchange) override {
    const std::string& target = exchange->request.target;
    if (target != "/metrics" && target != "/") return exchange->refuse(404);
    const auto body = std::make_shared<host::Pipe>();
    body->write(metrics_.text());
    body->end();
    exchange->respond({.status = 200, .headers = {{"content-type", "text/plain; version=0.0.4"}}, .body = body});
  }
  void ended(const host::HttpRecord&) override {}

 private:
  const wasi::http::Metrics& metrics_;
};

}  // namespace

struct Server::State {
  State(const Engine& engine, const Component& component, const Options& options, std::string handler)
      : serving{engine, component, options, std::move(handler)} {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  Result<void> start(const wasi::Config& config);
  Result<std::string> listen(const std::string& address, std::function<void(int)> accept);
  void watch();
  template <class Condition>
  bool wait_until(std::chrono::steady_clock::time_point end, Condition condition);

  Serving serving;
  MetricsPage metrics_page{serving.metrics};
  std::vector<std::unique_ptr<Worker>> workers;
  std::size_t next_worker = 0;
  std::string address;
  std::string metrics_address;
  std::mutex mutex;
  std::condition_variable changed;
  bool is_over = false;
  std::thread watcher;
};

Result<std::string> Server::State::listen(const std::string& wanted, std::function<void(int)> accept) {
  if (wanted.find(':') == wanted.npos || !has_port(wanted)) {
    return Error(ErrorKind::usage, "expected HOST:PORT to listen at, found \"" + wanted + "\"");
  }
  auto listening = workers[0]->reactor().listen(wanted, std::move(accept));
  if (!listening.error.empty()) return Error(ErrorKind::io, "cannot listen at " + listening.error);
  return std::move(listening.address);
}

Result<void> Server::State::start(const wasi::Config& config) {
  for (unsigned i = 0; i < std::max(1U, serving.options.workers); ++i) {
    auto worker = Worker::make(serving, config);
    if (!worker) return std::move(worker).error();
    workers.push_back(std::move(*worker));
  }
  if (!serving.options.tls_certificate.empty() || !serving.options.tls_key.empty()) {
    auto loaded = workers[0]->reactor().load_identity(serving.options.tls_certificate, serving.options.tls_key);
    if (!loaded.error.empty()) return Error(ErrorKind::io, "TLS cannot be spoken with " + loaded.error);
    for (const auto& worker : workers) worker->identity = loaded.identity;
  }
  if (auto tried = workers[0]->try_instance(); !tried) return tried;
  // The first worker accepts for all, each in its turn.
  auto bound = listen(serving.options.address, [this](int descriptor) {
    Worker& worker = *workers[next_worker++ % workers.size()];
    if (&worker == workers[0].get()) return worker.reactor().serve_http(descriptor, worker);
    worker.reactor().post([&worker, descriptor] { worker.reactor().serve_http(descriptor, worker); });
  });
  if (!bound) return std::move(bound).error();
  address = std::move(*bound);
  if (!serving.options.metrics_address.empty()) {
    auto metrics = listen(serving.options.metrics_address,
                          [this](int descriptor) { workers[0]->reactor().serve_http(descriptor, metrics_page); });
    if (!metrics) return std::move(metrics).error();
    metrics_address = std::move(*metrics);
  }
  for (const auto& worker : workers) worker->start();
  watcher = std::thread([this] { watch(); });
  return {};
}

void Server::State::watch() {
  std::unique_lock lock(mutex);
  while (!is_over) {
    changed.wait_for(lock, watch_time);
    const std::uint64_t now = host::monotonic_time();
    for (const auto& worker : workers) worker->watch(now);
  }
}

Server::State::~State() {
  for (const auto& worker : workers) worker->give_up();
  wait_until(std::chrono::steady_clock::now() + std::chrono::seconds(5),
             [&] { return std::ranges::all_of(workers, [](const auto& worker) { return worker->running() == 0; }); });
  for (const auto& worker : workers) worker->end();
  {
    const std::lock_guard lock(mutex);
    is_over = true;
  }
  changed.notify_all();
  if (watcher.joinable()) watcher.join();
}

template <class Condition>
bool Server::State::wait_until(std::chrono::steady_clock::time_point end, Condition condition) {
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

Server::Server(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
Server::Server(Server&&) noexcept = default;
Server& Server::operator=(Server&&) noexcept = default;
Server::~Server() = default;

Result<Server> Server::start(const Engine& engine, const Component& component, const wasi::Config& config,
                             const Options& options) {
  auto handler = wasi::http::find_handler(component);
  if (!handler) return std::move(handler).error();
  auto state = std::make_unique<State>(engine, component, options, std::move(*handler));
  if (auto started = state->start(config); !started) return std::move(started).error();
  return Server(std::move(state));
}

std::string Server::url() const {
  return (state_->serving.options.tls_certificate.empty() ? "http://" : "https://") + state_->address;
}
std::string Server::metrics_url() const {
  return state_->metrics_address.empty() ? "" : "http://" + state_->metrics_address + "/metrics";
}

bool Server::stop(std::chrono::milliseconds grace) {
  for (const auto& worker : state_->workers) worker->finish();
  const bool is_done = state_->wait_until(std::chrono::steady_clock::now() + grace, [&] {
    return std::ranges::all_of(state_->workers, [](const auto& worker) { return worker->is_finished(); });
  });
  return is_done;
}

}  // namespace tenon::http
