// wasi:filesystem: how 0.3 writes its values, and contents and directories as streams.
#include "wasi/component/filesystem.hpp"

#include <algorithm>

#include "wasi/p3/transfer.hpp"

namespace tenon::wasi::p3 {

using bindings::why_not;
using host::File;
using host::FileType;

namespace {

// error-code, in its order, but for `other` at its end.
constexpr Errno error_codes[] = {
    Errno::acces,    Errno::already,        Errno::badf,   Errno::busy,       Errno::deadlk,  Errno::dquot,
    Errno::exist,    Errno::fbig,           Errno::ilseq,  Errno::inprogress, Errno::intr,    Errno::inval,
    Errno::io,       Errno::isdir,          Errno::loop,   Errno::mlink,      Errno::msgsize, Errno::nametoolong,
    Errno::nodev,    Errno::noent,          Errno::nolck,  Errno::nomem,      Errno::nospc,   Errno::notdir,
    Errno::notempty, Errno::notrecoverable, Errno::notsup, Errno::notty,      Errno::nxio,    Errno::overflow,
    Errno::perm,     Errno::pipe,           Errno::rofs,   Errno::spipe,      Errno::txtbsy,  Errno::xdev,
};

Val error_code(Errno error) {
  const auto* found = std::ranges::find(error_codes, error);
  const auto index = static_cast<std::uint32_t>(found - std::begin(error_codes));
  if (found != std::end(error_codes)) return Val::enumeration(index);
  return Val::variant(index, Val::some(Val::string(host::to_string(error))));
}
Val failed(Errno error) { return Val::error(error_code(error)); }

// descriptor-type, in its order.
Val descriptor_type(FileType type) {
  enum Type : std::uint32_t { block_device, character_device, directory, fifo, link, file, socket, other };
  switch (type) {
    case FileType::unknown: return Val::variant(other, Val::none());
    case FileType::block_device: return Val::variant(block_device);
    case FileType::character_device: return Val::variant(character_device);
    case FileType::directory: return Val::variant(directory);
    case FileType::regular_file: return Val::variant(file);
    case FileType::socket_dgram:
    case FileType::socket_stream: return Val::variant(socket);
    case FileType::symbolic_link: return Val::variant(link);
  }
  return Val::variant(other, Val::none());
}

const std::shared_ptr<const File>& shared_file(const Context& context, const Val& value) {
  return bindings::shared_file(*context.host, value);
}

// --- Contents

class FileSource final : public Source {
 public:
  FileSource(std::shared_ptr<const File> file, std::uint64_t offset) : file_(std::move(file)), offset_(offset) {}
  Outcome<std::size_t> read(std::span<std::uint8_t> buffer) override {
    return bindings::read_on_at_once(*file_, offset_, buffer);
  }
  Outcome<std::size_t> read_from_disk(std::span<std::uint8_t> buffer) override {
    return bindings::read_on(*file_, offset_, buffer);
  }
  // Of a named pipe and the like.
  int descriptor() const override { return file_->type == FileType::regular_file ? -1 : file_->descriptor.number(); }

 private:
  std::shared_ptr<const File> file_;
  std::uint64_t offset_;
};

class FileSink final : public Sink {
 public:
  FileSink(std::shared_ptr<const File> file, std::optional<std::uint64_t> offset)
      : file_(std::move(file)), offset_(offset) {}
  Outcome<std::size_t> write(std::span<const std::uint8_t> data) override {
    const auto put = offset_ ? bindings::write_on(*file_, *offset_, data) : bindings::append(*file_, data);
    if (put) written_ += *put;
    return put;
  }
  bool may_wait() const override { return bindings::may_wait_to_write(*file_, written_); }

 private:
  std::shared_ptr<const File> file_;
  std::optional<std::uint64_t> offset_;  // none: at the end
  std::uint64_t written_ = 0;
};

Answer read_via_stream(const Context& context, Values values) {
  const auto& file = shared_file(context, values[0]);
  if (const Errno error = why_not(*file, file->can_read); error != Errno::success) {
    return refused_stream(context, error_code(error));
  }
  return read_stream(context, std::make_unique<FileSource>(file, values[1].unsigned_integer()), error_code);
}

Answer write_to(const Context& context, Values values, std::optional<std::uint64_t> offset) {
  const auto& file = shared_file(context, values[0]);
  if (const Errno error = why_not(*file, file->can_write); error != Errno::success) {
    auto refused = settled(context, failed(error));
    if (!refused) return std::move(refused).error();
    return one(*std::move(refused));
  }
  return write_stream(context, values[1], std::make_unique<FileSink>(file, offset), error_code);
}
Answer write_via_stream(const Context& context, Values values) {
  return write_to(context, values, values[2].unsigned_integer());
}
Answer append_via_stream(const Context& context, Values values) { return write_to(context, values, std::nullopt); }

Result<void> sync_file(const Context& context, const Val& descriptor, bool metadata_too, ComponentCompletion done) {
  struct Job {
    std::shared_ptr<const File> file;
    Outcome<void> outcome{};
  };
  const auto job = std::make_shared<Job>(shared_file(context, descriptor));
  context.store.add_events(context.host->events);
  context.host->events->in_background(
      [job, metadata_too] { job->outcome = host::sync(*job->file, metadata_too); },
      [job, done = std::move(done)] { finish(done, job->outcome ? Val::ok() : failed(job->outcome.error())); });
  return {};
}
Result<void> sync_data(const Context& context, Values values, ComponentCompletion done) {
  return sync_file(context, values[0], false, std::move(done));
}
Result<void> sync(const Context& context, Values values, ComponentCompletion done) {
  return sync_file(context, values[0], true, std::move(done));
}

// --- Directories and paths

// The entries of a directory on their way to a guest, piece by piece as the system gives them.
class Listing : public std::enable_shared_from_this<Listing> {
 public:
  Listing(Events& events, std::shared_ptr<const File> directory) : events_(events), directory_(std::move(directory)) {}

  void begin(StreamWriter<Val> writer, FutureWriter<Val> result) {
    writer_ = std::move(writer);
    result_ = std::move(result);
    next();
  }

 private:
  using Entries = Outcome<std::vector<host::DirectoryEntry>>;
  static Entries read(const File& directory, std::uint64_t cookie) {
    return host::read_directory(directory, cookie, std::size_t{1} << 16);
  }

  // On another thread where that costs little: most directories are in memory.
  void next() {
    if (events_.reactor == nullptr) return give(read(*directory_, cookie_));
    struct Job {
      std::shared_ptr<const File> directory;
      std::uint64_t cookie = 0;
      Entries entries{};
    };
    const auto job = std::make_shared<Job>(directory_, cookie_);
    events_.in_background([job] { job->entries = read(*job->directory, job->cookie); },
                          [self = shared_from_this(), job] { self->give(job->entries); });
  }

  void give(const Entries& read) {
    if (!read) return end(failed(read.error()));
    if (read->empty()) return end(Val::ok());
    std::vector<Val> entries;
    for (const host::DirectoryEntry& entry : *read) {
      cookie_ = entry.next;
      if (entry.name == "." || entry.name == "..") continue;
      entries.push_back(record({descriptor_type(entry.type), Val::string(entry.name)}));
    }
    if (entries.empty()) return next();
    writer_.write(std::move(entries), [self = shared_from_this()](Result<Copied> copied) {
      if (!copied || copied->is_over) return self->end(Val::ok());
      self->next();
    });
  }

  void end(Val result) {
    writer_.close();
    result_.write(std::move(result));
    result_.close();
  }

  Events& events_;  // the store keeps them longer than this
  std::shared_ptr<const File> directory_;
  std::uint64_t cookie_ = 0;
  StreamWriter<Val> writer_;
  FutureWriter<Val> result_;
};

Answer read_directory(const Context& context, Values values) {
  const auto& file = shared_file(context, values[0]);
  auto stream = make_stream<Val>(context.store);
  if (!stream) return std::move(stream).error();
  auto result = make_future<Val>(context.store);
  if (!result) return std::move(result).error();
  const Errno error = file->type != FileType::directory ? Errno::notdir : file->can_read ? Errno::success : Errno::badf;
  if (error != Errno::success) {
    stream->writer.close();
    result->writer.write(failed(error));
  } else {
    context.store.add_events(context.host->events);
    std::make_shared<Listing>(*context.host->events, file)->begin(std::move(stream->writer), std::move(result->writer));
  }
  return one(record({std::move(stream->reader).to_val(), std::move(result->reader).to_val()}));
}

Answer open_at(const Context& context, Values values) {
  const File& base = *shared_file(context, values[0]);
  host::OpenOptions options = bindings::open_options(values);
  const bool changes_names = (values[4].flags() & bindings::flag::mutate_directory) != 0;
  // Creating and truncating write; without anything said, a file is opened to be read.
  options.read = options.read || !options.write;
  options.write = options.write || options.create || options.truncate;
  if (base.type == FileType::directory && !base.can_write && (options.write || changes_names)) {
    return one(failed(Errno::rofs));
  }
  auto file = host::open(base, values[2].string(), options);
  if (!file) return one(failed(file.error()));
  file->can_read = options.read;
  file->can_write = file->type == FileType::directory ? changes_names : options.write;
  return bindings::opened(*context.host, std::move(*file));
}

constexpr Function types_functions[] = {
    {"[method]descriptor.read-via-stream", read_via_stream},
    {"[method]descriptor.write-via-stream", write_via_stream},
    {"[method]descriptor.append-via-stream", append_via_stream},
    {"[method]descriptor.sync-data", nullptr, sync_data},
    {"[method]descriptor.sync", nullptr, sync},
    {"[method]descriptor.read-directory", read_directory},
    {"[method]descriptor.open-at", open_at},
};

}  // namespace

const bindings::Dialect own_dialect{.file_error = error_code,
                                    .file_type = descriptor_type,
                                    .instant = instant,
                                    .header_error = header_error,
                                    .gives_fewer_random_bytes = true};

const Interface filesystem_types{"wasi:filesystem/types", types_functions, &bindings::descriptor_functions};

}  // namespace tenon::wasi::p3
