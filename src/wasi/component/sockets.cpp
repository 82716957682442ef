#include "wasi/component/sockets.hpp"

#include <algorithm>

namespace tenon::wasi::inline bindings {

using host::IpAddress;
using host::SocketAddress;
using host::SocketOption;

namespace {

constexpr std::uint64_t nanoseconds_of_second = 1'000'000'000;

int clamp_to_int(std::uint64_t value) { return static_cast<int>(std::min<std::uint64_t>(value, 0x7FFF'FFFF)); }

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

bool is_mapped_v4(const IpAddress& ip) {
  return ip.is_v6 &&
         std::all_of(ip.bytes.begin(), ip.bytes.begin() + 10, [](std::uint8_t byte) { return byte == 0; }) &&
         ip.bytes[10] == 0xFF && ip.bytes[11] == 0xFF;
}

bool can_bind(const SocketAddress& address, bool is_v6) {
  return address.ip.is_v6 == is_v6 && !is_mapped_v4(address.ip) && is_unicast(address.ip);
}
bool can_connect(const SocketAddress& address, bool is_v6) {
  return can_send(address, is_v6) && is_unicast(address.ip);
}
bool can_send(const SocketAddress& address, bool is_v6) {
  return address.ip.is_v6 == is_v6 && !is_mapped_v4(address.ip) && !is_unspecified(address.ip) && address.port != 0;
}
bool is_same_place(const SocketAddress& left, const SocketAddress& right) {
  return left.ip == right.ip && left.port == right.port;
}

Outcome<Val> read_option(const host::Descriptor& socket, bool is_v6, SocketOption option, Unit unit) {
  const auto value = host::get_option(socket, option, is_v6);
  if (!value) return refuse(value.error());
  const auto number = static_cast<std::uint32_t>(*value);
  switch (unit) {
    case Unit::boolean: return Val::boolean(number != 0);
    case Unit::nanoseconds: return Val::u64(number * nanoseconds_of_second);
    case Unit::count: return Val::u32(number);
    case Unit::hops: return Val::u8(static_cast<std::uint8_t>(number));
    case Unit::bytes: return Val::u64(number);
  }
  return refuse(Errno::notsup);
}

Outcome<void> write_option(const host::Descriptor& socket, bool is_v6, SocketOption option, Unit unit,
                           const Val& value) {
  std::uint64_t number = value.bits();
  if (unit != Unit::boolean && number == 0) return refuse(Errno::inval);
  if (unit == Unit::nanoseconds) number = (number - 1) / nanoseconds_of_second + 1;
  // The system has limits of its own, which the standard leaves to it.
  if (option == SocketOption::keep_alive_idle || option == SocketOption::keep_alive_interval) {
    number = std::min<std::uint64_t>(number, 32'767);
  }
  if (option == SocketOption::keep_alive_count) number = std::min<std::uint64_t>(number, 127);
  return host::set_option(socket, option, is_v6, clamp_to_int(number));
}

int backlog_of(const Val& size) { return clamp_to_int(size.unsigned_integer()); }

bool can_be_name(std::string_view text) {
  constexpr unsigned char space = 0x20, del = 0x7F;
  constexpr std::string_view never = "\"#%/<>?@\\^`{|}";
  return !text.empty() && std::ranges::none_of(text, [&](unsigned char byte) {
    return byte <= space || byte == del || never.find(static_cast<char>(byte)) != never.npos;
  });
}

}  // namespace tenon::wasi::inline bindings
