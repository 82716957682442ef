// A program with a plug-in: a component that defines a resource, and asks the program for names, which take their time.
//
//   host greeter.wat
#include <cstdio>
#include <map>
#include <string>
#include <string_view>

#include "tenon/component_async.hpp"
#include "tenon/component_resources.hpp"

namespace {

// The plug-in's resource, as it is called here.
struct Greeter : tenon::GuestResource {};

// Names come from far away: what was asked is kept until the answers are there.
using Questions = std::map<std::uint32_t, tenon::Completion<std::string>>;

tenon::Result<void> run(const char* path) {
  tenon::Engine engine;
  auto plugin = tenon::Component::load(engine, path);
  if (!plugin) return std::move(plugin).error();

  Questions questions;
  tenon::Linker linker(engine);
  auto defined = linker.define("demo:host/log", "write", [](std::string_view line) {
    std::printf("the plug-in greets with \"%.*s\"\n", static_cast<int>(line.size()), line.data());
  });
  if (!defined) return defined;
  defined = linker.define_async(
      "demo:host/names", "look-up",
      [&](std::uint32_t number, tenon::Completion<std::string> done) { questions.emplace(number, std::move(done)); });
  if (!defined) return defined;

  tenon::Store store(engine, tenon::Limits().memory(64 << 20));
  auto instance = linker.instantiate(store, *plugin);
  if (!instance) return std::move(instance).error();
  auto make = instance->func<tenon::Own<Greeter>(std::string_view)>("[constructor]greeter");
  if (!make) return std::move(make).error();
  auto greet = instance->func<std::string(tenon::Borrow<Greeter>, std::uint32_t)>("[method]greeter.greet");
  if (!greet) return std::move(greet).error();

  auto greeter = (*make)("Hello, ");
  if (!greeter) return std::move(greeter).error();

  // Three calls are under way in one instance at once; each waits for a name.
  int answers = 0;
  for (std::uint32_t number = 1; number <= 3; ++number) {
    tenon::start(*greet, greeter->borrow(), number, [&](tenon::Result<std::string> greeting) {
      std::printf("%s\n", greeting ? greeting->c_str() : std::string(greeting.error().message()).c_str());
      ++answers;
    });
  }
  std::printf("%zu questions\n", questions.size());

  // The answers come in an order of their own.
  questions.at(2).resolve("world");
  questions.at(3).resolve("moon");
  questions.at(1).resolve("sun");
  if (auto done = tenon::run_until(store, [&] { return answers == 3; }); !done) return done;
  return greeter->drop();
}

}  // namespace

int main(int argc, char** argv) {
  const auto done = run(argc > 1 ? argv[1] : "greeter.wat");
  if (!done) std::fprintf(stderr, "%s\n", std::string(done.error().message()).c_str());
  return done ? 0 : 1;
}
