#include "jit/baseline/shapes.hpp"

#include <bit>
#include <vector>

#include "binary/core/immediates.hpp"
#include "interp/access.hpp"
#include "jit/baseline/machine.hpp"

namespace tenon::jit::baseline {

namespace {

using interp::Handler;
using interp::pair_count;
using interp::pairs;

// Open addressing by the handler's address.
class Shapes {
 public:
  Shapes();
  const Shape* find(std::uint64_t handler) const noexcept {
    for (std::size_t i = place(handler);; i = (i + 1) & (size - 1)) {
      if (rows_[i].handler == handler) return &shapes_[rows_[i].shape];
      if (rows_[i].handler == 0) return nullptr;
    }
  }

 private:
  static constexpr std::size_t size = 16384;
  static std::size_t place(std::uint64_t handler) noexcept {
    return (handler * 0x9E37'79B9'7F4A'7C15) >> 50;  // 14 bits
  }
  void add(Handler handler, Shape shape) {
    const auto key = std::bit_cast<std::uint64_t>(handler);
    if (key == 0) return;
    std::size_t i = place(key);
    while (rows_[i].handler != 0 && rows_[i].handler != key) i = (i + 1) & (size - 1);
    describe_uses(shape);
    if (rows_[i].handler == key) {
      shapes_[rows_[i].shape] = shape;
      return;
    }
    rows_[i] = {key, static_cast<std::uint32_t>(shapes_.size())};
    shapes_.push_back(shape);
  }
  void add_numeric();
  void add_branches(Op op, const interp::BranchHandlers& row, bool metered);
  void add_memory();
  void add_fused();
  void add_control();
  void add_calls();
  void add_banks();
  void add_selects(Bank bank);
  void add_plain();
  void add_vectors();
  void add_vector_moves();
  void add_references();

  struct Row {
    std::uint64_t handler = 0;
    std::uint32_t shape = 0;
  };
  const bool has_vectors_ = settings_of_machine().has_vectors;
  std::vector<Row> rows_ = std::vector<Row>(size);
  std::vector<Shape> shapes_;  // related ones are neighbours
};

Shapes::Shapes() {
  add_numeric();
  add_memory();
  add_fused();
  add_control();
  add_calls();
  add_banks();
  add_plain();
  add_vectors();
  add_vector_moves();
  add_references();
}

void Shapes::add_branches(Op op, const interp::BranchHandlers& row, bool metered) {
  const bool wide = is_wide(interp::params_of(op)[0]);
  for (std::size_t i = 0; i < pair_count * 4; ++i) {
    Shape shape{.kind = Kind::branch, .op = op, .left = pairs[i / 4].left, .right = pairs[i / 4].right};
    shape.negated = i / 2 % 2 != 0;
    shape.backward = i % 2 != 0;
    shape.metered = metered;
    shape.result_at = static_cast<std::uint16_t>(operand_bytes(shape.left, wide) + operand_bytes(shape.right, wide));
    shape.fields = static_cast<std::uint16_t>(shape.result_at + 4 + (metered ? shape.backward ? 8 : 4 : 0));
    add(row.variants[i / 4][i / 2 % 2][i % 2], shape);
  }
}

void Shapes::add_numeric() {
  const interp::NumericTable* const tables[] = {interp::numeric_i32, interp::numeric_i64, interp::numeric_f32,
                                                interp::numeric_f64};
  for (std::size_t i = 0; i < op_count; ++i) {
    const interp::NumericPlace place = interp::numeric_places[i];
    if (!place.valid()) continue;
    const Op op = static_cast<Op>(i);
    const bool wide = is_wide(interp::params_of(op)[0]);
    const interp::ValueHandlers& row = tables[place.family][0].values[place.row];
    const bool is_binary = interp::params_of(op).size() == 2;
    for (std::size_t variant = 0; variant < pair_count * 2; ++variant) {
      const interp::Pair pair = pairs[variant / 2];
      Shape shape{.kind = is_binary ? Kind::binary : Kind::unary, .op = op, .left = pair.left, .right = pair.right};
      shape.to_slot = variant % 2 != 0;
      shape.result_at = static_cast<std::uint16_t>(operand_bytes(pair.left, wide) +
                                                   (is_binary ? operand_bytes(pair.right, wide) : 0));
      shape.fields = static_cast<std::uint16_t>(shape.result_at + (shape.to_slot ? 4 : 0));
      add(row.variants[variant / 2][variant % 2], shape);
    }
    if (!interp::is_comparison(op)) continue;
    add_branches(op, tables[place.family][0].branches[place.row], false);
    add_branches(op, interp::metered_handlers[0].branches[place.family][place.row], true);
  }
}

void Shapes::add_memory() {
  const interp::MemoryTable& table = interp::memory_handlers[0];
  for (std::size_t form = 0; form < interp::address_form_count; ++form) {
    const unsigned address = interp::address_bytes(static_cast<AddressForm>(form));
    for (std::size_t i = 0; i < interp::load_count * 2; ++i) {
      Shape shape{.kind = Kind::load, .op = static_cast<Op>(static_cast<std::size_t>(Op::i32_load) + i / 2)};
      shape.form = static_cast<AddressForm>(form);
      shape.to_slot = i % 2 != 0;
      shape.result_at = static_cast<std::uint16_t>(address + 4);
      shape.fields = static_cast<std::uint16_t>(address + 4 + (shape.to_slot ? 4 : 0));
      add(table.load[i / 2][form][i % 2], shape);
    }
    for (std::size_t i = 0; i < interp::store_count * 3; ++i) {
      Shape shape{.kind = Kind::store, .op = static_cast<Op>(static_cast<std::size_t>(Op::i32_store) + i / 3)};
      shape.form = static_cast<AddressForm>(form);
      shape.left = static_cast<Place>(i % 3);
      const bool wide = is_wide(interp::params_of(shape.op)[1]);
      shape.fields = static_cast<std::uint16_t>(address + operand_bytes(shape.left, wide) + 4);
      add(table.store[i / 3][form][i % 3], shape);
    }
  }
}

void Shapes::add_fused() {
  for (std::size_t i = 0; i < 64; ++i) {
    Shape shape{.kind = Kind::shifted, .op = interp::shifted_ops[i / 16], .shift = interp::shift_ops[i / 4 % 4]};
    shape.left = static_cast<Place>(i / 2 % 2);
    shape.to_slot = i % 2 != 0;
    shape.result_at = static_cast<std::uint16_t>(operand_bytes(shape.left, false) + 8);
    shape.fields = static_cast<std::uint16_t>(shape.result_at + (shape.to_slot ? 4 : 0));
    add(interp::shift_handlers[0].handlers[i / 16][i / 4 % 4][i / 2 % 2][i % 2], shape);
  }
  for (std::size_t i = 0; i < interp::i32_comparison_count * 8; ++i) {
    Shape shape{.kind = Kind::add_branch, .op = static_cast<Op>(static_cast<std::size_t>(Op::i32_eq) + i / 8)};
    shape.left = i / 4 % 2 != 0 ? Place::slot : Place::imm;   // the addend
    shape.right = i / 2 % 2 != 0 ? Place::slot : Place::imm;  // what the sum is compared with
    shape.backward = true;
    shape.to_slot = true;
    shape.result_at = 8;
    shape.metered = i % 2 != 0;
    shape.fields = shape.metered ? 28 : 20;
    const auto& table = shape.metered ? interp::metered_loop_handlers[0] : interp::loop_handlers[0];
    add(table.add_branch[i / 8][i / 4 % 2][i / 2 % 2], shape);
  }
}

void Shapes::add_control() {
  const interp::ControlTable& table = interp::control_handlers[0];
  for (std::size_t i = 0; i < std::size(table.enter); ++i) {
    add(table.enter[i][0], {.kind = Kind::enter, .fields = 12});
    add(table.enter[i][1], {.kind = Kind::enter, .metered = true, .fields = 16});
  }
  add(table.unreachable, {.kind = Kind::unreachable, .fields = 0});
  for (std::uint8_t i = 0; i < 4; ++i) {
    const auto count = static_cast<std::uint8_t>(i + 1);
    add(table.copy[i], {.kind = Kind::copy, .count = count, .fields = static_cast<std::uint16_t>(8 * count)});
  }
  add(table.copy_many, {.kind = Kind::other, .fields = 12});
  add(table.constant32, {.kind = Kind::constant, .fields = 8, .result_at = 4});
  add(table.constant64, {.kind = Kind::constant, .wide = true, .fields = 12, .result_at = 8});
  add(table.jump[0], {.kind = Kind::jump, .fields = 4});
  add(table.jump[1], {.kind = Kind::jump, .backward = true, .fields = 4});
  add(table.jump_metered, {.kind = Kind::jump, .backward = true, .metered = true, .fields = 8});
  add(table.br_table[0], {.kind = Kind::br_table, .left = Place::acc, .fields = 4});
  add(table.br_table[1], {.kind = Kind::br_table, .left = Place::slot, .fields = 8});
  add(table.fuel, {.kind = Kind::fuel, .metered = true, .fields = 4});
}

void Shapes::add_calls() {
  const interp::ControlTable& table = interp::control_handlers[0];
  add(table.return_void, {.kind = Kind::return_void, .fields = 0});
  add(table.return_slot, {.kind = Kind::return_slot, .fields = 4});
  add(table.return_constant, {.kind = Kind::return_constant, .fields = 8});
  add(table.call, {.kind = Kind::call, .fields = 12});
  add(table.call_indirect[0], {.kind = Kind::call_indirect, .left = Place::acc, .fields = 12});
  add(table.call_indirect[1], {.kind = Kind::call_indirect, .left = Place::slot, .fields = 16});
  add(table.call_ref[0], {.kind = Kind::other, .fields = 4});
  add(table.call_ref[1], {.kind = Kind::other, .fields = 8});
  add(table.return_call, {.kind = Kind::other, .fields = 16});
  add(table.return_call_indirect, {.kind = Kind::other, .fields = 20});
  add(table.return_call_ref, {.kind = Kind::other, .fields = 12});
}

void Shapes::add_selects(Bank bank) {
  const auto& table = interp::control_handlers[0].select[static_cast<std::size_t>(bank)];
  const bool wide = bank != Bank::f32;
  for (std::size_t i = 0; i < 36; ++i) {
    Shape shape{.kind = Kind::select, .left = static_cast<Place>(i / 6 % 3), .right = static_cast<Place>(i / 2 % 3)};
    shape.condition = static_cast<Place>(i / 18);
    shape.bank = bank;
    shape.to_slot = i % 2 != 0;
    shape.result_at = static_cast<std::uint16_t>(operand_bytes(shape.condition, false) +
                                                 operand_bytes(shape.left, wide) + operand_bytes(shape.right, wide));
    shape.fields = static_cast<std::uint16_t>(shape.result_at + (shape.to_slot ? 4 : 0));
    add(table[i / 18][i / 6 % 3][i / 2 % 3][i % 2], shape);
  }
}

void Shapes::add_banks() {
  const interp::ControlTable& table = interp::control_handlers[0];
  for (const Bank bank : {Bank::integer, Bank::f32, Bank::f64}) {
    const auto i = static_cast<std::size_t>(bank);
    add(table.store_acc[i], {.kind = Kind::store_acc, .bank = bank, .fields = 4});
    add(table.return_acc[i], {.kind = Kind::return_acc, .bank = bank, .fields = 0});
    add(table.global_get[i][0], {.kind = Kind::global_get, .bank = bank, .fields = 4});
    add(table.global_get[i][1], {.kind = Kind::global_get, .bank = bank, .to_slot = true, .fields = 8, .result_at = 4});
    add(table.global_set[i], {.kind = Kind::global_set, .left = Place::acc, .bank = bank, .fields = 4});
    add_selects(bank);
  }
  add(table.global_set_slot, {.kind = Kind::global_set, .left = Place::slot, .fields = 8});
  add(table.global_set_constant, {.kind = Kind::global_set, .left = Place::imm, .wide = true, .fields = 12});
}

// Bytes of the immediates' fields (interp/translate_plain.cpp).
constexpr unsigned immediate_bytes(Immediates immediates) noexcept {
  switch (immediates) {
    case Immediates::none:
    case Immediates::zero_byte: return 0;
    case Immediates::mem_arg: return 12;
    case Immediates::mem_arg_lane:
    case Immediates::lanes16: return 16;
    case Immediates::table_table:
    case Immediates::elem_table:
    case Immediates::memory_memory:
    case Immediates::data_memory: return 8;
    default: return 4;
  }
}

// Operations whose fields follow from their signature: operands' slots, immediates, results' slots.
Shape plain_shape(Op op) noexcept {
  const std::string_view results = interp::results_of(op);
  const std::size_t result_slots = results.size() == 1 && results[0] != 'v' ? 0 : results.size();
  const std::size_t params = interp::params_of(op).size();
  return {.kind = Kind::plain,
          .op = op,
          .count = static_cast<std::uint8_t>(params),
          .fields = static_cast<std::uint16_t>(4 * params + immediate_bytes(info(op).immediates) + 4 * result_slots)};
}

void Shapes::add_plain() {
  for (const interp::PlainTable* table :
       {&interp::atomic_handlers[0], &interp::bulk_handlers[0], &interp::reference_handlers[0]}) {
    for (std::size_t i = 0; i < op_count; ++i) {
      const Op op = static_cast<Op>(i);
      if (info(op).signature != "*") add((*table)[i], plain_shape(op));
    }
  }
}

// What the machine has no vectors for, or not for this operation, is plain. Accesses are native where they are of
// memory 0, which only the fields say: their interpreted form stands beside them.
void Shapes::add_vectors() {
  for (std::size_t i = 0; i < op_count; ++i) {
    const Op op = static_cast<Op>(i);
    const Handler handler = interp::vector_handlers[0][i];
    if (std::bit_cast<std::uint64_t>(handler) == 0) continue;
    Shape shape = plain_shape(op);
    if (!has_vectors_ || !computes_vectors(op)) {
      add(handler, shape);
      continue;
    }
    const std::string_view results = interp::results_of(op);
    shape.kind = info(op).width == 0 ? Kind::vector : results.empty() ? Kind::vector_store : Kind::vector_load;
    if (results == "v") shape.result_at = static_cast<std::uint16_t>(shape.fields - 4);
    add(handler, shape);
    if (shape.kind == Kind::vector) continue;
    shapes_.push_back(plain_shape(op));
    describe_uses(shapes_.back());
  }
}

void Shapes::add_vector_moves() {
  const interp::ControlTable& table = interp::control_handlers[0];
  const struct {
    Handler handler;
    Kind kind;
    std::uint8_t count;  // of operands at the beginning
    std::uint16_t fields;
  } rows[] = {{table.copy_v128, Kind::vector_copy, 1, 8},
              {table.constant_v128, Kind::vector_constant, 0, 20},
              {table.select_v128, Kind::vector_select, 3, 16},
              {table.global_get_v128, Kind::vector_global_get, 0, 8},
              {table.global_set_v128, Kind::vector_global_set, 0, 8}};
  for (const auto& row : rows) {
    const Kind interpreted = row.kind == Kind::vector_global_set ? Kind::other : Kind::plain;
    add(row.handler, {.kind = has_vectors_ ? row.kind : interpreted,
                      .count = row.count,
                      .fields = row.fields,
                      .result_at = static_cast<std::uint16_t>(row.fields - 4)});
  }
}

// The operations of references whose fields follow from nothing but their own code (interp/translate_plain.cpp,
// translate_exceptions.cpp).
void Shapes::add_references() {
  const struct {
    Op op;
    std::uint16_t fields;
  } rows[] = {
      {Op::ref_func, 4},         {Op::ref_as_non_null, 4},     {Op::ref_test, 12},        {Op::ref_cast, 12},
      {Op::struct_get, 16},      {Op::struct_get_s, 16},       {Op::struct_get_u, 16},    {Op::array_get, 16},
      {Op::array_get_s, 16},     {Op::array_get_u, 16},        {Op::struct_set, 16},      {Op::array_set, 16},
      {Op::array_fill, 20},      {Op::array_copy, 24},         {Op::array_init_data, 20}, {Op::array_init_elem, 20},
      {Op::struct_new, 20},      {Op::struct_new_default, 20}, {Op::array_new, 20},       {Op::array_new_default, 20},
      {Op::array_new_fixed, 20}, {Op::array_new_data, 20},     {Op::array_new_elem, 20},  {Op::throw_, 16},
      {Op::throw_ref, 4}};
  for (const auto& row : rows) {
    add(interp::reference_handlers[0][static_cast<std::size_t>(row.op)],
        {.kind = Kind::other, .op = row.op, .fields = row.fields});
  }
}

}  // namespace

const Shape* find_shape(std::uint64_t handler) noexcept {
  static const Shapes shapes;
  return shapes.find(handler);
}

}  // namespace tenon::jit::baseline
