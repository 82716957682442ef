// wasi:sockets: errors, addresses and options, and the look-up of names.
#include "wasi/p3/sockets.hpp"

#include <algorithm>

namespace tenon::wasi::p3 {

using host::IpAddress;
using host::SocketAddress;
using host::SocketOption;

Val socket_error(Errno error) {
  switch (error) {
    case Errno::acces:
    case Errno::perm:
    case Errno::notcapable: return socket_error(SocketError::access_denied);
    case Errno::notsup:
    case Errno::protonosupport:
    case Errno::noprotoopt: return socket_error(SocketError::not_supported);
    case Errno::inval:
    case Errno::destaddrreq:
    case Errno::afnosupport: return socket_error(SocketError::invalid_argument);
    case Errno::nomem:
    case Errno::nobufs: return socket_error(SocketError::out_of_memory);
    case Errno::timedout: return socket_error(SocketError::timeout);
    case Errno::isconn:
    case Errno::notconn:
    case Errno::already: return socket_error(SocketError::invalid_state);
    case Errno::addrnotavail: return socket_error(SocketError::address_not_bindable);
    case Errno::addrinuse: return socket_error(SocketError::address_in_use);
    case Errno::hostunreach:
    case Errno::netunreach:
    case Errno::netdown: return socket_error(SocketError::remote_unreachable);
    case Errno::connrefused: return socket_error(SocketError::connection_refused);
    case Errno::pipe: return socket_error(SocketError::connection_broken);
    case Errno::connreset: return socket_error(SocketError::connection_reset);
    case Errno::connaborted: return socket_error(SocketError::connection_aborted);
    case Errno::msgsize: return socket_error(SocketError::datagram_too_large);
    default: break;
  }
  return Val::variant(static_cast<std::uint32_t>(SocketError::other), Val::some(Val::string(host::to_string(error))));
}

// --- Addresses

namespace {

IpAddress read_ip(const Val& fields, bool is_v6) {
  IpAddress ip{.is_v6 = is_v6};
  std::size_t at = 0;
  for (const Val& field : fields.fields()) {
    const auto part = static_cast<std::uint16_t>(field.unsigned_integer());
    if (is_v6) ip.bytes[at++] = static_cast<std::uint8_t>(part >> 8);
    ip.bytes[at++] = static_cast<std::uint8_t>(part);
  }
  return ip;
}

Val ip_fields(const IpAddress& ip) {
  std::vector<Val> fields;
  for (std::size_t i = 0; i < (ip.is_v6 ? 16U : 4U); i += ip.is_v6 ? 2 : 1) {
    fields.push_back(ip.is_v6 ? Val::u16(static_cast<std::uint16_t>(ip.bytes[i] << 8 | ip.bytes[i + 1]))
                              : Val::u8(ip.bytes[i]));
  }
  return Val::record(fields);
}

bool is_unspecified(const IpAddress& ip) {
  return std::ranges::all_of(ip.bytes, [](std::uint8_t byte) { return byte == 0; });
}
// ::ffff:a.b.c.d, which a socket of WASI does not take.
bool is_mapped_v4(const IpAddress& ip) {
  return ip.is_v6 &&
         std::all_of(ip.bytes.begin(), ip.bytes.begin() + 10, [](std::uint8_t byte) { return byte == 0; }) &&
         ip.bytes[10] == 0xFF && ip.bytes[11] == 0xFF;
}
bool is_unicast(const IpAddress& ip) {
  if (ip.is_v6) return ip.bytes[0] != 0xFF;
  const bool is_broadcast = std::all_of(ip.bytes.begin(), ip.bytes.begin() + 4, [](auto byte) { return byte == 0xFF; });
  return !is_broadcast && (ip.bytes[0] & 0xF0) != 0xE0;
}

}  // namespace

Val ip_value(const IpAddress& ip) { return Val::variant(ip.is_v6 ? 1 : 0, ip_fields(ip)); }

SocketAddress read_address(const Val& value) {
  const auto fields = value.payload().fields();
  SocketAddress address;
  address.port = static_cast<std::uint16_t>(fields[0].unsigned_integer());
  if (value.index() == 0) {
    address.ip = read_ip(fields[1], false);
  } else {
    address.flow_info = static_cast<std::uint32_t>(fields[1].unsigned_integer());
    address.ip = read_ip(fields[2], true);
    address.scope_id = static_cast<std::uint32_t>(fields[3].unsigned_integer());
  }
  return address;
}

Val address_value(const SocketAddress& address) {
  if (!address.ip.is_v6) return Val::variant(0, record({Val::u16(address.port), ip_fields(address.ip)}));
  return Val::variant(1, record({Val::u16(address.port), Val::u32(address.flow_info), ip_fields(address.ip),
                                 Val::u32(address.scope_id)}));
}

Answer address_answer(const Outcome<SocketAddress>& address) {
  return one(address ? Val::ok(address_value(*address)) : failed(address.error()));
}

bool can_bind(const SocketAddress& address, bool is_v6) {
  return address.ip.is_v6 == is_v6 && !is_mapped_v4(address.ip) && is_unicast(address.ip);
}
bool can_reach(const SocketAddress& address, bool is_v6) {
  return can_bind(address, is_v6) && !is_unspecified(address.ip) && address.port != 0;
}

// --- Options

namespace {

constexpr std::uint64_t nanoseconds_of_second = 1'000'000'000;
int clamp_to_int(std::uint64_t value) { return static_cast<int>(std::min<std::uint64_t>(value, 0x7FFF'FFFF)); }

}  // namespace

Answer get_option(const host::Descriptor& socket, bool is_v6, SocketOption option, Unit unit) {
  const auto value = host::get_option(socket, option, is_v6);
  if (!value) return one(failed(value.error()));
  const auto number = static_cast<std::uint32_t>(*value);
  switch (unit) {
    case Unit::boolean: return one(Val::ok(Val::boolean(number != 0)));
    case Unit::nanoseconds: return one(Val::ok(Val::u64(number * nanoseconds_of_second)));
    case Unit::count: return one(Val::ok(Val::u32(number)));
    case Unit::hops: return one(Val::ok(Val::u8(static_cast<std::uint8_t>(number))));
    case Unit::bytes: return one(Val::ok(Val::u64(number)));
  }
  return one(failed(SocketError::not_supported));
}

Answer set_option(const host::Descriptor& socket, bool is_v6, SocketOption option, Unit unit, const Val& value) {
  std::uint64_t number = value.bits();
  if (unit != Unit::boolean && number == 0) return one(failed(SocketError::invalid_argument));
  if (unit == Unit::nanoseconds) number = (number - 1) / nanoseconds_of_second + 1;
  // The system has limits of its own, which the standard leaves to it.
  if (option == SocketOption::keep_alive_idle || option == SocketOption::keep_alive_interval) {
    number = std::min<std::uint64_t>(number, 32'767);
  }
  if (option == SocketOption::keep_alive_count) number = std::min<std::uint64_t>(number, 127);
  return one(outcome_value(host::set_option(socket, option, is_v6, clamp_to_int(number))));
}

// --- Names

namespace {

// error-code of ip-name-lookup, in its order.
Val lookup_error(Errno error) {
  enum : std::uint32_t { access_denied, invalid_argument, unresolvable, temporary_failure, permanent_failure };
  switch (error) {
    case Errno::notcapable: return Val::variant(access_denied);
    case Errno::inval: return Val::variant(invalid_argument);
    case Errno::noent: return Val::variant(unresolvable);
    case Errno::again: return Val::variant(temporary_failure);
    default: return Val::variant(permanent_failure);
  }
}

// The system's resolver waits; so does the store meanwhile.
Answer resolve_addresses(const Context& context, Values values) {
  const std::string name(values[0].string());
  if (name.empty() || name.find('\0') != std::string::npos) return one(Val::error(lookup_error(Errno::inval)));
  const auto found = context.host->network->resolve(name);
  if (!found) return one(Val::error(lookup_error(found.error())));
  std::vector<Val> addresses;
  for (const IpAddress& ip : *found) {
    if (!is_mapped_v4(ip)) addresses.push_back(ip_value(ip));
  }
  if (addresses.empty()) return one(Val::error(lookup_error(Errno::noent)));
  return one(Val::ok(Val::list(addresses)));
}

constexpr Function lookup_functions[] = {{"resolve-addresses", resolve_addresses}};

}  // namespace

const Interface sockets_name_lookup{"wasi:sockets/ip-name-lookup", lookup_functions};

}  // namespace tenon::wasi::p3
