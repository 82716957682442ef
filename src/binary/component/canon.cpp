// The canonical section. canon.def says for each definition which immediates follow its code, and what feature it
// belongs to; here stands how immediates are read and written. That an option is given twice, or where it means
// nothing, is a question for validation.
#include <array>

#include "binary/component/sections.hpp"
#include "binary/core/types.hpp"

namespace tenon::component {

namespace {

constexpr std::uint8_t func_sort_code = 0x00;
constexpr std::uint8_t unknown_code = 0xFF;

// From the code to the place of its row.
constexpr std::array<std::uint8_t, 256> canon_by_code = [] {
  std::array<std::uint8_t, 256> places{};
  places.fill(unknown_code);
  for (std::size_t i = 0; i < std::size(canon_infos); ++i) {
    places[canon_infos[i].code] = static_cast<std::uint8_t>(i);
  }
  return places;
}();

void read_func_sort(Cursor& in, std::string_view what) {
  const std::uint64_t start = in.offset();
  const std::uint8_t code = in.u8();
  if (code != func_sort_code) fault_leading_byte(in, start, code, what);
}

CanonOption read_option(Cursor& in, const Reader& reader, CanonOptions& options) {
  const std::uint64_t start = in.offset();
  const std::uint8_t code = in.u8();
  const auto option = static_cast<CanonOption>(code);
  switch (option) {
    case CanonOption::utf8:
    case CanonOption::utf16:
    case CanonOption::latin1_utf16: options.encoding = static_cast<StringEncoding>(code); break;
    case CanonOption::memory: options.memory = CoreMemoryIdx(in.u32()); break;
    case CanonOption::realloc: options.realloc = CoreFuncIdx(in.u32()); break;
    case CanonOption::post_return: options.post_return = CoreFuncIdx(in.u32()); break;
    case CanonOption::async:
      require(in, reader, start, "the option async", Feature::component_async);
      options.is_async = true;
      break;
    case CanonOption::callback:
      require(in, reader, start, "the option callback", Feature::component_async);
      options.callback = CoreFuncIdx(in.u32());
      break;
    default: fault_leading_byte(in, start, code, "canonical option");
  }
  return option;
}

CanonOptions read_options(Cursor& in, Reader& reader) {
  CanonOptions options;
  options.given = read_list<CanonOption>(in, reader, limits::max_canon_options, "canonical options", 1,
                                         [&](Cursor& at, const Reader& all) { return read_option(at, all, options); });
  return options;
}

void write_options(ByteWriter& out, const CanonOptions& options) {
  write_list(out, options.given, [&](ByteWriter& to, CanonOption option) {
    to.u8(static_cast<std::uint8_t>(option));
    switch (option) {
      case CanonOption::memory: return to.u32(options.memory->value);
      case CanonOption::realloc: return to.u32(options.realloc->value);
      case CanonOption::post_return: return to.u32(options.post_return->value);
      case CanonOption::callback: return to.u32(options.callback->value);
      default: return;
    }
  });
}

// The flag async of what completes without it, too.
bool read_async_flag(Cursor& in, const Reader& reader) {
  const std::uint64_t start = in.offset();
  const bool is_async = read_flag(in);
  if (is_async) require(in, reader, start, "async here", Feature::component_more_async);
  return is_async;
}

void read_lift(Cursor& in, Reader& reader, Canon& canon) {
  const std::uint64_t start = in.offset();
  read_func_sort(in, "canonical function lift");
  canon.core_func = CoreFuncIdx(in.u32());
  canon.options = read_options(in, reader);
  canon.type = TypeIdx(in.u32());
  if (canon.options.is_async && !canon.options.callback) {
    require(in, reader, start, "an async lift without a callback", Feature::component_async_stackful);
  }
}

// Copies of streams and futures, which wait unless they are async.
void read_copy(Cursor& in, Reader& reader, Canon& canon) {
  const std::uint64_t start = in.offset();
  canon.type = TypeIdx(in.u32());
  canon.options = read_options(in, reader);
  if (!canon.options.is_async) {
    require(in, reader, start, "a copy that is not async", Feature::component_more_async);
  }
}

void read_core_type_slot(Cursor& in, const Reader& reader, Canon& canon) {
  const std::uint64_t start = in.offset();
  canon.core_type = core::read_val_type(in, reader.features);
  if (canon.core_type == core::i64) require(in, reader, start, "a context of i64", Feature::component_memory64);
  canon.slot = in.u32();
}

void read_immediates(Cursor& in, Reader& reader, Canon& canon) {
  const auto read_type_idx = [&] { canon.type = TypeIdx(in.u32()); };
  const auto read_core_func_type = [&] { canon.core_func_type = CoreTypeIdx(in.u32()); };
  const auto read_table = [&] { canon.table = CoreTableIdx(in.u32()); };
  switch (info(canon.op).immediates) {
    case CanonImmediates::none: return;
    case CanonImmediates::lift: return read_lift(in, reader, canon);
    case CanonImmediates::lower:
      read_func_sort(in, "canonical function lower");
      canon.func = FuncIdx(in.u32());
      canon.options = read_options(in, reader);
      return;
    case CanonImmediates::type: return read_type_idx();
    case CanonImmediates::type_options: return read_copy(in, reader, canon);
    case CanonImmediates::type_async: read_type_idx(); [[fallthrough]];
    case CanonImmediates::async: canon.flag = read_async_flag(in, reader); return;
    case CanonImmediates::results_options: canon.result = read_result_list(in, reader); [[fallthrough]];
    case CanonImmediates::options: canon.options = read_options(in, reader); return;
    case CanonImmediates::core_type_slot: return read_core_type_slot(in, reader, canon);
    case CanonImmediates::shared:
    case CanonImmediates::cancellable: canon.flag = read_flag(in); return;
    case CanonImmediates::cancellable_memory:
      canon.flag = read_flag(in);
      canon.memory = CoreMemoryIdx(in.u32());
      return;
    case CanonImmediates::core_func_type_table: return read_core_func_type(), read_table();
    case CanonImmediates::shared_core_func_type: canon.flag = read_flag(in); return read_core_func_type();
    case CanonImmediates::shared_core_func_type_table:
      canon.flag = read_flag(in);
      return read_core_func_type(), read_table();
  }
}

void write_immediates(ByteWriter& out, const Canon& canon) {
  const auto write_flag = [&] { out.u8(canon.flag ? 1 : 0); };
  switch (info(canon.op).immediates) {
    case CanonImmediates::none: return;
    case CanonImmediates::lift:
      out.u8(func_sort_code);
      out.u32(canon.core_func.value);
      write_options(out, canon.options);
      return out.u32(canon.type.value);
    case CanonImmediates::lower:
      out.u8(func_sort_code);
      out.u32(canon.func.value);
      return write_options(out, canon.options);
    case CanonImmediates::type: return out.u32(canon.type.value);
    case CanonImmediates::type_options: return out.u32(canon.type.value), write_options(out, canon.options);
    case CanonImmediates::type_async: return out.u32(canon.type.value), write_flag();
    case CanonImmediates::options: return write_options(out, canon.options);
    case CanonImmediates::results_options:
      return write_result_list(out, canon.result), write_options(out, canon.options);
    case CanonImmediates::core_type_slot: return core::write_val_type(out, canon.core_type), out.u32(canon.slot);
    case CanonImmediates::async:
    case CanonImmediates::shared:
    case CanonImmediates::cancellable: return write_flag();
    case CanonImmediates::cancellable_memory: return write_flag(), out.u32(canon.memory.value);
    case CanonImmediates::core_func_type_table: return out.u32(canon.core_func_type.value), out.u32(canon.table.value);
    case CanonImmediates::shared_core_func_type: return write_flag(), out.u32(canon.core_func_type.value);
    case CanonImmediates::shared_core_func_type_table:
      return write_flag(), out.u32(canon.core_func_type.value), out.u32(canon.table.value);
  }
}

void write_canon(ByteWriter& out, const Canon& canon) {
  out.u8(info(canon.op).code);
  write_immediates(out, canon);
}

}  // namespace

Canon read_canon(Cursor& in, Reader& reader) {
  Canon canon;
  const std::uint64_t start = in.offset();
  const std::uint8_t code = in.u8();
  if (canon_by_code[code] == unknown_code) return fault_leading_byte(in, start, code, "canonical function"), canon;
  canon.op = static_cast<CanonOp>(canon_by_code[code]);
  require(in, reader, start, info(canon.op).text, info(canon.op).feature);
  read_immediates(in, reader, canon);
  return canon;
}

template <>
void read_payload<SectionId::canon>(Cursor& in, Reader& reader) {
  read_definitions(in, reader, DefinitionKind::canon, &Definition::canon, "canonical functions", read_canon);
}

template <>
void write_payload<SectionId::canon>(ByteWriter& out, std::span<const Definition> definitions) {
  write_definitions(out, definitions, &Definition::canon, write_canon);
}

}  // namespace tenon::component
