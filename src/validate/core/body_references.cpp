// References, structures and arrays.
// https://webassembly.github.io/spec/core/valid/instructions.html#reference-instructions
#include <algorithm>

#include "spec/limits.hpp"
#include "validate/core/body.hpp"

namespace tenon::core {

bool Body::resolve(HeapType& type) {
  if (!type.is_concrete()) return true;
  const TypeIdx index = type.index();
  if (!module->canonical_types.contains(index)) {
    return reject("unknown type ", index.value, ": the module has ", module->canonical_types.size(), " types");
  }
  type = module->canonical_types[index];
  return true;
}

bool Body::resolve(ValType& type) {
  if (!type.is_ref()) return true;
  HeapType heap = type.heap();
  if (!resolve(heap)) return false;
  type = ValType::ref(heap, type.is_nullable());
  return true;
}

bool Body::check_ref_func() {
  const std::uint32_t index = instruction.index;
  if (index >= module->func_types.size()) {
    return reject("unknown function ", index, ": the module has ", module->func_types.size(), " functions");
  }
  if (is_constant) {
    declared[index] = true;
  } else if (!module->declared_functions[index]) {
    return reject("undeclared function reference ", index,
                  ": it stands in no element segment, export, global or table initializer");
  }
  // Without typed references, the type of every reference to a function is funcref.
  const bool is_typed = features.has(Feature::function_references) || features.has(Feature::gc);
  push(is_typed ? ValType::ref(module->func_types[FuncIdx(index)], false) : funcref);
  return true;
}

bool Body::check_ref_test() {
  HeapType target = instruction.heap;
  if (!resolve(target) || !pop(ValType::ref(registry->top_of(target), true))) return false;
  push(i32);
  return true;
}

bool Body::check_ref_cast(bool nullable) {
  HeapType target = instruction.heap;
  if (!resolve(target) || !pop(ValType::ref(registry->top_of(target), true))) return false;
  push(ValType::ref(target, nullable));
  return true;
}

// br_on_null: the label gets the operands without the reference. br_on_non_null: with it.
bool Body::check_branch_on_null(bool branches_with_reference) {
  Frame* label = nullptr;
  if (!find_label(instruction.index, label)) return false;
  const std::span<const ValType> types = label->label_types();
  ValType found;
  if (!pop_reference(found)) return false;
  if (!branches_with_reference) {
    if (!pop(types)) return false;
    push(types);
    push(found.as_non_null());
    return true;
  }
  if (types.empty() || !types.back().is_ref()) {
    return reject("type mismatch: instruction requires reference type but label has ", text(types), ", in `",
                  mnemonic(), "`");
  }
  push(found.as_non_null());
  if (!pop(types)) return false;
  push(types.first(types.size() - 1));
  return true;
}

bool Body::check_branch_on_cast(bool on_success) {
  Frame* label = nullptr;
  HeapType source_heap = instruction.source_heap;
  HeapType target_heap = instruction.heap;
  if (!find_label(instruction.index, label) || !resolve(source_heap) || !resolve(target_heap)) return false;
  const ValType from = ValType::ref(source_heap, (instruction.cast_flags & 1) != 0);
  const ValType to = ValType::ref(target_heap, (instruction.cast_flags & 2) != 0);
  if (!registry->matches(to, from)) {
    return reject("type mismatch on cast: type ", text(to), " does not match ", text(from));
  }
  // What is left when the cast fails: null is gone if the cast lets it through.
  const ValType failed = to.is_nullable() ? from.as_non_null() : from;
  const ValType branching = on_success ? to : failed;
  const std::span<const ValType> types = label->label_types();
  if (types.empty() || !registry->matches(branching, types.back())) {
    return reject("type mismatch: instruction requires type ", text(branching), " but label has ", text(types),
                  ", in `", mnemonic(), "`");
  }
  const auto others = types.first(types.size() - 1);
  if (!pop(from) || !pop(others)) return false;
  push(others);
  push(on_success ? failed : to);
  return true;
}

bool Body::check_convert(AbstractHeapType from, AbstractHeapType to) {
  ValType found;
  if (!pop_reference(found)) return false;
  if (!registry->matches(found.heap(), from)) {
    push(found);
    return reject_operands(std::initializer_list<ValType>{ValType::ref(from, true)});
  }
  push(ValType::ref(to, found.is_nullable()));
  return true;
}

// --- structures ----------------------------------------------------------------------------------------------------

bool Body::find_aggregate(std::uint32_t type, CompositeKind kind, const CanonicalType*& found) {
  if (!module->canonical_types.contains(TypeIdx(type))) {
    return reject("unknown type ", type, ": the module has ", module->canonical_types.size(), " types");
  }
  found = &(*registry)[module->canonical_types[TypeIdx(type)]];
  if (found->type.kind == kind) return true;
  return reject(kind == CompositeKind::struct_ ? "non-structure type " : "non-array type ", type, ", in `", mnemonic(),
                "`");
}

bool Body::check_struct_new(bool with_default) {
  const CanonicalType* type = nullptr;
  if (!find_aggregate(instruction.index, CompositeKind::struct_, type)) return false;
  const std::span<const FieldType> fields = type->type.fields;
  if (with_default) {
    for (const FieldType& field : fields) {
      if (!field.storage.is_defaultable()) {
        return reject("field type is not defaultable: field ", &field - fields.data(), " of type ", instruction.index,
                      " is of type ", text(field.storage));
      }
    }
  } else {
    // One after the other, so that a structure of any size needs no list of its fields' unpacked types.
    for (std::size_t i = fields.size(); i-- > 0;) {
      if (!pop(fields[i].storage.unpacked())) return false;
    }
  }
  push(ValType::ref(type->index, false));
  return true;
}

bool Body::check_struct_get(bool extends) {
  const CanonicalType* type = nullptr;
  if (!find_aggregate(instruction.index, CompositeKind::struct_, type)) return false;
  if (instruction.second >= type->type.fields.size()) {
    return reject("unknown field ", instruction.second, ": type ", instruction.index, " has ", type->type.fields.size(),
                  " fields");
  }
  const ValType storage = type->type.fields[instruction.second].storage;
  if (storage.is_packed() != extends) {
    return reject("type mismatch: field is ", extends ? "unpacked" : "packed", ", it is of type ", text(storage),
                  ", in `", mnemonic(), "`");
  }
  if (!pop(ValType::ref(type->index, true))) return false;
  push(storage.unpacked());
  return true;
}

bool Body::check_struct_set() {
  const CanonicalType* type = nullptr;
  if (!find_aggregate(instruction.index, CompositeKind::struct_, type)) return false;
  if (instruction.second >= type->type.fields.size()) {
    return reject("unknown field ", instruction.second, ": type ", instruction.index, " has ", type->type.fields.size(),
                  " fields");
  }
  const FieldType field = type->type.fields[instruction.second];
  if (!field.is_mutable) return reject("immutable field ", instruction.second, " of type ", instruction.index);
  return pop({ValType::ref(type->index, true), field.storage.unpacked()});
}

// --- arrays --------------------------------------------------------------------------------------------------------

bool Body::find_array(std::uint32_t type, bool for_writing, const CanonicalType*& found) {
  if (!find_aggregate(type, CompositeKind::array, found)) return false;
  return !for_writing || found->type.fields[0].is_mutable ||
         reject("immutable array: type ", type, ", in `", mnemonic(), "`");
}

bool Body::check_array_new(bool with_default) {
  const CanonicalType* type = nullptr;
  if (!find_array(instruction.index, false, type)) return false;
  const ValType element = type->type.fields[0].storage;
  if (with_default) {
    if (!element.is_defaultable())
      return reject("array type is not defaultable: its elements are of type ", text(element));
    if (!pop(i32)) return false;
  } else if (!pop({element.unpacked(), i32})) {
    return false;
  }
  push(ValType::ref(type->index, false));
  return true;
}

bool Body::check_array_new_fixed() {
  const CanonicalType* type = nullptr;
  if (!find_array(instruction.index, false, type)) return false;
  if (instruction.second > limits::max_array_new_fixed) {
    return reject_as(ErrorKind::exhausted, "`array.new_fixed` has ", instruction.second, " operands, the limit is ",
                     limits::max_array_new_fixed);
  }
  const ValType element = type->type.fields[0].storage.unpacked();
  for (std::uint32_t i = 0; i < instruction.second; ++i) {
    if (!pop(element)) return false;
    if (top[-1] == floor_marker && frame().is_unreachable) break;
  }
  push(ValType::ref(type->index, false));
  return true;
}

// array.new_data, array.new_elem, array.init_data, array.init_elem.
bool Body::check_array_segment(bool is_new, bool is_data) {
  const CanonicalType* type = nullptr;
  if (!find_array(instruction.index, !is_new, type)) return false;
  const ValType element = type->type.fields[0].storage;
  if (is_data) {
    if (!find_data(instruction.second)) return false;
    if (element.is_ref())
      return reject("array type is not numeric or vector: its elements are of type ", text(element));
  } else {
    ValType segment;
    if (!find_elem(instruction.second, segment)) return false;
    if (!registry->matches(segment, element)) {
      return reject("type mismatch: element segment's type ", text(segment), " does not match array's field type ",
                    text(element));
    }
  }
  const ValType array = ValType::ref(type->index, true);
  if (!is_new) return pop({array, i32, i32, i32});
  if (!pop({i32, i32})) return false;
  push(array.as_non_null());
  return true;
}

bool Body::check_array_get(bool extends) {
  const CanonicalType* type = nullptr;
  if (!find_array(instruction.index, false, type)) return false;
  const ValType element = type->type.fields[0].storage;
  if (element.is_packed() != extends) {
    return reject("type mismatch: array is ", extends ? "unpacked" : "packed", ", its elements are of type ",
                  text(element), ", in `", mnemonic(), "`");
  }
  if (!pop({ValType::ref(type->index, true), i32})) return false;
  push(element.unpacked());
  return true;
}

bool Body::check_array_set() {
  const CanonicalType* type = nullptr;
  return find_array(instruction.index, true, type) &&
         pop({ValType::ref(type->index, true), i32, type->type.fields[0].storage.unpacked()});
}

bool Body::check_array_fill() {
  const CanonicalType* type = nullptr;
  return find_array(instruction.index, true, type) &&
         pop({ValType::ref(type->index, true), i32, type->type.fields[0].storage.unpacked(), i32});
}

bool Body::check_array_copy() {
  const CanonicalType* to = nullptr;
  const CanonicalType* from = nullptr;
  if (!find_array(instruction.index, true, to) || !find_array(instruction.second, false, from)) return false;
  const ValType source = from->type.fields[0].storage;
  const ValType destination = to->type.fields[0].storage;
  if (!registry->matches(source, destination)) {
    return reject("array types do not match: elements of type ", text(source), " cannot be copied to ",
                  text(destination));
  }
  return pop({ValType::ref(to->index, true), i32, ValType::ref(from->index, true), i32, i32});
}

}  // namespace tenon::core
