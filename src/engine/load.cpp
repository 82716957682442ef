#include "engine/load.hpp"

#include <memory_resource>
#include <utility>

#include "base/bytes.hpp"
#include "binary/core/module.hpp"
#include "tenon/tools.hpp"

namespace tenon::tools {

Result<LoadedModule> load_module(std::string_view input, Features features) {
  std::unique_ptr<const std::string> encoded;
  if (!is_binary(input)) {
    auto parsed = parse(input, {.features = {features.bits()}});
    if (!parsed) return std::move(parsed).error();
    encoded = std::make_unique<const std::string>(std::move(*parsed));
    input = *encoded;
  }
  auto module = core::read_module(as_bytes(input), *std::pmr::new_delete_resource(), {.features = features});
  if (!module) return std::move(module).error();
  return LoadedModule{std::move(encoded), input, std::move(*module)};
}

}  // namespace tenon::tools
