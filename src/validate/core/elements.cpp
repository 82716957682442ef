// Element segments. https://webassembly.github.io/spec/core/valid/modules.html#element-segments
#include "validate/core/declarations.hpp"

namespace tenon::core {

namespace {

// The least binary format that can say this: passive and declarative segments came later than the active ones.
Result<void> check_form(const Declarations& in, const Elem& elem) {
  if (elem.mode != SegmentMode::active && !in.result.features.has(Feature::bulk_memory)) {
    return invalid_in(in, SectionId::element, NeedsFeature{"a passive element segment", Feature::bulk_memory});
  }
  return {};
}

Result<void> check_items(Declarations& in, const Elem& elem, ValType type) {
  for (const FuncIdx function : elem.functions) {
    if (!in.result.func_types.contains(function)) {
      return invalid_in(in, SectionId::element, "unknown function ", function.value, ": the module has ",
                        in.result.func_types.size(), " functions");
    }
    in.declared[function.value] = true;
  }
  for (const Expr& item : elem.items) {
    const auto globals = static_cast<std::uint32_t>(in.module.globals.size());
    if (auto checked = in.constants.validate_constant(item, type, globals, in.declared); !checked) return checked;
  }
  return {};
}

Result<void> check_elem(Declarations& in, const Elem& elem) {
  if (auto checked = check_form(in, elem); !checked) return checked;
  // Lists of function indices hold no null.
  const bool is_list_of_functions = (elem.flags & 4) == 0;
  Result<ValType> type =
      is_list_of_functions ? Result<ValType>(funcref.as_non_null()) : check_val_type(in, elem.type, SectionId::element);
  if (!type) return std::move(type.error());
  in.result.elem_types.push_back(in.arena, *type);
  if (auto checked = check_items(in, elem, *type); !checked) return checked;
  if (elem.mode != SegmentMode::active) return {};
  if (!in.result.table_types.contains(elem.table)) {
    return invalid_in(in, SectionId::element, "unknown table ", elem.table.value, ": the module has ",
                      in.result.table_types.size(), " tables");
  }
  const TableType& table = in.result.table_types[elem.table];
  if (!in.registry.matches(*type, table.element)) {
    return invalid_in(in, SectionId::element, "type mismatch: element segment's type ", TypeText{*type, in.result},
                      " does not match table's element type ", TypeText{table.element, in.result});
  }
  return in.constants.validate_constant(elem.table_offset, address_type(table.limits),
                                        static_cast<std::uint32_t>(in.module.globals.size()), in.declared);
}

}  // namespace

Result<void> check_elems(Declarations& in) {
  in.result.elem_types.reserve(in.arena, in.module.elems.size());
  for (std::uint32_t i = 0; i < in.module.elems.size(); ++i) {
    if (Result<void> checked = check_elem(in, in.module.elems[ElemIdx(i)]); !checked) {
      return in_entry(in, std::move(checked.error()), SectionId::element, i);
    }
  }
  return {};
}

}  // namespace tenon::core
