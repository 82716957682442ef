#include <csignal>
#include <gtest/gtest.h>
#include <vector>

#include "tenon/processes.hpp"

namespace tenon::tools {
namespace {

using Commands = std::vector<std::vector<std::string>>;

std::vector<std::string> shell(std::string script) { return {"/bin/sh", "-c", std::move(script)}; }

std::vector<ProcessOutcome> run(const Commands& commands, ProcessOptions options = {}) {
  std::vector<ProcessOutcome> outcomes(commands.size());
  options.on_exit = [&](std::size_t number, ProcessOutcome&& outcome) { outcomes[number] = std::move(outcome); };
  const auto result = run_processes(commands, options);
  EXPECT_TRUE(result.has_value()) << result.error().message();
  return outcomes;
}

TEST(RunProcesses, CollectsBothStreamsAndTheCode) {
  const auto outcomes = run({shell("echo out; echo err >&2; exit 7")});
  EXPECT_EQ(outcomes[0].output, "out\n");
  EXPECT_EQ(outcomes[0].errors, "err\n");
  EXPECT_EQ(outcomes[0].exit_code, 7);
  EXPECT_EQ(outcomes[0].signal, 0);
  EXPECT_FALSE(outcomes[0].timed_out);
}

TEST(RunProcesses, GivesEachOutcomeItsNumber) {
  Commands commands;
  for (int i = 0; i < 20; ++i) commands.push_back(shell("exit " + std::to_string(i)));
  const auto outcomes = run(commands, {.jobs = 3});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(outcomes[static_cast<std::size_t>(i)].exit_code, i);
}

TEST(RunProcesses, TellsTheSignalOfACrash) { EXPECT_EQ(run({shell("kill -SEGV $$")})[0].signal, SIGSEGV); }

TEST(RunProcesses, StopsWhatTakesTooLong) {
  const auto outcomes = run({shell("echo begun; exec sleep 60")}, {.time_limit = std::chrono::milliseconds(200)});
  EXPECT_TRUE(outcomes[0].timed_out);
  EXPECT_EQ(outcomes[0].signal, SIGKILL);
  EXPECT_EQ(outcomes[0].output, "begun\n");
}

TEST(RunProcesses, ReadsMoreThanAPipeHolds) {
  EXPECT_EQ(run({shell("head -c 1000000 /dev/zero")})[0].output.size(), 1'000'000U);
}

TEST(RunProcesses, KeepsNoMoreThanTheLimit) {
  EXPECT_EQ(run({shell("head -c 1000000 /dev/zero")}, {.output_limit = 1000})[0].output.size(), 1000U);
}

TEST(RunProcesses, GivesAnEmptyInput) { EXPECT_EQ(run({shell("cat; echo end")})[0].output, "end\n"); }

TEST(RunProcesses, RefusesAProgramThatDoesNotExist) {
  const auto result = run_processes(Commands{{"/nonexistent/program"}}, {});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::io);
}

TEST(RunProcesses, RefusesAnEmptyCommandLine) {
  const auto result = run_processes(Commands{{}}, {});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::usage);
}

TEST(ProgramPath, IsThisProgram) { EXPECT_NE(program_path().value().find("tenon_unit_tests"), std::string::npos); }

}  // namespace
}  // namespace tenon::tools
