// The sections that say where a module comes from and what it was compiled for: `producers` and `target_features`.
#include "binary/core/custom.hpp"
#include "binary/core/subsections.hpp"

namespace tenon::core {

Result<std::span<const ProducerField>> read_producers(const Section& section, Arena& arena) {
  Cursor in(section.payload, section.offset);
  const auto read_producer = [](Cursor& at) {
    Producer producer;
    producer.name = at.name();
    producer.version = at.name();
    return producer;
  };
  const auto read_field = [&](Cursor& at) {
    ProducerField field;
    field.name = at.name();
    field.producers = read_list<Producer>(at, arena, "producers", 2, read_producer);
    return field;
  };
  const std::span<const ProducerField> fields = read_list<ProducerField>(in, arena, "producer fields", 2, read_field);
  return finish_section(in, fields);
}

void write_producers(ByteWriter& out, std::span<const ProducerField> fields) {
  out.u32(static_cast<std::uint32_t>(fields.size()));
  for (const ProducerField& field : fields) {
    out.name(field.name);
    out.u32(static_cast<std::uint32_t>(field.producers.size()));
    for (const Producer& producer : field.producers) {
      out.name(producer.name);
      out.name(producer.version);
    }
  }
}

Result<std::span<const TargetFeature>> read_target_features(const Section& section, Arena& arena) {
  Cursor in(section.payload, section.offset);
  const auto read_feature = [](Cursor& at) {
    const std::uint64_t start = at.offset();
    TargetFeature feature;
    feature.prefix = static_cast<char>(at.u8());
    if (feature.prefix != '+' && feature.prefix != '-' && feature.prefix != '=') {
      at.fault(ErrorKind::malformed, start, "malformed feature prefix: expected +, - or =");
    }
    feature.name = at.name();
    return feature;
  };
  const std::span<const TargetFeature> features = read_list<TargetFeature>(in, arena, "features", 2, read_feature);
  return finish_section(in, features);
}

}  // namespace tenon::core
