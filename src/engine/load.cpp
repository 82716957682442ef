#include "engine/load.hpp"

#include <array>
#include <fstream>
#include <memory_resource>
#include <utility>

#include "base/bytes.hpp"
#include "base/concat.hpp"
#include "binary/component/component.hpp"
#include "binary/core/module.hpp"
#include "tenon/tools.hpp"
#include "text/component/text.hpp"

namespace tenon::tools {

namespace {

// The binary of an input in either format; `encoded` holds it when it was made here.
Result<std::string_view> to_binary(std::string_view input, Features features,
                                   std::unique_ptr<const std::string>& encoded) {
  if (is_binary(input)) return input;
  auto parsed = parse(input, {.features = {features.bits()}});
  if (!parsed) return std::move(parsed).error();
  encoded = std::make_unique<const std::string>(std::move(*parsed));
  return *encoded;
}

}  // namespace

// `read` keeps what goes wrong in the stream's state; iterators over its buffer would throw.
Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorKind::io, {}, "cannot read the file ", std::string_view(path));
  std::string bytes;
  std::array<char, 65'536> piece;
  while (file.read(piece.data(), piece.size()) || file.gcount() != 0) {
    bytes.append(piece.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad()) return fail(ErrorKind::io, {}, "reading the file ", std::string_view(path), " failed");
  return bytes;
}

bool is_component(std::string_view input) {
  return is_binary(input) ? component::is_component(as_bytes(input)) : component::is_component_text(input);
}

Result<LoadedModule> load_module(std::string_view input, Features features) {
  std::unique_ptr<const std::string> encoded;
  auto binary = to_binary(input, features, encoded);
  if (!binary) return std::move(binary).error();
  auto module = core::read_module(as_bytes(*binary), *std::pmr::new_delete_resource(), {.features = features});
  if (!module) return std::move(module).error();
  return LoadedModule{std::move(encoded), *binary, std::move(*module)};
}

Result<LoadedComponent> load_component(std::string_view input, Features features) {
  std::unique_ptr<const std::string> encoded;
  auto binary = to_binary(input, features, encoded);
  if (!binary) return std::move(binary).error();
  auto component =
      component::read_component(as_bytes(*binary), *std::pmr::new_delete_resource(), {.features = features});
  if (!component) return std::move(component).error();
  return LoadedComponent{std::move(encoded), *binary, std::move(*component)};
}

Error in_text(Error error, std::string_view input, Features features) {
  if (is_binary(input)) return error;
  auto again = validate(input, {.features = {features.bits()}});
  return again ? std::move(error) : std::move(again).error();
}

ErrorPlace place_in_whole(ErrorPlace start, ErrorPlace inside) noexcept {
  return {.offset = start.offset + inside.offset,
          .line = start.line + inside.line - 1,
          .column = inside.line == 1 ? start.column + inside.column - 1 : inside.column};
}

}  // namespace tenon::tools
