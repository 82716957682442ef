#include "wasi/p3/host.hpp"

namespace tenon::wasi::p3 {

namespace {

constexpr const Interface* all[] = {
    &cli_environment, &cli_stdin,           &cli_stdout,           &cli_stderr,       &clocks_monotonic,
    &clocks_system,   &clocks_timezone,     &random_insecure_seed, &filesystem_types, &sockets_tcp,
    &sockets_udp,     &sockets_name_lookup, &http_fields,          &http_options,     &http_messages,
    &http_client,     &tls_types,           &tls_client,
};

using Resource = bindings::Resource<Host>;

template <auto table>
constexpr auto drop_from = bindings::drop_from<Host, table>;

std::vector<Resource> resources() {
  return {
      {"tcp-socket", drop_from<&Host::tcp_sockets>, {"wasi:sockets/types"}},
      {"udp-socket", drop_from<&Host::udp_sockets>, {"wasi:sockets/types"}},
      {"fields", drop_from<&Host::fields>, {"wasi:http/types"}, {"headers", "trailers"}},
      {"request-options", drop_from<&Host::request_options>, {"wasi:http/types"}},
      {"request", drop_from<&Host::requests>, {"wasi:http/types", "wasi:http/client", "wasi:http/handler"}},
      {"response", drop_from<&Host::responses>, {"wasi:http/types", "wasi:http/client", "wasi:http/handler"}},
      {"connector", drop_connector, {"wasi:tls/client"}, {}, tls_version},
      {"error", drop_from<&Host::tls_errors>, {"wasi:tls/types", "wasi:tls/client"}, {}, tls_version},
  };
}

}  // namespace

std::span<const Interface* const> interfaces() { return all; }

Result<void> define_function(Linker& linker, const std::shared_ptr<HostOf>& of, const std::string& instance,
                             const Function& function) {
  if (function.run != nullptr) {
    return linker.define_dynamic(instance, function.name,
                                 [of, run = function.run](const Caller& caller, Values values) -> Answer {
                                   const std::shared_ptr<Host> host = of->host;
                                   if (auto has_room = bindings::check_room(*host); !has_room) {
                                     return std::move(has_room).error();
                                   }
                                   return run({host, caller.store()}, values);
                                 });
  }
  return linker.define_async_dynamic(
      instance, function.name,
      [of, start = function.start](const Caller& caller, Values values, ComponentCompletion done) -> Result<void> {
        const std::shared_ptr<Host> host = of->host;
        if (auto has_room = bindings::check_room(*host); !has_room) return has_room;
        return start({host, caller.store()}, values, std::move(done));
      });
}

std::vector<std::string> interface_names() { return bindings::names_of<Host, Function>(interfaces(), resources()); }

Result<void> define(Linker& linker, const std::shared_ptr<HostOf>& of, const Wanted& wanted) {
  return bindings::define_all<Host, Function>(linker, of, interfaces(), resources(), wanted);
}

}  // namespace tenon::wasi::p3
