// The export section.
#include "binary/core/sections.hpp"
#include "spec/limits.hpp"
#include "spec/needs_feature.hpp"

namespace tenon::core {

namespace {

constexpr std::size_t least_export_size = 3;  // an empty name, the kind, an index

Export read_export(Cursor& in, SectionReader& reader) {
  Export result;
  result.offset = in.offset();
  result.name = read_bounded_name(in);
  const std::uint64_t kind_offset = in.offset();
  const std::uint8_t kind = in.u8();
  if (kind > static_cast<std::uint8_t>(ExternKind::tag)) {
    in.fault(ErrorKind::malformed, kind_offset, "malformed export kind: ", Hex{kind}, " is none");
  }
  result.kind = static_cast<ExternKind>(kind);
  result.index = in.u32();
  const auto& globals = reader.module.globals;
  if (result.kind == ExternKind::global && !reader.features.has(Feature::mutable_global) &&
      result.index < globals.size() && globals[GlobalIdx(result.index)].type.is_mutable) {
    in.fault(ErrorKind::malformed, kind_offset, NeedsFeature{"export of a mutable global", Feature::mutable_global});
  }
  return result;
}

}  // namespace

std::string_view read_bounded_name(Cursor& in) {
  const std::uint64_t start = in.offset();
  const std::string_view name = in.name();
  if (name.size() > limits::max_name_size) {
    in.fault(ErrorKind::exhausted, start, "name too long: ", name.size(), " bytes, and the limit is ",
             limits::max_name_size);
  }
  return name;
}

template <>
void read_payload<SectionId::export_>(Cursor& in, SectionReader& reader) {
  Module& module = reader.module;
  const std::uint32_t count = in.count(limits::max_exports, "exports", least_export_size);
  module.exports.reserve(module.arena, count);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) module.exports.push_back(module.arena, read_export(in, reader));
}

template <>
void write_payload<SectionId::export_>(const SectionWriter& writer) {
  if (writer.module.exports.empty()) return;
  writer.out.u32(static_cast<std::uint32_t>(writer.module.exports.size()));
  for (const Export& one : writer.module.exports) {
    writer.out.name(one.name);
    writer.out.u8(static_cast<std::uint8_t>(one.kind));
    writer.out.u32(one.index);
  }
}

}  // namespace tenon::core
