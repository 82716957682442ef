// What can be done with an open file or directory.
#include <algorithm>
#include <array>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <limits>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "wasi/host/filesystem.hpp"
#include "wasi/host/posix/system.hpp"

namespace tenon::wasi::host {

namespace {

constexpr std::uint64_t largest_offset = static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());

// The system's form of a list of buffers.
struct Vectors {
  std::array<iovec, most_buffers> items;
  int count = 0;

  template <class Byte>
  explicit Vectors(std::span<const std::span<Byte>> buffers) {
    for (const std::span<Byte> buffer : buffers.first(std::min(buffers.size(), most_buffers))) {
      items[static_cast<std::size_t>(count++)] = {const_cast<std::uint8_t*>(buffer.data()), buffer.size()};
    }
  }
};

Outcome<std::size_t> transferred(ssize_t size) {
  if (size < 0) return refuse_by_system();
  return static_cast<std::size_t>(size);
}

std::uint64_t nanoseconds(const timespec& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

FileType type_of_entry(unsigned char type) {
  switch (type) {
    case DT_BLK: return FileType::block_device;
    case DT_CHR: return FileType::character_device;
    case DT_DIR: return FileType::directory;
    case DT_REG: return FileType::regular_file;
    case DT_LNK: return FileType::symbolic_link;
    case DT_SOCK: return FileType::socket_stream;
    default: return FileType::unknown;
  }
}

}  // namespace

FileType posix::type_of_mode(unsigned mode) noexcept {
  switch (mode & S_IFMT) {
    case S_IFBLK: return FileType::block_device;
    case S_IFCHR: return FileType::character_device;
    case S_IFDIR: return FileType::directory;
    case S_IFREG: return FileType::regular_file;
    case S_IFLNK: return FileType::symbolic_link;
    case S_IFSOCK: return FileType::socket_stream;
    default: return FileType::unknown;
  }
}

Outcome<FileStat> posix::stat_descriptor(int descriptor) {
  struct stat found{};
  if (fstat(descriptor, &found) != 0) return refuse_by_system();
  return FileStat{.device = found.st_dev,
                  .inode = found.st_ino,
                  .type = type_of_mode(found.st_mode),
                  .links = found.st_nlink,
                  .size = static_cast<std::uint64_t>(found.st_size),
                  .accessed = nanoseconds(found.st_atim),
                  .modified = nanoseconds(found.st_mtim),
                  .changed = nanoseconds(found.st_ctim)};
}

timespec posix::to_timespec(const TimeChange& change) noexcept {
  switch (change.kind) {
    case TimeChange::Kind::keep: return {0, UTIME_OMIT};
    case TimeChange::Kind::now: return {0, UTIME_NOW};
    case TimeChange::Kind::set: break;
  }
  return {static_cast<time_t>(change.nanoseconds / 1'000'000'000),
          static_cast<long>(change.nanoseconds % 1'000'000'000)};
}

int posix::to_open_flags(const FileFlags& flags) noexcept {
  return (flags.append ? O_APPEND : 0) | (flags.dsync ? O_DSYNC : 0) | (flags.nonblock ? O_NONBLOCK : 0) |
         (flags.rsync ? O_RSYNC : 0) | (flags.sync ? O_SYNC : 0);
}

Outcome<std::size_t> read(const File& file, Buffers buffers) {
  const Vectors vectors(buffers);
  return transferred(readv(file.descriptor.number(), vectors.items.data(), vectors.count));
}

Outcome<std::size_t> read_at(const File& file, Buffers buffers, std::uint64_t offset) {
  if (offset > largest_offset) return refuse(Errno::inval);
  const Vectors vectors(buffers);
  return transferred(preadv(file.descriptor.number(), vectors.items.data(), vectors.count, static_cast<off_t>(offset)));
}

Outcome<std::size_t> read_at_once(const File& file, Buffers buffers, std::uint64_t offset) {
  if (offset > largest_offset) return refuse(Errno::inval);
  const Vectors vectors(buffers);
  const ssize_t got =
      preadv2(file.descriptor.number(), vectors.items.data(), vectors.count, static_cast<off_t>(offset), RWF_NOWAIT);
  // Some file systems cannot tell.
  if (got < 0 && (errno == EOPNOTSUPP || errno == ENOSYS)) return refuse(Errno::again);
  return transferred(got);
}

Outcome<std::size_t> write(const File& file, ConstBuffers buffers) {
  const Vectors vectors(buffers);
  return transferred(writev(file.descriptor.number(), vectors.items.data(), vectors.count));
}

Outcome<std::size_t> write_at(const File& file, ConstBuffers buffers, std::uint64_t offset) {
  if (offset > largest_offset) return refuse(Errno::inval);
  const Vectors vectors(buffers);
  return transferred(
      pwritev(file.descriptor.number(), vectors.items.data(), vectors.count, static_cast<off_t>(offset)));
}

Outcome<std::size_t> append(const File& file, ConstBuffers buffers) {
  const Vectors vectors(buffers);
  return transferred(pwritev2(file.descriptor.number(), vectors.items.data(), vectors.count, 0, RWF_APPEND));
}

Outcome<std::uint64_t> seek(const File& file, std::int64_t offset, Whence whence) {
  constexpr int system_whence[] = {SEEK_SET, SEEK_CUR, SEEK_END};
  const off_t place = lseek(file.descriptor.number(), offset, system_whence[static_cast<unsigned>(whence)]);
  if (place < 0) return refuse_by_system();
  return static_cast<std::uint64_t>(place);
}

Outcome<FileStat> stat(const File& file) { return posix::stat_descriptor(file.descriptor.number()); }

Outcome<FileFlags> flags(const File& file) {
  const int bits = fcntl(file.descriptor.number(), F_GETFL);
  if (bits < 0) return refuse_by_system();
  FileFlags result{.append = (bits & O_APPEND) != 0,
                   .dsync = (bits & O_DSYNC) != 0,
                   .nonblock = (bits & O_NONBLOCK) != 0,
                   .sync = (bits & O_SYNC) == O_SYNC};
  result.rsync = result.sync && (bits & O_RSYNC) == O_RSYNC;
  return result;
}

Outcome<void> set_flags(const File& file, FileFlags wanted) {
  const auto current = flags(file);
  if (!current) return refuse(current.error());
  if (wanted.dsync != current->dsync || wanted.sync != current->sync || wanted.rsync != current->rsync) {
    return refuse(Errno::notsup);  // Linux would ignore them
  }
  if (fcntl(file.descriptor.number(), F_SETFL, posix::to_open_flags(wanted)) != 0) return refuse_by_system();
  return {};
}

Outcome<void> set_size(const File& file, std::uint64_t size) {
  if (size > largest_offset) return refuse(Errno::fbig);
  if (ftruncate(file.descriptor.number(), static_cast<off_t>(size)) != 0) return refuse_by_system();
  return {};
}

Outcome<void> set_times(const File& file, TimeChange accessed, TimeChange modified) {
  if (file.grant->access == Access::read_only) return posix::refuse_write(*file.grant, "change the times of a file");
  const timespec times[] = {posix::to_timespec(accessed), posix::to_timespec(modified)};
  if (futimens(file.descriptor.number(), times) != 0) return refuse_by_system();
  return {};
}

Outcome<void> allocate(const File& file, std::uint64_t offset, std::uint64_t size) {
  if (size == 0 || offset > largest_offset || size > largest_offset - offset) return refuse(Errno::inval);
  const int error = posix_fallocate(file.descriptor.number(), static_cast<off_t>(offset), static_cast<off_t>(size));
  if (error != 0) return refuse(from_posix(error));
  return {};
}

Outcome<void> advise(const File& file, std::uint64_t offset, std::uint64_t size, Advice advice) {
  constexpr int system_advice[] = {POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
                                   POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED,   POSIX_FADV_NOREUSE};
  if (offset > largest_offset || size > largest_offset) return refuse(Errno::inval);
  const int error = posix_fadvise(file.descriptor.number(), static_cast<off_t>(offset), static_cast<off_t>(size),
                                  system_advice[static_cast<unsigned>(advice)]);
  if (error != 0) return refuse(from_posix(error));
  return {};
}

Outcome<void> sync(const File& file, bool metadata_too) {
  const int done = metadata_too ? fsync(file.descriptor.number()) : fdatasync(file.descriptor.number());
  if (done != 0) return refuse_by_system();
  return {};
}

namespace {

// What getdents64 gives; the C library has no type for it that we may rely on.
struct RawEntry {
  std::uint64_t inode;
  std::int64_t next;
  std::uint16_t size;
  std::uint8_t type;
};
constexpr std::size_t raw_name_offset = 19;
constexpr std::size_t smallest_listing = 1024;  // room for the longest name
constexpr std::size_t largest_listing = std::size_t{64} << 10;

DirectoryEntry read_entry(int directory, const char* raw, const FileStat& self) {
  RawEntry head;
  std::memcpy(&head, raw, raw_name_offset);
  DirectoryEntry entry{.next = static_cast<std::uint64_t>(head.next),
                       .inode = head.inode,
                       .type = type_of_entry(head.type),
                       .name = raw + raw_name_offset};
  // The parent may lie outside of what was granted; its number is nobody's business then.
  if (entry.name == "..") entry.inode = self.inode;
  if (head.type == DT_UNKNOWN) {
    struct stat found{};
    if (fstatat(directory, entry.name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0) {
      entry.type = posix::type_of_mode(found.st_mode);
    }
  }
  return entry;
}

}  // namespace

Outcome<std::vector<DirectoryEntry>> read_directory(const File& directory, std::uint64_t cookie, std::size_t bytes) {
  if (directory.type != FileType::directory) return refuse(Errno::notdir);
  const int number = directory.descriptor.number();
  if (lseek(number, static_cast<off_t>(cookie), SEEK_SET) < 0) return refuse_by_system();
  const auto self = posix::stat_descriptor(number);
  if (!self) return refuse(self.error());
  std::vector<char> listing(std::clamp(bytes, smallest_listing, largest_listing));
  const long size = syscall(SYS_getdents64, number, listing.data(), listing.size());
  if (size < 0) return refuse_by_system();
  std::vector<DirectoryEntry> entries;
  for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
    entries.push_back(read_entry(number, listing.data() + at, *self));
    std::uint16_t length = 0;
    std::memcpy(&length, listing.data() + at + offsetof(RawEntry, size), sizeof length);
    at += length;
  }
  return entries;
}

}  // namespace tenon::wasi::host
