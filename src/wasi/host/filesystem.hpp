// Files and directories as capabilities.
//
// A guest reaches a file only through a directory that it holds; the first ones are granted by the host. Every handle
// remembers its grant: which directory of the host it came from, and whether that may be written. Paths are relative,
// and their resolution (posix/resolve.hpp) cannot leave the directory that they start from.
//
// Refusals that a grant would have prevented are told to the observer of the grant, so that a user can be told what to
// grant; whatever else fails is the guest's own affair.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tenon/wasi.hpp"
#include "wasi/host/descriptor.hpp"
#include "wasi/host/errno.hpp"

namespace tenon::wasi::host {

using Observer = std::function<void(const Refusal&)>;

// In the order of preview1.
enum class FileType : std::uint8_t {
  unknown,
  block_device,
  character_device,
  directory,
  regular_file,
  socket_dgram,
  socket_stream,
  symbolic_link,
};

struct FileStat {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  FileType type = FileType::unknown;
  std::uint64_t links = 0;
  std::uint64_t size = 0;
  std::uint64_t accessed = 0;  // nanoseconds since 1970, as the next two
  std::uint64_t modified = 0;
  std::uint64_t changed = 0;
};

struct TimeChange {
  enum class Kind : std::uint8_t { keep, now, set };
  Kind kind = Kind::keep;
  std::uint64_t nanoseconds = 0;
};

// How writes to a file happen, in the order of preview1's bits.
struct FileFlags {
  bool append = false;
  bool dsync = false;
  bool nonblock = false;
  bool rsync = false;
  bool sync = false;
  bool operator==(const FileFlags&) const = default;
};

struct OpenOptions {
  bool create = false;
  bool directory = false;
  bool exclusive = false;
  bool truncate = false;
  bool read = true;
  bool write = false;
  bool follow = true;  // a symbolic link at the end of the path
  FileFlags flags{};
};

enum class Whence : std::uint8_t { set, current, end };
enum class Advice : std::uint8_t { normal, sequential, random, will_need, dont_need, no_reuse };

// What the host gave, and everything that is reached from it.
struct Grant {
  std::string host_path;
  std::string guest_path;
  Access access;
  Observer observer;
};

struct File {
  Descriptor descriptor;
  FileType type = FileType::unknown;
  bool can_read = false;
  bool can_write = false;
  std::shared_ptr<const Grant> grant;
  bool is_synchronous = false;  // writing waits until the disk has it
};

// Opens a granted directory. Errors: those of the system.
Outcome<File> open_granted(const Directory& directory, const Observer& observer);

using Buffers = std::span<const std::span<std::uint8_t>>;
using ConstBuffers = std::span<const std::span<const std::uint8_t>>;
// More buffers than this are not looked at in one call: reads and writes may always do less than was asked.
inline constexpr std::size_t most_buffers = 64;

// --- Open files. They give the bytes read or written, which may be fewer than asked for.
Outcome<std::size_t> read(const File& file, Buffers buffers);
Outcome<std::size_t> read_at(const File& file, Buffers buffers, std::uint64_t offset);
// As much as there is without waiting for the disk. Errors: again, when that is nothing.
Outcome<std::size_t> read_at_once(const File& file, Buffers buffers, std::uint64_t offset);
Outcome<std::size_t> write(const File& file, ConstBuffers buffers);
Outcome<std::size_t> write_at(const File& file, ConstBuffers buffers, std::uint64_t offset);
// At the end, wherever that is by then.
Outcome<std::size_t> append(const File& file, ConstBuffers buffers);
Outcome<std::uint64_t> seek(const File& file, std::int64_t offset, Whence whence);
Outcome<FileStat> stat(const File& file);
Outcome<FileFlags> flags(const File& file);
// Errors: notsup, when the synchronous ones would change.
Outcome<void> set_flags(const File& file, FileFlags flags);
Outcome<void> set_size(const File& file, std::uint64_t size);
Outcome<void> set_times(const File& file, TimeChange accessed, TimeChange modified);
Outcome<void> allocate(const File& file, std::uint64_t offset, std::uint64_t size);
Outcome<void> advise(const File& file, std::uint64_t offset, std::uint64_t size, Advice advice);
Outcome<void> sync(const File& file, bool metadata_too);

// --- Directories
struct DirectoryEntry {
  std::uint64_t next = 0;  // where the entry after this one stands
  std::uint64_t inode = 0;
  FileType type = FileType::unknown;
  std::string name;
};
// Entries from `cookie` on, 0 for the first: `.` and `..` too, as many as fit into about `bytes`; none at the end.
Outcome<std::vector<DirectoryEntry>> read_directory(const File& directory, std::uint64_t cookie, std::size_t bytes);

// --- Paths, from a directory. Common errors: notdir (it is none), perm (the path leads out), rofs (granted read-only),
// ilseq (not UTF-8), inval (a NUL in it).
Outcome<File> open(const File& base, std::string_view path, const OpenOptions& options);
Outcome<FileStat> stat_path(const File& base, std::string_view path, bool follow);
Outcome<void> set_times_path(const File& base, std::string_view path, bool follow, TimeChange accessed,
                             TimeChange modified);
Outcome<void> create_directory(const File& base, std::string_view path);
Outcome<void> remove_directory(const File& base, std::string_view path);
Outcome<void> unlink_file(const File& base, std::string_view path);
Outcome<void> rename(const File& base, std::string_view path, const File& new_base, std::string_view new_path);
Outcome<void> link(const File& base, std::string_view path, const File& new_base, std::string_view new_path);
// The target must be relative: an absolute one would lead out wherever it is read.
Outcome<void> symlink(std::string_view target, const File& base, std::string_view path);
Outcome<std::string> read_link(const File& base, std::string_view path);

}  // namespace tenon::wasi::host
