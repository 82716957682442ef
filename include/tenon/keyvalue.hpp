// What stands behind wasi:keyvalue: values by key, in buckets.
//
//   config.keyvalue(tenon::wasi::open_key_values("sqlite:visits.db").value());
//
// Each guest that the configuration is given to has it; without one, `open` of wasi:keyvalue finds no store.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenon/result.hpp"

namespace tenon::wasi {

// Derive from it for a store of your own. Called by guests on several threads at once; errors are told to the guest in
// their words.
class KeyValues {
 public:
  virtual ~KeyValues() = default;
  virtual Result<std::optional<std::string>> get(const std::string& bucket, const std::string& key) = 0;
  virtual Result<void> set(const std::string& bucket, const std::string& key, std::string_view value) = 0;
  // Without effect when there is no such key.
  virtual Result<void> remove(const std::string& bucket, const std::string& key) = 0;
  // In order, at most `most` of those behind the first `skipped`.
  virtual Result<std::vector<std::string>> keys(const std::string& bucket, std::uint64_t skipped, std::size_t most) = 0;
  // Adds to a value that is a number in decimal digits (none counts as 0), and gives the sum; in one step.
  virtual Result<std::uint64_t> increment(const std::string& bucket, const std::string& key, std::uint64_t delta) = 0;
};

// "mem" is in memory, for as long as it is held, and takes at most 256 MiB; "sqlite:FILE" is a database, which is made
// if it is not there (it needs the library libtenon_sqlite.so). Errors: usage, io.
Result<std::shared_ptr<KeyValues>> open_key_values(std::string_view where);

}  // namespace tenon::wasi
