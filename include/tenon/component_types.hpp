// How C++ types pass as component values: what shape of component type each stands for, and how it is lifted from and
// lowered to the canonical ABI, straight between the C++ value and the guest's memory.
//
//   bool, std::int8_t .. std::uint64_t, float, double, char32_t     the types of these names (char32_t: char)
//   std::string, std::string_view                                   string
//   std::vector<T>, std::span<const T>                              list<T>
//   std::array<T, N>                                                list<T, N>
//   std::tuple<Ts...>, std::pair<A, B>                              tuple<Ts...>
//   aggregates of up to 16 members                                  record, member by member in order
//   std::variant<Ts...> (std::monostate: a case without a value)    variant, case by case in order
//   std::optional<T>                                                option<T>
//   std::expected<T, E>, tenon::Outcome<T, E>                       result<T, E> (void, std::monostate: no value)
//   enumerations                                                    enum, by number
//   std::bitset<N>                                                  flags
//   tenon::Own<T>, tenon::Borrow<T>                                 own and borrow (tenon/component_resources.hpp)
//   tenon::Stream<T>, tenon::Future<T>                              stream<T>, future<T> (tenon/component_async.hpp)
//
// Names of fields and cases are not compared: C++ has none to compare. A std::string_view or std::span parameter of a
// host function is a view into the guest's memory where its encoding allows, and valid for the call.
//
// Flat values are in 64-bit slots: i32 and f32 in the low half with the high half zero, so that the joined types of
// variants' cases need no conversion; lifting a narrower type just looks at fewer bits.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md
#pragma once

#include <array>
#include <bit>
#include <bitset>
#include <cstdint>
#include <cstring>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>
#include <version>
#if defined(__cpp_lib_expected)
#include <expected>
#endif

#include "tenon/component_values.hpp"
#include "tenon/direct_call.hpp"
#include "tenon/result.hpp"

namespace tenon {

namespace component {
struct ValueType;
struct FuncSignature;
}  // namespace component

// A result<T, E> where std::expected is not at hand. `void` for either: std::monostate.
template <class T, class E>
struct Outcome {
  std::variant<T, E> value;
  bool has_value() const noexcept { return value.index() == 0; }
};

namespace detail {

// --- Shapes --------------------------------------------------------------------------------------------------------

// The component type that a C++ type stands for, as far as C++ can say.
struct Shape {
  enum class Kind : std::uint8_t {
    bool_,
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
    char_,
    string,
    list,
    fixed_length_list,
    tuple,
    record,
    variant,
    option,
    result,
    enum_,
    flags,
    own,
    borrow,
    stream,
    future,
  };
  Kind kind = Kind::bool_;
  std::span<const Shape* const> members{};  // of tuples, records, variants (null: no value); ok and error of results
  const Shape* element = nullptr;           // of lists and options; of streams and futures (null: no value)
  std::uint32_t length = 0;                 // of fixed-length lists, and labels of flags
  const void* key = nullptr;                // of a resource of the host: what identifies its C++ type; else null
};
// "tuple<u32, string>".
std::string to_string(const Shape& shape);

// Whether values of the type hold handles or enums: those need to know their component type.
constexpr bool needs_type(const Shape& shape) noexcept {
  if (shape.kind >= Shape::Kind::own || shape.kind == Shape::Kind::enum_) return true;
  for (const Shape* member : shape.members) {
    if (member != nullptr && needs_type(*member)) return true;
  }
  return shape.element != nullptr && needs_type(*shape.element);
}

// --- The two sides -------------------------------------------------------------------------------------------------

struct AbiState;  // the library's

// One side of a call: the guest's memory and what goes with it. What fails is kept here, and all that follows does
// nothing of consequence: values are checked once, at the end.
struct AbiContext {
  std::uint8_t* memory = nullptr;
  std::uint64_t memory_size = 0;
  std::uint64_t lift_budget = 0;  // of the host's memory that lifted values may still take
  bool is_64 = false;             // addresses and sizes in the memory
  bool has_failed = false;
  AbiState* state = nullptr;
  std::deque<std::string>* scratch = nullptr;  // strings that views refer to; made when needed
  // The component type at hand, kept for what has handles or enums; nullptr: the parameters of `signature`.
  const component::ValueType* type = nullptr;
  const component::FuncSignature* signature = nullptr;

  unsigned pointer_size() const noexcept { return is_64 ? 8 : 4; }
};

// What the guest did wrong, and what the host did.
void abi_trap(AbiContext& context, std::string_view message) noexcept;
void abi_misuse(AbiContext& context, std::string_view message) noexcept;
// The bytes of `count` elements, checked: alignment, bounds, and what a list may have. nullptr after an error, or for
// none.
const std::uint8_t* abi_list(AbiContext& context, std::uint64_t pointer, std::uint64_t count, std::uint64_t size,
                             std::uint32_t alignment) noexcept;
// Memory of the host for `count` things that are lifted: guests may have many lists in one place, and hosts may not.
// Whether there is that much left.
bool abi_spend(AbiContext& context, std::uint64_t count, std::uint64_t size) noexcept;
// New memory by the guest's realloc, for no more than a list may have; updates `memory`. Its address, or 0 after an
// error.
std::uint64_t abi_allocate(AbiContext& context, std::uint64_t size, std::uint32_t alignment) noexcept;
// A string in the guest's memory: a view into it, or into the scratch.
std::string_view abi_lift_string(AbiContext& context, std::uint64_t pointer, std::uint64_t length) noexcept;
struct AbiRange {
  std::uint64_t pointer = 0;
  std::uint64_t length = 0;
};
AbiRange abi_lower_string(AbiContext& context, std::string_view text) noexcept;
// The type of a part of the type at hand: a field, a case's value, an element (0); and of the function's result.
const component::ValueType* abi_part(const AbiContext& context, std::uint32_t part) noexcept;
const component::ValueType* abi_result(const AbiContext& context) noexcept;
// How many cases the enum at hand has.
std::uint32_t abi_cases(const AbiContext& context) noexcept;
// Handles of the type at hand: resources, streams and futures.
component::Handle abi_lift_handle(AbiContext& context, std::uint32_t index) noexcept;
std::uint32_t abi_lower_handle(AbiContext& context, const component::Handle& handle) noexcept;

struct AbiLayout {
  std::uint32_t size;
  std::uint32_t alignment;
};
constexpr std::uint32_t align_up(std::uint32_t at, std::uint32_t alignment) noexcept {
  return (at + alignment - 1) & ~(alignment - 1);
}

template <class T>
T abi_load(const std::uint8_t* at) noexcept {
  static_assert(std::endian::native == std::endian::little, "Tenon's hosts are little-endian");
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}
template <class T>
void abi_store(std::uint8_t* at, T value) noexcept {
  std::memcpy(at, &value, sizeof(T));
}
inline std::uint64_t abi_load_pointer(const AbiContext& context, const std::uint8_t* at) noexcept {
  return context.is_64 ? abi_load<std::uint64_t>(at) : abi_load<std::uint32_t>(at);
}
inline void abi_store_range(const AbiContext& context, std::uint8_t* at, AbiRange range) noexcept {
  if (context.is_64) {
    abi_store(at, range.pointer);
    abi_store(at + 8, range.length);
  } else {
    abi_store(at, static_cast<std::uint32_t>(range.pointer));
    abi_store(at + 4, static_cast<std::uint32_t>(range.length));
  }
}

// How T passes. Each specialization has:
//   shape                  the component type
//   flat                   number of flat slots
//   layout(is_64)          size and alignment in memory
//   lift(context, slots)   from `flat` slots
//   lower(context, value, slots)
//   load(context, at)      from memory that was checked to be there
//   store(context, value, pointer)   likewise; by address, since storing may allocate and the memory may grow
template <class T>
struct Abi;

template <class T>
concept AbiType = requires { Abi<T>::flat; };

// While it lives, the type at hand is that of a part. Most types need not know theirs.
template <class T>
class AbiPart {
 public:
  AbiPart(AbiContext& context, std::uint32_t part) noexcept : context_(context), whole_(context.type) {
    if constexpr (needs_type(Abi<T>::shape)) context.type = abi_part(context, part);
  }
  AbiPart(const AbiPart&) = delete;
  AbiPart& operator=(const AbiPart&) = delete;
  ~AbiPart() {
    if constexpr (needs_type(Abi<T>::shape)) context_.type = whole_;
  }

 private:
  AbiContext& context_;
  const component::ValueType* whole_;
};

inline std::uint8_t* abi_at(AbiContext& context, std::uint64_t pointer) noexcept { return context.memory + pointer; }

// --- Numbers -------------------------------------------------------------------------------------------------------

template <class T, Shape::Kind of>
struct AbiInteger {
  static constexpr Shape shape{.kind = of};
  static constexpr unsigned flat = 1;
  static constexpr AbiLayout layout(bool) noexcept { return {sizeof(T), sizeof(T)}; }
  static T lift(AbiContext&, const std::uint64_t* slots) noexcept { return static_cast<T>(slots[0]); }
  static void lower(AbiContext&, T value, std::uint64_t* slots) noexcept {
    // Narrow signed integers are sign-extended to 32 bits.
    using Wide =
        std::conditional_t<(sizeof(T) < 4), std::conditional_t<std::is_signed_v<T>, std::int32_t, std::uint32_t>, T>;
    slots[0] = static_cast<std::make_unsigned_t<Wide>>(static_cast<Wide>(value));
  }
  static T load(AbiContext&, const std::uint8_t* at) noexcept { return abi_load<T>(at); }
  static void store(AbiContext& context, T value, std::uint64_t pointer) noexcept {
    abi_store(abi_at(context, pointer), value);
  }
};
template <>
struct Abi<std::int8_t> : AbiInteger<std::int8_t, Shape::Kind::s8> {};
template <>
struct Abi<std::uint8_t> : AbiInteger<std::uint8_t, Shape::Kind::u8> {};
template <>
struct Abi<std::int16_t> : AbiInteger<std::int16_t, Shape::Kind::s16> {};
template <>
struct Abi<std::uint16_t> : AbiInteger<std::uint16_t, Shape::Kind::u16> {};
template <>
struct Abi<std::int32_t> : AbiInteger<std::int32_t, Shape::Kind::s32> {};
template <>
struct Abi<std::uint32_t> : AbiInteger<std::uint32_t, Shape::Kind::u32> {};
template <>
struct Abi<std::int64_t> : AbiInteger<std::int64_t, Shape::Kind::s64> {};
template <>
struct Abi<std::uint64_t> : AbiInteger<std::uint64_t, Shape::Kind::u64> {};

template <>
struct Abi<bool> {
  static constexpr Shape shape{.kind = Shape::Kind::bool_};
  static constexpr unsigned flat = 1;
  static constexpr AbiLayout layout(bool) noexcept { return {1, 1}; }
  static bool lift(AbiContext&, const std::uint64_t* slots) noexcept {
    return static_cast<std::uint32_t>(slots[0]) != 0;
  }
  static void lower(AbiContext&, bool value, std::uint64_t* slots) noexcept { slots[0] = value ? 1 : 0; }
  static bool load(AbiContext&, const std::uint8_t* at) noexcept { return *at != 0; }
  static void store(AbiContext& context, bool value, std::uint64_t pointer) noexcept {
    *abi_at(context, pointer) = value ? 1 : 0;
  }
};

// All NaNs are one.
template <class T, class Bits, Shape::Kind of, Bits canonical_nan>
struct AbiFloat {
  static constexpr Shape shape{.kind = of};
  static constexpr unsigned flat = 1;
  static constexpr AbiLayout layout(bool) noexcept { return {sizeof(T), sizeof(T)}; }
  static Bits bits(T value) noexcept { return value != value ? canonical_nan : std::bit_cast<Bits>(value); }
  static T canonical(Bits from) noexcept { return std::bit_cast<T>(bits(std::bit_cast<T>(from))); }
  static T lift(AbiContext&, const std::uint64_t* slots) noexcept { return canonical(static_cast<Bits>(slots[0])); }
  static void lower(AbiContext&, T value, std::uint64_t* slots) noexcept { slots[0] = bits(value); }
  static T load(AbiContext&, const std::uint8_t* at) noexcept { return canonical(abi_load<Bits>(at)); }
  static void store(AbiContext& context, T value, std::uint64_t pointer) noexcept {
    abi_store(abi_at(context, pointer), bits(value));
  }
};
template <>
struct Abi<float> : AbiFloat<float, std::uint32_t, Shape::Kind::f32, 0x7FC0'0000> {};
template <>
struct Abi<double> : AbiFloat<double, std::uint64_t, Shape::Kind::f64, 0x7FF8'0000'0000'0000> {};

template <>
struct Abi<char32_t> {
  static constexpr Shape shape{.kind = Shape::Kind::char_};
  static constexpr unsigned flat = 1;
  static constexpr AbiLayout layout(bool) noexcept { return {4, 4}; }
  static constexpr bool is_scalar_value(std::uint32_t value) noexcept {
    return value < 0xD800 || (value > 0xDFFF && value < 0x11'0000);
  }
  static char32_t check(AbiContext& context, std::uint32_t value) noexcept {
    if (!is_scalar_value(value)) abi_trap(context, "invalid `char` bit pattern");
    return value;
  }
  static std::uint32_t check_own(AbiContext& context, char32_t value) noexcept {
    if (!is_scalar_value(value)) abi_misuse(context, "a Unicode scalar value was expected, found another char32_t");
    return value;
  }
  static char32_t lift(AbiContext& context, const std::uint64_t* slots) noexcept {
    return check(context, static_cast<std::uint32_t>(slots[0]));
  }
  static void lower(AbiContext& context, char32_t value, std::uint64_t* slots) noexcept {
    slots[0] = check_own(context, value);
  }
  static char32_t load(AbiContext& context, const std::uint8_t* at) noexcept {
    return check(context, abi_load<std::uint32_t>(at));
  }
  static void store(AbiContext& context, char32_t value, std::uint64_t pointer) noexcept {
    abi_store(abi_at(context, pointer), check_own(context, value));
  }
};

// --- Strings and lists ---------------------------------------------------------------------------------------------

// What both have in common: a pointer and a length. `Of` has lift_range(context, pointer, length) and
// lower_range(context, value).
template <class T, class Of>
struct AbiPointerAndLength {
  static constexpr unsigned flat = 2;
  static constexpr AbiLayout layout(bool is_64) noexcept { return is_64 ? AbiLayout{16, 8} : AbiLayout{8, 4}; }
  static T lift(AbiContext& context, const std::uint64_t* slots) {
    const auto word = [&](std::uint64_t slot) { return context.is_64 ? slot : static_cast<std::uint32_t>(slot); };
    return Of::lift_range(context, word(slots[0]), word(slots[1]));
  }
  static void lower(AbiContext& context, const T& value, std::uint64_t* slots) {
    const AbiRange range = Of::lower_range(context, value);
    slots[0] = range.pointer;
    slots[1] = range.length;
  }
  static T load(AbiContext& context, const std::uint8_t* at) {
    return Of::lift_range(context, abi_load_pointer(context, at),
                          abi_load_pointer(context, at + context.pointer_size()));
  }
  static void store(AbiContext& context, const T& value, std::uint64_t pointer) {
    const AbiRange range = Of::lower_range(context, value);
    if (!context.has_failed) abi_store_range(context, abi_at(context, pointer), range);
  }
};

template <class T>
struct AbiString : AbiPointerAndLength<T, AbiString<T>> {
  static constexpr Shape shape{.kind = Shape::Kind::string};
  static T lift_range(AbiContext& context, std::uint64_t pointer, std::uint64_t length) {
    const std::string_view text = abi_lift_string(context, pointer, length);
    if constexpr (std::is_same_v<T, std::string>) {
      if (!abi_spend(context, text.size(), 1)) return {};
    }
    return T(text);
  }
  static AbiRange lower_range(AbiContext& context, const T& value) { return abi_lower_string(context, value); }
};
template <>
struct Abi<std::string> : AbiString<std::string> {};
template <>
struct Abi<std::string_view> : AbiString<std::string_view> {};

// Types that lie in a guest's memory as they do in the host's.
template <class T>
concept AbiPlain = std::is_integral_v<T> && !std::is_same_v<T, bool> && !std::is_same_v<T, char32_t>;

template <class T, class Element>
struct AbiList : AbiPointerAndLength<T, AbiList<T, Element>> {
  static constexpr Shape shape{.kind = Shape::Kind::list, .element = &Abi<Element>::shape};
  static T lift_range(AbiContext& context, std::uint64_t pointer, std::uint64_t length) {
    const AbiLayout layout = Abi<Element>::layout(context.is_64);
    const std::uint8_t* at = abi_list(context, pointer, length, layout.size, layout.alignment);
    if (at == nullptr || !abi_spend(context, length, sizeof(Element))) return {};
    T list;
    if constexpr (AbiPlain<Element>) {
      list.resize(length);
      std::memcpy(list.data(), at, length * sizeof(Element));
    } else {
      list.reserve(length);
      const AbiPart<Element> part(context, 0);
      for (std::uint64_t i = 0; i < length && !context.has_failed; ++i) {
        list.push_back(Abi<Element>::load(context, at + i * layout.size));
      }
    }
    return list;
  }
  static AbiRange lower_range(AbiContext& context, const T& value) {
    const AbiLayout layout = Abi<Element>::layout(context.is_64);
    const std::uint64_t pointer = abi_allocate(context, value.size() * layout.size, layout.alignment);
    if (context.has_failed) return {};
    if constexpr (AbiPlain<Element>) {
      if (!value.empty()) std::memcpy(abi_at(context, pointer), value.data(), value.size() * sizeof(Element));
    } else {
      std::uint64_t at = pointer;
      const AbiPart<Element> part(context, 0);
      for (const auto& element : value) {
        Abi<Element>::store(context, element, at);
        if (context.has_failed) return {};
        at += layout.size;
      }
    }
    return {pointer, value.size()};
  }
};
template <class T>
struct Abi<std::vector<T>> : AbiList<std::vector<T>, T> {};

// A view into the guest's memory: host functions' parameters; and what the host lowers.
template <AbiPlain T>
struct Abi<std::span<const T>> : AbiPointerAndLength<std::span<const T>, Abi<std::span<const T>>> {
  static constexpr Shape shape{.kind = Shape::Kind::list, .element = &Abi<T>::shape};
  static std::span<const T> lift_range(AbiContext& context, std::uint64_t pointer, std::uint64_t length) {
    const std::uint8_t* at = abi_list(context, pointer, length, sizeof(T), sizeof(T));
    if (at == nullptr) return {};
    return {reinterpret_cast<const T*>(at), static_cast<std::size_t>(length)};
  }
  static AbiRange lower_range(AbiContext& context, std::span<const T> value) {
    return AbiList<std::span<const T>, T>::lower_range(context, value);
  }
};

// --- Tuples and records --------------------------------------------------------------------------------------------

// The members of a type that has some: a tuple of references to them. An aggregate's are found by decomposing it.
template <class T>
struct AnyMember {
  template <class Member>
    requires(!std::is_same_v<std::remove_cvref_t<Member>, T>)
  operator Member() const noexcept;  // NOLINT(google-explicit-constructor): stands for any initializer
};
template <class T, class... Members>
constexpr std::size_t count_members() {
  if constexpr (requires { T{Members{}..., AnyMember<T>{}}; }) {
    return count_members<T, Members..., AnyMember<T>>();
  } else {
    return sizeof...(Members);
  }
}

template <class T>
auto members_of(T& value) noexcept {
  constexpr std::size_t count = count_members<std::remove_const_t<T>>();
  static_assert(count >= 1 && count <= 16, "a record is an aggregate of 1 to 16 members");
#define TENON_MEMBERS(n, ...)     \
  if constexpr (count == (n)) {   \
    auto& [__VA_ARGS__] = value;  \
    return std::tie(__VA_ARGS__); \
  }
  TENON_MEMBERS(1, a)
  TENON_MEMBERS(2, a, b)
  TENON_MEMBERS(3, a, b, c)
  TENON_MEMBERS(4, a, b, c, d)
  TENON_MEMBERS(5, a, b, c, d, e)
  TENON_MEMBERS(6, a, b, c, d, e, f)
  TENON_MEMBERS(7, a, b, c, d, e, f, g)
  TENON_MEMBERS(8, a, b, c, d, e, f, g, h)
  TENON_MEMBERS(9, a, b, c, d, e, f, g, h, i)
  TENON_MEMBERS(10, a, b, c, d, e, f, g, h, i, j)
  TENON_MEMBERS(11, a, b, c, d, e, f, g, h, i, j, k)
  TENON_MEMBERS(12, a, b, c, d, e, f, g, h, i, j, k, l)
  TENON_MEMBERS(13, a, b, c, d, e, f, g, h, i, j, k, l, m)
  TENON_MEMBERS(14, a, b, c, d, e, f, g, h, i, j, k, l, m, n)
  TENON_MEMBERS(15, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o)
  TENON_MEMBERS(16, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)
#undef TENON_MEMBERS
}

// What tuples and records have in common. `To` makes a T of the members.
template <class T, Shape::Kind of, class... Members>
struct AbiProduct {
  static constexpr const Shape* member_shapes[] = {&Abi<Members>::shape...};
  static constexpr Shape shape{.kind = of, .members = member_shapes};
  static constexpr unsigned flat = (Abi<Members>::flat + ...);
  static constexpr AbiLayout layout(bool is_64) noexcept {
    AbiLayout all{0, 1};
    const auto append = [&](AbiLayout one) {
      all.size = align_up(all.size, one.alignment) + one.size;
      all.alignment = one.alignment > all.alignment ? one.alignment : all.alignment;
    };
    (append(Abi<Members>::layout(is_64)), ...);
    all.size = align_up(all.size, all.alignment);
    return all;
  }
  // Walks over the members: from one flat slot, or offset, to the next.
  struct Flat {
    unsigned at = 0;
    std::uint32_t part = 0;
    unsigned next(unsigned slots) noexcept { return std::exchange(at, at + slots); }
  };
  struct Offset {
    std::uint32_t at = 0;
    std::uint32_t part = 0;
    std::uint32_t next(AbiLayout one) noexcept {
      const std::uint32_t begin = align_up(at, one.alignment);
      at = begin + one.size;
      return begin;
    }
  };
  template <class Member>
  static Member lift_member(AbiContext& context, const std::uint64_t* slots, Flat& walk) {
    const AbiPart<Member> part(context, walk.part++);
    return Abi<Member>::lift(context, slots + walk.next(Abi<Member>::flat));
  }
  template <class Member>
  static Member load_member(AbiContext& context, const std::uint8_t* at, Offset& walk) {
    const AbiPart<Member> part(context, walk.part++);
    return Abi<Member>::load(context, at + walk.next(Abi<Member>::layout(context.is_64)));
  }
  static T lift(AbiContext& context, const std::uint64_t* slots) {
    Flat walk;
    return T{lift_member<Members>(context, slots, walk)...};
  }
  static T load(AbiContext& context, const std::uint8_t* at) {
    Offset walk;
    return T{load_member<Members>(context, at, walk)...};
  }
  static void lower_members(AbiContext& context, std::uint64_t* slots, const Members&... members) {
    Flat walk;
    const auto lower_one = [&]<class Member>(const Member& member) {
      const AbiPart<Member> part(context, walk.part++);
      Abi<Member>::lower(context, member, slots + walk.next(Abi<Member>::flat));
    };
    (lower_one.template operator()<Members>(members), ...);
  }
  static void store_members(AbiContext& context, std::uint64_t pointer, const Members&... members) {
    Offset walk;
    const auto store_one = [&]<class Member>(const Member& member) {
      const AbiPart<Member> part(context, walk.part++);
      const std::uint32_t offset = walk.next(Abi<Member>::layout(context.is_64));
      if (!context.has_failed) Abi<Member>::store(context, member, pointer + offset);
    };
    (store_one.template operator()<Members>(members), ...);
  }
};

template <class... Ts>
  requires(sizeof...(Ts) > 0)
struct Abi<std::tuple<Ts...>> : AbiProduct<std::tuple<Ts...>, Shape::Kind::tuple, Ts...> {
  using Base = AbiProduct<std::tuple<Ts...>, Shape::Kind::tuple, Ts...>;
  static void lower(AbiContext& context, const std::tuple<Ts...>& value, std::uint64_t* slots) {
    std::apply([&](const Ts&... members) { Base::lower_members(context, slots, members...); }, value);
  }
  static void store(AbiContext& context, const std::tuple<Ts...>& value, std::uint64_t pointer) {
    std::apply([&](const Ts&... members) { Base::store_members(context, pointer, members...); }, value);
  }
};
template <class A, class B>
struct Abi<std::pair<A, B>> : AbiProduct<std::pair<A, B>, Shape::Kind::tuple, A, B> {
  using Base = AbiProduct<std::pair<A, B>, Shape::Kind::tuple, A, B>;
  static void lower(AbiContext& context, const std::pair<A, B>& value, std::uint64_t* slots) {
    Base::lower_members(context, slots, value.first, value.second);
  }
  static void store(AbiContext& context, const std::pair<A, B>& value, std::uint64_t pointer) {
    Base::store_members(context, pointer, value.first, value.second);
  }
};

template <class T, class References>
struct AbiRecord;
template <class T, class... Members>
struct AbiRecord<T, std::tuple<Members&...>> : AbiProduct<T, Shape::Kind::record, Members...> {
  using Base = AbiProduct<T, Shape::Kind::record, Members...>;
  static void lower(AbiContext& context, const T& value, std::uint64_t* slots) {
    std::apply([&](const Members&... members) { Base::lower_members(context, slots, members...); }, members_of(value));
  }
  static void store(AbiContext& context, const T& value, std::uint64_t pointer) {
    std::apply([&](const Members&... members) { Base::store_members(context, pointer, members...); },
               members_of(value));
  }
};
// Set to true for an aggregate that is not to be taken as a record (a handle, a type with an `Abi` of its own).
template <class T>
inline constexpr bool is_no_record = false;
template <class T>
  requires(std::is_aggregate_v<T> && std::is_class_v<T> && !is_no_record<T>)
struct Abi<T> : AbiRecord<T, decltype(members_of(std::declval<T&>()))> {};

template <class T, std::size_t n>
  requires(n > 0)
struct Abi<std::array<T, n>> {
  static constexpr Shape shape{.kind = Shape::Kind::fixed_length_list, .element = &Abi<T>::shape, .length = n};
  static constexpr unsigned flat = static_cast<unsigned>(n) * Abi<T>::flat;
  static constexpr AbiLayout layout(bool is_64) noexcept {
    const AbiLayout one = Abi<T>::layout(is_64);
    return {static_cast<std::uint32_t>(n) * one.size, one.alignment};
  }
  static std::array<T, n> lift(AbiContext& context, const std::uint64_t* slots) {
    const AbiPart<T> part(context, 0);
    std::array<T, n> value{};
    for (std::size_t i = 0; i < n; ++i) value[i] = Abi<T>::lift(context, slots + i * Abi<T>::flat);
    return value;
  }
  static void lower(AbiContext& context, const std::array<T, n>& value, std::uint64_t* slots) {
    const AbiPart<T> part(context, 0);
    for (std::size_t i = 0; i < n; ++i) Abi<T>::lower(context, value[i], slots + i * Abi<T>::flat);
  }
  static std::array<T, n> load(AbiContext& context, const std::uint8_t* at) {
    const AbiPart<T> part(context, 0);
    std::array<T, n> value{};
    for (std::size_t i = 0; i < n; ++i) value[i] = Abi<T>::load(context, at + i * Abi<T>::layout(context.is_64).size);
    return value;
  }
  static void store(AbiContext& context, const std::array<T, n>& value, std::uint64_t pointer) {
    const AbiPart<T> part(context, 0);
    for (std::size_t i = 0; i < n && !context.has_failed; ++i) {
      Abi<T>::store(context, value[i], pointer + i * Abi<T>::layout(context.is_64).size);
    }
  }
};

// --- Variants ------------------------------------------------------------------------------------------------------

// A case without a value.
struct NoValue {
  static constexpr const Shape* shape_pointer = nullptr;
  static constexpr unsigned flat = 0;
  static constexpr AbiLayout layout(bool) noexcept { return {0, 1}; }
};
template <class T>
struct AbiCase : Abi<T> {
  static constexpr const Shape* shape_pointer = &Abi<T>::shape;
};
template <>
struct AbiCase<std::monostate> : NoValue {
  static std::monostate lift(AbiContext&, const std::uint64_t*) noexcept { return {}; }
  static void lower(AbiContext&, std::monostate, std::uint64_t*) noexcept {}
  static std::monostate load(AbiContext&, const std::uint8_t*) noexcept { return {}; }
  static void store(AbiContext&, std::monostate, std::uint64_t) noexcept {}
};

template <>
class AbiPart<std::monostate> {
 public:
  AbiPart(AbiContext&, std::uint32_t) noexcept {}
};

constexpr std::uint32_t discriminant_size(std::size_t cases) noexcept {
  return cases <= 0x100 ? 1 : (cases <= 0x1'0000 ? 2 : 4);
}
inline std::uint32_t load_discriminant(const std::uint8_t* at, std::uint32_t size) noexcept {
  return size == 1 ? *at : (size == 2 ? abi_load<std::uint16_t>(at) : abi_load<std::uint32_t>(at));
}
inline void store_discriminant(std::uint8_t* at, std::uint32_t size, std::uint32_t value) noexcept {
  std::memcpy(at, &value, size);
}

// What variants, options and results have in common: cases, of which a T holds one. `Of` has index(value),
// get<i>(value) and make<i>(payload).
template <class T, class Of, class... Cases>
struct AbiSum {
  static constexpr std::uint32_t count = sizeof...(Cases);
  static constexpr unsigned max_flat() noexcept {
    unsigned most = 0;
    ((most = AbiCase<Cases>::flat > most ? AbiCase<Cases>::flat : most), ...);
    return most;
  }
  static constexpr unsigned flat = 1 + max_flat();
  static constexpr std::uint32_t tag_size = discriminant_size(count);
  static constexpr AbiLayout payload(bool is_64) noexcept {
    AbiLayout most{0, 1};
    const auto include = [&](AbiLayout one) {
      most.size = one.size > most.size ? one.size : most.size;
      most.alignment = one.alignment > most.alignment ? one.alignment : most.alignment;
    };
    (include(AbiCase<Cases>::layout(is_64)), ...);
    return most;
  }
  static constexpr std::uint32_t payload_offset(bool is_64) noexcept {
    return align_up(tag_size, payload(is_64).alignment);
  }
  static constexpr AbiLayout layout(bool is_64) noexcept {
    const AbiLayout inner = payload(is_64);
    const std::uint32_t alignment = inner.alignment > tag_size ? inner.alignment : tag_size;
    return {align_up(payload_offset(is_64) + inner.size, alignment), alignment};
  }
  // Calls `f` with the number of the case as a constant.
  template <class F>
  static T with_case(AbiContext& context, std::uint32_t index, F&& f) {
    return with_case(context, index, f, std::make_index_sequence<count>());
  }
  template <class F, std::size_t... i>
  static T with_case(AbiContext& context, std::uint32_t index, F& f, std::index_sequence<i...>) {
    std::optional<T> made;
    const bool found = ((index == i && (made.emplace(f(std::integral_constant<std::size_t, i>())), true)) || ...);
    if (!found) {
      abi_trap(context, "invalid variant discriminant");
      made.emplace(f(std::integral_constant<std::size_t, 0>()));
    }
    return *std::move(made);
  }
  template <std::size_t i>
  using Case = std::tuple_element_t<i, std::tuple<Cases...>>;

  static T lift(AbiContext& context, const std::uint64_t* slots) {
    // For a wrong number, a first case of zeros.
    static constexpr std::uint64_t zeros[flat] = {};
    const auto index = static_cast<std::uint32_t>(slots[0]);
    const std::uint64_t* payload_slots = index < count ? slots + 1 : zeros;
    return with_case(context, index, [&](auto i) {
      const AbiPart<Case<i>> part(context, i);
      return Of::template make<i>(AbiCase<Case<i>>::lift(context, payload_slots));
    });
  }
  static T load(AbiContext& context, const std::uint8_t* at) {
    const std::uint32_t index = load_discriminant(at, tag_size);
    return with_case(context, index, [&](auto i) {
      const AbiPart<Case<i>> part(context, i);
      return Of::template make<i>(AbiCase<Case<i>>::load(context, at + payload_offset(context.is_64)));
    });
  }
  static void lower(AbiContext& context, const T& value, std::uint64_t* slots) {
    for (unsigned i = 1; i < flat; ++i) slots[i] = 0;
    const auto index = static_cast<std::uint32_t>(Of::index(value));
    slots[0] = index;
    each([&](auto i) {
      if (index != i) return;
      const AbiPart<Case<i>> part(context, i);
      AbiCase<Case<i>>::lower(context, Of::template get<i>(value), slots + 1);
    });
  }
  static void store(AbiContext& context, const T& value, std::uint64_t pointer) {
    const auto index = static_cast<std::uint32_t>(Of::index(value));
    store_discriminant(abi_at(context, pointer), tag_size, index);
    each([&](auto i) {
      if (index != i) return;
      const AbiPart<Case<i>> part(context, i);
      AbiCase<Case<i>>::store(context, Of::template get<i>(value), pointer + payload_offset(context.is_64));
    });
  }
  template <class F>
  static void each(F&& f) {
    [&]<std::size_t... i>(std::index_sequence<i...>) {
      (f(std::integral_constant<std::size_t, i>()), ...);
    }(std::make_index_sequence<count>());
  }
};

template <class... Ts>
struct Abi<std::variant<Ts...>> : AbiSum<std::variant<Ts...>, Abi<std::variant<Ts...>>, Ts...> {
  using T = std::variant<Ts...>;
  static constexpr const Shape* case_shapes[] = {AbiCase<Ts>::shape_pointer...};
  static constexpr Shape shape{.kind = Shape::Kind::variant, .members = case_shapes};
  static std::size_t index(const T& value) noexcept { return value.index(); }
  template <std::size_t i>
  static const auto& get(const T& value) noexcept {
    return *std::get_if<i>(&value);
  }
  template <std::size_t i, class Payload>
  static T make(Payload&& payload) {
    return T(std::in_place_index<i>, std::forward<Payload>(payload));
  }
};

template <class V>
struct Abi<std::optional<V>> : AbiSum<std::optional<V>, Abi<std::optional<V>>, std::monostate, V> {
  using T = std::optional<V>;
  static constexpr Shape shape{.kind = Shape::Kind::option, .element = &Abi<V>::shape};
  static std::size_t index(const T& value) noexcept { return value.has_value() ? 1 : 0; }
  template <std::size_t i>
  static decltype(auto) get(const T& value) noexcept {
    if constexpr (i == 0) {
      return std::monostate();
    } else {
      return (*value);
    }
  }
  template <std::size_t i, class Payload>
  static T make(Payload&& payload) {
    if constexpr (i == 0) {
      return std::nullopt;
    } else {
      return T(std::forward<Payload>(payload));
    }
  }
};

template <class T, class E>
struct Abi<Outcome<T, E>> : AbiSum<Outcome<T, E>, Abi<Outcome<T, E>>, T, E> {
  static constexpr const Shape* case_shapes[] = {AbiCase<T>::shape_pointer, AbiCase<E>::shape_pointer};
  static constexpr Shape shape{.kind = Shape::Kind::result, .members = case_shapes};
  static std::size_t index(const Outcome<T, E>& value) noexcept { return value.value.index(); }
  template <std::size_t i>
  static const auto& get(const Outcome<T, E>& value) noexcept {
    return *std::get_if<i>(&value.value);
  }
  template <std::size_t i, class Payload>
  static Outcome<T, E> make(Payload&& payload) {
    return {std::variant<T, E>(std::in_place_index<i>, std::forward<Payload>(payload))};
  }
};
template <class T, class E>
inline constexpr bool is_no_record<Outcome<T, E>> = true;

#if defined(__cpp_lib_expected)
template <class T>
using OrMonostate = std::conditional_t<std::is_void_v<T>, std::monostate, T>;
template <class V, class E>
struct Abi<std::expected<V, E>> : AbiSum<std::expected<V, E>, Abi<std::expected<V, E>>, OrMonostate<V>, E> {
  using T = std::expected<V, E>;
  static constexpr const Shape* case_shapes[] = {AbiCase<OrMonostate<V>>::shape_pointer, AbiCase<E>::shape_pointer};
  static constexpr Shape shape{.kind = Shape::Kind::result, .members = case_shapes};
  static std::size_t index(const T& value) noexcept { return value.has_value() ? 0 : 1; }
  template <std::size_t i>
  static decltype(auto) get(const T& value) noexcept {
    if constexpr (i == 1) {
      return (value.error());
    } else if constexpr (std::is_void_v<V>) {
      return std::monostate();
    } else {
      return (*value);
    }
  }
  template <std::size_t i, class Payload>
  static T make(Payload&& payload) {
    if constexpr (i == 1) {
      return T(std::unexpect, std::forward<Payload>(payload));
    } else if constexpr (std::is_void_v<V>) {
      return T();
    } else {
      return T(std::in_place, std::forward<Payload>(payload));
    }
  }
};
#endif

// --- Enumerations and flags ----------------------------------------------------------------------------------------

// The number of an enumeration's cases is not known to C++: its size in memory is that of the C++ type, which the
// library compares with the component type's (`length` is that size).
template <class T>
  requires std::is_enum_v<T>
struct Abi<T> {
  static constexpr Shape shape{.kind = Shape::Kind::enum_, .length = sizeof(T)};
  static constexpr unsigned flat = 1;
  static constexpr AbiLayout layout(bool) noexcept { return {sizeof(T), sizeof(T)}; }
  using Number = std::make_unsigned_t<std::underlying_type_t<T>>;
  static T check(AbiContext& context, std::uint32_t number) noexcept {
    if (!context.has_failed && number >= abi_cases(context)) abi_trap(context, "invalid variant discriminant");
    return context.has_failed ? T{} : static_cast<T>(number);
  }
  static Number check_own(AbiContext& context, T value) noexcept {
    const auto number = static_cast<Number>(value);
    if (!context.has_failed && number >= abi_cases(context)) abi_misuse(context, "an enum has no case of this number");
    return number;
  }
  static T lift(AbiContext& context, const std::uint64_t* slots) noexcept {
    return check(context, static_cast<std::uint32_t>(slots[0]));
  }
  static void lower(AbiContext& context, T value, std::uint64_t* slots) noexcept {
    slots[0] = check_own(context, value);
  }
  static T load(AbiContext& context, const std::uint8_t* at) noexcept { return check(context, abi_load<Number>(at)); }
  static void store(AbiContext& context, T value, std::uint64_t pointer) noexcept {
    abi_store(abi_at(context, pointer), check_own(context, value));
  }
};

template <std::size_t n>
  requires(n >= 1 && n <= 32)
struct Abi<std::bitset<n>> {
  static constexpr Shape shape{.kind = Shape::Kind::flags, .length = n};
  static constexpr unsigned flat = 1;
  static constexpr std::uint32_t size = n <= 8 ? 1 : (n <= 16 ? 2 : 4);
  static constexpr AbiLayout layout(bool) noexcept { return {size, size}; }
  static std::bitset<n> lift(AbiContext&, const std::uint64_t* slots) noexcept {
    return std::bitset<n>(static_cast<std::uint32_t>(slots[0]));
  }
  static void lower(AbiContext&, const std::bitset<n>& value, std::uint64_t* slots) noexcept {
    slots[0] = value.to_ullong();
  }
  static std::bitset<n> load(AbiContext&, const std::uint8_t* at) noexcept {
    return std::bitset<n>(load_discriminant(at, size));
  }
  static void store(AbiContext& context, const std::bitset<n>& value, std::uint64_t pointer) noexcept {
    store_discriminant(abi_at(context, pointer), size, static_cast<std::uint32_t>(value.to_ullong()));
  }
};

// --- Handles -------------------------------------------------------------------------------------------------------

// What the C++ classes of handles have in common: `T` is made of a component::Handle, and has one.
template <class T>
struct AbiHandle {
  static constexpr unsigned flat = 1;
  static constexpr AbiLayout layout(bool) noexcept { return {4, 4}; }
  static T lift(AbiContext& context, const std::uint64_t* slots) {
    return T(abi_lift_handle(context, static_cast<std::uint32_t>(slots[0])));
  }
  static void lower(AbiContext& context, const T& value, std::uint64_t* slots) {
    slots[0] = abi_lower_handle(context, value.handle());
  }
  static T load(AbiContext& context, const std::uint8_t* at) {
    return T(abi_lift_handle(context, abi_load<std::uint32_t>(at)));
  }
  static void store(AbiContext& context, const T& value, std::uint64_t pointer) {
    abi_store(abi_at(context, pointer), abi_lower_handle(context, value.handle()));
  }
};

// --- Whole parameter lists and results -----------------------------------------------------------------------------

inline constexpr unsigned max_flat_params = 16;
inline constexpr unsigned max_flat_results = 1;

// Numbers pass as they are: nothing is to be looked up, allocated or checked for them.
template <class... Ts>
inline constexpr bool are_numbers = ((std::is_arithmetic_v<Ts> && !std::is_same_v<Ts, char32_t>) && ...);

// The core value that a number is, in a register; and the way there and back.
template <class T>
struct CoreNumberOf {
  using type = std::conditional_t<std::is_floating_point_v<T>, T,
                                  std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>>;
};
template <>
struct CoreNumberOf<void> {
  using type = void;
};
template <class T>
using CoreNumber = typename CoreNumberOf<T>::type;
template <class T>
CoreNumber<T> to_core_number(T value) noexcept {
  AbiContext unused;
  std::uint64_t slot = 0;
  Abi<T>::lower(unused, value, &slot);
  if constexpr (std::is_floating_point_v<T>) {
    return std::bit_cast<T>(static_cast<std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>>(slot));
  } else {
    return static_cast<CoreNumber<T>>(slot);
  }
}
template <class T>
std::uint64_t slot_of(CoreNumber<T> value) noexcept {
  if constexpr (std::is_floating_point_v<T>) {
    return std::bit_cast<std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>>(value);
  } else {
    return value;
  }
}
template <class T>
T from_core_number(CoreNumber<T> value) noexcept {
  AbiContext unused;
  const std::uint64_t slot = slot_of<T>(value);
  return Abi<T>::lift(unused, &slot);
}
// Signatures of numbers, and of so few that they pass in registers.
template <class R, class... Args>
constexpr bool are_in_registers() noexcept {
  if constexpr ((std::is_void_v<R> || are_numbers<R>) && are_numbers<Args...>) {
    return pass_in_registers<CoreNumber<R>, CoreNumber<Args>...>;
  } else {
    return false;
  }
}
template <class R, class... Args>
inline constexpr bool numbers_in_registers = are_in_registers<R, Args...>();

// A function's parameters as one product.
template <class... Ts>
struct AbiParams {
  using Tuple = std::tuple<Ts...>;
  static constexpr unsigned flat = (Abi<Ts>::flat + ... + 0);
  static constexpr bool in_memory = flat > max_flat_params;
  static constexpr unsigned slots = in_memory ? 1 : flat;
};
template <class R>
struct AbiResults {
  static constexpr unsigned flat = Abi<R>::flat;
  static constexpr bool in_memory = flat > max_flat_results;
  static const Shape* shape() noexcept { return &Abi<R>::shape; }
};
template <>
struct AbiResults<void> {
  static constexpr unsigned flat = 0;
  static constexpr bool in_memory = false;
  static const Shape* shape() noexcept { return nullptr; }
};

}  // namespace detail
}  // namespace tenon
