// The collector.
//
// Memory comes in slabs of address space, cut into chunks of 64 KiB that are aligned to their size. A chunk holds cells
// of one size class; an object that fits no class gets a run of chunks of its own. Whether a word found on a stack is
// an object is answered by its chunk: a hash set knows the chunks in use, the chunk knows its cells, and a cell's
// header says if it is allocated. Only the address of an object's header counts, since nothing else is ever stored in a
// slot.
//
// A collection marks from the roots with an explicit mark stack, and sweeps all chunks. It starts when as much was
// allocated since the last one as was live then (at least `first_collection` bytes), or when the limit is reached.
//
// Rejected: moving collectors (handlers, hosts and conservative stacks hold raw addresses), reference counting
// (cycles).
#include "runtime/heap.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <new>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "os/pages.hpp"
#include "runtime/store.hpp"

namespace tenon::runtime {

namespace {

constexpr std::size_t chunk_size = 64 * 1024;
constexpr std::size_t slab_size = std::size_t{1} << 22;
constexpr std::uint64_t first_collection = std::uint64_t{1} << 20;

enum CellState : std::uint8_t { free_cell = 0, unmarked = 1, marked = 2 };

constexpr std::array<std::uint32_t, 24> class_sizes = {16,  32,   48,   64,   80,   96,   112,  128,
                                                       160, 192,  224,  256,  320,  384,  448,  512,
                                                       768, 1024, 1536, 2048, 3072, 4096, 6144, 8192};
constexpr std::uint16_t large_class = class_sizes.size();
constexpr std::size_t largest_small_object = class_sizes.back();

std::uint16_t class_of(std::size_t size) noexcept {
  return static_cast<std::uint16_t>(std::ranges::lower_bound(class_sizes, size) - class_sizes.begin());
}

// At the start of every chunk, and of every run of chunks of a large object.
struct alignas(64) Chunk {
  std::uint16_t size_class = 0;
  std::uint32_t cell_size = 0;
  std::uint32_t cell_count = 0;
  std::size_t bytes = chunk_size;  // of the whole run
  std::byte* cell(std::uint32_t i) noexcept {
    return reinterpret_cast<std::byte*>(this + 1) + std::size_t{i} * cell_size;
  }
};

struct FreeCell : Object {
  FreeCell* next;
};
static_assert(sizeof(FreeCell) <= class_sizes[0]);

Chunk* chunk_of(const void* address) noexcept {
  return std::bit_cast<Chunk*>(std::bit_cast<std::uintptr_t>(address) & ~(chunk_size - 1));
}

}  // namespace

struct Heap::State {
  Store* store;
  const core::TypeRegistry* types;
  std::pmr::memory_resource* memory;
  std::uint64_t max_bytes;
  std::uint64_t chunk_bytes = 0;  // in use by chunks
  std::uint64_t allocated = 0;    // bytes of objects, dead ones not yet swept included
  std::uint64_t next_collection = first_collection;
  std::array<FreeCell*, large_class> free_cells{};
  std::pmr::unordered_set<Chunk*> chunks;
  std::pmr::vector<std::pair<std::byte*, std::size_t>> slabs;
  std::byte* slab_next = nullptr;
  std::byte* slab_end = nullptr;
  std::pmr::vector<Chunk*> free_chunks;  // committed, of one chunk each
  std::pmr::vector<Object*> mark_stack;
  Root* roots = nullptr;

  State(Store& owner, const core::TypeRegistry& registry, std::pmr::memory_resource& resource, std::uint64_t limit)
      : store(&owner),
        types(&registry),
        memory(&resource),
        max_bytes(limit),
        chunks(&resource),
        slabs(&resource),
        free_chunks(&resource),
        mark_stack(&resource) {}

  Chunk* new_chunk(std::size_t bytes) noexcept {
    bytes = (bytes + chunk_size - 1) & ~(chunk_size - 1);
    if (bytes == chunk_size && !free_chunks.empty()) {
      Chunk* chunk = free_chunks.back();
      free_chunks.pop_back();
      return insert_chunk(chunk, bytes);
    }
    if (bytes > max_bytes || chunk_bytes > max_bytes - bytes) return nullptr;
    if (static_cast<std::size_t>(slab_end - slab_next) < bytes && !new_slab(bytes)) return nullptr;
    auto* address = slab_next;
    if (!os::commit(address, bytes)) return nullptr;
    slab_next += bytes;
    chunk_bytes += bytes;
    return insert_chunk(reinterpret_cast<Chunk*>(address), bytes);
  }

  Chunk* insert_chunk(Chunk* address, std::size_t bytes) noexcept {
    Chunk* chunk = ::new (static_cast<void*>(address)) Chunk{};
    chunk->bytes = bytes;
    chunks.insert(chunk);
    return chunk;
  }

  bool new_slab(std::size_t bytes) noexcept {
    const std::size_t size = std::max(slab_size, bytes) + chunk_size;
    auto* address = static_cast<std::byte*>(os::reserve(size));
    if (address == nullptr) return false;
    slabs.emplace_back(address, size);
    const std::size_t misaligned = std::bit_cast<std::uintptr_t>(address) & (chunk_size - 1);
    slab_next = address + (misaligned == 0 ? 0 : chunk_size - misaligned);
    slab_end = address + size;
    return true;
  }

  bool refill(std::uint16_t size_class) noexcept {
    Chunk* chunk = new_chunk(chunk_size);
    if (chunk == nullptr) return false;
    chunk->size_class = size_class;
    chunk->cell_size = class_sizes[size_class];
    chunk->cell_count = static_cast<std::uint32_t>((chunk_size - sizeof(Chunk)) / chunk->cell_size);
    for (std::uint32_t i = chunk->cell_count; i-- > 0;) push_free(size_class, chunk->cell(i));
    return true;
  }

  void push_free(std::uint16_t size_class, std::byte* cell) noexcept {
    auto* free = ::new (cell) FreeCell{};
    free->marked = free_cell;
    free->next = free_cells[size_class];
    free_cells[size_class] = free;
  }

  Object* try_allocate(std::size_t size) noexcept {
    if (size > largest_small_object) return try_allocate_large(size);
    const std::uint16_t size_class = class_of(size);
    if (free_cells[size_class] == nullptr && !refill(size_class)) return nullptr;
    FreeCell* cell = free_cells[size_class];
    free_cells[size_class] = cell->next;
    allocated += class_sizes[size_class];
    std::memset(static_cast<void*>(cell), 0, size);
    cell->size_class = size_class;
    return cell;
  }

  Object* try_allocate_large(std::size_t size) noexcept {
    Chunk* chunk = new_chunk(sizeof(Chunk) + size);
    if (chunk == nullptr) return nullptr;
    chunk->size_class = large_class;
    chunk->cell_size = 0;
    chunk->cell_count = 1;
    allocated += chunk->bytes;
    auto* object = reinterpret_cast<Object*>(chunk->cell(0));
    std::memset(static_cast<void*>(object), 0, size);
    object->size_class = large_class;
    return object;
  }

  // The object that starts at this word, or nullptr.
  Object* find_object(Slot word) const noexcept {
    if (word == 0 || (word & 7) != 0) return nullptr;
    Chunk* chunk = chunk_of(std::bit_cast<const void*>(word));
    if (!chunks.contains(chunk)) return nullptr;
    const auto offset = static_cast<std::size_t>(word - std::bit_cast<std::uintptr_t>(chunk));
    if (offset < sizeof(Chunk)) return nullptr;
    const std::size_t in_cells = offset - sizeof(Chunk);
    if (chunk->size_class == large_class
            ? in_cells != 0
            : in_cells % chunk->cell_size != 0 || in_cells / chunk->cell_size >= chunk->cell_count) {
      return nullptr;
    }
    Object* object = as_object(word);
    return object->marked == free_cell ? nullptr : object;
  }

  void mark(Object* object) noexcept {
    if (object->marked != unmarked) return;
    object->marked = marked;
    mark_stack.push_back(object);
  }

  // A reference that is known to be one of the heap's: anything but null, i31 and functions.
  void mark_ref(Slot ref) noexcept {
    if (ref != null_ref && !is_i31(ref)) mark(as_object(ref));
  }

  // A word that may be anything.
  void mark_word(Slot word) noexcept {
    if (Object* object = find_object(word)) mark(object);
  }

  bool refers_to_heap(core::ValType type) const noexcept {
    if (!type.is_ref()) return false;
    const core::HeapType heap = type.heap();
    if (heap.is_concrete()) return (*types)[heap.index()].type.kind != core::CompositeKind::func;
    return heap.abstract() != core::AbstractHeapType::func && heap.abstract() != core::AbstractHeapType::nofunc;
  }

  void scan(Object* object) noexcept {
    switch (object->kind) {
      case ObjectKind::struct_: {
        Slot* field = object->fields();
        for (const core::FieldType& type : (*types)[object->type].type.fields) {
          if (refers_to_heap(type.storage)) mark_ref(*field);
          field += slots_of(type.storage);
        }
        return;
      }
      case ObjectKind::array: {
        auto* array = static_cast<Array*>(object);
        if (!refers_to_heap((*types)[object->type].type.fields[0].storage)) return;
        const auto* elements = reinterpret_cast<const Slot*>(array->elements());
        for (std::uint32_t i = 0; i < array->length; ++i) mark_ref(elements[i]);
        return;
      }
      case ObjectKind::exception: {
        auto* exception = static_cast<Exception*>(object);
        for (std::uint32_t i = 0; i < exception->slot_count; ++i) mark_word(exception->arguments()[i]);
        return;
      }
      case ObjectKind::host: return;
    }
  }

  void mark_roots() noexcept {
    for (const Root* root = roots; root != nullptr; root = root->next) mark_word(root->ref);
    for (const Thread* thread = store->threads; thread != nullptr; thread = thread->next) {
      for (const Slot* slot = thread->stack_base; slot < thread->top; ++slot) mark_word(*slot);
      mark_word(thread->accumulator);
      mark_word(thread->pending_exception);
    }
    for (const Global* global : store->globals) {
      if (refers_to_heap(global->type.value)) mark_word(global->value[0]);
    }
    for (const Table* table : store->tables) {
      if (!refers_to_heap(table->type.element)) continue;
      for (std::uint64_t i = 0; i < table->size; ++i) mark_word(table->elements[i]);
    }
    for (const Instance* instance : store->instances) {
      const std::size_t elems = instance->model().elems.size();
      for (std::size_t i = 0; i < elems; ++i) {
        for (const Slot item : instance->elem_values[i]) mark_word(item);
      }
    }
  }

  void destroy(Object* object) noexcept {
    if (object->kind != ObjectKind::host) return;
    auto* host = static_cast<HostValue*>(object);
    if (host->drop != nullptr) host->drop(host->data);
  }

  void sweep() noexcept {
    free_cells.fill(nullptr);
    allocated = 0;
    for (auto it = chunks.begin(); it != chunks.end();) {
      Chunk* chunk = *it;
      if (sweep_chunk(*chunk)) {
        ++it;
        continue;
      }
      it = chunks.erase(it);
      release_chunk(chunk);
    }
  }

  // False when nothing in the chunk is alive.
  bool sweep_chunk(Chunk& chunk) noexcept {
    std::uint32_t live = 0;
    for (std::uint32_t i = 0; i < chunk.cell_count; ++i) {
      auto* object = reinterpret_cast<Object*>(chunk.cell(i));
      if (object->marked == marked) {
        object->marked = unmarked;
        ++live;
      } else if (object->marked == unmarked) {
        destroy(object);
        object->marked = free_cell;
      }
    }
    if (live == 0) return false;
    allocated += chunk.size_class == large_class ? chunk.bytes : std::uint64_t{live} * chunk.cell_size;
    if (chunk.size_class == large_class) return true;
    for (std::uint32_t i = chunk.cell_count; i-- > 0;) {
      auto* object = reinterpret_cast<Object*>(chunk.cell(i));
      if (object->marked == free_cell) push_free(chunk.size_class, chunk.cell(i));
    }
    return true;
  }

  void release_chunk(Chunk* chunk) noexcept {
    const std::size_t bytes = chunk->bytes;
    if (bytes > chunk_size) os::discard(chunk, bytes);
    for (std::size_t at = 0; at < bytes; at += chunk_size) {
      free_chunks.push_back(reinterpret_cast<Chunk*>(reinterpret_cast<std::byte*>(chunk) + at));
    }
  }
};

Heap::Heap(Store& store, const core::TypeRegistry& types, std::pmr::memory_resource& memory, std::uint64_t max_bytes)
    : state_(::new(memory.allocate(sizeof(State), alignof(State))) State(store, types, memory, max_bytes)) {}

Heap::~Heap() {
  for (Chunk* chunk : state_->chunks) {
    for (std::uint32_t i = 0; i < chunk->cell_count; ++i) {
      auto* object = reinterpret_cast<Object*>(chunk->cell(i));
      if (object->marked != free_cell) state_->destroy(object);
    }
  }
  for (const auto& [address, size] : state_->slabs) os::release(address, size);
  std::pmr::memory_resource& memory = *state_->memory;
  state_->~State();
  memory.deallocate(state_, sizeof(State), alignof(State));
}

void Heap::collect() noexcept {
  State& s = *state_;
  s.mark_roots();
  while (!s.mark_stack.empty()) {
    Object* object = s.mark_stack.back();
    s.mark_stack.pop_back();
    s.scan(object);
  }
  s.sweep();
  s.next_collection = std::max(first_collection, s.allocated * 2);
}

Object* Heap::allocate(std::size_t size, ObjectKind kind, core::TypeIdx type) noexcept {
  State& s = *state_;
  if (s.allocated >= s.next_collection && pauses_ == 0) collect();
  Object* object = s.try_allocate(size);
  if (object == nullptr && pauses_ == 0) {
    collect();
    object = s.try_allocate(size);
  }
  if (object == nullptr) return nullptr;
  object->type = type;
  object->kind = kind;
  object->marked = unmarked;
  return object;
}

Object* Heap::allocate_struct(core::TypeIdx type) noexcept {
  std::size_t slots = 0;
  for (const core::FieldType& field : (*state_->types)[type].type.fields) slots += slots_of(field.storage);
  return allocate(sizeof(Object) + slots * sizeof(Slot), ObjectKind::struct_, type);
}

namespace {

std::uint32_t element_size_log2(core::ValType storage) noexcept {
  using Kind = core::ValType::Kind;
  switch (storage.kind()) {
    case Kind::i8: return 0;
    case Kind::i16: return 1;
    case Kind::i32:
    case Kind::f32: return 2;
    case Kind::v128: return 4;
    default: return 3;
  }
}

}  // namespace

Array* Heap::allocate_array(core::TypeIdx type, std::uint32_t length) noexcept {
  const std::uint32_t log2 = element_size_log2((*state_->types)[type].type.fields[0].storage);
  auto* array = static_cast<Array*>(allocate(sizeof(Array) + (std::size_t{length} << log2), ObjectKind::array, type));
  if (array == nullptr) return nullptr;
  array->length = length;
  array->element_size_log2 = log2;
  return array;
}

Exception* Heap::allocate_exception(Tag& tag, std::uint32_t slot_count) noexcept {
  auto* exception = static_cast<Exception*>(
      allocate(sizeof(Exception) + slot_count * sizeof(Slot), ObjectKind::exception, core::TypeIdx::none()));
  if (exception == nullptr) return nullptr;
  exception->slot_count = slot_count;
  exception->tag = &tag;
  return exception;
}

HostValue* Heap::allocate_host(void* data, void (*drop)(void*) noexcept) noexcept {
  auto* host = static_cast<HostValue*>(allocate(sizeof(HostValue), ObjectKind::host, core::TypeIdx::none()));
  if (host == nullptr) return nullptr;
  host->data = data;
  host->drop = drop;
  return host;
}

void Heap::add_root(Root& root) noexcept {
  root.previous = nullptr;
  root.next = state_->roots;
  if (root.next != nullptr) root.next->previous = &root;
  state_->roots = &root;
}

void Heap::remove_root(Root& root) noexcept {
  (root.previous == nullptr ? state_->roots : root.previous->next) = root.next;
  if (root.next != nullptr) root.next->previous = root.previous;
  root.previous = root.next = nullptr;
}

std::uint64_t Heap::bytes_used() const noexcept { return state_->allocated; }
std::uint64_t Heap::bytes_limit() const noexcept { return state_->max_bytes; }

namespace {

bool abstract_matches(Slot ref, core::AbstractHeapType heap) noexcept {
  using enum core::AbstractHeapType;
  switch (heap) {
    case any:
    case extern_:
    case func:
    case exn: return true;
    case none:
    case noextern:
    case nofunc:
    case noexn: return false;
    case i31: return is_i31(ref);
    case eq: return is_i31(ref) || as_object(ref)->kind != ObjectKind::host;
    case struct_: return !is_i31(ref) && as_object(ref)->kind == ObjectKind::struct_;
    case array: return !is_i31(ref) && as_object(ref)->kind == ObjectKind::array;
  }
  return false;
}

}  // namespace

bool ref_matches(Slot ref, core::HeapType heap, const core::TypeRegistry& types) noexcept {
  if (!heap.is_concrete()) return abstract_matches(ref, heap.abstract());
  const core::TypeIdx expected = heap.index();
  core::TypeIdx actual;
  if (types[expected].type.kind == core::CompositeKind::func) {
    actual = std::bit_cast<const Func*>(ref)->type;
  } else {
    if (is_i31(ref)) return false;
    actual = as_object(ref)->type;
    if (actual.is_none()) return false;  // a host value
  }
  return actual == expected || types.is_subtype(actual, expected);
}

}  // namespace tenon::runtime
