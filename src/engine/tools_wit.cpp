// The functions of tenon/wit.hpp.
#include <algorithm>
#include <deque>
#include <memory_resource>
#include <optional>

#include "base/bytes.hpp"
#include "base/concat.hpp"
#include "binary/component/component.hpp"
#include "binary/core/module.hpp"
#include "compose/check.hpp"
#include "compose/componentize.hpp"
#include "compose/conform.hpp"
#include "compose/unbundle.hpp"
#include "engine/load.hpp"
#include "tenon/wit.hpp"
#include "text/component/text.hpp"
#include "wit/decode.hpp"
#include "wit/encode.hpp"
#include "wit/names.hpp"
#include "wit/print.hpp"
#include "wit/resolve.hpp"
#include "wit/select.hpp"
#include "wit/turn.hpp"

namespace tenon::tools {

namespace {

std::pmr::memory_resource& memory() { return *std::pmr::new_delete_resource(); }

wit::Producer producer() { return {"tenon", version()}; }

wit::ResolveOptions resolve_options(const WitOptions& options, std::span<const std::string_view> unstable) {
  wit::ResolveOptions result;
  result.features = Features::from_bits(options.features.bits);
  result.unstable = unstable;
  result.all_unstable = options.all_unstable;
  if (!options.target_version.empty()) result.target_version = options.target_version;
  return result;
}

// A binary as it was given, or what a text was parsed to: a large component is not copied in order to be read.
class Binary {
 public:
  static Result<Binary> of(std::string_view input, FeatureSet features) {
    Binary result;
    result.given_ = input;
    if (is_binary(input)) return result;
    auto parsed = parse(input, {.features = features});
    if (!parsed) return std::move(parsed).error();
    result.parsed_ = *std::move(parsed);
    return result;
  }
  Bytes bytes() const noexcept { return as_bytes(parsed_ ? std::string_view(*parsed_) : given_); }

 private:
  std::string_view given_;
  std::optional<std::string> parsed_;
};

// The packages of a component: one that was encoded, or the world of the component.
Result<wit::Decoded> decode(std::string_view input, Features features) {
  auto binary = Binary::of(input, {features.bits()});
  if (!binary) return std::move(binary).error();
  auto component = component::read_component(binary->bytes(), memory(), {.features = features});
  if (!component) return std::move(component).error();
  return wit::decode_component(*component, memory());
}

bool is_component_file(const WitFile& file) {
  return component::is_component(as_bytes(file.contents)) || component::is_component_text(file.contents);
}

// An encoded package of `deps/`, and those that are encoded along with it, as texts.
Result<void> add_encoded(const WitFile& file, Features features, std::deque<WitFile>& texts) {
  auto decoded = decode(file.contents, features);
  if (!decoded) return std::move(decoded).error().with_context(file.path);
  for (std::uint32_t i = 0; i < decoded->resolve.packages.size(); ++i) {
    const std::string path = file.path + "." + std::to_string(i) + ".wit";
    texts.push_back({path, wit::print_package(decoded->resolve, wit::PackageIdx(i))});
  }
  return {};
}

Result<wit::Decoded> resolve(const WitInput& input, const WitOptions& options) {
  const std::vector<std::string_view> unstable(options.unstable.begin(), options.unstable.end());
  const wit::ResolveOptions resolving = resolve_options(options, unstable);
  if (!input.is_folder && input.files.size() != 1) {
    return fail(ErrorKind::usage, {}, "expected one WIT file, found ", input.files.size());
  }
  if (!input.is_folder && is_component_file(input.files.front())) {
    return decode(input.files.front().contents, resolving.features);
  }
  std::vector<wit::Source> sources;
  std::deque<WitFile> encoded;
  for (const WitFile& file : input.files) {
    if (!input.is_folder || !is_component_file(file)) {
      sources.push_back({file.path, file.contents});
    } else if (auto added = add_encoded(file, resolving.features, encoded); !added) {
      return std::move(added).error();
    }
  }
  for (const WitFile& file : encoded) sources.push_back({file.path, file.contents, true});
  auto resolved = input.is_folder ? wit::resolve_folder(sources, memory(), resolving)
                                  : wit::resolve_file(sources.front(), memory(), resolving);
  if (!resolved) return std::move(resolved).error();
  return wit::Decoded{*std::move(resolved), {}};
}

// The input with one world turned round, if it is to be.
Result<wit::Decoded> resolve_turned(const WitInput& input, const WitPrintOptions& options) {
  auto decoded = resolve(input, options.wit);
  if (!decoded || options.turn == WitTurn::none) return decoded;
  wit::Resolve& resolve = decoded->resolve;
  auto world = decoded->world.is_none() || !options.world.empty() ? wit::select_world(resolve, options.world)
                                                                  : Result<wit::WorldIdx>(decoded->world);
  if (!world) return std::move(world).error();
  const std::vector<std::string_view> imports(options.turned_imports.begin(), options.turned_imports.end());
  auto turned = options.turn == WitTurn::importize ? wit::importize(resolve, *world, options.turned_world)
                                                   : wit::exportize(resolve, *world, options.turned_world, imports);
  if (!turned) return std::move(turned).error();
  return decoded;
}

// The main package as a component, which WIT has no words to make invalid, but for types that are too large.
Result<std::string> encode(const wit::Resolve& resolve, Features features) {
  Arena arena(memory());
  ByteWriter out(arena);
  wit::encode_package(resolve, resolve.main, producer(), out);
  auto component = component::read_component(out.view(), memory(), {.features = features});
  if (!component) return std::move(component).error();
  const Result<void> valid = compose::check_component(*component, features, false);
  if (valid) return std::string(as_chars(out.view()));
  return fail(ErrorKind::invalid, {}, "package `", wit::to_string(resolve.packages[resolve.main].name),
              "` is not valid as a component: ", valid.error().message());
}

component::StringEncoding to_model(StringEncoding encoding) {
  return static_cast<component::StringEncoding>(encoding);  // both have the standard's order
}

}  // namespace

Result<std::string> print_wit(const WitInput& input, const WitPrintOptions& options) {
  auto decoded = resolve_turned(input, options);
  if (!decoded) return std::move(decoded).error();
  const wit::Resolve* resolved = &decoded->resolve;
  switch (options.form) {
    case WitForm::text: break;
    case WitForm::json: return wit::print_json(*resolved);
    case WitForm::binary: return encode(*resolved, Features::from_bits(options.wit.features.bits));
  }
  return wit::print_all(*resolved, {.docs = options.docs});
}

Result<std::vector<WitFile>> print_wit_files(const WitInput& input, const WitPrintOptions& options) {
  auto decoded = resolve_turned(input, options);
  if (!decoded) return std::move(decoded).error();
  const wit::Resolve* resolved = &decoded->resolve;
  std::vector<WitFile> files;
  for (std::uint32_t i = 0; i < resolved->packages.size(); ++i) {
    const wit::PackageIdx index(i);
    files.push_back({wit::file_name(*resolved, index), wit::print_package(*resolved, index, {.docs = options.docs})});
  }
  return files;
}

Result<std::string> embed_world(std::string_view module, const WitInput& input, const EmbedOptions& options) {
  auto decoded = resolve(input, options.wit);
  if (!decoded) return std::move(decoded).error();
  const wit::Resolve* resolved = &decoded->resolve;
  auto world = wit::select_world(*resolved, options.world);
  if (!world) return std::move(world).error();
  auto binary = parse(module, {.features = options.wit.features});
  if (!binary) return binary;
  const Features features = Features::from_bits(options.wit.features.bits);
  if (auto read = core::read_module(as_bytes(*binary), memory(), {.features = features}); !read) {
    return std::move(read).error();
  }
  Arena arena(memory());
  ByteWriter metadata(arena);
  wit::encode_world_metadata(*resolved, *world, to_model(options.encoding), producer(), metadata);
  ByteWriter payload(arena);
  payload.name(wit::component_type_section);
  payload.bytes(metadata.view());
  ByteWriter section(arena);
  section.u8(0);  // a custom section
  section.sized(payload.view());
  return std::move(binary).value().append(as_chars(section.view()));
}

Result<std::string> componentize(std::string_view module, const ComponentizeOptions& options) {
  auto binary = Binary::of(module, options.features);
  if (!binary) return std::move(binary).error();
  std::deque<Binary> read;
  std::vector<compose::AdapterModule> adapters;
  for (const Adapter& adapter : options.adapters) {
    auto parsed = Binary::of(adapter.module, options.features);
    if (!parsed) return std::move(parsed).error().with_context("adapter \"" + adapter.name + "\"");
    adapters.push_back({adapter.name, read.emplace_back(*std::move(parsed)).bytes()});
  }
  compose::ComponentizeOptions composing;
  composing.features = Features::from_bits(options.features.bits);
  composing.producer = producer();
  composing.merges_versions = options.merges_versions;
  composing.realloc_via_memory_grow = options.realloc_via_memory_grow;
  Arena arena(memory());
  ByteWriter out(arena);
  auto made = compose::componentize(binary->bytes(), adapters, composing, out);
  if (!made) return std::move(made).error();
  return std::string(as_chars(out.view()));
}

Result<void> check_targets(std::string_view component, const WitInput& input, const TargetsOptions& options) {
  auto decoded = resolve(input, options.wit);
  if (!decoded) return std::move(decoded).error();
  auto world = decoded->world.is_none() || !options.world.empty() ? wit::select_world(decoded->resolve, options.world)
                                                                  : Result<wit::WorldIdx>(decoded->world);
  if (!world) return std::move(world).error();
  const Features features = Features::from_bits(options.wit.features.bits);
  auto binary = Binary::of(component, options.wit.features);
  if (!binary) return std::move(binary).error();
  return compose::check_targets(decoded->resolve, *world, binary->bytes(),
                                {.features = features, .matches_versions = options.matches_versions});
}

Result<void> check_semver(const WitInput& input, std::string_view previous, std::string_view next,
                          const WitOptions& options) {
  auto decoded = resolve(input, options);
  if (!decoded) return std::move(decoded).error();
  auto old_world = wit::select_world(decoded->resolve, previous);
  if (!old_world) return std::move(old_world).error();
  auto new_world = wit::select_world(decoded->resolve, next);
  if (!new_world) return std::move(new_world).error();
  return compose::check_semver(decoded->resolve, *old_world, *new_world,
                               {.features = Features::from_bits(options.features.bits)});
}

Result<Unbundled> unbundle(std::string_view input, const UnbundleOptions& options) {
  const Features features = Features::from_bits(options.features.bits);
  auto binary = Binary::of(input, options.features);
  if (!binary) return std::move(binary).error();
  auto component = component::read_component(binary->bytes(), memory(), {.features = features});
  if (!component) return std::move(component).error();
  auto modules = compose::unbundle(*component, options.threshold, features);
  if (!modules) return std::move(modules).error();
  Unbundled out;
  for (const compose::UnbundledModule& module : *modules) {
    out.modules.push_back({std::string(module.name) + ".wasm", std::string(as_chars(module.bytes))});
  }
  Arena arena(memory());
  ByteWriter writer(arena);
  component::write_component(component->body, writer);
  out.component = std::string(as_chars(writer.view()));
  return out;
}

}  // namespace tenon::tools
