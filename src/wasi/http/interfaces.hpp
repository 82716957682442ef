// wasi:http of 0.2 over the services: fields.cpp, messages.cpp, bodies.cpp and outgoing.cpp are wasi:http/types and
// outgoing-handler; server.cpp calls incoming-handler. As in p2/host.hpp, each is a table of names and functions.
//
// https://github.com/WebAssembly/wasi-http
#pragma once

#include "wasi/http/resources.hpp"
#include "wasi/http/values.hpp"
#include "wasi/p2/host.hpp"

namespace tenon::wasi::http {

// How 0.2 says what is wrong with a field. It has no name for fields that are too large: those trap.
Answer header_error(bindings::HeaderError error);

// Makes the resources that `incoming-handler.handle` is called with.
struct HandlerArguments {
  component::Val request;
  component::Val outparam;
};
HandlerArguments make_arguments(p2::Host& host, const std::shared_ptr<host::HttpExchange>& exchange);

}  // namespace tenon::wasi::http
