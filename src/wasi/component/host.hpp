// What WASI 0.2 and 0.3 have in common, written once: functions that take the same and do the same, over what the hosts
// of both have. Where the versions write a value differently (an error, an instant), the host says how: its dialect.
//
// A version's interface is its own functions and, beside them, a table of common ones from here (define.hpp). Functions
// that wait, and all streams, are a version's own: 0.2 blocks where 0.3 goes on.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "wasi/component/grants.hpp"
#include "wasi/component/http.hpp"
#include "wasi/component/table.hpp"
#include "wasi/component/values.hpp"
#include "wasi/host/reactor.hpp"

namespace tenon::wasi::inline bindings {

// How a version writes what both know.
struct Dialect {
  Val (*file_error)(Errno error);             // error-code of wasi:filesystem
  Val (*file_type)(host::FileType type);      // descriptor-type
  Val (*instant)(std::uint64_t since_1970);   // in nanoseconds
  Answer (*header_error)(HeaderError error);  // the result that says it, or a trap
  bool gives_fewer_random_bytes;              // than a guest asked for, where that is too much
};

struct CommonHost {
  CommonHost(std::shared_ptr<const Grants> given, const Dialect& of) : grants(std::move(given)), dialect(of) {}
  CommonHost(const CommonHost&) = delete;
  CommonHost& operator=(const CommonHost&) = delete;

  // What the guest waits with, and sends requests with: the server's, or one of its own from when it first needs one.
  // Errors: io.
  Result<host::Reactor*> get_reactor();
  host::Reactor* reactor = nullptr;
  std::unique_ptr<host::Reactor> own_reactor;

  std::shared_ptr<const Grants> grants;
  const Dialect& dialect;

  std::size_t live_objects = 0;
  Table<std::shared_ptr<const host::File>> descriptors{live_objects};
  Table<Fields> fields{live_objects};
  Table<RequestOptions> request_options{live_objects};

 protected:
  ~CommonHost() = default;
};

struct CommonFunction {
  const char* name;
  Answer (*run)(CommonHost& host, Values values);
};
using CommonFunctions = std::span<const CommonFunction>;

struct CommonInterface {
  const char* name;  // "wasi:cli/exit"
  CommonFunctions functions;
};

// Those that are the same in both versions, as a whole.
extern const std::span<const CommonInterface> common_interfaces;

// Of wasi:cli/environment; and the working directory: there is none.
extern const CommonFunctions environment_functions;
Answer no_directory(CommonHost& host, Values values);

// Of wasi:clocks.
Answer monotonic_now(CommonHost& host, Values values);
Answer monotonic_resolution(CommonHost& host, Values values);
Answer system_now(CommonHost& host, Values values);

// Of wasi:random.
Outcome<std::array<std::uint64_t, 2>> random_words();
// A trap.
Error no_random(Errno error);

// Of wasi:filesystem/preopens (filesystem.cpp).
Answer get_directories(CommonHost& host, Values values);

}  // namespace tenon::wasi::inline bindings
