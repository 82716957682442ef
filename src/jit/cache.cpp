#include "jit/cache.hpp"

#include <algorithm>

#include "jit/image_file.hpp"
#include "os/processor.hpp"

namespace tenon::jit {

namespace {

constexpr std::string_view suffix = ".tnn";

std::string name_of(const Digest& key) {
  std::string name;
  for (const std::uint8_t byte : key) {
    name += "0123456789abcdef"[byte >> 4];
    name += "0123456789abcdef"[byte & 15];
  }
  return name += suffix;
}

// Entries, and what was left behind by a writer that was stopped.
bool is_entry(const os::PrivateFile& file) { return file.name.find(suffix) != std::string::npos; }

}  // namespace

Digest Cache::key(Bytes module, Bytes linked, std::uint64_t features, std::uint64_t compiler) const noexcept {
  Hasher hasher;
  hasher.add(as_bytes(version_));
  std::uint8_t numbers[40];
  store_le(numbers, layout_fingerprint(this_machine));
  store_le(numbers + 8, os::processor_model());
  store_le(numbers + 16, features);
  store_le(numbers + 24, compiler);
  store_le(numbers + 32, std::uint64_t{linked.size()});
  hasher.add(numbers);
  for (const std::uint32_t word : os::processor_features()) {
    std::uint8_t bytes[sizeof word];
    store_le(bytes, word);
    hasher.add(bytes);
  }
  hasher.add(linked);
  hasher.add(module);
  return hasher.finish();
}

std::vector<Image> Cache::find(const Digest& key) const {
  if (!is_open()) return {};
  const std::string name = name_of(key);
  auto contents = folder_.read(name);
  if (!contents) return {};
  const auto kept = std::make_shared<const std::string>(std::move(*contents));
  auto file = read_image_file(*kept, version_);
  // The key is in the entry as well: an entry under another's name is not that other's.
  if (file && file->source == as_chars(key)) {
    for (Image& image : file->images) image.keep = kept;
    return std::move(file->images);
  }
  folder_.remove(name);
  return {};
}

void Cache::keep(const Digest& key, std::span<const Image> images) const {
  if (!is_open()) return;
  const std::string contents = write_image_file(version_, 0, as_chars(key), images);
  if (contents.size() > max_bytes_) return;
  if (folder_.write(name_of(key), contents)) make_room();
}

void Cache::make_room() const {
  std::vector<os::PrivateFile> files = folder_.list();
  std::erase_if(files, [](const auto& file) { return !is_entry(file); });
  std::uint64_t total = 0;
  for (const auto& file : files) total += file.size;
  std::ranges::sort(files, {}, &os::PrivateFile::used);
  for (const auto& file : files) {
    if (total <= max_bytes_) return;
    if (folder_.remove(file.name)) total -= file.size;
  }
}

CacheStatus Cache::status() const {
  CacheStatus status;
  if (!is_open()) return status;
  for (const auto& file : folder_.list()) {
    if (!is_entry(file)) continue;
    ++status.entries;
    status.bytes += file.size;
  }
  return status;
}

CacheStatus Cache::clear() const {
  CacheStatus removed;
  if (!is_open()) return removed;
  for (const auto& file : folder_.list()) {
    if (!is_entry(file) || !folder_.remove(file.name)) continue;
    ++removed.entries;
    removed.bytes += file.size;
  }
  return removed;
}

}  // namespace tenon::jit
