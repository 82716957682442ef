// Listings of binaries as text and as JSON.
#include <memory_resource>
#include <string>
#include <string_view>

#include "base/concat.hpp"
#include "engine/load.hpp"
#include "engine/tools_adapters.hpp"
#include "tenon/tools.hpp"
#include "text/component/list.hpp"
#include "text/core/list.hpp"

namespace tenon::tools {

namespace {

std::string json_string(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) {
      out += c;
      continue;
    }
    out += "\\u00";
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out + "\"";
}

// {"size": ..., "sections": [{"section": "type", "id": 1, "offset": ..., "size": ..., "count": ...}, ...]}
std::string list_json(const core::Module& module) {
  std::string out = "{\"size\": " + std::to_string(module.size) + ", \"sections\": [";
  std::string_view separator = "\n";
  for (const core::SectionSummary& section : core::summarize_sections(module, *std::pmr::new_delete_resource())) {
    out += std::string(separator) + "  {\"section\": " + json_string(section.title) +
           ", \"id\": " + std::to_string(static_cast<unsigned>(section.id));
    if (section.id == SectionId::custom) out += ", \"name\": " + json_string(section.name);
    out += ", \"offset\": " + std::to_string(section.offset) + ", \"size\": " + std::to_string(section.size);
    if (section.count) out += ", \"count\": " + std::to_string(*section.count);
    out += "}";
    separator = ",\n";
  }
  return out + "\n]}\n";
}

// The same, where a section has those inside of it as "sections", of components and of core modules (core: true).
std::string list_json(const component::Component& component, Features features) {
  std::string out = "{\"size\": " + std::to_string(component.body.size) + ", \"sections\": [";
  std::uint32_t depth = 0;
  std::string_view separator = "\n";
  std::string_view close;
  for (const component::SectionSummary& section : component::summarize_sections(component, features)) {
    if (section.depth > depth) {
      out += ", \"sections\": [";
      separator = "\n";
    } else {
      out += close;
      for (; depth > section.depth; --depth) out += "]}";
    }
    depth = section.depth;
    out += std::string(separator) + "  {\"section\": " + json_string(section.title) +
           ", \"id\": " + std::to_string(section.id);
    if (section.is_core) out += ", \"core\": true";
    if (section.title == "custom") out += ", \"name\": " + json_string(section.name);
    out += ", \"offset\": " + std::to_string(section.offset) + ", \"size\": " + std::to_string(section.size);
    if (section.count) out += ", \"count\": " + std::to_string(*section.count);
    separator = ",\n";
    close = "}";
  }
  out += close;
  for (; depth > 0; --depth) out += "]}";
  return out + "\n]}\n";
}

Result<std::string> list_component(std::string_view input, const ListingOptions& options) {
  const Features features = Features::from_bits(options.features.bits);
  auto loaded = load_component(input, features);
  if (!loaded) return std::move(loaded).error();
  std::string text;
  switch (options.form) {
    case ListingForm::sections: component::list_sections(loaded->component, features, text); break;
    case ListingForm::json: text = list_json(loaded->component, features); break;
    case ListingForm::adapters: return list_adapters(loaded->component, features);
    case ListingForm::disassembly:
      if (auto listed = component::list_disassembly(loaded->component, features, text); !listed) {
        return std::move(listed).error();
      }
  }
  return text;
}

}  // namespace

Result<std::string> list(std::string_view input, const ListingOptions& options) {
  if (is_component(input)) return list_component(input, options);
  auto loaded = load_module(input, Features::from_bits(options.features.bits));
  if (!loaded) return std::move(loaded).error();
  std::string text;
  switch (options.form) {
    case ListingForm::sections: core::list_sections(loaded->module, text); break;
    case ListingForm::disassembly: core::list_disassembly(loaded->module, text); break;
    case ListingForm::json: text = list_json(loaded->module); break;
    case ListingForm::adapters:
      return fail(ErrorKind::usage, {}, "adapters join the guests of a component, and this is a module");
  }
  return text;
}

}  // namespace tenon::tools
