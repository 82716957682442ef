// The garbage-collected heap of a store: structs, arrays, exceptions, and boxed host values.
//
// Objects never move. Collection is mark and sweep over size classes; objects are scanned precisely by the layout of
// their type, stacks conservatively: any word that is the address of a live object keeps it. A collection can only
// start inside an `allocate_*` call. Whoever calls one sees to it that `Thread::top` lies above the frames in use, and
// keeps the references it still needs in a frame, in `Thread::accumulator`, or in a `Root`.
#pragma once

#include <cstdint>

#include "runtime/value.hpp"
#include "spec/traps.hpp"
#include "validate/core/canonical_types.hpp"

namespace tenon::runtime {

struct Store;
struct Tag;

enum class ObjectKind : std::uint8_t { struct_, array, exception, host };

// The header of every object. Struct fields follow it, a slot each (two for v128, 16-byte aligned pairs are not
// needed).
struct Object {
  core::TypeIdx type;  // canonical; none for exceptions and host values
  ObjectKind kind;
  std::uint8_t marked;
  std::uint16_t size_class;
  Slot* fields() noexcept { return reinterpret_cast<Slot*>(this + 1); }
  const Slot* fields() const noexcept { return reinterpret_cast<const Slot*>(this + 1); }
};
static_assert(sizeof(Object) == 8);

// Arrays: elements are packed at their storage size (i8 1, i16 2, i32 and f32 4, v128 16, all others 8 bytes).
struct Array : Object {
  std::uint32_t length;
  std::uint32_t element_size_log2;
  std::uint8_t* elements() noexcept { return reinterpret_cast<std::uint8_t*>(this + 1); }
  const std::uint8_t* elements() const noexcept { return reinterpret_cast<const std::uint8_t*>(this + 1); }
};

// An exception package: its tag and its argument slots.
struct Exception : Object {
  std::uint32_t slot_count;
  std::uint32_t reserved;
  Tag* tag;
  Slot* arguments() noexcept { return reinterpret_cast<Slot*>(this + 1); }
};

// A host value behind an externref. `drop` is called once, when the object was collected or the store ends. In the
// first case the heap is whole again, and `drop` may use the store.
struct HostValue : Object {
  HostValue* next_dead;  // of those that the collector found dead and that are not dropped yet
  void* data;
  void (*drop)(void* data) noexcept;
};

inline Object* as_object(Slot ref) noexcept { return std::bit_cast<Object*>(ref); }
inline Slot as_ref(const Object* object) noexcept { return std::bit_cast<Slot>(object); }

// A reference that the host holds: kept alive while the Root is registered.
struct Root {
  Slot ref = null_ref;
  Root* previous = nullptr;
  Root* next = nullptr;
};

class Heap {
 public:
  Heap(Store& store, const core::TypeRegistry& types, std::uint64_t max_bytes) noexcept
      : store_(&store), types_(&types), max_bytes_(max_bytes) {}
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;
  ~Heap();

  // Zeroed objects, or nullptr when the limit is reached even after a collection (Trap::heap_exhausted).
  Object* allocate_struct(core::TypeIdx type) noexcept;
  Array* allocate_array(core::TypeIdx type, std::uint32_t length) noexcept;
  Exception* allocate_exception(Tag& tag, std::uint32_t slot_count) noexcept;
  HostValue* allocate_host(void* data, void (*drop)(void*) noexcept) noexcept;

  void add_root(Root& root) noexcept;
  void remove_root(Root& root) noexcept;

  // No collection while it lives: for code that holds references nowhere but in its own variables.
  class Pause {
   public:
    explicit Pause(Heap& heap) noexcept : heap_(heap) { ++heap_.pauses_; }
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;
    ~Pause() { --heap_.pauses_; }

   private:
    Heap& heap_;
  };

  // Pauses under way; set by whoever goes on after a failed allocation, which ended none.
  unsigned pauses() const noexcept { return pauses_; }
  void set_pauses(unsigned pauses) noexcept { pauses_ = pauses; }

  void collect() noexcept;
  std::uint64_t bytes_used() const noexcept;
  // Are there objects, or were there any at the last collection?
  bool is_in_use() const noexcept { return is_in_use_; }
  std::uint64_t bytes_limit() const noexcept { return max_bytes_; }

 private:
  struct State;
  bool make_state() noexcept;
  Object* allocate(std::size_t size, ObjectKind kind, core::TypeIdx type) noexcept;
  Store* store_;
  const core::TypeRegistry* types_;
  std::uint64_t max_bytes_;
  Root* roots_ = nullptr;
  State* state_ = nullptr;  // made with the first object: most stores have none
  unsigned pauses_ = 0;
  bool is_in_use_ = false;
};

// Does the reference (not null) have a type that matches `heap` (canonical)? Constant time.
bool ref_matches(Slot ref, core::HeapType heap, const core::TypeRegistry& types) noexcept;

}  // namespace tenon::runtime
