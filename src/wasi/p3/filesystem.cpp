// wasi:filesystem.
#include <algorithm>
#include <array>

#include "wasi/p3/transfer.hpp"

namespace tenon::wasi::p3 {

using host::File;
using host::FileStat;
using host::FileType;
using host::TimeChange;

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
Answer done(const Outcome<void>& outcome) { return one(outcome ? Val::ok() : failed(outcome.error())); }

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

// Bits of descriptor-flags, open-flags and path-flags.
constexpr std::uint32_t flag_read = 1, flag_write = 2, flag_file_sync = 4, flag_data_sync = 8, flag_requested_sync = 16,
                        flag_mutate_directory = 32;
constexpr std::uint32_t open_create = 1, open_directory = 2, open_exclusive = 4, open_truncate = 8;
constexpr std::uint32_t path_follow = 1;

const std::shared_ptr<const File>& shared_file(const Context& context, const Val& value) {
  return context.host->descriptors[number_of(value)];
}
const File& file_of(const Context& context, const Val& value) { return *shared_file(context, value); }
bool follows(const Val& flags) { return (flags.flags() & path_follow) != 0; }

Outcome<TimeChange> read_time(const Val& value) {
  if (value.index() < 2) return TimeChange{static_cast<TimeChange::Kind>(value.index()), 0};
  const auto fields = value.payload().fields();
  const std::int64_t seconds = fields[0].signed_integer();
  const std::uint64_t nanoseconds = fields[1].unsigned_integer();
  constexpr std::uint64_t second = 1'000'000'000;
  if (nanoseconds >= second || seconds < 0) return refuse(Errno::inval);
  const auto whole = static_cast<std::uint64_t>(seconds);
  if (whole > (~std::uint64_t{0} - nanoseconds) / second) return refuse(Errno::overflow);
  return TimeChange{TimeChange::Kind::set, whole * second + nanoseconds};
}

Val stat_value(const FileStat& stat) {
  return record({descriptor_type(stat.type), Val::u64(stat.links), Val::u64(stat.size),
                 Val::some(instant(stat.accessed)), Val::some(instant(stat.modified)),
                 Val::some(instant(stat.changed))});
}
Answer stat_answer(const Outcome<FileStat>& stat) {
  return one(stat ? Val::ok(stat_value(*stat)) : failed(stat.error()));
}

// Spreads the bits of a number over all of them, so that a hash shows nothing of its parts plainly.
std::uint64_t spread(std::uint64_t bits) {
  bits = (bits ^ bits >> 30) * 0xBF58'476D'1CE4'E5B9;
  bits = (bits ^ bits >> 27) * 0x94D0'49BB'1331'11EB;
  return bits ^ bits >> 31;
}
Answer hash_answer(const Outcome<FileStat>& stat) {
  if (!stat) return one(failed(stat.error()));
  std::uint64_t lower = 0;
  for (const std::uint64_t part : {stat->device, stat->inode, stat->size, stat->modified}) {
    lower = spread(lower + part + 0x9E37'79B9'7F4A'7C15);
  }
  return one(Val::ok(record({Val::u64(lower), Val::u64(spread(lower ^ stat->inode))})));
}

// --- Contents

Errno why_not(const File& file, bool allowed) {
  if (file.type == FileType::directory) return Errno::isdir;
  return allowed ? Errno::success : Errno::badf;
}

class FileSource final : public Source {
 public:
  FileSource(std::shared_ptr<const File> file, std::uint64_t offset) : file_(std::move(file)), offset_(offset) {}
  Outcome<std::size_t> read(std::span<std::uint8_t> buffer) override {
    auto got = host::read_at(*file_, std::span(&buffer, 1), offset_);
    if (!got && got.error() == Errno::spipe) got = host::read(*file_, std::span(&buffer, 1));
    if (got) offset_ += *got;
    return got;
  }

 private:
  std::shared_ptr<const File> file_;
  std::uint64_t offset_;
};

class FileSink final : public Sink {
 public:
  FileSink(std::shared_ptr<const File> file, std::optional<std::uint64_t> offset)
      : file_(std::move(file)), offset_(offset) {}
  Outcome<std::size_t> write(std::span<const std::uint8_t> data) override {
    if (!offset_) return host::append(*file_, std::span(&data, 1));
    auto put = host::write_at(*file_, std::span(&data, 1), *offset_);
    if (!put && put.error() == Errno::spipe) put = host::write(*file_, std::span(&data, 1));
    if (put) *offset_ += *put;
    return put;
  }

 private:
  std::shared_ptr<const File> file_;
  std::optional<std::uint64_t> offset_;  // none: at the end
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

Answer advise(const Context& context, Values values) {
  const File& file = file_of(context, values[0]);
  if (file.type == FileType::directory) return one(failed(Errno::badf));
  return done(host::advise(file, values[1].unsigned_integer(), values[2].unsigned_integer(),
                           static_cast<host::Advice>(values[3].index())));
}

Answer sync_data(const Context& context, Values values) { return done(host::sync(file_of(context, values[0]), false)); }
Answer sync(const Context& context, Values values) { return done(host::sync(file_of(context, values[0]), true)); }

Answer get_flags(const Context& context, Values values) {
  const File& file = file_of(context, values[0]);
  const auto flags = host::flags(file);
  if (!flags) return one(failed(flags.error()));
  const bool is_directory = file.type == FileType::directory;
  const bool mutates = is_directory && file.can_write;
  return one(Val::ok(Val::flags((file.can_read ? flag_read : 0) | (file.can_write && !is_directory ? flag_write : 0) |
                                (flags->sync ? flag_file_sync : 0) | (flags->dsync ? flag_data_sync : 0) |
                                (flags->rsync ? flag_requested_sync : 0) | (mutates ? flag_mutate_directory : 0))));
}

Answer get_type(const Context& context, Values values) {
  return one(Val::ok(descriptor_type(file_of(context, values[0]).type)));
}

Answer set_size(const Context& context, Values values) {
  const File& file = file_of(context, values[0]);
  if (const Errno error = why_not(file, file.can_write); error != Errno::success) return one(failed(error));
  return done(host::set_size(file, values[1].unsigned_integer()));
}

Answer set_times(const Context& context, Values values) {
  const auto accessed = read_time(values[1]);
  const auto modified = read_time(values[2]);
  if (!accessed || !modified) return one(failed(accessed ? modified.error() : accessed.error()));
  return done(host::set_times(file_of(context, values[0]), *accessed, *modified));
}

Answer stat(const Context& context, Values values) { return stat_answer(host::stat(file_of(context, values[0]))); }

Answer is_same_object(const Context& context, Values values) {
  const auto left = host::stat(file_of(context, values[0]));
  const auto right = host::stat(file_of(context, values[1]));
  return one(Val::boolean(left && right && left->device == right->device && left->inode == right->inode));
}

Answer metadata_hash(const Context& context, Values values) {
  return hash_answer(host::stat(file_of(context, values[0])));
}

// --- Directories and paths

// The entries of a directory on their way to a guest, piece by piece as the system gives them.
class Listing : public std::enable_shared_from_this<Listing> {
 public:
  explicit Listing(std::shared_ptr<const File> directory) : directory_(std::move(directory)) {}

  void begin(StreamWriter<Val> writer, FutureWriter<Val> result) {
    writer_ = std::move(writer);
    result_ = std::move(result);
    next();
  }

 private:
  void next() {
    constexpr std::size_t piece = std::size_t{1} << 16;
    std::vector<Val> entries;
    while (entries.empty()) {
      const auto read = host::read_directory(*directory_, cookie_, piece);
      if (!read) return end(failed(read.error()));
      if (read->empty()) return end(Val::ok());
      for (const host::DirectoryEntry& entry : *read) {
        cookie_ = entry.next;
        if (entry.name == "." || entry.name == "..") continue;
        entries.push_back(record({descriptor_type(entry.type), Val::string(entry.name)}));
      }
    }
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
    std::make_shared<Listing>(file)->begin(std::move(stream->writer), std::move(result->writer));
  }
  return one(record({std::move(stream->reader).to_val(), std::move(result->reader).to_val()}));
}

Answer create_directory_at(const Context& context, Values values) {
  return done(host::create_directory(file_of(context, values[0]), values[1].string()));
}
Answer remove_directory_at(const Context& context, Values values) {
  const File& base = file_of(context, values[0]);
  const std::string_view path = values[1].string();
  // A slash at the end asks for what a link leads to, and that may be outside.
  if (path.ends_with('/')) {
    const auto found = host::stat_path(base, path, true);
    if (!found && found.error() == Errno::perm) return one(failed(Errno::perm));
  }
  return done(host::remove_directory(base, path));
}
Answer unlink_file_at(const Context& context, Values values) {
  return done(host::unlink_file(file_of(context, values[0]), values[1].string()));
}
Answer rename_at(const Context& context, Values values) {
  return done(
      host::rename(file_of(context, values[0]), values[1].string(), file_of(context, values[2]), values[3].string()));
}
Answer symlink_at(const Context& context, Values values) {
  return done(host::symlink(values[1].string(), file_of(context, values[0]), values[2].string()));
}

Answer readlink_at(const Context& context, Values values) {
  const auto target = host::read_link(file_of(context, values[0]), values[1].string());
  return one(target ? Val::ok(Val::string(*target)) : failed(target.error()));
}

Answer link_at(const Context& context, Values values) {
  if (follows(values[1])) return one(failed(Errno::inval));
  return done(
      host::link(file_of(context, values[0]), values[2].string(), file_of(context, values[3]), values[4].string()));
}

Answer stat_at(const Context& context, Values values) {
  return stat_answer(host::stat_path(file_of(context, values[0]), values[2].string(), follows(values[1])));
}
Answer metadata_hash_at(const Context& context, Values values) {
  return hash_answer(host::stat_path(file_of(context, values[0]), values[2].string(), follows(values[1])));
}

Answer set_times_at(const Context& context, Values values) {
  const auto accessed = read_time(values[3]);
  const auto modified = read_time(values[4]);
  if (!accessed || !modified) return one(failed(accessed ? modified.error() : accessed.error()));
  return done(
      host::set_times_path(file_of(context, values[0]), values[2].string(), follows(values[1]), *accessed, *modified));
}

Answer open_at(const Context& context, Values values) {
  const File& base = file_of(context, values[0]);
  const std::uint32_t how = values[3].flags();
  const std::uint32_t flags = values[4].flags();
  // Creating and truncating write; without anything said, a file is opened to be read.
  const bool creates = (how & open_create) != 0;
  const bool changes = creates || (how & open_truncate) != 0;
  const bool writes = (flags & flag_write) != 0 || changes;
  const bool reads = (flags & flag_read) != 0 || (flags & flag_write) == 0;
  if (base.type == FileType::directory && !base.can_write && (writes || (flags & flag_mutate_directory) != 0)) {
    return one(failed(Errno::rofs));
  }
  auto opened = host::open(base, values[2].string(),
                           {.create = creates,
                            .directory = (how & open_directory) != 0,
                            .exclusive = (how & open_exclusive) != 0,
                            .truncate = (how & open_truncate) != 0,
                            .read = reads,
                            .write = writes,
                            .follow = follows(values[1]),
                            .flags = {.dsync = (flags & flag_data_sync) != 0,
                                      .rsync = (flags & flag_requested_sync) != 0,
                                      .sync = (flags & flag_file_sync) != 0}});
  if (!opened) return one(failed(opened.error()));
  opened->can_read = reads;
  opened->can_write = opened->type == FileType::directory ? (flags & flag_mutate_directory) != 0 : writes;
  return one(Val::ok(handle(context.host->descriptors.insert(std::make_shared<const File>(std::move(*opened))))));
}

Answer get_directories(const Context& context, Values) {
  std::vector<Val> directories;
  for (const auto& [file, name] : context.host->directories) {
    directories.push_back(record({handle(context.host->descriptors.insert(file)), Val::string(name)}));
  }
  return one(Val::list(directories));
}

constexpr Function types_functions[] = {
    {"[method]descriptor.read-via-stream", read_via_stream},
    {"[method]descriptor.write-via-stream", write_via_stream},
    {"[method]descriptor.append-via-stream", append_via_stream},
    {"[method]descriptor.advise", advise},
    {"[method]descriptor.sync-data", sync_data},
    {"[method]descriptor.get-flags", get_flags},
    {"[method]descriptor.get-type", get_type},
    {"[method]descriptor.set-size", set_size},
    {"[method]descriptor.set-times", set_times},
    {"[method]descriptor.read-directory", read_directory},
    {"[method]descriptor.sync", sync},
    {"[method]descriptor.create-directory-at", create_directory_at},
    {"[method]descriptor.stat", stat},
    {"[method]descriptor.stat-at", stat_at},
    {"[method]descriptor.set-times-at", set_times_at},
    {"[method]descriptor.link-at", link_at},
    {"[method]descriptor.open-at", open_at},
    {"[method]descriptor.readlink-at", readlink_at},
    {"[method]descriptor.remove-directory-at", remove_directory_at},
    {"[method]descriptor.rename-at", rename_at},
    {"[method]descriptor.symlink-at", symlink_at},
    {"[method]descriptor.unlink-file-at", unlink_file_at},
    {"[method]descriptor.is-same-object", is_same_object},
    {"[method]descriptor.metadata-hash", metadata_hash},
    {"[method]descriptor.metadata-hash-at", metadata_hash_at},
};
constexpr Function preopens_functions[] = {{"get-directories", get_directories}};

}  // namespace

const Interface filesystem_types{"wasi:filesystem/types", types_functions};
const Interface filesystem_preopens{"wasi:filesystem/preopens", preopens_functions};

}  // namespace tenon::wasi::p3
