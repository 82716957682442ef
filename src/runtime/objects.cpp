#include "runtime/objects.hpp"

#include <algorithm>
#include <cstring>

#include "spec/semantics_memory.hpp"

namespace tenon::runtime {

std::uint32_t element_size_log2(core::ValType storage) noexcept {
  using Kind = core::ValType::Kind;
  switch (storage.kind()) {
    case Kind::i8: return 0;
    case Kind::i16: return 1;
    case Kind::i32:
    case Kind::f32: return 2;
    case Kind::v128: return 4;
    default: return 3;
  }
}

namespace {

// Elements [at, at + length), all with the value.
void fill(Array& array, std::uint32_t at, const Slot* value, std::uint32_t length) noexcept {
  const unsigned log2 = array.element_size_log2;
  std::uint8_t* to = array.elements() + (std::size_t{at} << log2);
  for (std::uint32_t i = 0; i < length; ++i) std::memcpy(to + (std::size_t{i} << log2), value, std::size_t{1} << log2);
}

Bytes bytes_of(const Instance& instance, core::DataIdx data) noexcept {
  return instance.dropped_datas[data.value] ? Bytes{} : instance.model().datas[data].bytes;
}
std::uint64_t size_of(const Instance& instance, core::ElemIdx elem) noexcept {
  return instance.dropped_elems[elem.value] ? 0 : instance.model().elems[elem].size();
}

const core::SubType& type_of(const Store& store, core::TypeIdx type) noexcept { return (*store.types)[type].type; }

Made made(Array* array) noexcept { return {array, array == nullptr ? Trap::heap_exhausted : Trap::none}; }

void copy_items(Instance& instance, Array& array, std::uint32_t at, core::ElemIdx elem, std::uint32_t from,
                std::uint32_t length) {
  for (std::uint32_t i = 0; i < length; ++i) {
    store_le(array.elements() + (std::size_t{at} + i) * sizeof(Slot),
             elem_item(instance, elem, std::uint64_t{from} + i));
  }
}

}  // namespace

Made struct_new(Store& store, core::TypeIdx type, const Slot* fields) {
  Object* object = store.heap.allocate_struct(type);
  if (object == nullptr) return {};
  if (fields == nullptr) return {object, Trap::none};
  Slot* to = object->fields();
  for (const core::FieldType& field : type_of(store, type).fields) {
    const unsigned slots = slots_of(field.storage);
    std::copy_n(fields, slots, to);
    if (field.storage == core::ValType(core::ValType::Kind::i8)) to[0] &= 0xFF;
    if (field.storage == core::ValType(core::ValType::Kind::i16)) to[0] &= 0xFFFF;
    fields += slots;
    to += slots;
  }
  return {object, Trap::none};
}

Made array_new(Store& store, core::TypeIdx type, const Slot* value, std::uint32_t length) {
  Array* array = store.heap.allocate_array(type, length);
  if (array != nullptr && value != nullptr) fill(*array, 0, value, length);
  return made(array);
}

Made array_new_fixed(Store& store, core::TypeIdx type, const Slot* values, std::uint32_t length) {
  Array* array = store.heap.allocate_array(type, length);
  const unsigned step = slots_of(type_of(store, type).fields[0].storage);
  for (std::uint32_t i = 0; array != nullptr && i < length; ++i) fill(*array, i, values + std::size_t{i} * step, 1);
  return made(array);
}

Made array_new_data(Instance& instance, core::TypeIdx type, core::DataIdx data, std::uint32_t from,
                    std::uint32_t length) {
  const Bytes bytes = bytes_of(instance, data);
  const std::uint64_t size = std::uint64_t{length}
                             << element_size_log2(type_of(*instance.store, type).fields[0].storage);
  if (!semantics::in_bounds(from, size, bytes.size())) return {nullptr, Trap::out_of_bounds_memory_access};
  Array* array = instance.store->heap.allocate_array(type, length);
  if (array != nullptr) std::copy_n(bytes.data() + from, size, array->elements());
  return made(array);
}

Made array_new_elem(Instance& instance, core::TypeIdx type, core::ElemIdx elem, std::uint32_t from,
                    std::uint32_t length) {
  if (!semantics::in_bounds(from, length, size_of(instance, elem))) return {nullptr, Trap::out_of_bounds_table_access};
  Array* array = instance.store->heap.allocate_array(type, length);
  if (array != nullptr) copy_items(instance, *array, 0, elem, from, length);
  return made(array);
}

Trap array_fill(Array* array, std::uint32_t at, const Slot* value, std::uint32_t length) noexcept {
  if (array == nullptr) return Trap::null_array_reference;
  if (!semantics::in_bounds(at, length, array->length)) return Trap::out_of_bounds_array_access;
  fill(*array, at, value, length);
  return Trap::none;
}

Trap array_copy(Array* to, std::uint32_t to_at, const Array* from, std::uint32_t from_at,
                std::uint32_t length) noexcept {
  if (to == nullptr || from == nullptr) return Trap::null_array_reference;
  if (!semantics::in_bounds(to_at, length, to->length) || !semantics::in_bounds(from_at, length, from->length)) {
    return Trap::out_of_bounds_array_access;
  }
  const unsigned log2 = to->element_size_log2;
  std::memmove(to->elements() + (std::size_t{to_at} << log2), from->elements() + (std::size_t{from_at} << log2),
               std::size_t{length} << log2);
  return Trap::none;
}

Trap array_init_data(Instance& instance, Array* array, std::uint32_t at, core::DataIdx data, std::uint32_t from,
                     std::uint32_t length) noexcept {
  if (array == nullptr) return Trap::null_array_reference;
  if (!semantics::in_bounds(at, length, array->length)) return Trap::out_of_bounds_array_access;
  const Bytes bytes = bytes_of(instance, data);
  const std::size_t size = std::size_t{length} << array->element_size_log2;
  if (!semantics::in_bounds(from, size, bytes.size())) return Trap::out_of_bounds_memory_access;
  std::copy_n(bytes.data() + from, size, array->elements() + (std::size_t{at} << array->element_size_log2));
  return Trap::none;
}

Trap array_init_elem(Instance& instance, Array* array, std::uint32_t at, core::ElemIdx elem, std::uint32_t from,
                     std::uint32_t length) {
  if (array == nullptr) return Trap::null_array_reference;
  if (!semantics::in_bounds(at, length, array->length)) return Trap::out_of_bounds_array_access;
  if (!semantics::in_bounds(from, length, size_of(instance, elem))) return Trap::out_of_bounds_table_access;
  copy_items(instance, *array, at, elem, from, length);
  return Trap::none;
}

}  // namespace tenon::runtime
