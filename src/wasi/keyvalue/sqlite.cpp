// Values by key in a database of SQLite.
//
// One table, with the bucket and the key together as its key. The database is opened in the mode that lets readers and
// a writer of several processes go on side by side; a writer that finds another waits for a while. A value that was set
// is in the file when `set` returns.
#include <cstdio>
#include <memory>
#include <mutex>
#include <sqlite3.h>

#include "tenon/keyvalue.hpp"

namespace tenon::wasi {

namespace {

constexpr int waiting_time = 5'000;  // milliseconds, for another writer

constexpr const char* schema =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
    "CREATE TABLE IF NOT EXISTS entries (bucket TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL,"
    " PRIMARY KEY (bucket, key)) WITHOUT ROWID;";

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;

// One run of a statement: values are bound in order, and rows are stepped through.
class Statement {
 public:
  Statement(sqlite3* database, const char* text) : database_(database) {
    sqlite3_prepare_v2(database, text, -1, &statement_, nullptr);
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { sqlite3_finalize(statement_); }

  // Texts and blobs must live until the statement has run.
  Statement& text(std::string_view value) {
    sqlite3_bind_text64(statement_, ++bound_, value.data(), value.size(), SQLITE_STATIC, SQLITE_UTF8);
    return *this;
  }
  Statement& blob(std::string_view value) {
    sqlite3_bind_blob64(statement_, ++bound_, value.empty() ? "" : value.data(), value.size(), SQLITE_STATIC);
    return *this;
  }
  Statement& number(std::uint64_t value) {
    sqlite3_bind_int64(statement_, ++bound_, static_cast<sqlite3_int64>(value));
    return *this;
  }

  // Whether there is a row. Errors: io.
  Result<bool> step() {
    const int result = sqlite3_step(statement_);
    if (result == SQLITE_ROW) return true;
    if (result == SQLITE_DONE) return false;
    return Error(ErrorKind::io, sqlite3_errmsg(database_));
  }
  Result<void> run() {
    auto done = step();
    if (!done) return std::move(done).error();
    return {};
  }
  std::string column(int at) const {
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, at));
    return {static_cast<const char*>(sqlite3_column_blob(statement_, at)), size};
  }
  std::uint64_t number_column(int at) const { return static_cast<std::uint64_t>(sqlite3_column_int64(statement_, at)); }

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
};

class SqliteKeyValues final : public KeyValues {
 public:
  explicit SqliteKeyValues(Database database) : database_(std::move(database)) {}

  Result<std::optional<std::string>> get(const std::string& bucket, const std::string& key) override {
    const std::lock_guard lock(mutex_);
    Statement find(database_.get(), "SELECT value FROM entries WHERE bucket = ? AND key = ?");
    const auto found = find.text(bucket).text(key).step();
    if (!found) return Error(found.error());
    if (!*found) return std::optional<std::string>();
    return std::optional(find.column(0));
  }

  Result<void> set(const std::string& bucket, const std::string& key, std::string_view value) override {
    const std::lock_guard lock(mutex_);
    return Statement(database_.get(), "INSERT OR REPLACE INTO entries VALUES (?, ?, ?)")
        .text(bucket)
        .text(key)
        .blob(value)
        .run();
  }

  Result<void> remove(const std::string& bucket, const std::string& key) override {
    const std::lock_guard lock(mutex_);
    return Statement(database_.get(), "DELETE FROM entries WHERE bucket = ? AND key = ?").text(bucket).text(key).run();
  }

  Result<std::vector<std::string>> keys(const std::string& bucket, std::uint64_t skipped, std::size_t most) override {
    const std::lock_guard lock(mutex_);
    Statement list(database_.get(), "SELECT key FROM entries WHERE bucket = ? ORDER BY key LIMIT ? OFFSET ?");
    list.text(bucket).number(most).number(skipped);
    std::vector<std::string> names;
    for (;;) {
      const auto is_there = list.step();
      if (!is_there) return Error(is_there.error());
      if (!*is_there) return names;
      names.push_back(list.column(0));
    }
  }

  Result<std::uint64_t> increment(const std::string& bucket, const std::string& key, std::uint64_t delta) override {
    const std::lock_guard lock(mutex_);
    if (delta > static_cast<std::uint64_t>(INT64_MAX)) return Error(ErrorKind::usage, "the sum exceeds 63 bits");
    Statement add(database_.get(),
                  "INSERT INTO entries VALUES (?1, ?2, CAST(?3 AS TEXT)) ON CONFLICT (bucket, key) DO UPDATE SET"
                  " value = CAST(CAST(value AS INTEGER) + ?3 AS TEXT)"
                  " WHERE CAST(CAST(value AS TEXT) AS INTEGER) || '' = CAST(value AS TEXT)"
                  " RETURNING CAST(value AS INTEGER)");
    const auto is_done = add.text(bucket).text(key).number(delta).step();
    if (!is_done) return Error(is_done.error());
    if (!*is_done) return Error(ErrorKind::usage, "the value is not a number in decimal digits");
    return add.number_column(0);
  }

 private:
  std::mutex mutex_;
  Database database_;
};

}  // namespace

}  // namespace tenon::wasi

// What the library is opened for: nullptr, and a reason at `error`, when the file cannot be opened.
extern "C" __attribute__((visibility("default"))) tenon::wasi::KeyValues* tenon_sqlite_open_key_values(
    const char* path, char* error, std::size_t room) {
  using namespace tenon::wasi;
  sqlite3* opened = nullptr;
  int result =
      sqlite3_open_v2(path, &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nullptr);
  Database database(opened);
  if (result == SQLITE_OK) {
    sqlite3_busy_timeout(opened, waiting_time);
    result = sqlite3_exec(opened, schema, nullptr, nullptr, nullptr);
  }
  if (result == SQLITE_OK) return new SqliteKeyValues(std::move(database));
  std::snprintf(error, room, "%s", opened == nullptr ? sqlite3_errstr(result) : sqlite3_errmsg(opened));
  return nullptr;
}
