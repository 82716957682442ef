// wasi:http: what both versions have of fields, options and targets.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "wasi/component/values.hpp"
#include "wasi/host/http.hpp"

namespace tenon::wasi::inline bindings {

struct CommonHost;
struct CommonFunction;

// header-error, in its order. 0.2 has no name for fields that are too large.
enum class HeaderError : std::uint32_t { invalid_syntax, forbidden, immutable, size_exceeded };

struct Fields {
  std::shared_ptr<host::HttpFields> list = std::make_shared<host::HttpFields>();  // shared with the message
  bool is_immutable = false;
};

struct RequestOptions {
  std::optional<std::uint64_t> connect_timeout{}, first_byte_timeout{}, between_bytes_timeout{};  // nanoseconds
  bool is_immutable = false;
};

// Of wasi:http/types: all that is called the same in both.
extern const std::span<const CommonFunction> fields_functions, options_functions;
// `entries`, or `copy-all`.
Answer all_fields(CommonHost& host, Values values);
Answer get_and_delete_fields(CommonHost& host, Values values);
Answer get_connect_timeout(CommonHost& host, Values values);
Answer get_first_byte_timeout(CommonHost& host, Values values);
Answer get_between_bytes_timeout(CommonHost& host, Values values);

// A handle to the fields of a message, which cannot be changed through it.
Val immutable_fields(CommonHost& host, const std::shared_ptr<host::HttpFields>& list);
// Without what guests do not see.
std::shared_ptr<host::HttpFields> visible_fields(host::HttpFields fields);

// Where a request goes, by its scheme and authority, and how long that may take; or what is wrong with them.
std::expected<host::HttpTarget, host::HttpFailure> target_of(const std::optional<std::string>& scheme,
                                                             const std::optional<std::string>& authority,
                                                             const RequestOptions& options);

}  // namespace tenon::wasi::inline bindings
