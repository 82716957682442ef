// What a guest of preview1 has of the system: arguments, environment, and a table of descriptors. One member function
// for each of its functions (functions.def), in the files environment.cpp, files.cpp, paths.cpp, poll.cpp, sockets.cpp.
//
// The standard is https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "wasi/host/filesystem.hpp"
#include "wasi/host/poll.hpp"
#include "wasi/host/sockets.hpp"
#include "wasi/host/streams.hpp"
#include "wasi/p1/binding.hpp"
#include "wasi/p1/rights.hpp"

namespace tenon::wasi::p1 {

using host::Outcome;
using host::refuse;

struct Listener {
  host::Descriptor descriptor;
};
struct Connection {
  host::Descriptor descriptor;
};

// One open descriptor.
// The places in a directory's listing that a guest was told, as small numbers: the system's own need 63 bits, and C
// keeps what `telldir` gives in a `long` of 32. Place n is behind the n-th entry. Beyond `most_places` the system's
// number goes out as it is, marked by the highest bit, so that a huge directory costs no memory.
class Places {
 public:
  static constexpr std::size_t most_places = std::size_t{1} << 16;
  // Where the system finds the place. Errors: inval (no such place was told).
  Outcome<std::uint64_t> find(std::uint64_t cookie) const;
  // The number of the place behind an entry that was read at `cookie`.
  std::uint64_t tell(std::uint64_t cookie, std::uint64_t next);

 private:
  std::vector<std::uint64_t> places_;
};

struct Entry {
  std::variant<host::File, std::shared_ptr<host::ByteStream>, Listener, Connection> what;
  Rights rights = 0;
  Rights inheriting = 0;
  std::optional<std::string> preopen_name{};
  Places places{};  // of a directory
};

class Process {
 public:
  // Errors: io (a directory cannot be opened), usage (an argument with a NUL in it, or too many).
  static Result<std::shared_ptr<Process>> make(const Config& config);

  Errno args_get(GuestMemory memory, Pointer pointers, Pointer text);
  Errno args_sizes_get(Out<std::uint32_t> count, Out<std::uint32_t> bytes);
  Errno environ_get(GuestMemory memory, Pointer pointers, Pointer text);
  Errno environ_sizes_get(Out<std::uint32_t> count, Out<std::uint32_t> bytes);
  Errno clock_res_get(std::uint32_t clock, Out<std::uint64_t> result);
  Errno clock_time_get(std::uint32_t clock, std::uint64_t precision, Out<std::uint64_t> result);
  Errno fd_advise(Fd fd, std::uint64_t offset, std::uint64_t size, std::uint32_t advice);
  Errno fd_allocate(Fd fd, std::uint64_t offset, std::uint64_t size);
  Errno fd_close(Fd fd);
  Errno fd_datasync(Fd fd);
  Errno fd_fdstat_get(Fd fd, Record<24> result);
  Errno fd_fdstat_set_flags(Fd fd, std::uint32_t flags);
  Errno fd_fdstat_set_rights(Fd fd, Rights base, Rights inheriting);
  Errno fd_filestat_get(Fd fd, Record<64> result);
  Errno fd_filestat_set_size(Fd fd, std::uint64_t size);
  Errno fd_filestat_set_times(Fd fd, std::uint64_t accessed, std::uint64_t modified, std::uint32_t flags);
  Errno fd_pread(Fd fd, ReadList buffers, std::uint64_t offset, Out<std::uint32_t> size);
  Errno fd_prestat_get(Fd fd, Record<8> result);
  Errno fd_prestat_dir_name(Fd fd, Bytes name);
  Errno fd_pwrite(Fd fd, WriteList buffers, std::uint64_t offset, Out<std::uint32_t> size);
  Errno fd_read(Caller caller, Fd fd, ReadList buffers, Out<std::uint32_t> size);
  Errno fd_readdir(Fd fd, Bytes entries, std::uint64_t cookie, Out<std::uint32_t> size);
  Errno fd_renumber(Fd from, Fd to);
  Errno fd_seek(Fd fd, std::int64_t offset, std::uint32_t whence, Out<std::uint64_t> place);
  Errno fd_sync(Fd fd);
  Errno fd_tell(Fd fd, Out<std::uint64_t> place);
  Errno fd_write(Caller caller, Fd fd, WriteList buffers, Out<std::uint32_t> size);
  Errno path_create_directory(Fd fd, Path path);
  Errno path_filestat_get(Fd fd, std::uint32_t lookup, Path path, Record<64> result);
  Errno path_filestat_set_times(Fd fd, std::uint32_t lookup, Path path, std::uint64_t accessed, std::uint64_t modified,
                                std::uint32_t flags);
  Errno path_link(Fd fd, std::uint32_t lookup, Path path, Fd new_fd, Path new_path);
  Errno path_open(Fd fd, std::uint32_t lookup, Path path, std::uint32_t how, Rights base, Rights inheriting,
                  std::uint32_t flags, Out<std::uint32_t> opened);
  Errno path_readlink(Fd fd, Path path, Bytes text, Out<std::uint32_t> size);
  Errno path_remove_directory(Fd fd, Path path);
  Errno path_rename(Fd fd, Path path, Fd new_fd, Path new_path);
  Errno path_symlink(Path target, Fd fd, Path path);
  Errno path_unlink_file(Fd fd, Path path);
  Errno poll_oneoff(Caller caller, GuestMemory memory, Pointer subscriptions, Pointer events, std::uint32_t count,
                    Out<std::uint32_t> happened);
  Errno proc_raise(std::uint32_t signal);
  Errno random_get(Bytes bytes);
  Errno sched_yield();
  Errno sock_accept(Caller caller, Fd fd, std::uint32_t flags, Out<std::uint32_t> opened);
  Errno sock_recv(Caller caller, Fd fd, ReadList buffers, std::uint32_t flags, Out<std::uint32_t> size,
                  Out<std::uint16_t> result);
  Errno sock_send(Caller caller, Fd fd, WriteList buffers, std::uint32_t flags, Out<std::uint32_t> size);
  Errno sock_shutdown(Fd fd, std::uint32_t how);

 private:
  // Errors: badf; notcapable, when one of the rights is missing.
  Outcome<Entry*> find(Fd fd, Rights rights = 0);
  // The same for files, with isdir for a directory and `otherwise` for what is neither; and for directories, with
  // notdir for what is none.
  Outcome<host::File*> find_file(Fd fd, Rights rights, Errno otherwise);
  Outcome<host::File*> find_directory(Fd fd, Rights rights);
  // At the lowest free number. Errors: mfile.
  Outcome<std::uint32_t> insert(Entry entry);
  // Waits until a call on it would not block, unless it was told never to. Errors: intr, and those of the system.
  static Outcome<void> wait_until_ready(Caller caller, const Entry& entry, bool to_write);
  // What to wait for; `error` says why not, if it cannot be waited for.
  host::Wait wait_for(Fd fd, bool to_write);

  std::vector<std::string> arguments_;
  std::vector<std::string> environment_;  // NAME=value
  std::vector<std::optional<Entry>> entries_;
  host::Observer observer_;
};

// The number of an error that may be none.
inline Errno error_of(const Outcome<void>& outcome) noexcept { return outcome ? Errno::success : outcome.error(); }

// Defines all functions under "wasi_snapshot_preview1".
std::vector<std::string> function_names();
Result<void> define(Linker& linker, const std::shared_ptr<Process>& process);

void put_filestat(const Region& region, const host::FileStat& stat);
// Errors: inval, when a time is to be both now and another.
Outcome<std::pair<host::TimeChange, host::TimeChange>> read_times(std::uint64_t accessed, std::uint64_t modified,
                                                                  std::uint32_t flags);
// Errors: inval, for bits that are not defined.
Outcome<host::FileFlags> read_flags(std::uint32_t bits);
std::uint16_t to_bits(const host::FileFlags& flags);

}  // namespace tenon::wasi::p1
