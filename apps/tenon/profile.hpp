// `tenon run --profile`.
#pragma once

#include <optional>
#include <string>

#include "tenon/profile.hpp"

namespace tenon::program {

enum class ProfileKind : std::uint8_t { perf, jitdump, guest };

// Errors: usage.
Result<ProfileKind> parse_profile_kind(std::string_view name);

// Writes the names of all functions compiled from now on to /tmp/perf-PID.map, for Linux's perf. Errors: io.
Result<void> keep_perf_map(const Engine& engine);
// Writes them with their code to jit-PID.dump, for `perf inject --jit`. Errors: io.
Result<void> keep_jit_dump(const Engine& engine);

// Looks at a store's guests while it lives, and writes PREFIX.svg and PREFIX.json in the end.
class GuestProfile {
 public:
  GuestProfile(Store& store, std::string prefix, std::string title)
      : profiler_(store, std::chrono::milliseconds(1)), prefix_(std::move(prefix)), title_(std::move(title)) {}
  GuestProfile(const GuestProfile&) = delete;
  GuestProfile& operator=(const GuestProfile&) = delete;
  ~GuestProfile();

 private:
  Profiler profiler_;
  std::string prefix_;
  std::string title_;
};

}  // namespace tenon::program
