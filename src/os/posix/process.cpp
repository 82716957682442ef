// Child processes on POSIX: posix_spawn, pipes and one poll loop.
//
// One thread watches all children: each has two pipes, for standard output and standard error. A child is over when
// both pipes are closed and it was reaped; when its deadline passes it is killed (by its own id) and then over in the
// same way. A grandchild that keeps a pipe open would hold the loop, so after a child's own end we read what is there
// and close.
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "base/concat.hpp"
#include "tenon/processes.hpp"

extern char** environ;

namespace tenon::tools {

namespace {

using Clock = std::chrono::steady_clock;

Error system_error(std::string_view what, int code) {
  return fail(ErrorKind::io, {}, what, ": ", std::string_view(std::strerror(code)));
}

struct Pipe {
  int read_end = -1;
  int write_end = -1;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return system_error("cannot make a pipe", errno);
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return Pipe{ends[0], ends[1]};
}

void close_if_open(int& descriptor) {
  if (descriptor >= 0) close(descriptor);
  descriptor = -1;
}

struct Child {
  std::size_t number = 0;
  pid_t id = -1;
  std::array<int, 2> streams{-1, -1};  // standard output, standard error
  Clock::time_point deadline = Clock::time_point::max();
  ProcessOutcome outcome;
};

Result<pid_t> spawn(const std::vector<std::string>& command, int out, int err) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  pid_t id = -1;
  const int code = posix_spawnp(&id, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (code != 0) return system_error(command[0], code);
  return id;
}

Result<Child> start(const std::vector<std::string>& command, std::size_t number, const ProcessOptions& options) {
  if (command.empty()) return fail(ErrorKind::usage, {}, "an empty command line");
  auto out = make_pipe();
  if (!out) return std::move(out).error();
  auto err = make_pipe();
  if (!err) {
    close(out->read_end);
    close(out->write_end);
    return std::move(err).error();
  }
  auto id = spawn(command, out->write_end, err->write_end);
  close(out->write_end);
  close(err->write_end);
  if (!id) {
    close(out->read_end);
    close(err->read_end);
    return std::move(id).error();
  }
  Child child;
  child.number = number;
  child.id = *id;
  child.streams = {out->read_end, err->read_end};
  if (options.time_limit.count() > 0) child.deadline = Clock::now() + options.time_limit;
  return child;
}

// Takes what the stream has now; false when it is closed.
bool drain(int descriptor, std::string& into, std::size_t limit) {
  char buffer[1 << 16];
  for (;;) {
    const ssize_t size = read(descriptor, buffer, sizeof buffer);
    if (size == 0) return false;
    if (size < 0) return errno == EINTR || errno == EAGAIN;
    const std::size_t room = limit - std::min(limit, into.size());
    into.append(buffer, std::min(room, static_cast<std::size_t>(size)));
  }
}

void drain_streams(Child& child, std::size_t limit) {
  std::string* const texts[] = {&child.outcome.output, &child.outcome.errors};
  for (std::size_t i = 0; i < 2; ++i) {
    if (child.streams[i] >= 0 && !drain(child.streams[i], *texts[i], limit)) close_if_open(child.streams[i]);
  }
}

void record_status(Child& child, int status) {
  if (WIFSIGNALED(status)) {
    child.outcome.signal = WTERMSIG(status);
  } else {
    child.outcome.exit_code = WEXITSTATUS(status);
  }
}

// True when the child has ended; its streams are then closed and its outcome is complete.
bool finish_if_ended(Child& child, std::size_t limit) {
  int status = 0;
  const pid_t reaped = waitpid(child.id, &status, WNOHANG);
  if (reaped != child.id) return false;
  record_status(child, status);
  drain_streams(child, limit);
  close_if_open(child.streams[0]);
  close_if_open(child.streams[1]);
  return true;
}

void stop(Child& child) {
  kill(child.id, SIGKILL);
  waitpid(child.id, nullptr, 0);
  close_if_open(child.streams[0]);
  close_if_open(child.streams[1]);
}

// Waits until a stream has something, a deadline passes, or a short while is over (a child may end after its streams).
void wait_for_news(const std::vector<Child>& running) {
  std::vector<pollfd> watched;
  auto next = Clock::now() + std::chrono::milliseconds(100);
  for (const Child& child : running) {
    if (!child.outcome.timed_out) next = std::min(next, child.deadline);
    for (const int stream : child.streams) {
      if (stream >= 0) watched.push_back({stream, POLLIN, 0});
    }
    // Nothing left to poll for this one: it is about to end.
    if (child.streams[0] < 0 && child.streams[1] < 0)
      next = std::min(next, Clock::now() + std::chrono::milliseconds(1));
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()).count();
  poll(watched.data(), static_cast<nfds_t>(watched.size()), static_cast<int>(std::max<std::int64_t>(0, left)));
}

void kill_if_late(Child& child) {
  if (child.outcome.timed_out || Clock::now() < child.deadline) return;
  kill(child.id, SIGKILL);
  child.outcome.timed_out = true;
}

}  // namespace

Result<void> run_processes(std::span<const std::vector<std::string>> commands, const ProcessOptions& options) {
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  const std::size_t jobs = options.jobs != 0 ? options.jobs : cores;
  std::vector<Child> running;
  std::size_t next = 0;
  while (next < commands.size() || !running.empty()) {
    while (running.size() < jobs && next < commands.size()) {
      auto child = start(commands[next], next, options);
      if (!child) {
        std::ranges::for_each(running, stop);
        return std::move(child).error();
      }
      running.push_back(std::move(*child));
      ++next;
    }
    wait_for_news(running);
    for (std::size_t i = 0; i < running.size();) {
      drain_streams(running[i], options.output_limit);
      kill_if_late(running[i]);
      if (!finish_if_ended(running[i], options.output_limit)) {
        ++i;
        continue;
      }
      Child ended = std::exchange(running[i], std::move(running.back()));
      running.pop_back();
      if (options.on_exit) options.on_exit(ended.number, std::move(ended.outcome));
    }
  }
  return {};
}

Result<std::string> program_path() {
  std::string path(4096, '\0');
  const ssize_t size = readlink("/proc/self/exe", path.data(), path.size());
  if (size < 0) return system_error("cannot find the running program", errno);
  path.resize(static_cast<std::size_t>(size));
  return path;
}

}  // namespace tenon::tools
