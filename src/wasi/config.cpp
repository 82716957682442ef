#include <algorithm>
#include <iterator>
#include <unistd.h>

#include "tenon/wasi.hpp"
#include "wasi/p1/process.hpp"
#include "wasi/p2/host.hpp"
#include "wasi/p3/host.hpp"

namespace tenon::wasi {

namespace {

using SharedGrants = std::shared_ptr<const bindings::Grants>;

Result<void> add_preview2(Linker& linker, SharedGrants grants, const Wanted& wanted = {}) {
  return p2::define(linker, std::make_shared<p2::HostOf>(std::make_shared<p2::Host>(std::move(grants))), wanted);
}
Result<void> add_preview3(Linker& linker, SharedGrants grants, const Wanted& wanted = {}) {
  return p3::define(linker, std::make_shared<p3::HostOf>(std::make_shared<p3::Host>(std::move(grants))), wanted);
}

}  // namespace

Config& Config::inherit_env() {
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos)
      env(std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)));
  }
  return *this;
}

Result<void> add_to(Linker& linker, const Config& config) {
  if (auto added = add_preview1_to(linker, config); !added) return added;
  auto grants = bindings::Grants::make(config);
  if (!grants) return std::move(grants).error();
  if (auto added = add_preview2(linker, *grants); !added) return added;
  return add_preview3(linker, *std::move(grants));
}

Result<void> add_to(Linker& linker, const Config& config, const Component& component) {
  auto grants = bindings::Grants::make(config);
  if (!grants) return std::move(grants).error();
  const Wanted wanted(component);
  if (auto added = add_preview2(linker, *grants, wanted); !added) return added;
  return add_preview3(linker, *std::move(grants), wanted);
}

std::vector<std::string> interfaces() {
  std::vector<std::string> names = p2::interface_names();
  std::ranges::move(p3::interface_names(), std::back_inserter(names));
  return names;
}

std::vector<std::string> preview1_functions() { return p1::function_names(); }

Result<void> add_preview1_to(Linker& linker, const Config& config) {
  auto process = p1::Process::make(config);
  if (!process) return std::move(process).error();
  return p1::define(linker, *process);
}

Result<void> add_preview2_to(Linker& linker, const Config& config) {
  auto grants = bindings::Grants::make(config);
  if (!grants) return std::move(grants).error();
  return add_preview2(linker, *std::move(grants));
}

Result<void> add_preview3_to(Linker& linker, const Config& config) {
  auto grants = bindings::Grants::make(config);
  if (!grants) return std::move(grants).error();
  return add_preview3(linker, *std::move(grants));
}

}  // namespace tenon::wasi
