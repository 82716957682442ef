// Calls functions of WASI 0.2 as a guest would, without one: by their names, with values.
#pragma once

#include <gtest/gtest.h>

#include "unit/wasi/component/by_name.hpp"
#include "wasi/p2/host.hpp"

namespace tenon::wasi::p2 {

class Calls : public testing::Test {
 protected:
  Answer try_call(std::string_view name, std::initializer_list<Val> values) {
    const Values given(values.begin(), values.size());
    return bindings::call_by_name(interfaces(), name, *host, given,
                                  [&](const Function& function) { return function.run(*host, given); });
  }
  // What it gives; an error fails the test.
  Val call(std::string_view name, std::initializer_list<Val> values = {}) {
    auto answer = try_call(name, values);
    EXPECT_TRUE(answer.has_value()) << name << ": " << (answer ? "" : answer.error().message());
    if (!answer || answer->empty()) return Val();
    return answer->front();
  }
  // The payload of a result that must be ok, or of an option that must be some.
  Val ok(std::string_view name, std::initializer_list<Val> values = {}) {
    const Val result = call(name, values);
    EXPECT_EQ(result.index(), 0U) << name;
    return result.has_payload() ? result.payload() : Val();
  }
  bool fails(std::string_view name, std::initializer_list<Val> values = {}) { return call(name, values).index() == 1; }

  static Val text(std::string_view value) { return Val::string(value); }
  static Val data(std::string_view value) {
    return bytes({static_cast<const std::uint8_t*>(static_cast<const void*>(value.data())), value.size()});
  }
  static std::string text_of(const Val& value) {
    const auto content = value.packed_bytes();
    return {content.begin(), content.end()};
  }

  void grant(const Config& config) { host = std::make_shared<Host>(bindings::Grants::make(config).value()); }

  std::shared_ptr<Host> host = std::make_shared<Host>(bindings::Grants::make(Config()).value());
};

}  // namespace tenon::wasi::p2
