// Sorts and what is named by one. Core sorts stand behind a zero byte where both kinds may stand.
#include <array>

#include "binary/component/sections.hpp"

namespace tenon::component {

namespace {

struct SortCode {
  std::uint8_t code;
  Feature feature;
};

// By sort, in the order of the enumerators.
constexpr SortCode sort_codes[] = {
#define TENON_CORE_SORT(name, code, text) {code, Feature::component_model},
#define TENON_SORT(name, code, text, feature) {code, Feature::feature},
#define TENON_PRIMITIVE(name, code, text, size, feature)
#include "spec/component_types.def"
#undef TENON_CORE_SORT
#undef TENON_SORT
#undef TENON_PRIMITIVE
};

const SortCode& code_of(Sort sort) { return sort_codes[static_cast<std::size_t>(sort)]; }

std::optional<Sort> find_sort(std::uint8_t code, bool core) {
  for (std::size_t i = 0; i < std::size(sort_codes); ++i) {
    const auto sort = static_cast<Sort>(i);
    if (is_core(sort) == core && sort_codes[i].code == code) return sort;
  }
  return {};
}

}  // namespace

std::optional<Sort> sort_of(std::uint8_t first, std::uint8_t second) noexcept {
  return first == 0 ? find_sort(second, true) : find_sort(first, false);
}

Sort read_sort(Cursor& in, const Reader& reader) {
  std::uint64_t start = in.offset();
  std::uint8_t first = in.u8();
  std::uint8_t second = 0;
  if (first == 0 && in.ok()) {
    start = in.offset();
    second = in.u8();
  }
  const std::optional<Sort> sort = sort_of(first, second);
  if (!sort) return fault_leading_byte(in, start, first == 0 ? second : first, "component external kind"), Sort{};
  require(in, reader, start, "the sort of values", code_of(*sort).feature);
  return *sort;
}

Sort read_core_sort(Cursor& in) {
  const std::uint64_t start = in.offset();
  const std::uint8_t code = in.u8();
  const std::optional<Sort> sort = find_sort(code, true);
  if (!sort) fault_leading_byte(in, start, code, "core external kind");
  return sort.value_or(Sort::core_func);
}

SortIdx read_sort_idx(Cursor& in, Reader& reader) {
  SortIdx item;
  item.sort = read_sort(in, reader);
  item.index = in.u32();
  return item;
}

void write_core_sort(ByteWriter& out, Sort sort) { out.u8(code_of(sort).code); }

void write_sort(ByteWriter& out, Sort sort) {
  if (is_core(sort)) out.u8(0);
  out.u8(code_of(sort).code);
}

void write_sort_idx(ByteWriter& out, SortIdx item) {
  write_sort(out, item.sort);
  out.u32(item.index);
}

void fault_leading_byte(Cursor& in, std::uint64_t offset, std::uint8_t byte, std::string_view what) {
  in.fault(ErrorKind::malformed, offset, "invalid leading byte (", Hex{byte}, ") for ", what);
}

}  // namespace tenon::component
