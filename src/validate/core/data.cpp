// Data segments. https://webassembly.github.io/spec/core/valid/modules.html#data-segments
#include "validate/core/declarations.hpp"

namespace tenon::core {

namespace {

Result<void> check_data(Declarations& in, const Data& data) {
  if (data.mode != SegmentMode::active) {
    if (in.result.features.has(Feature::bulk_memory)) return {};
    return fail(ErrorKind::invalid, at_offset(data.offset),
                NeedsFeature{"a passive data segment", Feature::bulk_memory});
  }
  if (!in.module.memories.contains(data.memory)) {
    return fail(ErrorKind::invalid, at_offset(data.offset), "unknown memory ", data.memory.value, ": the module has ",
                in.module.memories.size(), " memories");
  }
  const ValType address = address_type(in.module.memories[data.memory].limits);
  return in.constants.validate_constant(data.memory_offset, address,
                                        static_cast<std::uint32_t>(in.module.globals.size()), in.declared);
}

}  // namespace

Result<void> check_datas(Declarations& in) {
  for (std::uint32_t i = 0; i < in.module.datas.size(); ++i) {
    if (Result<void> checked = check_data(in, in.module.datas[DataIdx(i)]); !checked) {
      return in_item(std::move(checked.error()), "data segment", i);
    }
  }
  return {};
}

}  // namespace tenon::core
