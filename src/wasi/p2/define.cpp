#include "wasi/p2/host.hpp"

namespace tenon::wasi::p2 {

namespace {

constexpr std::string_view newest_version = "@0.2.12";

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
};

std::string versioned(std::string_view name) { return std::string(name) + std::string(newest_version); }

Result<void> define_interface(Linker& linker, const std::shared_ptr<Host>& host, const Interface& interface) {
  const std::string name = versioned(interface.name);
  for (const Function& function : interface.functions) {
    auto defined = linker.define_dynamic(name, function.name,
                                         [host, run = function.run](Values values) { return run(*host, values); });
    if (!defined) return defined;
  }
  return {};
}

// A resource whose objects lie in one of the host's tables.
template <auto table>
Result<void> define_resource(Linker& linker, const std::shared_ptr<Host>& host, std::string_view interface,
                             std::string_view name) {
  const HostResourceType type(std::string(name), [host](std::uint64_t rep) { (host.get()->*table).drop(rep); });
  return linker.define_resource(versioned(interface), name, type);
}

Result<void> define_resources(Linker& linker, const std::shared_ptr<Host>& host) {
  for (auto& defined :
       {define_resource<&Host::pollables>(linker, host, "wasi:io/poll", "pollable"),
        define_resource<&Host::io_errors>(linker, host, "wasi:io/error", "error"),
        define_resource<&Host::inputs>(linker, host, "wasi:io/streams", "input-stream"),
        define_resource<&Host::outputs>(linker, host, "wasi:io/streams", "output-stream"),
        define_resource<&Host::descriptors>(linker, host, "wasi:filesystem/types", "descriptor"),
        define_resource<&Host::directory_streams>(linker, host, "wasi:filesystem/types", "directory-entry-stream"),
        define_resource<&Host::tcp_sockets>(linker, host, "wasi:sockets/tcp", "tcp-socket"),
        define_resource<&Host::udp_sockets>(linker, host, "wasi:sockets/udp", "udp-socket"),
        define_resource<&Host::incoming_datagrams>(linker, host, "wasi:sockets/udp", "incoming-datagram-stream"),
        define_resource<&Host::outgoing_datagrams>(linker, host, "wasi:sockets/udp", "outgoing-datagram-stream"),
        define_resource<&Host::name_lookups>(linker, host, "wasi:sockets/ip-name-lookup", "resolve-address-stream"),
        linker.define_resource(versioned("wasi:sockets/network"), "network", HostResourceType("network")),
        linker.define_resource(versioned("wasi:cli/terminal-input"), "terminal-input",
                               HostResourceType("terminal-input")),
        linker.define_resource(versioned("wasi:cli/terminal-output"), "terminal-output",
                               HostResourceType("terminal-output"))}) {
    if (!defined) return Error(defined.error());
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

Result<void> define(Linker& linker, const std::shared_ptr<Host>& host) {
  for (const Interface* interface : interfaces) {
    if (auto defined = define_interface(linker, host, *interface); !defined) return defined;
  }
  return define_resources(linker, host);
}

}  // namespace tenon::wasi::p2
