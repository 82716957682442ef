#include "compose/inputs.hpp"

#include <set>

#include "binary/core/module.hpp"
#include "validate/core/module.hpp"
#include "wit/names.hpp"

namespace tenon::compose {

namespace {

bool is_metadata(const core::Section& section) {
  return section.id == SectionId::custom && section.name.starts_with(wit::component_type_section);
}

std::string encoding_key(const wit::Resolve& resolve, const wit::WorldItem& item, std::string_view function,
                         bool is_export) {
  std::string key(is_export ? "e" : "i");
  if (item.kind == wit::WorldItemKind::interface) {
    if (item.name.empty()) {
      const wit::Interface& interface = resolve.interfaces[item.interface];
      const wit::PackageName& package = resolve.packages[interface.package].name;
      key.append(package.namespace_).append(1, ':').append(package.name).append(1, '/').append(interface.name);
    } else {
      key += item.name;
    }
  }
  return key.append(1, '#').append(function);
}

}  // namespace

void StringEncodings::add(const wit::DecodedWorld& decoded) {
  const wit::Resolve& resolve = decoded.wit.resolve;
  const wit::World& world = resolve.worlds[decoded.wit.world];
  const auto add_items = [&](const ArenaVector<wit::WorldItem>& items, bool is_export) {
    for (const wit::WorldItem& item : items) {
      if (item.kind == wit::WorldItemKind::function) {
        by_name_.emplace(encoding_key(resolve, item, item.function.name, is_export), decoded.encoding);
      } else if (item.kind == wit::WorldItemKind::interface) {
        for (const wit::Function& function : resolve.interfaces[item.interface].functions) {
          by_name_.emplace(encoding_key(resolve, item, function.name, is_export), decoded.encoding);
        }
      }
    }
  };
  add_items(world.imports, false);
  add_items(world.exports, true);
}

component::StringEncoding StringEncodings::find(const wit::Resolve& resolve, const wit::WorldItem& item,
                                                std::string_view function, bool is_export) const {
  const auto found = by_name_.find(encoding_key(resolve, item, function, is_export));
  return found == by_name_.end() ? component::StringEncoding::utf8 : found->second;
}

Result<void> read_input(Bytes bytes, Features features, CoreInput& out) {
  std::pmr::memory_resource& memory = out.arena.upstream();
  auto module = core::read_module(bytes, memory, {.features = features});
  if (!module) return std::move(module).error();
  core::TypeRegistry registry(memory);
  Arena facts(memory);
  if (auto valid = core::validate_module(*module, registry, facts, {.features = features}); !valid) {
    return std::move(valid).error();
  }
  out.module = *std::move(module);
  for (std::size_t i = 0; i < out.module.sections.size();) {
    const core::Section& section = out.module.sections[i];
    if (!is_metadata(section)) {
      ++i;
      continue;
    }
    auto world = wit::decode_world_metadata(section.payload, section.offset, features, memory);
    if (!world) {
      return std::move(world).error().with_context("custom section \"" + std::string(section.name) + "\"");
    }
    out.encodings.add(*world);
    out.worlds.push_back(*std::move(world));
    out.module.remove_section(i);
  }
  return {};
}

void write_input(CoreInput& input) {
  // Inside a component the imports of a module have names of their own.
  std::set<std::pair<std::string_view, std::string_view>> names;
  for (core::Import& import : input.module.imports) {
    const std::string_view name = import.name;
    for (int i = 2; !names.insert({import.module, import.name}).second; ++i) {
      const std::string unlike = std::string(name) + " [" + std::to_string(i) + "]";
      import.name = input.arena.copy(std::string_view(unlike));
      input.module.mark_changed(SectionId::import);
    }
  }
  ByteWriter writer(input.arena);
  core::write_module(input.module, writer);
  input.bytes = writer.view();
}

}  // namespace tenon::compose
