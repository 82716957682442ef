// Calls that wait: a host function may suspend the guest that called it, and the host's event loop resumes it later.
//
//   linker.define_async("env", "read", [&](std::int32_t handle, tenon::Completion<std::int32_t> done) {
//     loop.when_readable(handle, [done](int n) mutable { done.resolve(n); });   // returns at once, the guest waits
//   });
//   auto run = instance.func<std::int32_t()>("run").value();
//   tenon::start(run, [](tenon::Result<std::int32_t> result) { ... });         // returns when the guest waits or is
//   done
//
// A guest that waits holds a stack of a few kilobytes and nothing of the host's; thousands may wait at once. A guest
// called by an ordinary call cannot wait: there the host function's call traps with an error that says so. Everything
// happens on the thread that serves the store.
#pragma once

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "tenon/tenon.hpp"

namespace tenon {

namespace detail {

// One host function's call that may still be under way.
struct Waiting;
std::shared_ptr<Waiting> begin_waiting(CallContext& context);
// Called when the host function has returned: takes the results if they are there, else the guest is suspended.
Result<void> end_waiting(CallContext& context, Waiting& waiting, std::uint64_t* frame);
// Completes; goes on with the guest if it is suspended already. A second completion is ignored.
void complete(Waiting& waiting, std::span<const std::uint64_t> results);
void complete(Waiting& waiting, Error error);

}  // namespace detail

// The right to finish one call of an asynchronous host function, once. Copies share it; when the last copy is dropped
// unused, the guest's call traps.
template <class R>
class Completion {
 public:
  explicit Completion(std::shared_ptr<detail::Waiting> waiting) noexcept : waiting_(std::move(waiting)) {}
  // With the results; the guest goes on before this returns, unless the host function has not returned yet.
  template <class... Value>
    requires(sizeof...(Value) == (std::is_void_v<R> ? 0 : 1) && (std::is_convertible_v<Value, R> && ...))
  void resolve(const Value&... value) {
    constexpr unsigned slots = detail::CoreResults<R>::slots;
    std::uint64_t frame[slots > 0 ? slots : 1] = {};
    (detail::CoreResults<R>::store(frame, static_cast<R>(value)), ...);
    detail::complete(*waiting_, std::span<const std::uint64_t>(frame, slots));
  }
  // The guest's call traps with this error.
  void reject(Error error) { detail::complete(*waiting_, std::move(error)); }

 private:
  std::shared_ptr<detail::Waiting> waiting_;
};

namespace detail {

template <class F, bool with_caller, class R, class... Args>
struct AsyncHostFunctionOf final : HostFunction {
  F function;

  explicit AsyncHostFunctionOf(F f) : function(std::move(f)) {
    params = {CoreValue<Args>::type()...};
    results = CoreResults<R>::types();
  }

  Result<void> run(CallContext& context, std::uint64_t* frame) override {
    std::tuple<Args...> arguments = load_arguments<Args...>(frame);
    const std::shared_ptr<Waiting> waiting = begin_waiting(context);
    std::apply(
        [&](Args&... args) {
          if constexpr (with_caller) {
            function(make_caller(context), args..., Completion<R>(waiting));
          } else {
            function(args..., Completion<R>(waiting));
          }
        },
        arguments);
    return end_waiting(context, *waiting, frame);
  }
};

// Takes a callable's parameters apart: an optional Caller, the arguments, and the completion, which comes last.
template <class... Parameters>
struct AsyncSignature;
template <class R>
struct AsyncSignature<Completion<R>> {
  template <class F, bool with_caller, class... Args>
  using Function = AsyncHostFunctionOf<F, with_caller, R, Args...>;
};
template <class First, class... Rest>
struct AsyncSignature<First, Rest...> {
  template <class F, bool with_caller, class... Args>
  using Function = typename AsyncSignature<Rest...>::template Function<F, with_caller, Args..., First>;
};

template <class F, class... Parameters>
std::shared_ptr<HostFunction> make_async_function(F function, std::type_identity<std::tuple<Caller, Parameters...>>) {
  using Function = typename AsyncSignature<Parameters...>::template Function<F, true>;
  return std::make_shared<Function>(std::move(function));
}
template <class F, class... Parameters>
std::shared_ptr<HostFunction> make_async_function(F function, std::type_identity<std::tuple<Parameters...>>) {
  using Function = typename AsyncSignature<Parameters...>::template Function<F, false>;
  return std::make_shared<Function>(std::move(function));
}

template <class F>
struct ParametersOf;
template <class C, class... Parameters>
struct ParametersOf<void (C::*)(Parameters...) const> {
  using type = std::tuple<std::remove_cvref_t<Parameters>...>;
};
template <class C, class... Parameters>
struct ParametersOf<void (C::*)(Parameters...)> {
  using type = std::tuple<std::remove_cvref_t<Parameters>...>;
};

template <class F>
std::shared_ptr<HostFunction> async_host_function(F function) {
  using Parameters = typename ParametersOf<decltype(&F::operator())>::type;
  return make_async_function(std::move(function), std::type_identity<Parameters>{});
}

void start(const Func& func, std::span<const std::uint64_t> arguments,
           std::function<void(Result<std::span<const std::uint64_t>>)> done);

}  // namespace detail

// Calls a guest that may wait. `done` is called once, with the results or the error: before this returns, if the guest
// does not wait; when it is finished, otherwise; with an error of kind `usage` when its store ends before.
template <class R, class... Args, class Done>
  requires std::is_invocable_v<Done, Result<R>>
void start(const TypedFunc<R(Args...)>& func, const std::type_identity_t<Args>&... arguments, Done done) {
  constexpr unsigned param_slots = (detail::CoreValue<Args>::slots + ... + 0);
  std::uint64_t frame[param_slots > 0 ? param_slots : 1] = {};
  [[maybe_unused]] unsigned at = 0;
  ((detail::CoreValue<Args>::store(frame + at, arguments), at += detail::CoreValue<Args>::slots), ...);
  detail::start(func.func(), std::span<const std::uint64_t>(frame, param_slots),
                [done = std::move(done)](Result<std::span<const std::uint64_t>> results) mutable {
                  if (!results) return done(Result<R>(std::move(results).error()));
                  if constexpr (std::is_void_v<R>) {
                    done(Result<R>());
                  } else {
                    done(Result<R>(detail::CoreResults<R>::load(results->data())));
                  }
                });
}

template <class F>
Result<void> Linker::define_async(std::string_view module, std::string_view name, F function) {
  return define_function(module, name, detail::async_host_function(std::move(function)));
}

}  // namespace tenon
