// A guest that passes every call on to preview1: the tests write its memory, call, and read what came back. The
// signatures are those of the standard, written down once more here, so that a wrong one in the library is found.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "tenon/wasi.hpp"
#include "unit/wasi/component/record.hpp"
#include "wasi/host/errno.hpp"
#include "wasi/p1/rights.hpp"

namespace tenon::wasi::p1::test {

namespace fs = std::filesystem;
using host::Errno;

struct Signature {
  const char* name;
  const char* params;  // i for i32, l for i64
};

inline constexpr Signature signatures[] = {
    {"args_get", "ii"},
    {"args_sizes_get", "ii"},
    {"environ_get", "ii"},
    {"environ_sizes_get", "ii"},
    {"clock_res_get", "ii"},
    {"clock_time_get", "ili"},
    {"fd_advise", "illi"},
    {"fd_allocate", "ill"},
    {"fd_close", "i"},
    {"fd_datasync", "i"},
    {"fd_fdstat_get", "ii"},
    {"fd_fdstat_set_flags", "ii"},
    {"fd_fdstat_set_rights", "ill"},
    {"fd_filestat_get", "ii"},
    {"fd_filestat_set_size", "il"},
    {"fd_filestat_set_times", "illi"},
    {"fd_pread", "iiili"},
    {"fd_prestat_get", "ii"},
    {"fd_prestat_dir_name", "iii"},
    {"fd_pwrite", "iiili"},
    {"fd_read", "iiii"},
    {"fd_readdir", "iiili"},
    {"fd_renumber", "ii"},
    {"fd_seek", "ilii"},
    {"fd_sync", "i"},
    {"fd_tell", "ii"},
    {"fd_write", "iiii"},
    {"path_create_directory", "iii"},
    {"path_filestat_get", "iiiii"},
    {"path_filestat_set_times", "iiiilli"},
    {"path_link", "iiiiiii"},
    {"path_open", "iiiiillii"},
    {"path_readlink", "iiiiii"},
    {"path_remove_directory", "iii"},
    {"path_rename", "iiiiii"},
    {"path_symlink", "iiiii"},
    {"path_unlink_file", "iii"},
    {"poll_oneoff", "iiii"},
    {"proc_raise", "i"},
    {"random_get", "ii"},
    {"sched_yield", ""},
    {"sock_accept", "iii"},
    {"sock_recv", "iiiiii"},
    {"sock_send", "iiiii"},
    {"sock_shutdown", "ii"},
};

// The module's text: for each function an import, and an export that calls it.
inline std::string guest_text() {
  std::ostringstream imports, functions;
  for (const Signature& one : signatures) {
    std::string params, arguments;
    for (std::size_t i = 0; one.params[i] != '\0'; ++i) {
      params += one.params[i] == 'l' ? " i64" : " i32";
      arguments += " (local.get " + std::to_string(i) + ")";
    }
    imports << "(import \"wasi_snapshot_preview1\" \"" << one.name << "\" (func $" << one.name << " (param" << params
            << ") (result i32)))\n";
    functions << "(func (export \"" << one.name << "\") (param" << params << ") (result i32) (call $" << one.name
              << arguments << "))\n";
  }
  return "(module " + imports.str() +
         "(import \"wasi_snapshot_preview1\" \"proc_exit\" (func $proc_exit (param i32)))\n"
         "(memory (export \"memory\") 2)\n" +
         functions.str() + "(func (export \"proc_exit\") (param i32) (call $proc_exit (local.get 0))))";
}

// A folder of the host that goes with the test.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "tenon-wasi-XXXXXX").string();
    path = mkdtemp(name.data()) == nullptr ? fs::path() : fs::path(name);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  void write(const std::string& name, std::string_view contents) const {
    std::ofstream(path / name, std::ios::binary) << contents;
  }
  std::string read(const std::string& name) const {
    std::ostringstream contents;
    contents << std::ifstream(path / name, std::ios::binary).rdbuf();
    return contents.str();
  }
  fs::path path;
};

class Guest {
 public:
  explicit Guest(const Config& config) {
    Linker linker(engine);
    add_to(linker, config).value();
    const Module module = Module::compile(engine, guest_text()).value();
    instance.emplace(linker.instantiate(store, module).value());
    memory = instance->memory().value().data();
  }

  // Arguments of any integer type; each becomes what the function takes.
  template <class... Args>
  Errno call(const char* name, Args... arguments) {
    return call_list(name, {static_cast<std::int64_t>(arguments)...});
  }
  Errno call_list(const char* name, const std::vector<std::int64_t>& arguments) {
    const Func func = instance->func(name).value();
    const FuncType type = func.type();
    std::vector<Val> values;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      values.push_back(Val::from_bits(type.params.at(i), static_cast<std::uint64_t>(arguments[i])));
    }
    const auto error = static_cast<Errno>(func.call(values).value().front().i32());
    wasi::test::record_outcome("preview1", name, std::to_string(static_cast<int>(error)));
    return error;
  }

  template <class T>
  T get(std::uint32_t address) const {
    T value;
    std::memcpy(&value, memory.data() + address, sizeof value);
    return value;
  }
  template <class T>
  void put(std::uint32_t address, T value) {
    std::memcpy(memory.data() + address, &value, sizeof value);
  }
  std::string text(std::uint32_t address, std::size_t size) const {
    return {memory.begin() + address, memory.begin() + address + static_cast<std::ptrdiff_t>(size)};
  }
  void put_text(std::uint32_t address, std::string_view text) {
    std::memcpy(memory.data() + address, text.data(), text.size());
  }

  Engine engine;
  Store store{engine};
  std::optional<Instance> instance;
  std::span<std::uint8_t> memory;
};

// Where the tests put things in the guest's memory.
inline constexpr std::int32_t result_at = 64, path_at = 4096, other_path_at = 8192, list_at = 1024, bytes_at = 16384;
inline constexpr std::int32_t outside = 2 * 65536;  // the first address behind memory
inline constexpr std::int64_t all_rights = right::of_directories | right::of_files;
inline constexpr std::int64_t file_rights = right::of_files;
inline constexpr std::int32_t create = 1, directory = 2, exclusive = 4, truncate = 8;  // oflags
inline constexpr std::int32_t follow = 1;                                              // lookupflags

// A guest with a folder of the host as descriptor 3, and streams that the test gives and takes.
struct FileGuest : ::testing::Test {
  Folder folder;
  std::string output, errors;
  std::vector<Refusal> refusals;
  std::optional<Guest> guest_;

  Config config() {
    return Config()
        .stdin_bytes("given input")
        .stdout_to([this](std::string_view text) { output += text; })
        .stderr_to([this](std::string_view text) { errors += text; })
        .on_refusal([this](const Refusal& refusal) { refusals.push_back(refusal); });
  }
  Guest& guest() {
    if (!guest_) guest_.emplace(config().dir(folder.path.string(), "/box"));
    return *guest_;
  }
  void restart_read_only() { guest_.emplace(config().dir(folder.path.string(), "/box", Access::read_only)); }

  Errno open(std::string_view path, std::int32_t how = 0, std::int64_t rights = file_rights,
             std::int32_t lookup = follow, std::int32_t flags = 0, std::int32_t base = 3) {
    guest().put_text(path_at, path);
    return guest().call("path_open", base, lookup, path_at, static_cast<std::int32_t>(path.size()), how, rights,
                        all_rights, flags, result_at);
  }
  // The descriptor of a file that is there, or is made.
  std::int32_t opened(std::string_view path, std::int32_t how = 0, std::int64_t rights = file_rights,
                      std::int32_t flags = 0) {
    EXPECT_EQ(open(path, how, rights, follow, flags), Errno::success) << path;
    return guest().get<std::int32_t>(result_at);
  }
  // A call that takes a descriptor and a path.
  Errno path_call(const char* name, std::string_view path, std::int32_t base = 3) {
    guest().put_text(path_at, path);
    return guest().call(name, base, path_at, static_cast<std::int32_t>(path.size()));
  }
  // A list of one buffer at `bytes_at`.
  std::int32_t list_of(std::int32_t size) {
    guest().put(list_at, bytes_at);
    guest().put(list_at + 4, size);
    return list_at;
  }
  Errno write(std::int32_t fd, std::string_view text) {
    guest().put_text(bytes_at, text);
    return guest().call("fd_write", fd, list_of(static_cast<std::int32_t>(text.size())), 1, result_at);
  }
  Errno read(std::int32_t fd, std::int32_t size) { return guest().call("fd_read", fd, list_of(size), 1, result_at); }
  // What the last read gave.
  std::string given() { return guest().text(bytes_at, guest().get<std::uint32_t>(result_at)); }
};

}  // namespace tenon::wasi::p1::test
