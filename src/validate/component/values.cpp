// Values: each is used exactly once. Value definitions have their bytes checked against their type; start functions use
// values and make new ones.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md#-value-definitions
#include <cmath>

#include "base/utf8.hpp"
#include "binary/core/cursor.hpp"
#include "validate/component/validator.hpp"

namespace tenon::component {

namespace {

// Reads one value of a type, and forgets it. Nesting is that of the type, which is bounded; lists take a byte at least
// for each element (types of no size do not exist).
class ValueReader {
 public:
  ValueReader(Bytes bytes, std::uint64_t offset) : in_(bytes, offset) {}

  Result<void> read(const ValueType& type) {
    check(type);
    if (!in_.ok()) return in_.take_error();
    if (in_.at_end()) return {};
    return fail(ErrorKind::malformed, at_offset(in_.offset()), "value size mismatch: ", in_.remaining(),
                " bytes are left behind a value of type ", type);
  }

 private:
  template <class... Pieces>
  void fault(std::uint64_t offset, const Pieces&... pieces) {
    in_.fault(ErrorKind::malformed, offset, pieces...);
  }

  // A number below `count`; `what` names the fault.
  std::uint32_t discriminant(std::size_t count, std::string_view what) {
    const std::uint64_t start = in_.offset();
    const std::uint32_t value = in_.u32();
    if (in_.ok() && value >= count) fault(start, "invalid ", what, " ", value, ": there are ", count);
    return in_.ok() ? value : 0;
  }
  bool flag(std::string_view what) {
    const std::uint64_t start = in_.offset();
    const std::uint8_t byte = in_.u8();
    if (byte > 1) fault(start, "invalid ", what, " value ", byte);
    return byte == 1;
  }
  void check_signed(std::int64_t least, std::int64_t most) {
    const std::uint64_t start = in_.offset();
    const std::int64_t value = in_.s32();
    if (in_.ok() && (value < least || value > most)) fault(start, "integer too large: ", value);
  }
  void check_char() {
    const std::uint64_t start = in_.offset();
    const CodePoint point = decode_utf8(in_.position(), in_.end());
    if (point.size == 0) return fault(start, "invalid utf-8 encoding of a char");
    in_.bytes(point.size);
  }
  template <class Float, class Bits>
  void check_float(Bits canonical_nan) {
    const std::uint64_t start = in_.offset();
    const Bits bits = in_.fixed<Bits>();
    if (in_.ok() && std::isnan(std::bit_cast<Float>(bits)) && bits != canonical_nan) {
      fault(start, "a NaN must be canonical");
    }
  }

  void check_primitive(Primitive type) {
    switch (type) {
      case Primitive::bool_: flag("bool"); return;
      case Primitive::s8:
      case Primitive::u8: in_.u8(); return;
      case Primitive::s16: return check_signed(-0x8000, 0x7FFF);
      case Primitive::u16: {
        const std::uint64_t start = in_.offset();
        if (in_.u32() > 0xFFFF) fault(start, "integer too large");
        return;
      }
      case Primitive::s32: in_.s32(); return;
      case Primitive::u32: in_.u32(); return;
      case Primitive::s64: in_.s64(); return;
      case Primitive::u64: in_.u64(); return;
      case Primitive::f32: return check_float<float>(std::uint32_t{0x7FC0'0000});
      case Primitive::f64: return check_float<double>(std::uint64_t{0x7FF8'0000'0000'0000});
      case Primitive::char_: return check_char();
      case Primitive::string: in_.name(); return;
      case Primitive::error_context: return fault(in_.offset(), "a value cannot be an error-context");
    }
  }
  void check_flags(std::size_t labels) {
    const std::uint64_t start = in_.offset();
    const Bytes bytes = in_.bytes((labels + 7) / 8);
    if (!in_.ok() || labels % 8 == 0) return;
    if ((bytes.back() >> (labels % 8)) != 0) fault(start, "invalid flags: a bit without a label is set");
  }
  void check_optional(const ValueType* type) {
    if (type != nullptr) check(*type);
  }
  void check_list(const ValueType& key, const ValueType* value, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count && in_.ok(); ++i) {
      check(key);
      check_optional(value);
    }
  }

  void check(const ValueType& type) {
    if (!in_.ok()) return;
    switch (type.kind) {
      case TypeKind::primitive: return check_primitive(type.primitive);
      case TypeKind::record:
        for (const Member& member : type.members) check(*member.type);
        return;
      case TypeKind::tuple:
        for (const ValueType* member : type.types) check(*member);
        return;
      case TypeKind::variant: return check_optional(type.members[discriminant(type.members.size(), "case")].type);
      case TypeKind::enum_: discriminant(type.labels.size(), "enum case"); return;
      case TypeKind::flags: return check_flags(type.labels.size());
      case TypeKind::option:
        if (flag("option")) check(*type.element);
        return;
      case TypeKind::result: return check_optional(flag("result") ? type.second : type.element);
      case TypeKind::list: return check_list(*type.element, nullptr, in_.count(~0U, "elements"));
      case TypeKind::map: return check_list(*type.second, type.element, in_.count(~0U, "entries"));
      case TypeKind::fixed_length_list: return check_list(*type.element, nullptr, type.length);
      default: return fault(in_.offset(), "a value cannot be a ", kind_text(type));
    }
  }

  Cursor in_;
};

}  // namespace

Result<void> Validator::validate_value(Scope& scope, const Value& value) {
  Result<const ValueType*> type = value_type(scope, value.type);
  if (!type) return std::move(type.error());
  if (Checked read = ValueReader(value.bytes, offset_).read(**type); !read) return read;
  EntitySignature entity;
  entity.sort = Sort::value;
  entity.value = *type;
  return push(scope, entity);
}

Result<void> Validator::consume(Scope& scope, std::uint32_t index) {
  if (index >= scope.consumed.size()) return out_of_bounds("value", index, scope.consumed.size());
  if (scope.consumed[index]) return invalid("cannot use value ", index, " more than once");
  scope.consumed[index] = true;
  return {};
}

Result<void> Validator::validate_start(Scope& scope, const Start& start) {
  const auto& funcs = scope.spaces->funcs;
  if (!funcs.contains(start.func)) return out_of_bounds("function", start.func.value, funcs.size());
  const FuncSignature& func = *funcs[start.func];
  if (start.arguments.size() != func.params.size()) {
    return invalid("component start function requires ", func.params.size(), " arguments but was given ",
                   start.arguments.size());
  }
  const std::uint32_t results = func.result == nullptr ? 0 : 1;
  if (start.results != results) {
    return invalid("component start function has a result count of ", start.results,
                   " but the function type has a result count of ", results);
  }
  for (std::size_t i = 0; i < start.arguments.size(); ++i) {
    const std::uint32_t index = start.arguments[i].value;
    if (Checked consumed = consume(scope, index); !consumed) return consumed;
    if (Checked same = subtyping().check(scope.spaces->values[ValueIdx(index)], func.params[i].type); !same) {
      return below(same.error(), "value type mismatch for component start function argument ", i);
    }
  }
  if (func.result == nullptr) return {};
  EntitySignature entity;
  entity.sort = Sort::value;
  entity.value = func.result;
  return push(scope, entity);
}

}  // namespace tenon::component
