// Calls that take their time, streams and futures in C.
#include <variant>

#include "engine/c_api_component.hpp"

using tenon::c_api::give;
using tenon::c_api::missing;
using tenon::c_api::Val;

// --- Calls

namespace {

// How a call ended, shared with the call.
struct TaskResult {
  bool is_done = false;
  std::optional<tenon::Result<std::vector<Val>>> kept{};  // where there is no callback, until it is taken
};

}  // namespace

struct tenon_task_t {
  tenon::GuestTask task;
  tenon::StoreHandle store;
  std::shared_ptr<TaskResult> result;
};

tenon_error_t* tenon_func_start(const tenon_func_t* func, const tenon_val_t* arguments, std::size_t count,
                                tenon_when_done_t done, void* data, tenon_task_t** out) {
  if (func == nullptr) return missing("the function");
  auto store = tenon::detail::StoreBlock::store_of(func->func);
  if (!store.is_alive()) return missing("the store");
  auto result = std::make_shared<TaskResult>();
  const auto finish = [done, data, result](tenon::Result<std::vector<Val>> results) {
    result->is_done = true;
    if (done == nullptr) {
      result->kept.emplace(std::move(results));
    } else if (!results) {
      done(data, give(std::move(results).error()), nullptr);
    } else {
      const Val value = tenon::c_api::result_of(*results);
      done(data, nullptr, tenon::c_api::lend({&value, 1}));
    }
  };
  const std::span<const Val> given = tenon::c_api::vals_of(arguments, count);
  tenon::GuestTask task = tenon::start(func->func, {given.begin(), given.end()}, finish);
  if (out != nullptr) *out = new tenon_task_t{std::move(task), std::move(store), std::move(result)};
  return nullptr;
}

void tenon_task_delete(tenon_task_t* task) { delete task; }
bool tenon_task_is_done(const tenon_task_t* task) { return task != nullptr && task->result->is_done; }
bool tenon_task_has_ended(const tenon_task_t* task) { return task != nullptr && task->task.has_ended(); }

tenon_error_t* tenon_task_take(tenon_task_t* task, tenon_val_t* result) {
  if (task == nullptr || !task->result->kept) return missing("the result of the task");
  auto kept = *std::exchange(task->result->kept, std::nullopt);
  if (!kept) return give(std::move(kept).error());
  if (result != nullptr) *result = give(tenon::c_api::result_of(*kept));
  return nullptr;
}

tenon_error_t* tenon_task_cancel(const tenon_task_t* task) {
  return task == nullptr ? missing("the task") : give(task->task.cancel());
}

tenon_error_t* tenon_task_wait(const tenon_task_t* task) {
  if (task == nullptr) return missing("the task");
  return give(tenon::run_until(task->store, [task] { return task->result->is_done; }));
}

// --- Driving a store

tenon_error_t* tenon_store_run_ready(wasm_store_t* store, bool* is_under_way) {
  tenon::Store* found = tenon::c_api::store_of(store);
  if (found == nullptr) return missing("the store");
  auto ran = tenon::run_ready(*found);
  if (!ran) return give(std::move(ran).error());
  if (is_under_way != nullptr) *is_under_way = *ran;
  return nullptr;
}

tenon_error_t* tenon_store_run_until(wasm_store_t* store, bool (*is_done)(void*), void* data) {
  tenon::Store* found = tenon::c_api::store_of(store);
  if (found == nullptr || is_done == nullptr) return missing(found == nullptr ? "the store" : "an argument");
  return give(tenon::run_until(*found, [is_done, data] { return is_done(data); }));
}

void tenon_store_post(wasm_store_t* store, void (*function)(void*), void* data) {
  tenon::Store* found = tenon::c_api::store_of(store);
  if (found == nullptr || function == nullptr) return;
  tenon::StoreHandle(*found).post([function, data] { function(data); });
}

// --- Streams and futures

struct tenon_reader_t {
  std::variant<tenon::Stream<Val>, tenon::Stream<std::uint8_t>, tenon::Future<Val>> end;
};
struct tenon_writer_t {
  std::variant<tenon::StreamWriter<Val>, tenon::StreamWriter<std::uint8_t>, tenon::FutureWriter<Val>> end;
};

namespace {

template <class Pair>
tenon_error_t* give_pair(tenon::Result<Pair> pair, tenon_writer_t** writer, tenon_val_t* readable) {
  if (!pair) return give(std::move(pair).error());
  *writer = new tenon_writer_t{std::move(pair->writer)};
  *readable = give(std::move(pair->reader).to_val());
  return nullptr;
}

template <class End>
tenon_error_t* give_reader(const Val& readable, tenon_reader_t** out) {
  return give(End::from(readable), out, [](End end) { return new tenon_reader_t{std::move(end)}; });
}

void tell(tenon_when_copied_t done, void* data, tenon::Error error) {
  if (done != nullptr) done(data, give(std::move(error)), nullptr);
}

// What calls the callback with what was moved.
tenon::detail::WhenCopied when_written(tenon_when_copied_t done, void* data) {
  return [done, data](tenon::Result<tenon::Copied> copied) {
    if (!copied) return tell(done, data, std::move(copied).error());
    const tenon_copied_t told = {copied->count, copied->is_over, copied->is_cancelled, nullptr, nullptr};
    if (done != nullptr) done(data, nullptr, &told);
  };
}

tenon_copied_t show(const tenon::Piece<Val>& piece) {
  return {piece.items.size(), piece.is_over, piece.is_cancelled, nullptr, tenon::c_api::lend(piece.items)};
}
tenon_copied_t show(const tenon::Piece<std::uint8_t>& piece) {
  return {piece.items.size(), piece.is_over, piece.is_cancelled, piece.items.data(), nullptr};
}

template <class T>
void read(tenon::Stream<T>& stream, std::size_t most, tenon_when_copied_t done, void* data) {
  stream.read(most, [done, data](tenon::Result<tenon::Piece<T>> piece) {
    if (!piece) return tell(done, data, std::move(piece).error());
    const tenon_copied_t told = show(*piece);
    done(data, nullptr, &told);
  });
}
void read(tenon::Future<Val>& future, std::size_t, tenon_when_copied_t done, void* data) {
  future.read([done, data](tenon::Result<Val> value) {
    if (!value) return tell(done, data, std::move(value).error());
    const tenon_copied_t told = {1, true, false, nullptr, tenon::c_api::lend({&*value, 1})};
    done(data, nullptr, &told);
  });
}

void write(tenon::StreamWriter<Val>& writer, std::span<const Val> values, tenon_when_copied_t done, void* data) {
  writer.write({values.begin(), values.end()}, when_written(done, data));
}
void write(tenon::FutureWriter<Val>& writer, std::span<const Val> values, tenon_when_copied_t done, void* data) {
  if (values.size() != 1) return tell(done, data, tenon::detail::usage("a future takes one value"));
  writer.write(values.front(), when_written(done, data));
}
void write(tenon::StreamWriter<std::uint8_t>&, std::span<const Val>, tenon_when_copied_t done, void* data) {
  tell(done, data, tenon::detail::usage("a stream of bytes takes bytes"));
}

}  // namespace

tenon_error_t* tenon_pair_new(wasm_store_t* store, tenon_end_kind_t kind, tenon_writer_t** writer,
                              tenon_val_t* readable) {
  tenon::Store* found = tenon::c_api::store_of(store);
  if (found == nullptr || writer == nullptr || readable == nullptr) return missing("an argument");
  switch (kind) {
    case TENON_STREAM: return give_pair(tenon::make_stream<Val>(*found), writer, readable);
    case TENON_BYTE_STREAM: return give_pair(tenon::make_stream<std::uint8_t>(*found), writer, readable);
    case TENON_FUTURE: return give_pair(tenon::make_future<Val>(*found), writer, readable);
    default: return give(tenon::detail::usage("no kind of stream or future has the number ", unsigned{kind}));
  }
}

tenon_error_t* tenon_reader_new(const tenon_val_t* readable, tenon_end_kind_t kind, tenon_reader_t** out) {
  if (readable == nullptr || out == nullptr) return missing("an argument");
  const Val& value = tenon::c_api::val_of(*readable);
  switch (kind) {
    case TENON_STREAM: return give_reader<tenon::Stream<Val>>(value, out);
    case TENON_BYTE_STREAM: return give_reader<tenon::Stream<std::uint8_t>>(value, out);
    case TENON_FUTURE: return give_reader<tenon::Future<Val>>(value, out);
    default: return give(tenon::detail::usage("no kind of stream or future has the number ", unsigned{kind}));
  }
}

void tenon_reader_delete(tenon_reader_t* reader) { delete reader; }
void tenon_writer_delete(tenon_writer_t* writer) { delete writer; }

void tenon_reader_read(tenon_reader_t* reader, std::size_t most, tenon_when_copied_t done, void* data) {
  if (done == nullptr) return;
  if (reader == nullptr) return tell(done, data, tenon::detail::usage("there is no reader"));
  std::visit([&](auto& end) { read(end, most, done, data); }, reader->end);
}

void tenon_reader_cancel(tenon_reader_t* reader) {
  if (reader != nullptr) std::visit([](auto& end) { end.cancel(); }, reader->end);
}

void tenon_writer_write(tenon_writer_t* writer, const tenon_val_t* values, std::size_t count, tenon_when_copied_t done,
                        void* data) {
  if (writer == nullptr) return tell(done, data, tenon::detail::usage("there is no writer"));
  std::visit([&](auto& end) { write(end, tenon::c_api::vals_of(values, count), done, data); }, writer->end);
}

void tenon_writer_write_bytes(tenon_writer_t* writer, const std::uint8_t* bytes, std::size_t count,
                              tenon_when_copied_t done, void* data) {
  auto* end = writer == nullptr ? nullptr : std::get_if<tenon::StreamWriter<std::uint8_t>>(&writer->end);
  if (end == nullptr || (bytes == nullptr && count != 0)) {
    return tell(done, data, tenon::detail::usage("a writer of a stream of bytes, and bytes, were expected"));
  }
  end->write({bytes, bytes + count}, when_written(done, data));
}

void tenon_writer_cancel(tenon_writer_t* writer) {
  if (writer != nullptr) std::visit([](auto& end) { end.cancel(); }, writer->end);
}
