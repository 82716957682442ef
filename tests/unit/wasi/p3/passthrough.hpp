// Calls a function of WASI 0.3 that waits as a guest does: through a component that calls it without arguments and
// gives what it gets. The arguments are added on the host's side.
#pragma once

#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "unit/wasi/component/record.hpp"
#include "wasi/p3/host.hpp"

namespace tenon::wasi::p3 {

class Passthrough {
 public:
  Passthrough(std::string_view name, std::vector<Val> values) : name_(name), values_(std::move(values)) {
    for (const Interface* interface : interfaces()) {
      for (const Function& function : interface->functions) {
        if (function.name == name_) function_ = &function, interface_ = interface->name;
      }
    }
  }
  Passthrough(const Passthrough&) = delete;
  Passthrough& operator=(const Passthrough&) = delete;

  // The component's function. `type` is that of its result; the types that it names are exports of an instance of which
  // `types` is the text, at most one of them a resource, `resource`.
  Result<ComponentFunc> make(const Engine& engine, Store& store, const std::shared_ptr<Host>& host,
                             std::string_view type, std::string_view types, const char* resource = "response") {
    if (function_ == nullptr) return Error(ErrorKind::usage, "no such function");
    Linker linker(engine);
    if (types.find("(sub resource)") != types.npos) {
      resource_.emplace(resource, [](std::uint64_t) {});
      EXPECT_TRUE(linker.define_resource("host", resource, *resource_));
    }
    const auto call = [this, host](const Caller& caller, Values, ComponentCompletion done) -> Result<void> {
      return function_->start({host, caller.store()}, values_, std::move(done));
    };
    EXPECT_TRUE(linker.define_async_dynamic("host", "call", call));
    const std::string text = text_of(type, types);
    const auto component = Component::compile(engine, text);
    EXPECT_TRUE(component) << component.error().message() << text;
    if (!component) return Error(component.error());
    return linker.instantiate(store, *component).value().func("", "run");
  }
  void record(const Result<std::vector<Val>>& results) const {
    test::record_outcome("0.3", interface_ + "#" + name_, test::outcome_of(results));
  }

 private:
  static std::string text_of(std::string_view type, std::string_view types) {
    std::string text = R"((component
      (import "host" (instance $host TYPES (export "call" (func async (result TYPE)))))
      ALIASES
      (core module $memory
        (memory (export "memory") 1)
        (global $next (mut i32) (i32.const 1024))
        (func (export "realloc") (param i32 i32 i32 i32) (result i32)
          (global.set $next (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
          (global.get $next)
          (global.set $next (i32.add (global.get $next) (local.get 3)))))
      (core instance $m (instantiate $memory))
      (core func $call (canon lower (func $host "call") (memory (core memory $m "memory"))
        (realloc (core func $m "realloc"))))
      (core module $caller
        (import "" "call" (func $call (param i32)))
        (func (export "run") (result i32) (call $call (i32.const 64)) (i32.const 64)))
      (core instance $i (instantiate $caller (with "" (instance (export "call" (func $call))))))
      (func (export "run") async (result TYPE) (canon lift (core func $i "run") (memory (core memory $m "memory"))
        (realloc (core func $m "realloc"))))))";
    constexpr std::string_view begin = "(export \"";
    std::string aliases;
    for (std::size_t at = types.find(begin); at != types.npos; at = types.find(begin, at + 1)) {
      const std::size_t start = at + begin.size();
      const std::string exported(types.substr(start, types.find('"', start) - start));
      aliases += "(alias export $host \"" + exported + "\" (type $" + exported + "))";
    }
    const auto put = [&](std::string_view mark, std::string_view what) {
      for (std::size_t at = text.find(mark); at != text.npos; at = text.find(mark)) text.replace(at, mark.size(), what);
    };
    put("TYPES", types);
    put("ALIASES", aliases);
    put("TYPE", type);
    return text;
  }

  std::string name_;
  std::vector<Val> values_;
  const Function* function_ = nullptr;
  std::string interface_;
  std::optional<HostResourceType> resource_;
};

}  // namespace tenon::wasi::p3
