#include "wasi/p3/transfer.hpp"

#include <vector>

#include "wasi/host/poll.hpp"

namespace tenon::wasi::p3 {

namespace {

// Most bytes that one read of a source, or one write of a guest, moves.
constexpr std::size_t largest_piece = std::size_t{1} << 16;

// From a source to a guest.
class Reading : public std::enable_shared_from_this<Reading> {
 public:
  Reading(const Context& context, std::unique_ptr<Source> source, ErrorValue error_value)
      : store_(context.store), events_(*context.host->events), source_(std::move(source)), error_value_(error_value) {}

  void begin(StreamWriter<std::uint8_t> writer, FutureWriter<Val> result) {
    writer_ = std::move(writer);
    result_ = std::move(result);
    // While the system is waited for, too.
    writer_.when_other_end_goes([weak = weak_from_this(), store = store_] {
      store.post([weak] {
        if (const auto self = weak.lock()) self->stop_waiting();
      });
    });
    wait_for_reader();
  }

 private:
  void wait_for_reader() {
    writer_.write({}, [self = shared_from_this()](Result<Copied> asked) {
      if (!asked || asked->is_over) return self->end(Val::ok());
      self->read();
    });
  }

  void read() {
    if (source_->descriptor() < 0) return read_now();
    waits_ = events_.when({.descriptor = source_->descriptor(), .happen = [self = shared_from_this()] {
                             self->waits_ = 0;
                             self->read_now();
                           }});
  }

  void stop_waiting() {
    const auto self = shared_from_this();
    if (const std::uint64_t number = std::exchange(waits_, 0)) {
      events_.forget(number);
      end(Val::ok());
    }
  }

  void read_now() {
    if (!writer_.has_other_end()) return end(Val::ok());
    buffer_.resize(largest_piece);
    const auto got = source_->read(buffer_);
    if (!got && got.error() == Errno::again) return source_->descriptor() < 0 ? read_from_disk() : read();
    give(got);
  }

  void read_from_disk() {
    struct Job {
      std::shared_ptr<Source> source;
      std::vector<std::uint8_t> buffer;
      Outcome<std::size_t> got{};
    };
    const auto job = std::make_shared<Job>(source_, std::exchange(buffer_, {}));
    events_.in_background([job] { job->got = job->source->read_from_disk(job->buffer); },
                          [self = shared_from_this(), job] {
                            self->buffer_ = std::move(job->buffer);
                            self->give(job->got);
                          });
  }

  void give(const Outcome<std::size_t>& got) {
    if (!got) return end(Val::error(error_value_(got.error())));
    if (*got == 0) return end(Val::ok());
    buffer_.resize(*got);
    writer_.write_from(buffer_, [self = shared_from_this()](Result<Copied> copied) {
      if (!copied || copied->is_over) return self->end(Val::ok());
      self->wait_for_reader();
    });
  }

  void end(Val result) {
    source_->close();
    writer_.close();
    result_.write(std::move(result));
    result_.close();
  }

  StoreHandle store_;
  Events& events_;  // the store keeps them longer than this
  std::shared_ptr<Source> source_;
  ErrorValue error_value_;
  std::uint64_t waits_ = 0;  // for what events have this number
  StreamWriter<std::uint8_t> writer_;
  FutureWriter<Val> result_;
  std::vector<std::uint8_t> buffer_;
};

// From a guest to a sink.
class Writing : public std::enable_shared_from_this<Writing> {
 public:
  Writing(Events& events, std::unique_ptr<Sink> sink, ErrorValue error_value)
      : events_(events), sink_(std::move(sink)), error_value_(error_value) {}

  void begin(tenon::Stream<std::uint8_t> reader, FutureWriter<Val> result) {
    reader_ = std::move(reader);
    result_ = std::move(result);
    take();
  }

 private:
  void take() {
    const auto sink = [this](std::span<const std::uint8_t> data) { write(data); };
    reader_.consume(largest_piece, sink, [self = shared_from_this()](Result<Copied> copied) {
      self->has_ended_ = !copied || copied->is_over;
      self->go_on();
    });
  }

  // What is not taken at once is kept. The object lives as long as the operation that calls this.
  void write(std::span<const std::uint8_t> data) {
    if (!rest_.empty() || error_ || sink_->may_wait()) {
      rest_.insert(rest_.end(), data.begin(), data.end());
      return;
    }
    while (!data.empty()) {
      const auto put = sink_->write(data);
      if (!put) {
        if (put.error() != Errno::again) error_ = put.error();
        rest_.assign(data.begin(), data.end());
        return;
      }
      data = data.subspan(*put);
    }
  }

  void go_on() {
    if (error_) return end(Val::error(error_value_(*error_)));
    if (!rest_.empty() && sink_->may_wait()) return write_to_disk();
    if (!rest_.empty()) {
      events_.when({.descriptor = sink_->descriptor(), .to_write = true, .happen = [self = shared_from_this()] {
                      const std::vector<std::uint8_t> data = std::exchange(self->rest_, {});
                      self->write(data);
                      self->go_on();
                    }});
      return;
    }
    if (!has_ended_) return take();
    const auto ended = sink_->end();
    end(ended ? Val::ok() : Val::error(error_value_(ended.error())));
  }

  void write_to_disk() {
    struct Job {
      std::shared_ptr<Sink> sink;
      std::vector<std::uint8_t> data;
      std::optional<Errno> error{};
    };
    const auto job = std::make_shared<Job>(sink_, std::exchange(rest_, {}));
    const auto write_all = [job] {
      for (std::span<const std::uint8_t> left(job->data); !left.empty() && !job->error;) {
        const auto put = job->sink->write(left);
        put ? void(left = left.subspan(*put)) : void(job->error = put.error());
      }
    };
    events_.in_background(write_all, [self = shared_from_this(), job] {
      self->error_ = job->error;
      self->go_on();
    });
  }

  void end(Val result) {
    sink_->close();
    reader_.close();
    result_.write(std::move(result));
    result_.close();
  }

  Events& events_;  // the store keeps them longer than this
  std::shared_ptr<Sink> sink_;
  ErrorValue error_value_;
  tenon::Stream<std::uint8_t> reader_;
  FutureWriter<Val> result_;
  std::vector<std::uint8_t> rest_;  // not taken yet
  std::optional<Errno> error_;
  bool has_ended_ = false;
};

}  // namespace

Answer read_stream(const Context& context, std::unique_ptr<Source> source, ErrorValue error_value) {
  auto stream = make_stream<std::uint8_t>(context.store);
  if (!stream) return std::move(stream).error();
  auto result = make_future<Val>(context.store);
  if (!result) return std::move(result).error();
  context.store.add_events(context.host->events);
  const auto reading = std::make_shared<Reading>(context, std::move(source), error_value);
  reading->begin(std::move(stream->writer), std::move(result->writer));
  return one(record({std::move(stream->reader).to_val(), std::move(result->reader).to_val()}));
}

Answer refused_stream(const Context& context, Val error) {
  auto stream = make_stream<std::uint8_t>(context.store);
  if (!stream) return std::move(stream).error();
  stream->writer.close();
  auto result = settled(context, Val::error(std::move(error)));
  if (!result) return std::move(result).error();
  return one(record({std::move(stream->reader).to_val(), *std::move(result)}));
}

Answer write_stream(const Context& context, const Val& stream, std::unique_ptr<Sink> sink, ErrorValue error_value) {
  auto reader = tenon::Stream<std::uint8_t>::from(stream);
  if (!reader) return std::move(reader).error();
  auto result = make_future<Val>(context.store);
  if (!result) return std::move(result).error();
  context.store.add_events(context.host->events);
  const auto writing = std::make_shared<Writing>(*context.host->events, std::move(sink), error_value);
  writing->begin(*std::move(reader), std::move(result->writer));
  return one(std::move(result->reader).to_val());
}

Result<Val> settled(const Context& context, Val value) {
  auto result = make_future<Val>(context.store);
  if (!result) return std::move(result).error();
  result->writer.write(std::move(value));
  return std::move(result->reader).to_val();
}

}  // namespace tenon::wasi::p3
