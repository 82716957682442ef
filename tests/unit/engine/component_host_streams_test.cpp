// Both ends of a stream or future are there, one with a guest and one with the host: the scenarios of the reference's
// own tests in which its host takes part, with what the guest sees after every step.
//
// The guest does nothing by itself: its exports are the canonical built-ins, so that a test reads as the guest's code.
// Those that may block are functions that take their time; the others are called at once, and callbacks of the host
// come only when the test lets them (`settle`).
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/canonical-abi/run_tests.py
#include <numeric>
#include <utility>
#include <vector>

#include "engine_support.hpp"
#include "tenon/component_async.hpp"

namespace tenon {
namespace {

using Bytes = std::vector<std::uint8_t>;
using ByteStream = Stream<std::uint8_t>;
using ByteFuture = Future<std::uint8_t>;

constexpr std::string_view guest = R"((component
  (type $stream (stream u8))
  (type $future (future u8))
  (import "transform" (func $transform async (param "s" $stream) (result $stream)))
  (import "transform-later" (func $transform-later async (param "s" $stream) (result $stream)))
  (import "source" (func $source async (result $stream)))
  (import "sink" (func $sink async (param "s" $stream)))
  (import "answer" (func $answer async (param "f" $future) (result $future)))
  (core module $m (memory (export "memory") 1)
    (func (export "same") (param i32) (result i32) (local.get 0))
    (func (export "peek") (param i32) (result i32) (i32.load8_u (local.get 0)))
    (func (export "poke") (param i32 i32) (i32.store8 (local.get 0) (local.get 1))))
  (core instance $m (instantiate $m))
  (func (export "accept") (param "s" $stream) (result u32) (canon lift (core func $m "same")))
  (func (export "give") (param "s" u32) (result $stream) (canon lift (core func $m "same")))
  (func (export "peek") (param "at" u32) (result u8) (canon lift (core func $m "peek")))
  (func (export "poke") (param "at" u32) (param "byte" u8) (canon lift (core func $m "poke")))

  (core func $transform (canon lower (func $transform) async (memory $m "memory")))
  (core func $transform-later (canon lower (func $transform-later) async (memory $m "memory")))
  (core func $source (canon lower (func $source) async (memory $m "memory")))
  (core func $sink (canon lower (func $sink) async (memory $m "memory")))
  (core func $answer (canon lower (func $answer) async (memory $m "memory")))
  (func (export "transform") (param "s" u32) (param "at" u32) (result u32) (canon lift (core func $transform)))
  (func (export "transform-later") (param "s" u32) (param "at" u32) (result u32)
    (canon lift (core func $transform-later)))
  (func (export "source") (param "at" u32) (result u32) (canon lift (core func $source)))
  (func (export "sink") (param "s" u32) (result u32) (canon lift (core func $sink)))
  (func (export "answer") (param "f" u32) (param "at" u32) (result u32) (canon lift (core func $answer)))

  (core func $stream.new (canon stream.new $stream))
  (core func $stream.read (canon stream.read $stream async (memory $m "memory")))
  (core func $stream.read-sync (canon stream.read $stream (memory $m "memory")))
  (core func $stream.write (canon stream.write $stream async (memory $m "memory")))
  (core func $stream.write-sync (canon stream.write $stream (memory $m "memory")))
  (core func $stream.cancel-read (canon stream.cancel-read $stream async))
  (core func $stream.cancel-write (canon stream.cancel-write $stream async))
  (core func $stream.cancel-write-sync (canon stream.cancel-write $stream))
  (core func $stream.drop-readable (canon stream.drop-readable $stream))
  (core func $stream.drop-writable (canon stream.drop-writable $stream))
  (core func $future.new (canon future.new $future))
  (core func $future.read (canon future.read $future async (memory $m "memory")))
  (core func $future.write (canon future.write $future async (memory $m "memory")))
  (core func $future.cancel-read (canon future.cancel-read $future async))
  (core func $future.drop-readable (canon future.drop-readable $future))
  (core func $future.drop-writable (canon future.drop-writable $future))
  (core func $set.new (canon waitable-set.new))
  (core func $set.drop (canon waitable-set.drop))
  (core func $set.wait (canon waitable-set.wait (memory $m "memory")))
  (core func $join (canon waitable.join))
  (func (export "new") (result u64) (canon lift (core func $stream.new)))
  (func (export "read") (param "s" u32) (param "at" u32) (param "n" u32) (result u32)
    (canon lift (core func $stream.read)))
  (func (export "read-sync") async (param "s" u32) (param "at" u32) (param "n" u32) (result u32)
    (canon lift (core func $stream.read-sync)))
  (func (export "write") (param "s" u32) (param "at" u32) (param "n" u32) (result u32)
    (canon lift (core func $stream.write)))
  (func (export "write-sync") async (param "s" u32) (param "at" u32) (param "n" u32) (result u32)
    (canon lift (core func $stream.write-sync)))
  (func (export "cancel-read") (param "s" u32) (result u32) (canon lift (core func $stream.cancel-read)))
  (func (export "cancel-write") (param "s" u32) (result u32) (canon lift (core func $stream.cancel-write)))
  (func (export "cancel-write-sync") async (param "s" u32) (result u32)
    (canon lift (core func $stream.cancel-write-sync)))
  (func (export "drop-readable") (param "s" u32) (canon lift (core func $stream.drop-readable)))
  (func (export "drop-writable") (param "s" u32) (canon lift (core func $stream.drop-writable)))
  (func (export "future-new") (result u64) (canon lift (core func $future.new)))
  (func (export "future-read") (param "f" u32) (param "at" u32) (result u32) (canon lift (core func $future.read)))
  (func (export "future-write") (param "f" u32) (param "at" u32) (result u32) (canon lift (core func $future.write)))
  (func (export "future-cancel-read") (param "f" u32) (result u32) (canon lift (core func $future.cancel-read)))
  (func (export "future-drop-readable") (param "f" u32) (canon lift (core func $future.drop-readable)))
  (func (export "future-drop-writable") (param "f" u32) (canon lift (core func $future.drop-writable)))
  (func (export "set-new") (result u32) (canon lift (core func $set.new)))
  (func (export "set-drop") (param "set" u32) (canon lift (core func $set.drop)))
  (func (export "wait") async (param "set" u32) (param "at" u32) (result u32) (canon lift (core func $set.wait)))
  (func (export "join") (param "waitable" u32) (param "set" u32) (canon lift (core func $join)))))";

constexpr std::uint32_t blocked = 0xFFFF'FFFF;
constexpr std::uint32_t returned = 2;  // Subtask::State
enum Event : std::uint32_t { stream_read = 2, stream_write = 3, future_read = 4 };

constexpr std::uint32_t completed(std::uint32_t count) { return count << 4; }
constexpr std::uint32_t dropped(std::uint32_t count) { return count << 4 | 1; }
constexpr std::uint32_t cancelled(std::uint32_t count) { return count << 4 | 2; }

struct GuestEnds {
  std::uint32_t readable;
  std::uint32_t writable;
};

// Takes what comes, `chunk` elements at most at a time and only as many as it was told to take.
struct Sink {
  ByteStream stream;
  std::size_t chunk = 1;
  std::size_t left = 0;
  Bytes received{};
  bool is_over = false;
  bool is_reading = false;
  std::function<void(Bytes)> use{};  // gets each piece, else they are kept

  void take(std::size_t more) {
    left += more;
    go_on();
  }
  void go_on() {
    if (left == 0 || is_over || is_reading) return;
    is_reading = true;
    stream.read(std::min(chunk, left), [this](Result<Piece<std::uint8_t>> piece) {
      is_reading = false;
      is_over = piece->is_over;
      left -= piece->items.size();
      if (use && !piece->items.empty()) {
        use(std::move(piece->items));
      } else {
        received.insert(received.end(), piece->items.begin(), piece->items.end());
      }
      if (is_over && when_over) when_over();
      go_on();
    });
  }
  std::function<void()> when_over{};
};

struct ComponentHostStreams : ::testing::Test {
  void SetUp() override {
    linker.define("", "transform", [this](ByteStream in) { return transform(std::move(in), 1000); }).value();
    const auto later = [this](ByteStream in, Completion<ByteStream> done) {
      done.resolve(transform(std::move(in), 0));
    };
    linker.define_async("", "transform-later", later).value();
    linker.define("", "source", [this] { return std::move(source.reader); }).value();
    linker.define("", "sink", [this](ByteStream stream) { sink.emplace(std::move(stream)); }).value();
    const auto answer_later = [this](ByteFuture question, Completion<ByteFuture> done) {
      asked = std::move(question);
      auto [writer, reader] = make_future<std::uint8_t>(store).value();
      answer = std::move(writer);
      done.resolve(std::move(reader));
      asked.read([this](Result<std::uint8_t> byte) { answer.write(static_cast<std::uint8_t>(byte.value() + 1)); });
    };
    linker.define_async("", "answer", answer_later).value();
    instance = linker.instantiate(store, Component::compile(engine, guest).value()).value();
  }

  // Gives a stream of what comes in, with 10 added; takes `first` elements for the beginning.
  ByteStream transform(ByteStream in, std::size_t first) {
    auto [writer, reader] = make_stream<std::uint8_t>(store).value();
    outgoing = std::move(writer);
    incoming.emplace(std::move(in), 4);
    incoming->use = [this](Bytes piece) {
      for (std::uint8_t& byte : piece) byte = static_cast<std::uint8_t>(byte + 10);
      outgoing.write(std::move(piece), [](Result<Copied>) {});
    };
    incoming->when_over = [this] { outgoing.finish(); };
    incoming->take(first);
    return std::move(reader);
  }

  template <class R, class... Args>
  R call(std::string_view name, Args... arguments) {
    auto called = instance.func<R(Args...)>(name).value()(arguments...);
    EXPECT_TRUE(called) << name << ": " << called.error().message();
    if constexpr (!std::is_void_v<R>) return std::move(called).value_or(R());
  }
  template <class... Args>
  std::uint32_t call_for_u32(std::string_view name, Args... arguments) {
    return call<std::uint32_t>(name, arguments...);
  }
  GuestEnds new_ends(std::string_view name = "new") {
    const auto packed = call<std::uint64_t>(name);
    return {static_cast<std::uint32_t>(packed), static_cast<std::uint32_t>(packed >> 32)};
  }
  std::uint32_t read(std::uint32_t end, std::uint32_t at, std::uint32_t count) {
    return call_for_u32("read", end, at, count);
  }
  std::uint32_t write(std::uint32_t end, std::uint32_t at, std::uint32_t count) {
    return call_for_u32("write", end, at, count);
  }
  std::uint32_t accept(ByteStream stream) {
    return instance.func<std::uint32_t(ByteStream)>("accept").value()(std::move(stream)).value();
  }
  ByteStream give(std::uint32_t end) { return instance.func<ByteStream(std::uint32_t)>("give").value()(end).value(); }
  Bytes memory(std::uint32_t at, std::uint32_t count) {
    Bytes bytes;
    for (std::uint32_t i = 0; i < count; ++i) bytes.push_back(call<std::uint8_t>("peek", at + i));
    return bytes;
  }
  void fill(const Bytes& bytes) {
    for (std::uint32_t at = 0; const std::uint8_t byte : bytes) call<void>("poke", at++, byte);
  }
  // Joins the end with the set for one event of it, and gives the event's payload.
  std::uint32_t wait_for(std::uint32_t set, std::uint32_t end, Event event) {
    constexpr std::uint32_t at = 64;
    call<void>("join", end, set);
    EXPECT_EQ(call_for_u32("wait", set, at), event);
    EXPECT_EQ(memory(at, 1), Bytes{static_cast<std::uint8_t>(end)});
    call<void>("join", end, 0U);
    return memory(at + 4, 1)[0];
  }
  void settle() { EXPECT_TRUE(run_ready(store)); }

  Engine engine;
  Store store{engine};
  Linker linker{engine};
  ComponentInstance instance;
  StreamPair<std::uint8_t> source;  // of "source"
  std::optional<Sink> sink;         // of "sink"
  std::optional<Sink> incoming;     // of "transform"
  StreamWriter<std::uint8_t> outgoing;
  ByteFuture asked;
  FutureWriter<std::uint8_t> answer;
};

TEST_F(ComponentHostStreams, CompleteAtOnce) {
  auto from = make_stream<std::uint8_t>(store).value();
  from.writer.write({1, 2, 3, 4, 5, 6, 7, 8}, [](Result<Copied>) {});
  from.writer.finish();
  const std::uint32_t in = accept(std::move(from.reader));
  EXPECT_EQ(in, 1U);
  const GuestEnds out = new_ends();
  Sink received{.stream = give(out.readable), .chunk = 4};
  received.take(1000);
  EXPECT_EQ(read(in, 0, 4), completed(4));
  EXPECT_EQ(memory(0, 4), (Bytes{1, 2, 3, 4}));
  const GuestEnds question = new_ends();
  EXPECT_EQ(call_for_u32("transform", question.readable, 12U), returned);
  const std::uint32_t answers = memory(12, 1)[0];
  EXPECT_EQ(write(question.writable, 0, 4), completed(4));
  EXPECT_EQ(call_for_u32("read-sync", answers, 0U, 4U), completed(4));
  EXPECT_EQ(write(out.writable, 0, 4), completed(4));
  // With the last elements comes that there will be no more.
  EXPECT_EQ(read(in, 0, 4), dropped(4));
  EXPECT_EQ(memory(0, 4), (Bytes{5, 6, 7, 8}));
  EXPECT_EQ(call_for_u32("write-sync", question.writable, 0U, 4U), completed(4));
  EXPECT_EQ(call_for_u32("read-sync", answers, 0U, 4U), completed(4));
  EXPECT_EQ(call_for_u32("write-sync", out.writable, 0U, 4U), completed(4));
  call<void>("drop-readable", in);
  call<void>("drop-readable", answers);
  call<void>("drop-writable", out.writable);
  call<void>("drop-writable", question.writable);
  settle();
  EXPECT_EQ(received.received, (Bytes{11, 12, 13, 14, 15, 16, 17, 18}));
  EXPECT_TRUE(received.is_over);
}

TEST_F(ComponentHostStreams, BlockUntilTheHostGoesOn) {
  auto from = make_stream<std::uint8_t>(store).value();
  const std::uint32_t in = accept(std::move(from.reader));
  const GuestEnds out = new_ends();
  Sink received{.stream = give(out.readable), .chunk = 4};
  EXPECT_EQ(read(in, 0, 4), blocked);
  from.writer.write({1, 2, 3, 4}, [](Result<Copied>) {});
  const std::uint32_t set = call_for_u32("set-new");
  EXPECT_EQ(wait_for(set, in, stream_read), completed(4));
  EXPECT_EQ(memory(0, 4), (Bytes{1, 2, 3, 4}));

  const GuestEnds question = new_ends();
  EXPECT_EQ(call_for_u32("transform-later", question.readable, 16U), returned);
  const std::uint32_t answers = memory(16, 1)[0];
  EXPECT_EQ(write(question.writable, 0, 4), blocked);
  incoming->take(1000);
  EXPECT_EQ(wait_for(set, question.writable, stream_write), completed(4));
  EXPECT_EQ(call_for_u32("read-sync", answers, 0U, 4U), completed(4));
  EXPECT_EQ(write(out.writable, 0, 4), blocked);
  received.take(1000);
  EXPECT_EQ(wait_for(set, out.writable, stream_write), completed(4));

  from.writer.write({5, 6, 7, 8}, [](Result<Copied>) {});
  from.writer.finish();
  EXPECT_EQ(read(in, 0, 4), dropped(4));
  EXPECT_EQ(memory(0, 4), (Bytes{5, 6, 7, 8}));
  call<void>("drop-readable", in);
  EXPECT_EQ(write(question.writable, 0, 4), completed(4));
  call<void>("drop-writable", question.writable);
  EXPECT_EQ(read(answers, 0, 4), blocked);
  // The host finishes when it has seen the end of what comes in, which may be before this event is taken.
  const std::uint32_t last = wait_for(set, answers, stream_read);
  EXPECT_TRUE(last == completed(4) || last == dropped(4)) << last;
  if (last == completed(4)) EXPECT_EQ(call_for_u32("read-sync", answers, 0U, 4U), dropped(0));
  call<void>("drop-readable", answers);
  settle();
  EXPECT_EQ(write(out.writable, 0, 4), completed(4));
  call<void>("drop-writable", out.writable);
  call<void>("set-drop", set);
  settle();
  EXPECT_EQ(received.received, (Bytes{11, 12, 13, 14, 15, 16, 17, 18}));
}

TEST_F(ComponentHostStreams, AreReadAndWrittenInParts) {
  source = make_stream<std::uint8_t>(store).value();
  source.writer.write({1, 2}, [this](Result<Copied>) { source.writer.write({3, 4}, [](Result<Copied>) {}); });
  EXPECT_EQ(call_for_u32("source", 8U), returned);
  const std::uint32_t in = memory(8, 1)[0];
  EXPECT_EQ(in, 1U);
  EXPECT_EQ(read(in, 0, 4), completed(2));
  EXPECT_EQ(memory(0, 2), (Bytes{1, 2}));
  settle();
  EXPECT_EQ(read(in, 0, 4), completed(2));
  EXPECT_EQ(memory(0, 2), (Bytes{3, 4}));
  settle();
  EXPECT_EQ(read(in, 0, 4), blocked);
  source.writer.write({5, 6}, [](Result<Copied>) {});
  const std::uint32_t set = call_for_u32("set-new");
  EXPECT_EQ(wait_for(set, in, stream_read), completed(2));
  EXPECT_EQ(memory(0, 2), (Bytes{5, 6}));
  call<void>("drop-readable", in);
  EXPECT_FALSE(source.writer.has_other_end());

  const GuestEnds out = new_ends();
  EXPECT_EQ(out.readable, 1U);
  EXPECT_EQ(out.writable, 3U);
  EXPECT_EQ(call_for_u32("sink", out.readable), returned);
  sink->chunk = 2;
  sink->take(2);
  fill({1, 2, 3, 4, 5, 6});
  EXPECT_EQ(write(out.writable, 0, 6), completed(2));
  EXPECT_EQ(write(out.writable, 2, 4), blocked);
  sink->chunk = 1;
  settle();
  sink->take(4);
  settle();  // the event counts what was taken until it is delivered
  EXPECT_EQ(wait_for(set, out.writable, stream_write), completed(4));
  EXPECT_EQ(sink->received, (Bytes{1, 2, 3, 4, 5, 6}));
  call<void>("drop-writable", out.writable);
  call<void>("set-drop", set);
  sink->take(100);
  settle();
  EXPECT_TRUE(sink->is_over);
  EXPECT_EQ(sink->received.size(), 6U);
}

TEST_F(ComponentHostStreams, WritesAreCancelledWithWhatTheHostTook) {
  for (const char* cancel : {"cancel-write-sync", "cancel-write"}) {
    const GuestEnds out = new_ends();
    EXPECT_EQ(call_for_u32("sink", out.readable), returned);
    sink->chunk = 2;
    fill({10, 11, 12, 13});
    EXPECT_EQ(write(out.writable, 0, 4), blocked);
    sink->take(2);
    settle();
    EXPECT_EQ(sink->received, (Bytes{10, 11}));
    // Here the suite (cancel-stream.wast) is followed: what was cancelled half-way is cancelled.
    EXPECT_EQ(call_for_u32(cancel, out.writable), cancelled(2)) << cancel;
    call<void>("drop-writable", out.writable);
    sink->take(100);
    settle();
    EXPECT_TRUE(sink->is_over);
    EXPECT_EQ(sink->received.size(), 2U);
  }
}

// An operation of the host's holds no guest's memory between two turns, so that a guest never waits for its end.
TEST_F(ComponentHostStreams, ReadsAreCancelledAtOnce) {
  source = make_stream<std::uint8_t>(store).value();
  EXPECT_EQ(call_for_u32("source", 16U), returned);
  const std::uint32_t in = memory(16, 1)[0];
  EXPECT_EQ(read(in, 0, 4), blocked);
  EXPECT_EQ(call_for_u32("cancel-read", in), cancelled(0));
  EXPECT_EQ(read(in, 0, 4), blocked);
  source.writer.write({7, 8}, [](Result<Copied>) {});
  EXPECT_EQ(call_for_u32("cancel-read", in), cancelled(2));
  EXPECT_EQ(memory(0, 2), (Bytes{7, 8}));
  const Error error = error_of(instance.func<std::uint32_t(std::uint32_t)>("cancel-read").value()(in));
  EXPECT_TRUE(contains(error.message(), "in `stream.cancel-read`"));
}

TEST_F(ComponentHostStreams, AFutureIsAnsweredByTheHost) {
  const GuestEnds question = new_ends("future-new");
  EXPECT_EQ(call_for_u32("answer", question.readable, 16U), returned);
  const std::uint32_t answered = memory(16, 1)[0];
  EXPECT_EQ(call_for_u32("future-read", answered, 0U), blocked);
  call<void>("poke", 8U, std::uint8_t{42});
  EXPECT_EQ(call_for_u32("future-write", question.writable, 8U), completed(0));
  const std::uint32_t set = call_for_u32("set-new");
  EXPECT_EQ(wait_for(set, answered, future_read), completed(0));
  EXPECT_EQ(memory(0, 1), Bytes{43});
  call<void>("future-drop-writable", question.writable);
  call<void>("future-drop-readable", answered);
  call<void>("set-drop", set);
}

TEST_F(ComponentHostStreams, AFutureThatIsThereIsNotCancelled) {
  const GuestEnds question = new_ends("future-new");
  EXPECT_EQ(call_for_u32("answer", question.readable, 16U), returned);
  const std::uint32_t answered = memory(16, 1)[0];
  EXPECT_EQ(call_for_u32("future-read", answered, 0U), blocked);
  call<void>("poke", 8U, std::uint8_t{42});
  EXPECT_EQ(call_for_u32("future-write", question.writable, 8U), completed(0));
  settle();
  EXPECT_EQ(call_for_u32("future-cancel-read", answered), completed(0));
  EXPECT_EQ(memory(0, 1), Bytes{43});
  call<void>("future-drop-readable", answered);

  const GuestEnds unwritten = new_ends("future-new");
  const Error error = error_of(instance.func<void(std::uint32_t)>("future-drop-writable").value()(unwritten.writable));
  EXPECT_TRUE(contains(error.message(), "in `future.drop-writable`"));
}

TEST_F(ComponentHostStreams, AnEndGoesWithItsLastElement) {
  auto pair = make_stream<std::uint8_t>(store).value();
  const std::uint32_t in = accept(std::move(pair.reader));
  std::optional<Copied> copied;
  const auto note = [&](Result<Copied> done) { copied = done.value(); };
  // A guest that waits already.
  EXPECT_EQ(read(in, 0, 4), blocked);
  pair.writer.write({1, 2}, note);
  pair.writer.finish();
  EXPECT_FALSE(pair.writer.is_open());
  const std::uint32_t set = call_for_u32("set-new");
  EXPECT_EQ(wait_for(set, in, stream_read), dropped(2));
  ASSERT_TRUE(copied);
  EXPECT_EQ(copied->count, 2U);
  EXPECT_FALSE(copied->is_over || copied->is_cancelled);

  // The reader goes first.
  auto other = make_stream<std::uint8_t>(store).value();
  copied.reset();
  other.writer.write({1, 2}, note);
  other.writer.finish();
  EXPECT_TRUE(other.writer.is_open());
  other.reader.close();
  settle();
  EXPECT_TRUE(copied && copied->is_over && copied->count == 0);
  EXPECT_FALSE(other.writer.is_open());

  // Both ends are the host's, and nothing is under way.
  auto last = make_stream<std::uint8_t>(store).value();
  last.writer.finish();
  EXPECT_FALSE(last.writer.is_open());
  bool is_over = false;
  last.reader.read(1, [&](Result<Piece<std::uint8_t>> piece) { is_over = piece->is_over; });
  settle();
  EXPECT_TRUE(is_over);
}

// --- What a value holds is taken once, as what it is

TEST_F(ComponentHostStreams, AnEndIsTakenOutOfAValueOnce) {
  auto pair = make_stream<std::uint8_t>(store).value();
  expect_usage(ByteStream::from(component::Val::handle(pair.reader.handle())), "taken");
  const component::Val value = std::move(pair.reader).to_val();
  expect_usage(Stream<std::uint32_t>::from(value), "the elements of the stream: expected u32, found u8");
  expect_usage(Stream<std::vector<std::uint8_t>>::from(value), "expected list<u8>, found u8");
  expect_usage(ByteFuture::from(value), "a future was expected");
  auto taken = ByteStream::from(value);
  ASSERT_TRUE(taken) << taken.error().message();
  expect_usage(ByteStream::from(value), "taken");
  // It may be put back, and is still the same end.
  const component::Val again = std::move(*taken).to_val();
  EXPECT_TRUE(ByteStream::from(again));
}

TEST_F(ComponentHostStreams, CallbacksThatThrowAreErrorsOfTheLoop) {
  StoreHandle(store).post([] { throw std::runtime_error("the callback's own"); });
  const Error error = error_of(run_ready(store));
  EXPECT_EQ(error.kind(), ErrorKind::trap);
  EXPECT_EQ(error.message(), "host function failed: the callback's own");
  StoreHandle(store).post([] { throw std::bad_alloc(); });
  EXPECT_EQ(error_of(run_ready(store)).kind(), ErrorKind::exhausted);
  // The store goes on.
  auto pair = make_stream<std::uint8_t>(store).value();
  pair.writer.write({1}, [](Result<Copied>) { throw 5; });
  pair.reader.read(1, [](Result<Piece<std::uint8_t>>) {});
  EXPECT_EQ(error_of(run_ready(store)).message(), "host function failed: it threw an exception");
  settle();
  const std::uint32_t in = accept(std::move(pair.reader));
  EXPECT_EQ(read(in, 0, 4), blocked);
}

}  // namespace
}  // namespace tenon
