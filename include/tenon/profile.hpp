// Where guests spend their time: a profiler that looks at a store's guests while they run, whatever tier runs them.
//
//   tenon::Profiler profiler(store, 1ms);
//   run(store);
//   write("profile.svg", profiler.flame_graph());
//   write("profile.json", profiler.firefox_profile("my guest"));   // for https://profiler.firefox.com
//
// A timer asks for a sample, and the guest gives it at its next call or turn of a loop: its frames with the names of
// modules and functions. What passed since the sample before counts for them, so time in functions of the host counts
// for the guest that called them.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "tenon/tenon.hpp"

namespace tenon {

class Profiler {
 public:
  // From now on looks at the store's guests; it ends before the store does, which has one at a time. To be made before
  // guests run, and after the store was given an interrupt handler, if it has one.
  Profiler(Store& store, std::chrono::microseconds interval);
  Profiler(const Profiler&) = delete;
  Profiler& operator=(const Profiler&) = delete;
  ~Profiler();

  // Ends looking; what was found stays.
  void stop() noexcept;
  std::uint64_t samples() const noexcept;
  // A picture for a browser, callers below whom they call, as wide as the time that was spent there.
  std::string flame_graph() const;
  // A processed profile of the Firefox Profiler, as JSON.
  std::string firefox_profile(std::string_view title) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tenon
