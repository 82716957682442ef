// tenon run: instantiates a module and runs it as a program of WASI, or calls one of its functions.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "common_options.hpp"
#include "grants.hpp"
#include "missing_imports.hpp"
#include "profile.hpp"
#include "quantities.hpp"
#include "run_command.hpp"
#include "run_component.hpp"
#include "subcommand.hpp"
#include "tenon/native.hpp"
#include "tenon/observe.hpp"
#include "tenon/tenon.hpp"

namespace tenon::program {

namespace {

struct Options : CommonOptions {
  std::string invoke;
  std::vector<std::string> arguments;
  GrantOptions grants;
  std::uint64_t fuel = 0;
  std::string timeout;
  std::string max_memory;
  bool loop_dispatch = false;
  bool trace = false;
  std::string tier = "auto";
  bool no_cache = false;
  std::string profile;
  std::string profile_output = "tenon-profile";
};

// Looks at the store's guests, if that is wanted.
void start_profile(const Options& options, Store& store, std::optional<GuestProfile>& profile) {
  if (options.profile == "guest")
    profile.emplace(store, options.profile_output, std::string(shown_name(options.input)));
}

Result<void> prepare_profile(const Options& options, const Engine& engine) {
  if (options.profile.empty()) return {};
  const auto kind = parse_profile_kind(options.profile);
  if (!kind) return Error(kind.error());
  switch (*kind) {
    case ProfileKind::perf: return keep_perf_map(engine);
    case ProfileKind::jitdump: return keep_jit_dump(engine);
    case ProfileKind::guest: break;
  }
  return {};
}

Result<Limits> read_limits(const Options& options) {
  Limits limits;
  if (!options.timeout.empty()) {
    auto time = parse_time(options.timeout);
    if (!time) return std::move(time).error();
    limits.deadline(*time);
  }
  if (!options.max_memory.empty()) {
    auto bytes = parse_size(options.max_memory);
    if (!bytes) return std::move(bytes).error();
    limits.memory(*bytes);
  }
  return limits;
}

// "add(1, 2)" or "add" and the arguments behind it.
Result<std::vector<Val>> read_arguments(const Options& options, std::string_view call, const FuncType& type) {
  if (!call.empty()) {
    if (!call.ends_with(')')) return Error(ErrorKind::usage, "the call's closing parenthesis is missing");
    return parse_values(type.params, call.substr(1, call.size() - 2));
  }
  if (options.arguments.size() != type.params.size()) {
    return Error(ErrorKind::usage, "the function has type " + type.to_string() + ", found " +
                                       std::to_string(options.arguments.size()) + " arguments");
  }
  std::vector<Val> values;
  for (std::size_t i = 0; i < type.params.size(); ++i) {
    auto value = parse_value(type.params[i], options.arguments[i]);
    if (!value) return std::move(value).error();
    values.push_back(std::move(*value));
  }
  return values;
}

std::string exports_of(const Module& module) {
  std::string names;
  for (const ExportType& item : module.exports()) {
    if (item.type.kind == ExternKind::func) names += (names.empty() ? "" : ", ") + item.name;
  }
  return names.empty() ? "it exports no function" : "it exports: " + names;
}

// Calls what was asked for, and shows what it gives.
Result<void> call(const Options& options, const Module& module, const Instance& instance) {
  const std::string_view invoke = options.invoke.empty() ? "_start" : std::string_view(options.invoke);
  const std::size_t parenthesis = std::min(invoke.find('('), invoke.size());
  const std::string_view name = invoke.substr(0, parenthesis);
  if (options.invoke.empty()) {
    if (!instance.find(name)) return {};  // the start function has run
    auto start = instance.func<void()>(name);
    return start ? (*start)() : Result<void>(std::move(start).error());
  }
  auto func = instance.func(name);
  if (!func) return Error(ErrorKind::usage, std::string(func.error().message()) + "; " + exports_of(module));
  auto arguments = read_arguments(options, invoke.substr(parenthesis), func->type());
  if (!arguments) return std::move(arguments).error();
  auto results = func->call(*arguments);
  if (!results) return std::move(results).error();
  for (const Val& result : *results) std::printf("%s\n", to_string(result).c_str());
  return {};
}

// What the guest is given: the grants, the streams of this process, and its arguments.
Result<wasi::Config> read_config(const Options& options, Notes& notes) {
  auto config = read_grants(options.grants);
  if (!config) return config;
  // The program's name is the file's, wherever that lies.
  std::vector<std::string> arguments{options.input.substr(options.input.rfind('/') + 1)};
  if (options.invoke.empty()) arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  config->args(std::move(arguments)).inherit_stdio().on_refusal([&notes](const auto& refusal) { notes.add(refusal); });
  return config;
}

// What the guest imports of WASI; a guest that imports nothing of it costs nothing here.
Result<void> add_wasi(const Options& options, const Module& module, Linker& linker, Notes& notes) {
  const auto imports = module.imports();
  const auto is_wasi = [](const ImportType& import) { return import.module.starts_with("wasi_"); };
  if (std::ranges::none_of(imports, is_wasi)) return {};
  const auto config = read_config(options, notes);
  return config ? wasi::add_preview1_to(linker, *config) : Result<void>(Error(config.error()));
}

Result<void> run(const Options& options, const Module& module, const Engine& engine, Notes& notes) {
  auto limits = read_limits(options);
  if (!limits) return std::move(limits).error();
  Store store(engine, *limits);
  std::optional<GuestProfile> profile;
  start_profile(options, store, profile);
  if (options.fuel != 0) store.set_fuel(options.fuel);
  Linker linker(engine);
  if (auto added = add_wasi(options, module, linker, notes); !added) return added;
  auto instance = linker.instantiate(store, module);
  if (!instance) {
    if (instance.error().kind() == ErrorKind::unlinkable) notes.add_text(explain_missing(linker.missing(module)));
    return std::move(instance).error();
  }
  return call(options, module, *instance);
}

// The system keeps the lowest 8 bits of an exit code: a guest's failure stays one.
ExitCode exit_code_of_guest(std::uint32_t code) {
  return static_cast<ExitCode>(code != 0 && (code & 0xFF) == 0 ? 1 : code & 0xFF);
}

ExitCode exit_code_of(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::trap:
    case ErrorKind::exhausted: return ExitCode::trap;
    case ErrorKind::usage: return ExitCode::usage;
    case ErrorKind::io: return ExitCode::io;
    case ErrorKind::exit: return exit_code_of_guest(error.code());
    default: return ExitCode::refused;
  }
}

// "[3] host -> calc: add(1, 2)", and later "[3] host <- calc: add gives 3 after 1.25 us".
void print_call(const ComponentCallEvent& event) {
  const auto text = [](std::string_view view) { return std::string(view); };
  std::string line = "[" + std::to_string(event.call) + "] " + text(event.caller);
  line += event.what == ComponentCallEvent::What::called ? " -> " : " <- ";
  line += text(event.callee) + ": " + (event.function.empty() ? "a function" : text(event.function));
  switch (event.what) {
    case ComponentCallEvent::What::called: line += text(event.values); break;
    case ComponentCallEvent::What::returned:
      line += event.values.empty() ? " returns" : " gives " + text(event.values);
      break;
    case ComponentCallEvent::What::trapped: line += " traps: " + text(event.values); break;
  }
  if (event.what != ComponentCallEvent::What::called) {
    char time[48];
    std::snprintf(time, sizeof time, " after %.2f us", static_cast<double>(event.time.count()) / 1000);
    line += time;
  }
  std::fprintf(stderr, "%s\n", line.c_str());
}

Result<void> invoke(const Options& options, const Linker& linker, Store& store, const Component& component) {
  auto instance = linker.instantiate(store, component);
  if (!instance) return std::move(instance).error();
  return invoke_component(component, *instance, options.invoke);
}

Result<void> run(const Options& options, const Component& component, const Engine& engine, Notes& notes) {
  auto limits = read_limits(options);
  if (!limits) return std::move(limits).error();
  Store store(engine, *limits);
  std::optional<GuestProfile> profile;
  start_profile(options, store, profile);
  if (options.fuel != 0) store.set_fuel(options.fuel);
  const auto config = read_config(options, notes);
  if (!config) return Error(config.error());
  Linker linker(engine);
  if (auto added = wasi::add_to(linker, *config, component); !added) return added;
  if (options.trace) {
    if (auto observed = observe_calls(store, print_call); !observed) return observed;
  }
  auto done =
      options.invoke.empty() ? run_command(linker, store, component) : invoke(options, linker, store, component);
  if (!done && done.error().kind() == ErrorKind::unlinkable) notes.add_text(explain_missing(component));
  return done;
}

// Ends the process without waiting for what is compiled in the background.
[[noreturn]] void leave(ExitCode code) {
  std::fflush(nullptr);
  std::_Exit(static_cast<int>(code));
}

// Reads the input as a `Form`, a module or a component, and runs it.
template <class Form>
ExitCode run_as(const Options& options, const Engine& engine, std::string_view source) {
  // Compiled code is mapped from its file.
  const bool is_mapped = is_native(source) && options.input != "-";
  const auto form = is_mapped ? Form::load(engine, options.input) : Form::compile(engine, source);
  if (!form) return report(options, form.error(), shown_name(options.input), source);
  Notes notes;
  const auto done = run(options, *form, engine, notes);
  const bool is_compiling = engine.options().tier == Tier::automatic;
  if (done && is_compiling) leave(ExitCode::ok);
  if (done) return ExitCode::ok;
  const ExitCode code = exit_code_of(done.error());
  if (done.error().kind() != ErrorKind::exit) report(options, done.error(), shown_name(options.input), "");
  if (code != ExitCode::ok) std::fputs(notes.text().c_str(), stderr);
  if (is_compiling) leave(code);
  return code;
}

// And no negative number, which may be for a function.
bool is_option(std::string_view word) {
  if (word.size() < 2 || word[0] != '-') return false;
  const std::string_view rest = word.substr(1);
  return rest.find_first_of("0123456789") > 1 && !rest.starts_with("inf") && !rest.starts_with("nan");
}

ExitCode run_file(const Options& options) {
  const auto features = tools::parse_features(options.features);
  if (!features) return report(options, features.error(), "", "");
  const auto source = read_input(options.input);
  if (!source) return report(options, source.error(), shown_name(options.input), "");
  if (source->empty()) return report(options, nothing_to_read(), shown_name(options.input), "");
  const auto tier = parse_tier(options.tier);
  if (!tier) return report(options, tier.error(), "", "");
  const Engine engine({.features = features->bits,
                       .fuel = options.fuel != 0,
                       .loop_dispatch = options.loop_dispatch,
                       .tier = *tier,
                       .cache = options.no_cache || *tier == Tier::interpreter ? "" : default_cache_folder(),
                       .source_lines = true});
  if (auto prepared = prepare_profile(options, engine); !prepared) return report(options, prepared.error(), "", "");
  return Component::recognizes(*source) || is_native_component(*source) ? run_as<Component>(options, engine, *source)
                                                                        : run_as<Module>(options, engine, *source);
}

}  // namespace

Action declare_run(CLI::App& command) {
  auto options = std::make_shared<Options>();
  declare_input(command, *options);
  command.prefix_command();  // the first word that is no option of ours, and all behind it, is the guest's
  command
      .add_option("--invoke", options->invoke,
                  "The exported function to call, alone or as NAME(ARG, ...); of components as a:b/c.name(1, \"x\")")
      ->type_name("NAME");
  command.add_option("--fuel", options->fuel, "How many instructions the guest may execute")->type_name("UNITS");
  command.add_option("--timeout", options->timeout, "How long the guest may run: 500ms, 2s")->type_name("TIME");
  command.add_option("--max-memory", options->max_memory, "How much memory the guest may have: 64MiB")
      ->type_name("SIZE");
  command.add_flag("--loop-dispatch", options->loop_dispatch, "Run the interpreter's loop, not its tail calls");
  command
      .add_option(
          "--tier", options->tier,
          "How the guest runs: interpreter, baseline (compiled quickly), optimizing (compiled first), or auto (all of "
          "these, while it runs)")
      ->type_name("TIER");
  command.add_flag("--trace", options->trace,
                   "Show each call between components, or with the host, on the error output");
  command.add_flag("--no-cache", options->no_cache, "Keep no compiled code, and use none that was kept");
  command
      .add_option("--profile", options->profile,
                  "Where the time goes: guest (looks itself), perf or jitdump (names of functions for Linux's perf)")
      ->type_name("KIND");
  command.add_option("--profile-output", options->profile_output, "Of --profile guest: writes NAME.svg and NAME.json")
      ->type_name("NAME");
  declare_grants(command, options->grants);
  command.footer(
      "ARGS are the guest's arguments, or those of the function to call: 7, -1.5, nan, null or (1, 2, 3, 4). Put -- "
      "before "
      "them\nif the first begins with a dash.\n");
  declare_common(command, *options);
  return [options, &command] {
    options->arguments = command.remaining();
    std::vector<std::string>& words = options->arguments;
    if (!words.empty() && words.front() == guest_words_marker) {
      words.erase(words.begin());
    } else if (!words.empty() && is_option(words.front())) {
      std::fprintf(stderr, "error: there is no option %s; put -- in front of the guest's own\n", words.front().c_str());
      return ExitCode::usage;
    }
    std::ranges::replace(words, std::string(guest_words_marker), std::string("--"));  // one of the guest's own
    return run_file(*options);
  };
}

}  // namespace tenon::program
