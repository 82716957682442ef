// A key-value store whose behaviour plug-ins add: each tenant has an instance, keys and limits of its own, and what one
// of them does wrong costs nobody else.
//
//   host plugin.wat
#include <chrono>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "tenon/component.hpp"

namespace {

using namespace std::chrono_literals;

// What one tenant may have of the host, beside what the store's limits say.
constexpr std::size_t most_keys = 2;
constexpr std::size_t longest_value = 3;

class Tenant {
 public:
  static tenon::Result<Tenant> make(const tenon::Engine& engine, const tenon::Component& plugin) {
    auto keys = std::make_unique<Keys>();
    tenon::Linker linker(engine);
    auto defined = linker.define("demo:kv/store", "get", [keys = keys.get()](std::string_view key) {
      const auto found = keys->find(key);
      return found == keys->end() ? std::nullopt : std::optional<std::string>(found->second);
    });
    if (!defined) return std::move(defined).error();
    defined = linker.define("demo:kv/store", "set",
                            [keys = keys.get()](std::string_view key, std::string_view value) -> tenon::Result<void> {
                              if (value.size() > longest_value || (keys->size() == most_keys && !keys->contains(key))) {
                                return tenon::Error(tenon::ErrorKind::trap, "the quota of the store is used up");
                              }
                              keys->insert_or_assign(std::string(key), std::string(value));
                              return {};
                            });
    if (!defined) return std::move(defined).error();
    tenon::Store store(engine, tenon::Limits().memory(1 << 20).deadline(500ms));
    auto instance = linker.instantiate(store, plugin);
    if (!instance) return std::move(instance).error();
    return Tenant(std::move(keys), std::move(store), std::move(*instance));
  }

  // Calls a function of the plug-in, and shows what became of it.
  template <class Signature, class... Arguments>
  void call(const char* name, const Arguments&... arguments) {
    const auto func = instance_.func<Signature>(name);
    const auto result = func ? (*func)(arguments...) : func.error();
    if (!result) return show(name, std::string(result.error().message()));
    if constexpr (std::is_same_v<Signature, std::uint32_t(std::string_view)> ||
                  std::is_same_v<Signature, std::uint32_t()>) {
      show(name, std::to_string(*result));
    }
  }

 private:
  using Keys = std::map<std::string, std::string, std::less<>>;
  Tenant(std::unique_ptr<Keys> keys, tenon::Store store, tenon::ComponentInstance instance)
      : keys_(std::move(keys)), store_(std::move(store)), instance_(std::move(instance)) {}
  static void show(const char* name, const std::string& what) { std::printf("%s: %s\n", name, what.c_str()); }

  std::unique_ptr<Keys> keys_;  // before the store, whose guest reaches them
  tenon::Store store_;
  tenon::ComponentInstance instance_;
};

tenon::Result<void> run(const char* path) {
  tenon::Engine engine;
  auto plugin = tenon::Component::load(engine, path);
  if (!plugin) return std::move(plugin).error();
  auto good = Tenant::make(engine, *plugin);
  if (!good) return std::move(good).error();
  for (const std::string_view name : {"ada", "grace", "ada"})
    good->call<std::uint32_t(std::string_view)>("visit", name);

  // These take too much: of the host's store, of memory, of time.
  for (const int what : {0, 1, 2}) {
    auto greedy = Tenant::make(engine, *plugin);
    if (!greedy) return std::move(greedy).error();
    if (what == 0) {
      for (int i = 0; i < 4; ++i) greedy->call<std::uint32_t(std::string_view)>("visit", std::string_view("again"));
    } else if (what == 1) {
      greedy->call<std::uint32_t()>("hoard");
    } else {
      greedy->call<void()>("brood");
    }
  }
  good->call<std::uint32_t(std::string_view)>("visit", std::string_view("ada"));
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const auto done = run(argc > 1 ? argv[1] : "plugin.wat");
  if (!done) std::fprintf(stderr, "%s\n", std::string(done.error().message()).c_str());
  return done ? 0 : 1;
}
