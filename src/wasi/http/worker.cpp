#include "wasi/http/worker.hpp"

#include <algorithm>

namespace tenon::wasi::http {

namespace {

constexpr std::string_view incoming_handler = "wasi:http/incoming-handler@0.2.";  // of WASI 0.2
constexpr std::string_view handler = "wasi:http/handler@0.3.";                    // of WASI 0.3

unsigned share(unsigned all, unsigned workers) { return std::max(1U, (all + workers - 1) / workers); }

}  // namespace

Result<std::string> find_handler(const Component& component) {
  std::string known;
  for (const ComponentItemType& item : component.exports()) {
    const bool is_handler = item.instance.starts_with(incoming_handler) || item.instance.starts_with(handler);
    if (is_handler && item.name == "handle") return item.instance;
    const std::string& name = item.instance.empty() ? item.name : item.instance;
    if (!known.ends_with(name)) known += (known.empty() ? "" : ", ") + name;
  }
  return Error(ErrorKind::usage,
               "the component handles no requests: expected an export of wasi:http/incoming-handler@0.2 or "
               "wasi:http/handler@0.3, " +
                   (known.empty() ? "found no exports" : "found " + known));
}

// A request's fiber.
class Worker::Request final : public host::Task {
 public:
  Request(Worker& worker, std::shared_ptr<host::HttpExchange> incoming, std::uint64_t time)
      : exchange(std::move(incoming)), due(time), worker_(worker) {}

  void run() override { worker_.serve(*this); }
  void resumed(std::uintptr_t stack_limit) noexcept override {
    stack_.lowest = stack_limit;
    outer_stack_ = exchange_native_stack(stack_);
    if (guest) enter();
  }
  void suspended() noexcept override {
    if (guest) leave();
    stack_ = exchange_native_stack(outer_stack_);
  }
  // While the guest is this fiber's.
  void enter() {
    worker_.current_->host = guest->host;
    worker_.newer_current_->host = guest->newer_host;
    const std::lock_guard lock(worker_.watched_mutex_);
    worker_.watched_ = &guest->store;
    worker_.watched_due_ = due;
    ++worker_.stretch_;
  }
  void leave() {
    const std::lock_guard lock(worker_.watched_mutex_);
    worker_.watched_ = nullptr;
  }

  std::shared_ptr<host::HttpExchange> exchange;
  std::uint64_t due;
  std::unique_ptr<Guest> guest;

 private:
  Worker& worker_;
  NativeStack stack_;
  NativeStack outer_stack_;
};

Worker::Worker(Serving& serving)
    : serving_(serving),
      linker_(serving.engine),
      most_instances_(share(serving.options.max_instances, serving.options.workers)),
      most_requests_(share(serving.options.max_concurrent, serving.options.workers)) {
  limits.body_bytes = serving.options.max_body;
}

Worker::~Worker() { end(); }

Result<std::unique_ptr<Worker>> Worker::make(Serving& serving, const wasi::Config& config) {
  auto worker = std::make_unique<Worker>(serving);
  auto reactor = host::make_reactor();
  if (!reactor) return std::move(reactor).error();
  worker->reactor_ = std::move(*reactor);
  auto grants = bindings::Grants::make(config);
  if (!grants) return std::move(grants).error();
  worker->grants_ = std::move(*grants);
  const Wanted wanted(serving.component);
  auto defined = p2::define(worker->linker_, worker->current_, wanted);
  if (defined) defined = p3::define(worker->linker_, worker->newer_current_, wanted);
  if (!defined) return std::move(defined).error();
  return worker;
}

Result<void> Worker::make_guest(std::unique_ptr<Guest>& guest) {
  const Limits limits = Limits().memory(serving_.options.max_memory);
  guest = std::make_unique<Guest>(Guest{
      std::make_shared<p2::Host>(grants_), std::make_shared<p3::Host>(grants_), Store(serving_.engine, limits), {}});
  set_interrupt_handler(guest->store, [this] { return stand_back(); });
  guest->host->reactor = reactor_.get();
  guest->host->stop = &stop_;
  guest->newer_host->set_reactor(reactor_.get());
  current_->host = guest->host;
  newer_current_->host = guest->newer_host;
  auto instance = linker_.instantiate(guest->store, serving_.component);
  if (!instance) return std::move(instance).error();
  auto handle = instance->func(serving_.handler, "handle");
  if (!handle) return std::move(handle).error();
  guest->handle = *handle;
  ++serving_.metrics.instances_made;
  return {};
}

Result<void> Worker::try_instance() {
  std::unique_ptr<Guest> guest;
  auto made = make_guest(guest);
  if (made && serving_.options.reuse) {
    ++serving_.metrics.instances;
    idle_.push_back(std::move(guest));
  }
  return made;
}

void Worker::start() {
  thread_ = std::thread([this] { reactor_->run(); });
}

void Worker::end() {
  if (!thread_.joinable()) return;
  reactor_->post([this] { reactor_->stop(); });
  thread_.join();
}

void Worker::finish() {
  reactor_->post([this] {
    reactor_->stop_listening();
    reactor_->finish_connections();
    await_connections();
    is_finishing_ = true;
  });
}

void Worker::give_up() {
  reactor_->post([this] { stop_.set(); });
  watch(~std::uint64_t{0});
}

void Worker::watch(std::uint64_t now) {
  const std::lock_guard lock(watched_mutex_);
  const bool has_run_long = std::exchange(seen_stretch_, stretch_) == stretch_;
  if (watched_ != nullptr && (now > watched_due_ || has_run_long)) watched_->interrupt();
}

// The guest that runs was interrupted: unless its time is over, others have their turn, and then it goes on.
bool Worker::stand_back() {
  if (host::monotonic_time() > watched_due_ || stop_.is_set()) return false;
  const host::Awaited now{.due = host::monotonic_time()};
  reactor_->wait(std::span(&now, 1));
  return true;
}

// --- Requests

void Worker::handle(std::shared_ptr<host::HttpExchange> exchange) {
  if (waiting_.size() + running_ >= most_requests_) {
    ++serving_.metrics.refused;
    return exchange->refuse(503);
  }
  const std::uint64_t time = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(serving_.options.timeout).count());
  waiting_.push_back({std::move(exchange), host::monotonic_time() + time});
  ++serving_.metrics.requests_waiting;
  start_waiting();
}

void Worker::start_waiting() {
  while (running_ < most_instances_ && !waiting_.empty()) {
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    --serving_.metrics.requests_waiting;
    if (next.due <= host::monotonic_time()) {
      next.exchange->refuse(503);
      continue;
    }
    ++running_;
    ++serving_.metrics.requests_under_way;
    reactor_->start(std::make_unique<Request>(*this, std::move(next.exchange), next.due));
  }
}

Result<void> Worker::call_incoming_handler(Request& request) {
  Guest& guest = *request.guest;
  const std::shared_ptr<Pipe> body = request.exchange->request.body;
  const auto [incoming, outparam] = make_arguments(*guest.host, request.exchange);
  const component::Val arguments[] = {incoming, outparam};
  const auto called = guest.handle.call(arguments);
  // What the guest left open, nobody will close.
  if (const auto open = guest.host->response_body.lock()) {
    open->fail({.code = HttpError::internal_error, .text = "the guest ended before its response"});
  }
  body->abandon();
  if (!called) return called.error();
  if (request.exchange->has_responded()) return {};
  return Error(ErrorKind::trap, "the guest ended without a response");
}

// The guest goes on behind its response until the body is sent, and it has ended by itself.
Result<void> Worker::call_handler(Request& request) {
  Guest& guest = *request.guest;
  using Results = Result<std::vector<component::Val>>;
  const auto results = std::make_shared<std::optional<Results>>();
  const std::shared_ptr<Pipe> body = request.exchange->request.body;
  const component::Val message = p3::make_request(*guest.newer_host, std::move(request.exchange->request));
  const GuestTask task =
      tenon::start(guest.handle, {message}, [results](Results given) { results->emplace(std::move(given)); });
  auto driven = tenon::run_until(guest.store, [&] { return results->has_value(); });
  if (body != nullptr && !driven) body->abandon();
  if (!driven) return driven;
  if (!**results) return (*results)->error();
  const component::Val& result = (**results)->front();
  if (result.index() != 0) {
    request.exchange->refuse(status_of(static_cast<HttpError>(result.payload().index())));
    return {};
  }
  host::HttpResponse response = p3::take_response({guest.newer_host, guest.store}, result.payload());
  const std::shared_ptr<Pipe> answer = response.body;
  request.exchange->respond(std::move(response));
  driven = tenon::run_until(guest.store, [&]() -> bool { return answer->is_ended() && task.has_ended(); });
  if (answer->is_ended()) return {};
  answer->fail({.code = HttpError::internal_error, .text = "the guest ended before its response"});
  return driven;
}

// On the request's fiber.
void Worker::serve(Request& request) {
  const auto fail = [&](const Error& error) {
    ++serving_.metrics.failures;
    if (serving_.options.on_failure) serving_.options.on_failure(error);
    request.exchange->refuse(500);
  };
  bool can_go_on = false;
  Result<void> is_made;
  if (idle_.empty()) {
    ++serving_.metrics.instances;
    is_made = make_guest(request.guest);
    if (!is_made) fail(is_made.error());
  } else {
    request.guest = std::move(idle_.back());
    idle_.pop_back();
  }
  if (is_made) {
    Guest& guest = *request.guest;
    guest.host->deadline = request.due;
    request.enter();
    const bool is_newer = serving_.handler.starts_with(handler);
    const auto called = is_newer ? call_handler(request) : call_incoming_handler(request);
    if (!called) fail(called.error());
    can_go_on = called.has_value() && serving_.options.reuse;
  }
  request.leave();
  if (can_go_on) {
    idle_.push_back(std::move(request.guest));
  } else {
    request.guest.reset();
    --serving_.metrics.instances;
  }
  request.exchange.reset();
  --running_;
  --serving_.metrics.requests_under_way;
  start_waiting();
}

void Worker::ended(const host::HttpRecord& record) {
  serving_.metrics.count(record);
  if (!serving_.options.on_served) return;
  serving_.options.on_served({.method = record.method,
                              .target = record.target,
                              .client = record.remote_address,
                              .status = record.status,
                              .bytes_in = record.bytes_in,
                              .bytes_out = record.bytes_out,
                              .time = record.time,
                              .is_complete = record.is_complete});
}

// Counts them until there are none.
void Worker::await_connections() {
  connections_ = reactor_->connection_count();
  if (connections_ == 0) return;
  class Counting final : public host::Task {
   public:
    explicit Counting(Worker& worker) : worker_(worker) {}
    void run() override {
      while (worker_.connections_ != 0) {
        const host::Awaited soon{.due = host::monotonic_time() + 5'000'000};
        worker_.reactor_->wait(std::span(&soon, 1));
        worker_.connections_ = worker_.reactor_->connection_count();
      }
    }
    void resumed(std::uintptr_t) noexcept override {}
    void suspended() noexcept override {}

   private:
    Worker& worker_;
  };
  reactor_->start(std::make_unique<Counting>(*this));
}

}  // namespace tenon::wasi::http
