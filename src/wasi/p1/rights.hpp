// Rights of preview1: what may be done with a descriptor, and with those that are opened through it. They can only be
// given up. What a directory was granted for (read-only) is not said by them but by the refusal `rofs`: most guests ask
// for all rights that a directory shows, and would otherwise stop at its first file with a less telling error.
#pragma once

#include <cstdint>

namespace tenon::wasi::p1 {

using Rights = std::uint64_t;

namespace right {
inline constexpr Rights fd_datasync = 1 << 0;
inline constexpr Rights fd_read = 1 << 1;
inline constexpr Rights fd_seek = 1 << 2;
inline constexpr Rights fd_fdstat_set_flags = 1 << 3;
inline constexpr Rights fd_sync = 1 << 4;
inline constexpr Rights fd_tell = 1 << 5;
inline constexpr Rights fd_write = 1 << 6;
inline constexpr Rights fd_advise = 1 << 7;
inline constexpr Rights fd_allocate = 1 << 8;
inline constexpr Rights path_create_directory = 1 << 9;
inline constexpr Rights path_create_file = 1 << 10;
inline constexpr Rights path_link_source = 1 << 11;
inline constexpr Rights path_link_target = 1 << 12;
inline constexpr Rights path_open = 1 << 13;
inline constexpr Rights fd_readdir = 1 << 14;
inline constexpr Rights path_readlink = 1 << 15;
inline constexpr Rights path_rename_source = 1 << 16;
inline constexpr Rights path_rename_target = 1 << 17;
inline constexpr Rights path_filestat_get = 1 << 18;
inline constexpr Rights path_filestat_set_size = 1 << 19;
inline constexpr Rights path_filestat_set_times = 1 << 20;
inline constexpr Rights fd_filestat_get = 1 << 21;
inline constexpr Rights fd_filestat_set_size = 1 << 22;
inline constexpr Rights fd_filestat_set_times = 1 << 23;
inline constexpr Rights path_symlink = 1 << 24;
inline constexpr Rights path_remove_directory = 1 << 25;
inline constexpr Rights path_unlink_file = 1 << 26;
inline constexpr Rights poll_fd_readwrite = 1 << 27;
inline constexpr Rights sock_shutdown = 1 << 28;
inline constexpr Rights sock_accept = 1 << 29;

inline constexpr Rights of_directories =
    path_create_directory | path_create_file | path_link_source | path_link_target | path_open | fd_readdir |
    path_readlink | path_rename_source | path_rename_target | path_filestat_get | path_filestat_set_size |
    path_filestat_set_times | path_symlink | path_remove_directory | path_unlink_file | fd_filestat_get |
    fd_filestat_set_times | fd_fdstat_set_flags | fd_sync | fd_datasync;
inline constexpr Rights of_files = fd_datasync | fd_read | fd_seek | fd_fdstat_set_flags | fd_sync | fd_tell |
                                   fd_write | fd_advise | fd_allocate | fd_filestat_get | fd_filestat_set_size |
                                   fd_filestat_set_times | poll_fd_readwrite;
inline constexpr Rights of_input = fd_read | fd_filestat_get | poll_fd_readwrite | fd_fdstat_set_flags;
inline constexpr Rights of_output =
    fd_write | fd_filestat_get | poll_fd_readwrite | fd_fdstat_set_flags | fd_sync | fd_datasync;
inline constexpr Rights of_listeners = sock_accept | poll_fd_readwrite | fd_filestat_get | fd_fdstat_set_flags;
inline constexpr Rights of_connections =
    fd_read | fd_write | sock_shutdown | poll_fd_readwrite | fd_filestat_get | fd_fdstat_set_flags;
// What makes a file be opened for reading, or for writing.
inline constexpr Rights to_read = fd_read | fd_readdir;
inline constexpr Rights to_write = fd_write | fd_allocate | fd_filestat_set_size;
}  // namespace right

}  // namespace tenon::wasi::p1
