// What a server counts, and how Prometheus reads it.
// https://prometheus.io/docs/instrumenting/exposition_formats/
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "wasi/host/http.hpp"

namespace tenon::wasi::http {

// All workers add to one of these.
struct Metrics {
  using Counter = std::atomic<std::uint64_t>;
  std::array<Counter, 6> responses{};  // by the status's first digit; 0: there was none
  Counter bytes_in{0};
  Counter bytes_out{0};
  Counter requests_under_way{0};
  Counter requests_waiting{0};
  Counter instances{0};
  Counter instances_made{0};
  Counter failures{0};  // guests that trapped, or ended without a response
  Counter refused{0};   // there were too many requests
  // Upper bounds in seconds; the last has none.
  static constexpr std::array<double, 9> bounds = {0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30};
  std::array<Counter, bounds.size() + 1> times{};
  Counter nanoseconds{0};

  void count(const host::HttpRecord& record) noexcept;
  std::string text() const;
};

}  // namespace tenon::wasi::http
