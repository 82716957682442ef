// Everything that takes a path. Each call finds its place beneath the directory it starts from, and then acts on
// descriptors and single names only, so that nothing between the two can lead it elsewhere.
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

#include "wasi/host/filesystem.hpp"
#include "wasi/host/posix/resolve.hpp"
#include "wasi/host/posix/system.hpp"

namespace tenon::wasi::host {

using posix::Place;

namespace {

void tell(const Grant& grant, std::string attempt, std::string remedy) {
  if (grant.observer) grant.observer({std::move(attempt), std::move(remedy)});
}

// Passes an error on; a path that led out is not permitted, and is told, for a wider grant would have allowed it.
std::unexpected<Errno> refuse_path(const File& base, std::string_view path, Errno error) {
  if (error != Errno::xdev) return refuse(error);
  tell(*base.grant, "reach " + std::string(path) + ", which leads out of " + base.grant->guest_path,
       "--dir HOST::GUEST for a directory that holds it");
  return refuse(Errno::perm);
}

Outcome<void> check_base(const File& base, std::string_view path) {
  if (base.type != FileType::directory) return refuse(Errno::notdir);
  const auto checked = posix::check_path(path);
  return checked ? checked : Outcome<void>(refuse_path(base, path, checked.error()));
}

Outcome<Descriptor> open_beneath(const File& base, std::string_view path, int flags, unsigned mode = 0) {
  auto opened = posix::open_beneath(base.descriptor.number(), path, flags, mode);
  return opened ? std::move(opened) : Outcome<Descriptor>(refuse_path(base, path, opened.error()));
}

// The place where a name is to be made, changed or removed.
Outcome<Place> place_to_write(const File& base, std::string_view path, std::string_view verb) {
  if (auto checked = check_base(base, path); !checked) return refuse(checked.error());
  if (base.grant->access == Access::read_only) {
    return posix::refuse_write(*base.grant, std::string(verb) + " " + std::string(path));
  }
  auto place = posix::find_place(base.descriptor.number(), path);
  return place ? std::move(place) : Outcome<Place>(refuse_path(base, path, place.error()));
}

Outcome<void> done(int result) {
  if (result != 0) return refuse_by_system();
  return {};
}

}  // namespace

std::unexpected<Errno> posix::refuse_write(const Grant& grant, std::string_view attempt) {
  tell(grant, std::string(attempt) + " in " + grant.guest_path + ", which was granted read-only",
       "--dir " + grant.host_path + "::" + grant.guest_path);
  return refuse(Errno::rofs);
}

Outcome<File> open_granted(const Directory& directory, const Observer& observer) {
  Descriptor opened(::open(directory.host_path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened) return refuse_by_system();
  auto grant = std::make_shared<Grant>(directory.host_path, directory.guest_path, directory.access, observer);
  return File{std::move(opened), FileType::directory, true, false, std::move(grant)};
}

Outcome<File> open(const File& base, std::string_view path, const OpenOptions& options) {
  if (auto checked = check_base(base, path); !checked) return refuse(checked.error());
  const bool changes = options.write || options.create || options.truncate;
  if (changes && base.grant->access == Access::read_only) {
    return posix::refuse_write(*base.grant, "write to " + std::string(path));
  }
  if (options.create && options.directory) return refuse(Errno::inval);
  const bool writes = options.write || options.truncate;
  const int flags = (writes ? (options.read ? O_RDWR : O_WRONLY) : O_RDONLY) | (options.create ? O_CREAT : 0) |
                    (options.directory ? O_DIRECTORY : 0) | (options.exclusive ? O_EXCL : 0) |
                    (options.truncate ? O_TRUNC : 0) | (options.follow ? 0 : O_NOFOLLOW) | O_NOCTTY |
                    posix::to_open_flags(options.flags);
  // Without O_NONBLOCK a named pipe that lies in the directory would keep its opener waiting.
  auto opened = open_beneath(base, path, flags | O_NONBLOCK, 0666);
  if (!opened) return refuse(opened.error());
  const auto found = posix::stat_descriptor(opened->number());
  if (!found) return refuse(found.error());
  if (!options.flags.nonblock && fcntl(opened->number(), F_SETFL, posix::to_open_flags(options.flags)) != 0) {
    return refuse_by_system();
  }
  const bool is_synchronous = options.flags.sync || options.flags.dsync;
  return File{std::move(*opened), found->type, options.read, writes, base.grant, is_synchronous};
}

Outcome<FileStat> stat_path(const File& base, std::string_view path, bool follow) {
  if (auto checked = check_base(base, path); !checked) return refuse(checked.error());
  const auto opened = open_beneath(base, path, O_PATH | (follow ? 0 : O_NOFOLLOW));
  if (!opened) return refuse(opened.error());
  return posix::stat_descriptor(opened->number());
}

Outcome<void> set_times_path(const File& base, std::string_view path, bool follow, TimeChange accessed,
                             TimeChange modified) {
  if (auto checked = check_base(base, path); !checked) return checked;
  if (base.grant->access == Access::read_only) {
    return posix::refuse_write(*base.grant, "change the times of " + std::string(path));
  }
  const auto opened = open_beneath(base, path, O_PATH | (follow ? 0 : O_NOFOLLOW));
  if (!opened) return refuse(opened.error());
  const timespec times[] = {posix::to_timespec(accessed), posix::to_timespec(modified)};
  return done(utimensat(opened->number(), "", times, AT_EMPTY_PATH));
}

Outcome<void> create_directory(const File& base, std::string_view path) {
  const auto place = place_to_write(base, path, "create");
  if (!place) return refuse(place.error());
  return done(mkdirat(place->directory, place->name.c_str(), 0777));
}

Outcome<void> remove_directory(const File& base, std::string_view path) {
  const auto place = place_to_write(base, path, "remove");
  if (!place) return refuse(place.error());
  return done(unlinkat(place->directory, place->name.c_str(), AT_REMOVEDIR));
}

Outcome<void> unlink_file(const File& base, std::string_view path) {
  const auto place = place_to_write(base, path, "remove");
  if (!place) return refuse(place.error());
  return done(unlinkat(place->directory, place->name.c_str(), 0));
}

Outcome<void> rename(const File& base, std::string_view path, const File& new_base, std::string_view new_path) {
  const auto from = place_to_write(base, path, "rename");
  if (!from) return refuse(from.error());
  const auto to = place_to_write(new_base, new_path, "create");
  if (!to) return refuse(to.error());
  return done(renameat(from->directory, from->name.c_str(), to->directory, to->name.c_str()));
}

Outcome<void> link(const File& base, std::string_view path, const File& new_base, std::string_view new_path) {
  const auto from = place_to_write(base, path, "link to");
  if (!from) return refuse(from.error());
  const auto to = place_to_write(new_base, new_path, "create");
  if (!to) return refuse(to.error());
  if (from->has_slash) {  // the system would follow a link here; only directories are named so, and none can be linked
    const auto found = stat_path(base, path, true);
    return refuse(found ? Errno::perm : found.error());
  }
  return done(linkat(from->directory, from->name.c_str(), to->directory, to->name.c_str(), 0));
}

Outcome<void> symlink(std::string_view target, const File& base, std::string_view path) {
  const auto checked = posix::check_path(target);
  if (!checked) return refuse_path(base, target, checked.error());
  const auto place = place_to_write(base, path, "create");
  if (!place) return refuse(place.error());
  return done(symlinkat(std::string(target).c_str(), place->directory, place->name.c_str()));
}

Outcome<std::string> read_link(const File& base, std::string_view path) {
  if (auto checked = check_base(base, path); !checked) return refuse(checked.error());
  const auto place = posix::find_place(base.descriptor.number(), path);
  if (!place) return refuse_path(base, path, place.error());
  if (place->has_slash) {
    const auto found = stat_path(base, path, true);
    return refuse(found ? Errno::inval : found.error());
  }
  std::string target(posix::longest_path + 1, '\0');
  const ssize_t size = readlinkat(place->directory, place->name.c_str(), target.data(), target.size());
  if (size < 0) return refuse_by_system();
  target.resize(static_cast<std::size_t>(size));
  // The text of an absolute link says where things lie on the host.
  if (target.starts_with('/')) return refuse_path(base, path, Errno::xdev);
  return target;
}

}  // namespace tenon::wasi::host
