// The functions of tenon/tools.hpp over whole modules. Each is a short list of phases of the libraries below; all that
// is decided here is how the phases follow one another and how bodies are shared among threads.
#include "tenon/tools.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <memory_resource>
#include <mutex>
#include <optional>
#include <thread>

#include "base/bytes.hpp"
#include "base/concat.hpp"
#include "binary/component/component.hpp"
#include "binary/core/module.hpp"
#include "engine/load.hpp"
#include "engine/owned_memory.hpp"
#include "os/pages.hpp"
#include "spec/features.hpp"
#include "text/component/text.hpp"
#include "text/core/text.hpp"
#include "text/lexer.hpp"
#include "validate/component/component.hpp"
#include "validate/core/module.hpp"

namespace tenon::tools {

namespace {

std::string encode(const core::Module& module) {
  Arena arena(*std::pmr::new_delete_resource());
  ByteWriter writer(arena);
  core::write_module(module, writer);
  return std::string(as_chars(writer.view()));
}

std::string encode(const component::Component& component) {
  Arena arena(*std::pmr::new_delete_resource());
  ByteWriter writer(arena);
  component::write_component(component.body, writer);
  return std::string(as_chars(writer.view()));
}

// Hands out runs of functions to the threads that validate them, and keeps the error of the lowest function, so that
// the result does not depend on which thread was faster.
class BodyQueue {
 public:
  explicit BodyQueue(const core::Module& module) : module_(module), next_(module.imported_funcs) {}

  // The next functions to validate: about as much code as keeps a thread busy for a tenth of a millisecond. Empty:
  // done.
  std::pair<std::uint32_t, std::uint32_t> take() {
    constexpr std::size_t code_at_once = 32 << 10;
    const std::scoped_lock lock(mutex_);
    const std::uint32_t first = next_;
    const auto end = std::min<std::uint32_t>(static_cast<std::uint32_t>(module_.funcs.size()), failed_);
    std::size_t code = 0;
    while (next_ < end && code < code_at_once) code += module_.funcs[core::FuncIdx(next_++)].body.size() + 64;
    return {first, std::max(first, next_)};
  }

  void report(std::uint32_t function, Error error) {
    const std::scoped_lock lock(mutex_);
    if (function >= failed_) return;
    failed_ = function;
    error_ = std::move(error);
  }

  Result<void> result() && {
    if (error_) return std::move(*error_);
    return {};
  }

 private:
  const core::Module& module_;
  std::mutex mutex_;
  std::uint32_t next_;
  std::uint32_t failed_ = std::numeric_limits<std::uint32_t>::max();
  std::optional<Error> error_;
};

void validate_from(BodyQueue& queue, const core::ValidatedModule& module) {
  detail::OwnedMemory memory;
  core::BodyValidator validator(module, memory);
  for (auto [next, end] = queue.take(); next < end; std::tie(next, end) = queue.take()) {
    for (; next < end; ++next) {
      auto result = validator.validate(core::FuncIdx(next));
      if (result) continue;
      queue.report(next, std::move(result).error());
      break;  // later functions of this run cannot have the lowest error
    }
  }
}

Result<void> validate_bodies(const core::ValidatedModule& module, unsigned threads) {
  BodyQueue queue(*module.module);
  {
    std::vector<std::jthread> helpers;
    for (unsigned i = 1; i < threads; ++i) helpers.emplace_back([&] { validate_from(queue, module); });
    validate_from(queue, module);
  }
  return std::move(queue).result();
}

// An error of validation with its place in the text. Nobody needs those places while all is well, so the text is parsed
// once more to get them. Without any offset, the context says what is wrong: "memory 0".
Error in_text(Error error, bool is_text, std::string_view source, Features features) {
  const ErrorPlace place = error.place();
  if (!is_text || place.line != 0) return error;
  detail::OwnedMemory memory;
  std::pmr::vector<core::CodePlace> places(&memory);
  std::pmr::vector<core::DefinitionPlace> definitions(&memory);
  auto again =
      core::parse_module(source, memory, {.features = features, .places = &places, .definitions = &definitions});
  if (!again) return error;
  if (place.offset != ErrorPlace::no_offset) {
    const auto found = std::ranges::find(places, place.offset, &core::CodePlace::offset);
    return std::move(error).with_place(place_in_text(source, found == places.end() ? place.offset : found->text));
  }
  for (const core::DefinitionPlace& definition : definitions) {
    if (error.context() == std::string(definition.kind) + " " + std::to_string(definition.index)) {
      return std::move(error).with_place(place_in_text(source, definition.text));
    }
  }
  return error;
}

// "function 12 $main" instead of "function 12", where the name section knows better.
Error with_function_name(Error error, const core::Module& module) {
  constexpr std::string_view title = "function ";
  const std::string context(error.context());
  std::uint32_t index = 0;
  const char* const end = context.data() + context.size();
  if (!context.starts_with(title)) return error;
  const auto parsed = std::from_chars(context.data() + title.size(), end, index);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return error;
  Arena arena(*std::pmr::new_delete_resource());
  const auto names = core::read_names(module, arena);
  const std::string_view name = names ? core::find_name(names->functions, index) : std::string_view{};
  return name.empty() ? error : std::move(error).with_context(context + " $" + std::string(name));
}

Result<void> validate_bodies(const component::Spaces& spaces, unsigned threads) {
  for (const core::ValidatedModule* module : spaces.modules) {
    if (auto valid = validate_bodies(*module, threads); !valid) return valid;
  }
  for (const component::Spaces* inner : spaces.nested) {
    if (auto valid = validate_bodies(*inner, threads); !valid) return valid;
  }
  return {};
}

// The same for components, where definitions have their places in the text already. A core module is binary then, and
// is validated as text once more.
Error in_component_text(Error error, std::string_view source, Features features) {
  detail::OwnedMemory memory;
  std::pmr::vector<component::CoreModuleText> modules(&memory);
  auto again = component::parse_component(source, memory, {.features = features, .core_modules = &modules});
  for (const component::CoreModuleText& module : modules) {
    const std::string_view fields = source.substr(module.begin, module.end - module.begin);
    auto valid = validate(fields, {.features = {features.bits()}, .threads = 1});
    if (valid || valid.error().message() != error.message()) continue;
    const ErrorPlace start = place_in_text(source, module.begin);
    const ErrorPlace place = valid.error().place();
    return std::move(error).with_place(place.line == 0 ? start : place_in_whole(start, place));
  }
  const std::uint64_t offset = error.place().offset;
  if (offset < source.size()) return std::move(error).with_place(place_in_text(source, offset));
  return std::move(error).with_place({});
}

Result<void> validate_component(std::string_view input, bool is_text, Features features, unsigned threads) {
  detail::OwnedMemory memory;
  auto component = is_text ? component::parse_component(input, memory, {.features = features})
                           : component::read_component(as_bytes(input), memory, {.features = features});
  if (!component) return std::move(component).error();
  if (is_text) {
    // Most features are gates of the binary format.
    const std::string binary = encode(*component);
    auto again = component::read_component(as_bytes(std::string_view(binary)), memory, {.features = features});
    if (!again) return std::move(again).error().with_place({});
  }
  core::TypeRegistry registry(memory);
  Arena arena(memory);
  auto validated = component::validate_component(*component, registry, arena,
                                                 {.features = features, .validate_bodies = threads == 1});
  Result<void> valid;
  if (!validated) {
    valid = std::move(validated).error();
  } else if (threads != 1) {
    valid = validate_bodies(*validated->root, threads);
  }
  if (valid || !is_text) return valid;
  return in_component_text(std::move(valid).error(), input, features);
}

Result<std::string> print_component(std::string_view input, const PrintOptions& options) {
  auto loaded = load_component(input, Features::from_bits(options.features.bits));
  if (!loaded) return std::move(loaded).error();
  std::string text;
  auto printed = component::print_component(loaded->component, text,
                                            {.features = Features::from_bits(options.features.bits),
                                             .fold = options.fold,
                                             .skeleton = options.skeleton,
                                             .offsets = options.offsets,
                                             .names = options.names});
  if (!printed) return std::move(printed).error();
  return text;
}

}  // namespace

Result<std::string> parse(std::string_view source, const ParseOptions& options) {
  if (is_binary(source)) return std::string(source);
  detail::OwnedMemory memory;
  if (component::is_component_text(source)) {
    const component::ParseOptions parsing{.features = Features::from_bits(options.features.bits),
                                          .keep_names = options.keep_names};
    auto parsed = component::parse_component(source, memory, parsing);
    if (!parsed) return std::move(parsed).error();
    return encode(*parsed);
  }
  const core::ParseOptions parsing{.features = Features::from_bits(options.features.bits),
                                   .keep_names = options.keep_names};
  auto module = core::parse_module(source, memory, parsing);
  if (!module) return std::move(module).error();
  return encode(*module);
}

Result<std::string> print(std::string_view input, const PrintOptions& options) {
  if (is_component(input)) return print_component(input, options);
  auto input_module = load_module(input, Features::from_bits(options.features.bits));
  if (!input_module) return std::move(input_module).error();
  const core::PrintOptions printing{
      .fold = options.fold, .skeleton = options.skeleton, .offsets = options.offsets, .names = options.names};
  std::string text;
  text.reserve(core::expected_text_size(input_module->module, printing));
  os::prefer_large_pages(text.data(), text.capacity());
  auto printed = core::print_module(input_module->module, text, printing);
  if (!printed) return std::move(printed).error();
  return text;
}

Result<void> validate(std::string_view input, const ValidateOptions& options) {
  detail::OwnedMemory memory;
  const Features features = Features::from_bits(options.features.bits);
  const bool is_text = !is_binary(input);
  const unsigned threads = options.threads != 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
  if (is_component(input)) return validate_component(input, is_text, features, threads);
  auto module = is_text ? core::parse_module(input, memory, {.features = features})
                        : core::read_module(as_bytes(input), memory, {.features = features});
  if (!module) return std::move(module).error();
  core::TypeRegistry registry(memory);
  Arena arena(memory);
  auto validated = core::validate_declarations(*module, registry, arena, {.features = features});
  if (!validated) return in_text(std::move(validated).error(), is_text, input, features);
  auto valid = validate_bodies(*validated, threads);
  if (!valid) return with_function_name(in_text(std::move(valid).error(), is_text, input, features), *module);
  return {};
}

}  // namespace tenon::tools
