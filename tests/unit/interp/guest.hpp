// A module from its text, instantiated over the interpreter, for the interpreter's tests.
#pragma once

#include <gtest/gtest.h>
#include <initializer_list>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "binary/core/byte_writer.hpp"
#include "interp/code.hpp"
#include "interp/interpreter.hpp"
#include "runtime/store.hpp"
#include "text/core/text.hpp"
#include "validate/core/module.hpp"

namespace tenon::interp {

class Guest {
 public:
  explicit Guest(std::string_view source, const runtime::CodeSettings& settings = {},
                 std::initializer_list<runtime::HostCallback> imports = {})
      : source_(source),
        module_(core::parse_module(source_, memory()).value()),
        arena_(memory()),
        types_(memory()),
        validated_(core::validate_module(module_, types_, arena_).value()),
        interpreter_(make_interpreter(memory())),
        code_(interpreter_->make_code(validated_, settings), Release{interpreter_.get()}),
        store(*interpreter_, types_, memory(), limits()) {
    std::vector<runtime::Extern> externs;
    std::uint32_t index = 0;
    for (const runtime::HostCallback callback : imports) {
      runtime::Extern import;
      import.func = runtime::make_host_func(store, validated_.func_types[core::FuncIdx(index++)], callback, this);
      externs.push_back(import);
    }
    instance = runtime::instantiate(store, *code_, externs).value();
  }
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  // Calls an export; the result is its first slot, or the message of the trap.
  Result<runtime::Slot> call(std::string_view name, std::initializer_list<runtime::Slot> arguments = {}) {
    std::vector<runtime::Slot> values(arguments);
    values.resize(std::max<std::size_t>(values.size(), 16));
    if (auto done = runtime::call(store, *find(name), values); !done) return std::move(done).error();
    results = values;
    return values[0];
  }
  std::string trap(std::string_view name, std::initializer_list<runtime::Slot> arguments = {}) {
    auto result = call(name, arguments);
    return result ? "returned" : std::string(result.error().message());
  }
  runtime::Func* find(std::string_view name) { return runtime::find_export(*instance, name)->func; }

 private:
  static std::pmr::memory_resource& memory() { return *std::pmr::get_default_resource(); }
  static runtime::StoreLimits limits() {
    runtime::StoreLimits result;
    result.stack_bytes = std::size_t{4} << 20;
    return result;
  }

  std::string source_;
  core::Module module_;
  Arena arena_;
  core::TypeRegistry types_;
  core::ValidatedModule validated_;
  struct Destroy {
    void operator()(runtime::Executor* interpreter) const noexcept { destroy_interpreter(interpreter); }
  };
  struct Release {
    runtime::Executor* interpreter;
    void operator()(runtime::CodeModule* code) const noexcept { interpreter->release(code); }
  };
  std::unique_ptr<runtime::Executor, Destroy> interpreter_;
  std::unique_ptr<runtime::CodeModule, Release> code_;

 public:
  runtime::Store store;
  runtime::Instance* instance = nullptr;
  std::vector<runtime::Slot> results;  // of the last call
};

}  // namespace tenon::interp
