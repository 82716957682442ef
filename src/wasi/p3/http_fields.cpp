// wasi:http/types: fields and request-options.
#include "wasi/p3/host.hpp"

namespace tenon::wasi::p3 {

namespace {

Answer clone_options(const Context& context, Values values) {
  bindings::RequestOptions options = context.host->request_options[number_of(values[0])];
  options.is_immutable = false;
  return one(handle(context.host->request_options.insert(options)));
}

constexpr Function fields[] = {
    {"[method]fields.copy-all", common<bindings::all_fields>},
    {"[method]fields.get-and-delete", common<bindings::get_and_delete_fields>},
};
constexpr Function options[] = {
    {"[method]request-options.get-connect-timeout", common<bindings::get_connect_timeout>},
    {"[method]request-options.get-first-byte-timeout", common<bindings::get_first_byte_timeout>},
    {"[method]request-options.get-between-bytes-timeout", common<bindings::get_between_bytes_timeout>},
    {"[method]request-options.clone", clone_options},
};

}  // namespace

Answer header_error(bindings::HeaderError error) {
  return one(Val::error(Val::variant(static_cast<std::uint32_t>(error))));
}

const Interface http_fields{"wasi:http/types", fields, &bindings::fields_functions};
const Interface http_options{"wasi:http/types", options, &bindings::options_functions};

}  // namespace tenon::wasi::p3
