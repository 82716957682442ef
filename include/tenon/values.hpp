// Value types and values of core WebAssembly as the host sees them.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "tenon/result.hpp"

namespace tenon {

class Store;
class Engine;

// A value type: a number, a vector, or a reference. Defined types (`(ref $t)`) belong to the engine that made them.
class ValType {
 public:
  constexpr ValType() noexcept = default;
  static constexpr ValType i32() noexcept { return ValType(0x7F); }
  static constexpr ValType i64() noexcept { return ValType(0x7E); }
  static constexpr ValType f32() noexcept { return ValType(0x7D); }
  static constexpr ValType f64() noexcept { return ValType(0x7C); }
  static constexpr ValType v128() noexcept { return ValType(0x7B); }
  static constexpr ValType funcref() noexcept { return nullable(0x70); }
  static constexpr ValType externref() noexcept { return nullable(0x6F); }
  static constexpr ValType anyref() noexcept { return nullable(0x6E); }
  static constexpr ValType eqref() noexcept { return nullable(0x6D); }
  static constexpr ValType i31ref() noexcept { return nullable(0x6C); }
  static constexpr ValType structref() noexcept { return nullable(0x6B); }
  static constexpr ValType arrayref() noexcept { return nullable(0x6A); }
  static constexpr ValType exnref() noexcept { return nullable(0x69); }

  constexpr bool is_ref() const noexcept { return (bits_ & 0xFF) == 0x63 || (bits_ & 0xFF) == 0x64; }
  constexpr bool is_nullable() const noexcept { return (bits_ & 0xFF) == 0x63; }
  constexpr bool is_vector() const noexcept { return bits_ == 0x7B; }
  // As the text format writes it; a defined type by its number in the engine.
  std::string to_string() const;
  constexpr std::uint32_t bits() const noexcept { return bits_; }
  static constexpr ValType from_bits(std::uint32_t bits) noexcept { return ValType(bits); }
  constexpr bool operator==(const ValType&) const noexcept = default;

 private:
  constexpr explicit ValType(std::uint32_t bits) noexcept : bits_(bits) {}
  static constexpr ValType nullable(std::uint32_t heap) noexcept { return ValType(0x63 | heap << 8); }
  std::uint32_t bits_ = 0;
};

struct FuncType {
  std::vector<ValType> params;
  std::vector<ValType> results;
  bool operator==(const FuncType&) const = default;
  // "[i32 i64] -> [f32]"
  std::string to_string() const;
};

struct Vector128 {
  alignas(16) std::uint8_t bytes[16] = {};
  bool operator==(const Vector128&) const noexcept = default;
};

namespace detail {
struct StoreBlock;
struct RootCell;
struct HostBox;
template <class T>
struct TypeKey {
  static constexpr char key = 0;
};
}  // namespace detail

// A reference to something in a store: a function, an object of the garbage-collected heap, an i31, a host value, or
// null. Copies share; what is referred to stays alive as long as a copy does, or until its store ends.
class Ref {
 public:
  Ref() noexcept = default;  // null
  bool is_null() const noexcept { return cell_ == nullptr; }
  bool is_i31() const noexcept;
  // The value of an i31 reference; 0 for any other.
  std::uint32_t i31_u() const noexcept;
  std::int32_t i31_s() const noexcept;
  static Ref i31(Store& store, std::uint32_t value);

  // What kind of thing is referred to.
  enum class Kind : std::uint8_t { null, func, i31, struct_, array, exception, host };
  Kind kind() const noexcept;
  // The same thing?
  bool operator==(const Ref& other) const noexcept;

  // A new reference to a host value of any movable type: an externref.
  template <class T>
  static Result<Ref> host(Store& store, T value);
  // The host value, if this refers to one of type T; else nullptr.
  template <class T>
  T* get() const noexcept;

 private:
  friend struct detail::StoreBlock;
  explicit Ref(std::shared_ptr<detail::RootCell> cell) noexcept : cell_(std::move(cell)) {}
  static Result<Ref> make_host(Store& store, std::unique_ptr<detail::HostBox> box);
  detail::HostBox* host_box() const noexcept;
  std::shared_ptr<detail::RootCell> cell_;
};

namespace detail {
struct HostBox {
  const void* key;
  explicit HostBox(const void* type_key) noexcept : key(type_key) {}
  HostBox(const HostBox&) = delete;
  HostBox& operator=(const HostBox&) = delete;
  virtual ~HostBox() = default;
};
template <class T>
struct HostBoxOf final : HostBox {
  T value;
  explicit HostBoxOf(T v) : HostBox(&TypeKey<T>::key), value(std::move(v)) {}
};
}  // namespace detail

template <class T>
Result<Ref> Ref::host(Store& store, T value) {
  return make_host(store, std::make_unique<detail::HostBoxOf<T>>(std::move(value)));
}

template <class T>
T* Ref::get() const noexcept {
  detail::HostBox* box = host_box();
  return box != nullptr && box->key == &detail::TypeKey<T>::key ? &static_cast<detail::HostBoxOf<T>*>(box)->value
                                                                : nullptr;
}

// A value with its type, for hosts that learn the types at run time.
class Val {
 public:
  Val() noexcept : Val(std::int32_t{0}) {}
  Val(std::int32_t v) noexcept : type_(ValType::i32()), low_(static_cast<std::uint32_t>(v)) {}
  Val(std::uint32_t v) noexcept : type_(ValType::i32()), low_(v) {}
  Val(std::int64_t v) noexcept : type_(ValType::i64()), low_(static_cast<std::uint64_t>(v)) {}
  Val(std::uint64_t v) noexcept : type_(ValType::i64()), low_(v) {}
  Val(float v) noexcept : type_(ValType::f32()), low_(std::bit_cast<std::uint32_t>(v)) {}
  Val(double v) noexcept : type_(ValType::f64()), low_(std::bit_cast<std::uint64_t>(v)) {}
  Val(const Vector128& v) noexcept : type_(ValType::v128()) {
    std::memcpy(&low_, v.bytes, 8);
    std::memcpy(&high_, v.bytes + 8, 8);
  }
  Val(ValType type, Ref ref) noexcept : type_(type), ref_(std::move(ref)) {}
  // Numbers by their bits; `type` is a number type.
  static Val from_bits(ValType type, std::uint64_t low, std::uint64_t high = 0) noexcept {
    Val val;
    val.type_ = type;
    val.low_ = low;
    val.high_ = high;
    return val;
  }

  ValType type() const noexcept { return type_; }
  std::int32_t i32() const noexcept { return static_cast<std::int32_t>(low_); }
  std::int64_t i64() const noexcept { return static_cast<std::int64_t>(low_); }
  float f32() const noexcept { return std::bit_cast<float>(static_cast<std::uint32_t>(low_)); }
  double f64() const noexcept { return std::bit_cast<double>(low_); }
  Vector128 v128() const noexcept {
    Vector128 v;
    std::memcpy(v.bytes, &low_, 8);
    std::memcpy(v.bytes + 8, &high_, 8);
    return v;
  }
  const Ref& ref() const noexcept { return ref_; }
  std::uint64_t low_bits() const noexcept { return low_; }
  std::uint64_t high_bits() const noexcept { return high_; }

 private:
  ValType type_;
  std::uint64_t low_ = 0;
  std::uint64_t high_ = 0;
  Ref ref_;
};

// A value from its text, in the notation of WAVE: 7, -1, 1.5, nan, -inf; a vector as its four u32 lanes, (1, 2, 3, 4);
// null. Errors: usage, with what was expected.
Result<Val> parse_value(ValType type, std::string_view text);
// The same the other way; a reference to something is shown by what it refers to, "<func>".
std::string to_string(const Val& value);
// The values of "1, (2, 3, 4, 5), 6", one for each type.
Result<std::vector<Val>> parse_values(const std::vector<ValType>& types, std::string_view text);

namespace detail {

// How a C++ type passes as a core value: its value type, and its conversion to and from one slot (two for vectors).
template <class T>
struct CoreValue;
template <class T, ValType (*value_type)()>
struct IntegerCoreValue {
  static ValType type() noexcept { return value_type(); }
  static constexpr unsigned slots = 1;
  static void store(std::uint64_t* slot, T value) noexcept { *slot = static_cast<std::make_unsigned_t<T>>(value); }
  static T load(const std::uint64_t* slot) noexcept { return static_cast<T>(*slot); }
};
template <>
struct CoreValue<std::int32_t> : IntegerCoreValue<std::int32_t, ValType::i32> {};
template <>
struct CoreValue<std::uint32_t> : IntegerCoreValue<std::uint32_t, ValType::i32> {};
template <>
struct CoreValue<std::int64_t> : IntegerCoreValue<std::int64_t, ValType::i64> {};
template <>
struct CoreValue<std::uint64_t> : IntegerCoreValue<std::uint64_t, ValType::i64> {};
template <>
struct CoreValue<float> {
  static ValType type() noexcept { return ValType::f32(); }
  static constexpr unsigned slots = 1;
  static void store(std::uint64_t* slot, float value) noexcept { *slot = std::bit_cast<std::uint32_t>(value); }
  static float load(const std::uint64_t* slot) noexcept {
    return std::bit_cast<float>(static_cast<std::uint32_t>(*slot));
  }
};
template <>
struct CoreValue<double> {
  static ValType type() noexcept { return ValType::f64(); }
  static constexpr unsigned slots = 1;
  static void store(std::uint64_t* slot, double value) noexcept { *slot = std::bit_cast<std::uint64_t>(value); }
  static double load(const std::uint64_t* slot) noexcept { return std::bit_cast<double>(*slot); }
};
template <>
struct CoreValue<Vector128> {
  static ValType type() noexcept { return ValType::v128(); }
  static constexpr unsigned slots = 2;
  static void store(std::uint64_t* slot, const Vector128& value) noexcept { std::memcpy(slot, value.bytes, 16); }
  static Vector128 load(const std::uint64_t* slot) noexcept {
    Vector128 value;
    std::memcpy(value.bytes, slot, 16);
    return value;
  }
};

template <class T>
concept CoreType = requires { CoreValue<T>::slots; };

// The results of a function: void, one value, or a tuple.
template <class R>
struct CoreResults {
  static std::vector<ValType> types() { return {CoreValue<R>::type()}; }
  static constexpr unsigned slots = CoreValue<R>::slots;
  static R load(const std::uint64_t* frame) noexcept { return CoreValue<R>::load(frame); }
  static void store(std::uint64_t* frame, const R& value) noexcept { CoreValue<R>::store(frame, value); }
};
template <>
struct CoreResults<void> {
  static std::vector<ValType> types() { return {}; }
  static constexpr unsigned slots = 0;
};
template <class... Rs>
struct CoreResults<std::tuple<Rs...>> {
  static std::vector<ValType> types() { return {CoreValue<Rs>::type()...}; }
  static constexpr unsigned slots = (CoreValue<Rs>::slots + ... + 0);
  static std::tuple<Rs...> load(const std::uint64_t* frame) noexcept {
    unsigned at = 0;
    const auto next = [&]<class R>(std::type_identity<R>) {
      const std::uint64_t* slot = frame + at;
      at += CoreValue<R>::slots;
      return CoreValue<R>::load(slot);
    };
    return std::tuple<Rs...>{next(std::type_identity<Rs>{})...};
  }
  static void store(std::uint64_t* frame, const std::tuple<Rs...>& values) noexcept {
    unsigned at = 0;
    std::apply(
        [&](const Rs&... value) { ((CoreValue<Rs>::store(frame + at, value), at += CoreValue<Rs>::slots), ...); },
        values);
  }
};

}  // namespace detail
}  // namespace tenon
