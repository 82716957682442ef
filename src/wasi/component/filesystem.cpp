#include "wasi/component/filesystem.hpp"

#include <algorithm>

namespace tenon::wasi::inline bindings {

using host::File;
using host::FileStat;
using host::FileType;
using host::TimeChange;

namespace {

constexpr std::uint32_t path_follow = 1;  // a bit of path-flags
bool follows(const Val& flags) { return (flags.flags() & path_follow) != 0; }

Val failed(const CommonHost& host, Errno error) { return Val::error(host.dialect.file_error(error)); }
Answer done(const CommonHost& host, const Outcome<void>& outcome) {
  return one(outcome ? Val::ok() : failed(host, outcome.error()));
}

// --- Times

// new-timestamp. Seconds have a sign in 0.3, and none in 0.2.
Outcome<TimeChange> read_time(const Val& value) {
  if (value.index() < 2) return TimeChange{static_cast<TimeChange::Kind>(value.index()), 0};
  constexpr std::uint64_t second = 1'000'000'000;
  const auto fields = value.payload().fields();
  const std::uint64_t nanoseconds = fields[1].unsigned_integer();
  const bool is_negative = fields[0].kind() == component::ValKind::s64 && fields[0].signed_integer() < 0;
  if (nanoseconds >= second || is_negative) return refuse(Errno::inval);
  const std::uint64_t seconds = fields[0].unsigned_integer();
  if (seconds > (~std::uint64_t{0} - nanoseconds) / second) return refuse(Errno::overflow);
  return TimeChange{TimeChange::Kind::set, seconds * second + nanoseconds};
}

struct Times {
  TimeChange accessed;
  TimeChange modified;
};
Outcome<Times> read_times(const Val& accessed, const Val& modified) {
  const auto first = read_time(accessed);
  if (!first) return refuse(first.error());
  const auto second = read_time(modified);
  if (!second) return refuse(second.error());
  return Times{*first, *second};
}

// --- What is known of a file

Answer stat_answer(const CommonHost& host, const Outcome<FileStat>& stat) {
  if (!stat) return one(failed(host, stat.error()));
  const auto time = [&](std::uint64_t nanoseconds) { return Val::some(host.dialect.instant(nanoseconds)); };
  return ok(record({host.dialect.file_type(stat->type), Val::u64(stat->links), Val::u64(stat->size),
                    time(stat->accessed), time(stat->modified), time(stat->changed)}));
}

// Spreads the bits of a number over all of them, so that a hash shows nothing of its parts plainly.
std::uint64_t spread(std::uint64_t bits) {
  bits = (bits ^ bits >> 30) * 0xBF58'476D'1CE4'E5B9;
  bits = (bits ^ bits >> 27) * 0x94D0'49BB'1331'11EB;
  return bits ^ bits >> 31;
}
Answer hash_answer(const CommonHost& host, const Outcome<FileStat>& stat) {
  if (!stat) return one(failed(host, stat.error()));
  std::uint64_t lower = 0;
  for (const std::uint64_t part : {stat->device, stat->inode, stat->size, stat->modified}) {
    lower = spread(lower + part + 0x9E37'79B9'7F4A'7C15);
  }
  return ok(record({Val::u64(lower), Val::u64(spread(lower ^ stat->inode))}));
}

Answer get_flags(CommonHost& host, Values values) {
  const File& file = file_of(host, values[0]);
  const auto flags = host::flags(file);
  if (!flags) return one(failed(host, flags.error()));
  const std::uint32_t writes = file.type == FileType::directory ? flag::mutate_directory : flag::write;
  return ok(Val::flags((file.can_read ? flag::read : 0) | (file.can_write ? writes : 0) |
                       (flags->sync ? flag::file_sync : 0) | (flags->dsync ? flag::data_sync : 0) |
                       (flags->rsync ? flag::requested_sync : 0)));
}

Answer get_type(CommonHost& host, Values values) { return ok(host.dialect.file_type(file_of(host, values[0]).type)); }
Answer stat(CommonHost& host, Values values) { return stat_answer(host, host::stat(file_of(host, values[0]))); }
Answer stat_at(CommonHost& host, Values values) {
  return stat_answer(host, host::stat_path(file_of(host, values[0]), values[2].string(), follows(values[1])));
}
Answer metadata_hash(CommonHost& host, Values values) {
  return hash_answer(host, host::stat(file_of(host, values[0])));
}
Answer metadata_hash_at(CommonHost& host, Values values) {
  return hash_answer(host, host::stat_path(file_of(host, values[0]), values[2].string(), follows(values[1])));
}

Answer is_same_object(CommonHost& host, Values values) {
  const auto left = host::stat(file_of(host, values[0]));
  const auto right = host::stat(file_of(host, values[1]));
  return one(Val::boolean(left && right && left->device == right->device && left->inode == right->inode));
}

// --- Files

Answer advise(CommonHost& host, Values values) {
  const File& file = file_of(host, values[0]);
  if (file.type == FileType::directory) return one(failed(host, Errno::badf));
  return done(host, host::advise(file, values[1].unsigned_integer(), values[2].unsigned_integer(),
                                 static_cast<host::Advice>(values[3].index())));
}

Answer set_size(CommonHost& host, Values values) {
  const File& file = file_of(host, values[0]);
  if (const Errno error = why_not(file, file.can_write); error != Errno::success) return one(failed(host, error));
  return done(host, host::set_size(file, values[1].unsigned_integer()));
}

Answer set_times(CommonHost& host, Values values) {
  const auto times = read_times(values[1], values[2]);
  if (!times) return one(failed(host, times.error()));
  return done(host, host::set_times(file_of(host, values[0]), times->accessed, times->modified));
}

// --- Paths

Answer set_times_at(CommonHost& host, Values values) {
  const auto times = read_times(values[3], values[4]);
  if (!times) return one(failed(host, times.error()));
  return done(host, host::set_times_path(file_of(host, values[0]), values[2].string(), follows(values[1]),
                                         times->accessed, times->modified));
}

Answer create_directory_at(CommonHost& host, Values values) {
  return done(host, host::create_directory(file_of(host, values[0]), values[1].string()));
}
Answer remove_directory_at(CommonHost& host, Values values) {
  const File& base = file_of(host, values[0]);
  const std::string_view path = values[1].string();
  // A slash at the end asks for what a link leads to, and that may be outside.
  if (path.ends_with('/')) {
    const auto found = host::stat_path(base, path, true);
    if (!found && found.error() == Errno::perm) return one(failed(host, Errno::perm));
  }
  return done(host, host::remove_directory(base, path));
}
Answer unlink_file_at(CommonHost& host, Values values) {
  return done(host, host::unlink_file(file_of(host, values[0]), values[1].string()));
}
Answer rename_at(CommonHost& host, Values values) {
  return done(host,
              host::rename(file_of(host, values[0]), values[1].string(), file_of(host, values[2]), values[3].string()));
}
Answer symlink_at(CommonHost& host, Values values) {
  return done(host, host::symlink(values[1].string(), file_of(host, values[0]), values[2].string()));
}
Answer readlink_at(CommonHost& host, Values values) {
  const auto target = host::read_link(file_of(host, values[0]), values[1].string());
  return one(target ? Val::ok(Val::string(*target)) : failed(host, target.error()));
}
Answer link_at(CommonHost& host, Values values) {
  if (follows(values[1])) return one(failed(host, Errno::inval));
  return done(host,
              host::link(file_of(host, values[0]), values[2].string(), file_of(host, values[3]), values[4].string()));
}

constexpr CommonFunction functions[] = {
    {"[method]descriptor.advise", advise},
    {"[method]descriptor.get-flags", get_flags},
    {"[method]descriptor.get-type", get_type},
    {"[method]descriptor.set-size", set_size},
    {"[method]descriptor.set-times", set_times},
    {"[method]descriptor.create-directory-at", create_directory_at},
    {"[method]descriptor.stat", stat},
    {"[method]descriptor.stat-at", stat_at},
    {"[method]descriptor.set-times-at", set_times_at},
    {"[method]descriptor.link-at", link_at},
    {"[method]descriptor.readlink-at", readlink_at},
    {"[method]descriptor.remove-directory-at", remove_directory_at},
    {"[method]descriptor.rename-at", rename_at},
    {"[method]descriptor.symlink-at", symlink_at},
    {"[method]descriptor.unlink-file-at", unlink_file_at},
    {"[method]descriptor.is-same-object", is_same_object},
    {"[method]descriptor.metadata-hash", metadata_hash},
    {"[method]descriptor.metadata-hash-at", metadata_hash_at},
};

}  // namespace

const CommonFunctions descriptor_functions = functions;

Answer get_directories(CommonHost& host, Values) {
  std::vector<Val> directories;
  for (const auto& [file, name] : host.grants->directories) {
    directories.push_back(record({handle(host.descriptors.insert(file)), Val::string(name)}));
  }
  return one(Val::list(directories));
}

host::OpenOptions open_options(Values values) {
  const std::uint32_t how = values[3].flags();
  const std::uint32_t flags = values[4].flags();
  return {.create = (how & open_flag::create) != 0,
          .directory = (how & open_flag::directory) != 0,
          .exclusive = (how & open_flag::exclusive) != 0,
          .truncate = (how & open_flag::truncate) != 0,
          .read = (flags & flag::read) != 0,
          .write = (flags & flag::write) != 0,
          .follow = follows(values[1]),
          .flags = {.dsync = (flags & flag::data_sync) != 0,
                    .rsync = (flags & flag::requested_sync) != 0,
                    .sync = (flags & flag::file_sync) != 0}};
}

Answer opened(CommonHost& host, File file) {
  return ok(handle(host.descriptors.insert(std::make_shared<const File>(std::move(file)))));
}

Errno why_not(const File& file, bool allowed) {
  if (file.type == FileType::directory) return Errno::isdir;
  return allowed ? Errno::success : Errno::badf;
}

Outcome<std::size_t> read_on(const File& file, std::uint64_t& offset, std::span<std::uint8_t> buffer) {
  auto got = host::read_at(file, std::span(&buffer, 1), offset);
  if (!got && got.error() == Errno::spipe) got = host::read(file, std::span(&buffer, 1));
  if (got) offset += *got;
  return got;
}
Outcome<std::size_t> read_on_at_once(const File& file, std::uint64_t& offset, std::span<std::uint8_t> buffer) {
  if (file.type != FileType::regular_file) return read_on(file, offset, buffer);
  const auto got = host::read_at_once(file, std::span(&buffer, 1), offset);
  if (got) offset += *got;
  return got;
}
Outcome<std::size_t> write_on(const File& file, std::uint64_t& offset, std::span<const std::uint8_t> data) {
  auto put = host::write_at(file, std::span(&data, 1), offset);
  if (!put && put.error() == Errno::spipe) put = host::write(file, std::span(&data, 1));
  if (put) offset += *put;
  return put;
}
Outcome<std::size_t> append(const File& file, std::span<const std::uint8_t> data) {
  return host::append(file, std::span(&data, 1));
}

}  // namespace tenon::wasi::inline bindings
