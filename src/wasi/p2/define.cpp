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
