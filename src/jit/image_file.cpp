#include "jit/image_file.hpp"

#include <optional>

#include "base/concat.hpp"
#include "jit/checksum.hpp"
#include "os/processor.hpp"
#include "runtime/heap.hpp"
#include "runtime/native.hpp"
#include "runtime/store.hpp"

namespace tenon::jit {

namespace {

constexpr std::uint32_t format = 6;

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

static_assert(std::is_trivially_copyable_v<ImageLayout> && std::has_unique_object_representations_v<ImageLayout>);

// Whether a table lies in the image, behind its instructions.
template <class Row>
bool is_inside(const Image& image, std::uint32_t at, std::uint32_t count) {
  return at >= image.layout.constants && at % alignof(Row) == 0 && at <= image.bytes.size() &&
         count <= (image.bytes.size() - at) / sizeof(Row);
}

// Whether all that the image's layout says is there. Tables are sorted by who wrote them, whom the checksum vouches
// for.
bool is_whole(const Image& image) {
  const ImageLayout& layout = image.layout;
  if (image.bytes.empty()) return true;
  const bool fits = layout.constants <= image.bytes.size() && layout.constants % this_machine.image_page == 0 &&
                    is_inside<std::uint32_t>(image, layout.entries, layout.functions) &&
                    is_inside<std::uint32_t>(image, layout.thunks, layout.functions) &&
                    is_inside<UnwindRow>(image, layout.unwind, layout.unwind_count) &&
                    is_inside<CodePlace>(image, layout.places, layout.place_count) &&
                    is_inside<CodeSite>(image, layout.sites, layout.site_count) &&
                    is_inside<LandingPad>(image, layout.pads, layout.pad_count);
  if (!fits) return false;
  const auto is_place = [&](std::uint32_t place) { return place == not_compiled || place < layout.constants; };
  if (!is_place(layout.loop) || !is_place(layout.loop_entry)) return false;
  const auto entries = image.entries();
  const auto thunks = image.thunks();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!is_place(entries[i]) || !is_place(thunks[i])) return false;
    if (entries[i] == not_compiled && thunks[i] != not_compiled) return false;
  }
  return true;
}

// The layout, then where in the file the bytes are, and how many.
std::optional<Image> read_image(Reader& reader, std::string_view file) {
  Image image;
  image.layout = reader.number<ImageLayout>();
  image.file_offset = reader.number<std::uint64_t>();
  const auto size = reader.number<std::uint64_t>();
  if (!reader.ok() || image.file_offset % this_machine.image_page != 0 || image.file_offset > file.size() ||
      size > file.size() - image.file_offset) {
    return std::nullopt;
  }
  image.bytes = as_bytes(file.substr(image.file_offset, size));
  if (!is_whole(image)) return std::nullopt;
  return image;
}

Error refused(std::string_view what) {
  return fail(ErrorKind::usage, {}, "the compiled file ", what, "; compile it again");
}

}  // namespace

std::uint64_t layout_fingerprint(const Machine& machine) noexcept {
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
                               place_of(&Func::type),
                               place_of(&Func::control),
                               place_of(&Func::data),
                               place_of(&Func::native_entry),
                               place_of(&Func::native_context),
                               place_of(&Func::native_instance),
                               offsetof(HandleLookup, table),
                               offsetof(HandleLookup, type),
                               offsetof(HandleRows, rows),
                               offsetof(HandleRows, count),
                               HandleRows::row_size,
                               HandleRows::type_at,
                               HandleRows::rep_at,
                               offsetof(StoreControl, native_stack_limit),
                               offsetof(StoreControl, native_caller),
                               offsetof(Instance, store),
                               offsetof(StoreControl, current),
                               place_of(&Thread::fuel),
                               offsetof(Instance, tags),
                               sizeof(Object),
                               sizeof(Array),
                               sizeof(Exception),
                               offsetof(CodeModule, native),
                               offsetof(NativeModule, helpers),
                               offsetof(NativeModule, type_ids),
                               static_cast<std::size_t>(NativeHelper::count),
                               machine.saved_registers};
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
  reader.text();
  reader.number<std::uint64_t>();
  for (std::size_t i = 0; i < os::ProcessorFeatures().size(); ++i) reader.number<std::uint32_t>();
  reader.number<std::uint64_t>();
  return reader.text();
}

std::string write_image_file(std::string_view version, std::uint64_t features, std::string_view source,
                             std::span<const Image> images, const Target* target) {
  const Machine& machine = target == nullptr ? this_machine : *target->machine;
  Writer writer;
  writer.out = image_file_magic;
  writer.number(format);
  writer.text(version);
  writer.text(machine.name);
  writer.number(layout_fingerprint(machine));
  for (const std::uint32_t word : target == nullptr ? os::processor_features() : target->needed) writer.number(word);
  writer.number(features);
  writer.text(source);
  writer.number<std::uint32_t>(static_cast<std::uint32_t>(images.size()));
  const std::uint64_t page = machine.image_page;
  const auto to_page = [page](std::uint64_t place) { return (place + page - 1) & ~(page - 1); };
  constexpr std::size_t head_size = sizeof(ImageLayout) + 2 * sizeof(std::uint64_t);
  std::uint64_t place = to_page(writer.out.size() + images.size() * head_size);
  for (const Image& image : images) {
    writer.number(image.layout);
    writer.number(place);
    writer.number<std::uint64_t>(image.bytes.size());
    place = to_page(place + image.bytes.size());
  }
  for (const Image& image : images) {
    writer.out.resize(to_page(writer.out.size()));
    writer.out += as_chars(image.bytes);
  }
  const Checksum sum = checksum_of(as_bytes(writer.out));
  writer.out += as_chars(sum);
  return std::move(writer.out);
}

Result<ImageFile> read_image_file(std::string_view bytes, std::string_view version, int descriptor) {
  const Error damaged =
      fail(ErrorKind::malformed, {}, "the compiled file is damaged: its contents don't agree with its checksum");
  if (!is_image_file(bytes) || bytes.size() < sizeof(Checksum)) return damaged;
  Reader reader(bytes.substr(image_file_magic.size(), bytes.size() - image_file_magic.size() - sizeof(Checksum)));
  if (const auto found = reader.number<std::uint32_t>(); found != format) {
    return fail(ErrorKind::usage, {}, "expected a compiled file of format ", format, ", found format ", found,
                "; compile it again");
  }
  if (const std::string_view found = reader.text(); found != version) {
    return fail(ErrorKind::usage, {}, "the compiled file was made by Tenon ", found.substr(0, 40), ", and this is ",
                version, "; compile it again");
  }
  const std::string_view machine = reader.text();
  const std::string_view contents = bytes.substr(0, bytes.size() - sizeof(Checksum));
  if (as_chars(checksum_of(as_bytes(contents))) != bytes.substr(contents.size())) return damaged;
  if (machine != this_machine.name) {
    return fail(ErrorKind::usage, {}, "the compiled file is for ", machine.substr(0, 40), ", and this is ",
                this_machine.name, "; compile it for this machine");
  }
  if (reader.number<std::uint64_t>() != layout_fingerprint(this_machine))
    return refused("was made by another build of Tenon");
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
    auto image = read_image(reader, contents);
    if (!image) return damaged;
    image->file = descriptor;
    file.images.push_back(std::move(*image));
  }
  if (!reader.ok()) return damaged;
  return file;
}

}  // namespace tenon::jit
