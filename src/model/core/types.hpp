// Types of core WebAssembly as plain values.
// https://webassembly.github.io/spec/core/syntax/types.html
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/index.hpp"
#include "spec/limits.hpp"

namespace tenon::core {

using TypeIdx = Index<struct TypeTag>;
using FuncIdx = Index<struct FuncTag>;
using TableIdx = Index<struct TableTag>;
using MemoryIdx = Index<struct MemoryTag>;
using GlobalIdx = Index<struct GlobalTag>;
using TagIdx = Index<struct TagTag>;
using ElemIdx = Index<struct ElemTag>;
using DataIdx = Index<struct DataTag>;
using LocalIdx = Index<struct LocalTag>;
using LabelIdx = Index<struct LabelTag>;
using FieldIdx = Index<struct FieldTag>;

// An abstract heap type; the value is its code in the binary format.
enum class AbstractHeapType : std::uint8_t {
#define TENON_NUMBER_TYPE(name, code, text, feature)
#define TENON_PACKED_TYPE(name, code, text)
#define TENON_HEAP_TYPE(name, code, text, ref_text, top, bottom, feature) name = code,
#include "spec/valtypes.def"
#undef TENON_NUMBER_TYPE
#undef TENON_PACKED_TYPE
#undef TENON_HEAP_TYPE
};

// An abstract heap type or a defined type. Which index space a defined type's index belongs to depends on where the
// value stands: a module's own types as read, the engine's canonical types in the validator and the runtime.
class HeapType {
 public:
  constexpr HeapType() noexcept = default;
  constexpr HeapType(AbstractHeapType type) noexcept  // NOLINT(google-explicit-constructor)
      : bits_(static_cast<std::uint32_t>(type)) {}
  constexpr HeapType(TypeIdx index) noexcept
      : bits_(concrete_bit | index.value) {}  // NOLINT(google-explicit-constructor)
  constexpr bool is_concrete() const noexcept { return (bits_ & concrete_bit) != 0; }
  constexpr TypeIdx index() const noexcept { return TypeIdx(bits_ & ~concrete_bit); }
  constexpr AbstractHeapType abstract() const noexcept { return static_cast<AbstractHeapType>(bits_); }
  constexpr bool operator==(const HeapType&) const noexcept = default;

 private:
  friend class ValType;
  static constexpr std::uint32_t concrete_bit = 1U << 23;
  std::uint32_t bits_ = static_cast<std::uint32_t>(AbstractHeapType::func);
};
static_assert(limits::max_types < (1U << 23));

// A value type, a packed storage type (fields only), or `bottom` (the validator's unknown operand), in 32 bits, so that
// equality is one comparison. References are encoded as kind `ref` or `ref_null` with the heap type above the low byte.
class ValType {
 public:
  enum class Kind : std::uint8_t {
#define TENON_NUMBER_TYPE(name, code, text, feature) name = code,
#define TENON_PACKED_TYPE(name, code, text) name = code,
#define TENON_HEAP_TYPE(name, code, text, ref_text, top, bottom, feature)
#include "spec/valtypes.def"
#undef TENON_NUMBER_TYPE
#undef TENON_PACKED_TYPE
#undef TENON_HEAP_TYPE
    ref_null = 0x63,
    ref = 0x64,
    bottom = 0,
  };
  constexpr ValType() noexcept = default;
  constexpr ValType(Kind kind) noexcept
      : bits_(static_cast<std::uint32_t>(kind)) {}  // NOLINT(google-explicit-constructor)
  static constexpr ValType ref(HeapType heap, bool nullable) noexcept {
    ValType type(nullable ? Kind::ref_null : Kind::ref);
    type.bits_ |= heap.bits_ << 8;
    return type;
  }
  constexpr Kind kind() const noexcept { return static_cast<Kind>(bits_ & 0xFF); }
  constexpr bool is_ref() const noexcept { return kind() == Kind::ref || kind() == Kind::ref_null; }
  constexpr bool is_nullable() const noexcept { return kind() == Kind::ref_null; }
  constexpr bool is_packed() const noexcept { return kind() == Kind::i8 || kind() == Kind::i16; }
  constexpr bool is_number() const noexcept { return bits_ >= 0x7C && bits_ <= 0x7F; }
  constexpr bool is_vector() const noexcept { return kind() == Kind::v128; }
  constexpr bool is_bottom() const noexcept { return bits_ == 0; }
  // A type with a default value: every type but non-nullable references.
  constexpr bool is_defaultable() const noexcept { return kind() != Kind::ref; }
  constexpr HeapType heap() const noexcept {
    HeapType heap;
    heap.bits_ = bits_ >> 8;
    return heap;
  }
  // The same reference, without or with null.
  constexpr ValType as_non_null() const noexcept { return ref(heap(), false); }
  constexpr ValType as_nullable() const noexcept { return ref(heap(), true); }
  constexpr ValType unpacked() const noexcept { return is_packed() ? ValType(Kind::i32) : *this; }
  constexpr std::uint32_t bits() const noexcept { return bits_; }
  constexpr bool operator==(const ValType&) const noexcept = default;

 private:
  std::uint32_t bits_ = 0;
};

inline constexpr ValType i32 = ValType::Kind::i32;
inline constexpr ValType i64 = ValType::Kind::i64;
inline constexpr ValType f32 = ValType::Kind::f32;
inline constexpr ValType f64 = ValType::Kind::f64;
inline constexpr ValType v128 = ValType::Kind::v128;
inline constexpr ValType funcref = ValType::ref(AbstractHeapType::func, true);
inline constexpr ValType externref = ValType::ref(AbstractHeapType::extern_, true);
inline constexpr ValType anyref = ValType::ref(AbstractHeapType::any, true);
inline constexpr ValType eqref = ValType::ref(AbstractHeapType::eq, true);
inline constexpr ValType i31ref = ValType::ref(AbstractHeapType::i31, true);
inline constexpr ValType exnref = ValType::ref(AbstractHeapType::exn, true);

struct FuncType {
  std::span<const ValType> params;
  std::span<const ValType> results;
};

struct FieldType {
  ValType storage;  // may be packed
  bool is_mutable = false;
  constexpr bool operator==(const FieldType&) const noexcept = default;
};

enum class CompositeKind : std::uint8_t { func, struct_, array };

// A defined type: its composite type with its place in the subtype hierarchy.
struct SubType {
  CompositeKind kind = CompositeKind::func;
  bool is_final = true;
  bool is_shorthand = true;  // written without `sub` or `sub final`
  std::span<const TypeIdx> supertypes;
  FuncType func;                      // kind func
  std::span<const FieldType> fields;  // kind struct_, or the one element of kind array
};

// Types [first, first + size) of the module, defined together.
struct RecGroup {
  TypeIdx first;
  std::uint32_t size = 1;
  bool is_explicit = false;  // written with `rec`, even if of one type
};

// Sizes of memories (in pages) and tables (in elements); the address type is i64 where `is_64` is set.
struct Limits {
  std::uint64_t min = 0;
  std::optional<std::uint64_t> max;
  bool is_64 = false;
  bool is_shared = false;
  bool operator==(const Limits&) const noexcept = default;
};

struct MemoryType {
  Limits limits;
  std::uint32_t page_size_log2 = limits::default_page_size_log2;
  bool has_page_size = false;  // written out, even if it is the default
};

struct TableType {
  ValType element;
  Limits limits;
};

struct GlobalType {
  ValType value;
  bool is_mutable = false;
};

struct TagType {
  TypeIdx type;
};

// The address type of a memory or table.
constexpr ValType address_type(const Limits& limits) noexcept { return limits.is_64 ? i64 : i32; }

enum class ExternKind : std::uint8_t { func = 0, table = 1, memory = 2, global = 3, tag = 4 };

std::string_view to_string(ExternKind kind) noexcept;

// The type of an import: the field that `kind` names holds it.
struct ExternType {
  ExternKind kind = ExternKind::func;
  TypeIdx func;
  TableType table;
  MemoryType memory;
  GlobalType global;
  TagType tag;
};

}  // namespace tenon::core
