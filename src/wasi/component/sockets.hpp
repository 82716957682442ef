// wasi:sockets: addresses and options, which both versions write alike.
#pragma once

#include "wasi/component/values.hpp"
#include "wasi/host/network.hpp"

namespace tenon::wasi::inline bindings {

host::SocketAddress read_address(const Val& value);
Val address_value(const host::SocketAddress& address);
Val ip_value(const host::IpAddress& ip);

// ::ffff:a.b.c.d, which a socket of WASI does not take.
bool is_mapped_v4(const host::IpAddress& ip);
// Whether a socket of this family can be bound or connected there at all, or can send datagrams there.
bool can_bind(const host::SocketAddress& address, bool is_v6);
bool can_connect(const host::SocketAddress& address, bool is_v6);
bool can_send(const host::SocketAddress& address, bool is_v6);
bool is_same_place(const host::SocketAddress& left, const host::SocketAddress& right);

// How an option's number is told to guests.
enum class Unit : std::uint8_t { boolean, nanoseconds, count, hops, bytes };
Outcome<Val> read_option(const host::Descriptor& socket, bool is_v6, host::SocketOption option, Unit unit);
Outcome<void> write_option(const host::Descriptor& socket, bool is_v6, host::SocketOption option, Unit unit,
                           const Val& value);
// For a listener's queue, of a length that is not 0.
int backlog_of(const Val& size);

// Whether a text can be the name of a host, or an address.
bool can_be_name(std::string_view text);

}  // namespace tenon::wasi::inline bindings
