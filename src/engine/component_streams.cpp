// The host's ends of streams and futures.
//
// An end is one object from its making until it is closed or given to a guest, and the handle in values that hold it
// is shared with it. While an operation is under way the store keeps the end, so that a future's value stays written
// when its writer goes. What the runtime tells an end (`on_copy`, `on_copy_done`) comes in the middle of somebody's
// copy; so it is only noted, and the callback called between two turns of guests.
//
// A write goes on until everything was taken: the runtime says that a copy is over as soon as one reader was served,
// and then the rest is offered again. A read is over with the first elements.
#include <algorithm>
#include <new>

#include "engine/component_state.hpp"
#include "runtime/component/stream.hpp"

namespace tenon::detail {

const char host_stream_end = 0;

using component::CopyResult;
using component::SharedStream;

class HostStreamEnd final : public component::HandleOwner,
                            public component::HostEnd,
                            public std::enable_shared_from_this<HostStreamEnd> {
 public:
  HostStreamEnd(std::shared_ptr<StoreBlock> owner, SharedStream& stream, bool readable, ElementType elements)
      : block(std::move(owner)), type(elements) {
    kind = &host_stream_end;
    shared = &stream;
    is_readable = readable;
    is_future = stream.is_future;
  }
  HostStreamEnd(const HostStreamEnd&) = delete;
  HostStreamEnd& operator=(const HostStreamEnd&) = delete;
  ~HostStreamEnd() override { let_go(); }

  bool is_busy() const noexcept { return elements_ != nullptr; }
  bool is_open() const noexcept { return shared != nullptr && !is_closed && block->is_alive(); }

  void begin(std::shared_ptr<Elements> elements, WhenCopied done) {
    elements_ = std::move(elements);
    done_ = std::move(done);
    is_stopped_ = false;
    ComponentStore& store = block->component_store();
    store.copying.push_front(shared_from_this());
    place_ = store.copying.begin();
    offer();
  }

  void cancel() {
    if (elements_ == nullptr) return;
    is_stopped_ = true;
    if (shared->pending_host == this) component::cancel_copy(*shared);
  }

  void close() {
    if (!is_open()) return;
    is_closed = true;
    const auto self = shared_from_this();
    // A value that was written stays there to be read.
    const bool stays = is_future && !is_readable && elements_ != nullptr;
    if (stays) return;
    cancel();
    if (elements_ == nullptr) let_go();
  }

  // The end goes with the last element, so that its reader learns both at once.
  void finish_writing() {
    if (!is_open() || is_readable || is_future) return;
    if (elements_ == nullptr) return close();
    is_finishing_ = true;
    let_go_with_last();
  }

  // A guest gets this end, as the type. Errors: usage.
  Result<SharedStream*> give_to(const component::ComponentInstance& inst, const component::ValueType& wanted);

  // It did not after all. Whether its elements were known before.
  void regain(SharedStream& given, bool had_type) noexcept {
    shared = &given;
    if (!had_type) shared->type = nullptr;
    if (gone_) shared->watcher = this;
  }

  // What the runtime asks for and tells.
  Result<void> load(const component::Buffer& guest, std::uint32_t count) override {
    return move_elements(guest, count, [&](AbiContext& context) { elements_->load(context, guest.pointer, count); });
  }
  Result<void> store(const component::Buffer& guest, std::uint32_t count) override {
    return move_elements(guest, count, [&](AbiContext& context) { elements_->store(context, guest.pointer, count); });
  }
  Result<void> take(component::HostEnd& from, std::uint32_t count) override {
    auto& other = static_cast<HostStreamEnd&>(from);
    if (other.elements_->key != elements_->key) {
      return usage("the ends of a stream that are both the host's have elements of different C++ types");
    }
    elements_->take(*other.elements_, count);
    elements_->progress += count;
    other.elements_->progress += count;
    return {};
  }
  void on_copy() override {
    if (!is_readable && buffer.remain() > 0) return;
    component::host_reclaim(*this);
    on_copy_done(CopyResult::completed);
  }
  void on_copy_done(CopyResult result) override {
    let_go_with_last();
    block->component_store().due.push_back([self = shared_from_this(), result] { self->finish(result); });
  }

  void on_drop() override {
    if (const auto gone = std::exchange(gone_, {})) gone();
  }
  void watch(std::function<void()> gone) {
    gone_ = std::move(gone);
    shared->watcher = this;
    if (shared->dropped) on_drop();
  }

  // The operation is over with this error.
  void fail_copy(Error error) {
    if (elements_ == nullptr) return;
    const auto self = shared_from_this();
    auto done = end_operation();
    if (done) done(std::move(error));
    if (is_closed || is_finishing_) let_go();
  }

  std::shared_ptr<StoreBlock> block;
  ElementType type;
  bool is_future = false;
  bool is_closed = false;
  bool is_taken = false;  // an object of C++ has it, beside the values that may hold it

 private:
  void offer() {
    const std::size_t rest = is_future ? 1 : elements_->length - elements_->progress;
    buffer = {};
    buffer.length = static_cast<std::uint32_t>(std::min<std::size_t>(rest, component::Buffer::max_length));
    if (auto copied = component::host_copy(*this); !copied) fail_pending(copied.error());
  }

  template <class Move>
  Result<void> move_elements(const component::Buffer& guest, std::uint32_t count, Move move) {
    if (guest.element != nullptr) {
      AbiContext context;
      AbiState state;
      open_context(context, state, *guest.inst, *guest.opts, nullptr, nullptr, nullptr);
      context.type = guest.element;
      move(context);
      delete context.scratch;
      if (context.has_failed) {
        if (shared->pending_host == this) fail_pending(state.error);
        return std::move(state.error);
      }
    } else {
      AbiContext nothing;
      move(nothing);
    }
    elements_->progress += count;
    return {};
  }

  // The operation that waits for a guest is over: elements and guest don't fit. The guest is told in its own way.
  void fail_pending(const Error& error) {
    component::host_reclaim(*this);
    auto& due = block->component_store().due;
    due.push_back([self = shared_from_this(), error] { self->fail_copy(error); });
  }

  void finish(CopyResult result) {
    if (elements_ == nullptr || !block->is_alive()) return;
    const bool is_left = elements_->progress < elements_->length;
    const bool is_partial = !is_readable && !is_future && result == CopyResult::completed && is_left;
    if (is_partial && !is_stopped_) return offer();
    const Copied copied{.count = elements_->progress,
                        .is_over = result == CopyResult::dropped,
                        .is_cancelled = is_partial || result == CopyResult::cancelled};
    const auto done = end_operation();
    if (is_closed || is_finishing_) let_go();
    if (done) done(copied);
  }

  WhenCopied end_operation() {
    block->component_store().copying.erase(place_);
    elements_.reset();
    return std::exchange(done_, {});
  }

  void let_go_with_last() noexcept {
    if (is_finishing_ && elements_->progress == elements_->length) let_go();
  }

  // This end is gone.
  void let_go() noexcept {
    SharedStream* gone = std::exchange(shared, nullptr);
    if (gone == nullptr || !block->is_alive()) return;
    if (gone->watcher == this) gone->watcher = nullptr;
    component::drop_shared(*gone);
  }

  std::shared_ptr<Elements> elements_;  // of the operation under way; nullptr: none is
  WhenCopied done_;
  bool is_stopped_ = false;    // the rest is not to be offered
  bool is_finishing_ = false;  // what is under way is the last
  std::function<void()> gone_;
  std::list<std::shared_ptr<HostStreamEnd>>::iterator place_{};
};

namespace {

// Whether elements in C++ are those of the component type.
Result<void> check_elements(ElementType expected, const component::ValueType* found,
                            const component::ComponentInstance& inst, std::string_view what) {
  std::string wrong;
  if (expected.shape != nullptr) {
    wrong = difference(*expected.shape, found, inst.resources);
  } else if (found != nullptr) {
    wrong = "expected none, found " + type_text(found, nullptr);
  }
  if (wrong.empty()) return {};
  return usage("the elements of the ", what, ": ", std::string_view(wrong));
}

}  // namespace

namespace {

bool same_shape(const Shape* a, const Shape* b) noexcept {
  if (a == nullptr || b == nullptr) return a == b;
  return a->kind == b->kind && a->length == b->length && a->key == b->key && same_shape(a->element, b->element) &&
         std::ranges::equal(a->members, b->members, same_shape);
}

// The elements of an end that no guest has seen are those that it was made for.
Result<void> check_shapes(ElementType expected, ElementType found, std::string_view what) {
  if (!expected.is_checked || !found.is_checked || same_shape(expected.shape, found.shape)) return {};
  const auto text = [](const Shape* shape) { return shape == nullptr ? std::string("none") : to_string(*shape); };
  return usage("the elements of the ", what, ": expected ", std::string_view(text(expected.shape)), ", found ",
               std::string_view(text(found.shape)));
}

}  // namespace

Result<SharedStream*> HostStreamEnd::give_to(const component::ComponentInstance& inst,
                                             const component::ValueType& wanted) {
  const std::string_view what = wanted.kind == component::TypeKind::future ? "future" : "stream";
  if (!is_open()) return usage("the ", what, " was closed or given away");
  if (!is_readable) return usage("the readable end of a ", what, " was expected, found the writable one");
  if (is_future != (wanted.kind == component::TypeKind::future)) return usage("a ", what, " was expected");
  if (is_busy()) return usage("an operation of the ", what, " is under way");
  if (shared->type != nullptr) {
    if (!component::same_payload(*shared->type, *shared->inst, wanted, inst)) {
      return usage("a ", what, " of other elements was expected");
    }
  } else if (type.is_checked) {
    if (auto fits = check_elements(type, wanted.element, inst, what); !fits) return std::move(fits).error();
  }
  if (shared->watcher == this) shared->watcher = nullptr;
  return std::exchange(shared, nullptr);
}

namespace {

HostStreamEnd* end_of(const component::HandleOwner* owner) noexcept {
  if (owner == nullptr || owner->kind != &host_stream_end) return nullptr;
  return static_cast<HostStreamEnd*>(const_cast<component::HandleOwner*>(owner));
}

}  // namespace

component::Handle StoreHandles::receive_end(SharedStream& shared) {
  auto end = std::make_shared<HostStreamEnd>(block_.shared_from_this(), shared, true, ElementType());
  const auto rep = std::bit_cast<std::uintptr_t>(end.get());
  return {.rep = rep, .owner = std::move(end)};
}

Result<SharedStream*> StoreHandles::give_end(const component::ValueType& type, const component::ComponentInstance& inst,
                                             const component::Handle& handle) {
  HostStreamEnd* end = end_of(handle.owner.get());
  if (end == nullptr) return usage("a handle of a stream or future was expected, found another");
  if (end->block.get() != &block_) return usage("the stream or future belongs to another store");
  return end->give_to(inst, type);
}

void StoreHandles::take_back_end(const component::Handle& handle, SharedStream& shared, bool had_type) noexcept {
  end_of(handle.owner.get())->regain(shared, had_type);
}

Result<Ends> make_ends(const StoreHandle& store, bool is_future, ElementType element) {
  StoreBlock* block = StoreBlock::open(store);
  if (block == nullptr) return dead_store();
  return guarded([&]() -> Result<Ends> {
    SharedStream& shared = *component::make_shared_stream(block->component_store().world.scheduler, is_future);
    const auto make = [&](bool is_readable) {
      return std::make_shared<HostStreamEnd>(block->shared_from_this(), shared, is_readable, element);
    };
    Ends ends{.writable = make(false), .readable = make(true)};
    end_of(ends.readable.get())->is_taken = true;
    return ends;
  });
}

Result<End> take_end(const component::Handle& handle, bool is_future, ElementType element) {
  HostStreamEnd* end = end_of(handle.owner.get());
  const std::string_view what = is_future ? "future" : "stream";
  if (end == nullptr || !end->is_readable || end->is_future != is_future) {
    return usage("a ", what, " was expected, found another handle");
  }
  if (!end->is_open()) return usage("the ", what, " was closed or given away");
  if (end->is_taken) return usage("the ", what, " was taken out of this value before");
  const SharedStream& shared = *end->shared;
  Result<void> fits;
  if (shared.type == nullptr) {
    fits = check_shapes(element, end->type, what);
  } else if (element.is_checked) {
    fits = check_elements(element, shared.type->element, *shared.inst, what);
  }
  if (!fits) return std::move(fits).error();
  end->is_taken = true;
  return handle.owner;
}

component::Handle give_up_end(End& end) noexcept {
  if (HostStreamEnd* host = end_of(end.get())) host->is_taken = false;
  return handle_of(std::exchange(end, nullptr));
}

void begin_copy(const End& end, std::shared_ptr<Elements> elements, WhenCopied done) {
  HostStreamEnd* host = end_of(end.get());
  const auto refuse = [&](std::string_view why) {
    if (done) done(usage(why));
  };
  if (host == nullptr || !host->is_open()) return refuse("the end was closed or given away, or its store has ended");
  if (host->is_busy()) return refuse("another operation of this end is under way");
  host->begin(std::move(elements), std::move(done));
}

void cancel_copy(const End& end) {
  HostStreamEnd* host = end_of(end.get());
  if (host != nullptr && host->is_open()) host->cancel();
}

void close_end(End& end) noexcept {
  HostStreamEnd* host = end_of(end.get());
  try {
    if (host != nullptr) host->close();
  } catch (const std::bad_alloc&) {  // nobody is told then
  }
  end.reset();
}

void finish_writing(const End& end) {
  if (HostStreamEnd* host = end_of(end.get())) host->finish_writing();
}

bool is_open(const End& end) noexcept {
  const HostStreamEnd* host = end_of(end.get());
  return host != nullptr && host->is_open();
}

void when_other_end_goes(const End& end, std::function<void()> gone) {
  HostStreamEnd* host = end_of(end.get());
  if (host != nullptr && host->is_open()) host->watch(std::move(gone));
}

bool has_other_end(const End& end) noexcept {
  const HostStreamEnd* host = end_of(end.get());
  return host != nullptr && host->is_open() && !host->shared->dropped;
}

component::Handle handle_of(const End& end) noexcept {
  return {.rep = std::bit_cast<std::uintptr_t>(end.get()), .owner = end};
}

void abandon_copies(ComponentStore& store) {
  while (!store.copying.empty()) store.copying.front()->fail_copy(dead_store());
}

}  // namespace tenon::detail
