#include "runtime/evaluate.hpp"

#include <cassert>
#include <cstring>
#include <optional>
#include <type_traits>
#include <vector>

#include "base/leb128.hpp"
#include "binary/core/instructions.hpp"

namespace tenon::runtime {

namespace {

// A stack machine over the few operations that constant expressions may use.
class Evaluator {
 public:
  explicit Evaluator(Instance& instance) : instance_(instance), store_(*instance.store), stack_(store_.resource) {}

  Result<Value> run(const core::Expr& expr) {
    core::InstructionReader reader(expr.bytes, expr.offset, instance_.module->validated->features, *store_.resource);
    core::Instruction instruction;
    while (reader.next(instruction)) {
      if (instruction.op == Op::end) break;
      if (!step(instruction)) {
        return fail(ErrorKind::trap, at_offset(expr.offset), message(Trap::heap_exhausted))
            .with_code(static_cast<std::uint32_t>(Trap::heap_exhausted));
      }
    }
    assert(stack_.size() == 1 && "validation left one value");
    return stack_.back();
  }

 private:
  Value pop() {
    const Value value = stack_.back();
    stack_.pop_back();
    return value;
  }
  void push(Slot low, Slot high = 0) { stack_.push_back({low, high}); }
  template <class T, class F>
  bool binary(F operation) {
    const auto right = static_cast<T>(pop().low);
    const auto left = static_cast<T>(pop().low);
    push(static_cast<T>(operation(left, right)));
    return true;
  }
  core::TypeIdx canonical(std::uint32_t type) const {
    return instance_.module->validated->canonical_types[core::TypeIdx(type)];
  }

  // False when the heap is exhausted.
  bool step(const core::Instruction& in) {
    switch (in.op) {
      case Op::i32_const: push(static_cast<std::uint32_t>(in.bits)); return true;
      case Op::i64_const:
      case Op::f32_const:
      case Op::f64_const: push(in.bits); return true;
      case Op::v128_const: push(load_le<Slot>(in.vector.bytes), load_le<Slot>(in.vector.bytes + 8)); return true;
      case Op::global_get: {
        const Global& global = *instance_.globals[in.index];
        push(global.value[0], global.value[1]);
        return true;
      }
      case Op::ref_null: push(null_ref); return true;
      case Op::ref_func: push(std::bit_cast<Slot>(func_ref(instance_, core::FuncIdx(in.index)))); return true;
      case Op::i32_add: return binary<std::uint32_t>([](auto a, auto b) { return a + b; });
      case Op::i32_sub: return binary<std::uint32_t>([](auto a, auto b) { return a - b; });
      case Op::i32_mul: return binary<std::uint32_t>([](auto a, auto b) { return a * b; });
      case Op::i64_add: return binary<std::uint64_t>([](auto a, auto b) { return a + b; });
      case Op::i64_sub: return binary<std::uint64_t>([](auto a, auto b) { return a - b; });
      case Op::i64_mul: return binary<std::uint64_t>([](auto a, auto b) { return a * b; });
      case Op::ref_i31: push(make_i31(static_cast<std::uint32_t>(pop().low))); return true;
      case Op::any_convert_extern:
      case Op::extern_convert_any: return true;
      case Op::struct_new:
      case Op::struct_new_default: return make_struct(canonical(in.index), in.op == Op::struct_new_default);
      case Op::array_new: {
        const auto length = static_cast<std::uint32_t>(pop().low);
        return make_array(canonical(in.index), length, pop());
      }
      case Op::array_new_default: return make_array(canonical(in.index), static_cast<std::uint32_t>(pop().low), {});
      case Op::array_new_fixed: return make_fixed_array(canonical(in.index), in.second);
      default: assert(false && "validation allows no other operation here"); return false;
    }
  }

  bool make_struct(core::TypeIdx type, bool is_default) {
    Object* object = store_.heap.allocate_struct(type);
    if (object == nullptr) return false;
    if (!is_default) {
      const auto fields = (*store_.types)[type].type.fields;
      std::size_t slot = 0;
      for (const core::FieldType& field : fields) slot += slots_of(field.storage);
      for (std::size_t i = fields.size(); i-- > 0;) {
        const Value value = pop();
        slot -= slots_of(fields[i].storage);
        set_field(object->fields() + slot, fields[i].storage, value);
      }
    }
    push(as_ref(object));
    return true;
  }

  static void set_field(Slot* field, core::ValType storage, Value value) {
    if (storage.kind() == core::ValType::Kind::i8) value.low &= 0xFF;
    if (storage.kind() == core::ValType::Kind::i16) value.low &= 0xFFFF;
    field[0] = value.low;
    if (storage.is_vector()) field[1] = value.high;
  }

  static void set_element(Array* array, std::uint32_t index, Value value) {
    std::memcpy(array->elements() + (std::size_t{index} << array->element_size_log2), &value,
                std::size_t{1} << array->element_size_log2);
  }

  bool make_array(core::TypeIdx type, std::uint32_t length, Value value) {
    Array* array = store_.heap.allocate_array(type, length);
    if (array == nullptr) return false;
    for (std::uint32_t i = 0; i < length; ++i) set_element(array, i, value);
    push(as_ref(array));
    return true;
  }

  bool make_fixed_array(core::TypeIdx type, std::uint32_t length) {
    Array* array = store_.heap.allocate_array(type, length);
    if (array == nullptr) return false;
    for (std::uint32_t i = length; i-- > 0;) set_element(array, i, pop());
    push(as_ref(array));
    return true;
  }

  Instance& instance_;
  Store& store_;
  std::pmr::vector<Value> stack_;
};

// What most expressions are, a constant and their end: without a reader and a stack for it.
template <class T>
std::optional<Value> read_constant(Bytes bytes) noexcept {
  T value = 0;
  LebFault fault = LebFault::none;
  const std::uint8_t* const end = bytes.data() + bytes.size();
  const std::uint8_t* const rest = decode_leb(bytes.data() + 1, end, value, fault);
  if (rest == nullptr || rest + 1 != end) return std::nullopt;
  return Value{static_cast<std::make_unsigned_t<T>>(value), 0};
}
std::optional<Value> constant_of(Bytes bytes) noexcept {
  if (bytes.size() < 3) return std::nullopt;
  if (bytes[0] == info(Op::i32_const).code) return read_constant<std::int32_t>(bytes);
  if (bytes[0] == info(Op::i64_const).code) return read_constant<std::int64_t>(bytes);
  return std::nullopt;
}

}  // namespace

Result<Value> evaluate(Instance& instance, const core::Expr& expr) {
  if (const auto constant = constant_of(expr.bytes)) return *constant;
  const Heap::Pause no_collection(instance.store->heap);
  return Evaluator(instance).run(expr);
}

}  // namespace tenon::runtime
