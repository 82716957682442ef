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
    &http_fields,
    &http_messages,
    &http_client,
};

std::string versioned(std::string_view name) { return std::string(name) + std::string(version); }

Result<void> define_function(Linker& linker, const std::shared_ptr<HostOf>& of, const std::string& instance,
                             const Function& function) {
  if (function.run != nullptr) {
    return linker.define_dynamic(instance, function.name,
                                 [of, run = function.run](const Caller& caller, Values values) {
                                   return run({of->host, caller.store()}, values);
                                 });
  }
  return linker.define_async_dynamic(
      instance, function.name,
      [of, start = function.start](const Caller& caller, Values values, ComponentCompletion done) {
        return start({of->host, caller.store()}, values, std::move(done));
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
      {"fields", drop_from<&Host::fields>, {"wasi:http/types"}},
      {"request-options", drop_from<&Host::request_options>, {"wasi:http/types"}},
      {"request", drop_from<&Host::requests>, {"wasi:http/types", "wasi:http/client", "wasi:http/handler"}},
      {"response", drop_from<&Host::responses>, {"wasi:http/types", "wasi:http/client", "wasi:http/handler"}},
  };
}

// Some resources have further names in their interface.
std::vector<std::string_view> names_of(std::string_view resource) {
  if (resource == "fields") return {resource, "headers", "trailers"};
  return {resource};
}

Result<void> define_resources(Linker& linker, const std::shared_ptr<HostOf>& of) {
  for (const Resource& resource : resources()) {
    const HostResourceType type(resource.name, [of, drop = resource.drop](std::uint64_t rep) { drop(*of->host, rep); });
    for (const char* interface : resource.interfaces) {
      for (const std::string_view name : names_of(resource.name)) {
        if (auto defined = linker.define_resource(versioned(interface), name, type); !defined) return defined;
      }
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

std::shared_ptr<Host> Host::with_grants_of(const Host& other) {
  auto host = std::make_shared<Host>();
  host->arguments = other.arguments;
  host->environment = other.environment;
  host->input = other.input;
  host->output = other.output;
  host->errors = other.errors;
  host->directories = other.directories;
  host->network = other.network;
  return host;
}

Result<host::Reactor*> Host::get_reactor() {
  if (events->reactor != nullptr) return events->reactor;
  auto made = host::make_reactor();
  if (!made) return std::move(made).error();
  own_reactor = std::move(*made);
  events->reactor = own_reactor.get();
  return events->reactor;
}

Result<void> define(Linker& linker, const std::shared_ptr<HostOf>& of) {
  for (const Interface* interface : interfaces) {
    const std::string instance = versioned(interface->name);
    for (const Function& function : interface->functions) {
      if (auto defined = define_function(linker, of, instance, function); !defined) return defined;
    }
  }
  return define_resources(linker, of);
}

}  // namespace tenon::wasi::p3
