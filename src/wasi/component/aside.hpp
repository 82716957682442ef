// What waits for the disk, where other guests share the thread: done on another one, so that they go on meanwhile.
#pragma once

#include <memory>
#include <optional>

#include "wasi/component/host.hpp"

namespace tenon::wasi::inline bindings {

// Gives what `work` gives. Whatever that refers to stays where it is until it is done: a server's threads end before
// its guests do.
template <class Work>
auto aside(const CommonHost& host, const Work& work) {
  if (host.reactor == nullptr) return work();
  struct Job {
    std::optional<decltype(work())> result;
    host::Signal is_over;
  };
  const auto job = std::make_shared<Job>();
  host.reactor->in_background([job, &work] { job->result.emplace(work()); }, [job] { job->is_over.set(); });
  const host::Awaited over{.signal = &job->is_over};
  while (!job->is_over.is_set()) host.reactor->wait(std::span(&over, 1));
  return *std::move(job->result);
}

}  // namespace tenon::wasi::inline bindings
