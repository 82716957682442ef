// wasi:filesystem.
#include <algorithm>
#include <array>

#include "wasi/p2/host.hpp"

namespace tenon::wasi::p2 {

using host::File;
using host::FileStat;
using host::FileType;
using host::TimeChange;

namespace {

// error-code, in its order.
constexpr Errno error_codes[] = {
    Errno::acces,       Errno::again,    Errno::already,        Errno::badf,   Errno::busy,       Errno::deadlk,
    Errno::dquot,       Errno::exist,    Errno::fbig,           Errno::ilseq,  Errno::inprogress, Errno::intr,
    Errno::inval,       Errno::io,       Errno::isdir,          Errno::loop,   Errno::mlink,      Errno::msgsize,
    Errno::nametoolong, Errno::nodev,    Errno::noent,          Errno::nolck,  Errno::nomem,      Errno::nospc,
    Errno::notdir,      Errno::notempty, Errno::notrecoverable, Errno::notsup, Errno::notty,      Errno::nxio,
    Errno::overflow,    Errno::perm,     Errno::pipe,           Errno::rofs,   Errno::spipe,      Errno::txtbsy,
    Errno::xdev,
};

Val error_code(Errno error) {
  const auto* found = std::ranges::find(error_codes, error);
  if (found == std::end(error_codes)) found = std::ranges::find(error_codes, Errno::io);
  return Val::enumeration(static_cast<std::uint32_t>(found - std::begin(error_codes)));
}
Val failed(Errno error) { return Val::error(error_code(error)); }
Answer done(const Outcome<void>& outcome) { return one(outcome ? Val::ok() : failed(outcome.error())); }

// descriptor-type, in its order.
Val descriptor_type(FileType type) {
  enum class Type : std::uint32_t { unknown, block_device, character_device, directory, fifo, link, file, socket };
  const auto in_order = [&] {
    switch (type) {
      case FileType::unknown: return Type::unknown;
      case FileType::block_device: return Type::block_device;
      case FileType::character_device: return Type::character_device;
      case FileType::directory: return Type::directory;
      case FileType::regular_file: return Type::file;
      case FileType::socket_dgram:
      case FileType::socket_stream: return Type::socket;
      case FileType::symbolic_link: return Type::link;
    }
    return Type::unknown;
  };
  return Val::enumeration(static_cast<std::uint32_t>(in_order()));
}

// Bits of descriptor-flags, open-flags and path-flags.
constexpr std::uint32_t flag_read = 1, flag_write = 2, flag_file_sync = 4, flag_data_sync = 8, flag_requested_sync = 16,
                        flag_mutate_directory = 32;
constexpr std::uint32_t open_create = 1, open_directory = 2, open_exclusive = 4, open_truncate = 8;
constexpr std::uint32_t path_follow = 1;

const File& file_of(Host& host, const Val& value) { return *host.descriptors[number_of(value)]; }
bool follows(const Val& flags) { return (flags.flags() & path_follow) != 0; }

Outcome<TimeChange> read_time(const Val& value) {
  if (value.index() < 2) return TimeChange{static_cast<TimeChange::Kind>(value.index()), 0};
  const auto fields = value.payload().fields();
  const std::uint64_t seconds = fields[0].unsigned_integer();
  const std::uint64_t nanoseconds = fields[1].unsigned_integer();
  if (nanoseconds >= 1'000'000'000) return refuse(Errno::inval);
  if (seconds > (~std::uint64_t{0} - nanoseconds) / 1'000'000'000) return refuse(Errno::overflow);
  return TimeChange{TimeChange::Kind::set, seconds * 1'000'000'000 + nanoseconds};
}

Val stat_value(const FileStat& stat) {
  return record({descriptor_type(stat.type), Val::u64(stat.links), Val::u64(stat.size),
                 Val::some(datetime(stat.accessed)), Val::some(datetime(stat.modified)),
                 Val::some(datetime(stat.changed))});
}
Answer stat_answer(const Outcome<FileStat>& stat) {
  return one(stat ? Val::ok(stat_value(*stat)) : failed(stat.error()));
}

// Spreads the bits of a number over all of them, so that a hash shows neither device nor inode plainly.
std::uint64_t spread(std::uint64_t bits) {
  bits = (bits ^ bits >> 30) * 0xBF58'476D'1CE4'E5B9;
  bits = (bits ^ bits >> 27) * 0x94D0'49BB'1331'11EB;
  return bits ^ bits >> 31;
}
Answer hash_answer(const Outcome<FileStat>& stat) {
  if (!stat) return one(failed(stat.error()));
  const std::uint64_t lower = spread(stat->inode + 0x9E37'79B9'7F4A'7C15 * (stat->device + 1));
  return one(Val::ok(record({Val::u64(lower), Val::u64(spread(lower ^ stat->inode))})));
}

// --- Files

Errno why_not(const File& file, bool allowed) {
  if (file.type == FileType::directory) return Errno::isdir;
  return allowed ? Errno::success : Errno::badf;
}

Answer read_via_stream(Host& host, Values values) {
  const auto& file = host.descriptors[number_of(values[0])];
  if (const Errno error = why_not(*file, file->can_read); error != Errno::success) return one(failed(error));
  return one(Val::ok(handle(host.inputs.insert({.file = file, .offset = values[1].unsigned_integer()}))));
}

Answer write_stream(Host& host, const Val& descriptor, std::uint64_t offset, bool appends) {
  const auto& file = host.descriptors[number_of(descriptor)];
  if (const Errno error = why_not(*file, file->can_write); error != Errno::success) return one(failed(error));
  return one(Val::ok(handle(host.outputs.insert({.file = file, .offset = offset, .appends = appends}))));
}
Answer write_via_stream(Host& host, Values values) {
  return write_stream(host, values[0], values[1].unsigned_integer(), false);
}
Answer append_via_stream(Host& host, Values values) { return write_stream(host, values[0], 0, true); }

Answer advise(Host& host, Values values) {
  const File& file = file_of(host, values[0]);
  if (const Errno error = why_not(file, true); error != Errno::success) return one(failed(error));
  return done(host::advise(file, values[1].unsigned_integer(), values[2].unsigned_integer(),
                           static_cast<host::Advice>(values[3].index())));
}

Answer sync_data(Host& host, Values values) { return done(host::sync(file_of(host, values[0]), false)); }
Answer sync(Host& host, Values values) { return done(host::sync(file_of(host, values[0]), true)); }

Answer get_flags(Host& host, Values values) {
  const File& file = file_of(host, values[0]);
  const bool is_directory = file.type == FileType::directory;
  const auto flags = host::flags(file);
  if (!flags) return one(failed(flags.error()));
  const bool mutates = is_directory && file.grant->access == Access::read_write;
  return one(Val::ok(Val::flags((file.can_read ? flag_read : 0) | (file.can_write ? flag_write : 0) |
                                (flags->sync ? flag_file_sync : 0) | (flags->dsync ? flag_data_sync : 0) |
                                (flags->rsync ? flag_requested_sync : 0) | (mutates ? flag_mutate_directory : 0))));
}

Answer get_type(Host& host, Values values) { return one(Val::ok(descriptor_type(file_of(host, values[0]).type))); }

Answer set_size(Host& host, Values values) {
  const File& file = file_of(host, values[0]);
  if (const Errno error = why_not(file, file.can_write); error != Errno::success) return one(failed(error));
  return done(host::set_size(file, values[1].unsigned_integer()));
}

Answer set_times(Host& host, Values values) {
  const auto accessed = read_time(values[1]);
  const auto modified = read_time(values[2]);
  if (!accessed || !modified) return one(failed(accessed ? modified.error() : accessed.error()));
  return done(host::set_times(file_of(host, values[0]), *accessed, *modified));
}

Answer read(Host& host, Values values) {
  const File& file = file_of(host, values[0]);
  if (const Errno error = why_not(file, file.can_read); error != Errno::success) return one(failed(error));
  std::vector<std::uint8_t> data(static_cast<std::size_t>(std::min(values[1].unsigned_integer(), largest_piece)));
  const std::span<std::uint8_t> buffer(data);
  const auto got = host::read_at(file, std::span(&buffer, 1), values[2].unsigned_integer());
  if (!got) return one(failed(got.error()));
  const bool is_end = *got == 0 && !data.empty();
  data.resize(*got);
  return one(Val::ok(record({bytes(data), Val::boolean(is_end)})));
}

Answer write(Host& host, Values values) {
  const File& file = file_of(host, values[0]);
  if (const Errno error = why_not(file, file.can_write); error != Errno::success) return one(failed(error));
  const std::span<const std::uint8_t> data = values[1].packed_bytes();
  const auto put = host::write_at(file, std::span(&data, 1), values[2].unsigned_integer());
  return one(put ? Val::ok(Val::u64(*put)) : failed(put.error()));
}

Answer stat(Host& host, Values values) { return stat_answer(host::stat(file_of(host, values[0]))); }

Answer is_same_object(Host& host, Values values) {
  const auto left = host::stat(file_of(host, values[0]));
  const auto right = host::stat(file_of(host, values[1]));
  return one(Val::boolean(left && right && left->device == right->device && left->inode == right->inode));
}

Answer metadata_hash(Host& host, Values values) { return hash_answer(host::stat(file_of(host, values[0]))); }

// --- Directories and paths

Answer read_directory(Host& host, Values values) {
  const auto& file = host.descriptors[number_of(values[0])];
  if (file->type != FileType::directory) return one(failed(Errno::notdir));
  if (!file->can_read) return one(failed(Errno::badf));
  return one(Val::ok(handle(host.directory_streams.insert({.directory = file}))));
}

Answer read_directory_entry(Host& host, Values values) {
  DirectoryStream& stream = host.directory_streams[number_of(values[0])];
  for (;;) {
    if (stream.at == stream.entries.size()) {
      auto entries = host::read_directory(*stream.directory, stream.cookie, largest_piece);
      if (!entries) return one(failed(entries.error()));
      if (entries->empty()) return one(Val::ok(Val::none()));
      stream.entries = std::move(*entries);
      stream.at = 0;
    }
    const host::DirectoryEntry& entry = stream.entries[stream.at++];
    stream.cookie = entry.next;
    if (entry.name == "." || entry.name == "..") continue;
    return one(Val::ok(Val::some(record({descriptor_type(entry.type), Val::string(entry.name)}))));
  }
}

Answer create_directory_at(Host& host, Values values) {
  return done(host::create_directory(file_of(host, values[0]), values[1].string()));
}
Answer remove_directory_at(Host& host, Values values) {
  return done(host::remove_directory(file_of(host, values[0]), values[1].string()));
}
Answer unlink_file_at(Host& host, Values values) {
  return done(host::unlink_file(file_of(host, values[0]), values[1].string()));
}
Answer rename_at(Host& host, Values values) {
  return done(host::rename(file_of(host, values[0]), values[1].string(), file_of(host, values[2]), values[3].string()));
}
Answer symlink_at(Host& host, Values values) {
  return done(host::symlink(values[1].string(), file_of(host, values[0]), values[2].string()));
}

Answer readlink_at(Host& host, Values values) {
  const auto target = host::read_link(file_of(host, values[0]), values[1].string());
  return one(target ? Val::ok(Val::string(*target)) : failed(target.error()));
}

Answer link_at(Host& host, Values values) {
  if (follows(values[1])) return one(failed(Errno::inval));
  return done(host::link(file_of(host, values[0]), values[2].string(), file_of(host, values[3]), values[4].string()));
}

Answer stat_at(Host& host, Values values) {
  return stat_answer(host::stat_path(file_of(host, values[0]), values[2].string(), follows(values[1])));
}
Answer metadata_hash_at(Host& host, Values values) {
  return hash_answer(host::stat_path(file_of(host, values[0]), values[2].string(), follows(values[1])));
}

Answer set_times_at(Host& host, Values values) {
  const auto accessed = read_time(values[3]);
  const auto modified = read_time(values[4]);
  if (!accessed || !modified) return one(failed(accessed ? modified.error() : accessed.error()));
  return done(
      host::set_times_path(file_of(host, values[0]), values[2].string(), follows(values[1]), *accessed, *modified));
}

Answer open_at(Host& host, Values values) {
  const std::uint32_t how = values[3].flags();
  const std::uint32_t flags = values[4].flags();
  const bool writes = (flags & flag_write) != 0;
  auto opened = host::open(file_of(host, values[0]), values[2].string(),
                           {.create = (how & open_create) != 0,
                            .directory = (how & open_directory) != 0,
                            .exclusive = (how & open_exclusive) != 0,
                            .truncate = (how & open_truncate) != 0,
                            .read = (flags & flag_read) != 0 || !(writes || (how & open_truncate) != 0),
                            .write = writes,
                            .follow = follows(values[1]),
                            .flags = {.dsync = (flags & flag_data_sync) != 0,
                                      .rsync = (flags & flag_requested_sync) != 0,
                                      .sync = (flags & flag_file_sync) != 0}});
  if (!opened) return one(failed(opened.error()));
  const bool is_directory = opened->type == FileType::directory;
  if (!is_directory) {
    opened->can_read = (flags & flag_read) != 0;
    opened->can_write = writes;
  }
  return one(Val::ok(handle(host.descriptors.insert(std::make_shared<const File>(std::move(*opened))))));
}

Answer filesystem_error_code(Host& host, Values values) {
  return one(Val::some(error_code(host.io_errors[number_of(values[0])].error)));
}

Answer get_directories(Host& host, Values) {
  std::vector<Val> directories;
  for (const auto& [file, name] : host.directories) {
    directories.push_back(record({handle(host.descriptors.insert(file)), Val::string(name)}));
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
    {"[method]descriptor.read", read},
    {"[method]descriptor.write", write},
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
    {"[method]directory-entry-stream.read-directory-entry", read_directory_entry},
    {"filesystem-error-code", filesystem_error_code},
};
constexpr Function preopens_functions[] = {{"get-directories", get_directories}};

}  // namespace

const Interface filesystem_types{"wasi:filesystem/types", types_functions};
const Interface filesystem_preopens{"wasi:filesystem/preopens", preopens_functions};

}  // namespace tenon::wasi::p2
