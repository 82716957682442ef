#include "fuse/value_bytes.hpp"

#include <cassert>

#include "abi/layout.hpp"
#include "base/utf8.hpp"
#include "binary/core/cursor.hpp"

namespace tenon::fuse {

using namespace component;

namespace {

class ValueReader {
 public:
  explicit ValueReader(Bytes bytes) : in_(bytes, 0) {}

  Val read(const ValueType& type) {
    switch (type.kind) {
      case TypeKind::primitive: return primitive(type.primitive);
      case TypeKind::record:
      case TypeKind::tuple: return record(type);
      case TypeKind::variant:
      case TypeKind::enum_:
      case TypeKind::option:
      case TypeKind::result: return variant(type);
      case TypeKind::flags: return flags(type);
      case TypeKind::list: return list(type, in_.u32());
      case TypeKind::fixed_length_list: return list(type, type.length);
      case TypeKind::map: return map(type, in_.u32());
      default: break;
    }
    assert(false && "validation knows no other values");
    return {};
  }

 private:
  Val primitive(Primitive type) {
    switch (type) {
      case Primitive::bool_: return Val::boolean(in_.u8() != 0);
      case Primitive::s8: return Val::s8(static_cast<std::int8_t>(in_.u8()));
      case Primitive::u8: return Val::u8(in_.u8());
      case Primitive::s16: return Val::s16(static_cast<std::int16_t>(in_.s32()));
      case Primitive::u16: return Val::u16(static_cast<std::uint16_t>(in_.u32()));
      case Primitive::s32: return Val::s32(in_.s32());
      case Primitive::u32: return Val::u32(in_.u32());
      case Primitive::s64: return Val::s64(in_.s64());
      case Primitive::u64: return Val::u64(in_.u64());
      case Primitive::f32: return Val::from_bits(ValKind::f32, in_.fixed<std::uint32_t>());
      case Primitive::f64: return Val::from_bits(ValKind::f64, in_.fixed<std::uint64_t>());
      case Primitive::char_: {
        const CodePoint point = decode_utf8(in_.position(), in_.end());
        in_.bytes(point.size);
        return Val::character(point.value);
      }
      default: return Val::string(in_.name());
    }
  }

  Val record(const ValueType& type) {
    std::span<Val> fields;
    Val made = Val::record_buffer(field_count(type), fields);
    for (std::uint32_t i = 0; i < fields.size(); ++i) fields[i] = read(field_type(type, i));
    return made;
  }

  Val variant(const ValueType& type) {
    const std::uint32_t index = in_.u32();  // a flag of options and results is the same byte
    const ValueType* payload = CaseList{&type}.payload(index);
    return payload == nullptr ? Val::variant(index) : Val::variant(index, read(*payload));
  }

  Val flags(const ValueType& type) {
    std::uint32_t bits = 0;
    const Bytes bytes = in_.bytes((type.labels.size() + 7) / 8);
    for (std::size_t i = 0; i < bytes.size(); ++i) bits |= std::uint32_t{bytes[i]} << (8 * i);
    return Val::flags(bits);
  }

  Val list(const ValueType& type, std::uint32_t count) {
    std::span<Val> items;
    Val made = Val::list_buffer(count, items);
    for (Val& item : items) item = read(*type.element);
    return made;
  }

  Val map(const ValueType& type, std::uint32_t count) {
    std::span<Val> items;
    Val made = Val::list_buffer(count, items);
    for (Val& item : items) {
      Val key = read(*type.second);
      const Val entry[2] = {std::move(key), read(*type.element)};
      item = Val::record(entry);
    }
    return made;
  }

  Cursor in_;
};

}  // namespace

Val read_value(Bytes bytes, const ValueType& type) { return ValueReader(bytes).read(type); }

}  // namespace tenon::fuse
