// The way of the values: one walk over the types of both sides, as abi/transfer.cpp takes it over values.
//
// A `Place` is where a value is or is to go: core values in locals, or bytes in a memory behind an address in a local.
// So one walk serves all four ways (core values or memory, to core values or memory). Core values of a variant's
// payload are joined types; what reads or writes one says which type it wants, and the bits are converted on the spot.
// Locals that no case writes stay zero, as the definition has it: every core value is written at most once in a call.
#include "fuse/adapter.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <vector>

#include "fuse/adapter_code.hpp"
#include "spec/component_limits.hpp"

namespace tenon::fuse {

using namespace component;

namespace {

bool is_range(const ValueType& type) noexcept {
  return type.kind == TypeKind::list || type.kind == TypeKind::map ||
         (type.kind == TypeKind::primitive && type.primitive == Primitive::string);
}

bool is_handle(const ValueType& type) noexcept {
  switch (type.kind) {
    case TypeKind::own:
    case TypeKind::borrow:
    case TypeKind::stream:
    case TypeKind::future: return true;
    case TypeKind::primitive: return type.primitive == Primitive::error_context;
    default: return false;
  }
}

bool is_word(const ValueType& type) noexcept {
  return !is_range(type) && (type.kind == TypeKind::primitive || type.kind == TypeKind::flags || is_handle(type));
}

CoreKind kind_of(const ValueType& word) noexcept {
  if (word.kind != TypeKind::primitive) return CoreKind::i32;
  switch (word.primitive) {
    case Primitive::s64:
    case Primitive::u64: return CoreKind::i64;
    case Primitive::f32: return CoreKind::f32;
    case Primitive::f64: return CoreKind::f64;
    default: return CoreKind::i32;
  }
}

Op load_of(const ValueType& word, unsigned size) noexcept {
  switch (kind_of(word)) {
    case CoreKind::i64: return Op::i64_load;
    case CoreKind::f32: return Op::f32_load;
    case CoreKind::f64: return Op::f64_load;
    case CoreKind::i32: break;
  }
  const bool is_signed =
      word.kind == TypeKind::primitive && (word.primitive == Primitive::s8 || word.primitive == Primitive::s16);
  if (size == 1) return is_signed ? Op::i32_load8_s : Op::i32_load8_u;
  if (size == 2) return is_signed ? Op::i32_load16_s : Op::i32_load16_u;
  return Op::i32_load;
}

Op store_of(CoreKind kind, unsigned size) noexcept {
  switch (kind) {
    case CoreKind::i64: return Op::i64_store;
    case CoreKind::f32: return Op::f32_store;
    case CoreKind::f64: return Op::f64_store;
    case CoreKind::i32: break;
  }
  return size == 1 ? Op::i32_store8 : size == 2 ? Op::i32_store16 : Op::i32_store;
}

// Where a value is.
struct Place {
  bool in_memory = false;
  Local address{};                // in memory
  std::uint64_t offset = 0;       // from the address
  std::span<const Local> flat{};  // core values, from the first one on
  Place behind(std::uint64_t bytes, std::size_t core_values) const {
    Place place = *this;
    place.offset += bytes;
    if (!in_memory) place.flat = flat.subspan(core_values);
    return place;
  }
};

class Emitter {
 public:
  Emitter(const AdapterCall& call, AdapterCode& out)
      : call_(call), code_(out), memory_(out.module.arena.upstream()), flat_(&memory_), arguments_(&memory_) {}

  bool run();

 private:
  // The two sides in the direction at hand.
  const AdapterSide& source() const noexcept { return is_result_ ? call_.callee : call_.caller; }
  const AdapterSide& target() const noexcept { return is_result_ ? call_.caller : call_.callee; }
  // Whether addresses have 32 bits on both sides. Then the adapter itself asks for memory; else the host does.
  bool is_narrow() const noexcept { return !call_.caller.is_64() && !call_.callee.is_64(); }
  bool is_copied_text() const noexcept {
    return is_narrow() && call_.caller.encoding == StringEncoding::utf8 &&
           call_.callee.encoding == StringEncoding::utf8;
  }
  static CoreKind pointer_kind(const AdapterSide& side) noexcept {
    return side.is_64() ? CoreKind::i64 : CoreKind::i32;
  }
  const Layout& source_layout(const ValueType& type) const noexcept { return type.layout[source().is_64()]; }
  const Layout& target_layout(const ValueType& type) const noexcept { return type.layout[target().is_64()]; }
  std::uint32_t memory_of(const AdapterSide& side) {
    return code_.memory(&side == &call_.caller ? AdapterHelper::caller_memory : AdapterHelper::callee_memory,
                        *side.memory);
  }
  void helper(AdapterHelper which, std::span<const CoreKind> params, std::span<const CoreKind> results,
              const ValueType* s = nullptr, const ValueType* t = nullptr) {
    code_.call(
        code_.function({.helper = which, .is_result = is_result_, .parameter = parameter_, .source = s, .target = t},
                       params, results));
  }

  void copy(const Place& from, const ValueType& s, const Place& to, const ValueType& t);
  void word(const Place& from, const ValueType& s, const Place& to, const ValueType& t);
  void range(const Place& from, const ValueType& s, const Place& to, const ValueType& t);
  void text(Local pointer, Local length, const ValueType& s, Local result);
  void list(Local pointer, Local length, const ValueType& s, const ValueType& t, Local result);
  bool is_plain_list(const ValueType& type) const noexcept;
  void begin_list(Local pointer, Local length, const ValueType& s, const ValueType& t, Local result);
  void push_is_misplaced(Local pointer, Local size, unsigned alignment, const AdapterSide& side);
  struct Extent {
    std::uint64_t most;
    unsigned alignment;
  };
  void check_source(AdapterHelper bad, Local pointer, Local length, Local size, Extent extent, const ValueType& s,
                    const ValueType& t);
  void call_realloc(Local result);
  void allocate(Local size, unsigned alignment, Local result, const ValueType* type);
  void copy_bytes(Local to, Local from, Local size);
  void each(Local from, Local to, Local count, const ValueType& s, const ValueType& t, bool are_entries);
  void fields(const Place& from, const ValueType& s, const Place& to, const ValueType& t);
  void fixed_list(const Place& from, const ValueType& s, const Place& to, const ValueType& t);
  void variant(const Place& from, const ValueType& s, const Place& to, const ValueType& t);
  void payload_switch(Local index, std::span<const std::uint32_t> cases, const Place& from, const ValueType& s,
                      const Place& to, const ValueType& t);
  void plain(const Place& from, const Place& to, std::uint64_t size, unsigned alignment);

  void push_address(const Place& place) { code_.get(place.address); }
  void push_place(const Place& place);  // the address itself, offset included
  Local address_of(const Place& place);
  void push(const Place& from, Op load, CoreKind kind, unsigned alignment);
  void pop(const Place& to, Op store, CoreKind kind, unsigned alignment);
  void normalize(const ValueType& type, bool is_extended, bool is_stored);
  void check_char();

  void enter();
  void leave();
  void place_params(Local from, Local to);
  void pass_params();
  void check_results(Local from, Local to);
  void pass_results(std::span<const CoreKind> results);
  void call_callee();
  void tuple(std::span<const Member> source_types, Place from, std::span<const Member> target_types, Place to);
  std::span<const CoreKind> flatten(std::span<const Member> types, bool is_64, unsigned max_flat, CoreKind* kinds);

  const AdapterCall& call_;
  AdapterWriter code_;
  std::pmr::memory_resource& memory_;
  bool is_result_ = false;
  std::uint32_t parameter_ = all_parameters;
  bool is_too_large_ = false;
  std::pmr::vector<Local> flat_;          // of the caller: parameters, and the place for results
  Local pending_{};                       // the call around this one that had no activation
  std::optional<Local> callee_result_{};  // core value, or pointer
  std::optional<Local> caller_result_{};
  std::pmr::vector<Local> arguments_;
};

// --- Words -----------------------------------------------------------------------------------------------------------

void Emitter::push(const Place& from, Op load, CoreKind kind, unsigned alignment) {
  if (from.in_memory) {
    push_address(from);
    return code_.access(load, memory_of(source()), from.offset, alignment);
  }
  code_.get(from.flat[0]);
  code_.coerce(from.flat[0].kind, kind);
}

// The value is on the stack; below it, if it goes to memory, the address.
void Emitter::pop(const Place& to, Op store, CoreKind kind, unsigned alignment) {
  if (to.in_memory) return code_.access(store, memory_of(target()), to.offset, alignment);
  code_.coerce(kind, to.flat[0].kind);
  code_.set(to.flat[0]);
}

void Emitter::check_char() {
  const Local value = code_.take(CoreKind::i32);
  code_.tee(value);
  code_.get(value);
  // What is between the surrogates or beyond the last character is what is not below this bound.
  code_.constant(CoreKind::i32, 0xD800);
  code_.op(Op::i32_xor);
  code_.constant(CoreKind::i32, 0x800);
  code_.op(Op::i32_sub);
  code_.constant(CoreKind::i32, 0x110000 - 0x800);
  code_.op(Op::i32_ge_u);
  code_.block(Op::if_);
  code_.get(value);
  constexpr CoreKind params[1] = {CoreKind::i32};
  helper(AdapterHelper::bad_char, params, {});
  code_.op(Op::unreachable);
  code_.op(Op::end);
  code_.give_back(value);
}

// Brings an i32 into the form that its type has. `is_extended`: it was loaded with its own width; `is_stored`: only
// the bits of its width will be stored.
void Emitter::normalize(const ValueType& type, bool is_extended, bool is_stored) {
  const auto mask = [&](std::uint64_t bits) {
    code_.constant(CoreKind::i32, bits);
    code_.op(Op::i32_and);
  };
  if (type.kind == TypeKind::flags) {
    const std::size_t labels = type.labels.size();
    const bool fills = labels == 32 || ((is_extended || is_stored) && labels == std::size_t{8} * type.layout[0].size);
    if (!fills) mask((std::uint64_t{1} << labels) - 1);
    return;
  }
  switch (type.primitive) {
    case Primitive::bool_: code_.constant(CoreKind::i32, 0); return code_.op(Op::i32_ne);
    case Primitive::s8: return is_extended || is_stored ? void() : code_.op(Op::i32_extend8_s);
    case Primitive::u8: return is_extended || is_stored ? void() : mask(0xFF);
    case Primitive::s16: return is_extended || is_stored ? void() : code_.op(Op::i32_extend16_s);
    case Primitive::u16: return is_extended || is_stored ? void() : mask(0xFFFF);
    case Primitive::char_: return check_char();
    default: return;
  }
}

void Emitter::word(const Place& from, const ValueType& s, const Place& to, const ValueType& t) {
  const CoreKind kind = kind_of(s);
  const unsigned size = source_layout(s).size;
  if (to.in_memory) push_address(to);
  push(from, load_of(s, size), kind, size);
  if (is_handle(s)) {
    constexpr CoreKind one[1] = {CoreKind::i32};
    const bool is_not_lent = s.kind == TypeKind::borrow && !lends(*call_.lowered);
    helper(is_not_lent ? AdapterHelper::borrow : AdapterHelper::handle, one, one, &s, &t);
  } else {
    normalize(s, from.in_memory, to.in_memory);
  }
  pop(to, store_of(kind, size), kind, size);
}

// --- Bytes -----------------------------------------------------------------------------------------------------------

void Emitter::push_place(const Place& place) {
  code_.get(place.address);
  if (place.offset == 0) return;
  code_.constant(place.address.kind, place.offset);
  code_.op(place.address.kind == CoreKind::i64 ? Op::i64_add : Op::i32_add);
}

Local Emitter::address_of(const Place& place) {
  const Local local = code_.take(place.address.kind);
  push_place(place);
  code_.set(local);
  return local;
}

void Emitter::plain(const Place& from, const Place& to, std::uint64_t size, unsigned alignment) {
  constexpr std::uint64_t most_in_pieces = 64;
  const std::uint32_t source_memory = memory_of(source());
  const std::uint32_t target_memory = memory_of(target());
  if (size > most_in_pieces) {
    push_place(to);
    push_place(from);
    code_.constant(source().is_64() && target().is_64() ? CoreKind::i64 : CoreKind::i32, size);
    return code_.copy_memory(target_memory, source_memory);
  }
  struct Piece {
    unsigned size;
    Op load;
    Op store;
  };
  constexpr Piece pieces[] = {{8, Op::i64_load, Op::i64_store},
                              {4, Op::i32_load, Op::i32_store},
                              {2, Op::i32_load16_u, Op::i32_store16},
                              {1, Op::i32_load8_u, Op::i32_store8}};
  std::uint64_t done = 0;
  for (const Piece& piece : pieces) {
    for (; size - done >= piece.size; done += piece.size) {
      push_address(to);
      push_address(from);
      code_.access(piece.load, source_memory, from.offset + done, alignment);
      code_.access(piece.store, target_memory, to.offset + done, alignment);
    }
  }
}

// --- Strings and lists ----------------------------------------------------------------------------------------------

void Emitter::range(const Place& from, const ValueType& s, const Place& to, const ValueType& t) {
  const CoreKind source_kind = pointer_kind(source());
  const CoreKind target_kind = pointer_kind(target());
  const unsigned source_size = source_kind == CoreKind::i64 ? 8 : 4;
  const unsigned target_size = target_kind == CoreKind::i64 ? 8 : 4;
  const Op load = source_size == 8 ? Op::i64_load : Op::i32_load;
  const Op store = store_of(target_kind, target_size);
  const Local pointer = code_.take(target_kind);
  const Local length = code_.take(target_kind);
  if (s.kind == TypeKind::primitive && !is_copied_text()) {
    push(from, load, source_kind, source_size);
    push(from.behind(source_size, 1), load, source_kind, source_size);
    const CoreKind params[2] = {source_kind, source_kind};
    const CoreKind results[2] = {target_kind, target_kind};
    helper(AdapterHelper::string, params, results);
    code_.set(length);
    code_.set(pointer);
  } else {
    const Local source_pointer = code_.take(source_kind);
    const Local source_length = code_.take(source_kind);
    push(from, load, source_kind, source_size);
    code_.set(source_pointer);
    push(from.behind(source_size, 1), load, source_kind, source_size);
    code_.set(source_length);
    if (s.kind == TypeKind::primitive) {
      text(source_pointer, source_length, s, pointer);
    } else {
      list(source_pointer, source_length, s, t, pointer);
    }
    code_.get(source_length);
    code_.coerce(source_kind, target_kind);
    code_.set(length);
    code_.give_back(source_pointer);
    code_.give_back(source_length);
  }
  if (to.in_memory) push_address(to);
  code_.get(pointer);
  pop(to, store, target_kind, target_size);
  if (to.in_memory) push_address(to);
  code_.get(length);
  pop(to.behind(target_size, 1), store, target_kind, target_size);
  code_.give_back(pointer);
  code_.give_back(length);
}

// Of memories with addresses of 32 bits: whether `size` bytes at `pointer` are anywhere but in the memory, and aligned.
void Emitter::push_is_misplaced(Local pointer, Local size, unsigned alignment, const AdapterSide& side) {
  code_.get(pointer);
  code_.op(Op::i64_extend_i32_u);
  code_.get(size);
  code_.op(Op::i64_add);
  code_.memory_bytes(memory_of(side));
  code_.op(Op::i64_gt_u);
  if (alignment == 1) return;
  code_.get(pointer);
  code_.constant(CoreKind::i32, alignment - 1);
  code_.op(Op::i32_and);
  code_.op(Op::i32_or);
}

// Calls the target's realloc: its arguments are on the stack. Its instance may not call out meanwhile, and what it
// stores in its thread nobody sees, neither the caller nor the callee: if it asks for its activation, it gets one of
// its own.
void Emitter::call_realloc(Local result) {
  constexpr CoreKind params[4] = {CoreKind::i32, CoreKind::i32, CoreKind::i32, CoreKind::i32};
  const AdapterHelper flag = is_result_ ? AdapterHelper::may_not_leave : AdapterHelper::callee_may_not_leave;
  const AdapterHelper realloc = is_result_ ? AdapterHelper::caller_realloc : AdapterHelper::callee_realloc;
  const Local before = code_.take(CoreKind::i64);
  const Local noted = code_.take(CoreKind::i64);
  code_.constant(CoreKind::i64, reallocates | std::uint64_t{parameter_} << reallocates_shift);
  code_.set(flag);
  code_.get(AdapterHelper::pending);
  code_.set(before);
  code_.get(AdapterHelper::self);
  code_.constant(CoreKind::i64, is_result_ ? pending_in_caller : pending_in_callee);
  code_.op(Op::i64_or);
  code_.tee(noted);
  code_.set(AdapterHelper::pending);
  code_.call(code_.function({.helper = realloc}, params, std::span(params).first(1)));
  code_.set(result);
  code_.get(AdapterHelper::pending);
  code_.get(noted);
  code_.op(Op::i64_eq);
  code_.block(Op::if_);
  code_.get(before);
  code_.set(AdapterHelper::pending);
  code_.op(Op::else_);
  helper(AdapterHelper::end_realloc, {}, {});
  code_.op(Op::end);
  code_.constant(CoreKind::i64, 0);
  code_.set(flag);
  code_.give_back(before);
  code_.give_back(noted);
}

// Memory of the target. `type`: the string or list it is for; nullptr: all values.
void Emitter::allocate(Local size, unsigned alignment, Local result, const ValueType* type) {
  code_.constant(CoreKind::i32, 0);
  code_.constant(CoreKind::i32, 0);
  code_.constant(CoreKind::i32, alignment);
  code_.get(size);
  code_.op(Op::i32_wrap_i64);
  call_realloc(result);
  push_is_misplaced(result, size, alignment, target());
  code_.block(Op::if_);
  code_.get(result);
  code_.get(size);
  helper(AdapterHelper::bad_place, std::array{CoreKind::i32, CoreKind::i64}, {}, type, type);
  code_.op(Op::unreachable);
  code_.op(Op::end);
}

void Emitter::copy_bytes(Local to, Local from, Local size) {
  code_.get(to);
  code_.get(from);
  code_.get(size);
  code_.op(Op::i32_wrap_i64);
  code_.copy_memory(memory_of(target()), memory_of(source()));
}

// Traps with `bad` if there are more than `most` bytes, or they are not where the source says.
void Emitter::check_source(AdapterHelper bad, Local pointer, Local length, Local size, Extent extent,
                           const ValueType& s, const ValueType& t) {
  const CoreKind params[2] = {pointer.kind, length.kind};
  code_.get(size);
  code_.constant(CoreKind::i64, extent.most);
  code_.op(Op::i64_gt_u);
  push_is_misplaced(pointer, size, extent.alignment, source());
  code_.op(Op::i32_or);
  code_.block(Op::if_);
  code_.get(pointer);
  code_.get(length);
  helper(bad, params, {}, &s, &t);
  code_.op(Op::unreachable);
  code_.op(Op::end);
}

// UTF-8 on both sides. Leaves `pointer` and `length` as they are.
void Emitter::text(Local pointer, Local length, const ValueType& s, Local result) {
  const Local size = code_.take(CoreKind::i64);
  code_.get(length);
  code_.op(Op::i64_extend_i32_u);
  code_.set(size);
  check_source(AdapterHelper::bad_text, pointer, length, size, {limits::max_string_bytes, 1}, s, s);
  allocate(size, 1, result, &s);
  code_.give_back(size);
  code_.get(result);
  code_.get(pointer);
  code_.get(length);
  helper(AdapterHelper::copy_text, std::array{CoreKind::i32, CoreKind::i32, CoreKind::i32}, {});
}

// Leaves `pointer` and `length` as they are.
void Emitter::list(Local pointer, Local length, const ValueType& s, const ValueType& t, Local result) {
  begin_list(pointer, length, s, t, result);
  if (is_plain_list(s)) return;
  const Local from = code_.take(pointer.kind);
  const Local to = code_.take(result.kind);
  const Local count = code_.take(CoreKind::i32);
  code_.get(pointer);
  code_.set(from);
  code_.get(result);
  code_.set(to);
  code_.get(length);
  code_.coerce(length.kind, CoreKind::i32);  // it was checked: its elements fit
  code_.set(count);
  const bool is_map = s.kind == TypeKind::map;
  each(from, to, count, is_map ? s : *s.element, is_map ? t : *t.element, is_map);
  code_.give_back(from);
  code_.give_back(to);
  code_.give_back(count);
}

bool Emitter::is_plain_list(const ValueType& type) const noexcept {
  return type.kind == TypeKind::list && is_plain(*type.element, source().is_64());
}

// The target's memory, with the elements in it if they are plain.
void Emitter::begin_list(Local pointer, Local length, const ValueType& s, const ValueType& t, Local result) {
  const CoreKind params[2] = {pointer.kind, length.kind};
  if (!is_narrow()) {
    const CoreKind results[1] = {result.kind};
    code_.get(pointer);
    code_.get(length);
    helper(is_plain_list(s) ? AdapterHelper::copy_list : AdapterHelper::begin_list, params, results, &s, &t);
    return code_.set(result);
  }
  const Layout layout = element_layout(s, false);
  const Local size = code_.take(CoreKind::i64);
  code_.get(length);
  code_.op(Op::i64_extend_i32_u);
  code_.constant(CoreKind::i64, layout.size);
  code_.op(Op::i64_mul);
  code_.set(size);
  check_source(AdapterHelper::bad_list, pointer, length, size, {limits::max_list_bytes, layout.alignment}, s, t);
  allocate(size, layout.alignment, result, &s);
  if (is_plain_list(s)) copy_bytes(result, pointer, size);
  code_.give_back(size);
}

// Consumes its locals. `are_entries`: the types are those of a map, whose entries are meant.
void Emitter::each(Local from, Local to, Local count, const ValueType& s, const ValueType& t, bool are_entries) {
  const Layout source_size = are_entries ? element_layout(s, source().is_64()) : source_layout(s);
  const Layout target_size = are_entries ? element_layout(t, target().is_64()) : target_layout(t);
  code_.block(Op::block);
  code_.get(count);
  code_.op(Op::i32_eqz);
  code_.branch(Op::br_if, 0);
  code_.block(Op::loop);
  const Place here{.in_memory = true, .address = from};
  const Place there{.in_memory = true, .address = to};
  if (are_entries) {
    fields(here, s, there, t);
  } else {
    copy(here, s, there, t);
  }
  code_.grow_by(from, source_size.size);
  code_.grow_by(to, target_size.size);
  code_.get(count);
  code_.constant(CoreKind::i32, 1);
  code_.op(Op::i32_sub);
  code_.tee(count);
  code_.branch(Op::br_if, 0);
  code_.op(Op::end);
  code_.op(Op::end);
}

void Emitter::fixed_list(const Place& from, const ValueType& s, const Place& to, const ValueType& t) {
  constexpr std::uint32_t most_unrolled = 4;
  if (!from.in_memory || !to.in_memory || s.length <= most_unrolled) return fields(from, s, to, t);
  const Local source_address = address_of(from);
  const Local target_address = address_of(to);
  const Local count = code_.take(CoreKind::i32);
  code_.constant(CoreKind::i32, s.length);
  code_.set(count);
  each(source_address, target_address, count, *s.element, *t.element, false);
  code_.give_back(source_address);
  code_.give_back(target_address);
  code_.give_back(count);
}

// --- Records and variants -------------------------------------------------------------------------------------------

void Emitter::fields(const Place& from, const ValueType& s, const Place& to, const ValueType& t) {
  std::uint64_t source_offset = 0;
  std::uint64_t target_offset = 0;
  std::size_t flat = 0;
  for (std::uint32_t i = 0, n = field_count(s); i < n && !is_too_large_; ++i) {
    const ValueType& source_field = field_type(s, i);
    const ValueType& target_field = field_type(t, i);
    source_offset = align_to(source_offset, source_layout(source_field).alignment);
    target_offset = align_to(target_offset, target_layout(target_field).alignment);
    copy(from.behind(source_offset, flat), source_field, to.behind(target_offset, flat), target_field);
    source_offset += source_layout(source_field).size;
    target_offset += target_layout(target_field).size;
    flat += source_field.flat;
  }
}

void Emitter::variant(const Place& from, const ValueType& s, const Place& to, const ValueType& t) {
  const CaseList cases{&s};
  const unsigned size = discriminant_size(cases.size());
  const Local index = code_.take(CoreKind::i32);
  push(from, size == 1 ? Op::i32_load8_u : size == 2 ? Op::i32_load16_u : Op::i32_load, CoreKind::i32, size);
  code_.tee(index);
  constexpr CoreKind params[1] = {CoreKind::i32};
  code_.constant(CoreKind::i32, cases.size());
  code_.op(Op::i32_ge_u);
  code_.block(Op::if_);
  code_.get(index);
  helper(AdapterHelper::bad_case, params, {}, &s, &t);
  code_.op(Op::unreachable);
  code_.op(Op::end);
  if (to.in_memory) push_address(to);
  code_.get(index);
  pop(to, store_of(CoreKind::i32, size), CoreKind::i32, size);

  std::pmr::vector<std::uint32_t> with_payload(&memory_);
  for (std::uint32_t i = 0, n = s.kind == TypeKind::enum_ ? 0 : cases.size(); i < n; ++i) {
    if (cases.payload(i) != nullptr) with_payload.push_back(i);
  }
  const Place payload_from = from.behind(payload_offset(s, source().is_64()), 1);
  const Place payload_to = to.behind(payload_offset(t, target().is_64()), 1);
  payload_switch(index, with_payload, payload_from, s, payload_to, t);
  code_.give_back(index);
}

// The payload of the case that `index` says, of those that have one.
void Emitter::payload_switch(Local index, std::span<const std::uint32_t> with_payload, const Place& from,
                             const ValueType& s, const Place& to, const ValueType& t) {
  const CaseList source_cases{&s};
  const CaseList target_cases{&t};
  if (with_payload.empty()) return;
  if (with_payload.size() == 1) {
    code_.get(index);
    code_.constant(CoreKind::i32, with_payload[0]);
    code_.op(Op::i32_eq);
    code_.block(Op::if_);
    copy(from, *source_cases.payload(with_payload[0]), to, *target_cases.payload(with_payload[0]));
    return code_.op(Op::end);
  }
  // A block for the end, and inside of it one for each case, the first innermost.
  const auto count = static_cast<std::uint32_t>(with_payload.size());
  std::pmr::vector<std::uint32_t> labels(source_cases.size() + 1, count, &memory_);
  for (std::uint32_t i = 0; i < count; ++i) labels[with_payload[i]] = i;
  for (std::uint32_t i = 0; i <= count; ++i) code_.block(Op::block);
  code_.get(index);
  code_.branch_table(labels);
  for (std::uint32_t i = 0; i < count && !is_too_large_; ++i) {
    code_.op(Op::end);
    copy(from, *source_cases.payload(with_payload[i]), to, *target_cases.payload(with_payload[i]));
    if (i + 1 < count) code_.branch(Op::br, count - i - 1);
  }
  code_.op(Op::end);
}

void Emitter::copy(const Place& from, const ValueType& s, const Place& to, const ValueType& t) {
  if (code_.size() > limits::max_adapter_code) is_too_large_ = true;
  if (is_too_large_) return;
  if (is_word(s)) return word(from, s, to, t);
  if (is_range(s)) return range(from, s, to, t);
  if (is_variant(s.kind)) return variant(from, s, to, t);
  if (from.in_memory && to.in_memory && is_plain(s, source().is_64())) {
    return plain(from, to, source_layout(s).size, source_layout(s).alignment);
  }
  if (s.kind == TypeKind::fixed_length_list) return fixed_list(from, s, to, t);
  fields(from, s, to, t);
}

// --- The call --------------------------------------------------------------------------------------------------------

void Emitter::tuple(std::span<const Member> source_types, Place from, std::span<const Member> target_types, Place to) {
  for (std::size_t i = 0; i < source_types.size(); ++i) {
    const ValueType& s = *source_types[i].type;
    const ValueType& t = *target_types[i].type;
    parameter_ = static_cast<std::uint32_t>(i);
    from.offset = align_to(from.offset, source_layout(s).alignment);
    to.offset = align_to(to.offset, target_layout(t).alignment);
    copy(from, s, to, t);
    from = from.behind(source_layout(s).size, s.flat);
    to = to.behind(target_layout(t).size, t.flat);
  }
  parameter_ = all_parameters;
}

// The core types of parameters or results; of one pointer where there would be more than `max_flat`.
std::span<const CoreKind> Emitter::flatten(std::span<const Member> types, bool is_64, unsigned max_flat,
                                           CoreKind* kinds) {
  if (flat_count(types) > max_flat) {
    kinds[0] = is_64 ? CoreKind::i64 : CoreKind::i32;
    return {kinds, 1};
  }
  unsigned used = 0;
  for (const Member& member : types) used += flatten_type(*member.type, is_64, kinds + used);
  return {kinds, used};
}

// Of parameters in memory: that the caller's are where it says, and a place for the callee's.
void Emitter::place_params(Local from, Local to) {
  const CoreKind pointer[1] = {from.kind};
  const CoreKind placed[1] = {to.kind};
  if (!is_narrow()) {
    code_.get(from);
    helper(AdapterHelper::check_tuple, pointer, {});
    helper(AdapterHelper::place_tuple, {}, placed);
    return code_.set(to);
  }
  const Layout layout = tuple_layout(call_.lifted->params, false);
  const Local size = code_.take(CoreKind::i64);
  code_.constant(CoreKind::i64, layout.size);
  code_.set(size);
  push_is_misplaced(from, size, layout.alignment, source());
  code_.block(Op::if_);
  code_.get(from);
  helper(AdapterHelper::check_tuple, pointer, {});
  code_.op(Op::end);
  allocate(size, layout.alignment, to, nullptr);
  code_.give_back(size);
}

void Emitter::pass_params() {
  const std::span<const Member> source_types = call_.lowered->params;
  const std::span<const Member> target_types = call_.lifted->params;
  const bool in_memory = flat_count(source_types) > max_flat_params;
  Place from{.flat = flat_};
  Place to;
  if (in_memory) {
    from = {.in_memory = true, .address = flat_[0]};
    to = {.in_memory = true, .address = code_.take(pointer_kind(target()))};
    place_params(from.address, to.address);
    arguments_ = {to.address};
  } else {
    CoreKind kinds[max_flat_params];
    for (const CoreKind kind : flatten(target_types, target().is_64(), max_flat_params, kinds)) {
      arguments_.push_back(code_.take(kind));
    }
    to.flat = arguments_;
  }
  tuple(source_types, from, target_types, to);
}

void Emitter::call_callee() {
  CoreKind params[max_flat_params];
  std::size_t count = 0;
  for (const Local argument : arguments_) {
    code_.get(argument);
    params[count++] = argument.kind;
  }
  for (const Local argument : arguments_) code_.give_back(argument);
  const ResultMembers result(*call_.lifted);
  CoreKind kinds[max_flat_params];
  const auto results = flatten(result.list(), call_.callee.is_64(), max_flat_results, kinds);
  code_.call(code_.function({.helper = AdapterHelper::callee}, {params, count}, results));
  if (!results.empty()) {
    callee_result_ = code_.take(results[0]);
    code_.set(*callee_result_);
  }
  const bool borrows = std::ranges::any_of(call_.lifted->params, [](const Member& m) { return m.type->has_borrow; });
  if (!borrows) return;
  // Without an activation, which nobody has asked for, it has nothing that it could have kept.
  code_.get(AdapterHelper::pending);
  code_.get(AdapterHelper::self);
  code_.op(Op::i64_ne);
  code_.block(Op::if_);
  helper(AdapterHelper::check_return, {}, {});
  code_.op(Op::end);
}

// Of results in memory: that they are where the callee says, and may go to where the caller wants them.
void Emitter::check_results(Local from, Local to) {
  const CoreKind pointers[2] = {from.kind, to.kind};
  if (is_narrow()) {
    const Layout layout = call_.lifted->result->layout[0];
    const Local size = code_.take(CoreKind::i64);
    code_.constant(CoreKind::i64, layout.size);
    code_.set(size);
    push_is_misplaced(from, size, layout.alignment, source());
    push_is_misplaced(to, size, layout.alignment, target());
    code_.op(Op::i32_or);
    code_.block(Op::if_);
    code_.give_back(size);
  }
  code_.get(from);
  code_.get(to);
  helper(AdapterHelper::check_results, pointers, {});
  if (is_narrow()) code_.op(Op::end);
}

void Emitter::pass_results(std::span<const CoreKind> results) {
  const ResultMembers lifted(*call_.lifted);
  const ResultMembers lowered(*call_.lowered);
  if (lifted.list().empty()) return;
  Place from{.flat = {&*callee_result_, 1}};
  Place to;
  if (flat_count(lifted.list()) > max_flat_results) {
    from = {.in_memory = true, .address = *callee_result_};
    to = {.in_memory = true, .address = flat_.back()};
    check_results(from.address, to.address);
  } else {
    caller_result_ = code_.take(results[0]);
    to.flat = {&*caller_result_, 1};
  }
  tuple(lifted.list(), from, lowered.list(), to);
}

// A call is noted in globals as long as nobody asks for its activation.
void Emitter::enter() {
  pending_ = code_.take(CoreKind::i64);
  code_.get(AdapterHelper::pending);
  code_.set(pending_);
  code_.get(AdapterHelper::entered);
  code_.get(AdapterHelper::may_not_leave);
  code_.op(Op::i64_or);
  code_.op(Op::i64_eqz);
  code_.block(Op::if_);
  code_.get(AdapterHelper::self);
  code_.set(AdapterHelper::entered);
  code_.get(AdapterHelper::self);
  code_.set(AdapterHelper::pending);
  code_.op(Op::else_);
  helper(AdapterHelper::enter, {}, {});
  code_.op(Op::end);
}

void Emitter::leave() {
  code_.get(AdapterHelper::entered);
  code_.get(AdapterHelper::self);
  code_.op(Op::i64_eq);
  code_.block(Op::if_);
  code_.constant(CoreKind::i64, 0);
  code_.set(AdapterHelper::entered);
  code_.get(pending_);
  code_.set(AdapterHelper::pending);
  code_.op(Op::else_);
  helper(AdapterHelper::leave, {}, {});
  code_.op(Op::end);
}

bool Emitter::run() {
  CoreKind params[max_flat_params + 1];
  CoreKind results[max_flat_params];
  const bool is_64 = call_.caller.is_64();
  std::size_t count = flatten(call_.lowered->params, is_64, max_flat_params, params).size();
  const ResultMembers result(*call_.lowered);
  auto flat_results = flatten(result.list(), is_64, max_flat_results, results);
  if (flat_count(result.list()) > max_flat_results) {
    params[count++] = is_64 ? CoreKind::i64 : CoreKind::i32;
    flat_results = {};
  }
  code_.declare({params, count}, flat_results);
  for (std::uint32_t i = 0; i < count; ++i) flat_.push_back({i, params[i]});

  code_.block(Op::block);
  code_.try_block();
  enter();
  pass_params();
  call_callee();
  is_result_ = true;
  pass_results(flat_results);
  is_result_ = false;
  if (call_.has_post_return) {
    helper(AdapterHelper::begin_post_return, {}, {});
    CoreKind given[1];
    if (callee_result_) {
      code_.get(*callee_result_);
      given[0] = callee_result_->kind;
    }
    const std::size_t count_given = callee_result_ ? 1 : 0;
    code_.call(code_.function({.helper = AdapterHelper::post_return}, {given, count_given}, {}));
  }
  leave();
  if (caller_result_) code_.get(*caller_result_);
  code_.op(Op::return_);
  code_.op(Op::end);
  code_.op(Op::end);
  helper(AdapterHelper::uncaught, {}, {});
  code_.op(Op::unreachable);
  code_.op(Op::end);
  code_.finish();
  return !is_too_large_ && code_.size() <= limits::max_adapter_code;
}

}  // namespace

bool write_adapter(const AdapterCall& call, AdapterCode& code) { return Emitter(call, code).run(); }

}  // namespace tenon::fuse
