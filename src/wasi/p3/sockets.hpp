// What TCP, UDP and name look-up have in common.
#pragma once

#include "wasi/component/sockets.hpp"
#include "wasi/host/sockets.hpp"
#include "wasi/p3/host.hpp"

namespace tenon::wasi::p3 {

// error-code, in its order; `other` comes after these.
enum class SocketError : std::uint32_t {
  access_denied,
  not_supported,
  invalid_argument,
  out_of_memory,
  timeout,
  invalid_state,
  address_not_bindable,
  address_in_use,
  remote_unreachable,
  connection_refused,
  connection_broken,
  connection_reset,
  connection_aborted,
  datagram_too_large,
  other,
};
inline Val socket_error(SocketError error) { return Val::variant(static_cast<std::uint32_t>(error)); }
Val socket_error(Errno error);

inline Val failed(SocketError error) { return Val::error(socket_error(error)); }
inline Val failed(Errno error) { return Val::error(socket_error(error)); }
inline Val outcome_value(const Outcome<void>& outcome) { return outcome ? Val::ok() : failed(outcome.error()); }

Answer address_answer(const Outcome<host::SocketAddress>& address);

using bindings::Unit;
Answer get_option(const host::Descriptor& socket, bool is_v6, host::SocketOption option, Unit unit);
Answer set_option(const host::Descriptor& socket, bool is_v6, host::SocketOption option, Unit unit, const Val& value);

}  // namespace tenon::wasi::p3
