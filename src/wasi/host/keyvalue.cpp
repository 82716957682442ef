#include "tenon/keyvalue.hpp"

#include <charconv>
#include <map>
#include <mutex>

#include "wasi/host/library.hpp"

namespace tenon::wasi {

namespace {

constexpr std::size_t most_bytes = std::size_t{256} << 20;
constexpr std::size_t bytes_of_entry = 128;  // beside the key and the value

class MemoryKeyValues final : public KeyValues {
 public:
  Result<std::optional<std::string>> get(const std::string& bucket, const std::string& key) override {
    const std::lock_guard lock(mutex_);
    const auto found = values_.find({bucket, key});
    if (found == values_.end()) return std::optional<std::string>();
    return std::optional(found->second);
  }

  Result<void> set(const std::string& bucket, const std::string& key, std::string_view value) override {
    const std::lock_guard lock(mutex_);
    return put(bucket, key, value);
  }

  Result<void> remove(const std::string& bucket, const std::string& key) override {
    const std::lock_guard lock(mutex_);
    const auto found = values_.find({bucket, key});
    if (found == values_.end()) return {};
    used_ -= size_of(found->first, found->second);
    values_.erase(found);
    return {};
  }

  Result<std::vector<std::string>> keys(const std::string& bucket, std::uint64_t skipped, std::size_t most) override {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (auto at = values_.lower_bound({bucket, ""}); at != values_.end() && at->first.first == bucket; ++at) {
      if (skipped > 0) {
        --skipped;
        continue;
      }
      if (names.size() == most) break;
      names.push_back(at->first.second);
    }
    return names;
  }

  Result<std::uint64_t> increment(const std::string& bucket, const std::string& key, std::uint64_t delta) override {
    const std::lock_guard lock(mutex_);
    const auto found = values_.find({bucket, key});
    std::uint64_t number = 0;
    if (found != values_.end()) {
      const std::string& text = found->second;
      const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
      if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
        return Error(ErrorKind::usage, "the value is not a number in decimal digits");
      }
    }
    if (number > ~std::uint64_t{0} - delta) return Error(ErrorKind::usage, "the sum exceeds 64 bits");
    number += delta;
    if (auto done = put(bucket, key, std::to_string(number)); !done) return std::move(done).error();
    return number;
  }

 private:
  using Name = std::pair<std::string, std::string>;
  static std::size_t size_of(const Name& name, std::string_view value) {
    return name.first.size() + name.second.size() + value.size() + bytes_of_entry;
  }
  Result<void> put(const std::string& bucket, const std::string& key, std::string_view value) {
    const Name name(bucket, key);
    const auto found = values_.find(name);
    const std::size_t before = found == values_.end() ? 0 : size_of(name, found->second);
    const std::size_t after = used_ - before + size_of(name, value);
    if (after > most_bytes) return Error(ErrorKind::exhausted, "the store in memory is full (256 MiB)");
    values_.insert_or_assign(name, std::string(value));
    used_ = after;
    return {};
  }

  std::mutex mutex_;
  std::map<Name, std::string> values_;
  std::size_t used_ = 0;
};

Result<std::shared_ptr<KeyValues>> open_sqlite(const std::string& path) {
  using Open = KeyValues* (*)(const char* path, char* error, std::size_t room);
  static const auto open =
      reinterpret_cast<Open>(host::find_in_library("libtenon_sqlite.so", "tenon_sqlite_open_key_values"));
  if (open == nullptr) {
    return Error(ErrorKind::io,
                 "libtenon_sqlite.so, which sqlite: needs, is not beside the program or where libraries are");
  }
  char error[512] = "";
  std::shared_ptr<KeyValues> opened(open(path.c_str(), error, sizeof error));
  if (opened == nullptr) return Error(ErrorKind::io, path + ": " + error);
  return opened;
}

}  // namespace

Result<std::shared_ptr<KeyValues>> open_key_values(std::string_view where) {
  constexpr std::string_view sqlite = "sqlite:";
  if (where == "mem") return std::shared_ptr<KeyValues>(std::make_shared<MemoryKeyValues>());
  if (where.starts_with(sqlite) && where.size() > sqlite.size()) {
    return open_sqlite(std::string(where.substr(sqlite.size())));
  }
  return Error(ErrorKind::usage, "expected mem or sqlite:FILE, found \"" + std::string(where) + "\"");
}

}  // namespace tenon::wasi
