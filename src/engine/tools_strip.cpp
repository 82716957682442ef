// Removing custom sections, of a component in all that is inside of it too.
#include <algorithm>
#include <memory_resource>

#include "base/bytes.hpp"
#include "binary/component/component.hpp"
#include "binary/core/module.hpp"
#include "engine/load.hpp"
#include "tenon/tools.hpp"

namespace tenon::tools {

namespace {

bool is_removed(std::string_view section, const StripOptions& options) {
  if (!options.sections.empty()) return std::ranges::find(options.sections, section) != options.sections.end();
  return options.all || (section != "name" && section != component::name_section_name);
}

void strip_module(core::Module& module, const StripOptions& options) {
  const auto kept = std::remove_if(module.sections.begin(), module.sections.end(), [&](const core::Section& section) {
    return section.id == SectionId::custom && is_removed(section.name, options);
  });
  while (module.sections.end() != kept) module.sections.pop_back();
}

class ComponentStripper {
 public:
  ComponentStripper(Arena& arena, const StripOptions& options) : arena_(arena), options_(options) {}

  // A copy without them; what it shares with `body` stays as it is.
  Result<component::ComponentBody> strip(const component::ComponentBody& body) {
    component::ComponentBody stripped = body;
    const std::span<component::Definition> definitions =
        arena_.copy(std::span<const component::Definition>(body.definitions.span()));
    stripped.definitions = definitions;
    stripped.sections = {};
    std::size_t first = 0;
    for (component::Section section : body.sections) {
      if (section.id == component::SectionId::custom && is_removed(section.name, options_)) continue;
      for (component::Definition& held : definitions.subspan(first, section.definitions)) {
        if (auto done = strip_inside(held, section.changed); !done) return std::move(done).error();
      }
      first += section.definitions;
      stripped.sections.push_back(arena_, section);
    }
    return stripped;
  }

 private:
  Result<void> strip_inside(component::Definition& definition, bool& is_changed) {
    if (definition.kind == component::DefinitionKind::component) {
      auto inside = strip(*definition.component);
      if (!inside) return std::move(inside).error();
      definition.component = arena_.make<component::ComponentBody>(*inside);
      is_changed = true;
    } else if (definition.kind == component::DefinitionKind::core_module) {
      const component::CoreModule& read = *definition.core_module;
      auto module =
          core::read_module(read.bytes, arena_.upstream(),
                            {.features = Features::from_bits(options_.features.bits), .base_offset = read.offset});
      if (!module) return std::move(module).error();
      strip_module(*module, options_);
      ByteWriter out(arena_);
      core::write_module(*module, out);
      definition.core_module = arena_.make<component::CoreModule>(out.view(), read.offset);
      is_changed = true;
    }
    return {};
  }

  Arena& arena_;
  const StripOptions& options_;
};

Result<std::string> strip_component(std::string_view input, const StripOptions& options) {
  auto loaded = load_component(input, Features::from_bits(options.features.bits));
  if (!loaded) return std::move(loaded).error();
  Arena arena(*std::pmr::new_delete_resource());
  auto stripped = ComponentStripper(arena, options).strip(loaded->component.body);
  if (!stripped) return std::move(stripped).error();
  ByteWriter out(arena);
  component::write_component(*stripped, out);
  return std::string(as_chars(out.view()));
}

}  // namespace

Result<std::string> strip(std::string_view input, const StripOptions& options) {
  if (is_component(input)) return strip_component(input, options);
  auto loaded = load_module(input, Features::from_bits(options.features.bits));
  if (!loaded) return std::move(loaded).error();
  strip_module(loaded->module, options);
  Arena arena(*std::pmr::new_delete_resource());
  ByteWriter out(arena);
  core::write_module(loaded->module, out);
  return std::string(as_chars(out.view()));
}

}  // namespace tenon::tools
