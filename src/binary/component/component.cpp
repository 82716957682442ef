// Components: the header, their sections, and components inside.
//
// Sections come in any order and number, so that reading is one loop; what a section defines is appended to the list of
// its component. A component inside is read at once, by the same loop over its section's payload, since its types and
// aliases refer outwards; each byte is read once, whatever its depth. A core module inside is passed over.
//
// The cursor's faults are named as the core suite names them. The component suite has one name for everything that
// ends too early, `unexpected end-of-file`; faults are renamed once, on their way out.
#include "binary/component/component.hpp"

#include <algorithm>
#include <array>

#include "binary/component/sections.hpp"
#include "binary/core/fault_texts.hpp"
#include "binary/core/module.hpp"
#include "spec/needs_feature.hpp"

namespace tenon::component {

SectionId section_of(DefinitionKind kind) noexcept {
  switch (kind) {
    case DefinitionKind::core_module: return SectionId::core_module;
    case DefinitionKind::core_instance: return SectionId::core_instance;
    case DefinitionKind::core_type: return SectionId::core_type;
    case DefinitionKind::component: return SectionId::component;
    case DefinitionKind::instance: return SectionId::instance;
    case DefinitionKind::alias: return SectionId::alias;
    case DefinitionKind::type: return SectionId::type;
    case DefinitionKind::canon: return SectionId::canon;
    case DefinitionKind::start: return SectionId::start;
    case DefinitionKind::import: return SectionId::import;
    case DefinitionKind::export_: return SectionId::export_;
    case DefinitionKind::value: return SectionId::value;
    case DefinitionKind::core_import:
    case DefinitionKind::core_export: break;
  }
  assert(false && "core imports and exports stand in module types only");
  return SectionId::custom;
}

namespace {

constexpr std::size_t header_size = 8;
constexpr std::array<std::uint8_t, 4> magic = {0x00, 0x61, 0x73, 0x6D};
constexpr std::uint32_t module_version = 1;
constexpr std::uint32_t component_version = 0x1'000D;  // version 13, layer 1
constexpr std::uint16_t component_layer = 1;
constexpr std::size_t layer_offset = 6;

constexpr std::string_view section_titles[] = {
#define TENON_COMPONENT_SECTION(name, id, title, feature) title,
#include "spec/component_sections.def"
#undef TENON_COMPONENT_SECTION
};
constexpr Feature section_features[] = {
#define TENON_COMPONENT_SECTION(name, id, title, feature) Feature::feature,
#include "spec/component_sections.def"
#undef TENON_COMPONENT_SECTION
};
std::string_view title_of(SectionId id) { return section_titles[static_cast<std::size_t>(id)]; }

// A header, of a module or a component as `version` says.
void read_header(Cursor& in, std::uint32_t version, std::string_view what) {
  const std::uint64_t start = in.offset();
  const Bytes found = in.bytes(magic.size());
  if (!in.ok()) return;
  if (!std::ranges::equal(found, magic)) return in.fault(ErrorKind::malformed, start, "magic header not detected");
  const std::uint64_t version_offset = in.offset();
  const auto found_version = in.fixed<std::uint32_t>();
  if (!in.ok() || found_version == version) return;
  if (found_version == module_version || found_version == component_version) {
    in.fault(ErrorKind::malformed, version_offset, "expected a version header for a ", what, ", found that of a ",
             found_version == module_version ? "module" : "component");
  } else {
    in.fault(ErrorKind::malformed, version_offset, "unknown binary version: ", Hex{found_version});
  }
}

SectionId read_section_id(Cursor& in, const Reader& reader) {
  const std::uint64_t start = in.offset();
  const std::uint8_t byte = in.u8();
  if (byte >= std::size(section_titles)) {
    in.fault(ErrorKind::malformed, start, "malformed section id: ", byte, " is none");
    return SectionId::custom;
  }
  TextBuffer what;
  what.append("the ");
  what.append(section_titles[byte]);
  what.append(" section");
  require(in, reader, start, what.view(), section_features[byte]);
  return static_cast<SectionId>(byte);
}

void read_payload(Cursor& in, Reader& reader) {
  switch (reader.section->id) {
#define TENON_COMPONENT_SECTION(name, id, title, feature) \
  case SectionId::name: return read_payload<SectionId::name>(in, reader);
#include "spec/component_sections.def"
#undef TENON_COMPONENT_SECTION
  }
}

void write_payload(ByteWriter& out, SectionId id, std::span<const Definition> definitions) {
  switch (id) {
#define TENON_COMPONENT_SECTION(name, id, title, feature) \
  case SectionId::name: return write_payload<SectionId::name>(out, definitions);
#include "spec/component_sections.def"
#undef TENON_COMPONENT_SECTION
  }
}

void read_section(Cursor& in, Reader& reader, ComponentBody& body) {
  const std::uint8_t* begin = in.position();
  Section section;
  section.id = read_section_id(in, reader);
  const std::uint32_t size = in.length("a section");
  section.offset = in.offset();
  section.payload = in.bytes(size);
  section.raw = Bytes(begin, in.position());
  if (!in.ok()) return;

  reader.body = &body;
  reader.section = &section;
  Cursor payload(section.payload, section.offset);
  read_payload(payload, reader);
  if (!payload.ok()) return in.fault(payload.take_error());
  if (!payload.at_end()) {
    in.fault(ErrorKind::malformed, payload.offset(), "section size mismatch: ", payload.remaining(),
             " bytes are left in the ", title_of(section.id), " section");
  }
  body.sections.push_back(reader.arena, section);
}

void read_body(Cursor& in, Reader& reader, ComponentBody& body) {
  body.offset = in.offset();
  body.size = in.remaining();
  read_header(in, component_version, "component");
  while (in.ok() && !in.at_end()) read_section(in, reader, body);
}

Error renamed(Error error) {
  const auto with_text = [&](const auto&... pieces) {
    return fail(error.kind(), error.place(), "unexpected end-of-file: ", pieces...);
  };
  const std::string_view message = error.message();
  if (message.starts_with(unexpected_end_text)) return with_text("more bytes are expected here");
  if (message.starts_with(out_of_bounds_text)) return with_text(message.substr(out_of_bounds_text.size()));
  return error;
}

Result<void> check_core_modules(const ComponentBody& body, std::pmr::memory_resource& memory, Features features) {
  for (const Definition& definition : body.definitions) {
    if (definition.kind == DefinitionKind::component) {
      if (Result<void> result = check_core_modules(*definition.component, memory, features); !result) return result;
    }
    if (definition.kind != DefinitionKind::core_module) continue;
    const CoreModule& bytes = *definition.core_module;
    Result<core::Module> module =
        core::read_module(bytes.bytes, memory, {.features = features, .base_offset = bytes.offset});
    if (!module) return module.error();
    if (Result<void> result = core::check_bodies(*module, features); !result) return result;
  }
  return {};
}

}  // namespace

Nesting::Nesting(Cursor& in, Reader& reader) : reader_(reader) {
  if (++reader.nesting <= limits::max_component_nesting) return;
  in.fault(ErrorKind::exhausted, in.offset(), "nesting too deep: the limit is ", limits::max_component_nesting,
           " components and types of components in one another");
}

void require(Cursor& in, const Reader& reader, std::uint64_t offset, std::string_view what, Feature feature) {
  if (reader.features.has(feature)) return;
  in.fault(ErrorKind::malformed, offset, NeedsFeature{what, feature});
}

bool read_presence(Cursor& in, std::string_view what) {
  const std::uint64_t start = in.offset();
  const std::uint8_t byte = in.u8();
  if (byte > 1) fault_leading_byte(in, start, byte, what);
  return byte == 1;
}

bool read_flag(Cursor& in) {
  const std::uint64_t start = in.offset();
  const std::uint8_t byte = in.u8();
  if (byte > 1) in.fault(ErrorKind::malformed, start, "invalid boolean value: expected 0 or 1, found ", Hex{byte});
  return byte == 1;
}

std::uint32_t read_count(Cursor& in, Reader& reader, std::uint32_t limit, std::string_view what,
                         std::size_t least_bytes) {
  const std::uint64_t start = in.offset();
  const std::uint32_t count = in.count(limit, what, least_bytes);
  if (count > reader.items) {
    in.fault(ErrorKind::exhausted, start, "component too large: the limit is ", limits::max_component_items,
             " definitions and entries of lists");
    return 0;
  }
  reader.items -= count;
  return count;
}

template <>
void read_payload<SectionId::custom>(Cursor& in, Reader& reader) {
  reader.section->name = in.name();
  reader.section->offset = in.offset();
  reader.section->payload = in.bytes(in.remaining());
}

template <>
void read_payload<SectionId::core_module>(Cursor& in, Reader& reader) {
  const Definition definition =
      read_definition(in, reader, DefinitionKind::core_module, &Definition::core_module, [](Cursor& at, Reader& all) {
        CoreModule module{.bytes = all.section->payload, .offset = at.offset()};
        read_header(at, module_version, "module");
        at.bytes(at.remaining());
        return module;
      });
  if (in.ok()) add(reader, definition);
}

template <>
void read_payload<SectionId::component>(Cursor& in, Reader& reader) {
  const Nesting nesting(in, reader);
  ComponentBody* const outer = reader.body;
  Section* const section = reader.section;
  const Definition definition =
      read_definition(in, reader, DefinitionKind::component, &Definition::component, [](Cursor& at, Reader& all) {
        ComponentBody body;
        read_body(at, all, body);
        return body;
      });
  reader.body = outer;
  reader.section = section;
  if (in.ok()) add(reader, definition);
}

bool is_component(Bytes bytes) noexcept {
  return bytes.size() >= header_size && std::ranges::equal(bytes.first(magic.size()), magic) &&
         load_le<std::uint16_t>(bytes.data() + layer_offset) == component_layer;
}

Result<Component> read_component(Bytes bytes, std::pmr::memory_resource& memory, const ReadOptions& options) {
  Component component(memory);
  Reader reader{.arena = component.arena, .features = options.features};
  Cursor in(bytes, options.base_offset);
  const Nesting nesting(in, reader);
  if (!options.features.has(Feature::component_model)) {
    in.fault(ErrorKind::malformed, options.base_offset, NeedsFeature{"a component", Feature::component_model});
  }
  if (bytes.size() > limits::max_component_size) {
    in.fault(ErrorKind::exhausted, options.base_offset, "component too large: ", bytes.size(),
             " bytes, and the limit is ", limits::max_component_size);
  }
  read_body(in, reader, component.body);
  if (!in.ok()) return renamed(in.take_error());
  return component;
}

Result<void> check_core_modules(const Component& component, Features features) {
  return check_core_modules(component.body, component.arena.upstream(), features);
}

namespace {

// Definitions that go into one section: all of one kind, but one alone where a section holds only one.
std::size_t run_length(std::span<const Definition> definitions) {
  const DefinitionKind kind = definitions.front().kind;
  if (kind == DefinitionKind::core_module || kind == DefinitionKind::component || kind == DefinitionKind::start) {
    return 1;
  }
  const auto end = std::ranges::find_if(definitions, [&](const Definition& one) { return one.kind != kind; });
  return static_cast<std::size_t>(end - definitions.begin());
}

// Whether anything in it, at any depth, is not as it was read.
bool is_changed(const ComponentBody& body) {
  const auto is_changed_section = [](const Section& section) { return section.changed || section.raw.empty(); };
  if (body.sections.empty() && !body.definitions.empty()) return true;
  if (std::ranges::any_of(body.sections, is_changed_section)) return true;
  return std::ranges::any_of(body.definitions, [](const Definition& one) {
    return one.kind == DefinitionKind::component && is_changed(*one.component);
  });
}

// Writes one section at a time; each payload is collected first, since its size stands before it.
class Writer {
 public:
  explicit Writer(ByteWriter& out) : out_(out), scratch_(out.arena().upstream()), payload_(scratch_) {}

  void write_custom(const Section& section) {
    payload_.name(section.name);
    payload_.bytes(section.payload);
    finish(SectionId::custom);
  }
  // In as many sections as it takes.
  void write(std::span<const Definition> definitions) {
    while (!definitions.empty()) {
      const SectionId id = section_of(definitions.front().kind);
      const std::size_t count = run_length(definitions);
      write_payload(payload_, id, definitions.first(count));
      finish(id);
      definitions = definitions.subspan(count);
    }
  }

 private:
  void finish(SectionId id) {
    out_.u8(static_cast<std::uint8_t>(id));
    out_.sized(payload_.view());
    payload_.clear();
  }
  ByteWriter& out_;
  Arena scratch_;
  ByteWriter payload_;
};

bool stands_as_read(const Section& section, std::span<const Definition> definitions) {
  if (section.changed || section.raw.empty()) return false;
  return std::ranges::none_of(definitions, [](const Definition& one) {
    return one.kind == DefinitionKind::component && is_changed(*one.component);
  });
}

}  // namespace

void write_component(const ComponentBody& component, ByteWriter& out) {
  out.bytes(magic);
  out.fixed(component_version);
  Writer writer(out);
  std::span<const Definition> rest = component.definitions;
  for (const Section& section : component.sections) {
    assert(section.definitions <= rest.size());
    const std::span<const Definition> held = rest.first(section.definitions);
    rest = rest.subspan(section.definitions);
    if (stands_as_read(section, held)) {
      out.bytes(section.raw);
    } else if (section.id == SectionId::custom) {
      writer.write_custom(section);
    } else {
      writer.write(held);
    }
  }
  writer.write(rest);
}

template <>
void write_payload<SectionId::custom>(ByteWriter&, std::span<const Definition>) {}  // holds no definitions

template <>
void write_payload<SectionId::core_module>(ByteWriter& out, std::span<const Definition> definitions) {
  for (const Definition& definition : definitions) out.bytes(definition.core_module->bytes);
}

template <>
void write_payload<SectionId::component>(ByteWriter& out, std::span<const Definition> definitions) {
  for (const Definition& definition : definitions) write_component(*definition.component, out);
}

}  // namespace tenon::component
