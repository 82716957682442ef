#include "wasi/p3/host.hpp"

namespace tenon::wasi::p3 {

namespace {

constexpr std::string_view version = "@0.3.0";

const Interface* const interfaces[] = {
    &cli_environment,
    &cli_exit,
    &cli_stdin,
    &cli_stdout,
    &cli_stderr,
    &cli_terminal_stdin,
    &cli_terminal_stdout,
    &cli_terminal_stderr,
    &clocks_monotonic,
    &clocks_system,
    &random_random,
    &random_insecure,
    &random_insecure_seed,
    &filesystem_types,
    &filesystem_preopens,
    &sockets_tcp,
    &sockets_udp,
    &sockets_name_lookup,
};

std::string versioned(std::string_view name) { return std::string(name) + std::string(version); }

Result<void> define_function(Linker& linker, const std::shared_ptr<Host>& host, const std::string& instance,
                             const Function& function) {
  if (function.run != nullptr) {
    return linker.define_dynamic(instance, function.name,
                                 [host, run = function.run](const Caller& caller, Values values) {
                                   return run({host, caller.store()}, values);
                                 });
  }
  return linker.define_async_dynamic(
      instance, function.name,
      [host, start = function.start](const Caller& caller, Values values, ComponentCompletion done) {
        return start({host, caller.store()}, values, std::move(done));
      });
}

// A resource, in the interface that defines it and in those that use it from there.
struct Resource {
  const char* name;
  void (*drop)(Host& host, std::uint64_t rep);
  std::vector<const char*> interfaces;
};

// Resources whose objects lie in one of the host's tables.
template <auto table>
void drop_from(Host& host, std::uint64_t rep) {
  (host.*table).drop(rep);
}
void drop_nothing(Host&, std::uint64_t) {}

std::vector<Resource> resources() {
  return {
      {"descriptor", drop_from<&Host::descriptors>, {"wasi:filesystem/types", "wasi:filesystem/preopens"}},
      {"terminal-input", drop_nothing, {"wasi:cli/terminal-input", "wasi:cli/terminal-stdin"}},
      {"terminal-output",
       drop_nothing,
       {"wasi:cli/terminal-output", "wasi:cli/terminal-stdout", "wasi:cli/terminal-stderr"}},
      {"tcp-socket", drop_from<&Host::tcp_sockets>, {"wasi:sockets/types"}},
      {"udp-socket", drop_from<&Host::udp_sockets>, {"wasi:sockets/types"}},
  };
}

Result<void> define_resources(Linker& linker, const std::shared_ptr<Host>& host) {
  for (const Resource& resource : resources()) {
    const HostResourceType type(resource.name, [host, drop = resource.drop](std::uint64_t rep) { drop(*host, rep); });
    for (const char* interface : resource.interfaces) {
      if (auto defined = linker.define_resource(versioned(interface), resource.name, type); !defined) return defined;
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
  auto network = host::Network::make(config.networks, config.refusal);
  if (!network) return std::move(network).error();
  host->network = std::make_shared<host::Network>(std::move(*network));
  for (const Directory& directory : config.directories) {
    auto opened = host::open_granted(directory, config.refusal);
    if (!opened) {
      return Error(ErrorKind::io, "the directory " + directory.host_path +
                                      " cannot be opened: " + std::string(host::to_string(opened.error())));
    }
    opened->can_read = true;
    opened->can_write = directory.access == Access::read_write;
    host->directories.emplace_back(std::make_shared<const host::File>(std::move(*opened)), directory.guest_path);
  }
  return host;
}

Result<void> define(Linker& linker, const std::shared_ptr<Host>& host) {
  for (const Interface* interface : interfaces) {
    const std::string instance = versioned(interface->name);
    for (const Function& function : interface->functions) {
      if (auto defined = define_function(linker, host, instance, function); !defined) return defined;
    }
  }
  return define_resources(linker, host);
}

}  // namespace tenon::wasi::p3
