// Looking at calls at the borders of components: who calls whom, with which values, and what comes of it.
//
// An observer is told of each call twice, at its beginning and its end; the values are lifted once more for it, without
// their effects: a handle is shown by its index, and stays where it is. Nobody pays for observers who has none: calls
// through adapters are not looked at at all (components that are instantiated while there is an observer have no
// adapters), and the other ways test one pointer.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "abi/context.hpp"
#include "runtime/component/state.hpp"

namespace tenon::component {

// Both sides; nullptr is the host.
struct CallEdge {
  const ComponentInstance* caller = nullptr;
  const ComponentInstance* callee = nullptr;
  const FuncSignature* type = nullptr;
  std::string_view function{};  // as the callee exports it, or as the caller imports it from the host; may be empty
};

struct CallObserver {
  virtual void called(std::uint64_t call, const CallEdge& edge, std::span<const Val> arguments) = 0;
  // `result` is nullptr if the type has none, or the call was cancelled.
  virtual void returned(std::uint64_t call, const CallEdge& edge, const Val* result) = 0;
  virtual void trapped(std::uint64_t call, const CallEdge& edge, const Error& error) = 0;

 protected:
  ~CallObserver() = default;
};

// One call that may be observed: does nothing when the scheduler has no observer. What is not reported as returned
// when it ends has trapped.
class ObservedCall {
 public:
  ObservedCall() = default;
  ObservedCall(const ObservedCall&) = delete;
  ObservedCall& operator=(const ObservedCall&) = delete;

  // The core values of the parameters, or a pointer to them, as the options say.
  void begin(Scheduler& scheduler, const CallEdge& edge, const CanonicalOptions& opts, unsigned max_flat,
             std::span<const runtime::Slot> flat);
  bool is_observed() const noexcept { return scheduler_ != nullptr; }
  void end(const CanonicalOptions& opts, unsigned max_flat, std::span<const runtime::Slot> flat) {
    if (is_observed()) [[unlikely]]
      tell_end(opts, max_flat, flat);
  }
  void end(const Val* result) {
    if (is_observed()) [[unlikely]]
      tell_end(result);
  }
  void fail(const Error& error);

 private:
  void tell_end(const CanonicalOptions& opts, unsigned max_flat, std::span<const runtime::Slot> flat);
  void tell_end(const Val* result);
  CallObserver* take_observer() noexcept;

  Scheduler* scheduler_ = nullptr;  // until the end was told
  std::uint64_t number_ = 0;
  CallEdge edge_;
};

}  // namespace tenon::component
