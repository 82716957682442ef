// Global types and the global section.
#include "binary/core/sections.hpp"
#include "spec/limits.hpp"

namespace tenon::core {

bool read_mutability(Cursor& in) {
  const std::uint64_t start = in.offset();
  const std::uint8_t byte = in.u8();
  if (byte > 1) in.fault(ErrorKind::malformed, start, "malformed mutability: ", Hex{byte}, " is neither 0 nor 1");
  return byte == 1;
}

GlobalType read_global_type(Cursor& in, Features features) {
  GlobalType type;
  type.value = read_val_type(in, features);
  type.is_mutable = read_mutability(in);
  return type;
}

void write_global_type(ByteWriter& out, const GlobalType& type) {
  write_val_type(out, type.value);
  out.u8(type.is_mutable ? 1 : 0);
}

template <>
void read_payload<SectionId::global>(Cursor& in, SectionReader& reader) {
  Module& module = reader.module;
  const std::uint32_t count = in.count(limits::max_globals, "globals", 2);
  module.globals.reserve(module.arena, module.globals.size() + count);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    Global global;
    global.type = read_global_type(in, reader.features);
    global.init = reader.expressions.read(in);
    module.globals.push_back(module.arena, global);
  }
}

template <>
void write_payload<SectionId::global>(const SectionWriter& writer) {
  const Module& module = writer.module;
  if (module.globals.size() == module.imported_globals) return;
  writer.out.u32(static_cast<std::uint32_t>(module.globals.size() - module.imported_globals));
  for (const Global& global : module.globals.span().subspan(module.imported_globals)) {
    write_global_type(writer.out, global.type);
    writer.out.bytes(global.init.bytes);
  }
}

}  // namespace tenon::core
