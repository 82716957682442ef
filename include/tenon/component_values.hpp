// Values of the component model whose type is known at run time only: `tenon::component::Val`.
//
// A value is two words. Numbers, characters, flags, enumeration cases and `none` lie in it; the rest is behind a
// pointer to a block that is shared between copies and never changes once shared, so that copying any value costs an
// increment. A list of numbers is one run of bytes as they lie in memory, not a value for each: `list<u8>` is bytes. A
// value does not know its type: fields have no labels, and cases are numbers. Whoever reads or prints it has the type
// at hand; its text form is WAVE.
//
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#type-definitions
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace tenon::component {

// What stands in a value. Tuples are records; enumerations, options and results are variants (none and ok are case 0);
// maps are lists of records of two.
enum class ValKind : std::uint8_t {
  boolean,
  s8,
  u8,
  s16,
  u16,
  s32,
  u32,
  s64,
  u64,
  f32,
  f64,
  character,
  string,
  list,
  record,
  variant,
  flags,
  handle,
};

class Val;

// What a handle in a value keeps alive: a resource that nobody has dropped or taken, the readable end of a stream or
// future, an error context. Who makes handles derives from it; the last copy of the value lets go of it.
struct HandleOwner {
  const void* kind = nullptr;  // tells its maker which class it is
  virtual ~HandleOwner() = default;
};

// A resource's representation, or what stands for a stream, future or error context. Two handles are equal when both
// members are.
struct Handle {
  std::uint64_t rep = 0;
  std::shared_ptr<HandleOwner> owner;  // may be empty: of borrows, and while a value is on its way between instances
  bool operator==(const Handle&) const = default;
};

class Val {
 public:
  Val() noexcept = default;  // false
  Val(const Val& other) noexcept : kind_(other.kind_), is_shared_(other.is_shared_), index_(other.index_) {
    bits_ = other.bits_;
    if (is_shared_) retain();
  }
  // What was moved from is false.
  Val(Val&& other) noexcept
      : kind_(std::exchange(other.kind_, ValKind::boolean)),
        is_shared_(std::exchange(other.is_shared_, false)),
        index_(std::exchange(other.index_, 0)),
        bits_(std::exchange(other.bits_, 0)) {}
  Val& operator=(Val other) noexcept {
    std::swap(kind_, other.kind_);
    std::swap(is_shared_, other.is_shared_);
    std::swap(index_, other.index_);
    std::swap(bits_, other.bits_);
    return *this;
  }
  ~Val() {
    if (is_shared_) release();
  }

  static Val boolean(bool value) noexcept { return Val(ValKind::boolean, value ? 1 : 0); }
  static Val character(char32_t value) noexcept { return Val(ValKind::character, value); }
  static Val s8(std::int8_t value) noexcept { return Val(ValKind::s8, static_cast<std::uint64_t>(value)); }
  static Val u8(std::uint8_t value) noexcept { return Val(ValKind::u8, value); }
  static Val s16(std::int16_t value) noexcept { return Val(ValKind::s16, static_cast<std::uint64_t>(value)); }
  static Val u16(std::uint16_t value) noexcept { return Val(ValKind::u16, value); }
  static Val s32(std::int32_t value) noexcept { return Val(ValKind::s32, static_cast<std::uint64_t>(value)); }
  static Val u32(std::uint32_t value) noexcept { return Val(ValKind::u32, value); }
  static Val s64(std::int64_t value) noexcept { return Val(ValKind::s64, static_cast<std::uint64_t>(value)); }
  static Val u64(std::uint64_t value) noexcept { return Val(ValKind::u64, value); }
  static Val f32(float value) noexcept { return Val(ValKind::f32, std::bit_cast<std::uint32_t>(value)); }
  static Val f64(double value) noexcept { return Val(ValKind::f64, std::bit_cast<std::uint64_t>(value)); }
  // UTF-8; what is not is refused where the value is lowered.
  static Val string(std::string_view text);
  static Val list(std::span<const Val> items);
  // A list of numbers or of bools, as its elements lie in memory (little-endian); `bytes` are a multiple of `element`'s
  // size, or the list is refused where it is lowered. bool elements are bytes 0 and 1.
  static Val packed(ValKind element, std::span<const std::uint8_t> bytes);
  template <class T>
    requires std::is_arithmetic_v<T>
  static Val packed(std::span<const T> items) {
    return packed(kind_of<T>(), {reinterpret_cast<const std::uint8_t*>(items.data()), items.size_bytes()});
  }
  // Room for a list, string or record to be filled in by the caller before the value is shared.
  static Val packed_buffer(ValKind element, std::size_t bytes, std::span<std::uint8_t>& buffer);
  static Val string_buffer(std::size_t bytes, std::span<char>& buffer);
  static Val list_buffer(std::size_t items, std::span<Val>& buffer);
  static Val record_buffer(std::size_t fields, std::span<Val>& buffer);
  static Val record(std::span<const Val> fields);  // and tuples
  static Val variant(std::uint32_t index) noexcept { return Val(ValKind::variant, std::uint64_t{0}, index); }
  static Val variant(std::uint32_t index, Val payload);
  static Val enumeration(std::uint32_t index) noexcept { return variant(index); }
  static Val none() noexcept { return variant(0); }
  static Val some(Val value) { return variant(1, std::move(value)); }
  static Val ok() noexcept { return variant(0); }
  static Val ok(Val value) { return variant(0, std::move(value)); }
  static Val error() noexcept { return variant(1); }
  static Val error(Val value) { return variant(1, std::move(value)); }
  static Val flags(std::uint32_t bits) noexcept { return Val(ValKind::flags, bits); }  // the first label is bit 0
  static Val handle(Handle handle);                                                    // own, borrow, stream, ...

  ValKind kind() const noexcept { return kind_; }
  // What lies in the value itself; the caller has looked at `kind`.
  bool boolean() const noexcept { return bits_ != 0; }
  std::int64_t signed_integer() const noexcept { return static_cast<std::int64_t>(bits_); }  // s8 to s64
  std::uint64_t unsigned_integer() const noexcept { return bits_; }                          // u8 to u64
  float f32() const noexcept { return std::bit_cast<float>(static_cast<std::uint32_t>(bits_)); }
  double f64() const noexcept { return std::bit_cast<double>(bits_); }
  char32_t character() const noexcept { return static_cast<char32_t>(bits_); }
  std::uint32_t flags() const noexcept { return static_cast<std::uint32_t>(bits_); }
  std::uint32_t index() const noexcept { return index_; }  // of a variant's case
  bool has_payload() const noexcept { return kind_ == ValKind::variant && is_shared_; }
  const Val& payload() const noexcept { return items_span()[0]; }  // of a variant that has one

  // What lies behind it; views hold as long as the value, or a copy of it.
  std::string_view string() const noexcept;
  std::span<const Val> fields() const noexcept { return items_span(); }  // of a record
  // Lists: elements as values, or as bytes.
  std::size_t size() const noexcept;
  Val operator[](std::size_t item) const noexcept;
  bool is_packed() const noexcept { return kind_ == ValKind::list && index_ != 0; }
  ValKind packed_kind() const noexcept { return static_cast<ValKind>(index_ - 1); }
  std::span<const std::uint8_t> packed_bytes() const noexcept;
  std::span<const Val> items() const noexcept { return items_span(); }  // of a list that is not packed
  const Handle& handle() const noexcept;

  // The bits of a number, a bool, a character or flags, and the value of them.
  std::uint64_t bits() const noexcept { return bits_; }
  static Val from_bits(ValKind kind, std::uint64_t bits) noexcept { return Val(kind, bits); }

  // The same value of the same type; a NaN equals itself when the bits do. Packed and unpacked lists are equal when
  // their elements are.
  bool operator==(const Val& other) const noexcept;

  template <class T>
  static constexpr ValKind kind_of() noexcept {
    if constexpr (std::same_as<T, bool>) {
      return ValKind::boolean;
    } else if constexpr (std::same_as<T, float>) {
      return ValKind::f32;
    } else if constexpr (std::same_as<T, double>) {
      return ValKind::f64;
    } else {
      constexpr unsigned log2 = std::countr_zero(sizeof(T));
      return static_cast<ValKind>(static_cast<unsigned>(ValKind::s8) + 2 * log2 + (std::is_unsigned_v<T> ? 1 : 0));
    }
  }

 private:
  struct Block;
  Val(ValKind kind, std::uint64_t bits, std::uint32_t index = 0) noexcept : kind_(kind), index_(index), bits_(bits) {}
  Val(ValKind kind, Block* block, std::uint32_t index) noexcept
      : kind_(kind), is_shared_(true), index_(index), bits_(reinterpret_cast<std::uintptr_t>(block)) {}
  Block* block() const noexcept { return std::bit_cast<Block*>(static_cast<std::uintptr_t>(bits_)); }
  void retain() const noexcept;
  void release() noexcept;
  std::span<const Val> items_span() const noexcept;

  ValKind kind_ = ValKind::boolean;
  bool is_shared_ = false;   // there is a block
  std::uint32_t index_ = 0;  // a variant's case; of a list: 0, or 1 + the kind of its packed elements
  std::uint64_t bits_ = 0;   // the value, or the address of its block
};

}  // namespace tenon::component
