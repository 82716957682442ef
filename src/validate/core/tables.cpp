// Tables and their initializers. https://webassembly.github.io/spec/core/valid/modules.html#tables
#include "validate/core/declarations.hpp"

namespace tenon::core {

namespace {

Result<void> check_table(Declarations& in, const Table& table, SectionId section) {
  const TableType& type = table.type;
  const Features features = in.result.features;
  // A table of functions is as old as WebAssembly, the type that names them elsewhere is not.
  Result<ValType> element =
      type.element == funcref ? Result<ValType>(funcref) : check_val_type(in, type.element, section);
  if (!element) return std::move(element.error());
  if (type.limits.is_64 && !features.has(Feature::memory64)) {
    return invalid_in(in, section, NeedsFeature{"a 64-bit table", Feature::memory64});
  }
  if (type.limits.is_shared) return invalid_in(in, section, "shared tables are not supported");
  const std::uint64_t most = type.limits.is_64 ? ~std::uint64_t{0} : 0xFFFF'FFFF;
  if (auto checked = check_limits(in, type.limits, most, "table size must be at most 2^32-1 for i32", section);
      !checked) {
    return checked;
  }
  in.result.table_types.push_back(in.arena, {*element, type.limits});
  if (table.init) return in.constants.validate_constant(*table.init, *element, in.module.imported_globals, in.declared);
  if (element->is_defaultable() || section == SectionId::import) return {};
  return invalid_in(in, section, "type mismatch: a table of ", TypeText{*element, in.result},
                    ", which has no default value, needs an initializer");
}

}  // namespace

Result<void> check_tables(Declarations& in) {
  const Module& module = in.module;
  in.result.table_types.reserve(in.arena, module.tables.size());
  if (module.tables.size() > 1 && !in.result.features.has(Feature::reference_types)) {
    return invalid_in(in, SectionId::table,
                      "multiple tables: ", NeedsFeature{"more than one", Feature::reference_types});
  }
  for (std::uint32_t i = 0; i < module.tables.size(); ++i) {
    const SectionId section = i < module.imported_tables ? SectionId::import : SectionId::table;
    if (Result<void> checked = check_table(in, module.tables[TableIdx(i)], section); !checked) {
      return in_entry(in, std::move(checked.error()), SectionId::table, i);
    }
  }
  return {};
}

}  // namespace tenon::core
