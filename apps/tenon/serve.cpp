// tenon serve: an HTTP server whose requests a component answers.
#include <csignal>
#include <cstdio>
#include <memory>
#include <mutex>
#include <sys/resource.h>

#include "common_options.hpp"
#include "grants.hpp"
#include "quantities.hpp"
#include "subcommand.hpp"
#include "tenon/http.hpp"

namespace tenon::program {

namespace {

struct Options : CommonOptions {
  http::Options server;
  std::string timeout = "30s";
  std::string max_body = "1GiB";
  std::string max_memory = "1GiB";
  bool access_log = false;
  std::string tier = "interpreter";
  GrantOptions grants;
};

// Connections are descriptors: as many as the system lets this process have.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Lines of several workers, one at a time.
class Log {
 public:
  void request(const http::Served& served) {
    const double milliseconds = static_cast<double>(served.time.count()) / 1e6;
    const std::string status = served.status == 0 ? "-" : std::to_string(served.status);
    const std::lock_guard lock(mutex_);
    std::fprintf(stderr, "%.*s \"%.*s %.*s\" %s %llu %.1fms%s\n", static_cast<int>(served.client.size()),
                 served.client.data(), static_cast<int>(served.method.size()), served.method.data(),
                 static_cast<int>(served.target.size()), served.target.data(), status.c_str(),
                 static_cast<unsigned long long>(served.bytes_out), milliseconds,
                 served.is_complete ? "" : " incomplete");
  }
  void failure(const Options& options, const Error& error) {
    const std::lock_guard lock(mutex_);
    report(options, error, shown_name(options.input), "");
  }
  void refusal(const wasi::Refusal& refusal) {
    const std::lock_guard lock(mutex_);
    const std::size_t known = notes_.text().size();
    notes_.add(refusal);
    std::fputs(notes_.text().c_str() + known, stderr);
  }

 private:
  std::mutex mutex_;
  Notes notes_;
};

// The signals that end the server. Blocked before there are threads, so that only who waits gets them.
sigset_t block_ending_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

Result<void> read_limits(Options& options) {
  auto time = parse_time(options.timeout);
  if (!time) return std::move(time).error();
  auto body = parse_size(options.max_body);
  if (!body) return std::move(body).error();
  auto memory = parse_size(options.max_memory);
  if (!memory) return std::move(memory).error();
  options.server.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(*time);
  options.server.max_body = *body;
  options.server.max_memory = *memory;
  return {};
}

Result<Component> read_component(const Engine& engine, std::string_view source) {
  if (Component::recognizes(source)) return Component::compile(engine, source);
  return Error(ErrorKind::usage,
               "a component is needed that exports wasi:http/incoming-handler or wasi:http/handler; this is a core "
               "module, or none at all (`tenon component new` makes a component of a module)");
}

ExitCode serve(Options& options) {
  const auto failed = [&](const Error& error) { return report(options, error, shown_name(options.input), ""); };
  if (auto read = read_limits(options); !read) return report(options, read.error(), "", "");
  const auto features = tools::parse_features(options.features);
  if (!features) return report(options, features.error(), "", "");
  const auto tier = parse_tier(options.tier);
  if (!tier) return report(options, tier.error(), "", "");
  const auto source = read_input(options.input);
  if (!source) return failed(source.error());
  if (source->empty()) return failed(nothing_to_read());
  const Engine engine({.features = features->bits, .tier = *tier, .source_lines = true});
  const auto component = read_component(engine, *source);
  if (!component) return report(options, component.error(), shown_name(options.input), *source);
  auto config = read_grants(options.grants);
  if (!config) return report(options, config.error(), "", "");

  Log log;
  config->inherit_stdout().inherit_stderr().on_refusal([&](const auto& refusal) { log.refusal(refusal); });
  if (options.access_log) options.server.on_served = [&](const http::Served& served) { log.request(served); };
  options.server.on_failure = [&](const Error& error) { log.failure(options, error); };
  raise_descriptor_limit();
  const sigset_t signals = block_ending_signals();
  auto server = http::Server::start(engine, *component, *config, options.server);
  // An address or a certificate is nothing of the component's.
  if (!server && server.error().kind() == ErrorKind::io) return report(options, server.error(), "", "");
  if (!server) return failed(server.error());
  std::printf("%s\n", server->url().c_str());
  if (!server->metrics_url().empty()) std::printf("metrics: %s\n", server->metrics_url().c_str());
  std::fflush(stdout);

  int received = 0;
  sigwait(&signals, &received);
  // A second signal does not wait for what is under way.
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  if (!server->stop(options.server.timeout)) std::fputs("note: not all requests were finished in time\n", stderr);
  return ExitCode::ok;
}

}  // namespace

Action declare_serve(CLI::App& command) {
  auto options = std::make_shared<Options>();
  http::Options& server = options->server;
  command.add_option("FILE", options->input, "The component; - is standard input")->capture_default_str();
  command.add_option("--addr", server.address, "Where to listen; port 0 picks one")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  auto* const certificate = command
                                .add_option("--tls-cert", server.tls_certificate,
                                            "Speak TLS, with this certificate and those that lead to its root (PEM)")
                                ->type_name("FILE");
  auto* const key = command.add_option("--tls-key", server.tls_key, "The certificate's key (PEM)")->type_name("FILE");
  certificate->needs(key);
  key->needs(certificate);
  command.add_option("--workers", server.workers, "Threads that serve")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command.add_flag("--reuse", server.reuse, "An instance serves many requests, one after the other");
  command.add_option("--max-instances", server.max_instances, "Instances at once; further requests wait")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_option("--max-concurrent", server.max_concurrent, "Requests at once; further ones get a 503")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_option("--timeout", options->timeout, "How long the guest may take for a request")
      ->type_name("TIME")
      ->capture_default_str();
  command.add_option("--max-body", options->max_body, "How long a request's body may be; longer ones get a 413")
      ->type_name("SIZE")
      ->capture_default_str();
  command.add_option("--max-memory", options->max_memory, "How much memory an instance may have")
      ->type_name("SIZE")
      ->capture_default_str();
  command.add_flag("--access-log", options->access_log, "A line on standard error for each request");
  command.add_option("--metrics", server.metrics_address, "Where to serve figures for Prometheus")
      ->type_name("HOST:PORT");
  command
      .add_option("--tier", options->tier, "How guests run: interpreter, baseline, optimizing (compiled first) or auto")
      ->type_name("TIER")
      ->capture_default_str();
  declare_grants(command, options->grants);
  declare_common(command, *options);
  return [options] { return serve(*options); };
}

}  // namespace tenon::program
