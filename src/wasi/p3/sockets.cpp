// wasi:sockets: errors, addresses and options, and the look-up of names.
#include "wasi/p3/sockets.hpp"

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

Answer address_answer(const Outcome<SocketAddress>& address) {
  return one(address ? Val::ok(bindings::address_value(*address)) : failed(address.error()));
}

Answer get_option(const host::Descriptor& socket, bool is_v6, SocketOption option, Unit unit) {
  auto value = bindings::read_option(socket, is_v6, option, unit);
  return value ? ok(*std::move(value)) : one(failed(value.error()));
}
Answer set_option(const host::Descriptor& socket, bool is_v6, SocketOption option, Unit unit, const Val& value) {
  return one(outcome_value(bindings::write_option(socket, is_v6, option, unit, value)));
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

Val lookup_result(const Outcome<std::vector<IpAddress>>& found) {
  if (!found) return Val::error(lookup_error(found.error()));
  std::vector<Val> addresses;
  for (const IpAddress& ip : *found) {
    if (!bindings::is_mapped_v4(ip)) addresses.push_back(bindings::ip_value(ip));
  }
  return addresses.empty() ? Val::error(lookup_error(Errno::noent)) : Val::ok(Val::list(addresses));
}

struct Lookup {
  host::Signal is_over;
  Outcome<std::vector<IpAddress>> found{};
};

// The system's resolver waits: on another thread, so that the guest's other tasks, and a server's other guests, go on.
Result<void> resolve_addresses(const Context& context, Values values, ComponentCompletion done) {
  const std::string name(values[0].string());
  const auto network = context.host->grants->network;
  const auto refuse_with = [&](Errno error) {
    finish(done, Val::error(lookup_error(error)));
    return Result<void>();
  };
  if (!bindings::can_be_name(name)) return refuse_with(Errno::inval);
  if (!network->may_resolve(name)) return refuse_with(Errno::notcapable);
  const auto reactor = context.host->get_reactor();
  if (!reactor) return std::move(reactor).error();
  const auto lookup = std::make_shared<Lookup>();
  const auto take = [lookup, name, network] {
    if (lookup->found) network->add_resolved(name, *lookup->found);
    lookup->is_over.set();
  };
  context.store.add_events(context.host->events);
  context.host->events->when({.signal = &lookup->is_over, .happen = [lookup, done = std::move(done)] {
                                finish(done, lookup_result(lookup->found));
                              }});
  (*reactor)->in_background([lookup, name] { lookup->found = host::Network::look_up(name); }, take);
  return {};
}

constexpr Function lookup_functions[] = {{"resolve-addresses", nullptr, resolve_addresses}};

}  // namespace

const Interface sockets_name_lookup{"wasi:sockets/ip-name-lookup", lookup_functions};

}  // namespace tenon::wasi::p3
