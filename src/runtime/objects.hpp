// Operations on structures and arrays that can trap, for compiled code: what the interpreter's handlers
// (interp/reference.cpp) do on slots of a frame. `value` and `values` are slots, two for a vector.
#pragma once

#include "runtime/heap.hpp"
#include "runtime/store.hpp"

namespace tenon::runtime {

// Elements take a power of two of bytes.
std::uint32_t element_size_log2(core::ValType storage) noexcept;

// What was made, or why it was not.
struct Made {
  Object* object = nullptr;
  Trap trap = Trap::heap_exhausted;
};

// `type` is canonical; without fields or a value, they have their defaults.
Made struct_new(Store& store, core::TypeIdx type, const Slot* fields);
Made array_new(Store& store, core::TypeIdx type, const Slot* value, std::uint32_t length);
Made array_new_fixed(Store& store, core::TypeIdx type, const Slot* values, std::uint32_t length);
Made array_new_data(Instance& instance, core::TypeIdx type, core::DataIdx data, std::uint32_t from,
                    std::uint32_t length);
Made array_new_elem(Instance& instance, core::TypeIdx type, core::ElemIdx elem, std::uint32_t from,
                    std::uint32_t length);

// The arrays may be null.
Trap array_fill(Array* array, std::uint32_t at, const Slot* value, std::uint32_t length) noexcept;
Trap array_copy(Array* to, std::uint32_t to_at, const Array* from, std::uint32_t from_at,
                std::uint32_t length) noexcept;
Trap array_init_data(Instance& instance, Array* array, std::uint32_t at, core::DataIdx data, std::uint32_t from,
                     std::uint32_t length) noexcept;
Trap array_init_elem(Instance& instance, Array* array, std::uint32_t at, core::ElemIdx elem, std::uint32_t from,
                     std::uint32_t length);

}  // namespace tenon::runtime
