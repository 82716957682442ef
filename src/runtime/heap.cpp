// The collector.
//
// Memory comes in slabs of address space, cut into chunks of 64 KiB that are aligned to their size. A chunk holds cells
// of one size class; an object that fits no class gets a run of chunks of its own, and one larger than a slab a slab of
// its own. Whether a word found on a stack is an object is answered by its chunk: a hash set knows the chunks in use,
// the chunk knows its cells, and a cell's header says if it is allocated. Only the address of an object's header
// counts, since nothing else is ever stored in a slot.
//
// A collection marks from the roots with an explicit mark stack, and sweeps all chunks. It starts when as much was
// allocated since the last one as was live then (at least `first_collection` bytes), or when the limit is reached.
//
// Nothing here fails in the middle of something. What the collector needs for itself comes from the system's pages and
// may be refused: without a larger mark stack it marks what it finds and looks through the heap again for marked
// objects that were not scanned. Host values are dropped when the sweep is over and the heap is whole again, for what
// the host does then may use the store: allocate, collect, or call its guests.
//
// Rejected: moving collectors (handlers, hosts and conservative stacks hold raw addresses), reference counting
// (cycles).
#include "runtime/heap.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>
#include <new>
#include <utility>

#include "os/pages.hpp"
#include "runtime/native.hpp"
#include "runtime/objects.hpp"
#include "runtime/store.hpp"

namespace tenon::runtime {

namespace {

constexpr std::size_t chunk_size = std::size_t{64} * 1024;
constexpr unsigned slab_chunks = 64;  // as many as a word has bits
constexpr std::uint64_t first_collection = std::uint64_t{1} << 20;

enum CellState : std::uint8_t { free_cell = 0, unmarked = 1, marked = 2, dying = 3 };

constexpr std::array<std::uint32_t, 24> class_sizes = {16,  32,   48,   64,   80,   96,   112,  128,
                                                       160, 192,  224,  256,  320,  384,  448,  512,
                                                       768, 1024, 1536, 2048, 3072, 4096, 6144, 8192};
constexpr std::uint16_t large_class = class_sizes.size();
constexpr std::size_t largest_small_object = class_sizes.back();

std::uint16_t class_of(std::size_t size) noexcept {
  return static_cast<std::uint16_t>(std::ranges::lower_bound(class_sizes, size) - class_sizes.begin());
}

// A reservation of address space, at its start; the chunks begin at the next multiple of their size.
struct Slab {
  Slab* next = nullptr;
  std::byte* chunks = nullptr;
  std::size_t reserved = 0;     // bytes, this header included
  std::uint64_t free = 0;       // a bit a chunk; 0 in a slab of one large object
  std::uint64_t committed = 0;  // likewise
};

// At the start of every chunk, and of every run of chunks of a large object.
struct alignas(64) Chunk {
  Chunk* next = nullptr;  // of those in use
  Slab* slab = nullptr;
  std::size_t bytes = chunk_size;  // of the whole run
  std::uint32_t cell_size = 0;
  std::uint32_t cell_count = 0;
  std::uint16_t size_class = 0;
  std::byte* cell(std::uint32_t i) noexcept {
    return reinterpret_cast<std::byte*>(this + 1) + std::size_t{i} * cell_size;
  }
};
static_assert(sizeof(Chunk) == 64);

struct FreeCell : Object {
  FreeCell* next;
};
static_assert(sizeof(FreeCell) <= class_sizes[0]);

Chunk* chunk_of(const void* address) noexcept {
  return std::bit_cast<Chunk*>(std::bit_cast<std::uintptr_t>(address) & ~(chunk_size - 1));
}

// An array in pages of its own that grows if the system lets it.
template <class T>
struct PageArray {
  T* data = nullptr;
  std::size_t capacity = 0;

  PageArray() noexcept = default;
  PageArray(const PageArray&) = delete;
  PageArray& operator=(const PageArray&) = delete;
  ~PageArray() { release(); }

  static std::size_t bytes_of(std::size_t capacity) noexcept {
    const std::size_t page = os::page_size();
    return (capacity * sizeof(T) + page - 1) & ~(page - 1);
  }
  void release() noexcept {
    if (data != nullptr) os::release(data, bytes_of(capacity));
    data = nullptr;
    capacity = 0;
  }
  // Pages of zeros, or nullptr.
  static T* take(std::size_t capacity) noexcept {
    void* pages = os::reserve(bytes_of(capacity));
    if (pages == nullptr) return nullptr;
    if (os::commit(pages, bytes_of(capacity))) return static_cast<T*>(pages);
    os::release(pages, bytes_of(capacity));
    return nullptr;
  }
};

// The chunks in use, by address: open addressing, a power of two, at most half full.
class ChunkSet {
 public:
  bool contains(const Chunk* chunk) const noexcept {
    if (entries_.capacity == 0) return false;
    for (std::size_t i = place_of(chunk);; i = next(i)) {
      if (entries_.data[i] == nullptr) return false;
      if (entries_.data[i] == chunk) return true;
    }
  }
  // Room for one more, or false.
  bool reserve() noexcept {
    if (2 * (count_ + 1) <= entries_.capacity) return true;
    const std::size_t capacity = std::max<std::size_t>(512, entries_.capacity * 2);
    Chunk** grown = PageArray<Chunk*>::take(capacity);
    if (grown == nullptr) return false;
    PageArray<Chunk*> old;
    std::swap(old.data, entries_.data);
    std::swap(old.capacity, entries_.capacity);
    entries_.data = grown;
    entries_.capacity = capacity;
    for (std::size_t i = 0; i < old.capacity; ++i) {
      if (old.data[i] != nullptr) place(old.data[i]);
    }
    return true;
  }
  // After `reserve`.
  void insert(Chunk* chunk) noexcept {
    place(chunk);
    ++count_;
  }
  // Those behind a gap that belong in front of it move up.
  void erase(const Chunk* chunk) noexcept {
    std::size_t gap = place_of(chunk);
    while (entries_.data[gap] != chunk) gap = next(gap);
    --count_;
    for (std::size_t i = next(gap); entries_.data[i] != nullptr; i = next(i)) {
      const std::size_t mask = entries_.capacity - 1;
      if (((i - place_of(entries_.data[i])) & mask) < ((i - gap) & mask)) continue;
      entries_.data[gap] = entries_.data[i];
      gap = i;
    }
    entries_.data[gap] = nullptr;
  }

 private:
  std::size_t place_of(const Chunk* chunk) const noexcept {
    const std::uint64_t hash = (std::bit_cast<std::uintptr_t>(chunk) / chunk_size) * 0x9E37'79B9'7F4A'7C15U;
    return (hash >> 32) & (entries_.capacity - 1);
  }
  std::size_t next(std::size_t i) const noexcept { return (i + 1) & (entries_.capacity - 1); }
  void place(Chunk* chunk) noexcept {
    std::size_t i = place_of(chunk);
    while (entries_.data[i] != nullptr) i = next(i);
    entries_.data[i] = chunk;
  }

  PageArray<Chunk*> entries_;
  std::size_t count_ = 0;
};

// What is marked and still to be scanned; of a long array from some element on.
struct Work {
  Object* object;
  std::uint32_t from;
};

}  // namespace

struct Heap::State {
  Store* store;
  const core::TypeRegistry* types;
  std::uint64_t max_bytes;
  std::uint64_t chunk_bytes = 0;  // of the chunks in use
  std::uint64_t allocated = 0;    // bytes of objects, dead ones not yet swept included
  std::uint64_t next_collection = first_collection;
  std::array<FreeCell*, large_class> free_cells{};
  ChunkSet chunk_set;
  Chunk* chunks = nullptr;
  Slab* slabs = nullptr;
  std::array<Work, 64> first_work{};
  PageArray<Work> more_work;  // instead, once there is any
  std::size_t work_count = 0;
  bool has_overflowed = false;  // something is marked that was not scanned
  HostValue* dead_hosts = nullptr;
  bool is_dropping = false;

  State(Store& owner, const core::TypeRegistry& registry, std::uint64_t limit) noexcept
      : store(&owner), types(&registry), max_bytes(limit) {}

  // --- Chunks

  Chunk* new_chunk(std::size_t bytes) noexcept {
    bytes = (bytes + chunk_size - 1) & ~(chunk_size - 1);
    if (bytes > max_bytes || chunk_bytes > max_bytes - bytes || !chunk_set.reserve()) return nullptr;
    const std::size_t count = bytes / chunk_size;
    Chunk* chunk = count > slab_chunks ? take_slab(bytes) : take_run(static_cast<unsigned>(count));
    if (chunk == nullptr) return nullptr;
    chunk->bytes = bytes;
    chunk->next = std::exchange(chunks, chunk);
    chunk_set.insert(chunk);
    chunk_bytes += bytes;
    return chunk;
  }

  // A run of chunks in some slab, an old or a new one.
  Chunk* take_run(unsigned count) noexcept {
    for (Slab* slab = slabs; slab != nullptr; slab = slab->next) {
      if (Chunk* chunk = take_from(*slab, count)) return chunk;
    }
    // Where address space is scarce, a smaller slab may do.
    for (unsigned size = slab_chunks; size >= count; size /= 2) {
      if (Slab* slab = new_slab(size * chunk_size)) {
        slab->free = ~std::uint64_t{0} >> (slab_chunks - size);
        return take_from(*slab, count);
      }
    }
    return nullptr;
  }

  static Chunk* take_from(Slab& slab, unsigned count) noexcept {
    std::uint64_t starts = slab.free;  // of runs of `count` free chunks
    for (unsigned i = 1; i < count && starts != 0; ++i) starts &= slab.free >> i;
    if (starts == 0) return nullptr;
    const int first = std::countr_zero(starts);
    const std::uint64_t run = (~std::uint64_t{0} >> (slab_chunks - count)) << first;
    std::byte* address = slab.chunks + static_cast<std::size_t>(first) * chunk_size;
    if ((slab.committed & run) != run && !os::commit(address, count * chunk_size)) return nullptr;
    slab.committed |= run;
    slab.free &= ~run;
    Chunk* chunk = ::new (address) Chunk{};
    chunk->slab = &slab;
    return chunk;
  }

  Chunk* take_slab(std::size_t bytes) noexcept {
    Slab* slab = new_slab(bytes);
    if (slab == nullptr) return nullptr;
    if (!os::commit(slab->chunks, bytes)) {
      release_slab(slab);
      return nullptr;
    }
    Chunk* chunk = ::new (slab->chunks) Chunk{};
    chunk->slab = slab;
    return chunk;
  }

  Slab* new_slab(std::size_t bytes) noexcept {
    const std::size_t size = bytes + chunk_size;
    auto* address = static_cast<std::byte*>(os::reserve(size));
    if (address == nullptr) return nullptr;
    if (!os::commit(address, os::page_size())) {
      os::release(address, size);
      return nullptr;
    }
    const auto header_end = std::bit_cast<std::uintptr_t>(address) + sizeof(Slab);
    auto* first = address + sizeof(Slab) + (-header_end & (chunk_size - 1));
    slabs = ::new (address) Slab{.next = slabs, .chunks = first, .reserved = size};
    return slabs;
  }

  void release_slab(Slab* slab) noexcept {
    Slab** link = &slabs;
    while (*link != slab) link = &(*link)->next;
    *link = slab->next;
    os::release(slab, slab->reserved);
  }

  void release_chunk(Chunk* chunk) noexcept {
    chunk_set.erase(chunk);
    chunk_bytes -= chunk->bytes;
    Slab* slab = chunk->slab;
    const std::size_t count = chunk->bytes / chunk_size;
    if (count > slab_chunks) return release_slab(slab);
    const auto first = static_cast<std::size_t>(reinterpret_cast<std::byte*>(chunk) - slab->chunks) / chunk_size;
    if (count > 1) os::discard(chunk, chunk->bytes);
    slab->free |= (~std::uint64_t{0} >> (slab_chunks - count)) << first;
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

  // --- Cells

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

  // The object that an address lies in, or nullptr.
  Object* find_object_around(Slot word) const noexcept {
    Chunk* chunk = chunk_of(std::bit_cast<const void*>(word));
    if (!chunk_set.contains(chunk)) chunk = find_run_around(word);
    if (chunk == nullptr) return nullptr;
    if (chunk->size_class == large_class) return find_object(std::bit_cast<Slot>(chunk->cell(0)));
    const std::size_t offset = word & (chunk_size - 1);
    if (offset < sizeof(Chunk)) return nullptr;
    return find_object(word - (offset - sizeof(Chunk)) % chunk->cell_size);
  }

  // The run of chunks, of a large object, that an address behind its first chunk lies in, or nullptr.
  Chunk* find_run_around(Slot word) const noexcept {
    const auto* address = std::bit_cast<const std::byte*>(word);
    for (Slab* slab = slabs; slab != nullptr; slab = slab->next) {
      const std::byte* end = std::bit_cast<const std::byte*>(slab) + slab->reserved;
      if (address < slab->chunks || address >= end) continue;
      auto* chunk = reinterpret_cast<Chunk*>(slab->chunks);
      if (slab->reserved <= (slab_chunks + 1) * chunk_size) chunk = chunk_of(address);  // else it has but one run
      while (!chunk_set.contains(chunk)) {
        if (reinterpret_cast<std::byte*>(chunk) <= slab->chunks) return nullptr;
        chunk = reinterpret_cast<Chunk*>(reinterpret_cast<std::byte*>(chunk) - chunk_size);
      }
      return address < reinterpret_cast<std::byte*>(chunk) + chunk->bytes ? chunk : nullptr;
    }
    return nullptr;
  }

  // The object that starts at this word, or nullptr.
  Object* find_object(Slot word) const noexcept {
    if (word == 0 || (word & 7) != 0) return nullptr;
    Chunk* chunk = chunk_of(std::bit_cast<const void*>(word));
    if (!chunk_set.contains(chunk)) return nullptr;
    const auto offset = static_cast<std::size_t>(word - std::bit_cast<std::uintptr_t>(chunk));
    if (offset < sizeof(Chunk)) return nullptr;
    const std::size_t in_cells = offset - sizeof(Chunk);
    if (chunk->size_class == large_class
            ? in_cells != 0
            : in_cells % chunk->cell_size != 0 || in_cells / chunk->cell_size >= chunk->cell_count) {
      return nullptr;
    }
    Object* object = as_object(word);
    return object->marked == free_cell || object->marked == dying ? nullptr : object;
  }

  // --- Marking

  bool push_work(Work work) noexcept {
    const std::size_t capacity = more_work.data == nullptr ? first_work.size() : more_work.capacity;
    Work* entries = more_work.data == nullptr ? first_work.data() : more_work.data;
    if (work_count == capacity) {
      const std::size_t grown_capacity = std::max<std::size_t>(4096, 2 * capacity);
      Work* grown = PageArray<Work>::take(grown_capacity);
      if (grown == nullptr) return false;
      std::copy_n(entries, work_count, grown);
      more_work.release();
      more_work.data = entries = grown;
      more_work.capacity = grown_capacity;
    }
    entries[work_count++] = work;
    return true;
  }

  void scan_all() noexcept {
    while (work_count != 0) {
      const Work work = (more_work.data == nullptr ? first_work.data() : more_work.data)[--work_count];
      scan(work);
    }
  }

  // Scans what was marked and could not be noted, however often that takes.
  void scan_overflowed() noexcept {
    while (std::exchange(has_overflowed, false)) {
      for (Chunk* chunk = chunks; chunk != nullptr; chunk = chunk->next) {
        for (std::uint32_t i = 0; i < chunk->cell_count; ++i) {
          auto* object = reinterpret_cast<Object*>(chunk->cell(i));
          if (object->marked != marked) continue;
          scan({object, 0});
          scan_all();
        }
      }
    }
  }

  void mark(Object* object) noexcept {
    if (object->marked != unmarked) return;
    object->marked = marked;
    if (!push_work({object, 0})) has_overflowed = true;
  }

  // A reference that is known to be one of the heap's: anything but null, i31 and functions.
  void mark_ref(Slot ref) noexcept {
    if (ref != null_ref && !is_i31(ref)) mark(as_object(ref));
  }

  // A word that may be anything.
  void mark_word(Slot word) noexcept {
    if (Object* object = find_object(word)) mark(object);
  }

  // What compiled code left on the native stack. What a compiler keeps of an object that is still used may be the
  // address of any part of it, or the one right behind its last.
  void mark_native(const NativeActivation* activation) noexcept {
    for (; activation != nullptr; activation = activation->previous) {
      if (activation->left_at == nullptr) continue;
      const Slot* from = activation->kept_at != nullptr ? activation->kept_at : activation->left_at;
      for (const Slot* slot = from - kept_registers; slot < activation->end; ++slot) {
        const Slot word = read_native(slot);
        if (Object* object = find_object_around(word)) mark(object);
        if (Object* object = find_object_around(word - 1)) mark(object);
      }
    }
  }
  // Words of frames, red zones of the sanitizer among them.
  __attribute__((no_sanitize("address"))) static Slot read_native(const Slot* slot) noexcept { return *slot; }

  bool refers_to_heap(core::ValType type) const noexcept {
    if (!type.is_ref()) return false;
    const core::HeapType heap = type.heap();
    if (heap.is_concrete()) return (*types)[heap.index()].type.kind != core::CompositeKind::func;
    return heap.abstract() != core::AbstractHeapType::func && heap.abstract() != core::AbstractHeapType::nofunc;
  }

  void scan(Work work) noexcept {
    Object* object = work.object;
    switch (object->kind) {
      case ObjectKind::struct_: {
        Slot* field = object->fields();
        for (const core::FieldType& type : (*types)[object->type].type.fields) {
          if (refers_to_heap(type.storage)) mark_ref(*field);
          field += slots_of(type.storage);
        }
        return;
      }
      case ObjectKind::array: return scan_array(*static_cast<Array*>(object), work.from);
      case ObjectKind::exception: {
        auto* exception = static_cast<Exception*>(object);
        for (std::uint32_t i = 0; i < exception->slot_count; ++i) mark_word(exception->arguments()[i]);
        return;
      }
      case ObjectKind::host: return;
    }
  }

  // A piece at a time, so that a long array does not fill the mark stack.
  void scan_array(Array& array, std::uint32_t from) noexcept {
    constexpr std::uint32_t piece = 32;
    if (!refers_to_heap((*types)[array.type].type.fields[0].storage)) return;
    std::uint32_t end = array.length;
    if (end - from > piece && push_work({&array, from + piece})) end = from + piece;
    const auto* elements = reinterpret_cast<const Slot*>(array.elements());
    for (std::uint32_t i = from; i < end; ++i) mark_ref(elements[i]);
  }

  void mark_roots(const Root* roots) noexcept {
    for (const Root* root = roots; root != nullptr; root = root->next) mark_word(root->ref);
    for (const Thread* thread = store->threads; thread != nullptr; thread = thread->next) {
      for (const Slot* slot = thread->stack_base; slot < thread->top; ++slot) mark_word(*slot);
      mark_word(thread->accumulator);
      mark_word(thread->pending_exception);
      mark_native(thread->activation);
      if (thread->native_wait != nullptr) {
        mark_native(static_cast<const NativeWaiting*>(thread->native_wait)->innermost_activation);
      }
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

  // --- Sweeping

  void sweep() noexcept {
    free_cells.fill(nullptr);
    allocated = 0;
    Chunk** link = &chunks;
    while (Chunk* chunk = *link) {
      if (sweep_chunk(*chunk)) {
        link = &chunk->next;
        continue;
      }
      *link = chunk->next;
      release_chunk(chunk);
    }
  }

  // False when nothing in the chunk is in use any more.
  bool sweep_chunk(Chunk& chunk) noexcept {
    std::uint32_t used = 0;
    for (std::uint32_t i = 0; i < chunk.cell_count; ++i) {
      auto* object = reinterpret_cast<Object*>(chunk.cell(i));
      if (object->marked == marked) {
        object->marked = unmarked;
      } else if (object->marked == unmarked && !is_droppable(*object)) {
        object->marked = free_cell;
      } else if (object->marked == unmarked) {
        object->marked = dying;
        auto* host = static_cast<HostValue*>(object);
        host->next_dead = std::exchange(dead_hosts, host);
      }
      used += object->marked != free_cell ? 1 : 0;
    }
    if (used == 0) return false;
    allocated += chunk.size_class == large_class ? chunk.bytes : std::uint64_t{used} * chunk.cell_size;
    if (chunk.size_class == large_class) return true;
    for (std::uint32_t i = chunk.cell_count; i-- > 0;) {
      auto* object = reinterpret_cast<Object*>(chunk.cell(i));
      if (object->marked == free_cell) push_free(chunk.size_class, chunk.cell(i));
    }
    return true;
  }

  static bool is_droppable(const Object& object) noexcept {
    return object.kind == ObjectKind::host && static_cast<const HostValue&>(object).drop != nullptr;
  }

  // Drops the host values that the sweep found. What is found meanwhile joins them.
  void drop_dead() noexcept {
    if (std::exchange(is_dropping, true)) return;
    while (HostValue* host = dead_hosts) {
      dead_hosts = host->next_dead;
      void* data = host->data;
      const auto drop = host->drop;
      allocated -= class_sizes[host->size_class];
      push_free(host->size_class, reinterpret_cast<std::byte*>(host));
      drop(data);
    }
    is_dropping = false;
  }
};

// In pages of its own, which may be refused.
bool Heap::make_state() noexcept {
  auto* place = PageArray<State>::take(1);
  if (place == nullptr) return false;
  state_ = ::new (place) State(*store_, *types_, max_bytes_);
  return true;
}

Heap::~Heap() {
  if (state_ == nullptr) return;
  State& s = *state_;
  for (Chunk* chunk = s.chunks; chunk != nullptr; chunk = chunk->next) {
    for (std::uint32_t i = 0; i < chunk->cell_count; ++i) {
      auto* object = reinterpret_cast<Object*>(chunk->cell(i));
      if (object->marked == free_cell || !State::is_droppable(*object)) continue;
      const auto* host = static_cast<HostValue*>(object);
      host->drop(host->data);
    }
  }
  while (s.slabs != nullptr) s.release_slab(s.slabs);
  s.~State();
  os::release(state_, PageArray<State>::bytes_of(1));
}

void Heap::collect() noexcept {
  if (state_ == nullptr) return;
  State& s = *state_;
  s.mark_roots(roots_);
  s.scan_all();
  s.scan_overflowed();
  s.more_work.release();
  s.sweep();
  s.next_collection = std::max(first_collection, s.allocated * 2);
  is_in_use_ = s.chunks != nullptr;
  // Frames that come and go must not be seen by later collections.
  for (Thread* thread = s.store->threads; thread != nullptr; thread = thread->next) thread->clear_above(thread->top);
  s.drop_dead();
}

Object* Heap::allocate(std::size_t size, ObjectKind kind, core::TypeIdx type) noexcept {
  if (state_ == nullptr && !make_state()) return nullptr;
  State& s = *state_;
  if (s.allocated >= s.next_collection && pauses_ == 0) collect();
  Object* object = s.try_allocate(size);
  if (object == nullptr && pauses_ == 0) {
    collect();
    object = s.try_allocate(size);
  }
  if (object == nullptr) return nullptr;
  is_in_use_ = true;
  s.store->control.has_objects = true;
  object->type = type;
  object->kind = kind;
  object->marked = unmarked;
  return object;
}

Object* Heap::allocate_struct(core::TypeIdx type) noexcept {
  std::size_t slots = 0;
  for (const core::FieldType& field : (*types_)[type].type.fields) slots += slots_of(field.storage);
  return allocate(sizeof(Object) + slots * sizeof(Slot), ObjectKind::struct_, type);
}

Array* Heap::allocate_array(core::TypeIdx type, std::uint32_t length) noexcept {
  const std::uint32_t log2 = element_size_log2((*types_)[type].type.fields[0].storage);
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
  root.next = roots_;
  if (root.next != nullptr) root.next->previous = &root;
  roots_ = &root;
}

void Heap::remove_root(Root& root) noexcept {
  (root.previous == nullptr ? roots_ : root.previous->next) = root.next;
  if (root.next != nullptr) root.next->previous = root.previous;
  root.previous = root.next = nullptr;
}

std::uint64_t Heap::bytes_used() const noexcept { return state_ == nullptr ? 0 : state_->allocated; }

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
