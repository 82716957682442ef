#include "wasi/p2/host.hpp"

namespace tenon::wasi::p2 {

namespace {

constexpr const Interface* all[] = {
    &io_poll,
    &io_error,
    &io_streams,
    &clocks_monotonic,
    &clocks_wall,
    &random_insecure_seed,
    &cli_environment,
    &cli_stdin,
    &cli_stdout,
    &cli_stderr,
    &sockets_network,
    &sockets_instance_network,
    &sockets_tcp,
    &sockets_tcp_create,
    &sockets_udp,
    &sockets_udp_create,
    &sockets_name_lookup,
    &filesystem_types,
    &config_store,
    &keyvalue_store,
    &keyvalue_atomics,
    &keyvalue_batch,
    &http_fields,
    &http_options,
    &http_messages,
    &http_bodies,
    &http_futures,
    &http_outgoing_handler,
};

using Resource = bindings::Resource<Host>;

template <auto table>
constexpr auto drop_from = bindings::drop_from<Host, table>;

std::vector<Resource> resources() {
  return {
      {"pollable",
       drop_from<&Host::pollables>,
       {"wasi:io/poll", "wasi:io/streams", "wasi:clocks/monotonic-clock", "wasi:sockets/tcp", "wasi:sockets/udp",
        "wasi:sockets/ip-name-lookup", "wasi:http/types"}},
      {"error",
       drop_from<&Host::io_errors>,
       {"wasi:io/error", "wasi:io/streams", "wasi:filesystem/types", "wasi:sockets/network", "wasi:http/types"}},
      {"input-stream",
       drop_from<&Host::inputs>,
       {"wasi:io/streams", "wasi:cli/stdin", "wasi:filesystem/types", "wasi:sockets/tcp", "wasi:http/types"}},
      {"output-stream",
       drop_from<&Host::outputs>,
       {"wasi:io/streams", "wasi:cli/stdout", "wasi:cli/stderr", "wasi:filesystem/types", "wasi:sockets/tcp",
        "wasi:http/types"}},
      {"directory-entry-stream", drop_from<&Host::directory_streams>, {"wasi:filesystem/types"}},
      {"network",
       drop_nothing,
       {"wasi:sockets/network", "wasi:sockets/instance-network", "wasi:sockets/tcp", "wasi:sockets/udp",
        "wasi:sockets/ip-name-lookup"}},
      {"tcp-socket", drop_from<&Host::tcp_sockets>, {"wasi:sockets/tcp", "wasi:sockets/tcp-create-socket"}},
      {"udp-socket", drop_from<&Host::udp_sockets>, {"wasi:sockets/udp", "wasi:sockets/udp-create-socket"}},
      {"incoming-datagram-stream", drop_from<&Host::incoming_datagrams>, {"wasi:sockets/udp"}},
      {"outgoing-datagram-stream", drop_from<&Host::outgoing_datagrams>, {"wasi:sockets/udp"}},
      {"resolve-address-stream", drop_from<&Host::name_lookups>, {"wasi:sockets/ip-name-lookup"}},
      {"bucket",
       drop_from<&Host::buckets>,
       {"wasi:keyvalue/store", "wasi:keyvalue/atomics", "wasi:keyvalue/batch"},
       {},
       keyvalue_version},
      {"fields", drop_from<&Host::fields>, {"wasi:http/types"}},
      {"incoming-request", drop_from<&Host::incoming_requests>, {"wasi:http/types", "wasi:http/incoming-handler"}},
      {"outgoing-request", drop_from<&Host::outgoing_requests>, {"wasi:http/types", "wasi:http/outgoing-handler"}},
      {"request-options", drop_from<&Host::request_options>, {"wasi:http/types", "wasi:http/outgoing-handler"}},
      {"response-outparam", drop_from<&Host::outparams>, {"wasi:http/types", "wasi:http/incoming-handler"}},
      {"incoming-response", drop_from<&Host::incoming_responses>, {"wasi:http/types"}},
      {"outgoing-response", drop_from<&Host::outgoing_responses>, {"wasi:http/types"}},
      {"incoming-body", drop_from<&Host::incoming_bodies>, {"wasi:http/types"}},
      {"outgoing-body", drop_from<&Host::outgoing_bodies>, {"wasi:http/types"}},
      {"future-trailers", drop_from<&Host::future_trailers>, {"wasi:http/types"}},
      {"future-incoming-response",
       drop_from<&Host::future_responses>,
       {"wasi:http/types", "wasi:http/outgoing-handler"}},
  };
}

}  // namespace

std::span<const Interface* const> interfaces() { return all; }

Result<void> define_function(Linker& linker, const std::shared_ptr<HostOf>& of, const std::string& instance,
                             const Function& function) {
  return linker.define_dynamic(instance, function.name,
                               [of, run = function.run](const Caller& caller, Values values) -> Answer {
                                 const std::shared_ptr<Host> host = of->host;
                                 if (auto has_room = bindings::check_room(*host); !has_room)
                                   return std::move(has_room).error();
                                 host->caller = &caller;
                                 Answer answer = run(*host, values);
                                 host->caller = nullptr;
                                 return answer;
                               });
}

std::vector<std::string> interface_names() { return bindings::names_of<Host, Function>(interfaces(), resources()); }

Result<void> define(Linker& linker, const std::shared_ptr<HostOf>& of, const Wanted& wanted) {
  return bindings::define_all<Host, Function>(linker, of, interfaces(), resources(), wanted);
}

}  // namespace tenon::wasi::p2
