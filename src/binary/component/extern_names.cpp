// Names of imports and exports. Three forms say the same, but that only the third has attributes; the form is kept so
// that writing repeats it.
#include "binary/component/sections.hpp"
#include "binary/core/sections.hpp"

namespace tenon::component {

namespace {

constexpr std::uint8_t last_plain_form = 1;
constexpr std::uint8_t form_with_attributes = 2;

struct AttributeInfo {
  std::optional<std::string_view> ExternName::* value;
  Feature feature;
  std::string_view what;
};

// By the attribute's code.
constexpr AttributeInfo attributes[] = {
    {&ExternName::implements, Feature::component_implements, "an implements attribute"},
    {&ExternName::version_suffix, Feature::component_canonical_names, "a version suffix"},
    {&ExternName::external_id, Feature::component_implements, "an external id"},
};

NameAttribute read_attribute(Cursor& in, const Reader& reader, ExternName& name) {
  const std::uint64_t start = in.offset();
  const std::uint8_t code = in.u8();
  if (code >= std::size(attributes)) return fault_leading_byte(in, start, code, "name option"), NameAttribute{};
  require(in, reader, start, attributes[code].what, attributes[code].feature);
  name.*attributes[code].value = core::read_bounded_name(in);
  return static_cast<NameAttribute>(code);
}

}  // namespace

ExternName read_extern_name(Cursor& in, Reader& reader) {
  ExternName name;
  const std::uint64_t start = in.offset();
  name.form = in.u8();
  if (name.form > form_with_attributes) return fault_leading_byte(in, start, name.form, "component name"), name;
  name.name = core::read_bounded_name(in);
  if (name.form < form_with_attributes) return name;
  name.given = read_list<NameAttribute>(in, reader, limits::max_name_attributes, "name attributes", 2,
                                        [&](Cursor& at, const Reader& all) { return read_attribute(at, all, name); });
  return name;
}

void write_extern_name(ByteWriter& out, const ExternName& name) {
  out.u8(name.given.empty() ? name.form : form_with_attributes);
  out.name(name.name);
  if (name.form <= last_plain_form && name.given.empty()) return;
  write_list(out, name.given, [&](ByteWriter& to, NameAttribute attribute) {
    to.u8(static_cast<std::uint8_t>(attribute));
    to.name((name.*attributes[static_cast<std::size_t>(attribute)].value).value_or(""));
  });
}

}  // namespace tenon::component
