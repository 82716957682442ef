#include "binary/core/module.hpp"

#include <iterator>

#include "engine/load.hpp"
#include "engine/native.hpp"
#include "tenon/tools.hpp"

namespace tenon {

namespace detail {

ModuleState::ModuleState(std::shared_ptr<EngineState> owner) : engine(std::move(owner)), arena(memory) {}

ModuleState::~ModuleState() {
  end_native(*engine, native);
  if (code != nullptr) engine->executor->release(code);
}

FuncType from_core(const core::FuncType& type) {
  FuncType result;
  for (const core::ValType param : type.params) result.params.push_back(from_core(param));
  for (const core::ValType value : type.results) result.results.push_back(from_core(value));
  return result;
}

namespace {

LimitsType limits_type(const core::Limits& limits) { return {limits.min, limits.max, limits.is_64, limits.is_shared}; }

}  // namespace

TableType from_core(const core::TableType& type) { return {from_core(type.element), limits_type(type.limits)}; }
MemoryType from_core(const core::MemoryType& type) { return {limits_type(type.limits), type.page_size_log2}; }
GlobalType from_core(const core::GlobalType& type) { return {from_core(type.value), type.is_mutable}; }

core::Limits to_core(const LimitsType& limits) noexcept {
  return {.min = limits.min, .max = limits.max, .is_64 = limits.is_64, .is_shared = limits.is_shared};
}

Result<core::TypeIdx> intern(core::TypeRegistry& types, std::span<const ValType> params,
                             std::span<const ValType> results) {
  std::vector<core::ValType> all;
  for (const auto list : {params, results}) {
    for (const ValType type : list) {
      if (auto checked = check_type(types, type); !checked) return std::move(checked).error();
      all.push_back(to_core(type));
    }
  }
  if (params.size() > limits::max_params || results.size() > limits::max_results) {
    return usage("a function type has ", params.size(), " parameters and ", results.size(), " results, at most ",
                 limits::max_params, " and ", limits::max_results, " are allowed");
  }
  const std::span<const core::ValType> view(all);
  core::TypeIdx index;
  try {
    index = types.intern_func({view.first(params.size()), view.subspan(params.size())}, &all);
  } catch (...) {
    types.abandon(&all);
    throw;
  }
  if (index.is_none()) return fail(ErrorKind::exhausted, {}, "the engine has too many types");
  return index;
}

namespace {

// The type of what stands at `index` in the index space of `kind`.
ExternType type_of(const ModuleState& state, core::ExternKind kind, std::uint32_t index) {
  const core::ValidatedModule& validated = state.validated;
  const auto func_type = [&](core::TypeIdx type) { return from_core(state.engine->types[type].type.func); };
  ExternType type;
  type.kind = static_cast<ExternKind>(kind);
  switch (kind) {
    case core::ExternKind::func: type.func = func_type(validated.func_types[core::FuncIdx(index)]); break;
    case core::ExternKind::table: type.table = from_core(validated.table_types[core::TableIdx(index)]); break;
    case core::ExternKind::memory: type.memory = from_core(state.module->memories[core::MemoryIdx(index)]); break;
    case core::ExternKind::global: type.global = from_core(validated.global_types[core::GlobalIdx(index)]); break;
    case core::ExternKind::tag: type.func = func_type(validated.tag_types[core::TagIdx(index)]); break;
  }
  return type;
}

}  // namespace

}  // namespace detail

std::string_view to_string(ExternKind kind) noexcept { return core::to_string(static_cast<core::ExternKind>(kind)); }

namespace detail {

namespace {

void find_source_lines(ModuleState& state) {
  std::uint64_t code_begin = 0;
  bool has_lines = false;
  for (const core::Section& section : state.module->sections.span()) {
    if (section.id == SectionId::code) code_begin = section.offset;
    if (section.id == SectionId::custom && section.name == ".debug_line") has_lines = true;
  }
  if (has_lines) state.source_lines.emplace(state.bytes, code_begin);
}

// The phases from bytes to code.
Result<void> compile(ModuleState& state, const Input& given) {
  const Features features = state.engine->features;
  const auto opened = open_native(*state.engine, given);
  if (!opened) return Error(opened.error());
  const std::string_view input = opened->source;
  if (tools::is_binary(input)) {
    state.bytes = input;
  } else {
    auto parsed = tools::parse(input, {.features = {features.bits()}});
    if (!parsed) return std::move(parsed).error();
    state.bytes = std::move(*parsed);
  }
  auto module = core::read_module(as_bytes(state.bytes), state.memory, {.features = features});
  if (!module) return std::move(module).error();
  state.module.emplace(std::move(*module));
  // Well-formed from here on.
  // Bodies whose machine code is in the file were valid when that was made; what is interpreted nevertheless is checked
  // before it is.
  const bool has_code = opened->image(0) != nullptr;
  auto validated = (has_code ? core::validate_declarations : core::validate_module)(
      *state.module, state.engine->types, state.arena, {.features = features});
  if (!validated) return tools::in_text(std::move(validated).error(), input, features);
  state.validated = *validated;
  // Valid from here on.
  const EngineOptions& options = state.engine->options;
  if (options.source_lines) find_source_lines(state);
  state.code = state.engine->executor->make_code(
      state.validated, {.fuel = options.fuel, .loop_dispatch = options.loop_dispatch, .validate_lazily = has_code});
  auto native = make_native(*state.engine, *state.code, opened->image(0));
  if (!native) return std::move(native).error();
  state.native = std::move(*native);
  return {};
}

}  // namespace

Result<std::shared_ptr<const ModuleState>> compile_module(std::shared_ptr<EngineState> engine, const Input& input) {
  auto state = std::make_shared<ModuleState>(std::move(engine));
  try {
    if (auto done = compile(*state, input); !done) return std::move(done).error();
  } catch (...) {
    state->engine->types.abandon(&state->arena);
    throw;
  }
  return std::shared_ptr<const ModuleState>(std::move(state));
}

}  // namespace detail

Result<Module> Module::compile(const Engine& engine, std::string_view input) {
  return detail::guarded([&]() -> Result<Module> {
    auto state = detail::compile_module(engine.state_, {input});
    if (!state) return std::move(state).error();
    return Module(*std::move(state));
  });
}

Result<Module> Module::load(const Engine& engine, const std::string& path) {
  return detail::guarded([&]() -> Result<Module> {
    detail::InputFile file(path);
    const auto input = file.read();
    if (!input) return Error(input.error());
    auto state = detail::compile_module(engine.state_, *input);
    if (!state) return std::move(state).error();
    return Module(*std::move(state));
  });
}

std::vector<ImportType> Module::imports() const {
  std::vector<ImportType> result;
  std::uint32_t next[5] = {};
  for (const core::Import& import : state_->module->imports) {
    const auto kind = import.type.kind;
    result.push_back({std::string(import.module), std::string(import.name),
                      detail::type_of(*state_, kind, next[static_cast<std::size_t>(kind)]++)});
  }
  return result;
}

std::vector<ExportType> Module::exports() const {
  std::vector<ExportType> result;
  for (const core::Export& item : state_->module->exports) {
    result.push_back({std::string(item.name), detail::type_of(*state_, item.kind, item.index)});
  }
  return result;
}

std::string Module::name() const {
  Arena arena(*std::pmr::new_delete_resource());
  const auto names = core::read_names(*state_->module, arena);
  return names && names->module ? std::string(*names->module) : std::string();
}

}  // namespace tenon
