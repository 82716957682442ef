// An instance's handle table, and what is behind the handles that guests hold as `i32`s: resources, waitables, waitable
// sets and error contexts.
//
// A resource handle lies in the table itself, since most handles are resources and most programs have no others; the
// rest are pointers to objects that the scheduler's pools own. Freed indices are given out again last-in-first-out, as
// the reference does, and index 0 is never given out, so that guests may use it for "none".
//
// Owner of this file: the state machines (runtime/component); resource.new, .drop and .rep and lifting and lowering
// of handles use it from canon_resource.cpp and the glue of calls.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#table-state
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "runtime/entities.hpp"
#include "runtime/handle_rows.hpp"
#include "tenon/result.hpp"

namespace tenon::component {

struct ComponentInstance;
struct Waitable;
struct WaitableSet;
struct ErrorContext;
struct Thread;

// A resource type at run time: resource types are generative, so each instantiation of the component that defines one
// makes another; two are the same type exactly when they are one object.
struct RuntimeResourceType {
  ComponentInstance* impl = nullptr;  // the instance that defined it; nullptr: the host
  // What dropping an own handle calls with the representation; at most one of the two is set.
  const runtime::Func* dtor = nullptr;
  Result<void> (*host_dtor)(void* data, std::uint64_t rep) noexcept = nullptr;
  void* data = nullptr;  // of the host
  std::string_view name;
};

// Who must drop borrowed handles before it returns: embedded in the activation of the call that received them.
struct BorrowScope {
  std::uint32_t num_borrows = 0;
};

// `runtime::HandleRows` says where its type and representation are.
struct ResourceHandle {
  const RuntimeResourceType* rt = nullptr;
  std::uint64_t rep = 0;
  BorrowScope* borrow_scope = nullptr;  // of borrow handles
  std::uint32_t num_lends = 0;
  bool own = false;
};

enum class HandleKind : std::uint8_t {
  none,  // a free place
  resource,
  subtask,
  readable_stream,
  writable_stream,
  readable_future,
  writable_future,
  waitable_set,
  error_context,
};
std::string_view to_string(HandleKind kind) noexcept;

constexpr bool is_waitable(HandleKind kind) noexcept {
  return kind >= HandleKind::subtask && kind <= HandleKind::writable_future;
}

// `Table` of the definition. Errors are traps with the definition's reasons; pointers into the table hold until the
// next `add`.
class HandleTable {
 public:
  static constexpr std::uint32_t max_length = (1U << 28) - 1;

  explicit HandleTable(std::pmr::memory_resource& memory) : entries_(&memory) { add_entry(); }
  HandleTable(const HandleTable&) = delete;
  HandleTable& operator=(const HandleTable&) = delete;

  Result<std::uint32_t> add(const ResourceHandle& handle);
  Result<std::uint32_t> add(Waitable& waitable);  // its kind says which
  Result<std::uint32_t> add(WaitableSet& set);
  Result<std::uint32_t> add(ErrorContext& context);

  // A resource handle of this type.
  Result<ResourceHandle*> resource(std::uint32_t index, const RuntimeResourceType& rt);
  // That of any type; nullptr: there is none.
  const ResourceHandle* find(std::uint32_t index) const noexcept {
    return kind(index) == HandleKind::resource ? &entries_[index].resource : nullptr;
  }
  // One that is known to be there: it is lent.
  ResourceHandle& lent(std::uint32_t index) noexcept { return entries_[index].resource; }
  // Takes it out. `resource.drop` and lifting an own handle check what they demand of it (lends, own) before.
  void remove(std::uint32_t index) noexcept;

  Result<Waitable*> waitable(std::uint32_t index);                   // of any kind
  Result<Waitable*> waitable(std::uint32_t index, HandleKind kind);  // of this kind
  Result<WaitableSet*> waitable_set(std::uint32_t index);
  Result<ErrorContext*> error_context(std::uint32_t index);

  // Takes out the handles that `scope` lent: its call does not begin.
  void remove_borrows_of(BorrowScope& scope) noexcept;

  template <class F>
  void for_each_resource(F visit) const {
    for (const Entry& entry : entries_) {
      if (entry.kind == HandleKind::resource) visit(entry.resource);
    }
  }

  // The table for compiled code; where it is stays the same.
  const runtime::HandleRows& rows() const noexcept { return rows_; }

  // For limits, dumps and tests.
  std::uint32_t size() const noexcept { return used_; }
  HandleKind kind(std::uint32_t index) const noexcept {
    return index < entries_.size() ? entries_[index].kind : HandleKind::none;
  }
  std::uint32_t limit = max_length;          // of handles at one time; adding beyond it is a trap
  const ComponentInstance* owner = nullptr;  // for that trap

 private:
  // A row of `rows_`. Those that are free have no type.
  struct Entry {
    union {
      ResourceHandle resource = {};
      Waitable* waitable;
      WaitableSet* set;
      ErrorContext* context;
    };
    HandleKind kind = HandleKind::none;
    std::uint32_t next_free = 0;
  };
  static_assert(sizeof(void*) != 8 || sizeof(Entry) == runtime::HandleRows::row_size);
  Result<std::uint32_t> place();
  void add_entry();
  Result<Entry*> get(std::uint32_t index);
  Result<Entry*> get(std::uint32_t index, HandleKind kind);

  std::pmr::vector<Entry> entries_;
  runtime::HandleRows rows_;
  std::uint32_t first_free_ = 0;
  std::uint32_t used_ = 0;
};

// The threads of an instance by index (`ComponentInstance.threads`).
class ThreadTable {
 public:
  explicit ThreadTable(std::pmr::memory_resource& memory) : threads_(1, nullptr, &memory), free_(&memory) {}
  Result<std::uint32_t> add(Thread& thread);
  Result<Thread*> get(std::uint32_t index) const;
  void remove(std::uint32_t index) noexcept;

 private:
  std::pmr::vector<Thread*> threads_;
  std::pmr::vector<std::uint32_t> free_;
};

}  // namespace tenon::component
