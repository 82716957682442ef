// The data section, and the data count section that announces it.
#include "binary/core/sections.hpp"
#include "spec/limits.hpp"
#include "spec/needs_feature.hpp"

namespace tenon::core {

namespace {

constexpr std::uint32_t active_kind = 0;
constexpr std::uint32_t passive_kind = 1;
constexpr std::uint32_t active_in_memory_kind = 2;

Data read_data(Cursor& in, SectionReader& reader) {
  const std::uint64_t start = in.offset();
  const std::uint32_t kind = in.u32();
  if (kind > active_in_memory_kind) {
    in.fault(ErrorKind::malformed, start, "malformed data segment kind: ", kind, " is none");
  }
  if (kind != active_kind && !reader.features.has(Feature::bulk_memory)) {
    in.fault(ErrorKind::malformed, start, "malformed data segment kind: ",
             NeedsFeature{"anything but an active segment of memory 0", Feature::bulk_memory});
  }
  Data data;
  data.mode = kind == passive_kind ? SegmentMode::passive : SegmentMode::active;
  data.flags = static_cast<std::uint8_t>(kind);
  if (data.mode == SegmentMode::active) {
    data.memory = MemoryIdx(kind == active_in_memory_kind ? in.u32() : 0);
    data.memory_offset = reader.expressions.read(in);
  }
  const std::uint32_t size = in.u32();
  data.offset = in.offset();
  data.bytes = in.bytes(size);
  return data;
}

}  // namespace

template <>
void read_payload<SectionId::data>(Cursor& in, SectionReader& reader) {
  Module& module = reader.module;
  const std::uint32_t count = in.count(limits::max_data_segments, "data segments", 2);
  module.datas.reserve(module.arena, count);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) module.datas.push_back(module.arena, read_data(in, reader));
}

template <>
void write_payload<SectionId::data>(const SectionWriter& writer) {
  if (writer.module.datas.empty()) return;
  writer.out.u32(static_cast<std::uint32_t>(writer.module.datas.size()));
  for (const Data& data : writer.module.datas) {
    writer.out.u32(data.flags);
    if (data.mode == SegmentMode::active) {
      if (data.flags == active_in_memory_kind) writer.out.u32(data.memory.value);
      writer.out.bytes(data.memory_offset.bytes);
    }
    writer.out.sized(data.bytes);
  }
}

template <>
void read_payload<SectionId::data_count>(Cursor& in, SectionReader& reader) {
  reader.module.data_count = in.u32();
}

template <>
void write_payload<SectionId::data_count>(const SectionWriter& writer) {
  if (writer.module.data_count) writer.out.u32(*writer.module.data_count);
}

}  // namespace tenon::core
