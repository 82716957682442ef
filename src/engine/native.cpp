#include "engine/native.hpp"

#include <algorithm>
#include <map>

#include "binary/core/module.hpp"
#include "engine/background.hpp"
#include "engine/component_linkage.hpp"
#include "engine/component_state.hpp"
#include "engine/explore.hpp"
#include "engine/load.hpp"
#include "jit/baseline/baseline.hpp"
#include "jit/image_file.hpp"
#include "model/core/names.hpp"
#include "os/library.hpp"
#include "os/private_files.hpp"
#include "tenon/component.hpp"
#include "tenon/tools.hpp"

namespace tenon {

namespace detail {

jit::CompileOptimizing* find_compiler() {
  static auto* const found = static_cast<jit::CompileOptimizing* const*>(
      os::find_in_library(jit::optimizing_library, jit::compile_optimizing_symbol));
  return found == nullptr ? nullptr : *found;
}

namespace {

// The module in the binary format, which it was read from: its sections follow eight bytes.
Bytes bytes_of(const core::Module& module) {
  return {module.sections.span().front().raw.data() - 8, static_cast<std::size_t>(module.size)};
}

// What tells the modules of a linkage and their order from others, but for its own.
std::string text_of(const jit::Linkage& linkage) {
  std::string text;
  for (const jit::LinkedModule& module : linkage.modules) {
    if (&module != &linkage.modules.front()) text += as_chars(jit::digest_of(bytes_of(*module.source->module)));
    for (const jit::LinkedFunc& func : module.imports) {
      text += std::to_string(func.module) + ":" + std::to_string(func.function.value) + " ";
    }
    text += as_chars(Bytes(module.globals));
  }
  return text;
}

}  // namespace

jit::Digest key_of(const jit::Cache& cache, const NativeUnit& unit, CodeKind kind) {
  static const std::uint64_t compiler = os::stamp_of_library(jit::optimizing_library);
  const std::string linked = unit.linkage.is_empty() ? std::string() : text_of(unit.linkage);
  return cache.key(bytes_of(*unit.validated->module), as_bytes(linked), unit.validated->features.bits(),
                   compiler * 4 + static_cast<std::uint64_t>(kind));
}

std::unique_ptr<jit::Cache> open_cache(const EngineOptions& options) {
  if (options.cache.empty()) return nullptr;
  auto cache = std::make_unique<jit::Cache>(options.cache, options.cache_bytes, std::string(tools::version()));
  return cache->is_open() ? std::move(cache) : nullptr;
}

namespace {

Result<jit::Image> compile_whole(const core::ValidatedModule& module, const jit::Linkage& linkage, bool fuel,
                                 const jit::Target* target = nullptr) {
  jit::CompileOptimizing* compile = find_compiler();
  if (compile == nullptr) {
    return usage("the optimizing tier needs ", std::string_view(jit::optimizing_library),
                 ", which is neither beside the program nor where the system looks for libraries");
  }
  auto compiled = compile(module, {.target = target,
                                   .threads = std::max(1U, std::thread::hardware_concurrency()),
                                   .fuel = fuel,
                                   .linkage = &linkage});
  if (!compiled) return std::move(compiled).error();
  return std::move(compiled->image);
}

Result<void> add_whole(const EngineOptions& options, NativeUnit& unit) {
  const auto cache = open_cache(options);
  std::optional<jit::Digest> key;
  if (cache != nullptr) {
    key = key_of(*cache, unit, options.fuel ? CodeKind::whole_metered : CodeKind::whole);
    const auto found = cache->find(*key);
    if (!found.empty()) return unit.add(found.front());
  }
  auto image = compile_whole(*unit.validated, unit.linkage, options.fuel);
  if (!image) return std::move(image).error();
  if (key) cache->keep(*key, {&*image, 1});
  return unit.add(*image);
}

}  // namespace

namespace {

// What functions of a module are called: `module!name`, as far as its name section has that.
class FunctionNames {
 public:
  explicit FunctionNames(const core::Module& module) {
    if (auto read = core::read_names(module, arena_)) names_ = std::move(*read);
  }
  std::string of(std::uint32_t function) const {
    const std::string_view name = names_ ? core::find_name(names_->functions, function) : std::string_view();
    std::string result = names_ && names_->module ? std::string(*names_->module) + "!" : std::string();
    return result += name.empty() ? "func " + std::to_string(function) : std::string(name);
  }

 private:
  OwnedMemory memory_;
  Arena arena_{memory_};
  std::optional<core::Names> names_;
};

// The pieces of an image's code by where they begin, each with the function that it was compiled from: one has several
// where its code gets and gives fuel in registers. `not_compiled`: code for no function of this module.
std::map<std::uint32_t, std::uint32_t> owners_of_code(const jit::Image& image) {
  const jit::ImageLayout& layout = image.layout;
  std::map<std::uint32_t, std::uint32_t> owners;
  for (std::uint32_t i = 0; i < layout.functions; ++i) owners.emplace(image.entries()[i], i);
  for (const std::uint32_t thunk : image.thunks()) owners.emplace(thunk, jit::not_compiled);
  owners.emplace(layout.loop, layout.loop_function);
  owners.emplace(layout.loop_entry, jit::not_compiled);
  const auto sites = image.table<jit::CodeSite>(layout.sites, layout.site_count);
  for (const auto& [begin, site] : image.table<jit::CodePlace>(layout.places, layout.place_count)) {
    if (site == jit::not_compiled) continue;
    const jit::CodeSite* outermost = &sites[site];
    while (outermost->caller != jit::not_compiled) outermost = &sites[outermost->caller];
    const std::uint32_t function = outermost->module == 0 ? outermost->function : jit::not_compiled;
    const auto after = owners.upper_bound(begin);
    if (after == owners.begin() || std::prev(after)->second != function) owners.insert_or_assign(begin, function);
  }
  owners.erase(jit::not_compiled);  // where what is not there begins
  return owners;
}

}  // namespace

Result<void> NativeUnit::add(const jit::Image& image) {
  const auto added = native.add(image);
  if (!added) return Error(added.error());
  if (!*observer || *added == nullptr) return {};
  const FunctionNames names(*validated->module);
  const std::map<std::uint32_t, std::uint32_t> owners = owners_of_code(image);
  for (auto piece = owners.begin(); piece != owners.end(); ++piece) {
    const auto& [begin, function] = *piece;
    if (function == jit::not_compiled) continue;
    const auto next = std::next(piece);
    const std::uint64_t end = next == owners.end() ? image.layout.constants : next->first;
    const std::string_view what = begin == image.layout.loop ? " (from a loop on)" : "";
    (*observer)({.begin = *added + begin, .size = end - begin, .name = names.of(function) += what});
  }
  return {};
}

namespace {

// What runs once is not worth compiling, however quickly.
constexpr std::uint32_t calls_before_baseline = 3;
constexpr std::uint32_t turns_before_baseline = 30;

void add_baseline(const EngineState& engine, runtime::CodeModule& code) {
  const EngineOptions& options = engine.options;
  if (options.tier != Tier::baseline && options.tier != Tier::automatic) return;
  jit::BaselineOptions how;
  how.seed = options.tier_seed;
  if (engine.native_observer) {
    how.tell = [&observer = engine.native_observer,
                names = std::make_shared<const FunctionNames>(*code.validated->module)](
                   core::FuncIdx function, const std::uint8_t* begin, std::size_t size) {
      observer({.begin = begin, .size = size, .name = names->of(function.value) + " (baseline)"});
    };
  }
  if (options.tier == Tier::automatic) {
    how.calls = calls_before_baseline;
    how.turns = turns_before_baseline;
  }
  jit::add_baseline(static_cast<interp::Code&>(code), how);
}

}  // namespace

Result<std::shared_ptr<NativeUnit>> make_native(EngineState& engine, runtime::CodeModule& code, const jit::Image* given,
                                                const LinkedCode& linked) {
  const EngineOptions& options = engine.options;
  add_baseline(engine, code);
  const core::Module& module = *code.validated->module;
  // Code that does not pay with fuel is of no use where it counts.
  if (given != nullptr && options.fuel && given->layout.is_metered == 0) given = nullptr;
  const bool compiles = options.tier == Tier::optimizing || options.tier == Tier::automatic || given != nullptr;
  if (!compiles || module.funcs.size() == module.imported_funcs) return nullptr;
  auto unit = std::make_shared<NativeUnit>(code, options.loop_dispatch);
  unit->observer = &engine.native_observer;
  if (!linked.linkage.is_empty()) {
    unit->linkage = linked.linkage;
    unit->native.link(linked.modules);
  }
  if (given != nullptr) {
    if (auto added = unit->add(*given); !added) return std::move(added).error();
  } else if (options.tier == Tier::optimizing) {
    if (auto added = add_whole(options, *unit); !added) return std::move(added).error();
  } else {
    std::call_once(engine.has_background, [&] { engine.background = std::make_unique<Background>(engine); });
    const auto compile = [&background = *engine.background, of = unit.get()] { background.compile_loops(*of); };
    // Metered loops pay at their branches, and which of them has paid already cannot be told.
    unit->native.look(options.loop_dispatch, !options.fuel,
                      options.tier_seed == 0 ? std::function<void()>() : std::function<void()>(compile));
    engine.background->watch(unit);
  }
  return unit;
}

void end_native(EngineState& engine, const std::shared_ptr<NativeUnit>& unit) noexcept {
  if (unit != nullptr && engine.background != nullptr) engine.background->forget(*unit);
}

// --- Files

Result<Input> InputFile::read() {
  if (mapped_.is_open() && is_native(mapped_.contents())) return Input{mapped_.contents(), mapped_.descriptor()};
  auto contents = tools::read_file(path_);
  if (!contents) return std::move(contents).error();
  contents_ = std::move(*contents);
  return Input{contents_};
}

Result<NativeInput> open_native(const EngineState& engine, const Input& input) {
  if (!jit::is_image_file(input.bytes)) return NativeInput{input.bytes, {}};
  auto file = jit::read_image_file(input.bytes, tools::version(), input.file);
  if (!file) return std::move(file).error();
  if (file->features != engine.features.bits()) {
    return usage("the compiled file was made with other features; compile it again with those that it is to run with");
  }
  return NativeInput{file->source, std::move(file->images)};
}

namespace {

// The core modules of the input, by a function that takes each.
struct Source {
  std::string bytes;
  std::uint64_t features = 0;
};

template <class F>
Result<void> for_each_module(const Engine& engine, std::string_view input, Source& source, F take) {
  if (is_native(input)) return usage("the input is compiled already");
  if (Component::recognizes(input)) {
    auto component = Component::compile(engine, input);
    if (!component) return std::move(component).error();
    const ComponentState& state = *ComponentState::of(*component);
    source = {state.bytes, state.engine->features.bits()};
    const ComponentLinkage linkage(state.plan);
    for (std::size_t i = 0; i < state.plan.modules.size(); ++i) {
      const fuse::ModuleIdx index(i);
      if (auto taken = take(*state.plan.modules[index], linkage.of(index).linkage); !taken) return taken;
    }
    return {};
  }
  auto module = Module::compile(engine, input);
  if (!module) return std::move(module).error();
  const ModuleState& state = *ModuleState::of(*module);
  source = {state.bytes, state.engine->features.bits()};
  return take(state.validated, jit::Linkage());
}

// nullptr: this processor, with all that it has.
Result<const jit::Target*> find_target(const NativeTarget& target) {
  if (target.machine.empty() && target.processor.empty()) return nullptr;
  return jit::find_target(target.machine.empty() ? jit::this_machine.name : target.machine, target.processor);
}

// An engine like the given one that compiles nothing by itself.
Engine plain_engine(const Engine& engine) {
  EngineOptions options = engine.options();
  options.tier = Tier::interpreter;
  options.cache.clear();
  return Engine(options);
}

}  // namespace

}  // namespace detail

bool is_native(std::string_view bytes) noexcept { return jit::is_image_file(bytes); }

bool is_native_component(std::string_view bytes) noexcept { return Component::recognizes(jit::source_of(bytes)); }

Result<std::string> compile_native(const Engine& engine, std::string_view input, const NativeTarget& wanted) {
  return detail::guarded([&]() -> Result<std::string> {
    const auto target = detail::find_target(wanted);
    if (!target) return Error(target.error());
    detail::Source source;
    std::vector<jit::Image> images;
    auto done =
        detail::for_each_module(detail::plain_engine(engine), input, source,
                                [&](const core::ValidatedModule& module, const jit::Linkage& linkage) -> Result<void> {
                                  auto image = detail::compile_whole(module, linkage, engine.options().fuel, *target);
                                  if (!image) return std::move(image).error();
                                  images.push_back(std::move(*image));
                                  return {};
                                });
    if (!done) return std::move(done).error();
    return jit::write_image_file(tools::version(), source.features, source.bytes, images, *target);
  });
}

Result<std::string> show_native(const Engine& engine, std::string_view input, NativeText form,
                                const NativeTarget& wanted) {
  return detail::guarded([&]() -> Result<std::string> {
    const auto target = detail::find_target(wanted);
    if (!target) return Error(target.error());
    jit::CompileOptimizing* compile = detail::find_compiler();
    if (compile == nullptr) return detail::usage("the optimizing tier is not installed");
    detail::Source source;
    std::string text;
    auto done =
        detail::for_each_module(detail::plain_engine(engine), input, source,
                                [&](const core::ValidatedModule& module, const jit::Linkage& linkage) -> Result<void> {
                                  auto shown = compile(module, {.target = *target,
                                                                .emit = form == NativeText::ir ? "ir" : "asm",
                                                                .fuel = engine.options().fuel,
                                                                .linkage = &linkage});
                                  if (!shown) return std::move(shown).error();
                                  text += shown->text;
                                  return {};
                                });
    if (!done) return std::move(done).error();
    return text;
  });
}

Result<std::string> explore_native(const Engine& engine, std::string_view input) {
  return detail::guarded([&]() -> Result<std::string> {
    jit::CompileOptimizing* compile = detail::find_compiler();
    if (compile == nullptr) return detail::usage("the optimizing tier is not installed");
    detail::Source source;
    std::string functions;
    auto done =
        detail::for_each_module(detail::plain_engine(engine), input, source,
                                [&](const core::ValidatedModule& module, const jit::Linkage& linkage) -> Result<void> {
                                  auto shown = compile(module, {.emit = "asm", .linkage = &linkage});
                                  if (!shown) return std::move(shown).error();
                                  return detail::explore_module(module, shown->text, functions);
                                });
    if (!done) return std::move(done).error();
    return detail::explore_page(functions);
  });
}

void observe_native(const Engine& engine, std::function<void(const NativeFunction&)> tell) {
  detail::StoreBlock::state_of(engine).native_observer = std::move(tell);
}

std::string default_cache_folder() {
  std::string home = os::cache_home();
  return home.empty() ? home : home + "/tenon";
}

namespace {

Result<CacheStatus> with_cache(const std::string& folder, jit::CacheStatus (jit::Cache::*work)() const) {
  const jit::Cache cache(folder, 0, std::string(tools::version()));
  if (!cache.is_open()) {
    return fail(ErrorKind::io, {}, "the folder ", std::string_view(folder),
                " cannot be opened, or others than its owner can write to it");
  }
  const jit::CacheStatus status = (cache.*work)();
  return CacheStatus{status.entries, status.bytes};
}

}  // namespace

Result<CacheStatus> cache_status(const std::string& folder) { return with_cache(folder, &jit::Cache::status); }
Result<CacheStatus> clear_cache(const std::string& folder) { return with_cache(folder, &jit::Cache::clear); }

}  // namespace tenon
