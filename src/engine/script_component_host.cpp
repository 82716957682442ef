#include "engine/script_component_host.hpp"

#include <cassert>
#include <memory>

#include "base/concat.hpp"
#include "engine/component_state.hpp"

namespace tenon::tools {

namespace {

using component::Handle;
using component::Val;
using Arguments = std::span<const Val>;
using Results = Result<std::vector<Val>>;

// resource1: its destructor counts, and remembers the last.
struct Drops {
  std::uint64_t last = 0;
  std::uint32_t count = 0;
};

// That the handle, whose own number is what the host made of it, has the number given with it.
Results expect_rep(Arguments arguments) {
  const std::uint64_t expected = arguments[1].unsigned_integer();
  const std::uint64_t found = arguments[0].handle().rep;
  if (expected == found) return std::vector<Val>();
  return fail(ErrorKind::trap, {}, "expected a handle of ", expected, ", found one of ", found);
}

// The core module that is given as `simple-module`.
constexpr std::string_view simple_module = R"((module
  (global (export "g") i32 (i32.const 100))
  (func (export "f") (result i32) (i32.const 101))))";

class Definer {
 public:
  explicit Definer(Linker& linker) : linker_(linker) {}

  template <class F>
  void typed(std::string_view instance, std::string_view name, F function) {
    check(linker_.define(instance, name, std::move(function)));
  }
  void dynamic(std::string_view instance, std::string_view name, Linker::ComponentFunction function) {
    check(linker_.define_dynamic(instance, name, std::move(function)));
  }
  void slow(std::string_view instance, std::string_view name, Linker::AsyncComponentFunction function) {
    check(linker_.define_async_dynamic(instance, name, std::move(function)));
  }
  void resource(std::string_view instance, std::string_view name, const HostResourceType& type) {
    check(linker_.define_resource(instance, name, type));
  }
  void module(std::string_view instance, std::string_view name, const Module& module) {
    check(linker_.define_module(instance, name, module));
  }

 private:
  static void check(const Result<void>& done) {
    assert(done);
    (void)done;
  }
  Linker& linker_;
};

}  // namespace

void define_component_host(Linker& linker, const Engine& engine, Store& store) {
  Definer define(linker);
  constexpr std::string_view host = "host";
  define.typed("", "host-return-two", [] { return std::uint32_t{2}; });
  define.typed(host, "return-three", [] { return std::uint32_t{3}; });
  define.typed("host#nested", "return-four", [] { return std::uint32_t{4}; });
  define.typed(host, "return-hi", [] { return std::string("hi"); });
  if (auto module = Module::compile(engine, simple_module)) define.module(host, "simple-module", *module);

  const auto never = [](Arguments, const ComponentCompletion&) -> Result<void> { return {}; };
  const auto echo = [](Arguments arguments, const ComponentCompletion& done) -> Result<void> {
    done.resolve_later({arguments.begin(), arguments.end()});
    return {};
  };
  define.slow("", "host-echo-u32",
              [](Arguments arguments, const ComponentCompletion& done) { return done.resolve(arguments); });
  define.slow(host, "never-return", never);
  define.slow(host, "[method]resource1.never-return", never);
  define.slow(host, "echo-slowly", echo);
  define.slow(host, "return-two-slowly", [](Arguments, const ComponentCompletion& done) -> Result<void> {
    done.resolve_later({Val::s32(2)});
    return {};
  });

  define.typed("wasmtime", "set-max-table-capacity", [&store](std::uint32_t most) {
    for (component::RootInstance& root : detail::StoreBlock::of(store).component_store().world.roots) {
      for (component::ComponentInstance& instance : root.instances) instance.handles.limit = most;
    }
  });

  const auto drops = std::make_shared<Drops>();
  const HostResourceType resource1("resource1", [drops](std::uint64_t rep) {
    drops->last = rep;
    ++drops->count;
  });
  define.resource(host, "resource1", resource1);
  define.resource(host, "resource1-again", resource1);
  define.resource(host, "resource2", HostResourceType("resource2"));
  define.dynamic(host, "[constructor]resource1", [](Arguments arguments) -> Results {
    return std::vector<Val>{Val::handle(Handle{.rep = arguments[0].unsigned_integer(), .owner = {}})};
  });
  define.dynamic(host, "[static]resource1.assert", expect_rep);
  define.typed(host, "[static]resource1.last-drop", [drops] { return static_cast<std::uint32_t>(drops->last); });
  define.typed(host, "[static]resource1.drops", [drops] { return drops->count; });
  define.dynamic(host, "[method]resource1.simple", expect_rep);
  const auto nothing = [](Arguments) -> Results { return std::vector<Val>(); };
  define.dynamic(host, "[method]resource1.take-borrow", nothing);
  define.dynamic(host, "[method]resource1.take-own", nothing);
}

}  // namespace tenon::tools
