// The judge of test scripts.
//
// Each directive is judged by one function that gives a `Verdict`; an assertion passes for its own reason only, so the
// kind of an error is compared before its message. A module written in a script takes the whole way that a file takes:
// parsed, encoded, read again, validated; so every script tests the writer and the reader too.
//
// What needs execution asks the `ScriptHost`. Where there is none, the directive is skipped with that reason, but what
// can be said about its module without running it is still checked: a module that `assert_unlinkable` names must be
// valid.
#include "engine/script.hpp"

#include <memory_resource>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/bytes.hpp"
#include "base/concat.hpp"
#include "binary/component/component.hpp"
#include "binary/core/module.hpp"
#include "engine/load.hpp"
#include "fuse/flatten.hpp"
#include "spec/traps.hpp"
#include "tenon/tools.hpp"
#include "text/component/text.hpp"
#include "text/core/text.hpp"
#include "validate/component/component.hpp"
#include "validate/core/module.hpp"

namespace tenon::tools {

using wast::Action;
using wast::ActionKind;
using wast::Directive;
using wast::DirectiveKind;
using wast::ModuleSource;
using wast::SourceForm;
using wast::Subject;

namespace {

constexpr std::string_view needs_execution = "needs execution";

struct Verdict {
  Outcome outcome = Outcome::passed;
  std::string message;
  ErrorPlace fault;  // in the script; line 0: the directive itself
};

Verdict passed() { return {}; }
Verdict skipped(std::string_view reason) { return {Outcome::skipped, std::string(reason), {}}; }
Verdict failed(std::string message, ErrorPlace fault = {}) { return {Outcome::failed, std::move(message), fault}; }

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

// "malformed: unexpected end (byte 0x1f, in function 3)". Places in the script are shown by the snippet instead.
std::string describe(const Error& error, bool place_is_in_script) {
  std::string text = std::string(to_string(error.kind())) + ": " + std::string(error.message());
  std::string where;
  const ErrorPlace place = error.place();
  if (!place_is_in_script && place.line != 0) {
    where = "line " + std::to_string(place.line) + ", column " + std::to_string(place.column) + " of the quoted text";
  } else if (!place_is_in_script && place.offset != ErrorPlace::no_offset) {
    TextBuffer offset;
    append_text(offset, Hex{place.offset});
    where = "byte " + std::string(offset.view());
  }
  if (!error.context().empty() && error.kind() != ErrorKind::trap) {
    where += (where.empty() ? "in " : ", in ") + std::string(error.context());
  }
  return where.empty() ? text : text + " (" + where + ")";
}

// The place of a fault inside a module that is written in the script.
ErrorPlace place_in_script(const ModuleSource& module, ErrorPlace inside) {
  if (module.form != SourceForm::text || inside.line == 0) return {};
  return tools::place_in_whole(module.contents_place, inside);
}

Verdict failed_with(const Error& error, const ModuleSource& module, std::string_view prefix = "") {
  const ErrorPlace fault = place_in_script(module, error.place());
  return failed(std::string(prefix) + describe(error, fault.line != 0), fault);
}

// How far a module gets on its way.
enum class Phase : std::uint8_t { parse, validate };

struct Checked {
  std::string binary;
  Error error;  // of `failed_in`
  bool is_good = true;
  Phase failed_in = Phase::parse;
};

std::string encode(const core::Module& module) {
  Arena arena(*std::pmr::new_delete_resource());
  ByteWriter writer(arena);
  core::write_module(module, writer);
  return std::string(as_chars(writer.view()));
}

Result<std::string> binary_of(const ModuleSource& source, Features features) {
  if (source.form == SourceForm::binary) return std::string(source.contents);
  std::pmr::memory_resource& memory = *std::pmr::new_delete_resource();
  if (source.is_component) {
    // What stands in a definition is the inside of the component, which may itself begin with a component.
    const std::string wrapped = source.is_definition && source.form == SourceForm::text
                                    ? "(component " +
                                          (source.name.empty() ? "" : "$" + std::string(source.name) + " ") +
                                          std::string(source.contents) + ")"
                                    : std::string(source.contents);
    auto component = component::parse_component(wrapped, memory, {.features = features});
    if (!component) return std::move(component).error();
    Arena arena(memory);
    ByteWriter writer(arena);
    component::write_component(component->body, writer);
    return std::string(as_chars(writer.view()));
  }
  auto module = core::parse_module(source.contents, memory, {.features = features});
  if (!module) return std::move(module).error();
  return encode(*module);
}

Checked refused(Error error, Phase phase) {
  return {.binary = {}, .error = std::move(error), .is_good = false, .failed_in = phase};
}

Checked check_component(std::string binary, Features features) {
  std::pmr::memory_resource& memory = *std::pmr::new_delete_resource();
  auto component = component::read_component(as_bytes(binary), memory, {.features = features});
  if (!component) return refused(std::move(component).error(), Phase::parse);
  auto modules = component::check_core_modules(*component, features);
  if (!modules) return refused(std::move(modules).error(), Phase::parse);
  core::TypeRegistry registry(memory);
  Arena arena(memory);
  auto validated = component::validate_component(*component, registry, arena, {.features = features});
  if (!validated) return refused(std::move(validated).error(), Phase::validate);
  // What nobody could instantiate is refused like what is invalid.
  auto plan = fuse::flatten(*validated, arena);
  if (!plan) return refused(std::move(plan).error(), Phase::validate);
  return {.binary = std::move(binary), .error = {}, .is_good = true, .failed_in = Phase::parse};
}

Checked check(const ModuleSource& source, Features features) {
  std::pmr::memory_resource& memory = *std::pmr::new_delete_resource();
  auto binary = binary_of(source, features);
  if (!binary) return refused(std::move(binary).error(), Phase::parse);
  if (source.is_component) return check_component(std::move(*binary), features);
  auto module = core::read_module(as_bytes(*binary), memory, {.features = features});
  if (!module) return refused(std::move(module).error(), Phase::parse);
  auto bodies = core::check_bodies(*module, features);
  if (!bodies) return refused(std::move(bodies).error(), Phase::parse);
  core::TypeRegistry registry(memory);
  Arena arena(memory);
  auto validated = core::validate_module(*module, registry, arena, {.features = features});
  if (!validated && source.form == SourceForm::text) {
    return refused(tools::in_text(std::move(validated).error(), source.contents, features), Phase::validate);
  }
  if (!validated) return refused(std::move(validated).error(), Phase::validate);
  return {.binary = std::move(*binary), .error = {}, .is_good = true, .failed_in = Phase::parse};
}

struct NameHash : std::hash<std::string_view> {
  using is_transparent = void;
};
template <class Idx>
struct Named {
  std::unordered_map<std::string, Idx, NameHash, std::equal_to<>> by_name;
  Idx latest;

  void add(std::string_view name, Idx index) {
    latest = index;
    if (!name.empty()) by_name[std::string(name)] = index;
  }
  // None when there is no such one; an empty name asks for the latest.
  Idx find(std::string_view name) const {
    if (name.empty()) return latest;
    const auto found = by_name.find(name);
    return found == by_name.end() ? Idx::none() : found->second;
  }
};

class ScriptRunner {
 public:
  ScriptRunner(const ScriptOptions& options, ScriptHost* host, ScriptReport& report)
      : options_(options),
        features_(Features::from_bits(options.features.bits & Features::all().bits())),
        host_(host),
        report_(report) {}

  void run(std::span<const Directive> directives) {
    for (const Directive& directive : directives) {
      if (directive.kind == DirectiveKind::script) {
        run(directive.body);
        continue;
      }
      tell(directive, judge(directive));
    }
  }

 private:
  void tell(const Directive& directive, const Verdict& verdict) {
    if (options_.only_line != 0 && options_.only_line != directive.place.line) return;
    switch (verdict.outcome) {
      case Outcome::passed: ++report_.passed; break;
      case Outcome::failed: ++report_.failed; break;
      case Outcome::skipped: ++report_.skipped; break;
    }
    if (!options_.on_directive) return;
    const ErrorPlace fault = verdict.fault.line != 0 ? verdict.fault : directive.place;
    options_.on_directive({.directive = to_string(directive.kind),
                           .outcome = verdict.outcome,
                           .line = directive.place.line,
                           .column = directive.place.column,
                           .message = verdict.message,
                           .fault_line = fault.line,
                           .fault_column = fault.column});
  }

  Verdict judge(const Directive& directive) {
    switch (directive.kind) {
      case DirectiveKind::module: return run_module(directive.module);
      case DirectiveKind::assert_malformed: return assert_malformed(directive);
      case DirectiveKind::assert_invalid: return assert_invalid(directive);
      case DirectiveKind::assert_malformed_custom: return assert_malformed_custom(directive);
      case DirectiveKind::assert_invalid_custom: return assert_invalid_custom(directive);
      case DirectiveKind::input:
      case DirectiveKind::output: return skipped("commands of the reference interpreter read and write no files here");
      default: return judge_execution(directive);
    }
  }

  Verdict judge_execution(const Directive& directive) {
    if (directive.subject == Subject::module && host_ == nullptr) {
      const Checked checked = check(directive.module, features_);
      return checked.is_good ? skipped(needs_execution) : failed_with(checked.error, directive.module);
    }
    if (host_ == nullptr) return without_host(directive);
    switch (directive.kind) {
      case DirectiveKind::instance: return run_instance(directive);
      case DirectiveKind::register_: return run_register(directive);
      case DirectiveKind::invoke:
      case DirectiveKind::get: return run_action(directive);
      case DirectiveKind::assert_return: return assert_return(directive);
      case DirectiveKind::assert_trap:
      case DirectiveKind::assert_exhaustion:
      case DirectiveKind::assert_exception:
      case DirectiveKind::assert_unlinkable: return assert_error(directive);
      case DirectiveKind::thread: return run_thread(directive);
      case DirectiveKind::wait: return run_wait(directive);
      case DirectiveKind::assert_suspension:
        return skipped("suspension belongs to stack switching, which is no feature yet");
      default: return failed("a directive of another kind cannot stand here");
    }
  }

  // The modules inside a thread are still checked.
  Verdict without_host(const Directive& directive) {
    if (directive.kind == DirectiveKind::thread) run(directive.body);
    return skipped(needs_execution);
  }

  // -- Modules -----------------------------------------------------------------------------------------------------

  Verdict run_module(const ModuleSource& source) {
    Checked checked = check(source, features_);
    if (!checked.is_good) {
      if (!source.is_definition) instances_.latest = InstanceIdx::none();
      return failed_with(checked.error, source);
    }
    if (host_ == nullptr) return passed();
    auto definition = define(source, checked.binary);
    if (!definition) return failed(describe(definition.error(), false));
    definitions_.add(source.name, *definition);
    if (source.is_definition) return passed();
    instances_.latest = InstanceIdx::none();
    auto instance = host_->instantiate(*definition);
    if (!instance) return failed("instantiation: " + describe(instance.error(), false));
    return name_instance(source.name, *instance, source.is_component);
  }

  Result<DefinitionIdx> define(const ModuleSource& source, std::string_view binary) {
    return source.is_component ? host_->define_component(binary) : host_->define(binary);
  }

  // Components see the exports of those with a name without any `register`.
  Verdict name_instance(std::string_view name, InstanceIdx instance, bool is_component) {
    instances_.add(name, instance);
    if (is_component) component_instances_.insert(instance.value);
    if (!is_component || name.empty()) return passed();
    auto done = host_->register_instance(name, instance);
    return done ? passed() : failed(describe(done.error(), false));
  }

  // Compares an error with the text that a script expects: core suites give its beginning. Those of components give any
  // part of it, as their own runner takes them.
  static Verdict expect_message(const Error& error, std::string_view expected, bool is_component) {
    constexpr std::string_view runner_prefix = "wasm trap: ";
    if (is_component && expected.starts_with(runner_prefix)) expected.remove_prefix(runner_prefix.size());
    if (is_component && expected == "wasm `unreachable` instruction executed") expected = message(Trap::unreachable);
    if (error.message().starts_with(expected)) return passed();
    if (is_component && error.message().find(expected) != std::string_view::npos) return passed();
    return failed("expected a message that begins with " + quoted(expected) + ", found " + quoted(error.message()));
  }

  Verdict assert_malformed(const Directive& directive) const {
    const Checked checked = check_until_parsed(directive.module);
    const std::string expected = "expected the parse error " + quoted(directive.text);
    if (checked.is_good) return failed(expected + ", but the module parses");
    if (checked.error.kind() != ErrorKind::malformed) {
      return failed_with(checked.error, directive.module, expected + ", found ");
    }
    return expect_message(checked.error, directive.text, directive.is_component);
  }

  Checked check_until_parsed(const ModuleSource& source) const {
    Checked checked = check(source, features_);
    if (!checked.is_good && checked.failed_in != Phase::parse) checked.is_good = true;
    return checked;
  }

  Verdict assert_invalid(const Directive& directive) const {
    const Checked checked = check(directive.module, features_);
    const std::string expected = "expected the validation error " + quoted(directive.text);
    if (checked.is_good) return failed(expected + ", but the module is valid");
    if (checked.failed_in != Phase::validate || checked.error.kind() != ErrorKind::invalid) {
      return failed_with(checked.error, directive.module, expected + ", found ");
    }
    return expect_message(checked.error, directive.text, directive.is_component);
  }

  // Faults of annotations: the text parser reports them, with the kind that says whether the form or the meaning is
  // wrong.
  Verdict assert_malformed_custom(const Directive& directive) const {
    return assert_custom(directive, ErrorKind::malformed);
  }
  Verdict assert_invalid_custom(const Directive& directive) const {
    return assert_custom(directive, ErrorKind::invalid);
  }
  Verdict assert_custom(const Directive& directive, ErrorKind kind) const {
    const Checked checked = check(directive.module, features_);
    const std::string expected = "expected the error " + quoted(directive.text);
    if (checked.is_good) return failed(expected + ", but there is none");
    if (checked.error.kind() != kind) return failed_with(checked.error, directive.module, expected + ", found ");
    return expect_message(checked.error, directive.text, directive.is_component);
  }

  // -- Execution ---------------------------------------------------------------------------------------------------

  Verdict run_instance(const Directive& directive) {
    const DefinitionIdx definition = definitions_.find(directive.definition);
    if (definition.is_none()) return failed("there is no module " + std::string(directive.definition));
    auto instance = host_->instantiate(definition);
    if (!instance) return failed("instantiation: " + describe(instance.error(), false));
    return name_instance(directive.instance, *instance, directive.is_component);
  }

  Verdict run_register(const Directive& directive) {
    const InstanceIdx instance = instances_.find(directive.instance);
    if (instance.is_none()) return failed("there is no instance " + std::string(directive.instance));
    auto done = host_->register_instance(directive.text, instance);
    return done ? passed() : failed(describe(done.error(), false));
  }

  Result<std::vector<ScriptValue>> perform(const Action& action) {
    const InstanceIdx instance = instances_.find(action.instance);
    if (instance.is_none()) return fail(ErrorKind::usage, {}, "there is no instance ", action.instance);
    if (action.kind == ActionKind::invoke) return host_->invoke(instance, action.name, action.arguments);
    auto value = host_->get(instance, action.name);
    if (!value) return std::move(value).error();
    return std::vector<ScriptValue>{*value};
  }

  Verdict run_action(const Directive& directive) {
    auto results = perform(directive.action);
    return results ? passed() : failed(describe(results.error(), false));
  }

  static std::string list_of(std::span<const ScriptValue> values) {
    std::string text;
    for (const ScriptValue& value : values) text += (text.empty() ? "" : " ") + to_text(value);
    return text.empty() ? "nothing" : text;
  }
  static std::string list_of(std::span<const wast::Constant> patterns) {
    std::string text;
    for (const wast::Constant& pattern : patterns) text += (text.empty() ? "" : " ") + std::string(pattern.source);
    return text.empty() ? "nothing" : text;
  }

  Verdict assert_return(const Directive& directive) {
    auto results = perform(directive.action);
    if (!results)
      return failed("expected " + list_of(directive.results) + ", found " + describe(results.error(), false));
    bool is_match = results->size() == directive.results.size();
    for (std::size_t i = 0; is_match && i < results->size(); ++i) {
      is_match = matches((*results)[i], directive.results[i]);
    }
    if (is_match) return passed();
    return failed("expected " + list_of(directive.results) + ", found " + list_of(*results));
  }

  // Assertions that something fails: an action, or the instantiation of a module.
  Verdict assert_error(const Directive& directive) {
    const std::string expected = "expected " + std::string(to_string(directive.kind)).substr(sizeof "assert_" - 1) +
                                 " " + quoted(directive.text);
    Error error;
    if (directive.subject == Subject::action) {
      auto results = perform(directive.action);
      if (results) return failed(expected + ", found " + list_of(*results));
      error = std::move(results).error();
    } else {
      auto instance = instantiate_subject(directive);
      if (instance) return failed(expected + ", but the module was instantiated");
      error = std::move(instance).error();
    }
    if (!is_of_kind(error, directive.kind)) return failed(expected + ", found " + describe(error, false));
    return expect_message(error, directive.text, is_about_component(directive));
  }

  bool is_about_component(const Directive& directive) const {
    if (directive.subject != Subject::action) return directive.is_component;
    const InstanceIdx instance = instances_.find(directive.action.instance);
    return !instance.is_none() && component_instances_.contains(instance.value);
  }

  Result<InstanceIdx> instantiate_subject(const Directive& directive) {
    if (directive.subject == Subject::instance) {
      const DefinitionIdx definition = definitions_.find(directive.definition);
      if (definition.is_none()) return fail(ErrorKind::usage, {}, "there is no module ", directive.definition);
      return host_->instantiate(definition);
    }
    Checked checked = check(directive.module, features_);
    if (!checked.is_good) return std::move(checked.error);
    auto definition = define(directive.module, checked.binary);
    if (!definition) return std::move(definition).error();
    return host_->instantiate(*definition);
  }

  static bool is_of_kind(const Error& error, DirectiveKind kind) {
    const bool is_trap = error.kind() == ErrorKind::trap;
    const auto is = [&](Trap trap) { return is_trap && error.code() == static_cast<std::uint32_t>(trap); };
    switch (kind) {
      case DirectiveKind::assert_unlinkable: return error.kind() == ErrorKind::unlinkable;
      case DirectiveKind::assert_exhaustion:
        return error.kind() == ErrorKind::exhausted || is(Trap::call_stack_exhausted);
      case DirectiveKind::assert_exception: return is(Trap::uncaught_exception);
      default: return is_trap && !is(Trap::uncaught_exception) && !is(Trap::call_stack_exhausted);
    }
  }

  // -- Threads -----------------------------------------------------------------------------------------------------
  // A thread's directives run on a host thread of their own, in a store of their own; what they came to is told when
  // the script waits for it.

  struct ScriptThread {
    std::unique_ptr<ScriptHost> host;
    ScriptReport report;
    std::vector<std::string> faults;
    std::thread thread;
    ScriptThread() = default;
    ScriptThread(const ScriptThread&) = delete;
    ScriptThread& operator=(const ScriptThread&) = delete;
    ~ScriptThread() {
      if (thread.joinable()) thread.join();
    }
  };

  Verdict run_thread(const Directive& directive) {
    const InstanceIdx shared = instances_.find(directive.shared);
    if (shared.is_none()) return failed("there is no instance " + std::string(directive.shared));
    auto host = host_->fork(shared);
    if (!host) return failed(describe(host.error(), false));
    auto& entry = threads_[std::string(directive.instance)];
    entry = std::make_unique<ScriptThread>();
    entry->host = std::move(*host);
    entry->thread = std::thread([this, &thread = *entry, &directive] {
      ScriptOptions options = options_;
      options.on_directive = [&thread](const DirectiveReport& report) {
        if (report.outcome == Outcome::passed) return;
        thread.faults.push_back("line " + std::to_string(report.line) + ": " + std::string(report.message));
      };
      ScriptRunner runner(options, thread.host.get(), thread.report);
      runner.instances_.by_name[std::string(directive.shared)] = InstanceIdx(0U);
      runner.run(directive.body);
    });
    return passed();
  }

  Verdict run_wait(const Directive& directive) {
    const auto found = threads_.find(directive.instance);
    if (found == threads_.end()) return failed("there is no thread " + std::string(directive.instance));
    const std::unique_ptr<ScriptThread> thread = std::move(found->second);
    threads_.erase(found);
    thread->thread.join();
    report_.passed += thread->report.passed;
    report_.failed += thread->report.failed;
    report_.skipped += thread->report.skipped;
    std::string faults;
    for (const std::string& fault : thread->faults) faults += "; " + fault;
    return thread->report.failed == 0 ? passed() : failed("the thread failed" + faults);
  }

  const ScriptOptions& options_;
  Features features_;
  ScriptHost* host_;
  ScriptReport& report_;
  Named<DefinitionIdx> definitions_;
  Named<InstanceIdx> instances_;
  std::unordered_set<std::uint32_t> component_instances_;
  std::unordered_map<std::string, std::unique_ptr<ScriptThread>, NameHash, std::equal_to<>> threads_;
};

}  // namespace

std::string_view to_string(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::passed: return "passed";
    case Outcome::failed: return "failed";
    case Outcome::skipped: return "skipped";
  }
  return "unknown";
}

ScriptReport run_parsed_script(const wast::Script& script, const ScriptOptions& options, ScriptHost* host) {
  ScriptReport report;
  ScriptRunner(options, host, report).run(script.directives);
  return report;
}

Result<ScriptReport> run_script(std::string_view source, const ScriptOptions& options) {
  auto script = wast::parse_script(source, *std::pmr::new_delete_resource());
  if (!script) return std::move(script).error();
  const std::unique_ptr<ScriptHost> host = make_script_host(options);
  return run_parsed_script(*script, options, host.get());
}

Result<std::vector<ListedDirective>> list_script(std::string_view source) {
  auto script = wast::parse_script(source, *std::pmr::new_delete_resource());
  if (!script) return std::move(script).error();
  std::vector<ListedDirective> list;
  for (const Directive& directive : script->directives) {
    list.push_back({to_string(directive.kind), directive.place.line, directive.place.column});
  }
  return list;
}

}  // namespace tenon::tools
