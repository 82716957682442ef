// wasi:filesystem: what both versions read and write alike.
#pragma once

#include "wasi/component/host.hpp"

namespace tenon::wasi::inline bindings {

// Descriptors and paths, but for opening, and for contents and directories, which are streams.
extern const CommonFunctions descriptor_functions;

// Bits of descriptor-flags.
namespace flag {
inline constexpr std::uint32_t read = 1, write = 2, file_sync = 4, data_sync = 8, requested_sync = 16,
                               mutate_directory = 32;
}
// Bits of open-flags.
namespace open_flag {
inline constexpr std::uint32_t create = 1, directory = 2, exclusive = 4, truncate = 8;
}

inline const std::shared_ptr<const host::File>& shared_file(CommonHost& host, const Val& value) {
  return host.descriptors[number_of(value)];
}
inline const host::File& file_of(CommonHost& host, const Val& value) { return *shared_file(host, value); }

// What `open-at` asks for: descriptor, path-flags, path, open-flags, descriptor-flags.
host::OpenOptions open_options(Values values);
Answer opened(CommonHost& host, host::File file);

// Why the contents of a file cannot be read or written, if that is `allowed`; or success.
Errno why_not(const host::File& file, bool allowed);

// From where a reader or a writer is in a file, which moves it on. Nothing read: the end. What has no places, as a
// pipe, is read and written in order.
Outcome<std::size_t> read_on(const host::File& file, std::uint64_t& offset, std::span<std::uint8_t> buffer);
Outcome<std::size_t> write_on(const host::File& file, std::uint64_t& offset, std::span<const std::uint8_t> data);
Outcome<std::size_t> append(const host::File& file, std::span<const std::uint8_t> data);
// The same as far as the disk need not be waited for. Errors: again, when that is not at all.
Outcome<std::size_t> read_on_at_once(const host::File& file, std::uint64_t& offset, std::span<std::uint8_t> buffer);

// Whether to write to the file may be to wait for the disk, when so much was written before. The system keeps what is
// written and writes it later, until too much waits: then it holds up who writes.
inline bool may_wait_to_write(const host::File& file, std::uint64_t written) {
  constexpr std::uint64_t most_taken_at_once = std::uint64_t{1} << 20;
  return file.is_synchronous || (file.type == host::FileType::regular_file && written >= most_taken_at_once);
}

}  // namespace tenon::wasi::inline bindings
