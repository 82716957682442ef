// A program with an HTTP server, whose pages a component writes. What the component does wrong, its client and this
// program are told; the server goes on.
//
//   host pages.wasm < pipe    # ends with its input
#include <cstdio>
#include <mutex>
#include <string>

#include "tenon/http.hpp"

namespace {

tenon::Result<void> run(const char* path) {
  tenon::Engine engine;
  auto component = tenon::Component::load(engine, path);
  if (!component) return std::move(component).error();

  std::mutex output;  // these are called on the worker's thread
  tenon::http::Options options;
  options.address = "127.0.0.1:0";
  options.reuse = true;
  options.max_memory = 4 << 20;
  options.timeout = std::chrono::milliseconds(500);
  options.on_served = [&](const tenon::http::Served& served) {
    const std::lock_guard lock(output);
    std::printf("%s: %u\n", std::string(served.target).c_str(), static_cast<unsigned>(served.status));
  };
  options.on_failure = [&](const tenon::Error& error) {
    const std::lock_guard lock(output);
    std::printf("the component failed: %s\n", std::string(error.message()).c_str());
  };
  // The component is given nothing but its requests.
  auto server = tenon::http::Server::start(engine, *component, tenon::wasi::Config(), options);
  if (!server) return std::move(server).error();
  std::printf("%s\n", server->url().c_str());
  std::fflush(stdout);

  while (std::getchar() != EOF) {
  }
  const bool is_done = server->stop(std::chrono::seconds(5));  // what is under way is finished first
  std::printf("%s\n", is_done ? "all requests were answered" : "some requests took too long");
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const auto done = run(argc > 1 ? argv[1] : "pages.wasm");
  if (!done) std::fprintf(stderr, "%s\n", std::string(done.error().message()).c_str());
  return done ? 0 : 1;
}
