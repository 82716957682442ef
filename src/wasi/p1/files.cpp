// The functions that begin with fd_.
#include <algorithm>

#include "wasi/p1/process.hpp"

namespace tenon::wasi::p1 {

using host::File;
using host::FileFlags;
using host::FileStat;
using host::FileType;
using host::TimeChange;

namespace {

// Bits of fdflags.
constexpr std::uint32_t flag_append = 1, flag_dsync = 2, flag_nonblock = 4, flag_rsync = 8, flag_sync = 16;
// Bits of fstflags.
constexpr std::uint32_t set_atim = 1, set_atim_now = 2, set_mtim = 4, set_mtim_now = 8;

template <class T>
Errno put_size(const Outcome<std::size_t>& size, Out<T> result) {
  if (!size) return size.error();
  result.set(static_cast<T>(*size));
  return Errno::success;
}

FileType type_of(const Entry& entry) {
  if (const auto* file = std::get_if<File>(&entry.what)) return file->type;
  if (const auto* stream = std::get_if<std::shared_ptr<host::ByteStream>>(&entry.what)) return (*stream)->type();
  return FileType::socket_stream;
}

const host::Descriptor* socket_descriptor(const Entry& entry) {
  if (const auto* listener = std::get_if<Listener>(&entry.what)) return &listener->descriptor;
  if (const auto* connection = std::get_if<Connection>(&entry.what)) return &connection->descriptor;
  return nullptr;
}

}  // namespace

void put_filestat(const Region& region, const FileStat& stat) {
  region.put<std::uint64_t>(0, stat.device);
  region.put<std::uint64_t>(8, stat.inode);
  region.put<std::uint64_t>(16, static_cast<std::uint64_t>(stat.type));  // one byte, and padding
  region.put<std::uint64_t>(24, stat.links);
  region.put<std::uint64_t>(32, stat.size);
  region.put<std::uint64_t>(40, stat.accessed);
  region.put<std::uint64_t>(48, stat.modified);
  region.put<std::uint64_t>(56, stat.changed);
}

Outcome<std::pair<TimeChange, TimeChange>> read_times(std::uint64_t accessed, std::uint64_t modified,
                                                      std::uint32_t flags) {
  const auto change = [&](std::uint32_t set, std::uint32_t now, std::uint64_t time) {
    return TimeChange{(flags & set) != 0   ? TimeChange::Kind::set
                      : (flags & now) != 0 ? TimeChange::Kind::now
                                           : TimeChange::Kind::keep,
                      time};
  };
  const auto both = [&](std::uint32_t bits) { return (flags & bits) == bits; };
  if (flags > 15 || both(set_atim | set_atim_now) || both(set_mtim | set_mtim_now)) return refuse(Errno::inval);
  return std::pair{change(set_atim, set_atim_now, accessed), change(set_mtim, set_mtim_now, modified)};
}

Outcome<FileFlags> read_flags(std::uint32_t bits) {
  if (bits > 31) return refuse(Errno::inval);
  return FileFlags{.append = (bits & flag_append) != 0,
                   .dsync = (bits & flag_dsync) != 0,
                   .nonblock = (bits & flag_nonblock) != 0,
                   .rsync = (bits & flag_rsync) != 0,
                   .sync = (bits & flag_sync) != 0};
}

std::uint16_t to_bits(const FileFlags& flags) {
  return static_cast<std::uint16_t>((flags.append ? flag_append : 0) | (flags.dsync ? flag_dsync : 0) |
                                    (flags.nonblock ? flag_nonblock : 0) | (flags.rsync ? flag_rsync : 0) |
                                    (flags.sync ? flag_sync : 0));
}

Errno Process::fd_advise(Fd fd, std::uint64_t offset, std::uint64_t size, std::uint32_t advice) {
  const auto file = find_file(fd, right::fd_advise, Errno::spipe);
  if (!file) return file.error();
  if (advice > static_cast<std::uint32_t>(host::Advice::no_reuse)) return Errno::inval;
  return error_of(host::advise(**file, offset, size, static_cast<host::Advice>(advice)));
}

Errno Process::fd_allocate(Fd fd, std::uint64_t offset, std::uint64_t size) {
  const auto file = find_file(fd, right::fd_allocate, Errno::spipe);
  return file ? error_of(host::allocate(**file, offset, size)) : file.error();
}

Errno Process::fd_close(Fd fd) {
  if (const auto entry = find(fd); !entry) return entry.error();
  entries_[fd.number].reset();
  return Errno::success;
}

Errno Process::fd_datasync(Fd fd) {
  const auto entry = find(fd, right::fd_datasync);
  if (!entry) return entry.error();
  const auto* file = std::get_if<File>(&(*entry)->what);
  return file == nullptr ? Errno::success : error_of(host::sync(*file, false));
}

Errno Process::fd_sync(Fd fd) {
  const auto entry = find(fd, right::fd_sync);
  if (!entry) return entry.error();
  const auto* file = std::get_if<File>(&(*entry)->what);
  return file == nullptr ? Errno::success : error_of(host::sync(*file, true));
}

Errno Process::fd_fdstat_get(Fd fd, Record<24> result) {
  const auto entry = find(fd);
  if (!entry) return entry.error();
  FileFlags flags;
  if (const auto* file = std::get_if<File>(&(*entry)->what); file != nullptr && file->type != FileType::directory) {
    const auto found = host::flags(*file);
    if (!found) return found.error();
    flags = *found;
  } else if (const host::Descriptor* socket = socket_descriptor(**entry)) {
    flags.nonblock = host::is_nonblock(socket->number()).value_or(false);
  }
  result.region.put<std::uint16_t>(0, static_cast<std::uint16_t>(type_of(**entry)));
  result.region.put<std::uint16_t>(2, to_bits(flags));
  result.region.put<std::uint32_t>(4, 0);
  result.region.put<std::uint64_t>(8, (*entry)->rights);
  result.region.put<std::uint64_t>(16, (*entry)->inheriting);
  return Errno::success;
}

Errno Process::fd_fdstat_set_flags(Fd fd, std::uint32_t bits) {
  const auto entry = find(fd, right::fd_fdstat_set_flags);
  if (!entry) return entry.error();
  const auto flags = read_flags(bits);
  if (!flags) return flags.error();
  if (const auto* file = std::get_if<File>(&(*entry)->what)) return error_of(host::set_flags(*file, *flags));
  if (const host::Descriptor* socket = socket_descriptor(**entry)) {
    if (FileFlags{.nonblock = flags->nonblock} != *flags) return Errno::inval;
    return error_of(host::set_nonblock(*socket, flags->nonblock));
  }
  // A stream is shared with others, who would be surprised.
  return *flags == FileFlags{} ? Errno::success : Errno::notsup;
}

Errno Process::fd_fdstat_set_rights(Fd fd, Rights base, Rights inheriting) {
  const auto entry = find(fd);
  if (!entry) return entry.error();
  if ((base & ~(*entry)->rights) != 0 || (inheriting & ~(*entry)->inheriting) != 0) return Errno::notcapable;
  (*entry)->rights = base;
  (*entry)->inheriting = inheriting;
  return Errno::success;
}

Errno Process::fd_filestat_get(Fd fd, Record<64> result) {
  const auto entry = find(fd, right::fd_filestat_get);
  if (!entry) return entry.error();
  FileStat stat{.type = type_of(**entry)};
  if (const auto* file = std::get_if<File>(&(*entry)->what)) {
    const auto found = host::stat(*file);
    if (!found) return found.error();
    stat = *found;
  }
  put_filestat(result.region, stat);
  return Errno::success;
}

Errno Process::fd_filestat_set_size(Fd fd, std::uint64_t size) {
  const auto file = find_file(fd, right::fd_filestat_set_size, Errno::inval);
  return file ? error_of(host::set_size(**file, size)) : file.error();
}

Errno Process::fd_filestat_set_times(Fd fd, std::uint64_t accessed, std::uint64_t modified, std::uint32_t flags) {
  const auto entry = find(fd, right::fd_filestat_set_times);
  if (!entry) return entry.error();
  const auto times = read_times(accessed, modified, flags);
  if (!times) return times.error();
  const auto* file = std::get_if<File>(&(*entry)->what);
  return file == nullptr ? Errno::badf : error_of(host::set_times(*file, times->first, times->second));
}

Errno Process::fd_read(Caller caller, Fd fd, ReadList buffers, Out<std::uint32_t> size) {
  const auto entry = find(fd);
  if (!entry) return entry.error();
  if (const auto ready = wait_until_ready(caller, **entry, false); !ready) return ready.error();
  if (auto* stream = std::get_if<std::shared_ptr<host::ByteStream>>(&(*entry)->what)) {
    if (((*entry)->rights & right::fd_read) == 0) return Errno::badf;
    return put_size((*stream)->read(buffers.buffers()), size);
  }
  if (auto* connection = std::get_if<Connection>(&(*entry)->what)) {
    if (((*entry)->rights & right::fd_read) == 0) return Errno::notcapable;
    const auto received = host::receive(connection->descriptor, buffers.buffers(), false, false);
    return put_size(received ? Outcome<std::size_t>(received->size) : refuse(received.error()), size);
  }
  const auto file = find_file(fd, right::fd_read, Errno::badf);
  return file ? put_size(host::read(**file, buffers.buffers()), size) : file.error();
}

Errno Process::fd_write(Caller caller, Fd fd, WriteList buffers, Out<std::uint32_t> size) {
  const auto entry = find(fd);
  if (!entry) return entry.error();
  if (const auto ready = wait_until_ready(caller, **entry, true); !ready) return ready.error();
  if (auto* stream = std::get_if<std::shared_ptr<host::ByteStream>>(&(*entry)->what)) {
    if (((*entry)->rights & right::fd_write) == 0) return Errno::badf;
    return put_size((*stream)->write(buffers.buffers()), size);
  }
  if (auto* connection = std::get_if<Connection>(&(*entry)->what)) {
    if (((*entry)->rights & right::fd_write) == 0) return Errno::notcapable;
    return put_size(host::send(connection->descriptor, buffers.buffers()), size);
  }
  const auto file = find_file(fd, right::fd_write, Errno::badf);
  return file ? put_size(host::write(**file, buffers.buffers()), size) : file.error();
}

Errno Process::fd_pread(Fd fd, ReadList buffers, std::uint64_t offset, Out<std::uint32_t> size) {
  const auto file = find_file(fd, right::fd_read | right::fd_seek, Errno::spipe);
  return file ? put_size(host::read_at(**file, buffers.buffers(), offset), size) : file.error();
}

Errno Process::fd_pwrite(Fd fd, WriteList buffers, std::uint64_t offset, Out<std::uint32_t> size) {
  const auto file = find_file(fd, right::fd_write | right::fd_seek, Errno::spipe);
  return file ? put_size(host::write_at(**file, buffers.buffers(), offset), size) : file.error();
}

Errno Process::fd_seek(Fd fd, std::int64_t offset, std::uint32_t whence, Out<std::uint64_t> place) {
  if (whence > static_cast<std::uint32_t>(host::Whence::end)) return Errno::inval;
  const bool stays = offset == 0 && static_cast<host::Whence>(whence) == host::Whence::current;
  if (stays) return fd_tell(fd, place);
  const auto file = find_file(fd, right::fd_seek, Errno::spipe);
  if (!file) return file.error();
  const auto found = host::seek(**file, offset, static_cast<host::Whence>(whence));
  if (!found) return found.error();
  place.set(*found);
  return Errno::success;
}

// The right to seek includes that to tell.
Errno Process::fd_tell(Fd fd, Out<std::uint64_t> place) {
  auto file = find_file(fd, right::fd_tell, Errno::spipe);
  if (!file && file.error() == Errno::notcapable) file = find_file(fd, right::fd_seek, Errno::spipe);
  if (!file) return file.error();
  const auto found = host::seek(**file, 0, host::Whence::current);
  if (!found) return found.error();
  place.set(*found);
  return Errno::success;
}

// A guest asks for directories one after the other, before it opens its first path.
Errno Process::fd_prestat_get(Fd fd, Record<8> result) {
  const auto entry = find(fd);
  constexpr std::uint32_t first_directory = 3;
  if (!entry && fd.number == first_directory && entries_.size() == first_directory && observer_) {
    observer_({"see any directory", "--dir HOST[::GUEST]"});
  }
  if (!entry || !(*entry)->preopen_name) return Errno::badf;
  result.region.put<std::uint32_t>(0, 0);  // a directory
  result.region.put<std::uint32_t>(4, static_cast<std::uint32_t>((*entry)->preopen_name->size()));
  return Errno::success;
}

Errno Process::fd_prestat_dir_name(Fd fd, Bytes name) {
  const auto entry = find(fd);
  if (!entry || !(*entry)->preopen_name) return Errno::badf;
  const std::string& text = *(*entry)->preopen_name;
  if (name.bytes.size() < text.size()) return Errno::nametoolong;
  if (!text.empty()) std::memcpy(name.bytes.data(), text.data(), text.size());
  return Errno::success;
}

Errno Process::fd_renumber(Fd from, Fd to) {
  if (const auto entry = find(from); !entry) return entry.error();
  if (const auto entry = find(to); !entry) return entry.error();
  if (from.number == to.number) return Errno::success;
  entries_[to.number] = std::move(entries_[from.number]);
  entries_[from.number].reset();
  return Errno::success;
}

namespace {

constexpr std::size_t dirent_size = 24;

// As much of an entry as there is room for; the number of bytes.
std::size_t put_dirent(std::span<std::uint8_t> room, const host::DirectoryEntry& entry) {
  std::array<std::uint8_t, dirent_size> head{};
  const Region fields{head};
  fields.put<std::uint64_t>(0, entry.next);
  fields.put<std::uint64_t>(8, entry.inode);
  fields.put<std::uint32_t>(16, static_cast<std::uint32_t>(entry.name.size()));
  fields.put<std::uint32_t>(20, static_cast<std::uint32_t>(entry.type));
  const std::size_t head_size = std::min(room.size(), head.size());
  std::memcpy(room.data(), head.data(), head_size);
  const std::size_t name_size = std::min(room.size() - head_size, entry.name.size());
  if (name_size != 0) std::memcpy(room.data() + head_size, entry.name.data(), name_size);
  return head_size + name_size;
}

}  // namespace

constexpr std::uint64_t place_of_the_system = std::uint64_t{1} << 63;

Outcome<std::uint64_t> Places::find(std::uint64_t cookie) const {
  if (cookie == 0) return 0;
  if ((cookie & place_of_the_system) != 0) return cookie & ~place_of_the_system;
  if (cookie > places_.size()) return refuse(Errno::inval);
  return places_[static_cast<std::size_t>(cookie - 1)];
}

std::uint64_t Places::tell(std::uint64_t cookie, std::uint64_t next) {
  if (cookie >= most_places) return next | place_of_the_system;
  if (cookie == places_.size()) {
    places_.push_back(next);
  } else {
    places_[static_cast<std::size_t>(cookie)] = next;  // read again, perhaps changed
  }
  return cookie + 1;
}

// A buffer that is filled to its last byte says that there may be more.
Errno Process::fd_readdir(Fd fd, Bytes entries, std::uint64_t cookie, Out<std::uint32_t> size) {
  const auto directory = find_directory(fd, right::fd_readdir);
  if (!directory) return directory.error();
  Places& places = entries_[fd.number]->places;
  std::size_t used = 0;
  while (used < entries.bytes.size()) {
    const auto place = places.find(cookie);
    if (!place) return place.error();
    const auto found = host::read_directory(**directory, *place, entries.bytes.size() - used);
    if (!found) return found.error();
    if (found->empty()) break;
    for (host::DirectoryEntry entry : *found) {
      if (used == entries.bytes.size()) break;
      cookie = entry.next = places.tell(cookie, entry.next);
      used += put_dirent(entries.bytes.subspan(used), entry);
    }
  }
  size.set(static_cast<std::uint32_t>(used));
  return Errno::success;
}

}  // namespace tenon::wasi::p1
