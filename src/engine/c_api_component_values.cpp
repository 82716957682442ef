// Values of components in C.
#include <algorithm>

#include "engine/c_api_component.hpp"

using tenon::c_api::absent;
using tenon::c_api::give;
using tenon::c_api::give_absent;
using tenon::c_api::Val;
using tenon::c_api::val_of;
using tenon::c_api::vals_of;
using tenon::component::ValKind;

static_assert(TENON_BOOL == static_cast<int>(ValKind::boolean) && TENON_U32 == static_cast<int>(ValKind::u32) &&
              TENON_STRING == static_cast<int>(ValKind::string) && TENON_HANDLE == static_cast<int>(ValKind::handle));

namespace {

bool is(const tenon_val_t* value, ValKind first, ValKind last) noexcept {
  return value != nullptr && val_of(*value).kind() >= first && val_of(*value).kind() <= last;
}
bool is(const tenon_val_t* value, ValKind kind) noexcept { return is(value, kind, kind); }

bool is_number(ValKind kind) noexcept { return kind <= ValKind::f64; }

std::size_t size_of(ValKind number) noexcept {
  switch (number) {
    case ValKind::s16:
    case ValKind::u16: return 2;
    case ValKind::s32:
    case ValKind::u32:
    case ValKind::f32: return 4;
    case ValKind::s64:
    case ValKind::u64:
    case ValKind::f64: return 8;
    default: return 1;
  }
}

}  // namespace

void tenon_val_delete(tenon_val_t* value) {
  if (value != nullptr) val_of(*value) = Val::from_bits(absent, 0);
}

tenon_val_t tenon_val_copy(const tenon_val_t* value) {
  return value == nullptr ? give_absent() : give(Val(val_of(*value)));
}

tenon_valkind_t tenon_val_kind(const tenon_val_t* value) {
  return value == nullptr ? static_cast<tenon_valkind_t>(TENON_ABSENT)
                          : static_cast<tenon_valkind_t>(val_of(*value).kind());
}

bool tenon_val_same(const tenon_val_t* a, const tenon_val_t* b) {
  if (a == nullptr || b == nullptr) return a == b;
  return val_of(*a) == val_of(*b);
}

// --- Made

tenon_val_t tenon_val_absent() { return give_absent(); }
tenon_val_t tenon_val_bool(bool value) { return give(Val::boolean(value)); }
tenon_val_t tenon_val_s8(std::int8_t value) { return give(Val::s8(value)); }
tenon_val_t tenon_val_u8(std::uint8_t value) { return give(Val::u8(value)); }
tenon_val_t tenon_val_s16(std::int16_t value) { return give(Val::s16(value)); }
tenon_val_t tenon_val_u16(std::uint16_t value) { return give(Val::u16(value)); }
tenon_val_t tenon_val_s32(std::int32_t value) { return give(Val::s32(value)); }
tenon_val_t tenon_val_u32(std::uint32_t value) { return give(Val::u32(value)); }
tenon_val_t tenon_val_s64(std::int64_t value) { return give(Val::s64(value)); }
tenon_val_t tenon_val_u64(std::uint64_t value) { return give(Val::u64(value)); }
tenon_val_t tenon_val_f32(float value) { return give(Val::f32(value)); }
tenon_val_t tenon_val_f64(double value) { return give(Val::f64(value)); }
tenon_val_t tenon_val_char(std::uint32_t value) { return give(Val::character(value)); }
tenon_val_t tenon_val_flags(std::uint32_t bits) { return give(Val::flags(bits)); }

tenon_val_t tenon_val_string(const char* text, std::size_t size) {
  return give(Val::string(text == nullptr ? std::string_view() : std::string_view(text, size)));
}
tenon_val_t tenon_val_text(const char* text) { return give(Val::string(tenon::c_api::text_of(text))); }
tenon_val_t tenon_val_list(const tenon_val_t* items, std::size_t count) {
  return give(Val::list(vals_of(items, count)));
}
tenon_val_t tenon_val_record(const tenon_val_t* fields, std::size_t count) {
  return give(Val::record(vals_of(fields, count)));
}
tenon_val_t tenon_val_variant(std::uint32_t index, const tenon_val_t* payload) {
  return give(tenon::c_api::is_absent(payload) ? Val::variant(index) : Val::variant(index, val_of(*payload)));
}

tenon_val_t tenon_val_numbers(tenon_valkind_t element, const void* numbers, std::size_t size) {
  const auto kind = static_cast<ValKind>(element);
  if (!is_number(kind) || (numbers == nullptr && size != 0) || size % size_of(kind) != 0) return give_absent();
  return give(Val::packed(kind, {static_cast<const std::uint8_t*>(numbers), size}));
}

tenon_val_t tenon_val_resource(std::uint64_t rep) { return give(Val::handle({rep, {}})); }

// --- Asked

bool tenon_val_get_bool(const tenon_val_t* value) { return is(value, ValKind::boolean) && val_of(*value).boolean(); }
std::int64_t tenon_val_get_signed(const tenon_val_t* value) {
  return is(value, ValKind::s8, ValKind::u64) ? val_of(*value).signed_integer() : 0;
}
std::uint64_t tenon_val_get_unsigned(const tenon_val_t* value) {
  return is(value, ValKind::s8, ValKind::u64) ? val_of(*value).unsigned_integer() : 0;
}
float tenon_val_get_f32(const tenon_val_t* value) { return is(value, ValKind::f32) ? val_of(*value).f32() : 0; }
double tenon_val_get_f64(const tenon_val_t* value) { return is(value, ValKind::f64) ? val_of(*value).f64() : 0; }
std::uint32_t tenon_val_get_char(const tenon_val_t* value) {
  return is(value, ValKind::character) ? val_of(*value).character() : 0;
}
std::uint32_t tenon_val_get_flags(const tenon_val_t* value) {
  return is(value, ValKind::flags) ? val_of(*value).flags() : 0;
}
std::uint32_t tenon_val_get_case(const tenon_val_t* value) {
  return is(value, ValKind::variant) ? val_of(*value).index() : 0;
}
std::uint64_t tenon_val_get_rep(const tenon_val_t* value) {
  return is(value, ValKind::handle) ? val_of(*value).handle().rep : 0;
}

const char* tenon_val_get_string(const tenon_val_t* value, std::size_t* size) {
  const std::string_view text = is(value, ValKind::string) ? val_of(*value).string() : std::string_view();
  if (size != nullptr) *size = text.size();
  return text.data() == nullptr ? "" : text.data();
}

std::size_t tenon_val_size(const tenon_val_t* value) {
  if (is(value, ValKind::list)) return val_of(*value).size();
  return is(value, ValKind::record) ? val_of(*value).fields().size() : 0;
}

tenon_val_t tenon_val_item(const tenon_val_t* value, std::size_t index) {
  if (index >= tenon_val_size(value)) return give_absent();
  const Val& whole = val_of(*value);
  return give(whole.kind() == ValKind::list ? whole[index] : whole.fields()[index]);
}

tenon_val_t tenon_val_payload(const tenon_val_t* value) {
  if (!is(value, ValKind::variant) || !val_of(*value).has_payload()) return give_absent();
  return give(val_of(*value).payload());
}

const void* tenon_val_get_numbers(const tenon_val_t* value, tenon_valkind_t* element, std::size_t* size) {
  if (!is(value, ValKind::list) || !val_of(*value).is_packed()) {
    if (size != nullptr) *size = 0;
    return nullptr;
  }
  const std::span<const std::uint8_t> bytes = val_of(*value).packed_bytes();
  if (element != nullptr) *element = static_cast<tenon_valkind_t>(val_of(*value).packed_kind());
  if (size != nullptr) *size = bytes.size();
  return bytes.data();
}
