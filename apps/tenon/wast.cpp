// tenon wast: test scripts, each in a process of its own.
//
// A script may hang or crash its engine, so the program starts itself once for each file (`--worker`) with a time
// limit. A worker writes one line of JSON for each directive as soon as it is judged; so when it dies, its last line
// tells how far it came. The parent filters, compares with the expected failures, shows and counts, in the order of the
// files.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>
#include <unistd.h>
#include <vector>

#include "common_options.hpp"
#include "subcommand.hpp"
#include "tenon/processes.hpp"
#include "wast_expectations.hpp"

namespace tenon::program {

namespace {

using Json = nlohmann::ordered_json;

struct Options : CommonOptions {
  std::vector<std::string> paths;
  std::vector<std::string> expectation_files;
  std::string filter;
  unsigned jobs = 0;
  unsigned time_limit = 120;  // seconds
  bool list = false;
  bool json = false;
  bool is_worker = false;
  bool loop_dispatch = false;
  std::string tier = "interpreter";
  std::uint64_t seed = 0;
  std::vector<std::string> emulator;
};

std::string dump(const Json& object) { return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"; }

void put(std::FILE* to, std::string_view text) { std::fwrite(text.data(), 1, text.size(), to); }

// -- The worker
// --------------------------------------------------------------------------------------------------------

ExitCode run_worker(const Options& options) {
  const auto features = tools::parse_features(options.features);
  if (!features) return report(options, features.error(), "", "");
  const std::string& path = options.paths.front();
  const auto source = read_input(path);
  if (!source) return report(options, source.error(), path, "");
  const auto tier = parse_tier(options.tier);
  if (!tier) return report(options, tier.error(), "", "");
  tools::ScriptOptions script{
      .features = *features, .loop_dispatch = options.loop_dispatch, .tier = *tier, .seed = options.seed};
  script.on_directive = [](const tools::DirectiveReport& directive) {
    const std::string line = dump({{"directive", directive.directive},
                                   {"outcome", to_string(directive.outcome)},
                                   {"line", directive.line},
                                   {"column", directive.column},
                                   {"message", directive.message},
                                   {"fault_line", directive.fault_line},
                                   {"fault_column", directive.fault_column}});
    (void)write_output("-", line);
  };
  const auto result = tools::run_script(*source, script);
  if (!result) return report(options, result.error(), path, *source);
  return ExitCode::ok;
}

// -- The parent
// --------------------------------------------------------------------------------------------------------

struct ScriptFile {
  std::string path;
  std::uint32_t only_line = 0;  // 0: all
};

struct Directive {
  std::string name;
  std::string outcome;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string message;
  std::uint32_t fault_line = 0;
  std::uint32_t fault_column = 0;
};

std::optional<Directive> parse_directive(std::string_view line) {
  const Json object = Json::parse(line, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  return Directive{object.value("directive", ""),   object.value("outcome", ""), object.value("line", 0U),
                   object.value("column", 0U),      object.value("message", ""), object.value("fault_line", 0U),
                   object.value("fault_column", 0U)};
}

// FILE, or FILE:LINE where no file has that whole name.
ScriptFile split_line(const std::string& argument) {
  const std::size_t colon = argument.rfind(':');
  if (colon == std::string::npos || std::filesystem::exists(argument)) return {argument, 0};
  std::uint32_t line = 0;
  const char* const end = argument.data() + argument.size();
  const auto parsed = std::from_chars(argument.data() + colon + 1, end, line);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return {argument, 0};
  return {argument.substr(0, colon), line};
}

std::vector<ScriptFile> find_scripts(const std::vector<std::string>& arguments) {
  std::vector<ScriptFile> scripts;
  for (const std::string& argument : arguments) {
    ScriptFile script = split_line(argument);
    std::error_code ignored;
    if (!std::filesystem::is_directory(script.path, ignored)) {
      scripts.push_back(std::move(script));
      continue;
    }
    const std::size_t first = scripts.size();
    for (const auto& entry : std::filesystem::recursive_directory_iterator(script.path, ignored)) {
      if (entry.path().extension() == ".wast") scripts.push_back({entry.path().string(), script.only_line});
    }
    std::sort(scripts.begin() + static_cast<std::ptrdiff_t>(first), scripts.end(),
              [](const ScriptFile& a, const ScriptFile& b) { return a.path < b.path; });
  }
  return scripts;
}

constexpr std::string_view error_prefix = "error: ";

class Reporter {
 public:
  Reporter(const Options& options, Expectations expectations)
      : options_(options),
        expectations_(std::move(expectations)),
        has_filter_(!options.filter.empty()),
        filter_(options.filter) {}

  // Everything about one file, once its worker has ended.
  void report_file(const ScriptFile& script, const tools::ProcessOutcome& outcome) {
    const std::uint32_t failed_before = failed_;
    bool has_failure = false;
    std::uint32_t last_line = 0;
    source_.clear();
    std::string_view lines = outcome.output;
    while (!lines.empty()) {
      const std::size_t end = std::min(lines.find('\n'), lines.size());
      auto directive = parse_directive(lines.substr(0, end));
      lines.remove_prefix(std::min(end + 1, lines.size()));
      if (!directive) continue;
      last_line = directive->line;
      has_failure = has_failure || directive->outcome == "failed";
      if (is_selected(script, *directive)) tell(script, judge_expected(script, std::move(*directive)));
    }
    if (auto end = judge_end(outcome, last_line)) {
      has_failure = true;
      tell(script, is_refused(outcome) ? judge_expected(script, std::move(*end)) : *end);  // nobody expects a crash
    }
    const bool is_whole = script.only_line == 0 && !has_filter_;
    if (is_whole && !has_failure && expectations_.expects_failure(script.path)) {
      tell(script, {"script", "failed", 1, 1, "unexpected pass: the list of expected failures names this file", 1, 1});
    }
    if (options_.verbose && !options_.json) {
      std::printf("%s: %s\n", script.path.c_str(), failed_ == failed_before ? "ok" : "FAILED");
    }
  }

  const Expectations& expectations() const { return expectations_; }

  ExitCode finish() const {
    std::fflush(stdout);  // reasons on standard error come behind the files
    if (options_.verbose) {
      for (const auto& [reason, count] : reasons_) std::fprintf(stderr, "skipped %u: %s\n", count, reason.c_str());
    }
    if (options_.json) put(stdout, dump({{"passed", passed_}, {"failed", failed_}, {"skipped", skipped_}}));
    std::fprintf(options_.json ? stderr : stdout, "%u passed, %u failed, %u skipped\n", passed_, failed_, skipped_);
    return failed_ == 0 ? ExitCode::ok : ExitCode::refused;
  }

  bool is_selected(const ScriptFile& script, const Directive& directive) const {
    if (script.only_line != 0 && script.only_line != directive.line) return false;
    if (!has_filter_) return true;
    return std::regex_search(script.path + ":" + std::to_string(directive.line) + ": " + directive.name, filter_);
  }

 private:
  // A failure that the list names is a skip with that reason; a directive that it names must not pass.
  Directive judge_expected(const ScriptFile& script, Directive directive) const {
    if (directive.outcome == "failed" && expectations_.expects_failure(script.path, directive.line)) {
      directive.outcome = "skipped";
      directive.message = "expected failure";
    } else if (directive.outcome == "passed" && !expectations_.expects_failure(script.path) &&
               expectations_.expects_failure(script.path, directive.line)) {
      directive.outcome = "failed";
      directive.message = "unexpected pass: the list of expected failures names this directive";
    }
    return directive;
  }

  // The worker told an error: it could not read or parse the script.
  static bool is_refused(const tools::ProcessOutcome& outcome) {
    return !outcome.timed_out && outcome.signal == 0 && outcome.errors.starts_with(error_prefix);
  }

  // A worker that did not come to the end of its script is a failure of its own.
  static std::optional<Directive> judge_end(const tools::ProcessOutcome& outcome, std::uint32_t last_line) {
    if (!outcome.timed_out && outcome.signal == 0 && outcome.exit_code == 0) return std::nullopt;
    std::string message;
    if (is_refused(outcome)) {
      message = outcome.errors.substr(error_prefix.size());
    } else if (outcome.timed_out) {
      message = "the time limit passed";
    } else if (outcome.signal != 0) {
      message = std::string("crashed: ") + strsignal(outcome.signal);
    } else {
      message = "the worker ended with code " + std::to_string(outcome.exit_code);
    }
    if (last_line != 0) message += ", after the directive in line " + std::to_string(last_line);
    const bool is_crash = !is_refused(outcome) && !outcome.timed_out;
    if (is_crash && !outcome.errors.empty()) message += "\n" + outcome.errors;
    return Directive{"script", "failed", std::max(1U, last_line), 1, std::move(message), std::max(1U, last_line), 1};
  }

  void tell(const ScriptFile& script, const Directive& directive) {
    if (directive.outcome == "passed") ++passed_;
    if (directive.outcome == "skipped") {
      ++skipped_;
      ++reasons_[directive.message];
    }
    if (directive.outcome == "failed") {
      ++failed_;
      if (!options_.json) show_failure(script, directive);
    }
    if (options_.json) {
      put(stdout, dump({{"file", script.path},
                        {"line", directive.line},
                        {"column", directive.column},
                        {"directive", directive.name},
                        {"outcome", directive.outcome},
                        {"message", directive.message}}));
    }
  }

  void show_failure(const ScriptFile& script, const Directive& directive) {
    if (source_.empty()) {
      auto source = read_input(script.path);
      if (source) source_ = std::move(*source);
    }
    const ErrorPlace place{.line = directive.fault_line, .column = directive.fault_column};
    const Error error(ErrorKind::malformed, directive.name + ": " + directive.message, place);
    put(stdout, tools::render(error, script.path, source_, wants_colour(options_.colour, STDOUT_FILENO)));
  }

  const Options& options_;
  Expectations expectations_;
  bool has_filter_;
  std::regex filter_;
  std::string source_;  // of the file at hand, once it was needed
  std::map<std::string, std::uint32_t> reasons_;
  std::uint32_t passed_ = 0;
  std::uint32_t failed_ = 0;
  std::uint32_t skipped_ = 0;
};

std::vector<std::string> worker_command(const Options& options, const std::string& features, const std::string& program,
                                        const std::string& path) {
  std::vector<std::string> command = options.emulator;
  command.insert(command.end(), {program, "wast", "--worker", "--color", "never", "--features", features});
  if (options.loop_dispatch) command.emplace_back("--loop-dispatch");
  command.emplace_back("--tier=" + options.tier);
  command.emplace_back("--seed=" + std::to_string(options.seed));
  command.push_back(path);
  return command;
}

ExitCode run_scripts(const Options& options, const std::vector<ScriptFile>& scripts, Reporter& reporter) {
  const auto program = tools::program_path();
  if (!program) return report(options, program.error(), "", "");
  std::vector<std::vector<std::string>> commands;
  for (const ScriptFile& script : scripts) {
    const std::string features = reporter.expectations().features_of(script.path).value_or(options.features);
    commands.push_back(worker_command(options, features, *program, script.path));
  }
  std::map<std::size_t, tools::ProcessOutcome> waiting;  // ended, but a file before them has not
  std::size_t next = 0;
  tools::ProcessOptions processes{.jobs = options.jobs, .time_limit = std::chrono::seconds(options.time_limit)};
  processes.on_exit = [&](std::size_t number, tools::ProcessOutcome&& outcome) {
    waiting.emplace(number, std::move(outcome));
    for (auto first = waiting.begin(); first != waiting.end() && first->first == next; first = waiting.begin()) {
      reporter.report_file(scripts[next], first->second);
      waiting.erase(first);
      ++next;
    }
  };
  const auto done = tools::run_processes(commands, processes);
  if (!done) return report(options, done.error(), "", "");
  return reporter.finish();
}

ExitCode list_scripts(const Options& options, const std::vector<ScriptFile>& scripts, const Reporter& reporter) {
  ExitCode worst = ExitCode::ok;
  for (const ScriptFile& script : scripts) {
    const auto source = read_input(script.path);
    if (!source) return report(options, source.error(), script.path, "");
    const auto directives = tools::list_script(*source);
    if (!directives) {
      worst = report(options, directives.error(), script.path, *source);
      continue;
    }
    for (const tools::ListedDirective& listed : *directives) {
      const Directive directive{
          .name = std::string(listed.directive), .outcome = {}, .line = listed.line, .message = {}};
      if (!reporter.is_selected(script, directive)) continue;
      if (options.json) {
        put(stdout, dump({{"file", script.path},
                          {"line", listed.line},
                          {"column", listed.column},
                          {"directive", listed.directive}}));
      } else {
        std::printf("%s:%u: %s\n", script.path.c_str(), listed.line, directive.name.c_str());
      }
    }
  }
  return worst;
}

ExitCode run_parent(const Options& options) {
  Expectations expectations;
  for (const std::string& path : options.expectation_files) {
    const auto list = read_input(path);
    if (!list) return report(options, list.error(), path, "");
    const auto added = expectations.add(*list);
    if (!added) return report(options, added.error(), path, "");
  }
  const std::vector<ScriptFile> scripts = find_scripts(options.paths);
  try {
    Reporter reporter(options, std::move(expectations));
    return options.list ? list_scripts(options, scripts, reporter) : run_scripts(options, scripts, reporter);
  } catch (const std::regex_error&) {
    return report(options, Error(ErrorKind::usage, "--filter: not a regular expression: " + options.filter), "", "");
  }
}

}  // namespace

Action declare_wast(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->features = "all";
  command.add_option("FILE", options->paths, "Scripts, FILE:LINE for one directive, or directories of scripts")
      ->required();
  command.add_option("--filter", options->filter, "Only directives whose `path:line: name` matches")
      ->type_name("REGEX");
  command.add_flag("-l,--list", options->list, "List the directives, run none");
  command.add_flag("--json", options->json, "One JSON object for each directive, and one with the sums");
  command
      .add_option("--expect", options->expectation_files,
                  "A list of expected failures (`path`, `path:line`) and features (`path --features LIST`)")
      ->type_name("FILE")
      ->allow_extra_args(false);
  command.add_option("-j,--jobs", options->jobs, "Scripts at once; 0 is one for each core")->capture_default_str();
  command.add_option("--time-limit", options->time_limit, "For each script, in seconds; 0 is none")
      ->capture_default_str();
  command.add_flag("--loop-dispatch", options->loop_dispatch, "Run the interpreter's loop, not its tail calls");
  command
      .add_option("--tier", options->tier,
                  "How guests run: interpreter, baseline (compiled quickly; at random points with --seed), or "
                  "optimizing (compiled first)")
      ->type_name("TIER");
  command.add_option("--seed", options->seed, "Let threads of components go on in an order of this number's choice")
      ->type_name("NUMBER");
  command
      .add_option("--emulator", options->emulator,
                  "What runs the program, where it is for another machine: a command and its arguments, between commas")
      ->type_name("WORDS")
      ->delimiter(',')
      ->allow_extra_args(false);
  command.add_flag("--worker", options->is_worker, "Run one script here, for a parent that reads")->group("");
  declare_common(command, *options);
  return [options] { return options->is_worker ? run_worker(*options) : run_parent(*options); };
}

}  // namespace tenon::program
