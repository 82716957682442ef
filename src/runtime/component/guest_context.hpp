// Lifting from and lowering to an instance: the runtime's `LiftLowerContext`.
//
// Owner of this file: instantiation (see state.hpp).
#pragma once

#include <array>
#include <cstdint>
#include <memory_resource>
#include <vector>

#include "abi/context.hpp"
#include "runtime/component/state.hpp"

namespace tenon::component {

// The handles that one call has borrowed from, to be given back at its end (`Subtask.lenders`). A handle that is lent
// stays where it is, so its index says which it is.
class Lenders {
 public:
  explicit Lenders(ComponentInstance& inst) : inst_(inst), more_(&inst_memory()) {}
  Lenders(const Lenders&) = delete;
  Lenders& operator=(const Lenders&) = delete;
  ~Lenders() { give_back(); }

  void add(std::uint32_t index, ResourceHandle& handle);
  void give_back() noexcept {
    if (count_ != 0) give_all_back();
  }

 private:
  void give_all_back() noexcept;
  std::pmr::memory_resource& inst_memory() const noexcept;
  ComponentInstance& inst_;
  std::array<std::uint32_t, 8> first_{};
  std::uint32_t count_ = 0;
  std::pmr::vector<std::uint32_t> more_;
};

struct SharedStream;

// The host's side of handles, where values pass between a guest and the host.
struct HostHandles {
  // An own handle that a guest gave: the host must drop it, or pass it on.
  virtual Handle receive(const RuntimeResourceType& type, std::uint64_t rep) = 0;
  // The representation of a handle that the host passes on, and gives away or lends. Errors: usage (it is of another
  // type, or not the host's any more).
  virtual Result<std::uint64_t> give(const RuntimeResourceType& type, const Handle& handle) = 0;
  virtual Result<std::uint64_t> lend(const RuntimeResourceType& type, const Handle& handle) = 0;
  // The readable end of a stream or future that a guest gave, and one that the host passes on, as `type`, which is in
  // the resource ids of `inst`. Errors: usage.
  virtual Handle receive_end(SharedStream& shared) = 0;
  virtual Result<SharedStream*> give_end(const ValueType& type, const ComponentInstance& inst,
                                         const Handle& handle) = 0;
  // Error contexts likewise; one user of the context goes from one side to the other. Errors: usage.
  virtual Handle receive_error_context(ErrorContext& context) = 0;
  virtual Result<ErrorContext*> give_error_context(const Handle& handle) = 0;
  // What was given is the host's again: the call does not take place.
  virtual void take_back(const Handle& handle) noexcept = 0;
  virtual void take_back_end(const Handle& handle, SharedStream& shared, bool had_type) noexcept = 0;

 protected:
  ~HostHandles() = default;
};

struct GuestContext final : LiftLowerContext {
  // `lenders` is needed where borrows are lifted, `borrow_scope` where they are lowered; both outlive the context.
  GuestContext(ComponentInstance& inst, const CanonicalOptions& opts, Lenders* lenders, BorrowScope* borrow_scope)
      : inst(inst), opts(opts), lenders(lenders), borrow_scope(borrow_scope) {
    string_encoding = opts.string_encoding;
    is_memory64 = opts.is_memory64();
    lift_budget = inst.limits.lifted_bytes;
    renew();
  }

  ComponentInstance& inst;
  const CanonicalOptions& opts;
  Lenders* lenders;
  BorrowScope* borrow_scope;
  HostHandles* host = nullptr;  // set where the other side is the host

  Result<std::uint64_t> reallocate(std::uint64_t old_pointer, std::uint64_t old_size, std::uint32_t alignment,
                                   std::uint64_t new_size) override;
  Result<Handle> lift_handle(const ValueType& type, std::uint32_t index) override;
  Result<std::uint32_t> lower_handle(const ValueType& type, const Handle& handle) override;

  // The call of the host that the values were lowered for does not take place: what they moved is the host's again.
  void take_back() noexcept;

  // The memory as it is now: after guest code has run.
  void renew() noexcept {
    if (opts.memory != nullptr) memory = {opts.memory->base, opts.memory->size.load(std::memory_order_relaxed)};
  }

 private:
  // What the host moved to the guest.
  struct Given {
    std::uint32_t index;
    bool is_end;
    bool had_type;  // of an end: its elements were known before
    Handle handle;
  };
  Result<std::uint32_t> note(Result<std::uint32_t> index, const Handle& handle, bool is_end, bool had_type = false);
  Result<std::uint32_t> lower_end_of_host(const ValueType& type, const Handle& handle);
  std::vector<Given> given_;
};

// Handles of streams, futures and error contexts (stream.cpp).
Result<Handle> lift_other_handle(ComponentInstance& inst, const ValueType& type, std::uint32_t index);
Result<std::uint32_t> lower_other_handle(ComponentInstance& inst, const ValueType& type, const Handle& handle);
// Undoes the lowering of the end of a stream or future.
SharedStream& take_out_end(ComponentInstance& inst, std::uint32_t index) noexcept;

}  // namespace tenon::component
