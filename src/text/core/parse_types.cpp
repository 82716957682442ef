#include "text/core/parse_types.hpp"

#include <algorithm>
#include <bit>

namespace tenon::core {

namespace {

std::optional<ValType> number_type(Word word) noexcept {
  switch (word) {
#define TENON_NUMBER_TYPE(name, code, text, feature) \
  case Word::name: return ValType(ValType::Kind::name);
#define TENON_PACKED_TYPE(name, code, text)
#define TENON_HEAP_TYPE(name, code, text, ref_text, top, bottom, feature)
#include "spec/valtypes.def"
#undef TENON_NUMBER_TYPE
#undef TENON_PACKED_TYPE
#undef TENON_HEAP_TYPE
    default: return std::nullopt;
  }
}

std::optional<ValType> packed_type(Word word) noexcept {
  switch (word) {
#define TENON_NUMBER_TYPE(name, code, text, feature)
#define TENON_PACKED_TYPE(name, code, text) \
  case Word::name: return ValType(ValType::Kind::name);
#define TENON_HEAP_TYPE(name, code, text, ref_text, top, bottom, feature)
#include "spec/valtypes.def"
#undef TENON_NUMBER_TYPE
#undef TENON_PACKED_TYPE
#undef TENON_HEAP_TYPE
    default: return std::nullopt;
  }
}

// funcref and its like.
std::optional<ValType> short_ref_type(Word word) noexcept {
  switch (word) {
#define TENON_NUMBER_TYPE(name, code, text, feature)
#define TENON_PACKED_TYPE(name, code, text)
#define TENON_HEAP_TYPE(name, code, text, ref_text, top, bottom, feature) \
  case Word::ref_##name##_: return ValType::ref(AbstractHeapType::name, true);
#include "spec/valtypes.def"
#undef TENON_NUMBER_TYPE
#undef TENON_PACKED_TYPE
#undef TENON_HEAP_TYPE
    default: return std::nullopt;
  }
}

std::optional<HeapType> abstract_heap_type(Word word) noexcept {
  switch (word) {
#define TENON_NUMBER_TYPE(name, code, text, feature)
#define TENON_PACKED_TYPE(name, code, text)
#define TENON_HEAP_TYPE(name, code, text, ref_text, top, bottom, feature) \
  case Word::heap_##name: return HeapType(AbstractHeapType::name);
#include "spec/valtypes.def"
#undef TENON_NUMBER_TYPE
#undef TENON_PACKED_TYPE
#undef TENON_HEAP_TYPE
    default: return std::nullopt;
  }
}

ValType parse_storage_type(ParseContext& context) {
  TokenCursor& in = context.in;
  if (in.at(TokenKind::keyword)) {
    if (const auto packed = packed_type(in.peek().word)) return in.next(), *packed;
  }
  return parse_val_type(context);
}

FieldType parse_field_type(ParseContext& context) {
  if (!context.in.accept_open(Word::mut)) return {.storage = parse_storage_type(context)};
  const FieldType type{.storage = parse_storage_type(context), .is_mutable = true};
  context.in.expect_close();
  return type;
}

std::span<const FieldType> parse_struct_fields(ParseContext& context, TypeIdx type) {
  TokenCursor& in = context.in;
  ArenaVector<FieldType> fields;
  context.name_list.clear();
  while (in.accept_open(Word::field)) {
    const std::uint32_t offset = in.peek().offset;
    const auto index = static_cast<std::uint32_t>(fields.size());
    std::string_view id;
    const std::string_view name = parse_id_and_name(context, id);
    if (!name.empty()) {
      if (!id.empty() && !context.fields_of_types.ids.insert(id, index, type.value)) {
        in.fault_at(offset, "duplicate field $", id);
      }
      context.name_list.push_back({index, name});
      fields.push_back(in.arena(), parse_field_type(context));
    } else {
      while (!in.at_close() && in.ok()) fields.push_back(in.arena(), parse_field_type(context));
    }
    in.expect_close();
  }
  if (!context.name_list.empty()) {
    const auto names = in.arena().copy(std::span<const NameAssoc>(context.name_list));
    context.names.fields.push_back(in.arena(), {.index = type.value, .names = NameMap(names)});
  }
  return fields.span();
}

void parse_composite_type(ParseContext& context, TypeIdx index, SubType& type) {
  TokenCursor& in = context.in;
  if (in.accept_open(Word::func)) {
    context.locals.ids.clear();
    context.name_list.clear();
    parse_signature(context, &context.name_list);  // names of parameters have no meaning here
    type.kind = CompositeKind::func;
    type.func.params = in.arena().copy(std::span<const ValType>(context.params));
    type.func.results = in.arena().copy(std::span<const ValType>(context.results));
  } else if (in.accept_open(Word::struct_)) {
    type.kind = CompositeKind::struct_;
    type.fields = parse_struct_fields(context, index);
  } else if (in.accept_open(Word::array)) {
    type.kind = CompositeKind::array;
    const FieldType element = parse_field_type(context);
    type.fields = in.arena().copy(std::span<const FieldType>(&element, 1));
  } else {
    in.unexpected("a composite type: `(func`, `(struct` or `(array`");
  }
  in.expect_close();
}

std::size_t hash_signature(std::span<const ValType> params, std::span<const ValType> results) noexcept {
  std::size_t hash = params.size();
  const auto mix = [&](ValType type) {
    hash = (hash ^ type.bits()) * 0x9E37'79B9'7F4A'7C15U;
    hash ^= hash >> 32;
  };
  std::ranges::for_each(params, mix);
  std::ranges::for_each(results, mix);
  return hash;
}

// The slot of an equal function type, or the free one where it belongs.
std::size_t find_type_slot(const ParseContext& context, std::span<const ValType> params,
                           std::span<const ValType> results) noexcept {
  const std::size_t mask = context.type_slots.size() - 1;
  for (std::size_t slot = hash_signature(params, results) & mask;; slot = (slot + 1) & mask) {
    const std::uint32_t entry = context.type_slots[slot];
    if (entry == 0) return slot;
    const FuncType& known = context.module.types[TypeIdx(entry - 1)].func;
    if (std::ranges::equal(known.params, params) && std::ranges::equal(known.results, results)) return slot;
  }
}

}  // namespace

SubType parse_sub_type(ParseContext& context, TypeIdx index) {
  TokenCursor& in = context.in;
  SubType type;
  if (!in.accept_open(Word::sub)) {
    parse_composite_type(context, index, type);
    return type;
  }
  type.is_final = in.accept(Word::final_);
  ArenaVector<TypeIdx> supertypes;
  while (at_index(context) && in.ok()) supertypes.push_back(in.arena(), TypeIdx(parse_index(context, context.types)));
  type.supertypes = supertypes.span();
  type.is_shorthand = type.is_final && type.supertypes.empty();  // the binary format has one form for both
  parse_composite_type(context, index, type);
  in.expect_close();
  return type;
}

bool at_ref_type(ParseContext& context) noexcept {
  TokenCursor& in = context.in;
  if (in.at(TokenKind::keyword)) return short_ref_type(in.peek().word).has_value();
  return in.at_open(Word::ref);
}

bool at_val_type(ParseContext& context) noexcept {
  TokenCursor& in = context.in;
  return (in.at(TokenKind::keyword) && number_type(in.peek().word).has_value()) || at_ref_type(context);
}

HeapType parse_heap_type(ParseContext& context) {
  TokenCursor& in = context.in;
  if (in.at(TokenKind::keyword)) {
    if (const auto type = abstract_heap_type(in.peek().word)) return in.next(), *type;
  }
  if (at_index(context)) {
    const std::uint32_t offset = in.peek().offset;
    const std::uint32_t index = parse_index(context, context.types);
    if (index >= limits::max_types) {
      in.fault_at(offset, "unknown type ", index, ": a module has at most ", limits::max_types, " types");
      return AbstractHeapType::func;
    }
    return TypeIdx(index);
  }
  in.unexpected("a heap type");
  return AbstractHeapType::func;
}

ValType parse_ref_type(ParseContext& context, std::string_view what) {
  TokenCursor& in = context.in;
  if (in.at(TokenKind::keyword)) {
    if (const auto type = short_ref_type(in.peek().word)) return in.next(), *type;
  }
  if (!in.accept_open(Word::ref)) {
    in.unexpected(what);
    return funcref;
  }
  const bool nullable = in.accept(Word::null);
  const HeapType heap = parse_heap_type(context);
  in.expect_close();
  return ValType::ref(heap, nullable);
}

ValType parse_val_type(ParseContext& context) {
  TokenCursor& in = context.in;
  if (in.at(TokenKind::keyword)) {
    if (const auto type = number_type(in.peek().word)) return in.next(), *type;
  }
  return parse_ref_type(context, "a value type");
}

GlobalType parse_global_type(ParseContext& context) {
  TokenCursor& in = context.in;
  if (!in.accept_open(Word::mut)) return {.value = parse_val_type(context)};
  const GlobalType type{.value = parse_val_type(context), .is_mutable = true};
  in.expect_close();
  return type;
}

bool parse_address_type(ParseContext& context) {
  if (context.in.accept(Word::i64)) return true;
  context.in.accept(Word::i32);
  return false;
}

Limits parse_limits(ParseContext& context, bool is_64) {
  TokenCursor& in = context.in;
  Limits limits;
  limits.is_64 = is_64;
  // Since memory64 the numbers have 64 bits everywhere, and validation says what is too large.
  const bool is_wide = is_64 || context.options.features.has(Feature::memory64);
  const auto number = [&] { return is_wide ? in.expect_u64() : std::uint64_t{in.expect_u32()}; };
  limits.min = number();
  if (in.at(TokenKind::natural)) limits.max = number();
  return limits;
}

std::optional<std::uint32_t> parse_page_size(ParseContext& context) {
  TokenCursor& in = context.in;
  if (!in.accept_open(Word::pagesize)) return std::nullopt;
  const std::uint32_t offset = in.peek().offset;
  const std::uint32_t size = in.expect_u32();
  if (in.ok() && !std::has_single_bit(size)) {
    in.fault_at(offset, "invalid custom page size: ", size, " is not a power of two");
  }
  in.expect_close();
  return static_cast<std::uint32_t>(std::countr_zero(size));
}

MemoryType parse_memory_type(ParseContext& context) {
  TokenCursor& in = context.in;
  MemoryType type{.limits = parse_limits(context, parse_address_type(context))};
  if (in.accept(Word::shared)) type.limits.is_shared = true;
  if (const auto page_size = parse_page_size(context)) {
    type.page_size_log2 = *page_size;
    type.has_page_size = true;
  }
  return type;
}

TableType parse_table_type(ParseContext& context) {
  const Limits limits = parse_limits(context, parse_address_type(context));
  return {.element = parse_ref_type(context), .limits = limits};
}

void parse_type_definition(ParseContext& context) {
  TokenCursor& in = context.in;
  in.expect_open();
  in.expect(Word::type);
  const TypeIdx index = context.module.types.next_index();
  parse_definition_name(context, context.names.types, index.value);
  const SubType type = parse_sub_type(context, index);
  in.expect_close();
  context.module.types.push_back(in.arena(), type);
}

void parse_rec_group(ParseContext& context) {
  TokenCursor& in = context.in;
  in.expect_open();
  in.expect(Word::rec);
  const TypeIdx first = context.module.types.next_index();
  while (in.at_open(Word::type)) parse_type_definition(context);
  in.expect_close();
  const auto size = static_cast<std::uint32_t>(context.module.types.size()) - first.value;
  context.module.rec_groups.push_back(in.arena(), {.first = first, .size = size, .is_explicit = true});
}

void parse_signature(ParseContext& context, std::pmr::vector<NameAssoc>* names) {
  TokenCursor& in = context.in;
  context.params.clear();
  context.results.clear();
  while (in.accept_open(Word::param)) {
    const auto index = static_cast<std::uint32_t>(context.params.size());
    if (names != nullptr && at_id_or_name(in)) {
      const std::uint32_t offset = in.peek().offset;
      std::string_view id;
      names->push_back({index, parse_id_and_name(context, id)});
      if (!id.empty() && !context.locals.ids.insert(id, index)) in.fault_at(offset, "duplicate local $", id);
      context.params.push_back(parse_val_type(context));
    } else {
      while (!in.at_close() && in.ok()) context.params.push_back(parse_val_type(context));
    }
    in.expect_close();
  }
  while (in.accept_open(Word::result)) {
    while (!in.at_close() && in.ok()) context.results.push_back(parse_val_type(context));
    in.expect_close();
  }
  // Said here, before anyone compares half a signature with a type.
  if (in.at_open(Word::param)) in.unexpected(in.peek_next(), "parameters before results");
}

std::optional<TypeIdx> parse_explicit_type(ParseContext& context) {
  if (!context.in.accept_open(Word::type)) return std::nullopt;
  const TypeIdx type(parse_index(context, context.types));
  context.in.expect_close();
  return type;
}

void check_signature(ParseContext& context, TypeIdx type, std::uint32_t offset) {
  TokenCursor& in = context.in;
  if (!in.ok()) return;
  if (!context.module.types.contains(type)) {
    return in.fault_at(offset, "unknown type ", type.value, ": there are ", context.module.types.size(), " before it");
  }
  if (std::ranges::find(context.aliased_types, type) != context.aliased_types.end()) return;
  const SubType& named = context.module.types[type];
  if (named.kind != CompositeKind::func) return in.fault_at(offset, "non-function type ", type.value);
  if (!std::ranges::equal(named.func.params, context.params) ||
      !std::ranges::equal(named.func.results, context.results)) {
    in.fault_at(offset, "inline function type does not match type ", type.value);
  }
}

TypeUse parse_type_use(ParseContext& context, std::pmr::vector<NameAssoc>* names) {
  const std::uint32_t offset = context.in.peek().offset;
  const auto named = parse_explicit_type(context);
  parse_signature(context, names);
  const bool has_signature = !context.params.empty() || !context.results.empty();
  if (!named) return {.type = find_or_add_type(context), .is_explicit = false, .has_signature = has_signature};
  if (has_signature) check_signature(context, *named, offset);
  return {.type = *named, .is_explicit = true, .has_signature = has_signature};
}

void index_type(ParseContext& context, TypeIdx type) {
  // Only final types without supertypes, alone in their group, are what a signature stands for.
  const SubType& added = context.module.types[type];
  if (added.kind != CompositeKind::func || !added.is_final || !added.supertypes.empty()) return;
  auto& slots = context.type_slots;
  if (context.type_slots_used * 2 >= slots.size()) {
    const std::pmr::vector<std::uint32_t> old(slots, slots.get_allocator());
    slots.assign(std::max<std::size_t>(64, old.size() * 4), 0);
    for (const std::uint32_t entry : old) {
      if (entry == 0) continue;
      const FuncType& func = context.module.types[TypeIdx(entry - 1)].func;
      slots[find_type_slot(context, func.params, func.results)] = entry;
    }
  }
  const std::size_t slot = find_type_slot(context, added.func.params, added.func.results);
  if (slots[slot] != 0) return;
  slots[slot] = type.value + 1;
  ++context.type_slots_used;
}

TypeIdx find_or_add_type(ParseContext& context) {
  Module& module = context.module;
  if (!context.type_slots.empty()) {
    const std::uint32_t entry = context.type_slots[find_type_slot(context, context.params, context.results)];
    if (entry != 0) return TypeIdx(entry - 1);
  }
  SubType type;
  type.func.params = module.arena.copy(std::span<const ValType>(context.params));
  type.func.results = module.arena.copy(std::span<const ValType>(context.results));
  const TypeIdx added = module.types.next_index();
  module.types.push_back(module.arena, type);
  module.rec_groups.push_back(module.arena, {.first = added, .size = 1, .is_explicit = false});
  if (context.shares_implied_types) index_type(context, added);
  return added;
}

}  // namespace tenon::core
