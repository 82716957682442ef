#include "wasi/p2/host.hpp"

namespace tenon::wasi::p2 {

namespace {

const Interface* const interfaces[] = {
    &io_poll,
    &io_error,
    &io_streams,
    &clocks_monotonic,
    &clocks_wall,
    &random_random,
    &random_insecure,
    &random_insecure_seed,
    &cli_environment,
    &cli_exit,
    &cli_stdin,
    &cli_stdout,
    &cli_stderr,
    &cli_terminal_stdin,
    &cli_terminal_stdout,
    &sockets_network,
    &sockets_instance_network,
    &sockets_tcp,
    &sockets_tcp_create,
    &sockets_udp,
    &sockets_udp_create,
    &sockets_name_lookup,
    &cli_terminal_stderr,
    &filesystem_types,
    &filesystem_preopens,
    &config_store,
    &keyvalue_store,
    &keyvalue_atomics,
    &keyvalue_batch,
    &http_fields,
    &http_messages,
    &http_bodies,
    &http_futures,
    &http_outgoing_handler,
};

// What one guest may have of the host at a time: streams, fields, pollables and the like.
constexpr std::size_t most_objects = 100'000;

std::string versioned(std::string_view name, std::string_view version) {
  return std::string(name) + std::string(version);
}

Result<void> define_interface(Linker& linker, const std::shared_ptr<HostOf>& of, const Interface& interface) {
  const std::string name = versioned(interface.name, interface.version);
  for (const Function& function : interface.functions) {
    auto defined = linker.define_dynamic(name, function.name, [of, run = function.run](Values values) -> Answer {
      const std::shared_ptr<Host> host = of->host;
      if (host->live_objects > most_objects) return Error(ErrorKind::trap, "too many resources of the host in use");
      return run(*host, values);
    });
    if (!defined) return defined;
  }
  return {};
}

// A resource, in the interface that defines it and in those that use it from there.
struct Resource {
  const char* name;
  void (*drop)(Host& host, std::uint64_t rep);
  std::vector<const char*> interfaces;
  const char* version = newest_version;
};

// Resources whose objects lie in one of the host's tables.
template <auto table>
void drop_from(Host& host, std::uint64_t rep) {
  (host.*table).drop(rep);
}
void drop_nothing(Host&, std::uint64_t) {}

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
      {"descriptor", drop_from<&Host::descriptors>, {"wasi:filesystem/types", "wasi:filesystem/preopens"}},
      {"directory-entry-stream", drop_from<&Host::directory_streams>, {"wasi:filesystem/types"}},
      {"terminal-input", drop_nothing, {"wasi:cli/terminal-input", "wasi:cli/terminal-stdin"}},
      {"terminal-output",
       drop_nothing,
       {"wasi:cli/terminal-output", "wasi:cli/terminal-stdout", "wasi:cli/terminal-stderr"}},
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

Result<void> define_resources(Linker& linker, const std::shared_ptr<HostOf>& of) {
  for (const Resource& resource : resources()) {
    const HostResourceType type(resource.name, [of, drop = resource.drop](std::uint64_t rep) { drop(*of->host, rep); });
    for (const char* interface : resource.interfaces) {
      if (auto defined = linker.define_resource(versioned(interface, resource.version), resource.name, type); !defined)
        return defined;
    }
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<Host>> Host::make(const Config& config) {
  auto host = std::make_shared<Host>();
  host->arguments = config.arguments;
  host->environment = config.environment;
  host->input = host::make_input(config.input);
  host->output = host::make_output(config.output, 1);
  host->errors = host::make_output(config.errors, 2);
  host->settings = config.settings;
  host->key_values = config.key_values;
  auto network = host::Network::make(config.networks, config.refusal);
  if (!network) return std::move(network).error();
  host->network = std::make_shared<host::Network>(std::move(*network));
  for (const Directory& directory : config.directories) {
    auto opened = host::open_granted(directory, config.refusal);
    if (!opened) {
      return Error(ErrorKind::io, "the directory " + directory.host_path +
                                      " cannot be opened: " + std::string(host::to_string(opened.error())));
    }
    host->directories.emplace_back(std::make_shared<const host::File>(std::move(*opened)), directory.guest_path);
  }
  return host;
}

std::shared_ptr<Host> Host::with_grants_of(const Host& other) {
  auto host = std::make_shared<Host>();
  host->arguments = other.arguments;
  host->environment = other.environment;
  host->input = other.input;
  host->output = other.output;
  host->errors = other.errors;
  host->directories = other.directories;
  host->settings = other.settings;
  host->key_values = other.key_values;
  host->network = other.network;
  return host;
}

Result<host::Reactor*> Host::get_reactor() {
  if (reactor != nullptr) return reactor;
  auto made = host::make_reactor();
  if (!made) return std::move(made).error();
  own_reactor = std::move(*made);
  return reactor = own_reactor.get();
}

Result<void> define(Linker& linker, const std::shared_ptr<HostOf>& of) {
  for (const Interface* interface : interfaces) {
    if (auto defined = define_interface(linker, of, *interface); !defined) return defined;
  }
  return define_resources(linker, of);
}

}  // namespace tenon::wasi::p2
