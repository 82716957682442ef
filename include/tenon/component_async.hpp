// What takes its time between the host and components: calls, streams and futures, and driving a store.
//
//   tenon::start(fetch, "tenon.dev", [](tenon::Result<std::string> page) { ... });  // goes on when the guest can
//   tenon::run_until(store, [&] { return is_done; }).value();
//
// A stream or future has two ends. The host makes a pair and keeps one, or gets an end from a guest; a readable end is
// a value, `Stream<T>` or `Future<T>`, that functions take and give.
//
//   auto [writer, reader] = tenon::make_stream<std::uint8_t>(store).value();
//   count_bytes_in(std::move(reader), ...);
//   writer.write(bytes, [](tenon::Result<tenon::Copied> copied) { ... });
//
// Nothing is buffered in between: a write is over when everything was taken or the reader is gone, and until then the
// one who writes waits; a read is over when something is there. Numbers are copied in one piece between the guest's
// memory and the host's. An end is closed when its object goes, and what it had under way is cancelled.
//
// Everything here happens on the thread that serves the store. Callbacks are never called inside of the function that
// is given them (but to say that it was misused), nor inside of guest code: `run_until`, and calls of async functions,
// call them between the turns of guests. So a host that waits for something else lets the store go on now and then
// (`run_ready`), or gives the store a source of events that waits for both (`HostEvents`).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "tenon/async.hpp"
#include "tenon/component.hpp"

namespace tenon {

// Where events of the host come from: timers, sockets, an event loop.
class HostEvents {
 public:
  enum class State : std::uint8_t {
    idle,      // nothing is under way: nothing will happen
    waiting,   // something is, and has not happened
    happened,  // something has, and its callbacks were called
  };
  HostEvents() = default;
  HostEvents(const HostEvents&) = delete;
  HostEvents& operator=(const HostEvents&) = delete;
  virtual ~HostEvents() = default;
  // Calls the callbacks of what has happened; if nothing has, waits for it, but no longer than `longest`.
  virtual State poll(std::chrono::nanoseconds longest) = 0;
};

// A store that someone else owns. What is done with one that has ended does nothing, or gives an error of kind `usage`.
class StoreHandle {
 public:
  StoreHandle(const Store& store);  // NOLINT(google-explicit-constructor): wherever a handle serves, a store does
  StoreHandle(const StoreHandle&) = default;
  StoreHandle& operator=(const StoreHandle&) = default;
  ~StoreHandle() = default;

  bool is_alive() const noexcept;
  // Calls the function between two turns of guests.
  void post(std::function<void()> function) const;
  // From now on the store waits for these, too. Giving the same object again has no effect.
  void add_events(std::shared_ptr<HostEvents> events) const;
  // Whether the guests are to be stopped: see `Caller::is_interrupted`.
  bool is_interrupted() const noexcept;

 private:
  friend struct detail::StoreBlock;
  friend class Caller;
  explicit StoreHandle(std::shared_ptr<detail::StoreBlock> block) noexcept : block_(std::move(block)) {}
  std::shared_ptr<detail::StoreBlock> block_;
};

// Lets guests and the host's events go on until `is_done`, which is asked between any two turns. Errors: trap (nothing
// can go on any more; the store's time is over; a guest trapped whose call nobody waits for), usage (a guest of the
// store is running: this was called by a host function).
Result<void> run_until(const StoreHandle& store, const std::function<bool()>& is_done);
// The same for what can go on now, without waiting for anything. Gives whether something is still under way.
Result<bool> run_ready(const StoreHandle& store);

// --- Calls ---------------------------------------------------------------------------------------------------------

// A call of a guest that may be under way. Copies are the same call; letting go of them changes nothing.
class GuestTask {
 public:
  explicit GuestTask(std::shared_ptr<detail::GuestCall> call) noexcept : call_(std::move(call)) {}
  // The result was given. The guest may go on all the same, until `has_ended`.
  bool is_done() const noexcept;
  bool has_ended() const noexcept;
  // Asks the guest to end the call early. It may do so, and its caller then gets an error of kind `exit`, or give its
  // result after all. Without effect when the call is done. Errors: trap.
  Result<void> cancel() const;

 private:
  std::shared_ptr<detail::GuestCall> call_;
};

// Starts a call. `done` is called once, with a Result<R>: the result, or the error; with one of kind `usage` when the
// store ends before. Views among the arguments must stay valid until then.
template <class R, class... Args, class Done>
  requires std::is_invocable_v<Done&, Result<R>>
GuestTask start(const TypedComponentFunc<R(Args...)>& func, std::type_identity_t<Args>... arguments, Done done) {
  using Body = detail::TypedGuestCall<R, Done, std::remove_cvref_t<Args>...>;
  return GuestTask(detail::start_call(func.func(), std::make_unique<Body>(std::move(done), std::move(arguments)...)));
}
// The same with values.
GuestTask start(const ComponentFunc& func, std::vector<component::Val> arguments,
                std::function<void(Result<std::vector<component::Val>>)> done);

// --- Streams and futures -------------------------------------------------------------------------------------------

// How far an operation got.
struct Copied {
  std::size_t count = 0;      // elements
  bool is_over = false;       // the other end is gone: no more will come, or be taken
  bool is_cancelled = false;  // by `cancel`
};

namespace detail {

// The host's elements that one operation moves.
struct Elements {
  std::size_t length;        // how many there are to write, or how many may be read
  std::size_t progress = 0;  // how many were moved
  const void* key;           // tells the C++ types of elements apart
  Elements(std::size_t count, const void* of) noexcept : length(count), key(of) {}
  Elements(const Elements&) = delete;
  Elements& operator=(const Elements&) = delete;
  virtual ~Elements() = default;
  // Moves the next `count` elements from or to a guest's memory, which is there.
  virtual void load(AbiContext& context, std::uint64_t pointer, std::size_t count) = 0;
  virtual void store(AbiContext& context, std::uint64_t pointer, std::size_t count) = 0;
  // From the elements of another, whose key is the same.
  virtual void take(Elements& other, std::size_t count) = 0;
};

using End = std::shared_ptr<component::HandleOwner>;
using WhenCopied = std::function<void(Result<Copied>)>;
struct Ends {
  End writable;
  End readable;
};
// What the elements of an end are in C++. No shape: nothing, or, where they are not checked, values of any type.
struct ElementType {
  const Shape* shape = nullptr;
  bool is_checked = false;
};
Result<Ends> make_ends(const StoreHandle& store, bool is_future, ElementType element);
// Takes over the readable end that is in a value. Errors: usage (it is none, is not there any more, another object has
// it, or it has other elements).
Result<End> take_end(const component::Handle& handle, bool is_future, ElementType element);
// Errors are given to `done`.
void begin_copy(const End& end, std::shared_ptr<Elements> elements, WhenCopied done);
void cancel_copy(const End& end);
void finish_writing(const End& end);
void close_end(End& end) noexcept;
bool is_open(const End& end) noexcept;
bool has_other_end(const End& end) noexcept;
void when_other_end_goes(const End& end, std::function<void()> gone);
component::Handle handle_of(const End& end) noexcept;
// The end as a handle that another object may take.
component::Handle give_up_end(End& end) noexcept;

// Elements as values: their type is the type at hand.
std::uint32_t abi_val_size(const AbiContext& context) noexcept;
component::Val abi_load_val(AbiContext& context, std::uint64_t pointer) noexcept;
void abi_store_val(AbiContext& context, const component::Val& value, std::uint64_t pointer) noexcept;

// How an element passes. std::monostate: the stream has no elements but their number.
template <class T>
struct StreamElement {
  static constexpr ElementType type{AbiCase<T>::shape_pointer, true};
  static std::uint32_t size(const AbiContext& context) noexcept { return AbiCase<T>::layout(context.is_64).size; }
  static T load(AbiContext& context, std::uint64_t pointer) {
    return AbiCase<T>::load(context, context.memory + pointer);
  }
  static void store(AbiContext& context, const T& value, std::uint64_t pointer) {
    AbiCase<T>::store(context, value, pointer);
  }
};
template <>
struct StreamElement<component::Val> {
  static constexpr ElementType type{};
  static std::uint32_t size(const AbiContext& context) noexcept { return abi_val_size(context); }
  static component::Val load(AbiContext& context, std::uint64_t pointer) { return abi_load_val(context, pointer); }
  static void store(AbiContext& context, const component::Val& value, std::uint64_t pointer) {
    abi_store_val(context, value, pointer);
  }
};

template <class T>
concept StreamType = std::is_same_v<T, component::Val> || requires { AbiCase<T>::shape_pointer; };

template <class T>
inline constexpr char element_key = 0;

template <class T>
struct ElementsOf : Elements {
  explicit ElementsOf(std::size_t count) noexcept : Elements(count, &element_key<T>) {}
  // The next element, which is not given again.
  virtual T next(std::size_t index) = 0;
};

// Elements that lie in a vector of their own.
template <class T>
struct ElementVector final : ElementsOf<T> {
  using Elements::progress;
  std::vector<T> items;
  explicit ElementVector(std::size_t most) : ElementsOf<T>(most) {}
  explicit ElementVector(std::vector<T> given) : ElementsOf<T>(given.size()), items(std::move(given)) {}

  T next(std::size_t index) override { return std::move(items[index]); }
  void load(AbiContext& context, std::uint64_t pointer, std::size_t count) override {
    if constexpr (AbiPlain<T>) {
      items.resize(progress + count);
      std::memcpy(items.data() + progress, context.memory + pointer, count * sizeof(T));
    } else {
      const std::uint32_t size = StreamElement<T>::size(context);
      for (std::size_t i = 0; i < count && !context.has_failed; ++i, pointer += size) {
        items.push_back(StreamElement<T>::load(context, pointer));
      }
    }
  }
  void store(AbiContext& context, std::uint64_t pointer, std::size_t count) override {
    if constexpr (AbiPlain<T>) {
      std::memcpy(context.memory + pointer, items.data() + progress, count * sizeof(T));
    } else {
      const std::uint32_t size = StreamElement<T>::size(context);
      for (std::size_t i = 0; i < count && !context.has_failed; ++i, pointer += size) {
        StreamElement<T>::store(context, items[progress + i], pointer);
      }
    }
  }
  void take(Elements& other, std::size_t count) override {
    auto& from = static_cast<ElementsOf<T>&>(other);
    for (std::size_t i = 0; i < count; ++i) items.push_back(from.next(from.progress + i));
  }
};

// Numbers in memory of the caller's.
template <AbiPlain T>
struct ElementView final : ElementsOf<T> {
  using Elements::progress;
  T* items;
  explicit ElementView(std::span<T> buffer) : ElementsOf<T>(buffer.size()), items(buffer.data()) {}
  explicit ElementView(std::span<const T> given) : ElementsOf<T>(given.size()), items(const_cast<T*>(given.data())) {}

  T next(std::size_t index) override { return items[index]; }
  void load(AbiContext& context, std::uint64_t pointer, std::size_t count) override {
    std::memcpy(items + progress, context.memory + pointer, count * sizeof(T));
  }
  void store(AbiContext& context, std::uint64_t pointer, std::size_t count) override {
    std::memcpy(context.memory + pointer, items + progress, count * sizeof(T));
  }
  void take(Elements& other, std::size_t count) override {
    auto& from = static_cast<ElementsOf<T>&>(other);
    for (std::size_t i = 0; i < count; ++i) items[progress + i] = from.next(from.progress + i);
  }
};

// Numbers that are used up where they lie: `sink` gets them in pieces.
template <AbiPlain T>
struct ElementSink final : ElementsOf<T> {
  using Sink = std::function<void(std::span<const T>)>;
  using Elements::progress;
  Sink sink;
  ElementSink(std::size_t most, Sink given) : ElementsOf<T>(most), sink(std::move(given)) {}

  T next(std::size_t) override { return {}; }
  void load(AbiContext& context, std::uint64_t pointer, std::size_t count) override {
    sink({reinterpret_cast<const T*>(context.memory + pointer), count});
  }
  void store(AbiContext&, std::uint64_t, std::size_t) override {}
  void take(Elements& other, std::size_t count) override {
    auto& from = static_cast<ElementsOf<T>&>(other);
    std::vector<T> items;
    for (std::size_t i = 0; i < count; ++i) items.push_back(from.next(from.progress + i));
    sink(items);
  }
};

// What all ends have in common. Move-only.
class AsyncEnd {
 public:
  AsyncEnd() noexcept = default;
  explicit AsyncEnd(End end) noexcept : end_(std::move(end)) {}
  AsyncEnd(AsyncEnd&& other) noexcept : end_(std::move(other.end_)) {}
  AsyncEnd& operator=(AsyncEnd&& other) noexcept {
    std::swap(end_, other.end_);
    return *this;
  }
  AsyncEnd(const AsyncEnd&) = delete;
  AsyncEnd& operator=(const AsyncEnd&) = delete;
  ~AsyncEnd() {
    if (end_ != nullptr) close_end(end_);
  }

  // There is an end: it was not closed or given away, and its store is there.
  bool is_open() const noexcept { return detail::is_open(end_); }
  bool has_other_end() const noexcept { return detail::has_other_end(end_); }
  // Calls `gone` as soon as the other end is closed, also in the middle of guest code: it may give things back to the
  // system, but do nothing with the store except `StoreHandle::post`.
  void when_other_end_goes(std::function<void()> gone) const { detail::when_other_end_goes(end_, std::move(gone)); }
  // Ends the operation under way: its callback gets what was moved so far.
  void cancel() const { cancel_copy(end_); }
  // The other side learns that this end is gone. A callback under way is called.
  void close() noexcept { close_end(end_); }

 protected:
  End end_;
};

}  // namespace detail

// What a read gave.
template <class T>
struct Piece {
  std::vector<T> items;
  bool is_over = false;       // no more will come
  bool is_cancelled = false;  // by `cancel`
};

// The readable end of a stream. T is a C++ type of a component type, std::monostate, or component::Val.
template <detail::StreamType T>
class Stream : public detail::AsyncEnd {
 public:
  using AsyncEnd::AsyncEnd;
  explicit Stream(const component::Handle& handle) : AsyncEnd(detail::take_end(handle, false, {}).value_or(nullptr)) {}
  // The stream in a value that a guest gave, once. Errors: usage (it holds no stream of these elements, or it was
  // taken).
  static Result<Stream> from(const component::Val& value) {
    if (value.kind() != component::ValKind::handle) return Error(ErrorKind::usage, "a stream was expected");
    auto end = detail::take_end(value.handle(), false, detail::StreamElement<T>::type);
    if (!end) return std::move(end).error();
    return Stream(*std::move(end));
  }

  // Reads elements, as soon as there are some: at least one and at most `most`, none when there will be no more. At
  // most one operation at a time. Errors of the callback: usage, trap.
  template <class Done>
    requires std::is_invocable_v<Done&, Result<Piece<T>>>
  void read(std::size_t most, Done done) {
    auto elements = std::make_shared<detail::ElementVector<T>>(most);
    detail::begin_copy(end_, elements, [elements, done = std::move(done)](Result<Copied> copied) mutable {
      if (!copied) return done(Result<Piece<T>>(std::move(copied).error()));
      done(Result<Piece<T>>(Piece<T>{std::move(elements->items), copied->is_over, copied->is_cancelled}));
    });
  }
  // Numbers, into memory that stays there until `done` is called.
  void read_into(std::span<T> buffer, detail::WhenCopied done)
    requires detail::AbiPlain<T>
  {
    detail::begin_copy(end_, std::make_shared<detail::ElementView<T>>(buffer), std::move(done));
  }

  // Numbers, without a copy: `sink` sees them where they lie, in the middle of the guest's write, and must not touch
  // the store. What it got counts as read even when `done` is never called.
  void consume(std::size_t most, std::function<void(std::span<const T>)> sink, detail::WhenCopied done)
    requires detail::AbiPlain<T>
  {
    detail::begin_copy(end_, std::make_shared<detail::ElementSink<T>>(most, std::move(sink)), std::move(done));
  }

  component::Handle handle() const noexcept { return detail::handle_of(end_); }
  // The end as a value; this object has none any more.
  component::Val to_val() && { return component::Val::handle(detail::give_up_end(end_)); }
};

template <detail::StreamType T>
class StreamWriter : public detail::AsyncEnd {
 public:
  using AsyncEnd::AsyncEnd;
  // Writes all the elements, at the reader's pace. No elements: over when somebody reads. At most one operation at a
  // time. Errors of the callback: usage, trap.
  void write(std::vector<T> items, detail::WhenCopied done) {
    detail::begin_copy(end_, std::make_shared<detail::ElementVector<T>>(std::move(items)), std::move(done));
  }
  // Numbers, from memory that stays there until `done` is called.
  void write_from(std::span<const T> items, detail::WhenCopied done)
    requires detail::AbiPlain<T>
  {
    detail::begin_copy(end_, std::make_shared<detail::ElementView<T>>(items), std::move(done));
  }
  // Closes the end as soon as what is being written was taken: the reader learns of it with the last elements.
  void finish() const { detail::finish_writing(end_); }
};

template <class T>
struct StreamPair {
  StreamWriter<T> writer;
  Stream<T> reader;
};
template <detail::StreamType T>
Result<StreamPair<T>> make_stream(const StoreHandle& store) {
  auto ends = detail::make_ends(store, false, detail::StreamElement<T>::type);
  if (!ends) return std::move(ends).error();
  return StreamPair<T>{StreamWriter<T>(std::move(ends->writable)), Stream<T>(std::move(ends->readable))};
}

// The readable end of a future: a stream of one value.
template <detail::StreamType T>
class Future : public detail::AsyncEnd {
 public:
  using AsyncEnd::AsyncEnd;
  explicit Future(const component::Handle& handle) : AsyncEnd(detail::take_end(handle, true, {}).value_or(nullptr)) {}
  static Result<Future> from(const component::Val& value) {
    if (value.kind() != component::ValKind::handle) return Error(ErrorKind::usage, "a future was expected");
    auto end = detail::take_end(value.handle(), true, detail::StreamElement<T>::type);
    if (!end) return std::move(end).error();
    return Future(*std::move(end));
  }

  // Calls `done` with a Result<T>. Errors: usage (also: nobody will write it, or it was cancelled), trap.
  template <class Done>
    requires std::is_invocable_v<Done&, Result<T>>
  void read(Done done) {
    auto elements = std::make_shared<detail::ElementVector<T>>(std::size_t{1});
    detail::begin_copy(end_, elements, [elements, done = std::move(done)](Result<Copied> copied) mutable {
      if (!copied) return done(Result<T>(std::move(copied).error()));
      if (copied->count == 0) return done(Result<T>(Error(ErrorKind::usage, "the future has no value")));
      done(Result<T>(std::move(elements->items.front())));
    });
  }

  component::Handle handle() const noexcept { return detail::handle_of(end_); }
  // The end as a value; this object has none any more.
  component::Val to_val() && { return component::Val::handle(detail::give_up_end(end_)); }
};

template <detail::StreamType T>
class FutureWriter : public detail::AsyncEnd {
 public:
  using AsyncEnd::AsyncEnd;
  // Writes the value, which stays written when this object goes. `done` learns whether somebody read it.
  void write(T value, detail::WhenCopied done = {}) {
    std::vector<T> items;
    items.push_back(std::move(value));
    detail::begin_copy(end_, std::make_shared<detail::ElementVector<T>>(std::move(items)), std::move(done));
  }
};

template <class T>
struct FuturePair {
  FutureWriter<T> writer;
  Future<T> reader;
};
template <detail::StreamType T>
Result<FuturePair<T>> make_future(const StoreHandle& store) {
  auto ends = detail::make_ends(store, true, detail::StreamElement<T>::type);
  if (!ends) return std::move(ends).error();
  return FuturePair<T>{FutureWriter<T>(std::move(ends->writable)), Future<T>(std::move(ends->readable))};
}

namespace detail {

template <StreamType T>
struct Abi<Stream<T>> : AbiHandle<Stream<T>> {
  static constexpr Shape shape{.kind = Shape::Kind::stream, .element = AbiCase<T>::shape_pointer};
};
template <StreamType T>
struct Abi<Future<T>> : AbiHandle<Future<T>> {
  static constexpr Shape shape{.kind = Shape::Kind::future, .element = AbiCase<T>::shape_pointer};
};

}  // namespace detail
}  // namespace tenon
