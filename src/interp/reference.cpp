// Handlers of references, structures, arrays, casts, and of throwing exceptions.
//
// Before anything is allocated, the accumulator and the end of the live frame are where the collector finds them;
// operands are in the frame anyway.
#include <algorithm>

#include "interp/calls.hpp"
#include "interp/plain.hpp"
#include "runtime/heap.hpp"
#include "runtime/objects.hpp"

namespace tenon::interp {

using runtime::Array;
using runtime::Exception;
using runtime::Object;

namespace {

TENON_INLINE Object* object_at(const Registers& r, unsigned at) noexcept { return runtime::as_object(*slot_at(r, at)); }
TENON_INLINE Array* array_at(const Registers& r, unsigned at) noexcept { return static_cast<Array*>(object_at(r, at)); }
TENON_INLINE std::uint32_t index_at(const Registers& r, unsigned at) noexcept {
  return read_slot<std::uint32_t>(slot_at(r, at));
}

// Makes what the collector looks at say the truth; the field at `at` is the end of the frame.
runtime::Heap& prepare_heap(Registers& r, unsigned at) noexcept {
  r.thread->top = slot_at(r, at);
  r.thread->accumulator = r.acc;
  return r.thread->store->heap;
}
Step finish_object(Registers& r, const Object* object, unsigned fields) noexcept {
  if (object == nullptr) return r.trap(Trap::heap_exhausted);
  return finish_plain(r, runtime::as_ref(object), fields);
}

struct RefFunc {
  static Step run(Registers& r) {
    const auto* func = runtime::func_ref(*r.instance, core::FuncIdx(field<std::uint32_t>(r, 0)));
    return finish_plain(r, std::bit_cast<Slot>(func), 4);
  }
};
struct RefAsNonNull {
  TENON_INLINE static Step run(Registers& r) noexcept {
    const Slot ref = *slot_at(r, 0);
    if (ref == runtime::null_ref) [[unlikely]]
      return r.trap(Trap::null_reference);
    return finish_plain(r, ref, 4);
  }
};

// Whether the reference in the first slot has the heap type of the second field.
bool matches(const Registers& r) noexcept {
  const Slot ref = *slot_at(r, 0);
  if (ref == runtime::null_ref) return field<std::uint32_t>(r, 8) != 0;
  const auto bits = field<std::uint32_t>(r, 4);
  const core::HeapType type = (bits & concrete_heap_type) != 0
                                  ? core::HeapType(core::TypeIdx(bits & ~concrete_heap_type))
                                  : core::HeapType(static_cast<core::AbstractHeapType>(bits));
  return runtime::ref_matches(ref, type, *r.thread->store->types);
}
struct RefTest {
  static Step run(Registers& r) noexcept { return finish_plain(r, std::uint32_t{matches(r)}, 12); }
};
struct RefCast {
  static Step run(Registers& r) noexcept {
    if (!matches(r)) return r.trap(Trap::cast_failure);
    return finish_plain(r, *slot_at(r, 0), 12);
  }
};

struct RefI31 {
  TENON_INLINE static Step run(Registers& r) noexcept {
    return finish_plain(r, runtime::make_i31(read_slot<std::uint32_t>(slot_at(r, 0))), 4);
  }
};
template <bool is_signed>
struct I31Get {
  TENON_INLINE static Step run(Registers& r) noexcept {
    const Slot ref = *slot_at(r, 0);
    if (ref == runtime::null_ref) [[unlikely]]
      return r.trap(Trap::null_i31_reference);
    const auto value = is_signed ? static_cast<std::uint32_t>(runtime::i31_get_s(ref)) : runtime::i31_get_u(ref);
    return finish_plain(r, value, 4);
  }
};

// Fields: first operand, type, -, number of slots, end of the frame.
struct StructNew {
  static Step run(Registers& r) noexcept {
    Object* object = prepare_heap(r, 16).allocate_struct(core::TypeIdx(field<std::uint32_t>(r, 4)));
    if (object == nullptr) return r.trap(Trap::heap_exhausted);
    const core::SubType& type = (*r.thread->store->types)[object->type].type;
    const Slot* from = slot_at(r, 0);
    Slot* to = object->fields();
    for (const core::FieldType& member : type.fields) {
      const unsigned slots = runtime::slots_of(member.storage);
      for (unsigned i = 0; i < slots; ++i) to[i] = from[i];
      if (member.storage == core::ValType(core::ValType::Kind::i8)) to[0] &= 0xFF;
      if (member.storage == core::ValType(core::ValType::Kind::i16)) to[0] &= 0xFFFF;
      from += slots;
      to += slots;
    }
    return finish_object(r, object, 20);
  }
};
struct StructNewDefault {
  static Step run(Registers& r) noexcept {
    return finish_object(r, prepare_heap(r, 16).allocate_struct(core::TypeIdx(field<std::uint32_t>(r, 4))), 20);
  }
};

// The number in the low `bits` bits of a packed field.
template <bool is_signed>
TENON_INLINE std::uint32_t unpack(std::uint32_t value, std::uint32_t bits) noexcept {
  const std::uint32_t shift = 32 - bits;
  if constexpr (is_signed) return static_cast<std::uint32_t>(static_cast<std::int32_t>(value << shift) >> shift);
  return value << shift >> shift;
}

constexpr std::uint32_t vector_bits = 128;

// Fields: reference, field's slot, bits, slot of the result.
struct StructGet {
  TENON_INLINE static Step run(Registers& r) noexcept {
    const Object* object = object_at(r, 0);
    if (object == nullptr) [[unlikely]]
      return r.trap(Trap::null_structure_reference);
    const Slot* from = object->fields() + field<std::uint32_t>(r, 4);
    if (field<std::uint32_t>(r, 8) == vector_bits) [[unlikely]] {
      store_le(slot_at(r, 12), load_le<V128>(from));
    } else {
      accumulate_any(r, *from);
    }
    r.ip += cells_of(16);
    return Step::next;
  }
};
template <bool is_signed>
struct StructGetPacked {
  TENON_INLINE static Step run(Registers& r) noexcept {
    const Object* object = object_at(r, 0);
    if (object == nullptr) [[unlikely]]
      return r.trap(Trap::null_structure_reference);
    const auto value = static_cast<std::uint32_t>(object->fields()[field<std::uint32_t>(r, 4)]);
    return finish_plain(r, unpack<is_signed>(value, field<std::uint32_t>(r, 8)), 16);
  }
};
// Fields: reference, field's slot, value, bits.
struct StructSet {
  TENON_INLINE static Step run(Registers& r) noexcept {
    Object* object = object_at(r, 0);
    if (object == nullptr) [[unlikely]]
      return r.trap(Trap::null_structure_reference);
    Slot* to = object->fields() + field<std::uint32_t>(r, 4);
    const auto bits = field<std::uint32_t>(r, 12);
    if (bits == vector_bits) [[unlikely]] {
      store_le(to, load_le<V128>(slot_at(r, 8)));
    } else {
      *to = bits == 0 ? *slot_at(r, 8) : *slot_at(r, 8) & ((Slot{1} << bits) - 1);
    }
    r.ip += cells_of(16);
    return Step::next;
  }
};

// Stores the value in `slots` as the elements [first, first + count).
void fill_elements(Array& array, std::uint32_t first, const Slot* value, std::uint32_t count) noexcept {
  const unsigned log2 = array.element_size_log2;
  std::uint8_t* to = array.elements() + (std::size_t{first} << log2);
  for (std::uint32_t i = 0; i < count; ++i) std::memcpy(to + (std::size_t{i} << log2), value, std::size_t{1} << log2);
}

struct ArrayNew {
  static Step run(Registers& r) noexcept {
    const Slot* operands = slot_at(r, 0);
    const std::uint32_t slots = field<std::uint32_t>(r, 12);  // the value's, and one for the length
    const auto length = static_cast<std::uint32_t>(operands[slots - 1]);
    Array* array = prepare_heap(r, 16).allocate_array(core::TypeIdx(field<std::uint32_t>(r, 4)), length);
    if (array != nullptr) fill_elements(*array, 0, operands, length);
    return finish_object(r, array, 20);
  }
};
struct ArrayNewDefault {
  static Step run(Registers& r) noexcept {
    const auto length = static_cast<std::uint32_t>(*slot_at(r, 0));
    return finish_object(r, prepare_heap(r, 16).allocate_array(core::TypeIdx(field<std::uint32_t>(r, 4)), length), 20);
  }
};
struct ArrayNewFixed {
  static Step run(Registers& r) noexcept {
    const auto length = field<std::uint32_t>(r, 8);
    Array* array = prepare_heap(r, 16).allocate_array(core::TypeIdx(field<std::uint32_t>(r, 4)), length);
    if (array != nullptr && length != 0) {
      const std::uint32_t step = field<std::uint32_t>(r, 12) / length;
      for (std::uint32_t i = 0; i < length; ++i) fill_elements(*array, i, slot_at(r, 0) + std::size_t{i} * step, 1);
    }
    return finish_object(r, array, 20);
  }
};

Bytes data_bytes(const Registers& r, std::uint32_t index) noexcept {
  return r.instance->dropped_datas[index] ? Bytes{} : r.instance->model().datas[core::DataIdx(index)].bytes;
}
std::uint64_t elem_size(const Registers& r, std::uint32_t index) noexcept {
  return r.instance->dropped_elems[index] ? 0 : r.instance->model().elems[core::ElemIdx(index)].size();
}

// Fields: offset and length, type, data segment, -, end of the frame.
struct ArrayNewData {
  static Step run(Registers& r) noexcept {
    const Slot* operands = slot_at(r, 0);
    const auto from = static_cast<std::uint32_t>(operands[0]);
    const auto length = static_cast<std::uint32_t>(operands[1]);
    const core::TypeIdx type(field<std::uint32_t>(r, 4));
    const Bytes bytes = data_bytes(r, field<std::uint32_t>(r, 8));
    // The size of an element is known with the array; an array that the segment is too short for is not made.
    const unsigned log2 = runtime::element_size_log2((*r.thread->store->types)[type].type.fields[0].storage);
    const std::uint64_t size = std::uint64_t{length} << log2;
    if (!semantics::in_bounds(from, size, bytes.size())) return r.trap(Trap::out_of_bounds_memory_access);
    Array* array = prepare_heap(r, 16).allocate_array(type, length);
    if (array != nullptr) std::copy_n(bytes.data() + from, size, array->elements());
    return finish_object(r, array, 20);
  }
};
struct ArrayNewElem {
  static Step run(Registers& r) {
    const Slot* operands = slot_at(r, 0);
    const auto from = static_cast<std::uint32_t>(operands[0]);
    const auto length = static_cast<std::uint32_t>(operands[1]);
    const auto elem = field<std::uint32_t>(r, 8);
    if (!semantics::in_bounds(from, length, elem_size(r, elem))) return r.trap(Trap::out_of_bounds_table_access);
    Array* array = prepare_heap(r, 16).allocate_array(core::TypeIdx(field<std::uint32_t>(r, 4)), length);
    for (std::uint32_t i = 0; array != nullptr && i < length; ++i) {
      store_le(array->elements() + std::size_t{i} * sizeof(Slot),
               runtime::elem_item(*r.instance, core::ElemIdx(elem), std::uint64_t{from} + i));
    }
    return finish_object(r, array, 20);
  }
};

// Fields: reference, index, bits, slot of the result.
struct ArrayGet {
  static Step run(Registers& r) noexcept {
    const Array* array = array_at(r, 0);
    if (array == nullptr) return r.trap(Trap::null_array_reference);
    const std::size_t index = index_at(r, 4);
    if (index >= array->length) return r.trap(Trap::out_of_bounds_array_access);
    const std::uint8_t* from = array->elements() + (index << array->element_size_log2);
    switch (array->element_size_log2) {
      case 2: accumulate_any(r, load_le<std::uint32_t>(from)); break;
      case 3: accumulate_any(r, load_le<std::uint64_t>(from)); break;
      default: store_le(slot_at(r, 12), load_le<V128>(from)); break;
    }
    r.ip += cells_of(16);
    return Step::next;
  }
};
template <bool is_signed>
struct ArrayGetPacked {
  static Step run(Registers& r) noexcept {
    const Array* array = array_at(r, 0);
    if (array == nullptr) return r.trap(Trap::null_array_reference);
    const std::size_t index = index_at(r, 4);
    if (index >= array->length) return r.trap(Trap::out_of_bounds_array_access);
    const std::uint8_t* from = array->elements() + (index << array->element_size_log2);
    const std::uint32_t value = array->element_size_log2 == 0 ? *from : load_le<std::uint16_t>(from);
    return finish_plain(r, unpack<is_signed>(value, field<std::uint32_t>(r, 8)), 16);
  }
};
// Fields: reference, index, value, -.
struct ArraySet {
  static Step run(Registers& r) noexcept {
    Array* array = array_at(r, 0);
    if (array == nullptr) return r.trap(Trap::null_array_reference);
    const std::uint32_t index = index_at(r, 4);
    if (index >= array->length) return r.trap(Trap::out_of_bounds_array_access);
    fill_elements(*array, index, slot_at(r, 8), 1);
    r.ip += cells_of(16);
    return Step::next;
  }
};
struct ArrayLen {
  TENON_INLINE static Step run(Registers& r) noexcept {
    const Array* array = array_at(r, 0);
    if (array == nullptr) [[unlikely]]
      return r.trap(Trap::null_array_reference);
    return finish_plain(r, array->length, 4);
  }
};

Step finish_array(Registers& r, unsigned fields) noexcept {
  r.ip += cells_of(fields);
  return Step::next;
}
// Fields: reference, index, value, count, -.
struct ArrayFill {
  static Step run(Registers& r) noexcept {
    Array* array = array_at(r, 0);
    if (array == nullptr) return r.trap(Trap::null_array_reference);
    if (!semantics::in_bounds(index_at(r, 4), index_at(r, 12), array->length)) {
      return r.trap(Trap::out_of_bounds_array_access);
    }
    fill_elements(*array, index_at(r, 4), slot_at(r, 8), index_at(r, 12));
    return finish_array(r, 20);
  }
};
// Fields: destination, index, source, index, count, -.
struct ArrayCopy {
  static Step run(Registers& r) noexcept {
    Array* to = array_at(r, 0);
    const Array* from = array_at(r, 8);
    if (to == nullptr || from == nullptr) return r.trap(Trap::null_array_reference);
    const std::size_t count = index_at(r, 16);
    if (!semantics::in_bounds(index_at(r, 4), count, to->length) ||
        !semantics::in_bounds(index_at(r, 12), count, from->length)) {
      return r.trap(Trap::out_of_bounds_array_access);
    }
    const unsigned log2 = to->element_size_log2;
    std::memmove(to->elements() + (std::size_t{index_at(r, 4)} << log2),
                 from->elements() + (std::size_t{index_at(r, 12)} << log2), count << log2);
    return finish_array(r, 24);
  }
};
// Fields: reference, index, offset in the segment, count, segment.
struct ArrayInitData {
  static Step run(Registers& r) noexcept {
    Array* array = array_at(r, 0);
    if (array == nullptr) return r.trap(Trap::null_array_reference);
    const std::size_t count = index_at(r, 12);
    if (!semantics::in_bounds(index_at(r, 4), count, array->length)) return r.trap(Trap::out_of_bounds_array_access);
    const Bytes bytes = data_bytes(r, field<std::uint32_t>(r, 16));
    const std::size_t size = count << array->element_size_log2;
    if (!semantics::in_bounds(index_at(r, 8), size, bytes.size())) return r.trap(Trap::out_of_bounds_memory_access);
    std::copy_n(bytes.data() + index_at(r, 8), size,
                array->elements() + (std::size_t{index_at(r, 4)} << array->element_size_log2));
    return finish_array(r, 20);
  }
};
struct ArrayInitElem {
  static Step run(Registers& r) {
    Array* array = array_at(r, 0);
    if (array == nullptr) return r.trap(Trap::null_array_reference);
    const std::uint32_t count = index_at(r, 12);
    if (!semantics::in_bounds(index_at(r, 4), count, array->length)) return r.trap(Trap::out_of_bounds_array_access);
    const auto elem = field<std::uint32_t>(r, 16);
    if (!semantics::in_bounds(index_at(r, 8), count, elem_size(r, elem))) {
      return r.trap(Trap::out_of_bounds_table_access);
    }
    for (std::uint32_t i = 0; i < count; ++i) {
      store_le(array->elements() + (std::size_t{index_at(r, 4)} + i) * sizeof(Slot),
               runtime::elem_item(*r.instance, core::ElemIdx(elem), std::uint64_t{index_at(r, 8)} + i));
    }
    return finish_array(r, 20);
  }
};

// A throw is found by the cell behind the start of its instruction, as a trap is.
Step throw_from(Registers& r, Slot exception) {
  r.thread->pending_exception = exception;
  ++r.ip;
  return unwind(r);
}
// Fields: first argument, tag, number of slots, end of the frame.
struct Throw {
  static Step run(Registers& r) {
    runtime::Tag& tag = *r.instance->tags[field<std::uint32_t>(r, 4)];
    const auto slots = field<std::uint32_t>(r, 8);
    Exception* exception = prepare_heap(r, 12).allocate_exception(tag, slots);
    if (exception == nullptr) return r.trap(Trap::heap_exhausted);
    std::copy_n(slot_at(r, 0), slots, exception->arguments());
    return throw_from(r, runtime::as_ref(exception));
  }
};
struct ThrowRef {
  static Step run(Registers& r) {
    const Slot exception = *slot_at(r, 0);
    if (exception == runtime::null_ref) return r.trap(Trap::null_exception_reference);
    return throw_from(r, exception);
  }
};

template <class D>
constexpr PlainTable make_references() {
  PlainTable table{};
  const auto add = [&]<class Body>(Op op, Body) {
    table[static_cast<std::size_t>(op)] = D::template handler<OutOfLine<Body>>();
  };
  const auto add_fast = [&]<class Body>(Op op, Body) {
    table[static_cast<std::size_t>(op)] = D::template handler<Body>();
  };
  add(Op::ref_func, RefFunc());
  add_fast(Op::ref_as_non_null, RefAsNonNull());
  add(Op::ref_test, RefTest());
  add(Op::ref_cast, RefCast());
  add_fast(Op::ref_i31, RefI31());
  add_fast(Op::i31_get_s, I31Get<true>());
  add_fast(Op::i31_get_u, I31Get<false>());
  add(Op::struct_new, StructNew());
  add(Op::struct_new_default, StructNewDefault());
  add_fast(Op::struct_get, StructGet());
  add_fast(Op::struct_get_s, StructGetPacked<true>());
  add_fast(Op::struct_get_u, StructGetPacked<false>());
  add_fast(Op::struct_set, StructSet());
  add(Op::array_new, ArrayNew());
  add(Op::array_new_default, ArrayNewDefault());
  add(Op::array_new_fixed, ArrayNewFixed());
  add(Op::array_new_data, ArrayNewData());
  add(Op::array_new_elem, ArrayNewElem());
  add(Op::array_get, ArrayGet());
  add(Op::array_get_s, ArrayGetPacked<true>());
  add(Op::array_get_u, ArrayGetPacked<false>());
  add(Op::array_set, ArraySet());
  add_fast(Op::array_len, ArrayLen());
  add(Op::array_fill, ArrayFill());
  add(Op::array_copy, ArrayCopy());
  add(Op::array_init_data, ArrayInitData());
  add(Op::array_init_elem, ArrayInitElem());
  add(Op::throw_, Throw());
  add(Op::throw_ref, ThrowRef());
  return table;
}
constexpr PlainTable tail = make_references<TailDispatch>();
constexpr PlainTable loop = make_references<LoopDispatch>();

}  // namespace

const PlainTable reference_handlers[2] = {tail, loop};

}  // namespace tenon::interp
