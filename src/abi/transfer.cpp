#include "abi/transfer.hpp"

#include <algorithm>
#include <cstring>

#include "abi/layout.hpp"
#include "abi/lift.hpp"
#include "abi/lower.hpp"
#include "abi/strings.hpp"
#include "abi/traps.hpp"

namespace tenon::component {

namespace {

// Both contexts; types of the source and the target are `s` and `t`, addresses `from` and `to`.
struct Transfer {
  LiftLowerContext& source;
  LiftLowerContext& target;

  Result<void> copy(std::uint64_t from, const ValueType& s, std::uint64_t to, const ValueType& t);
  Result<void> copy_flat(const std::uint64_t*& from, const ValueType& s, std::uint64_t*& to, const ValueType& t);
  // Core values to memory and the other way.
  Result<void> store_flat(const std::uint64_t*& from, const ValueType& s, std::uint64_t to, const ValueType& t);
  Result<void> load_flat(std::uint64_t from, const ValueType& s, std::uint64_t*& to, const ValueType& t);
  Result<void> elements(std::uint64_t from, const ValueType& s, std::uint64_t to, const ValueType& t,
                        std::uint64_t length);

 private:
  Result<std::uint64_t> word(std::uint64_t bits, const ValueType& s, const ValueType& t);
  Result<StringRange> range(StringRange from, const ValueType& s, const ValueType& t);
  Result<StringRange> list(StringRange from, const ValueType& s, const ValueType& t);
  Result<void> fields(std::uint64_t from, const ValueType& s, std::uint64_t to, const ValueType& t);
};

bool is_word(const ValueType& type) noexcept {
  switch (type.kind) {
    case TypeKind::primitive: return type.primitive != Primitive::string;
    case TypeKind::flags:
    case TypeKind::own:
    case TypeKind::borrow:
    case TypeKind::stream:
    case TypeKind::future: return true;
    default: return false;
  }
}

bool is_range(const ValueType& type) noexcept {
  return type.kind == TypeKind::list || type.kind == TypeKind::map || type.kind == TypeKind::primitive;
}

std::uint64_t as_pointer(const LiftLowerContext& cx, std::uint64_t slot) noexcept {
  return cx.is_memory64 ? slot : static_cast<std::uint32_t>(slot);
}

// A value that is one core value, from its bits; as an i32 or i64 with the bits above its width clear, or extended.
Result<std::uint64_t> Transfer::word(std::uint64_t bits, const ValueType& s, const ValueType& t) {
  if (is_number(s)) return number_bits(bits, s.primitive);
  if (s.kind == TypeKind::flags) return bits & ((std::uint64_t{1} << s.labels.size()) - 1);
  if (s.kind == TypeKind::primitive && s.primitive == Primitive::char_) {
    auto value = check_char(bits);
    if (!value) return std::move(value).error();
    return std::uint64_t{*value};
  }
  auto handle = source.lift_handle(s, static_cast<std::uint32_t>(bits));
  if (!handle) return std::move(handle).error();
  auto index = target.lower_handle(t, *handle);
  if (!index) return std::move(index).error();
  return std::uint64_t{*index};
}

Result<StringRange> Transfer::list(StringRange from, const ValueType& s, const ValueType& t) {
  const std::uint64_t length = from.tagged_code_units;
  auto pointer = place_list(source, from, s, target, t);
  if (!pointer) return std::move(pointer).error();
  if (s.kind == TypeKind::list) {
    auto copied = elements(from.pointer, *s.element, *pointer, *t.element, length);
    if (!copied) return std::move(copied).error();
    return StringRange{*pointer, length};
  }
  const std::uint64_t source_size = element_layout(s, source.is_memory64).size;
  const std::uint64_t target_size = element_layout(t, target.is_memory64).size;
  for (std::uint64_t i = 0; i < length; ++i) {
    auto copied = fields(from.pointer + i * source_size, s, *pointer + i * target_size, t);
    if (!copied) return std::move(copied).error();
  }
  return StringRange{*pointer, length};
}

Result<StringRange> Transfer::range(StringRange from, const ValueType& s, const ValueType& t) {
  if (s.kind != TypeKind::primitive) return list(from, s, t);
  auto view = check_string(source, from);
  if (!view) return std::move(view).error();
  return store_string_into_range(target, *view);
}

Result<void> Transfer::elements(std::uint64_t from, const ValueType& s, std::uint64_t to, const ValueType& t,
                                std::uint64_t length) {
  const std::uint64_t source_size = source.layout(s).size;
  const std::uint64_t target_size = target.layout(t).size;
  if (is_plain(s, source.is_memory64)) {
    if (length != 0) std::memmove(target.memory.data() + to, source.memory.data() + from, length * source_size);
    return {};
  }
  for (std::uint64_t i = 0; i < length; ++i) {
    if (auto copied = copy(from + i * source_size, s, to + i * target_size, t); !copied) return copied;
  }
  return {};
}

Result<void> Transfer::fields(std::uint64_t from, const ValueType& s, std::uint64_t to, const ValueType& t) {
  for (std::uint32_t i = 0, n = field_count(s); i < n; ++i) {
    const ValueType& source_field = field_type(s, i);
    const ValueType& target_field = field_type(t, i);
    from = align_to(from, source.layout(source_field).alignment);
    to = align_to(to, target.layout(target_field).alignment);
    if (auto copied = copy(from, source_field, to, target_field); !copied) return copied;
    from += source.layout(source_field).size;
    to += target.layout(target_field).size;
  }
  return {};
}

Result<void> Transfer::copy(std::uint64_t from, const ValueType& s, std::uint64_t to, const ValueType& t) {
  if (is_word(s)) {
    auto bits = word(load_int(source, from, source.layout(s).size), s, t);
    if (!bits) return std::move(bits).error();
    store_int(target, *bits, to, target.layout(t).size);
    return {};
  }
  if (is_range(s)) {
    const unsigned size = source.pointer_size();
    auto moved = range({load_int(source, from, size), load_int(source, from + size, size)}, s, t);
    if (!moved) return std::move(moved).error();
    store_int(target, moved->pointer, to, target.pointer_size());
    store_int(target, moved->tagged_code_units, to + target.pointer_size(), target.pointer_size());
    return {};
  }
  if (s.kind == TypeKind::fixed_length_list) return elements(from, *s.element, to, *t.element, s.length);
  if (!is_variant(s.kind)) return fields(from, s, to, t);
  const CaseList cases{&s};
  const unsigned size = discriminant_size(cases.size());
  auto index = check_case(s, load_int(source, from, size));
  if (!index) return std::move(index).error();
  store_int(target, *index, to, size);
  const ValueType* payload = cases.payload(*index);
  if (payload == nullptr) return {};
  return copy(from + payload_offset(s, source.is_memory64), *payload, to + payload_offset(t, target.is_memory64),
              *CaseList{&t}.payload(*index));
}

Result<void> Transfer::copy_flat(const std::uint64_t*& from, const ValueType& s, std::uint64_t*& to,
                                 const ValueType& t) {
  if (is_word(s)) {
    auto bits = word(*from++, s, t);
    if (!bits) return std::move(bits).error();
    *to++ = *bits;
    return {};
  }
  if (is_range(s)) {
    auto moved = range({as_pointer(source, from[0]), as_pointer(source, from[1])}, s, t);
    if (!moved) return std::move(moved).error();
    from += 2;
    *to++ = moved->pointer;
    *to++ = moved->tagged_code_units;
    return {};
  }
  if (!is_variant(s.kind)) {
    for (std::uint32_t i = 0, n = field_count(s); i < n; ++i) {
      if (auto copied = copy_flat(from, field_type(s, i), to, field_type(t, i)); !copied) return copied;
    }
    return {};
  }
  auto index = check_case(s, static_cast<std::uint32_t>(*from));
  if (!index) return std::move(index).error();
  const std::uint64_t* payload_from = from + 1;
  std::uint64_t* const end = to + t.flat;
  from += s.flat;
  *to++ = *index;
  if (const ValueType* payload = CaseList{&s}.payload(*index)) {
    auto copied = copy_flat(payload_from, *payload, to, *CaseList{&t}.payload(*index));
    if (!copied) return copied;
  }
  std::fill(to, end, 0);
  to = end;
  return {};
}

Result<void> Transfer::store_flat(const std::uint64_t*& from, const ValueType& s, std::uint64_t to,
                                  const ValueType& t) {
  if (is_word(s) || is_range(s)) {
    std::uint64_t words[2];
    std::uint64_t* end = words;
    if (auto copied = copy_flat(from, s, end, t); !copied) return copied;
    const unsigned size = is_word(s) ? target.layout(t).size : target.pointer_size();
    store_int(target, words[0], to, size);
    if (is_range(s) && !is_word(s)) store_int(target, words[1], to + size, size);
    return {};
  }
  if (!is_variant(s.kind)) {
    for (std::uint32_t i = 0, n = field_count(s); i < n; ++i) {
      const ValueType& field = field_type(t, i);
      to = align_to(to, target.layout(field).alignment);
      if (auto stored = store_flat(from, field_type(s, i), to, field); !stored) return stored;
      to += target.layout(field).size;
    }
    return {};
  }
  auto index = check_case(s, static_cast<std::uint32_t>(*from));
  if (!index) return std::move(index).error();
  const std::uint64_t* payload_from = from + 1;
  from += s.flat;
  store_int(target, *index, to, discriminant_size(CaseList{&t}.size()));
  const ValueType* payload = CaseList{&s}.payload(*index);
  if (payload == nullptr) return {};
  return store_flat(payload_from, *payload, to + payload_offset(t, target.is_memory64), *CaseList{&t}.payload(*index));
}

Result<void> Transfer::load_flat(std::uint64_t from, const ValueType& s, std::uint64_t*& to, const ValueType& t) {
  const unsigned size = source.pointer_size();
  if (is_word(s)) {
    const std::uint64_t word_bits = load_int(source, from, source.layout(s).size);
    const std::uint64_t* at = &word_bits;
    return copy_flat(at, s, to, t);
  }
  if (is_range(s)) {
    const std::uint64_t words[2] = {load_int(source, from, size), load_int(source, from + size, size)};
    const std::uint64_t* at = words;
    return copy_flat(at, s, to, t);
  }
  if (!is_variant(s.kind)) {
    for (std::uint32_t i = 0, n = field_count(s); i < n; ++i) {
      const ValueType& field = field_type(s, i);
      from = align_to(from, source.layout(field).alignment);
      if (auto loaded = load_flat(from, field, to, field_type(t, i)); !loaded) return loaded;
      from += source.layout(field).size;
    }
    return {};
  }
  const CaseList cases{&s};
  auto index = check_case(s, load_int(source, from, discriminant_size(cases.size())));
  if (!index) return std::move(index).error();
  std::uint64_t* const end = to + t.flat;
  *to++ = *index;
  if (const ValueType* payload = cases.payload(*index)) {
    auto loaded = load_flat(from + payload_offset(s, source.is_memory64), *payload, to, *CaseList{&t}.payload(*index));
    if (!loaded) return loaded;
  }
  std::fill(to, end, 0);
  to = end;
  return {};
}

// A place in memory that goes from one member of a tuple to the next.
struct Place {
  std::uint64_t pointer = 0;
  bool is_64 = false;
  std::uint64_t next(const ValueType& type) noexcept {
    const Layout& layout = type.layout[is_64];
    const std::uint64_t at = align_to(pointer, layout.alignment);
    pointer = at + layout.size;
    return at;
  }
};

}  // namespace

std::uint64_t number_bits(std::uint64_t bits, Primitive primitive) noexcept {
  switch (primitive) {
    case Primitive::bool_: return static_cast<std::uint32_t>(bits) != 0 ? 1U : 0U;
    case Primitive::s8: return static_cast<std::uint32_t>(static_cast<std::int8_t>(bits));
    case Primitive::u8: return bits & 0xFF;
    case Primitive::s16: return static_cast<std::uint32_t>(static_cast<std::int16_t>(bits));
    case Primitive::u16: return bits & 0xFFFF;
    case Primitive::s64:
    case Primitive::u64:
    case Primitive::f64: return bits;
    default: return bits & 0xFFFF'FFFF;
  }
}

bool pass_numbers(std::span<const Member> types, const std::uint64_t* flat, std::uint64_t* to) noexcept {
  for (const Member& member : types) {
    if (!is_number(*member.type)) return false;
    *to++ = number_bits(*flat++, member.type->primitive);
  }
  return true;
}

bool store_number(MutableBytes memory, std::uint64_t bits, const Layout& layout, std::uint64_t pointer) noexcept {
  if (pointer % layout.alignment != 0 || pointer > memory.size() || layout.size > memory.size() - pointer) return false;
  store_int(memory, bits, pointer, layout.size);
  return true;
}

Result<unsigned> transfer_values(const TransferSide& source, std::span<const std::uint64_t> flat,
                                 const TransferSide& target, std::uint64_t* to,
                                 std::optional<std::uint64_t> out_pointer) {
  if (source.types.size() <= source.max_flat && source.types.size() <= target.max_flat &&
      pass_numbers(source.types, flat.data(), to)) {
    return static_cast<unsigned>(source.types.size());
  }
  const std::uint64_t count = flat_count(source.types);
  const bool from_memory = count > source.max_flat;
  const bool to_memory = count > target.max_flat;
  const auto in_all = [&](Error error) {
    return in_value(std::move(error), {source.function, source.types[0].label, false});
  };
  Place from_place{from_memory ? as_pointer(*source.cx, flat[0]) : 0, source.cx->is_memory64};
  if (from_memory) {
    const Layout layout = tuple_layout(source.types, source.cx->is_memory64);
    auto checked = check_tuple(*source.cx, from_place.pointer, layout);
    if (!checked) return in_all(std::move(checked).error());
  }
  Place to_place{0, target.cx->is_memory64};
  if (to_memory) {
    auto placed = place_tuple(*target.cx, tuple_layout(target.types, target.cx->is_memory64), out_pointer);
    if (!placed) return in_all(std::move(placed).error());
    to_place.pointer = *placed;
  }
  const std::uint64_t placed = to_place.pointer;
  Transfer transfer{*source.cx, *target.cx};
  const std::uint64_t* from = flat.data();
  std::uint64_t* at = to;
  for (std::size_t i = 0; i < source.types.size(); ++i) {
    const ValueType& s = *source.types[i].type;
    const ValueType& t = *target.types[i].type;
    Result<void> moved;
    if (from_memory) {
      const std::uint64_t pointer = from_place.next(s);
      moved = to_memory ? transfer.copy(pointer, s, to_place.next(t), t) : transfer.load_flat(pointer, s, at, t);
    } else {
      moved = to_memory ? transfer.store_flat(from, s, to_place.next(t), t) : transfer.copy_flat(from, s, at, t);
    }
    if (!moved) return in_value(std::move(moved).error(), {source.function, source.types[i].label});
  }
  if (!to_memory) return static_cast<unsigned>(at - to);
  if (out_pointer) return 0U;
  *to = placed;
  return 1U;
}

Result<std::uint64_t> place_list(LiftLowerContext& source, StringRange from, const ValueType& source_type,
                                 LiftLowerContext& target, const ValueType& target_type) {
  const std::uint64_t length = from.tagged_code_units;
  const Layout source_layout = element_layout(source_type, source.is_memory64);
  const Layout target_layout = element_layout(target_type, target.is_memory64);
  if (auto checked = check_list(source, from.pointer, length, source_layout); !checked) {
    return std::move(checked).error();
  }
  return reallocate(target, 0, 0, target_layout.alignment, length * target_layout.size, "list");
}

Result<void> transfer_elements(LiftLowerContext& source, std::uint64_t from, const ValueType& source_type,
                               LiftLowerContext& target, std::uint64_t to, const ValueType& target_type,
                               std::uint64_t length) {
  return Transfer{source, target}.elements(from, source_type, to, target_type, length);
}

}  // namespace tenon::component
