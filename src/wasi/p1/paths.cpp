// The functions that begin with path_.
#include <algorithm>

#include "wasi/p1/process.hpp"

namespace tenon::wasi::p1 {

namespace {

// Bits of oflags and lookupflags.
constexpr std::uint32_t open_create = 1, open_directory = 2, open_exclusive = 4, open_truncate = 8;
constexpr std::uint32_t lookup_follow = 1;

}  // namespace

Errno Process::path_create_directory(Fd fd, Path path) {
  const auto base = find_directory(fd, right::path_create_directory);
  return base ? error_of(host::create_directory(**base, path.text)) : base.error();
}

Errno Process::path_filestat_get(Fd fd, std::uint32_t lookup, Path path, Record<64> result) {
  const auto base = find_directory(fd, right::path_filestat_get);
  if (!base) return base.error();
  if (lookup > lookup_follow) return Errno::inval;
  const auto found = host::stat_path(**base, path.text, lookup == lookup_follow);
  if (!found) return found.error();
  put_filestat(result.region, *found);
  return Errno::success;
}

Errno Process::path_filestat_set_times(Fd fd, std::uint32_t lookup, Path path, std::uint64_t accessed,
                                       std::uint64_t modified, std::uint32_t flags) {
  const auto base = find_directory(fd, right::path_filestat_set_times);
  if (!base) return base.error();
  const auto times = read_times(accessed, modified, flags);
  if (!times) return times.error();
  if (lookup > lookup_follow) return Errno::inval;
  return error_of(host::set_times_path(**base, path.text, lookup == lookup_follow, times->first, times->second));
}

Errno Process::path_link(Fd fd, std::uint32_t lookup, Path path, Fd new_fd, Path new_path) {
  const auto base = find_directory(fd, right::path_link_source);
  if (!base) return base.error();
  const auto new_base = find_directory(new_fd, right::path_link_target);
  if (!new_base) return new_base.error();
  if (lookup != 0) return Errno::inval;  // a link to what a link leads to: no system offers that safely
  return error_of(host::link(**base, path.text, **new_base, new_path.text));
}

Errno Process::path_open(Fd fd, std::uint32_t lookup, Path path, std::uint32_t how, Rights rights, Rights inheriting,
                         std::uint32_t flags, Out<std::uint32_t> opened) {
  const Rights needed = right::path_open | ((how & open_create) != 0 ? right::path_create_file : 0) |
                        ((how & open_truncate) != 0 ? right::path_filestat_set_size : 0);
  const auto base = find_directory(fd, needed);
  if (!base) return base.error();
  const auto file_flags = read_flags(flags);
  if (!file_flags) return file_flags.error();
  if (lookup > lookup_follow || how > 15) return Errno::inval;
  const Rights passed_on = entries_[fd.number]->inheriting;
  // Rights that belong to no kind of file are nothing to refuse for.
  const Rights known = right::of_directories | right::of_files;
  if (((rights | inheriting) & known & ~passed_on) != 0) return Errno::notcapable;

  const bool writes = (rights & right::to_write) != 0;
  auto file = host::open(**base, path.text,
                         {.create = (how & open_create) != 0,
                          .directory = (how & open_directory) != 0,
                          .exclusive = (how & open_exclusive) != 0,
                          .truncate = (how & open_truncate) != 0,
                          .read = (rights & right::to_read) != 0 || !(writes || (how & open_truncate) != 0),
                          .write = writes,
                          .follow = lookup == lookup_follow,
                          .flags = *file_flags});
  if (!file) return file.error();
  const bool is_directory = file->type == host::FileType::directory;
  const Rights granted = rights & (is_directory ? right::of_directories : right::of_files);
  const auto number = insert({std::move(*file), granted, inheriting & passed_on});
  if (!number) return number.error();
  opened.set(*number);
  return Errno::success;
}

Errno Process::path_readlink(Fd fd, Path path, Bytes text, Out<std::uint32_t> size) {
  const auto base = find_directory(fd, right::path_readlink);
  if (!base) return base.error();
  const auto target = host::read_link(**base, path.text);
  if (!target) return target.error();
  const std::size_t used = std::min(target->size(), text.bytes.size());
  if (used != 0) std::memcpy(text.bytes.data(), target->data(), used);
  size.set(static_cast<std::uint32_t>(used));
  return Errno::success;
}

Errno Process::path_remove_directory(Fd fd, Path path) {
  const auto base = find_directory(fd, right::path_remove_directory);
  return base ? error_of(host::remove_directory(**base, path.text)) : base.error();
}

Errno Process::path_rename(Fd fd, Path path, Fd new_fd, Path new_path) {
  const auto base = find_directory(fd, right::path_rename_source);
  if (!base) return base.error();
  const auto new_base = find_directory(new_fd, right::path_rename_target);
  if (!new_base) return new_base.error();
  return error_of(host::rename(**base, path.text, **new_base, new_path.text));
}

Errno Process::path_symlink(Path target, Fd fd, Path path) {
  const auto base = find_directory(fd, right::path_symlink);
  return base ? error_of(host::symlink(target.text, **base, path.text)) : base.error();
}

Errno Process::path_unlink_file(Fd fd, Path path) {
  const auto base = find_directory(fd, right::path_unlink_file);
  return base ? error_of(host::unlink_file(**base, path.text)) : base.error();
}

}  // namespace tenon::wasi::p1
