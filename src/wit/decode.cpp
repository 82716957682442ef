#include "wit/decode.hpp"

#include <algorithm>

#include "binary/component/component.hpp"
#include "binary/core/cursor.hpp"
#include "model/component/extern_names.hpp"
#include "wit/component_scope.hpp"
#include "wit/decoder.hpp"
#include "wit/encode.hpp"
#include "wit/select.hpp"

namespace tenon::wit {

namespace {

const component::Section* find_custom(const component::ComponentBody& body, std::string_view name) {
  const auto found = std::ranges::find_if(body.sections, [&](const component::Section& section) {
    return section.id == component::SectionId::custom && section.name == name;
  });
  return found == body.sections.end() ? nullptr : &*found;
}

bool is_component_type(const NamedNode& item) {
  return item.node.sort == component::Sort::type && item.node.type->is(component::TypeKind::component);
}

bool is_old_package_name(std::string_view name) {
  QualifiedName qualified;
  return parse_qualified_name(name, qualified) && qualified.item == "wit";
}

// Every export of an encoded package is a component type, and it imports nothing.
bool is_package(const ComponentReader::Contents& contents) {
  if (!contents.imports.empty() || contents.exports.empty()) return false;
  if (!std::ranges::all_of(contents.exports, is_component_type)) return false;
  const std::string_view name = contents.exports.front().name.name;
  return component::label_fault(name).empty() || is_old_package_name(name);
}

Result<void> add_docs(const component::ComponentBody& body, Resolve& resolve) {
  const component::Section* docs = find_custom(body, package_docs_section);
  if (docs == nullptr || decode_package_docs(resolve, resolve.main, docs->payload)) return {};
  return fail(ErrorKind::malformed, at_offset(docs->offset), "the custom section `", package_docs_section,
              "` does not fit the package: expected version 0 or 1 and JSON of docs and gates");
}

}  // namespace

Result<Decoded> decode_component(const component::Component& component, std::pmr::memory_resource& memory) {
  ComponentReader reader;
  auto contents = reader.open(component.body);
  if (!contents) return std::move(contents).error();
  Decoded out{Resolve(memory), {}};
  WitDecoder decoder(out.resolve, reader);
  if (!is_package(*contents)) {
    out.world = decoder.component(*contents);
  } else if (is_old_package_name(contents->exports.front().name.name)) {
    decoder.old_package(contents->exports.front());
  } else {
    decoder.package(contents->exports);
  }
  if (decoder.failed()) return decoder.take_error();
  decoder.finish();
  if (auto added = add_docs(component.body, out.resolve); !added) return std::move(added).error();
  return out;
}

namespace {

constexpr std::uint8_t old_version = 3;
constexpr std::uint8_t last_encoding = 2;

Error bad_metadata(std::uint64_t offset, std::string_view what) {
  return fail(ErrorKind::malformed, at_offset(offset), "malformed component type section: ", what);
}

// Version 3: the encoding, the world's name, and an encoded package.
Result<DecodedWorld> decode_old_metadata(Bytes payload, std::uint64_t offset, Features features,
                                         std::pmr::memory_resource& memory) {
  Cursor in(payload, offset);
  in.u8();
  const std::uint8_t encoding = in.u8();
  const std::string_view world = in.name();
  if (!in.ok()) return in.take_error();
  if (encoding > last_encoding) return bad_metadata(offset, "expected a string encoding of 0, 1 or 2");
  const std::uint64_t at = in.offset();
  const Bytes rest = in.bytes(in.remaining());
  auto component = component::read_component(rest, memory, {.features = features, .base_offset = at});
  if (!component) return std::move(component).error();
  auto decoded = decode_component(*component, memory);
  if (!decoded) return std::move(decoded).error();
  auto selected = select_world(decoded->resolve, world);
  if (!selected) return bad_metadata(offset, "the world that it names is not in it");
  decoded->world = *selected;
  return DecodedWorld{*std::move(decoded), static_cast<component::StringEncoding>(encoding)};
}

}  // namespace

Result<DecodedWorld> decode_world_metadata(Bytes payload, std::uint64_t offset, Features features,
                                           std::pmr::memory_resource& memory) {
  if (!payload.empty() && payload.front() == old_version) return decode_old_metadata(payload, offset, features, memory);
  auto component = component::read_component(payload, memory, {.features = features, .base_offset = offset});
  if (!component) return std::move(component).error();
  const component::Section* header = find_custom(component->body, encoding_section);
  if (header == nullptr || header->payload.size() != 2 || header->payload[0] != encoding_version ||
      header->payload[1] > last_encoding) {
    return bad_metadata(offset, "expected a custom section `wit-component-encoding` of version 4");
  }
  ComponentReader reader;
  auto contents = reader.open(component->body);
  if (!contents) return std::move(contents).error();
  if (contents->exports.size() != 1 || !is_component_type(contents->exports.front())) {
    return bad_metadata(offset, "expected one export, of a component type");
  }
  DecodedWorld out{{Resolve(memory), {}}, static_cast<component::StringEncoding>(header->payload[1])};
  WitDecoder decoder(out.wit.resolve, reader);
  out.wit.world = decoder.single_world(*contents->exports.front().node.type);
  if (decoder.failed()) return decoder.take_error();
  decoder.finish();
  return out;
}

}  // namespace tenon::wit
