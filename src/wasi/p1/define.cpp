#include "wasi/host/describe.hpp"
#include "wasi/p1/process.hpp"

namespace tenon::wasi::p1 {

namespace {

constexpr std::string_view module_name = "wasi_snapshot_preview1";
constexpr std::size_t most_text = 0x7FFF'FFFF;  // of all arguments, or of the environment: sizes are 32 bits wide

Result<void> check_strings(const std::vector<std::string>& strings, std::string_view what) {
  std::size_t total = 0;
  for (const std::string& string : strings) {
    if (string.find('\0') != std::string::npos) {
      return Error(ErrorKind::usage, std::string(what) + " with a NUL in it cannot be given to a guest");
    }
    total += string.size() + 1;
  }
  if (total > most_text) return Error(ErrorKind::usage, std::string(what) + ": more than 2 GiB in all");
  return {};
}

}  // namespace

Path Parameter<Path>::take(Arguments& arguments) {
  constexpr std::size_t most_copied = 4096 + 1;
  const std::uint32_t address = arguments.take();
  const std::span<std::uint8_t> bytes = arguments.take_region(address, arguments.take()).bytes;
  Path path;
  path.text.resize(std::min(bytes.size(), most_copied));
  if (!path.text.empty()) std::memcpy(path.text.data(), bytes.data(), path.text.size());
  return path;
}

Result<std::shared_ptr<Process>> Process::make(const Config& config) {
  auto process = std::make_shared<Process>();
  process->arguments_ = config.arguments;
  process->observer_ = config.refusal;
  for (const auto& [name, value] : config.environment) process->environment_.push_back(name + "=" + value);
  if (auto checked = check_strings(process->arguments_, "an argument"); !checked) return std::move(checked).error();
  if (auto checked = check_strings(process->environment_, "a variable"); !checked) return std::move(checked).error();
  const auto add = [&](Entry entry) { process->entries_.emplace_back(std::move(entry)); };
  add({host::make_input(config.input), right::of_input});
  add({host::make_output(config.output, 1), right::of_output});
  add({host::make_output(config.errors, 2), right::of_output});
  for (const Directory& directory : config.directories) {
    auto opened = host::open_granted(directory, config.refusal);
    if (!opened) {
      return Error(ErrorKind::io,
                   "the directory " + directory.host_path + " cannot be opened: " + host::describe(opened.error()));
    }
    add({std::move(*opened), right::of_directories, right::of_directories | right::of_files, directory.guest_path});
  }
  for (const std::string& address : config.listeners) {
    auto listener = host::listen(address);
    if (!listener) {
      return Error(ErrorKind::io, "cannot listen at " + address + ": " + host::describe(listener.error()));
    }
    add({Listener{std::move(*listener)}, right::of_listeners});
  }
  return process;
}

Result<void> define(Linker& linker, const std::shared_ptr<Process>& process) {
#define TENON_P1_FUNCTION(name) \
  if (auto done = linker.define(module_name, #name, bind<&Process::name>(process)); !done) return done;
#include "wasi/p1/functions.def"
#undef TENON_P1_FUNCTION
  return linker.define(module_name, "proc_exit", [](std::uint32_t code) -> Result<void> {
    return Error(ErrorKind::exit, "the guest ended with exit code " + std::to_string(code)).with_code(code);
  });
}

std::vector<std::string> function_names() {
  return {
#define TENON_P1_FUNCTION(name) #name,
#include "wasi/p1/functions.def"
#undef TENON_P1_FUNCTION
      "proc_exit"};
}

Outcome<Entry*> Process::find(Fd fd, Rights rights) {
  if (fd.number >= entries_.size() || !entries_[fd.number]) return refuse(Errno::badf);
  Entry& entry = *entries_[fd.number];
  if ((entry.rights & rights) != rights) return refuse(Errno::notcapable);
  return &entry;
}

Outcome<host::File*> Process::find_file(Fd fd, Rights rights, Errno otherwise) {
  const auto entry = find(fd);
  if (!entry) return refuse(entry.error());
  auto* file = std::get_if<host::File>(&(*entry)->what);
  if (file == nullptr) return refuse(otherwise);
  if (file->type == host::FileType::directory) return refuse(Errno::isdir);
  if (((*entry)->rights & rights) != rights) return refuse(Errno::notcapable);
  return file;
}

Outcome<host::File*> Process::find_directory(Fd fd, Rights rights) {
  const auto entry = find(fd);
  if (!entry) return refuse(entry.error());
  auto* file = std::get_if<host::File>(&(*entry)->what);
  if (file == nullptr || file->type != host::FileType::directory) return refuse(Errno::notdir);
  if (((*entry)->rights & rights) != rights) return refuse(Errno::notcapable);
  return file;
}

Outcome<std::uint32_t> Process::insert(Entry entry) {
  constexpr std::size_t most_entries = 1 << 20;
  std::size_t free = 0;
  while (free < entries_.size() && entries_[free]) ++free;
  if (free >= most_entries) return refuse(Errno::mfile);
  if (free == entries_.size()) {
    entries_.emplace_back(std::move(entry));
  } else {
    entries_[free] = std::move(entry);
  }
  return static_cast<std::uint32_t>(free);
}

}  // namespace tenon::wasi::p1
