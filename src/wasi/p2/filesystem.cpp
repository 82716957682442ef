// wasi:filesystem: how 0.2 writes its values, and contents and directories as streams.
#include "wasi/component/filesystem.hpp"

#include <algorithm>

#include "wasi/component/aside.hpp"
#include "wasi/http/interfaces.hpp"
#include "wasi/p2/host.hpp"

namespace tenon::wasi::p2 {

using bindings::file_of;
using bindings::shared_file;
using bindings::why_not;
using host::File;
using host::FileType;

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

// --- Files

Answer read_via_stream(Host& host, Values values) {
  const auto& file = shared_file(host, values[0]);
  if (const Errno error = why_not(*file, file->can_read); error != Errno::success) return one(failed(error));
  return one(Val::ok(handle(host.inputs.insert({.file = file, .offset = values[1].unsigned_integer()}))));
}

Answer write_stream(Host& host, const Val& descriptor, std::uint64_t offset, bool appends) {
  const auto& file = shared_file(host, descriptor);
  if (const Errno error = why_not(*file, file->can_write); error != Errno::success) return one(failed(error));
  return one(Val::ok(handle(host.outputs.insert({.file = file, .offset = offset, .appends = appends}))));
}
Answer write_via_stream(Host& host, Values values) {
  return write_stream(host, values[0], values[1].unsigned_integer(), false);
}
Answer append_via_stream(Host& host, Values values) { return write_stream(host, values[0], 0, true); }

Answer read(Host& host, Values values) {
  const File& file = file_of(host, values[0]);
  if (const Errno error = why_not(file, file.can_read); error != Errno::success) return one(failed(error));
  std::vector<std::uint8_t> data(static_cast<std::size_t>(std::min(values[1].unsigned_integer(), largest_piece)));
  const std::span<std::uint8_t> buffer(data);
  const auto got =
      bindings::aside(host, [&] { return host::read_at(file, std::span(&buffer, 1), values[2].unsigned_integer()); });
  if (!got) return one(failed(got.error()));
  const bool is_end = *got == 0 && !data.empty();
  data.resize(*got);
  return one(Val::ok(record({bytes(data), Val::boolean(is_end)})));
}

Answer write(Host& host, Values values) {
  const File& file = file_of(host, values[0]);
  if (const Errno error = why_not(file, file.can_write); error != Errno::success) return one(failed(error));
  const std::span<const std::uint8_t> data = values[1].packed_bytes();
  const auto put =
      bindings::aside(host, [&] { return host::write_at(file, std::span(&data, 1), values[2].unsigned_integer()); });
  return one(put ? Val::ok(Val::u64(*put)) : failed(put.error()));
}

Answer sync_file(Host& host, const Val& descriptor, bool metadata_too) {
  const File& file = file_of(host, descriptor);
  const auto done = bindings::aside(host, [&] { return host::sync(file, metadata_too); });
  return one(done ? Val::ok() : failed(done.error()));
}
Answer sync_data(Host& host, Values values) { return sync_file(host, values[0], false); }
Answer sync(Host& host, Values values) { return sync_file(host, values[0], true); }

// --- Directories and paths

Answer read_directory(Host& host, Values values) {
  const auto& file = shared_file(host, values[0]);
  if (file->type != FileType::directory) return one(failed(Errno::notdir));
  if (!file->can_read) return one(failed(Errno::badf));
  return one(Val::ok(handle(host.directory_streams.insert({.directory = file}))));
}

Answer read_directory_entry(Host& host, Values values) {
  DirectoryStream& stream = host.directory_streams[number_of(values[0])];
  for (;;) {
    if (stream.at == stream.entries.size()) {
      auto entries =
          bindings::aside(host, [&] { return host::read_directory(*stream.directory, stream.cookie, largest_piece); });
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

Answer open_at(Host& host, Values values) {
  host::OpenOptions options = bindings::open_options(values);
  const bool reads = options.read;
  const bool writes = options.write;
  // A file that is opened for nothing can be asked about.
  options.read = reads || !(writes || options.truncate);
  auto file = host::open(file_of(host, values[0]), values[2].string(), options);
  if (!file) return one(failed(file.error()));
  if (file->type == FileType::directory) {
    file->can_write = file->grant->access == Access::read_write;
  } else {
    file->can_read = reads;
    file->can_write = writes;
  }
  return bindings::opened(host, std::move(*file));
}

Answer filesystem_error_code(Host& host, Values values) {
  return one(Val::some(error_code(host.io_errors[number_of(values[0])].error)));
}

constexpr Function types_functions[] = {
    {"[method]descriptor.read-via-stream", read_via_stream},
    {"[method]descriptor.write-via-stream", write_via_stream},
    {"[method]descriptor.append-via-stream", append_via_stream},
    {"[method]descriptor.read", read},
    {"[method]descriptor.write", write},
    {"[method]descriptor.sync-data", sync_data},
    {"[method]descriptor.sync", sync},
    {"[method]descriptor.read-directory", read_directory},
    {"[method]descriptor.open-at", open_at},
    {"[method]directory-entry-stream.read-directory-entry", read_directory_entry},
    {"filesystem-error-code", filesystem_error_code},
};

}  // namespace

const bindings::Dialect own_dialect{.file_error = error_code,
                                    .file_type = descriptor_type,
                                    .instant = datetime,
                                    .header_error = http::header_error,
                                    .gives_fewer_random_bytes = false};

const Interface filesystem_types{"wasi:filesystem/types", types_functions, &bindings::descriptor_functions};

}  // namespace tenon::wasi::p2
