#include "jit/image_file.hpp"

#include <optional>

#include "base/concat.hpp"
#include "os/processor.hpp"
#include "runtime/native.hpp"
#include "runtime/store.hpp"

namespace tenon::jit {

namespace {

constexpr std::uint32_t format = 1;

class Writer {
 public:
  template <class T>
  void number(T value) {
    char bytes[sizeof value];
    store_le(bytes, value);
    out.append(bytes, sizeof value);
  }
  void text(std::string_view value) {
    number<std::uint64_t>(value.size());
    out += value;
  }
  std::string out;
};

// Sticky: after the first read beyond the end everything is zero or empty.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  template <class T>
  T number() {
    const std::string_view taken = take(sizeof(T));
    return taken.size() == sizeof(T) ? load_le<T>(taken.data()) : T{};
  }
  std::string_view text() { return take(number<std::uint64_t>()); }
  bool ok() const noexcept { return ok_; }
  bool is_at_end() const noexcept { return ok_ && rest_.empty(); }
  std::size_t left() const noexcept { return rest_.size(); }

 private:
  std::string_view take(std::uint64_t size) {
    ok_ = ok_ && size <= rest_.size();
    if (!ok_) return {};
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::string_view rest_;
  bool ok_ = true;
};

void write_places(Writer& writer, const std::vector<std::uint32_t>& places) {
  writer.number<std::uint32_t>(static_cast<std::uint32_t>(places.size()));
  for (const std::uint32_t place : places) writer.number(place);
}

std::optional<std::vector<std::uint32_t>> read_places(Reader& reader, std::uint64_t end) {
  const auto count = reader.number<std::uint32_t>();
  if (count > reader.left() / sizeof(std::uint32_t)) return std::nullopt;
  std::vector<std::uint32_t> places(count);
  for (std::uint32_t& place : places) {
    place = reader.number<std::uint32_t>();
    if (place != not_compiled && place >= end) return std::nullopt;
  }
  return places;
}

std::optional<Image> read_image(Reader& reader) {
  Image image;
  image.constants = reader.number<std::uint64_t>();
  const std::string_view bytes = reader.text();
  if (!reader.ok() || image.constants > bytes.size() || image.constants % image_page != 0) return std::nullopt;
  image.bytes.assign(bytes.begin(), bytes.end());
  auto functions = read_places(reader, image.constants);
  auto thunks = read_places(reader, image.constants);
  if (!functions || !thunks || functions->size() != thunks->size()) return std::nullopt;
  for (std::size_t i = 0; i < functions->size(); ++i) {
    if (((*functions)[i] == not_compiled) != ((*thunks)[i] == not_compiled)) return std::nullopt;
  }
  image.functions = std::move(*functions);
  image.thunks = std::move(*thunks);
  return image;
}

Error refused(std::string_view what) {
  return fail(ErrorKind::usage, {}, "the compiled file ", what, "; compile it again");
}

}  // namespace

std::uint64_t layout_fingerprint() noexcept {
  using namespace runtime;
  const std::size_t parts[] = {offsetof(Instance, memory0),
                               offsetof(Instance, funcs),
                               offsetof(Instance, globals),
                               offsetof(Instance, tables),
                               offsetof(Instance, memories),
                               offsetof(Instance, module),
                               offsetof(Instance, control),
                               offsetof(Memory, base),
                               offsetof(Memory, size),
                               offsetof(Table, elements),
                               offsetof(Table, size),
                               offsetof(Global, value),
                               offsetof(Func, type),
                               offsetof(Func, control),
                               offsetof(Func, native_entry),
                               offsetof(Func, native_context),
                               offsetof(StoreControl, interrupt),
                               offsetof(StoreControl, native_stack_limit),
                               offsetof(StoreControl, native_caller),
                               offsetof(CodeModule, native),
                               offsetof(NativeModule, helpers),
                               offsetof(NativeModule, type_ids),
                               static_cast<std::size_t>(NativeHelper::count)};
  std::uint64_t print = 0xCBF2'9CE4'8422'2325;
  for (const std::size_t part : parts) print = (print ^ part) * 0x100'0000'01B3;
  return print;
}

bool is_image_file(std::string_view bytes) noexcept { return bytes.starts_with(image_file_magic); }

std::string_view source_of(std::string_view bytes) noexcept {
  if (!is_image_file(bytes)) return {};
  Reader reader(bytes.substr(image_file_magic.size()));
  reader.number<std::uint32_t>();
  reader.text();
  reader.number<std::uint64_t>();
  for (std::size_t i = 0; i < os::ProcessorFeatures().size(); ++i) reader.number<std::uint32_t>();
  reader.number<std::uint64_t>();
  return reader.text();
}

std::string write_image_file(std::string_view version, std::uint64_t features, std::string_view source,
                             std::span<const Image> images) {
  Writer writer;
  writer.out = image_file_magic;
  writer.number(format);
  writer.text(version);
  writer.number(layout_fingerprint());
  for (const std::uint32_t word : os::processor_features()) writer.number(word);
  writer.number(features);
  writer.text(source);
  writer.number<std::uint32_t>(static_cast<std::uint32_t>(images.size()));
  for (const Image& image : images) {
    writer.number(image.constants);
    writer.text(as_chars(image.bytes));
    write_places(writer, image.functions);
    write_places(writer, image.thunks);
  }
  const Digest digest = digest_of(as_bytes(writer.out));
  writer.out += as_chars(digest);
  return std::move(writer.out);
}

Result<ImageFile> read_image_file(std::string_view bytes, std::string_view version) {
  const Error damaged =
      fail(ErrorKind::malformed, {}, "the compiled file is damaged: its contents don't agree with its digest");
  if (!is_image_file(bytes) || bytes.size() < sizeof(Digest)) return damaged;
  Reader reader(bytes.substr(image_file_magic.size(), bytes.size() - image_file_magic.size() - sizeof(Digest)));
  if (const auto found = reader.number<std::uint32_t>(); found != format) {
    return fail(ErrorKind::usage, {}, "expected a compiled file of format ", format, ", found format ", found,
                "; compile it again");
  }
  if (const std::string_view found = reader.text(); found != version) {
    return fail(ErrorKind::usage, {}, "the compiled file was made by Tenon ", found.substr(0, 40), ", and this is ",
                version, "; compile it again");
  }
  const std::string_view contents = bytes.substr(0, bytes.size() - sizeof(Digest));
  if (as_chars(digest_of(as_bytes(contents))) != bytes.substr(contents.size())) return damaged;
  if (reader.number<std::uint64_t>() != layout_fingerprint()) return refused("was made by another build of Tenon");
  os::ProcessorFeatures needed;
  for (std::uint32_t& word : needed) word = reader.number<std::uint32_t>();
  if (const std::string missing = os::missing_features(needed); !missing.empty()) {
    return fail(ErrorKind::usage, {}, "the compiled file was made for a processor with features that this one lacks: ",
                std::string_view(missing), "; compile it again");
  }
  ImageFile file;
  file.features = reader.number<std::uint64_t>();
  file.source = reader.text();
  const auto count = reader.number<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
    auto image = read_image(reader);
    if (!image) return damaged;
    file.images.push_back(std::move(*image));
  }
  if (!reader.is_at_end()) return damaged;
  return file;
}

}  // namespace tenon::jit
