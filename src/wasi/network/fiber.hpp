// A task on a native stack of its own, by Boost.Context.
//
// Stacks are mapped without being used: a fiber costs the pages that it touches, some 20 KiB, and gives its stack back
// to the reactor's pool. Below each lies a page that faults.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/context/fiber.hpp>
#include <boost/context/stack_context.hpp>
#include <cstdint>
#include <list>
#include <memory>
#include <vector>

#include "wasi/host/reactor.hpp"

namespace tenon::wasi::network {

class Stacks {
 public:
  static constexpr std::size_t size = std::size_t{4} << 20;  // as much as compiled code is used to have
  Stacks() = default;
  Stacks(const Stacks&) = delete;
  Stacks& operator=(const Stacks&) = delete;
  ~Stacks();

  // For Boost.Context. Throws std::bad_alloc.
  boost::context::stack_context allocate();
  void deallocate(boost::context::stack_context& stack) noexcept;

 private:
  static constexpr std::size_t most_kept = 1024;
  std::vector<void*> free_;
};

class Reactor;

class Fiber final : public host::Waiter {
 public:
  Fiber(Reactor& reactor, Stacks& stacks, std::unique_ptr<host::Task> task);
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;
  // Of one that has not ended, the stack is never seen again.
  ~Fiber();

  // From outside: runs it until it suspends or ends.
  void resume();
  bool has_ended() const noexcept { return has_ended_; }
  // From inside.
  void suspend();
  void wake() noexcept override;

  bool is_queued = false;
  std::list<std::unique_ptr<Fiber>>::iterator place{};  // its own

 private:
  Reactor& reactor_;
  std::unique_ptr<host::Task> task_;
  boost::context::fiber inside_;
  boost::context::fiber outside_;
  std::uintptr_t stack_limit_ = 0;
  bool has_ended_ = false;
  // Of the address sanitizer.
  [[maybe_unused]] const void* outer_stack_ = nullptr;
  [[maybe_unused]] std::size_t outer_size_ = 0;
};

}  // namespace tenon::wasi::network
