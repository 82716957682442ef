#include "wasi/component/grants.hpp"

#include "wasi/host/describe.hpp"

namespace tenon::wasi::inline bindings {

Result<std::shared_ptr<const Grants>> Grants::make(const Config& config) {
  auto grants = std::make_shared<Grants>();
  grants->arguments = config.arguments;
  grants->environment = config.environment;
  grants->input = host::make_input(config.input);
  grants->output = host::make_output(config.output, 1);
  grants->errors = host::make_output(config.errors, 2);
  grants->settings = config.settings;
  grants->key_values = config.key_values;
  auto network = host::Network::make(config.networks, config.refusal);
  if (!network) return std::move(network).error();
  grants->network = std::make_shared<host::Network>(std::move(*network));
  for (const Directory& directory : config.directories) {
    auto opened = host::open_granted(directory, config.refusal);
    if (!opened) {
      return Error(ErrorKind::io,
                   "the directory " + directory.host_path + " cannot be opened: " + host::describe(opened.error()));
    }
    opened->can_read = true;
    opened->can_write = directory.access == Access::read_write;
    grants->directories.emplace_back(std::make_shared<const host::File>(std::move(*opened)), directory.guest_path);
  }
  return grants;
}

}  // namespace tenon::wasi::inline bindings
