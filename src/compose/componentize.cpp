#include "compose/componentize.hpp"

#include <algorithm>

#include "binary/component/component.hpp"
#include "binary/core/custom.hpp"
#include "compose/adapter.hpp"
#include "compose/check.hpp"
#include "compose/encoder.hpp"

namespace tenon::compose {

namespace {

void add_producers(wit::ComponentBuilder& builder, const wit::Producer& producer) {
  const core::Producer made_by[] = {{producer.name, producer.version}};
  const core::ProducerField fields[] = {{"processed-by", made_by}};
  ByteWriter payload(builder.arena());
  core::write_producers(payload, fields);
  builder.custom_section(core::producers_section_name, payload.view());
}

Error in_adapter(Error error, std::string_view name) {
  std::string context = "adapter \"" + std::string(name) + "\"";
  if (!error.context().empty()) context.append(", ").append(error.context());
  return std::move(error).with_context(context);
}

// Cuts the adapter down to what the main module imports of it and what the world has it export. False when that is
// nothing at all.
Result<bool> trim(CoreInput& input, const UseContext& context, const ModuleUses& main,
                  const ComponentizeOptions& options) {
  std::vector<std::string_view> exports;
  const auto add = [&](std::string_view name) {
    if (!name.empty() && std::ranges::find(exports, name) == exports.end()) exports.push_back(name);
  };
  for (const ImportUse& use : main.imports) {
    if (use.kind == ImportKind::adapter_export && use.adapter + 1 == context.module) add(use.name);
  }
  for (const ExportUse& use : input.uses.exports) add(use.export_->name);
  if (exports.empty()) return false;
  for (const std::string_view realloc : {input.uses.realloc, input.uses.import_realloc, input.uses.export_realloc}) {
    add(realloc);
  }
  TrimOptions trimming{.features = options.features};
  if (!options.realloc_via_memory_grow) trimming.main_realloc = main.realloc_for_adapters();
  auto trimmed = trim_adapter(input.module, exports, trimming, input.arena.upstream());
  if (!trimmed) return std::move(trimmed).error();
  input.arena.adopt(std::move(input.module.arena));  // the trimmed module borrows from it
  input.module = *std::move(trimmed);
  auto uses = find_uses(input.module, context);
  if (!uses) return std::move(uses).error();
  input.uses = *std::move(uses);
  return true;
}

}  // namespace

Result<void> componentize(Bytes bytes, std::span<const AdapterModule> adapters, const ComponentizeOptions& options,
                          ByteWriter& out) {
  std::pmr::memory_resource& memory = out.arena().upstream();
  // The modules, and the worlds that they were made for.
  std::deque<CoreInput> inputs;
  inputs.emplace_back(memory);
  if (auto read = read_input(bytes, options.features, inputs.front()); !read) return read;
  for (const AdapterModule& adapter : adapters) {
    CoreInput& input = inputs.emplace_back(memory);
    input.name = adapter.name;
    if (auto read = read_input(adapter.bytes, options.features, input); !read) {
      return in_adapter(std::move(read).error(), adapter.name);
    }
  }
  // One world of all.
  std::vector<WorldPart> parts;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    for (const wit::DecodedWorld& world : inputs[i].worlds) parts.push_back({&world.wit.resolve, world.wit.world, i});
  }
  auto world = join_worlds(parts, memory, {.merges_versions = options.merges_versions});
  if (!world) return std::move(world).error();
  const FlatTypes flat(world->resolve);
  // What each module's imports and exports are in it. Adapters are cut down to what is used of them.
  std::vector<std::string_view> names;
  for (const AdapterModule& adapter : adapters) names.push_back(adapter.name);
  std::vector<CoreInput*> modules;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    CoreInput& input = inputs[i];
    const UseContext context{*world, flat, names, i, i == 0};
    auto uses = find_uses(input.module, context);
    if (!uses) return i == 0 ? std::move(uses).error() : in_adapter(std::move(uses).error(), input.name);
    input.uses = *std::move(uses);
    if (i > 0) {
      auto is_used = trim(input, context, inputs.front().uses, options);
      if (!is_used) return in_adapter(std::move(is_used).error(), input.name);
      input.is_used = *is_used;
      if (!input.is_used) input.uses = {};
    }
    write_input(input);
    modules.push_back(&input);
  }
  // The component.
  component::Component component(memory);
  ComponentEncoder encoder(*world, flat, modules, component.arena);
  if (auto encoded = encoder.run(); !encoded) return encoded;
  add_producers(encoder.builder(), options.producer);
  component.body = encoder.builder().body();
  // A world may say what no component can do (a borrow in a result). The modules' bodies were looked at before.
  if (auto valid = check_component(component, options.features, false); !valid) {
    return fail(valid.error().kind(), {}, "the component would not be valid: ", valid.error().message());
  }
  component::write_component(component.body, out);
  return {};
}

}  // namespace tenon::compose
