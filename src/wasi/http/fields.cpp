// wasi:http/types: fields and request-options.
#include "wasi/http/interfaces.hpp"

namespace tenon::wasi::http {

using component::Val;
using p2::common;
using p2::Function;

namespace {

constexpr Function fields[] = {{"[method]fields.entries", common<bindings::all_fields>}};
constexpr Function options[] = {
    {"[method]request-options.connect-timeout", common<bindings::get_connect_timeout>},
    {"[method]request-options.first-byte-timeout", common<bindings::get_first_byte_timeout>},
    {"[method]request-options.between-bytes-timeout", common<bindings::get_between_bytes_timeout>},
};

}  // namespace

Answer header_error(bindings::HeaderError error) {
  if (error == bindings::HeaderError::size_exceeded) return Error(ErrorKind::trap, "fields of more than 256 KiB");
  return one(Val::error(Val::enumeration(static_cast<std::uint32_t>(error))));
}

}  // namespace tenon::wasi::http

namespace tenon::wasi::p2 {

const Interface http_fields{"wasi:http/types", http::fields, &bindings::fields_functions};
const Interface http_options{"wasi:http/types", http::options, &bindings::options_functions};

}  // namespace tenon::wasi::p2
