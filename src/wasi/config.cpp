#include <unistd.h>

#include "tenon/wasi.hpp"
#include "wasi/p1/process.hpp"

namespace tenon::wasi {

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
  auto process = p1::Process::make(config);
  if (!process) return std::move(process).error();
  return p1::define(linker, *process);
}

}  // namespace tenon::wasi
