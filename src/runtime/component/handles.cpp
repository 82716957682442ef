#include "runtime/component/handles.hpp"

#include "base/concat.hpp"
#include "runtime/component/state.hpp"
#include "runtime/component/waitable.hpp"

namespace tenon::component {

namespace {

template <class... Pieces>
Error trapped(const Pieces&... pieces) {
  return fail(ErrorKind::trap, {}, pieces...);
}

constexpr std::string_view handle_names[] = {"nothing",
                                             "resource",
                                             "subtask",
                                             "readable stream end",
                                             "writable stream end",
                                             "readable future end",
                                             "writable future end",
                                             "waitable set",
                                             "error context"};

std::string_view described(const RuntimeResourceType& rt) noexcept {
  return rt.impl == nullptr ? "host-defined resource" : "guest-defined resource";
}

}  // namespace

std::string_view to_string(HandleKind kind) noexcept { return handle_names[static_cast<std::size_t>(kind)]; }

Result<std::uint32_t> HandleTable::place() {
  if (used_ >= limit) {
    TextBuffer text;
    append_text(text, "handle table is full: at most ");
    append_text(text, limit);
    append_text(text, " handles were expected");
    return beyond_limit(owner, text.view());
  }
  ++used_;
  if (first_free_ != 0) {
    const std::uint32_t index = first_free_;
    first_free_ = entries_[index].next_free;
    return index;
  }
  add_entry();
  return static_cast<std::uint32_t>(entries_.size() - 1);
}

void HandleTable::add_entry() {
  using runtime::HandleRows;
  static_assert(offsetof(Entry, resource) == 0 && offsetof(ResourceHandle, rt) == HandleRows::type_at &&
                offsetof(ResourceHandle, rep) == HandleRows::rep_at);
  entries_.emplace_back();
  rows_ = {.rows = entries_.data(), .count = entries_.size()};
}

Result<std::uint32_t> HandleTable::add(const ResourceHandle& handle) {
  auto index = place();
  if (!index) return index;
  Entry& entry = entries_[*index];
  entry.kind = HandleKind::resource;
  entry.resource = handle;
  return index;
}

Result<std::uint32_t> HandleTable::add(Waitable& waitable) {
  auto index = place();
  if (!index) return index;
  Entry& entry = entries_[*index];
  entry.kind = waitable.kind;
  entry.waitable = &waitable;
  waitable.index = *index;
  return index;
}

Result<std::uint32_t> HandleTable::add(WaitableSet& set) {
  auto index = place();
  if (!index) return index;
  Entry& entry = entries_[*index];
  entry.kind = HandleKind::waitable_set;
  entry.set = &set;
  return index;
}

Result<std::uint32_t> HandleTable::add(ErrorContext& context) {
  auto index = place();
  if (!index) return index;
  Entry& entry = entries_[*index];
  entry.kind = HandleKind::error_context;
  entry.context = &context;
  return index;
}

Result<HandleTable::Entry*> HandleTable::get(std::uint32_t index) {
  if (index >= entries_.size() || entries_[index].kind == HandleKind::none) {
    return trapped("unknown handle index ", index);
  }
  return &entries_[index];
}

Result<HandleTable::Entry*> HandleTable::get(std::uint32_t index, HandleKind kind) {
  auto entry = get(index);
  if (!entry || (*entry)->kind == kind) [[likely]]
    return entry;
  return trapped("handle index ", index, " used with the wrong type, expected ", to_string(kind), " but found ",
                 to_string((*entry)->kind));
}

Result<ResourceHandle*> HandleTable::resource(std::uint32_t index, const RuntimeResourceType& rt) {
  auto entry = get(index, HandleKind::resource);
  if (!entry) return std::move(entry).error();
  ResourceHandle& handle = (*entry)->resource;
  if (handle.rt != &rt) {
    return trapped("handle index ", index, " used with the wrong type, expected ", described(rt),
                   " but found a different ", described(*handle.rt));
  }
  return &handle;
}

void HandleTable::remove(std::uint32_t index) noexcept {
  Entry& entry = entries_[index];
  entry.resource = {};
  entry.kind = HandleKind::none;
  entry.next_free = first_free_;
  first_free_ = index;
  --used_;
}

void HandleTable::remove_borrows_of(BorrowScope& scope) noexcept {
  for (std::uint32_t index = 0; scope.num_borrows != 0 && index < entries_.size(); ++index) {
    const Entry& entry = entries_[index];
    if (entry.kind != HandleKind::resource || entry.resource.borrow_scope != &scope) continue;
    --scope.num_borrows;
    remove(index);
  }
}

Result<Waitable*> HandleTable::waitable(std::uint32_t index) {
  auto entry = get(index);
  if (!entry) return std::move(entry).error();
  if (!is_waitable((*entry)->kind)) {
    return trapped("handle index ", index, " used with the wrong type, expected waitable but found ",
                   to_string((*entry)->kind));
  }
  return (*entry)->waitable;
}

Result<Waitable*> HandleTable::waitable(std::uint32_t index, HandleKind kind) {
  auto entry = get(index, kind);
  if (!entry) return std::move(entry).error();
  return (*entry)->waitable;
}

Result<WaitableSet*> HandleTable::waitable_set(std::uint32_t index) {
  auto entry = get(index, HandleKind::waitable_set);
  if (!entry) return std::move(entry).error();
  return (*entry)->set;
}

Result<ErrorContext*> HandleTable::error_context(std::uint32_t index) {
  auto entry = get(index, HandleKind::error_context);
  if (!entry) return std::move(entry).error();
  return (*entry)->context;
}

Result<std::uint32_t> ThreadTable::add(Thread& thread) {
  if (!free_.empty()) {
    const std::uint32_t index = free_.back();
    free_.pop_back();
    threads_[index] = &thread;
    return index;
  }
  if (threads_.size() > HandleTable::max_length) return trapped("thread table is full");
  threads_.push_back(&thread);
  return static_cast<std::uint32_t>(threads_.size() - 1);
}

Result<Thread*> ThreadTable::get(std::uint32_t index) const {
  if (index >= threads_.size() || threads_[index] == nullptr) return trapped("unknown thread index ", index);
  return threads_[index];
}

void ThreadTable::remove(std::uint32_t index) noexcept {
  threads_[index] = nullptr;
  free_.push_back(index);
}

}  // namespace tenon::component
