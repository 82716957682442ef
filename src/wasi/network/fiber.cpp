#include "wasi/network/fiber.hpp"

#include <new>
#include <sys/mman.h>
#include <unistd.h>

#include "wasi/network/reactor.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#define TENON_SWITCH(...) __VA_ARGS__
#endif
#endif
#ifndef TENON_SWITCH
#define TENON_SWITCH(...)
#endif

namespace tenon::wasi::network {

namespace {

// What Boost.Context allocates a fiber's stack with.
struct PooledStack {
  Stacks* stacks;
  std::uintptr_t* limit;  // takes the stack's lowest address
  boost::context::stack_context allocate() {
    const boost::context::stack_context stack = stacks->allocate();
    *limit = reinterpret_cast<std::uintptr_t>(stack.sp) - stack.size;
    return stack;
  }
  void deallocate(boost::context::stack_context& stack) noexcept { stacks->deallocate(stack); }
};

}  // namespace

Stacks::~Stacks() {
  for (void* base : free_) ::munmap(base, size);
}

boost::context::stack_context Stacks::allocate() {
  void* base = nullptr;
  if (free_.empty()) {
    base =
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (base == MAP_FAILED) throw std::bad_alloc();
    ::mprotect(base, static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)), PROT_NONE);
  } else {
    base = free_.back();
    free_.pop_back();
  }
  boost::context::stack_context stack;
  stack.size = size;
  stack.sp = static_cast<char*>(base) + size;
  return stack;
}

void Stacks::deallocate(boost::context::stack_context& stack) noexcept {
  void* base = static_cast<char*>(stack.sp) - size;
  if (free_.size() < most_kept) {
    free_.push_back(base);
  } else {
    ::munmap(base, size);
  }
}

Fiber::Fiber(Reactor& reactor, Stacks& stacks, std::unique_ptr<host::Task> task)
    : reactor_(reactor), task_(std::move(task)) {
  inside_ = boost::context::fiber(std::allocator_arg, PooledStack{&stacks, &stack_limit_},
                                  [this](boost::context::fiber&& outside) {
                                    TENON_SWITCH(__sanitizer_finish_switch_fiber(nullptr, &outer_stack_, &outer_size_));
                                    outside_ = std::move(outside);
                                    task_->run();
                                    has_ended_ = true;
                                    TENON_SWITCH(__sanitizer_start_switch_fiber(nullptr, outer_stack_, outer_size_));
                                    return std::move(outside_);
                                  });
}

Fiber::~Fiber() {
  // A fiber's destructor would throw through the guest's frames. So one that has not ended stays, with all that its
  // stack refers to.
  if (!inside_) return;
  [[maybe_unused]] const auto* kept = new boost::context::fiber(std::move(inside_));
  TENON_SWITCH(__lsan_ignore_object(kept);
               __lsan_register_root_region(reinterpret_cast<void*>(stack_limit_), Stacks::size));
}

void Fiber::resume() {
  task_->resumed(stack_limit_);
  TENON_SWITCH(void* fake = nullptr;
               __sanitizer_start_switch_fiber(&fake, reinterpret_cast<void*>(stack_limit_), Stacks::size));
  inside_ = std::move(inside_).resume();
  TENON_SWITCH(__sanitizer_finish_switch_fiber(fake, nullptr, nullptr));
  task_->suspended();
}

void Fiber::suspend() {
  TENON_SWITCH(void* fake = nullptr; __sanitizer_start_switch_fiber(&fake, outer_stack_, outer_size_));
  outside_ = std::move(outside_).resume();
  TENON_SWITCH(__sanitizer_finish_switch_fiber(fake, &outer_stack_, &outer_size_));
}

void Fiber::wake() noexcept { reactor_.make_ready(*this); }

}  // namespace tenon::wasi::network
