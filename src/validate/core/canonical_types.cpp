// Hash-consing of recursive groups.
//
// A group is turned into words in which a reference to a type of the same group is its position there, and any other is
// its canonical index: two groups are equal exactly when their words are. The words of a module's group are made once,
// in storage that is reused; a stored group's words are made again while they are compared, so that they are not kept.
// Only when no stored group has the same words are the group's types copied. The work is linear in the size of the type
// section.
//
// Entries stand in chunks that double in size and never move, which makes looking lock-free: whoever holds a canonical
// index got it from a call of `intern` that published the entry before. Interning takes a lock for a whole module.
//
// Each type has a display, the path from the root of its hierarchy to itself, so a subtype check is one load and one
// comparison. Displays take up to 64 indices a type: the price for casts in constant time, bounded by the depth limit.
//
// Rejected: interning single types by partition refinement (equi-recursive equality; not what the standard says), and
// keeping words as keys (doubles the memory).
#include "validate/core/canonical_types.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <memory>
#include <new>
#include <vector>

#include "base/concat.hpp"
#include "base/give_way.hpp"
#include "binary/core/entries.hpp"
#include "spec/limits.hpp"

namespace tenon::core {

namespace {

// A type index seen from inside a group.
struct Reference {
  bool is_local;        // of the same group: `index` is the position there
  std::uint32_t index;  // otherwise a canonical index
};

template <class Resolve, class Emit>
void emit_index(TypeIdx index, const Resolve& resolve, Emit& emit) {
  const Reference reference = resolve(index);
  emit(reference.index << 1 | static_cast<std::uint32_t>(reference.is_local));
}

template <class Resolve, class Emit>
void emit_val_type(ValType type, const Resolve& resolve, Emit& emit) {
  constexpr std::uint32_t defined = 1U << 31;  // an index follows
  if (!type.is_ref() || !type.heap().is_concrete()) return emit(type.bits());
  emit(static_cast<std::uint32_t>(type.kind()) | defined);
  emit_index(type.heap().index(), resolve, emit);
}

// The words of one type. Counts stand before what they count, so no group's words begin another's.
template <class Resolve, class Emit>
void emit_type(const SubType& type, const Resolve& resolve, Emit& emit) {
  emit(static_cast<std::uint32_t>(type.kind) | static_cast<std::uint32_t>(type.is_final) << 8);
  emit(static_cast<std::uint32_t>(type.supertypes.size()));
  for (const TypeIdx super : type.supertypes) emit_index(super, resolve, emit);
  if (type.kind == CompositeKind::func) {
    emit(static_cast<std::uint32_t>(type.func.params.size()));
    for (const ValType param : type.func.params) emit_val_type(param, resolve, emit);
    emit(static_cast<std::uint32_t>(type.func.results.size()));
    for (const ValType result : type.func.results) emit_val_type(result, resolve, emit);
    return;
  }
  emit(static_cast<std::uint32_t>(type.fields.size()));
  for (const FieldType field : type.fields) {
    emit(static_cast<std::uint32_t>(field.is_mutable));
    emit_val_type(field.storage, resolve, emit);
  }
}

// Replaces every index of `type` by `map(index)`, in copies that live in `arena`.
template <class Map>
SubType copy_type(const SubType& type, const Map& map, Arena& arena) {
  const auto map_val_type = [&](ValType t) {
    return t.is_ref() && t.heap().is_concrete() ? ValType::ref(map(t.heap().index()), t.is_nullable()) : t;
  };
  const auto copy_val_types = [&](std::span<const ValType> from) {
    std::span<ValType> to = arena.copy(from);
    for (ValType& t : to) t = map_val_type(t);
    return std::span<const ValType>(to);
  };
  SubType copy = type;
  copy.is_shorthand = type.is_final && type.supertypes.empty();
  std::span<TypeIdx> supers = arena.copy(type.supertypes);
  for (TypeIdx& super : supers) super = map(super);
  copy.supertypes = supers;
  copy.func = {copy_val_types(type.func.params), copy_val_types(type.func.results)};
  std::span<FieldType> fields = arena.copy(type.fields);
  for (FieldType& field : fields) field.storage = map_val_type(field.storage);
  copy.fields = fields;
  return copy;
}

// Calls `visit` with every type index in `type`, supertypes excepted, until it returns false.
template <class Visit>
bool all_indices(const SubType& type, const Visit& visit) {
  const auto visit_val_type = [&](ValType t) {
    return !t.is_ref() || !t.heap().is_concrete() || visit(t.heap().index());
  };
  for (const ValType param : type.func.params) {
    if (!visit_val_type(param)) return false;
  }
  for (const ValType result : type.func.results) {
    if (!visit_val_type(result)) return false;
  }
  for (const FieldType field : type.fields) {
    if (!visit_val_type(field.storage)) return false;
  }
  return true;
}

struct HeapBounds {
  AbstractHeapType top;
  AbstractHeapType bottom;
};

constexpr HeapBounds bounds_of(AbstractHeapType type) noexcept {
  switch (type) {
#define TENON_NUMBER_TYPE(name, code, text, feature)
#define TENON_PACKED_TYPE(name, code, text)
#define TENON_HEAP_TYPE(name, code, text, ref_text, top, bottom, feature) \
  case AbstractHeapType::name: return {AbstractHeapType::top, AbstractHeapType::bottom};
#include "spec/valtypes.def"
#undef TENON_NUMBER_TYPE
#undef TENON_PACKED_TYPE
#undef TENON_HEAP_TYPE
  }
  return {type, type};
}

constexpr AbstractHeapType abstract_of(CompositeKind kind) noexcept {
  switch (kind) {
    case CompositeKind::func: return AbstractHeapType::func;
    case CompositeKind::struct_: return AbstractHeapType::struct_;
    case CompositeKind::array: return AbstractHeapType::array;
  }
  return AbstractHeapType::any;
}

constexpr bool abstract_matches(AbstractHeapType sub, AbstractHeapType super) noexcept {
  if (sub == super) return true;
  const HeapBounds bounds = bounds_of(super);
  if (sub == bounds.bottom || bounds_of(sub).top == super) return true;
  return super == AbstractHeapType::eq &&
         (sub == AbstractHeapType::i31 || sub == AbstractHeapType::struct_ || sub == AbstractHeapType::array);
}

constexpr std::uint32_t no_entry = 0xFFFF'FFFF;

}  // namespace

struct TypeRegistry::State {
  State(TypeRegistry& owner, std::pmr::memory_resource& upstream)
      : registry(&owner), memory(&upstream), arena(upstream), groups(&upstream), words(&upstream) {}

  TypeRegistry* registry;
  std::pmr::memory_resource* memory;

  // Chunk c holds the entries from first_chunk * (2^c - 1) on.
  static constexpr std::uint32_t first_chunk = 64;
  static constexpr std::uint32_t first_chunk_log2 = 6;
  static constexpr std::size_t chunk_count = 18;
  static_assert((std::uint64_t{first_chunk} << chunk_count) - first_chunk >= max_canonical_types);
  std::array<std::atomic<CanonicalType*>, chunk_count> chunks{};
  std::atomic<std::uint32_t> count = 0;

  // What follows belongs to the holder of the lock, who is named by some address of its own; see `abandon`.
  std::atomic<const void*> holder = nullptr;
  Arena arena;
  struct Group {
    std::uint64_t hash = 0;
    std::uint32_t first = no_entry;
    std::uint32_t size = 0;
  };
  std::pmr::vector<Group> groups;  // open addressing, a power of two
  std::size_t group_count = 0;
  std::pmr::vector<std::uint32_t> words;

  class Lock {
   public:
    Lock(State& state, const void* holder) noexcept : state_(&state) {
      const void* nobody = nullptr;
      for (unsigned turns = 0;
           !state_->holder.compare_exchange_weak(nobody, holder, std::memory_order_acquire, std::memory_order_relaxed);
           nobody = nullptr) {
        give_way(++turns);
      }
    }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
    ~Lock() { state_->holder.store(nullptr, std::memory_order_release); }

   private:
    State* state_;
  };

  CanonicalType& entry(std::uint32_t index) const noexcept {
    const std::uint32_t shifted = index + first_chunk;
    const auto chunk = static_cast<std::uint32_t>(std::bit_width(shifted)) - 1 - first_chunk_log2;
    return chunks[chunk].load(std::memory_order_acquire)[shifted - (first_chunk << chunk)];
  }
  // Makes room for the entries [count, count + size).
  void reserve_entries(std::uint32_t size) {
    const std::uint32_t end = count.load(std::memory_order_relaxed) + size;
    for (std::size_t c = 0; c < chunk_count && ((first_chunk << c) - first_chunk) < end; ++c) {
      if (chunks[c].load(std::memory_order_relaxed) != nullptr) continue;
      chunks[c].store(arena.make_array<CanonicalType>(std::size_t{first_chunk} << c).data(), std::memory_order_release);
    }
  }

  // The words of the group whose types `type_at(0 ... size - 1)` gives.
  template <class TypeAt, class Resolve>
  void make_words(std::uint32_t size, const TypeAt& type_at, const Resolve& resolve) {
    words.clear();
    const auto emit = [&](std::uint32_t word) { words.push_back(word); };
    for (std::uint32_t i = 0; i < size; ++i) emit_type(type_at(i), resolve, emit);
  }

  std::uint64_t hash_words() const noexcept {
    // The seed differs from one registry to the next, so that nobody can prepare groups that collide.
    std::uint64_t hash = std::bit_cast<std::uint64_t>(this) | 1;
    for (const std::uint32_t word : words) {
      hash = (hash ^ word) * 0x9E37'79B9'7F4A'7C15U;
      hash ^= hash >> 29;
    }
    return hash;
  }

  bool has_words(const Group& group) const noexcept {
    const auto resolve = [&](TypeIdx index) {
      const bool is_local = index.value - group.first < group.size;
      return Reference{is_local, is_local ? index.value - group.first : index.value};
    };
    std::size_t at = 0;
    bool equal = true;
    const auto emit = [&](std::uint32_t word) { equal = equal && at < words.size() && words[at++] == word; };
    for (std::uint32_t i = 0; i < group.size && equal; ++i) emit_type(entry(group.first + i).type, resolve, emit);
    return equal && at == words.size();
  }

  // The group with the current words, or the free place where it belongs.
  Group& find_group(std::uint64_t hash, std::uint32_t size) {
    if ((group_count + 1) * 4 > groups.size() * 3) grow_groups();
    const std::size_t mask = groups.size() - 1;
    for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
      Group& group = groups[i];
      if (group.first == no_entry) return group;
      if (group.hash == hash && group.size == size && has_words(group)) return group;
    }
  }
  void grow_groups() {
    std::pmr::vector<Group> old(std::max<std::size_t>(64, groups.size() * 2), Group{}, memory);
    old.swap(groups);
    const std::size_t mask = groups.size() - 1;
    for (const Group& group : old) {
      if (group.first == no_entry) continue;
      std::size_t i = group.hash & mask;
      while (groups[i].first != no_entry) i = (i + 1) & mask;
      groups[i] = group;
    }
  }

  // `types` are a group's, whose indices begin where `canonical` ends.
  Result<std::uint32_t> intern_group(std::span<const SubType> types, const IndexVector<TypeIdx, TypeIdx>& canonical);
  Result<void> check_references(std::span<const SubType> types, std::uint32_t first) const;
  Result<void> check_subtypes(std::uint32_t first, RecGroup group) const;
  std::span<const TypeIdx> make_display(const CanonicalType& type);
  bool matches(const SubType& sub, const SubType& super) const noexcept;
  bool matches(FieldType sub, FieldType super) const noexcept;
};

namespace {

template <class... Pieces>
Error invalid_type(TypeIdx index, const Pieces&... pieces) {
  TextBuffer context;
  append_text(context, "type ");
  append_text(context, index.value);
  return fail(ErrorKind::invalid, {}, pieces...).with_context(context.view());
}

}  // namespace

// Everything that a group refers to stands before it or in it; supertypes stand before their subtypes.
Result<void> TypeRegistry::State::check_references(std::span<const SubType> types, std::uint32_t first) const {
  const auto end = static_cast<std::uint32_t>(first + types.size());
  for (std::uint32_t i = first; i < end; ++i) {
    const TypeIdx index(i);
    const SubType& type = types[i - first];
    for (const TypeIdx super : type.supertypes) {
      if (super.value >= end) return invalid_type(index, "unknown type ", super.value, " as super type of type ", i);
      if (super.value >= i) {
        return invalid_type(index, "forward use of type ", super.value, " in sub type definition of type ", i);
      }
    }
    if (type.supertypes.size() > 1) {
      return invalid_type(index, "sub type ", i, " has ", type.supertypes.size(), " super types, at most 1 is allowed");
    }
    TypeIdx unknown;
    const auto is_known = [&](TypeIdx reference) {
      if (reference.value >= end) unknown = reference;
      return unknown.is_none();
    };
    if (!all_indices(type, is_known)) {
      return invalid_type(index, "unknown type ", unknown.value, " in the definition of type ", i);
    }
  }
  return {};
}

// The entries from `first` on are a group's, not yet published.
Result<void> TypeRegistry::State::check_subtypes(std::uint32_t first, RecGroup group) const {
  for (std::uint32_t i = 0; i < group.size; ++i) {
    const CanonicalType& type = entry(first + i);
    if (type.type.supertypes.empty()) continue;
    const TypeIdx index(group.first.value + i);
    const CanonicalType& super = entry(type.type.supertypes[0].value);
    if (super.type.is_final) return invalid_type(index, "sub type ", index.value, " has a final super type");
    if (!matches(type.type, super.type)) {
      return invalid_type(index, "sub type ", index.value, " does not match its super type");
    }
    if (type.depth > limits::max_supertype_depth) {
      return fail(ErrorKind::exhausted, {}, "sub type ", index.value, " is deeper than ", limits::max_supertype_depth,
                  " super types");
    }
  }
  return {};
}

std::span<const TypeIdx> TypeRegistry::State::make_display(const CanonicalType& type) {
  std::span<const TypeIdx> inherited;
  if (type.depth != 0 && type.depth <= limits::max_supertype_depth)
    inherited = entry(type.type.supertypes[0].value).display;
  const std::span<TypeIdx> display = arena.make_array<TypeIdx>(inherited.size() + 1);
  std::ranges::copy(inherited, display.begin());
  display.back() = type.index;
  return display;
}

Result<std::uint32_t> TypeRegistry::State::intern_group(std::span<const SubType> types,
                                                        const IndexVector<TypeIdx, TypeIdx>& canonical) {
  const auto base = static_cast<std::uint32_t>(canonical.size());
  const RecGroup group{.first = TypeIdx(base), .size = static_cast<std::uint32_t>(types.size())};
  const auto type_at = [&](std::uint32_t i) -> const SubType& { return types[i]; };
  make_words(group.size, type_at, [&](TypeIdx index) {
    return index.value >= base ? Reference{true, index.value - base} : Reference{false, canonical[index].value};
  });
  const std::uint64_t hash = hash_words();
  Group& place = find_group(hash, group.size);
  if (place.first != no_entry) return place.first;

  const std::uint32_t first = count.load(std::memory_order_relaxed);
  if (group.size > max_canonical_types - first) {
    return fail(ErrorKind::exhausted, {}, "too many types: the engine has ", first, ", and the limit is ",
                max_canonical_types);
  }
  reserve_entries(group.size);
  for (std::uint32_t i = 0; i < group.size; ++i) {
    CanonicalType& type = entry(first + i);
    type.index = TypeIdx(first + i);
    type.type = copy_type(
        type_at(i),
        [&](TypeIdx index) { return index.value >= base ? TypeIdx(index.value - base + first) : canonical[index]; },
        arena);
    type.depth = type.type.supertypes.empty() ? 0 : entry(type.type.supertypes[0].value).depth + 1;
    type.display = make_display(type);
  }
  if (Result<void> checked = check_subtypes(first, group); !checked) return std::move(checked.error());
  place = {hash, first, group.size};
  ++group_count;
  count.store(first + group.size, std::memory_order_release);
  return first;
}

bool TypeRegistry::State::matches(FieldType sub, FieldType super) const noexcept {
  if (sub.is_mutable != super.is_mutable) return false;
  if (!registry->matches(sub.storage, super.storage)) return false;
  return !sub.is_mutable || registry->matches(super.storage, sub.storage);
}

bool TypeRegistry::State::matches(const SubType& sub, const SubType& super) const noexcept {
  if (sub.kind != super.kind) return false;
  if (sub.kind == CompositeKind::func) return registry->matches(sub.func, super.func);
  if (sub.fields.size() < super.fields.size()) return false;
  for (std::size_t i = 0; i < super.fields.size(); ++i) {
    if (!matches(sub.fields[i], super.fields[i])) return false;
  }
  return true;
}

TypeRegistry::TypeRegistry(std::pmr::memory_resource& memory)
    : state_(::new(memory.allocate(sizeof(State), alignof(State))) State(*this, memory)) {}

TypeRegistry::~TypeRegistry() {
  std::pmr::memory_resource& memory = *state_->memory;
  std::destroy_at(state_);
  memory.deallocate(state_, sizeof(State), alignof(State));
}

Result<IndexVector<TypeIdx, TypeIdx>> TypeRegistry::intern(const Module& module, Arena& arena) {
  IndexVector<TypeIdx, TypeIdx> canonical;
  canonical.reserve(arena, module.types.size());
  const State::Lock lock(*state_, &arena);
  std::uint32_t groups = 0;
  for (const RecGroup group : module.rec_groups) {
    const std::uint32_t entry = groups++;
    if (group.size == 0) continue;
    const auto in_group = [&](Error error) {
      return std::move(error).with_place(at_offset(entry_offset(module, SectionId::type, entry)));
    };
    const std::span<const SubType> types = module.types.span().subspan(group.first.value, group.size);
    if (Result<void> checked = state_->check_references(types, group.first.value); !checked) {
      return in_group(std::move(checked.error()));
    }
    Result<std::uint32_t> first = state_->intern_group(types, canonical);
    if (!first) return in_group(std::move(first.error()));
    for (std::uint32_t i = 0; i < group.size; ++i) canonical.push_back(arena, TypeIdx(*first + i));
  }
  return canonical;
}

void TypeRegistry::abandon(const void* holder) noexcept {
  (void)state_->holder.compare_exchange_strong(holder, nullptr, std::memory_order_release, std::memory_order_relaxed);
}

Result<TypeIdx> TypeRegistry::intern_group(std::span<const SubType> types,
                                           const IndexVector<TypeIdx, TypeIdx>& canonical, const void* holder) {
  const State::Lock lock(*state_, holder);
  const auto first_index = static_cast<std::uint32_t>(canonical.size());
  if (Result<void> checked = state_->check_references(types, first_index); !checked) {
    return std::move(checked.error());
  }
  const auto is_type = [&](TypeIdx index) { return !canonical.contains(index) || !canonical[index].is_none(); };
  for (const SubType& type : types) {
    if (all_indices(type, is_type) && std::ranges::all_of(type.supertypes, is_type)) continue;
    return fail(ErrorKind::invalid, {}, "a core type refers to a type that is not a core value's");
  }
  Result<std::uint32_t> first = state_->intern_group(types, canonical);
  if (!first) return std::move(first.error());
  return TypeIdx(*first);
}

TypeIdx TypeRegistry::intern_func(FuncType type, const void* holder) {
  const State::Lock lock(*state_, holder == nullptr ? &type : holder);
  SubType function;
  function.func = type;
  const auto type_at = [&](std::uint32_t) -> const SubType& { return function; };
  state_->make_words(1, type_at, [](TypeIdx index) { return Reference{false, index.value}; });
  const std::uint64_t hash = state_->hash_words();
  State::Group& place = state_->find_group(hash, 1);
  if (place.first != no_entry) return TypeIdx(place.first);
  const std::uint32_t first = state_->count.load(std::memory_order_relaxed);
  if (first == max_canonical_types) return TypeIdx::none();
  state_->reserve_entries(1);
  CanonicalType& entry = state_->entry(first);
  entry.index = TypeIdx(first);
  entry.type = copy_type(function, [](TypeIdx index) { return index; }, state_->arena);
  entry.depth = 0;
  entry.display = state_->make_display(entry);
  place = {hash, first, 1};
  ++state_->group_count;
  state_->count.store(first + 1, std::memory_order_release);
  return TypeIdx(first);
}

const CanonicalType& TypeRegistry::operator[](TypeIdx canonical) const noexcept {
  return state_->entry(canonical.value);
}

std::uint32_t TypeRegistry::size() const noexcept { return state_->count.load(std::memory_order_acquire); }

bool TypeRegistry::is_subtype(TypeIdx sub, TypeIdx super) const noexcept {
  if (sub == super) return true;
  const CanonicalType& from = (*this)[sub];
  const std::uint32_t depth = (*this)[super].depth;
  return depth < from.depth && from.display[depth] == super;
}

bool TypeRegistry::matches(HeapType sub, HeapType super) const noexcept {
  if (sub == super || sub == bottom_heap) return true;
  if (super == bottom_heap) return false;
  if (sub.is_concrete()) {
    if (super.is_concrete()) return is_subtype(sub.index(), super.index());
    return abstract_matches(abstract_of((*this)[sub.index()].type.kind), super.abstract());
  }
  if (!super.is_concrete()) return abstract_matches(sub.abstract(), super.abstract());
  return sub.abstract() == bounds_of(abstract_of((*this)[super.index()].type.kind)).bottom;
}

bool TypeRegistry::matches(ValType sub, ValType super) const noexcept {
  if (sub == super || sub.is_bottom()) return true;
  if (!sub.is_ref() || !super.is_ref()) return false;
  if (sub.is_nullable() && !super.is_nullable()) return false;
  return matches(sub.heap(), super.heap());
}

bool TypeRegistry::matches(FuncType sub, FuncType super) const noexcept {
  if (sub.params.size() != super.params.size() || sub.results.size() != super.results.size()) return false;
  for (std::size_t i = 0; i < sub.params.size(); ++i) {
    if (!matches(super.params[i], sub.params[i])) return false;
  }
  for (std::size_t i = 0; i < sub.results.size(); ++i) {
    if (!matches(sub.results[i], super.results[i])) return false;
  }
  return true;
}

AbstractHeapType TypeRegistry::top_of(HeapType type) const noexcept {
  if (type.is_concrete()) return bounds_of(abstract_of((*this)[type.index()].type.kind)).top;
  return bounds_of(type.abstract()).top;
}

}  // namespace tenon::core
