// What the headers of the C++ library call and a program without that library must define itself: the ends of errors
// that Tenon excludes or treats as memory that is not there, and virtual functions' machinery.
#include <cstddef>
#include <memory_resource>

#include "os/region/region.hpp"

namespace std {

// A container that would be larger than any memory.
void __throw_length_error(const char*) { tenon::os::leave(); }
void __throw_bad_alloc() { tenon::os::leave(); }
void __throw_bad_array_new_length() { tenon::os::leave(); }
// Tenon's own mistakes.
void __throw_logic_error(const char*) { __builtin_trap(); }
void __throw_out_of_range_fmt(const char*, ...) { __builtin_trap(); }
void __throw_bad_optional_access() { __builtin_trap(); }

namespace pmr {

memory_resource::~memory_resource() = default;

// Every container of Tenon's is told where its memory comes from; one that is not has none.
memory_resource* get_default_resource() noexcept { __builtin_trap(); }

}  // namespace pmr

}  // namespace std

// Nothing is ever deleted; tables of virtual functions name it.
void operator delete(void*) noexcept { __builtin_trap(); }
void operator delete(void*, std::size_t) noexcept { __builtin_trap(); }

extern "C" [[noreturn]] void __cxa_pure_virtual() { __builtin_trap(); }
